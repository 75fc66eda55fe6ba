"""The database under people who hang up, beside other processes, and when it is told to stop."""

import asyncio
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.exceptions import OperationalError

from app import db
from app.config import Database
from app.desk.errors import Invalid
from app.desk.models import Person, Ticket

from .desk.acts import CAME, a_ticket, journal, position
from .forked import run

PATIENCE = 5  # seconds that a query may take before we say that the database hangs
FORM = "application/x-www-form-urlencoded"

# Another process: 200 times read a number and write the next one, in a transaction.
COUNTING = """
import asyncio, sys
from pathlib import Path
from app import db
from app.config import Database

async def main():
    await db.connect(Database(path=Path(sys.argv[1])))
    for _ in range(200):
        async with db.transaction():
            [row] = await db.rows("SELECT position FROM journal")
            await db.rows("UPDATE journal SET position = ? RETURNING id", [row["position"] + 1])
    await db.disconnect()

asyncio.run(main())
"""


async def stands() -> None:
    """The database answers and no transaction is open."""
    async with asyncio.timeout(PATIENCE):
        assert await Person.exists()
        assert not db.get_connection("default")._connection.in_transaction
        async with db.transaction():
            await db.rows("UPDATE journal SET position = position RETURNING id")


async def test_what_is_acknowledged_is_kept_and_referred_to(desk):
    async def pragma(name: str) -> object:
        [row] = await db.rows(f"PRAGMA {name}")
        return next(iter(row.values()))

    assert await pragma("journal_mode") == "wal"
    assert await pragma("foreign_keys") == 1
    assert await pragma("busy_timeout") == db.BUSY_SECONDS * 1000 == 5000
    assert await pragma("synchronous") == 2  # FULL
    ticket = await a_ticket(desk.clara)
    with pytest.raises(OperationalError, match="FOREIGN KEY constraint failed"):
        await db.rows("DELETE FROM ticket WHERE id = ? RETURNING id", [ticket.id])


@pytest.mark.parametrize("times", [1, 2])
async def test_a_transaction_can_be_cancelled_at_any_moment(desk, times):
    """Cancelled once by a client that hangs up; twice if the desk stops in the same moment."""
    cancelled = 0
    for delay in range(0, 3000, 20):  # microseconds
        opening = asyncio.create_task(a_ticket(desk.clara))
        until = time.perf_counter() + delay / 1_000_000
        while time.perf_counter() < until:
            await asyncio.sleep(0)
        for _ in range(times):
            opening.cancel()
            await asyncio.sleep(0)
        with suppress(asyncio.CancelledError):
            await opening
        cancelled += opening.cancelled()
        await stands()
    assert cancelled > 10
    assert await Ticket.all().count() == len(await journal()) == await position() - CAME >= 150 - cancelled


async def test_a_cancelled_transaction_gives_way_to_those_who_wait_for_it(desk):
    chance = random.Random(1)
    opening = [asyncio.create_task(a_ticket(desk.clara, subject=f"Ticket {n}")) for n in range(200)]
    for task in chance.sample(opening, 100):
        await asyncio.sleep(chance.random() / 1000)
        task.cancel()
    async with asyncio.timeout(6 * PATIENCE):
        results = await asyncio.gather(*opening, return_exceptions=True)
    made = [result for result in results if isinstance(result, Ticket)]
    assert len(made) >= 100
    assert all(isinstance(result, Ticket | asyncio.CancelledError) for result in results)
    await stands()
    events = await journal()
    assert [event.id for event in events] == list(range(CAME + 1, CAME + len(events) + 1))
    assert {ticket.id for ticket in made} <= {event.ticket for event in events}


async def test_clients_that_hang_up_leave_the_desk_answering(served):
    """Hundreds of forms sent, each connection closed somewhere between sending and the answer."""
    chance = random.Random(2)
    cookie = await served.cookie(served.cast.clara)
    body = "subject=Aborted&body=Text"
    request = (
        f"POST /tickets HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nCookie: pult={cookie}\r\n"
        f"Content-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()

    async def abort() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(request[: None if chance.random() < 0.8 else chance.randrange(len(request))])
        await asyncio.sleep(chance.random() * 0.02)
        writer.transport.abort()

    for _ in range(15):
        await asyncio.gather(*(abort() for _ in range(20)))
    client = await served.client(served.cast.clara)
    answer = await client.post("/tickets", data={"subject": "Whole", "body": "Text"})
    assert answer.status_code == 303
    await stands()
    events = await journal()
    assert len(events) > 1 and len(events) == await Ticket.all().count() == await position() - CAME


def test_two_processes_write_to_one_file_and_wait_for_each_other(config):
    both = [
        subprocess.Popen(
            [sys.executable, "-c", COUNTING, str(config.database.path)],
            cwd=Path(__file__).parent.parent,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    errors = [process.communicate(timeout=60)[1] for process in both]
    assert errors == ["", ""] and [process.returncode for process in both] == [0, 0]
    with closing(sqlite3.connect(config.database.path)) as connection:
        assert connection.execute("SELECT position FROM journal").fetchall() == [(400,)]


async def test_a_second_desk_on_the_same_file_is_refused(config):
    claim = db.hold(config.database)
    try:
        environment = {"PATH": "", "PULT_DATABASE__URL": f"sqlite://{config.database.path}", "PULT_SERVER__PORT": "0"}
        for command in ("serve", "migrate"):
            refused = run([command], environment)
            assert refused.returncode == 1 and refused.stdout == ""
            assert refused.stderr == f"another process is serving {config.database.path}; stop it first\n"
        with pytest.raises(db.DatabaseInUse):
            db.hold(config.database)
    finally:
        claim.close()
    db.hold(config.database).close()


async def test_listeners_are_told_after_the_commit_and_only_then(desk):
    seen: list[int] = []

    def tell() -> None:
        seen.append(db.get_connection("default")._connection.in_transaction)

    db.on_commit.append(tell)
    try:
        async with db.transaction():
            await a_ticket(desk.clara)
            assert seen == [], "a transaction inside another is not committed yet"
        assert seen == [False]
        with pytest.raises(Invalid):  # noqa: PT012 - the second one
            async with db.transaction():
                await a_ticket(desk.clara)
                await a_ticket(desk.clara, subject="")
        assert seen == [False]
        assert await Ticket.all().count() == len(await journal()) == 1
    finally:
        db.on_commit.remove(tell)


async def test_what_one_has_not_committed_no_other_sees(desk):
    written, go = asyncio.Event(), asyncio.Event()

    async def rolled_back() -> None:
        async with db.transaction():
            await a_ticket(desk.clara, subject="Never")
            written.set()
            await go.wait()
            raise RuntimeError

    async def look() -> int:
        await written.wait()
        go.set()
        return await Ticket.all().count()

    failed, seen = await asyncio.gather(rolled_back(), look(), return_exceptions=True)
    assert isinstance(failed, RuntimeError) and seen == 0


async def test_a_directory_is_no_database(tmp_path):
    with pytest.raises(OperationalError, match="cannot be opened: unable to open database file"):
        await db.connect(Database(path=tmp_path))


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
async def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path, content):
    database = Database(path=tmp_path / "notes.txt")
    database.path.write_bytes(content)
    for opened in (db.connect(database), db.migrate(database)):
        with pytest.raises(OperationalError, match=r"notes\.txt cannot be opened"):
            await opened
    assert database.path.read_bytes() == content


async def test_what_is_closed_by_who_is_cancelled_can_be_opened_again(config):
    async def open_and_close() -> None:
        await db.connect(config.database)
        is_open.set()
        await db.disconnect()

    for steps in range(12):
        is_open = asyncio.Event()
        task = asyncio.create_task(open_and_close())
        await is_open.wait()
        for _ in range(steps):  # of the loop
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert not EXECUTOR_CACHE
