"""A part of a long thread is true in itself: it equals its reload whatever happens, there or in another part."""

import random

import pytest

from app.desk import threads, tickets
from app.desk.models import Ticket
from tests.live.actions import VERBS, Desk, something
from tests.live.pages import OpenPage, open_page
from tests.web.embedding import a_site

PARTS = ("", "?from=1", "?from=3", "?from=40")


@pytest.fixture
async def desk(served, monkeypatch):
    """Parts of four; a ticket of six messages, two of them notes."""
    monkeypatch.setattr(threads, "PART", 4)
    monkeypatch.setattr(threads, "STEP", 2)
    desk = Desk(served.cast)
    ticket = await desk.open()
    for kind in ("reply", "note", "reply", "note", "reply"):
        await desk.say(ticket, kind=kind)
        await desk.change(ticket, priority="high" if kind == "note" else "low")
    return desk


@pytest.fixture
async def pages(served, desk, open_):
    """Every part, as staff, as the requester, and inside another site."""
    shop = served.stranger(headers={"Authorization": f"Bearer {(await a_site()).token()}"})
    found = [await open_(person, f"/tickets/1{part}") for part in PARTS for person in (desk.cast.anna, desk.cast.clara)]
    found += [await open_page(served, shop, f"/embed/tickets/1{part}") for part in PARTS[:2]]
    yield found
    for page in found:
        await page.cut()


def messages(page: OpenPage) -> list[int]:
    return [int(one.get("id").removeprefix("comment-")) for one in page.css("#thread > article")]


async def test_every_part_equals_its_reload_after_each_thing_that_can_happen(desk, pages):
    for verb in VERBS:
        ticket = await Ticket.get(id=1)
        if ticket.deleted:
            await tickets.restore(desk.cast.vera, 1)
        elif ticket.requester_id != desk.cast.clara.id:
            await desk.change(ticket, requester="clara@pult.example")
        await VERBS[verb](desk, ticket)
        for page in pages:
            await page.equals_its_reload()
            assert not page.resyncs, (verb, page.path)


async def test_parts_stay_true_while_people_work_and_sockets_are_cut(desk, pages):
    desk.chance = random.Random(4)
    for _ in range(6):
        victims = desk.chance.sample(pages, 5)
        for page in victims:
            await page.cut()
        for _ in range(desk.chance.randint(1, 6)):
            await something(desk)
        for page in victims:
            await page.reconnect()
        for page in pages:
            await page.equals_its_reload()


async def test_the_last_part_goes_on_when_it_must_and_tells_what_is_before_it(desk, pages):
    plain, first, beyond = pages[0], pages[2], pages[6]
    assert (messages(plain), messages(first), messages(beyond)) == ([3, 4, 5, 6], [1, 2, 3, 4], [])
    for shown in ([5, 6, 7], [5, 6, 7, 8], [7, 8, 9]):
        await desk.say(await Ticket.get(id=1))
        await plain.caught_up()
        await first.caught_up()
        assert (messages(plain), messages(first)) == (shown, [1, 2, 3, 4])
        [earlier] = plain.css("#thread-before a")
        assert earlier.get("href") == f"/tickets/1?from={shown[0] - 4 if shown[0] > 4 else 1}"
        assert earlier.text_content().split()[1] == str(shown[0] - 1)
    assert not plain.css("#thread-after a") and not first.css("#thread-before a")
    assert [link.get("href") for link in first.css("#thread-after a")] == ["/tickets/1?from=5", "/tickets/1"]
    assert [link.get("href") for link in beyond.css("#thread-before a")] == ["/tickets/1"]


async def test_what_happens_elsewhere_in_a_thread_costs_a_part_what_leads_there_and_no_more(desk, open_):
    page = await open_(desk.cast.anna, "/tickets/1?from=1")
    frames = len(page.frames)
    await desk.say(await Ticket.get(id=1))
    await page.caught_up()
    [frame] = [frame for frame in page.frames[frames:] if "#thread" in frame]
    assert "#thread-after" in frame and "comment-" not in frame and len(frame) < 1500
