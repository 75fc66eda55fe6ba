"""Who acts on events: each event causes its jobs once, from where one began, whatever is broken off when."""

import asyncio
import random

import pytest

from app import db
from app.desk import outbox
from app.desk.events import What
from app.work import follow, queue
from app.work.follow import Follow, Follower, Passed
from tests.desk.acts import a_ticket, position


async def of_a_new_ticket(event):
    return [("greet", {"ticket": event.ticket})] if event.what is What.TICKET_CREATED else []


GREETER = Follower("greeter", of_a_new_ticket)


async def through(one: Follow) -> Follow:
    while await one.step():
        pass
    return one


async def greeted() -> list[str]:
    return [job.data for job in await queue.listing()]


async def place() -> int:
    [row] = await db.rows("SELECT position FROM follower WHERE name = 'greeter'")
    return row["position"]


async def test_a_new_follower_begins_where_the_journal_is_and_goes_on_from_where_it_was(desk):
    await a_ticket(desk.clara)
    first = await through(Follow(GREETER))
    assert await greeted() == []
    for _ in range(2):
        await a_ticket(desk.clara)
    await through(first)
    await a_ticket(desk.clara)
    await through(Follow(GREETER))  # another process, after this one
    assert await greeted() == [f'{{"ticket": {n}}}' for n in (2, 3, 4)]
    assert await place() == await position()


async def test_jobs_and_place_are_one_transaction(desk, monkeypatch):
    one = await through(Follow(GREETER))
    for _ in range(5):
        await a_ticket(desk.clara)
    put, before = outbox.put, await place()

    async def dying(kind, data):
        if data["ticket"] == 3:
            raise ConnectionError
        await put(kind, data)

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "put", dying)
        with pytest.raises(ConnectionError):
            await one.step()
    assert (await greeted(), await place()) == ([], before)
    await through(one)
    await through(Follow(GREETER))
    assert len(await greeted()) == 5 == len(set(await greeted()))


async def test_whatever_dies_when_each_event_causes_its_jobs_once(desk, monkeypatch):
    monkeypatch.setattr(follow, "MOST", 3)
    chance = random.Random(5)
    one = await through(Follow(GREETER))
    for _ in range(40):
        if chance.random() < 0.6:
            await a_ticket(desk.clara)
        elif chance.random() < 0.5:
            one = Follow(GREETER)  # the one before is gone, with what it had in memory
        else:
            await one.step()
    await through(one)
    tickets = (await db.rows("SELECT count(*) AS n FROM ticket"))[0]["n"]
    assert await greeted() == [f'{{"ticket": {n}}}' for n in range(1, tickets + 1)]


async def test_of_two_at_once_one_stands_back(desk):
    one, other = [await through(Follow(GREETER)) for _ in range(2)]
    await a_ticket(desk.clara)
    await through(one)
    with pytest.raises(Passed):
        await other.step()
    assert len(await greeted()) == 1


async def test_a_place_is_kept_now_and_then_though_nothing_was_to_be_done(desk, monkeypatch):
    async def nothing(_):
        return []

    monkeypatch.setattr(follow, "KEPT", 10)
    one = await through(Follow(Follower("greeter", nothing)))
    begun = await place()
    for number in range(1, 13):
        await a_ticket(desk.clara)
        await through(one)
        assert await place() == begun + (10 if number >= 10 else 0)


async def test_where_the_database_was_put_back_it_stands_as_that_says(desk):
    one = await through(Follow(GREETER))
    await a_ticket(desk.clara)
    saved = await place()
    await through(one)
    await a_ticket(desk.clara)
    await through(one)
    # As a copy of before would have it: another epoch, and an older place.
    await db.rows("UPDATE journal SET epoch = 'another'")
    await db.rows("UPDATE follower SET position = ?", [saved])
    await db.rows("DELETE FROM job")
    await through(one)
    assert len(await greeted()) == 2


async def test_what_fails_is_logged_and_tried_again_from_the_place_that_is_kept(desk, monkeypatch, caplog):
    failures = iter([True, True, False])

    async def failing(event):
        if next(failures, False):
            raise ConnectionError
        return await of_a_new_ticket(event)

    await through(Follow(GREETER))
    await a_ticket(desk.clara)
    monkeypatch.setattr(follow, "PATIENCE", 0.001)
    following = asyncio.create_task(Follow(Follower("greeter", failing)).run())
    async with asyncio.timeout(10):
        while not await greeted():
            await asyncio.sleep(0.001)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert [record.getMessage() for record in caplog.records if record.name == "app.work.follow"] == [
        "greeter does not follow the journal; it goes on in a moment"
    ] * 2
    assert len(await greeted()) == 1
