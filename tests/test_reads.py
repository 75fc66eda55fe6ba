"""Reads wait for nobody who writes: in this process, in another one, or for the one beside them that takes long."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from contextvars import copy_context

import pytest
from tortoise.exceptions import OperationalError

from app import db
from app.desk import people
from app.desk.models import Person, Session, Ticket
from app.store.sqlite.readers import Reader
from tests.conftest import DEADLINE, Served
from tests.desk.acts import a_ticket
from tests.live.actions import Desk
from tests.live.conftest import open_
from tests.test_db import stands

__all__ = ["open_"]

PAGES = ("/tickets", "/tickets?q=v", "/tickets?view=all&tag=vpn", "/tickets/1", "/tickets/new", "/settings", "/keys")
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"

LONG = 16  # snapshots that may take long at once


@contextmanager
def somebody_else_writes(served: Served) -> Iterator[None]:
    """Another program has the right to write, and does not let go."""
    path = served.settings.app.extensions["pult"].config.database.path
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def until_somebody_waits_to_write() -> None:
    async with asyncio.timeout(DEADLINE):
        while not db.get_connection("default")._lock.locked():
            await asyncio.sleep(0.001)


async def test_every_page_is_read_while_another_process_writes_and_a_reply_waits_for_it(served, open_, monkeypatch):
    monkeypatch.setattr(db.get_connection("default"), "pragmas", {"busy_timeout": 60_000})
    desk = Desk(served.cast)
    await desk.open()
    shown, _ = await open_(desk.cast.vera, "/tickets"), await open_(desk.cast.boris, "/settings", connect=False)
    clients = [await served.client(person) for person in (desk.cast.vera, desk.cast.anna)]
    await Session.all().update(last_seen=db.now() - 2 * people.SEEN_EVERY)  # each would be noted as seen
    with somebody_else_writes(served):
        sent = asyncio.create_task(clients[0].post("/tickets/1/comments", data={"body": "It waits", "kind": "note"}))
        await until_somebody_waits_to_write()
        second = asyncio.create_task(clients[1].post("/tickets/1/comments", data={"body": "So does this"}))
        for path in PAGES:
            assert (await clients[0].get(path)).status_code == 200
        assert (await served.stranger().get("/readyz")).status_code == 200
        new = await open_(desk.cast.boris, "/tickets/1")
        await new.equals_its_reload()
        assert await shown.ask(action="subscribe", ticket=1)
        await db.shrink()
        assert not sent.done() and not second.done()
    assert [(await answer).status_code for answer in (sent, second)] == [303, 303]
    for page in (shown, new):
        await page.equals_its_reload()
    assert len(new.css("#thread > article")) == 3


async def test_a_read_sees_what_was_committed_while_somebody_here_writes(desk):
    ticket = await a_ticket(desk.clara, subject="Before")
    written, seen = asyncio.Event(), asyncio.Event()

    async def change() -> None:
        async with db.transaction():
            await db.rows("UPDATE ticket SET subject = 'After' WHERE id = ? RETURNING id", [ticket.id])
            assert (await Ticket.get(id=ticket.id)).subject == "After", "who writes reads their own"
            written.set()
            await seen.wait()

    changing = asyncio.create_task(change())
    await written.wait()
    async with asyncio.timeout(DEADLINE):
        assert (await Ticket.get(id=ticket.id)).subject == "Before"
        for aside in (False, True):
            assert await db.rows("SELECT subject FROM ticket", aside=aside) == [{"subject": "Before"}]
    seen.set()
    await changing
    assert (await Ticket.get(id=ticket.id)).subject == "After"


async def test_a_read_that_takes_long_holds_up_neither_short_ones_nor_writes(desk):
    reader = db.get_connection("default")._readers._idle[-1]
    endless = asyncio.create_task(db.rows(ENDLESS, aside=True))
    await asyncio.sleep(0)
    async with asyncio.timeout(DEADLINE):
        ticket = await a_ticket(desk.clara)
        assert (await Ticket.get(id=ticket.id)).subject == ticket.subject
    assert not endless.done()
    reader._opened.interrupt()
    with pytest.raises(OperationalError, match="interrupted"):
        await endless


async def test_many_long_pages_at_once_hold_up_no_short_one_and_have_few_connections(served, open_, monkeypatch):
    """Everybody searches, as after a deploy, and each search takes long."""
    await Desk(served.cast).open()
    client, over, opened = await served.client(served.cast.anna), threading.Event(), []
    begin, end, read = Reader.begin, Reader.end, Reader.patiently

    def patiently(reader, *asked):
        assert over.wait(DEADLINE)
        return read(reader, *asked)

    monkeypatch.setattr(Reader, "begin", lambda reader: (opened.append(reader), begin(reader)))
    monkeypatch.setattr(Reader, "end", lambda reader: (opened.remove(reader), end(reader)))
    monkeypatch.setattr(Reader, "patiently", patiently)
    searching = [asyncio.create_task(client.get("/tickets?q=tag:vpn+a")) for _ in range(3 * LONG)]
    async with asyncio.timeout(DEADLINE / 2):
        while len(opened) < LONG:
            await asyncio.sleep(0.005)
        plain = await open_(served.cast.boris, "/tickets")
        assert (await client.get("/tickets/1")).status_code == 200
        await plain.equals_its_reload()
    assert len(opened) == LONG
    over.set()
    assert {(await answer).status_code for answer in searching} == {200} and opened == []


async def test_what_changes_outside_of_a_transaction_is_kept_whole_however_it_is_cancelled(desk):
    for delay in range(0, 2000, 40):  # microseconds
        adding = asyncio.create_task(Person.create(email=f"{delay}@x.example", name="X", role="requester", created=1))
        until = time.perf_counter() + delay / 1_000_000
        while time.perf_counter() < until:
            await asyncio.sleep(0)
        adding.cancel()
        await asyncio.wait([adding])
        await stands()
    made = await Person.filter(name="X").count()
    assert await Person.filter(name="X").update(name="Y") == made
    assert await Person.filter(name="Y").delete() == made and not await Person.exists(name="Y")


async def test_what_only_reads_cannot_change_anything(desk):
    await a_ticket(desk.clara)
    for aside in (False, True):
        with pytest.raises(OperationalError, match="readonly"):
            await db.rows("WITH some AS (SELECT 1) DELETE FROM ticket RETURNING id", aside=aside)
    assert await Ticket.all().count() == 1


async def test_who_does_not_want_to_wait_is_told_at_once(served):
    with somebody_else_writes(served), pytest.raises(db.NotWritten):
        async with db.transaction(wait=False):
            pass
    begun = asyncio.Event()

    async def without_waiting() -> None:
        await begun.wait()
        async with db.transaction(wait=False):
            pass

    trying = asyncio.create_task(without_waiting())
    async with db.transaction():
        begun.set()
        await asyncio.wait([trying])
    assert isinstance(trying.exception(), db.NotWritten)
    await without_waiting()
    await stands()


async def test_a_file_that_is_being_recovered_is_waited_for_beside_the_loop(desk, config, monkeypatch):
    class Recovered(Reader):
        def here(self, *asked: object) -> list[sqlite3.Row]:
            if threading.current_thread() is threading.main_thread():
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = sqlite3.SQLITE_BUSY_RECOVERY
                raise error
            return super().here(*asked)

    client = db.get_connection("default")
    monkeypatch.setattr(client._readers, "_idle", [Recovered(client.filename, patience=1, cache=-1)])
    assert await db.rows("SELECT 1 AS one") == [{"one": 1}]
    async with db.snapshot():
        assert await db.rows("SELECT 1 AS one") == [{"one": 1}]


async def subjects(*, aside: bool = False) -> list[str]:
    return [row["subject"] for row in await db.rows("SELECT subject FROM ticket ORDER BY id", aside=aside)]


async def test_a_snapshot_is_of_the_moment_of_its_first_read_whatever_others_commit(desk):
    ticket = await a_ticket(desk.clara, subject="Before")
    elsewhere = copy_context()

    async def change(subject: str) -> None:
        await Ticket.filter(id=ticket.id).update(subject=subject)

    async def reads() -> list[object]:
        return [await subjects(), await subjects(aside=True), (await Ticket.get(id=ticket.id)).subject]

    async with db.snapshot():
        await asyncio.create_task(change("At first"), context=elsewhere)
        assert await reads() == [["At first"], ["At first"], "At first"]
        await asyncio.create_task(change("Then"), context=elsewhere)
        async with db.snapshot():
            assert await reads() == [["At first"], ["At first"], "At first"], "one within it is the same one"
        assert await subjects() == ["At first"]
        assert await asyncio.create_task(subjects(), context=elsewhere) == ["Then"]
        later = asyncio.Event()

        async def outlive() -> list[str]:
            await later.wait()
            return await subjects()

        outliving = asyncio.create_task(outlive())
    assert await reads() == [["Then"], ["Then"], "Then"]
    later.set()
    assert await outliving == ["Then"]


async def test_a_snapshot_that_an_error_has_ended_is_read_no_further(desk):
    """As SQLite does when the disk fails under a reader: what followed would be of another moment."""
    await a_ticket(desk.clara)
    for aside in (False, True):
        reader = db.get_connection("default")._readers._idle[-1]
        async with db.snapshot():
            await subjects()
            reader._opened.rollback()
            with pytest.raises(OperationalError, match="ended"):
                await subjects(aside=aside)
    assert len(await subjects()) == 1


async def test_nobody_writes_by_what_a_snapshot_says(desk):
    ticket = await a_ticket(desk.clara, subject="Before")
    async with db.snapshot():
        with pytest.raises(RuntimeError):
            async with db.transaction():
                pass
        with pytest.raises(RuntimeError):
            await Ticket.filter(id=ticket.id).update(subject="After")
    async with db.transaction(), db.snapshot():
        await Ticket.filter(id=ticket.id).update(subject="Within")
        assert await subjects() == ["Within"], "a transaction is one moment already, and reads its own"
    assert await subjects() == ["Within"]


async def test_snapshots_that_are_cancelled_at_any_moment_leave_no_old_one_behind(desk):
    ticket = await a_ticket(desk.clara)

    async def look() -> None:
        async with db.snapshot():
            await subjects()
            await subjects(aside=True)

    for delay in range(0, 2000, 40):  # microseconds
        looking = [asyncio.create_task(look()) for _ in range(3)]
        until = time.perf_counter() + delay / 1_000_000
        while time.perf_counter() < until:
            await asyncio.sleep(0)
        for each in looking:
            each.cancel()
        await asyncio.wait(looking)
        await Ticket.filter(id=ticket.id).update(subject=f"{delay}")
        assert await subjects() == await subjects(aside=True) == [f"{delay}"]
