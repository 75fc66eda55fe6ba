"""A desk moves from a file to PostgreSQL and back: all of it, or nothing; and it goes on there."""

import asyncio
import json
import os
import resource
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from app import db, moving, upgrade
from app.config import Config, Database, Security
from app.desk import embeds, outbox, people, queries, search, tickets
from app.desk.filters import parse
from app.desk.models import Job, Person, Tag
from app.inspection import problems
from app.store.rows import Column
from tests import conftest, forms
from tests.cluster import name_of
from tests.conftest import SECRET, Served, make_cast
from tests.desk.acts import a_ticket
from tests.forked import Forked, pipe, run
from tests.process import DeskProcess
from tests.stopped import held_while_it_moves
from tests.whole import read

ODD = "naïve ﬁne 日本語 \U0001f600 a\tb\r\n'quoted' \"and\" \\ back \u2028 \ue000 \x01 ₽"
WORDS = ("naive", "日本", "printer", '"it does not"', "from:clara", "tag:vpn", "walrus", "status:open", "#2")
DERIVED = "search"  # what begins so is made anew of the rest
JSON = ("data", "origins")


def a_file(path: Path) -> Database:
    return Database(url=f"sqlite://{path}", path=path)


@pytest.fixture(scope="module")
def filled(blank, tmp_path_factory) -> Path:
    """The desk that moves, made once."""
    path = tmp_path_factory.mktemp("filled") / "filled.sqlite3"
    shutil.copy(blank, path)
    asyncio.run(fill(a_file(path)))
    return path


@pytest.fixture
def file(filled, tmp_path) -> Database:
    shutil.copy(filled, tmp_path / "pult.sqlite3")
    return a_file(tmp_path / "pult.sqlite3")


@pytest.fixture
def new(tmp_path) -> Database:
    """A file that is not there yet."""
    return a_file(tmp_path / "new" / "pult.sqlite3")


@pytest.fixture
def begun(blank, tmp_path) -> Database:
    """One that was migrated and never used."""
    shutil.copy(blank, tmp_path / "begun.sqlite3")
    return a_file(tmp_path / "begun.sqlite3")


@pytest.fixture
def empty(cluster):
    """A PostgreSQL database as whoever runs the server makes it."""
    made = cluster.database()
    yield made
    cluster.drop(made)


async def fill(database: Database) -> None:
    """A desk in which every table has rows, odd ones, and some that are gone."""
    await db.connect(database)
    cast = await make_cast()
    for number in range(1, 6):
        await a_ticket(cast.clara if number % 2 else cast.dmitri, subject=f"Printer {number}", body=ODD * number)
    await forms.write(cast.anna, 1, "walrus", kind="note", key="k1")
    edited = await forms.write(cast.anna, 2, "It does print.", kind="reply")
    await forms.edit(cast.anna, edited.id, "It does not print: нет", "1")
    await forms.change(
        cast.anna, 2, "2", {"tags": "vpn, net work", "due": "2026-12-24", "assignee": str(cast.boris.id)}
    )
    await forms.change(cast.vera, 3, "1", {"tags": "gone"})
    await Tag.filter(name="gone").delete()
    await tickets.delete(cast.vera, 4)
    await people.set_name(cast.dmitri, ODD.split("\t")[0])
    await people.disable("boris@pult.example")
    await people.begin_session(cast.anna)
    await embeds.add_key("Shop", ("https://shop.example", "https://bücher.example"), by=cast.vera)
    for kind in ("render", "mail", "mail"):
        await outbox.put(kind, {"n": ODD}, due=2**52 + 1)
    await Job.filter(id=3).delete()  # its number is never given again
    await db.rows("UPDATE job SET due = NULL, attempt = 12, error = 'gone' WHERE id = 2")
    await db.rows("INSERT INTO follower (name, position) VALUES ('mail', 7)")
    await db.rows("INSERT INTO build (content, number) VALUES ('of a build', 1790000000)")
    await db.rows("UPDATE clock SET day = '2026-12-24', told = TRUE")
    await db.disconnect()


def kept(database: Database, *, epoch: bool = False) -> dict[str, list[dict[str, object]]]:
    """All rows of every table that is moved, by another program; what is JSON, as what it says."""

    def said(name: str, value: object) -> object:
        return json.loads(value) if name in JSON and isinstance(value, str) else value

    found = {
        table: [
            {name: said(name, value) for name, value in row.items()}
            for row in read(database, f'SELECT * FROM "{table}"')
        ]
        for table in TABLES
    }
    if not epoch:
        found["journal"][0].pop("epoch")
    return {table: sorted(rows, key=lambda row: str(next(iter(row.values())))) for table, rows in found.items()}


TABLES = (
    *("person", "session", "ticket", "tag", "comment", "event", "journal", "embed_key", "job", "follower", "clock"),
    "build",
)


async def found(database: Database) -> list[tuple[str, str, list[int]]]:
    """What staff and a requester find."""
    await db.connect(database)
    try:
        asked = []
        for email in ("anna@pult.example", "clara@pult.example"):
            person = await people.by_email(email)
            assert person
            for words in WORDS:
                page = await queries.page(parse(person, {"q": [words], "view": ["all"]}))
                asked.append((email, words, [row.id for row in page.rows]))
        assert await search.left() is None
        return asked
    finally:
        await db.disconnect()


async def numbers(database: Database) -> list[int]:
    """Those that new rows get: a ticket, a tag, a person, a job, an event."""
    await db.connect(database)
    try:
        cast = await Person.get(email="clara@pult.example")
        ticket = await a_ticket(cast)
        tag = await Tag.create(ticket_id=ticket.id, name="new")
        person = await people.add("eva@pult.example", "Eva", "requester")
        await outbox.put("mail")
        [job] = await db.rows("SELECT max(id) AS id FROM job")
        [journal] = await db.rows("SELECT position FROM journal")
        return [ticket.id, tag.id, person.id, job["id"], journal["position"]]
    finally:
        await db.disconnect()


async def moved(source: Database, target: Database) -> list[str]:
    said: list[str] = []
    await moving.move(source, target, said.append)
    return said


async def test_a_desk_goes_there_and_back_with_all_that_it_holds(file, empty, new, config):
    before, finds = kept(file, epoch=True), await found(file)
    assert all(before.values()), "every table has something"
    there = await moved(file, empty)
    back = await moved(empty, new)
    assert kept(file, epoch=True) == before, "the old one is left as it is"
    assert kept(empty) == kept(new) == kept(file)
    assert await found(empty) == await found(new) == finds and sum(bool(ids) for *_, ids in finds) > 10
    epochs = {kept(one, epoch=True)["journal"][0]["epoch"] for one in (file, empty, new)}
    assert len(epochs) == 3 and {len(str(epoch)) for epoch in epochs} == {32}
    for one in (empty, new):
        failed = "job 2 (mail) has failed for good: gone; see: python -m app jobs"
        assert await problems(replace(config, database=one)) == [failed], "and nothing else is wrong"
    assert [line for line in there if not line.startswith("journal")] == [
        line for line in back if not line.startswith("journal")
    ]
    assert {line.split("\t")[0]: int(line.split("\t")[1]) for line in there} == {t: len(r) for t, r in before.items()}
    assert new.path.stat().st_mode & 0o777 == 0o600


async def test_new_rows_get_the_numbers_that_they_would_have_got(file, database, begun):
    await moved(file, database)
    await moved(database, begun)
    assert await numbers(file) == await numbers(database) == await numbers(begun)
    assert read(begun, "SELECT max(id) AS n FROM job") == [{"n": 4}], "the third was given already"


async def test_within_a_store_too_and_where_a_desk_was_served_that_nobody_used(file, begun, database, cluster):
    another = cluster.copy()
    await moved(file, begun)
    served = "INSERT INTO build VALUES ('other', 1)", "UPDATE clock SET day = '2020-01-01'"
    await db.connect(database)
    for statement in served:
        await db.rows(statement)
    await search.fill()
    await db.disconnect()
    await moved(begun, database)
    await moved(database, another)
    assert kept(file) == kept(begun) == kept(database) == kept(another)
    assert await found(file) == await found(begun) == await found(database) == await found(another)
    cluster.drop(another)


async def test_more_rows_than_go_at_once(file, database, monkeypatch):
    monkeypatch.setattr("app.store.rows.BATCH", 2)
    monkeypatch.setattr(search, "BATCH", 2)
    await moved(file, database)
    assert kept(file) == kept(database) and await found(file) == await found(database)


@pytest.mark.parametrize("store", ["file", "database"])
async def test_every_table_is_moved_or_made_of_those_that_are(request, store):
    """One that is new is a model, which is moved by itself; whatever else is must be thought of."""
    async with db.beside(request.getfixturevalue(store)) as client:
        there = await db.stores.of(request.getfixturevalue(store)).tables(client)
    await db.connect(request.getfixturevalue(store))
    carried = {table.name for table in moving.tables()}
    await db.disconnect()
    assert carried == set(TABLES), "a new table wants rows in this file's desk"
    left = {table for table in there if not table.startswith(DERIVED)} - {"tortoise_migrations"}
    assert left == carried


async def test_a_row_goes_after_those_that_it_refers_to(file):
    await db.connect(file)
    order = [table.name for table in moving.tables()]
    await db.disconnect()
    for first, then in (("person", "session"), ("person", "ticket"), ("ticket", "tag"), ("ticket", "comment")):
        assert order.index(first) < order.index(then)


async def test_an_open_page_goes_on_in_the_moved_desk(served, open_, database, config, new, monkeypatch):
    anna = await served.client(served.cast.anna)
    await a_ticket(served.cast.clara)
    page = await open_(served.cast.anna, "/tickets")
    cookies = dict(page.client.cookies)
    await page.cut()
    await served.stop()
    await moved(database, new)

    async def cast_is_there() -> object:
        return served.cast

    monkeypatch.setattr(conftest, "make_cast", cast_is_there)
    again = Served(replace(config, database=new))
    await again.start()
    try:
        page.served, page.client = again, again.stranger(cookies=cookies)
        await page.reconnect()
        await a_ticket(served.cast.clara, subject="In the moved desk")
        await page.equals_its_reload()
        assert page.rows == [2, 1]
    finally:
        await page.cut()
        await again.stop()
        await anna.aclose()


def spoilt(database: Database, *statements: str) -> None:
    """As no desk of today writes it."""
    with closing(sqlite3.connect(database.path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


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


def tables_of(cluster, database: Database) -> list[list[str]]:
    return cluster.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name_of(database))


async def test_references_that_are_broken_are_not_taken_into_a_file(file, new):
    spoilt(file, "UPDATE comment SET ticket_id = 99 WHERE id = 3")
    with pytest.raises(Exception, match="1 broken references"):
        await moved(file, new)
    assert not new.path.exists()


@pytest.mark.parametrize("where", ["empty", "new"])
async def test_rows_that_arrive_as_others_are_not_kept(request, file, where, cluster, monkeypatch):
    """Whatever there may be on the way."""
    target = request.getfixturevalue(where)
    write = moving.rows._values
    monkeypatch.setattr(
        moving.rows, "_values", lambda table, row: [0 if value == 2**52 + 1 else value for value in write(table, row)]
    )
    with pytest.raises(moving.NotMoved, match="job: 2 rows left and 2 arrived, which are not the same"):
        await moved(file, target)
    assert not new_tables(cluster, target)


def new_tables(cluster, database: Database) -> bool:
    """Whether anything was kept."""
    return database.path.exists() if database.is_file else bool(tables_of(cluster, database))


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
    with pytest.raises(moving.NotMoved, match="no desk that could be moved"):
        await moved(a_file(tmp_path / "none.sqlite3"), empty)
    assert not (tmp_path / "none.sqlite3").exists()


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


async def test_an_older_desk_is_migrated_first_and_a_later_one_is_none_of_ours(file, empty, new, past, cluster):
    with pytest.raises(db.NotMigrated, match="lacks 1 migrations; run: python -m app migrate"):
        await moved(a_file(await past.until("0009_work")), empty)
    shutil.copytree(file.path.parent, new.path.parent, dirs_exist_ok=True)
    later = "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('desk', '0999_later', '')"
    spoilt(new, later)
    for source, target in ((new, empty), (file, new)):
        with pytest.raises(db.NotMigrated, match="written by a later Pult"):
            await moved(source, target)
    assert tables_of(cluster, empty) == []


@pytest.mark.parametrize("where", ["empty", "new"])
async def test_who_is_stopped_when_all_of_it_is_done_has_moved(request, file, where, monkeypatch):
    target = request.getfixturevalue(where)

    async def filled_and_stopped(left: int) -> None:
        await upgrade.fill(left)
        asyncio.current_task().cancel()

    monkeypatch.setattr(moving, "fill", filled_and_stopped)
    await asyncio.create_task(moved(file, target))
    assert kept(target) == kept(file) and await found(target) == await found(file)


# The command itself.


@pytest.fixture
def environment(file) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PULT_DATABASE__URL": file.url,
        "PULT_SECURITY__SECRET_KEY": SECRET,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture
def move(environment) -> Callable[..., tuple[int, str, str]]:
    def command(*arguments: str, first: Callable[[], object] | None = None, **more: str) -> tuple[int, str, str]:
        given = {name: value for name, value in (environment | more).items() if value}
        done = run(["move", *arguments], given, first=first)
        return done.returncode, done.stdout, done.stderr

    return command


async def test_the_command_tells_each_table_and_says_what_is_to_be_done(move, file, empty):
    status, said, errors = move("--to", empty.url)
    assert (status, errors) == (0, "")
    *told, last = said.splitlines()
    assert {line.split("\t")[0] for line in told} == set(TABLES)
    assert "ticket\t5\t" in said and last.startswith("Moved. Give database.url the other address")
    assert kept(empty) == kept(file)
    assert move("--to", empty.url)[0] == 1


async def test_the_address_may_come_from_the_environment_and_its_password_is_told_nowhere(
    move, file, database, cluster
):
    cluster.ask("ALTER ROLE pult PASSWORD 'hunter2'")
    url = database.url.replace("pult@", "pult:hunter2@")
    done = move(PULT_MOVE_TO=url)
    assert done[0] == 0 and kept(database) == kept(file)
    wrong = [
        move(PULT_MOVE_TO=url),
        move(PULT_MOVE_TO=f"{url}/nowhere"),
        move(PULT_MOVE_TO=url.replace("@/", "@hunter2@/")),
        move(PULT_MOVE_TO=url.replace("postgres", "mysql")),
        move(PULT_MOVE_TO=url.replace(name_of(database), "nosuch")),
        move(PULT_MOVE_TO=f"{url}&sslmode=hunter"),
        move(PULT_DATABASE__URL=url.replace(name_of(database), "nosuch"), PULT_MOVE_TO=url),
    ]
    for status, said, errors in wrong:
        assert (status, said, errors.count("\n")) == (1, "", 1), errors
    assert "hunter2" not in str([done, *wrong]) and SECRET not in str([done, *wrong])
    assert "--to: database.url cannot be read" in wrong[2][2] and "--to: database.url must be" in wrong[3][2]
    assert 'database "nosuch" does not exist' in wrong[4][2]
    status, _, errors = move()
    assert status == 2 and "--to" in errors and "PULT_MOVE_TO" in errors


async def test_the_key_must_be_the_desks_own(move, file, database, new):
    beside = file.path.with_suffix(".secret")
    beside.write_text("k" * 40)
    stands = f"security.secret_key must be set to the key of this desk, which stands in {beside}\n"
    assert move("--to", database.url, PULT_SECURITY__SECRET_KEY="") == (1, "", stands)
    status, said, errors = move("--to", database.url)
    assert (status, said) == (1, "") and errors.startswith(f"security.secret_key is not the key in {beside}; set it to")
    assert move("--to", new.url, PULT_SECURITY__SECRET_KEY="") == (
        *(1, ""),
        f"copy the key of this desk first: {beside} to {new.path.with_suffix('.secret')}\n",
    )
    assert read(database, "SELECT id FROM person") == [] and not new.path.parent.exists()
    assert move("--to", database.url, PULT_SECURITY__SECRET_KEY="k" * 40)[0] == 0
    new.path.parent.mkdir()
    shutil.copy(beside, new.path.with_suffix(".secret"))
    assert move("--to", new.url, PULT_SECURITY__SECRET_KEY="")[0] == 0
    beside.unlink()
    no_key = "--to: security.secret_key must be set: on PostgreSQL there is no file to keep one beside\n"
    assert move("--to", database.url, PULT_SECURITY__SECRET_KEY="") == (1, "", no_key)


async def test_a_target_that_is_away_unsuitable_or_full_is_said_in_one_line(move, file, empty, new, cluster):
    away = move("--to", f"postgres://pult@/x?host={cluster.folder}/nowhere")
    assert away[0] == 1 and away[2].startswith("the database cannot be opened: ")
    sorts = cluster.database("TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'")
    unsuitable = move("--to", sorts.url)
    cluster.drop(sorts)
    assert unsuitable[0] == 1 and "LC_COLLATE 'C'" in unsuitable[2]
    cluster.ask(f"ALTER DATABASE {name_of(empty)} SET default_transaction_read_only = on")
    only_read = move("--to", empty.url)
    assert only_read[0] == 1 and "read-only transaction" in only_read[2]
    full = move("--to", new.url, first=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (151_200, 151_200)))
    assert full[0] == 1 and "disk" in full[2]
    assert [path.name for path in new.path.parent.iterdir()] == ["pult.sqlite3.lock"]
    for _, _, errors in (away, unsuitable, only_read, full):
        assert errors.count("\n") == 1, errors


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("where", ["empty", "new"])
async def test_a_move_that_is_stopped_leaves_nothing(request, environment, move, file, where, how, tmp_path):
    target = request.getfixturevalue(where)
    said, saying = pipe()
    with (tmp_path / "errors").open("w+") as errors, said:
        with saying:
            process = Forked(
                ["move"],
                environment | {"PULT_MOVE_TO": target.url},
                stdout=saying,
                stderr=errors,
                first=held_while_it_moves,
            )
        while said.readline() != b"It moves.\n":
            pass
        process.send_signal(how)
        assert process.ended() == (130 if how is signal.SIGINT else -signal.SIGKILL)
        errors.seek(0)
        assert errors.read() == ("interrupted: nothing was moved\n" if how is signal.SIGINT else "")
    if how is signal.SIGINT:
        assert not new_tables(request.getfixturevalue("cluster"), target)
    assert move("--to", target.url)[0] == 0, "and is begun anew"
    assert kept(target) == kept(file)


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
