"""A desk moves from a file to PostgreSQL and back: all of it, or nothing; and it goes on there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from app import db, moving
from app.config import Database
from app.desk import search
from app.inspection import problems
from tests import conftest
from tests.conftest import Served
from tests.desk.acts import a_ticket
from tests.store.moves import DERIVED, TABLES, found, kept, moved, numbers
from tests.whole import read


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


@pytest.mark.parametrize("target", ["file", "database"], indirect=True)
async def test_every_table_is_moved_or_made_of_those_that_are(target):
    """One that is new is a model, which is moved by itself; whatever else is must be thought of."""
    async with db.beside(target) as client:
        there = await db.stores.of(target).tables(client)
    await db.connect(target)
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


@pytest.mark.parametrize("target", ["empty", "new"], indirect=True)
async def test_who_is_stopped_when_all_of_it_is_done_has_moved(file, target, monkeypatch):
    making = db.making

    @asynccontextmanager
    async def made_and_stopped(database: Database) -> AsyncIterator[object]:
        async with making(database) as into:
            yield into
            asyncio.current_task().cancel()

    monkeypatch.setattr(db, "making", made_and_stopped)
    await asyncio.create_task(moved(file, target))
    assert kept(target) == kept(file) and await found(target) == await found(file)


@pytest.mark.parametrize("target", ["database", "new"], indirect=True)
async def test_a_move_can_be_cancelled_at_any_moment(file, target):
    """What is left by it is what was there, and the next one begins as the first did."""

    def there() -> object:
        return kept(target, epoch=True) if not target.is_file or target.path.exists() else None

    before, cancelled, steps = there(), 0, 1.0
    while True:
        moving_ = asyncio.create_task(moved(file, target))
        for _ in range(int(steps)):  # of the loop
            await asyncio.sleep(0)
        moving_.cancel()
        try:
            await moving_
        except asyncio.CancelledError:
            assert there() == before
            cancelled, steps = cancelled + 1, steps * 1.7
        else:
            break  # all of it was done
    assert cancelled > 1 and kept(target) == kept(file)


async def test_where_the_commit_is_not_answered_and_nobody_can_be_asked_that_is_said(file, empty, monkeypatch):
    making = db.making

    @asynccontextmanager
    async def made_and_lost(database: Database) -> AsyncIterator[object]:
        async with making(database) as into:
            yield into
        monkeypatch.setattr(db, "beside", away)
        raise OSError("the server is away")

    def away(_: Database) -> None:
        raise OSError("the server is away")

    monkeypatch.setattr(db, "making", made_and_lost)
    with pytest.raises(moving.Unsure, match="does not tell whether the desk is in it"):
        await moved(file, empty)
