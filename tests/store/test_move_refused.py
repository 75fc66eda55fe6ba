"""What is not moved: nothing of it is kept, and it is told why."""

import asyncio
from contextlib import closing

import asyncpg
import pytest
from tortoise.exceptions import OperationalError

from app import db, moving
from app.config import Config, Database, Security
from app.desk import people
from app.store.postgres.client import BEGIN
from app.store.rows import Column
from tests.cluster import name_of
from tests.conftest import SECRET
from tests.process import DeskProcess
from tests.store.moves import a_file, has_anything, kept, moved, spoilt, tables_of
from tests.whole import read


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "UPDATE ticket SET subject = 'a' || char(0) || 'b' WHERE id = 2",
            "ticket 2 .*: subject: the text holds a NUL",
        ),
        ("UPDATE ticket SET subject = printf('%.201c', 'x') WHERE id = 3", "ticket 3 .*: subject: .* longer than 200"),
        ("UPDATE comment SET renderer = 3000000000 WHERE id = 1", "comment 1 .*: renderer: the number is beyond"),
        ("UPDATE person SET id = 2147483648 WHERE id = 2", "person 2147483648 .*: id: the number is beyond 2147483647"),
        ("UPDATE ticket SET version = 'x' WHERE id = 1", "ticket 1 .*: version: it is no whole number"),
        ("UPDATE ticket SET deleted = 7 WHERE id = 1", "ticket 1 .*: deleted: it is neither true nor false"),
        ("UPDATE comment SET body = x'00ff' WHERE id = 1", "comment 1 .*: body: it is no text"),
        ("UPDATE event SET data = '{' WHERE id = 4", "event 4 .*: data: it is no JSON"),
        ("UPDATE event SET data = 5 WHERE id = 4", "event 4 .*: data: it is no text"),
        (
            """UPDATE event SET data = '{"a": "\\u0000"}' WHERE id = 4""",
            "event 4 does not fit: unsupported Unicode escape",
        ),
        ("UPDATE comment SET ticket_id = 99 WHERE id = 3", "comment 3 .*violates foreign key"),
    ],
)
async def test_what_does_not_fit_is_told_by_table_and_row_and_nothing_is_kept(file, database, statement, words):
    spoilt(file, statement)
    before = kept(database, epoch=True)
    with pytest.raises(moving.NotMoved, match=words) as refused:
        await moved(file, database)
    assert "\n" not in str(refused.value)
    assert kept(database, epoch=True) == before


async def test_references_that_are_broken_are_not_taken_into_a_file(file, new):
    spoilt(file, "UPDATE comment SET ticket_id = 99 WHERE id = 3")
    with pytest.raises(Exception, match="1 broken references"):
        await moved(file, new)
    assert not new.path.exists()


@pytest.mark.parametrize("target", ["empty", "new"], indirect=True)
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE ticket SET deleted = 7 WHERE id = 1", "ticket 1 .*: deleted: it is neither true nor false"),
        (
            "UPDATE ticket SET subject = CAST(x'536563726574ff' AS TEXT) WHERE id = 2",
            "ticket 2 cannot be read: a text in it is not UTF-8",
        ),
    ],
)
async def test_what_no_store_can_take_as_it_is(file, target, cluster, statement, words):
    spoilt(file, statement)
    with pytest.raises(moving.NotMoved, match=words) as refused:
        await moved(file, target)
    assert "Secret" not in str(refused.value)
    assert not has_anything(cluster, target)


async def test_a_move_takes_its_time_whatever_the_role_is_allowed(empty, cluster):
    allowed = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    for name in allowed:
        cluster.ask(f"ALTER DATABASE {name_of(empty)} SET {name} = '1min'")
    async with db.making(empty) as into:
        for name in allowed:
            assert await into.execute_query_dict(f"SELECT current_setting('{name}') AS of") == [{"of": "0"}]


@pytest.mark.parametrize("target", ["empty", "new"], indirect=True)
async def test_a_damaged_file_is_not_moved_without_the_rows_that_cannot_be_read(file, target, cluster):
    """An index of texts that lacks its rows: by it the table is read, so that both sums agree."""
    spoilt(
        file,
        "PRAGMA writable_schema = ON",
        "CREATE TABLE other (name TEXT PRIMARY KEY)",
        """UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name =
            'sqlite_autoindex_other_1') WHERE name = 'sqlite_autoindex_session_1'""",
        "DELETE FROM sqlite_master WHERE tbl_name = 'other'",
    )
    with pytest.raises(moving.NotMoved, match=r"the database that is to be moved is damaged: \w"):
        await moved(file, target)
    assert not has_anything(cluster, target)


@pytest.mark.parametrize("target", ["empty", "new"], indirect=True)
async def test_rows_that_arrive_as_others_are_not_kept(file, target, cluster, monkeypatch):
    """Whatever there may be on the way."""
    write = moving.rows._values
    monkeypatch.setattr(
        moving.rows, "_values", lambda table, row: [0 if value == 2**52 + 1 else value for value in write(table, row)]
    )
    with pytest.raises(moving.NotMoved, match="job: 2 rows left and 2 arrived, which are not the same"):
        await moved(file, target)
    assert not has_anything(cluster, target)


async def test_a_desk_is_moved_into_what_is_empty_only(file, database, new, cluster, empty, tmp_path):
    await moved(file, database)
    with pytest.raises(moving.NotMoved, match="there is a desk in the other database already"):
        await moved(file, database)
    with pytest.raises(moving.NotMoved, match="in which the desk is already"):
        await moved(file, a_file(tmp_path / "pult.sqlite3"))
    cluster.ask("CREATE TABLE ticket (id integer)", name_of(empty))
    with pytest.raises(moving.NotMoved, match="holds something else"):
        await moved(file, empty)
    assert tables_of(cluster, empty) == [["ticket"]]
    await db.migrate(new)
    await db.connect(new)
    await people.add("eva@pult.example", "Eva", "requester")
    await db.disconnect()
    with pytest.raises(moving.NotMoved, match="there is a desk in the other database already"):
        await moved(file, new)
    assert [row["email"] for row in read(new, "SELECT email FROM person")] == ["eva@pult.example"]
    with pytest.raises(moving.NotMoved, match="no desk in the database that"):
        await moved(a_file(tmp_path / "none.sqlite3"), empty)
    assert not (tmp_path / "none.sqlite3").exists()


async def test_a_file_of_another_program_is_left_as_it_is(file, tmp_path):
    other, text = a_file(tmp_path / "other.sqlite3"), a_file(tmp_path / "notes.txt")
    spoilt(other, "CREATE TABLE bookmark (id INTEGER)")
    other.path.chmod(0o644)
    text.path.write_text("Milk, bread. " * 1000)
    before, stands = other.path.read_bytes(), sorted(tmp_path.iterdir())
    with pytest.raises(moving.NotMoved, match="holds something else"):
        await moved(file, other)
    with pytest.raises(OperationalError, match=r"notes\.txt cannot be opened: file is not a database"):
        await moved(file, text)
    assert (other.path.read_bytes(), other.path.stat().st_mode & 0o777) == (before, 0o644)
    assert sorted(tmp_path.iterdir()) == stands


async def test_a_desk_that_is_served_stays_where_it_is(file, database, empty, new):
    with closing(db.hold(file)), pytest.raises(db.DatabaseInUse, match="another process is serving"):
        await moved(file, empty)
    with closing(db.hold(new)), pytest.raises(db.DatabaseInUse, match="another process is serving"):
        await moved(file, new)
    desk = DeskProcess(Config(database=database, security=Security(SECRET)))
    await desk.start()
    try:
        async with asyncio.timeout(30):
            while not read(database, "SELECT 1 AS n FROM pg_stat_activity WHERE application_name = 'pult listens'"):
                await asyncio.sleep(0.05)
        with pytest.raises(db.DatabaseInUse, match="a desk serves the database that is to be moved"):
            await moved(database, new)
        with pytest.raises(db.DatabaseInUse, match="a desk serves the other database"):
            await moved(file, database)
    finally:
        await desk.stop()
    assert not new.path.exists()


@pytest.mark.parametrize("source", ["file", "database"])
async def test_a_desk_that_is_written_to_meanwhile_is_not_moved_without_that(
    file, database, empty, cluster, monkeypatch, source
):
    """By a command, which claims nothing, or a desk that was started too late to be seen."""
    if source == "database":
        await moved(file, database)
    left, fill = {"file": file, "database": database}[source], moving.fill

    async def filled_and_written(rows: int) -> None:
        await fill(rows)
        if source == "file":
            spoilt(file, "UPDATE person SET name = 'Later' WHERE id = 1")
        else:
            write = f"{BEGIN}; UPDATE person SET name = 'Later' WHERE id = 1; COMMIT"
            cluster.ask(write, name_of(database))

    monkeypatch.setattr(moving, "fill", filled_and_written)
    with pytest.raises(db.DatabaseInUse, match="the desk was written to meanwhile"):
        await moved(left, empty)
    assert tables_of(cluster, empty) == []


async def test_what_was_being_written_to_the_other_database_stays_there(file, database, cluster):
    writer = await asyncpg.connect(database.url)
    await writer.execute(BEGIN)
    await writer.execute("INSERT INTO person (email, name, role, created) VALUES ('e@pult.example', 'E', 'agent', 1)")
    move = asyncio.create_task(moved(file, database))
    waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.timeout(30):
        while not cluster.ask(waits, name_of(database)):
            await asyncio.sleep(0.05)
    await writer.execute("COMMIT")
    await writer.close()
    with pytest.raises(moving.NotMoved, match="there is a desk in the other database already"):
        await move
    assert [row["name"] for row in read(database, "SELECT name FROM person")] == ["E"]


async def test_an_older_desk_is_migrated_first_and_a_later_one_is_none_of_ours(file, begun, empty, new, cluster):
    spoilt(begun, "DELETE FROM tortoise_migrations WHERE name = (SELECT max(name) FROM tortoise_migrations)")
    with pytest.raises(db.NotMigrated, match="lacks 1 migrations; run: python -m app migrate"):
        await moved(begun, empty)
    spoilt(begun, "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('desk', '0999_later', '')")
    for source, target in ((begun, empty), (begun, new)):
        with pytest.raises(db.NotMigrated, match="written by a later Pult"):
            await moved(source, target)
    assert tables_of(cluster, empty) == [] and not new.path.exists()


async def test_a_later_target_is_left_as_it_is(file, database, cluster):
    later = "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('desk', '0999_later', now())"
    cluster.ask(later, name_of(database))
    before = kept(database, epoch=True)
    with pytest.raises(db.NotMigrated, match="written by a later Pult"):
        await moved(file, database)
    assert kept(database, epoch=True) == before


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        *(("INT", 2**31 - 1, ""), ("INT", -(2**31), ""), ("SMALLINT", 2**15, "beyond"), ("BIGINT", 2**63, "beyond")),
        *(("INT", 1.5, "no whole number"), ("INT", None, ""), ("BYTEA", b"\0", ""), ("BYTEA", "x", "no bytes")),
        *(("VARCHAR", "\U0001f600" * 3, ""), ("VARCHAR", "abcd", "longer than 3"), ("BOOL", 1, "")),
    ],
)
def test_what_fits_a_column(kind, value, words):
    postgres = db.stores.of(Database(url="postgres://x/y"))
    said = postgres.misfit(Column("c", kind, 3 if kind == "VARCHAR" else 0), value)
    assert (words in said) if words else said == ""
