"""Reads wait for nobody who writes: in this process, in another one, or for the one beside them that takes long."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from tortoise.exceptions import OperationalError

from app import db
from app.desk import people
from app.desk.models import Person, Session, Ticket
from tests.conftest import DEADLINE, Served
from tests.desk.acts import a_ticket
from tests.live.actions import Desk
from tests.live.conftest import open_
from tests.test_db import stands

__all__ = ["open_"]

PAGES = ("/tickets", "/tickets?q=v", "/tickets?view=all&tag=vpn", "/tickets/1", "/tickets/new", "/settings", "/keys")
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


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
    endless = asyncio.create_task(db.rows(ENDLESS, aside=True))
    await asyncio.sleep(0)
    async with asyncio.timeout(DEADLINE):
        ticket = await a_ticket(desk.clara)
        assert (await Ticket.get(id=ticket.id)).subject == ticket.subject
    assert not endless.done()
    await db.get_connection("default")._aside.interrupt()
    with pytest.raises(OperationalError, match="interrupted"):
        await endless


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


async def test_a_file_that_is_being_recovered_is_waited_for_beside_the_loop(desk, monkeypatch):
    class Recovered:
        def execute(self, *_: object) -> None:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY_RECOVERY
            raise error

        def close(self) -> None:
            pass

    client = db.get_connection("default")
    monkeypatch.setattr(client, "_reading", Recovered())
    assert await db.rows("SELECT 1 AS one") == [{"one": 1}]
