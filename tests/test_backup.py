"""Backups of a desk that runs, restored under a desk that runs: whole, verified, and never half."""

import asyncio
import resource
import shutil
import signal
import sqlite3
import stat
import tempfile
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from app import db
from app.config import Config, Database
from app.desk import people
from app.store.sqlite import backup
from app.store.sqlite.backup import NotCopied

from .desk.acts import a_ticket
from .forked import Forked, pipe, run
from .process import DeskProcess, populated
from .stopped import held_while_it_reads, killed_while_it_replaces
from .whole import assert_whole, read


def epoch(path: Path) -> str:
    [journal] = read(path, "SELECT epoch FROM journal")
    return str(journal["epoch"])


def subjects(path: Path) -> list[str]:
    return [row["subject"] for row in read(path, "SELECT subject FROM ticket ORDER BY id")]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "away" / "copy.sqlite3"


@pytest.fixture
async def filled(config: Config, copy: Path) -> Config:
    """A desk with one ticket, which the copy has; closed."""
    copy.parent.mkdir()
    await db.connect(config.database)
    await a_ticket(await people.add("clara@pult.example", "Clara", "requester"), subject="In the copy")
    await db.disconnect()
    backup.back_up(config.database, copy, force=False)
    return config


async def later(config: Config, subject: str = "Later") -> None:
    await db.connect(config.database)
    try:
        await a_ticket(await people.by_email("clara@pult.example"), subject=subject)
    finally:
        await db.disconnect()


def nothing_else_beside(path: Path) -> None:
    assert [found.name for found in path.parent.iterdir()] == [path.name]


async def test_a_copy_is_one_whole_file_of_its_owners_with_an_epoch_of_its_own(filled, copy):
    assert_whole(copy)
    assert subjects(copy) == ["In the copy"] and epoch(copy) != epoch(filled.database.path)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    nothing_else_beside(copy)


async def test_a_copy_replaces_no_file_unless_told_to_and_never_the_database(filled, copy):
    path, before = filled.database.path, copy.read_bytes()
    with pytest.raises(NotCopied, match="already; --force replaces it"):
        backup.back_up(filled.database, copy, force=False)
    assert copy.read_bytes() == before
    backup.back_up(filled.database, copy, force=True)
    assert copy.read_bytes() != before
    for force, words in ((False, "already; --force"), (True, "is the database itself")):
        with pytest.raises(NotCopied, match=words):
            backup.back_up(filled.database, path, force=force)
    with pytest.raises(NotCopied, match=r"already$"):
        backup.back_up(filled.database, copy.parent, force=True)
    with pytest.raises(FileNotFoundError):
        backup.back_up(filled.database, copy.parent / "nowhere" / "copy", force=False)
    with pytest.raises(NotCopied, match="there is no database"):
        backup.back_up(Database(path=copy.parent / "none"), copy, force=True)
    nothing_else_beside(copy)


async def test_what_is_restored_where_nothing_was_is_the_desk_of_the_copy(filled, copy, tmp_path):
    there = Database(path=tmp_path / "deep" / "er" / "pult.sqlite3")
    await backup.restore(there, copy, force=False)
    assert subjects(there.path) == ["In the copy"]
    assert len({epoch(there.path), epoch(copy), epoch(filled.database.path)}) == 3
    assert stat.S_IMODE(there.path.stat().st_mode) == 0o600
    await db.connect(there)
    await db.disconnect()


async def test_a_copy_of_an_older_desk_is_brought_to_the_current_schema_and_stays_as_it_is(filled, copy, past):
    older = Database(path=await past.until("0001_initial"))
    backup.back_up(older, copy, force=True)
    before = copy.read_bytes()
    await backup.restore(filled.database, copy, force=True)
    await db.connect(filled.database)
    await db.disconnect()
    assert subjects(filled.database.path) == [] and copy.read_bytes() == before


async def test_a_database_is_not_overwritten_unless_told_to(filled, copy):
    await later(filled)
    with pytest.raises(NotCopied, match="--force replaces what it holds"):
        await backup.restore(filled.database, copy, force=False)
    assert subjects(filled.database.path) == ["In the copy", "Later"]
    for _ in range(2):
        before = epoch(filled.database.path)
        await backup.restore(filled.database, copy, force=True)
        assert subjects(filled.database.path) == ["In the copy"]
        assert epoch(filled.database.path) not in (before, epoch(copy))
    assert_whole(filled.database.path)


async def test_a_session_that_ended_after_the_copy_was_taken_stays_ended(filled, copy):
    await db.connect(filled.database)
    clara = await people.by_email("clara@pult.example")
    ended, kept = [people.session_id(await people.begin_session(clara)) for _ in range(2)]
    backup.back_up(filled.database, copy, force=True)
    await people.end_session(ended)
    young = people.session_id(await people.begin_session(clara))
    await db.disconnect()
    await backup.restore(filled.database, copy, force=True)
    sessions = [row["id"] for row in read(filled.database.path, "SELECT id FROM session")]
    assert sessions == [kept] and young not in sessions


@pytest.mark.parametrize("size", [1024, 8192])
async def test_a_copy_with_pages_of_another_size_can_be_restored(filled, copy, size):
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute(f"PRAGMA page_size = {size}")
        connection.execute("VACUUM")
    await later(filled)
    await backup.restore(filled.database, copy, force=True)
    assert subjects(filled.database.path) == ["In the copy"]
    assert_whole(filled.database.path)


async def test_what_is_no_backup_is_refused_and_changes_nothing(filled, copy, tmp_path):
    other = tmp_path / "other.sqlite3"

    async def refused(words: str) -> None:
        before = epoch(filled.database.path)
        with pytest.raises(NotCopied, match=words):
            await backup.restore(filled.database, other, force=True)
        assert epoch(filled.database.path) == before

    await refused("there is no file")
    other.write_text("Notes")
    await refused("file is not a database")
    other.write_bytes(b"")
    await refused("this is no database of Pult")
    other.write_bytes(copy.read_bytes()[:-4096])
    await refused("malformed|damaged")
    shutil.copy(copy, other)
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('desk', '0999_later', '')")
        connection.commit()
    await refused("written by a later Pult: 0999_later is not known here")
    with pytest.raises(NotCopied, match="is the database itself"):
        await backup.restore(filled.database, filled.database.path, force=True)


async def test_a_damaged_database_gives_no_backup(filled, copy):
    with closing(sqlite3.connect(filled.database.path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET rootpage = 2 WHERE name = 'ticket'")
        connection.commit()
    before = copy.read_bytes()
    with pytest.raises(NotCopied, match=r"damaged|malformed"):
        backup.back_up(filled.database, copy, force=True)
    assert copy.read_bytes() == before
    nothing_else_beside(copy)


async def test_a_full_disk_leaves_what_was_there_and_is_said_in_a_line(filled, copy):
    await later(filled)
    before = copy.read_bytes(), epoch(filled.database.path)
    for command in ("backup", "restore"):
        limited = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (51_200, 51_200))
        done = run([command, "--force", str(copy)], DeskProcess(filled).environment, first=limited)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
        assert "cannot be copied: disk I/O error" in done.stderr
        assert (copy.read_bytes(), epoch(filled.database.path)) == before
        nothing_else_beside(copy)
    assert subjects(filled.database.path) == ["In the copy", "Later"]


async def test_what_another_database_left_is_not_mixed_in(filled, copy, tmp_path):
    there = Database(path=tmp_path / "moved.sqlite3")
    shutil.copy(copy, f"{there.path}-wal")
    with pytest.raises(NotCopied, match="-wal is left of another database"):
        await backup.restore(there, copy, force=False)
    assert not there.path.exists()


async def test_a_desk_that_serves_another_schema_is_not_restored_under(filled, copy):
    with closing(sqlite3.connect(filled.database.path)) as connection:
        connection.execute("DELETE FROM tortoise_migrations")
        connection.commit()
    claim = db.hold(filled.database)
    with pytest.raises(db.DatabaseInUse):
        await backup.restore(filled.database, copy, force=True)
    claim.close()
    await backup.restore(filled.database, copy, force=True)
    assert subjects(filled.database.path) == ["In the copy"]


async def test_a_copy_and_a_restore_under_a_desk_that_is_written_to(config, copy):
    """Copies while four people write: each is whole. Then one is restored while they write on.

    A write that is not let in within db.BUSY_SECONDS is answered 503.
    """
    copy.parent.mkdir()
    who = await populated(config, 4)
    desk = DeskProcess(config)
    await desk.start()
    clients = [desk.client(cookie) for cookie in who]
    written, working = 0, True

    async def work(number: int) -> None:
        nonlocal written
        count = 0
        while working:
            count += 1
            form = {"subject": f"{number}-{count}", "body": "Text", "key": f"{number}-{count}"}
            answer = await clients[number].post("/tickets", data=form)
            assert answer.status_code == 303, answer.status_code
            written += 1

    async def more() -> None:
        """Until each of them could have written once more, and somebody has."""
        enough = written + len(clients)
        while written < enough:
            await asyncio.sleep(0.001)

    try:
        async with asyncio.TaskGroup() as writing:
            for number in range(4):
                writing.create_task(work(number))
            for number in range(4):
                await more()
                await desk.pult("backup", f"{copy}-{number}")
            await desk.pult("restore", "--force", f"{copy}-0")
            await more()
            working = False
        positions = [assert_whole(Path(f"{copy}-{number}")) for number in range(4)]
        assert positions == sorted(set(positions)), "each copy holds more than the one before"
        answer = await clients[0].post("/tickets", data={"subject": "After", "body": "Text"})
        assert answer.status_code == 303 and "After" in (await clients[1].get("/tickets")).text
    finally:
        for client in clients:
            await client.aclose()
        log = await desk.stop()
    assert "Traceback" not in log, log
    assert assert_whole(config.database.path) >= positions[0] + 1


async def test_nobody_who_writes_waits_for_a_copy_however_long_it_takes(filled, copy):
    saying, typing = pipe(), pipe()
    with tempfile.TemporaryFile() as errors, saying[0], typing[1]:
        with saying[1], typing[0]:
            command = ["backup", "--force", str(copy)]
            environment = DeskProcess(filled).environment
            streams = {"stdin": typing[0], "stdout": saying[1], "stderr": errors}
            backing_up = Forked(command, environment, **streams, first=held_while_it_reads)
        assert saying[0].readline() == b"It reads.\n"
        await later(filled)  # NotWritten after db.BUSY_SECONDS
        assert backing_up.returncode is None
        typing[1].close()
        assert backing_up.ended() == 0
    assert subjects(copy) == ["In the copy"] and subjects(filled.database.path) == ["In the copy", "Later"]
    assert_whole(copy)


def size(path: Path) -> int:
    return path.stat().st_size


async def test_a_restore_that_is_killed_leaves_the_old_database_or_the_new_one(filled, copy):
    path = filled.database.path
    with closing(sqlite3.connect(path)) as connection:  # more than SQLite keeps in memory before it writes
        connection.execute("CREATE TABLE padding AS SELECT randomblob(4000) AS x FROM event")
        for _ in range(12):
            connection.execute("INSERT INTO padding SELECT randomblob(4000) FROM padding")
        connection.commit()
    backup.back_up(filled.database, copy, force=True)
    await later(filled)
    before = epoch(path)

    def killed(most: int) -> int:
        restore = ["restore", "--force", str(copy)]
        return run(restore, DeskProcess(filled).environment, first=partial(killed_while_it_replaces, most)).returncode

    # From 33 kB on: SQLite's shared memory beside the database is a file of 32 kB.
    for written in (33_000, 1_000_000, 5_000_000, 10_000_000, 16_000_000):
        assert killed(written) == -signal.SIGXFSZ
        assert size(Path(f"{path}-wal")) > written - 8192, "nothing was half written"
        assert_whole(path)
        assert (subjects(path), epoch(path)) == (["In the copy", "Later"], before)
    assert killed(100_000_000) == 0
    assert_whole(path)
    assert subjects(path) == ["In the copy"] and epoch(path) != before
