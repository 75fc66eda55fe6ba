"""Pages rendered while events are on their way to the relay, which reads several at once, or more than it knows of."""

import asyncio
from contextvars import Context

import pytest

from app.live import relay
from tests.conftest import DEADLINE, Served
from tests.live.actions import VERBS, Desk
from tests.live.reads import compute, let_compute


def elsewhere(change):
    """Done by somebody else, while here the desk is read as it was at one moment."""
    return asyncio.create_task(change, context=Context())


async def until_relayed(served: Served, number: int) -> None:
    async with asyncio.timeout(DEADLINE):
        while served.relay.position.number < number:
            await asyncio.sleep(0.005)


async def test_what_comes_and_goes_within_a_round_goes_from_a_page_that_saw_it(served, slow_reads, open_):
    """The relay sees no difference; the page, which was rendered in between, does."""
    desk = Desk(served.cast)
    await desk.open()
    others = [await open_(desk.cast.anna, "/tickets"), await open_(desk.cast.clara, "/tickets")]
    async with served.relay._lock:
        ticket = await desk.open()
        pages = [await open_(desk.cast.anna, "/tickets", connect=False)]
        pages += [await open_(desk.cast.clara, "/tickets", connect=False)]
        assert [page.rows for page in pages] == [[ticket.id, 1]] * 2
        await desk.change(ticket, status="closed")
        await desk.change(ticket, requester="dmitri@pult.example")
    for page in pages:
        await page.connect()
    for page in pages + others:
        await page.equals_its_reload()


async def test_what_a_round_reads_ahead_of_its_events_reaches_pages_rendered_before(served, open_, monkeypatch):
    """Somebody commits between the relay's look at the journal and its look at the ticket."""
    desk = Desk(served.cast)
    ticket = await desk.open()
    await open_(desk.cast.anna, "/tickets/1")
    waiting = ["Second"]

    async def after_another_commit(region):
        if waiting and region.name == "ticket":
            await elsewhere(desk.change(ticket, subject=waiting.pop()))
        return await compute(region)

    async with served.relay._lock:
        await desk.change(ticket, subject="First")
        page = await open_(desk.cast.anna, "/tickets/1", connect=False)
        let_compute(monkeypatch, after_another_commit)
    await until_relayed(served, page.cursor + 1)
    assert not waiting
    await page.connect()
    await page.equals_its_reload()
    assert "Second" in page.css("#ticket h1")[0].text_content()


async def test_a_region_that_is_read_ahead_of_the_events_is_whole_for_earlier_pages(served, open_, monkeypatch):
    """As above, when nobody else shows the ticket and the relay reads it for the page's socket."""
    desk = Desk(served.cast)
    ticket = await desk.open()
    waiting = ["Second"]
    page = await open_(desk.cast.anna, "/tickets/1", connect=False)
    served.relay.registry.forget((), -1)

    async def after_another_commit(region):
        if waiting and region.name == "ticket":
            await elsewhere(desk.change(ticket, subject=waiting.pop()))
        return await compute(region)

    let_compute(monkeypatch, after_another_commit)
    await page.connect()
    await page.equals_its_reload()
    assert not waiting


@pytest.mark.parametrize("far", [relay.FAR, 0])
@pytest.mark.parametrize("again", ["by a socket", "by a poll"])
async def test_a_page_that_is_opened_while_a_round_is_under_way_misses_nothing(far, again, served, open_, monkeypatch):
    """It was read before the event, and comes to the relay when that has chosen already whom it brings further."""
    monkeypatch.setattr(relay, "FAR", far)  # 0: every region is read anew
    desk = Desk(served.cast)
    ticket = await desk.open()
    await open_(desk.cast.boris, "/tickets")
    was_read, begun, end = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slowly(region):
        if region.name == "list":
            begun.set()
            await end.wait()
        found = await compute(region)
        if region.name == "thread":
            was_read.set()
            await begun.wait()
        return found

    let_compute(monkeypatch, slowly)
    opening = asyncio.create_task(open_(desk.cast.anna, "/tickets/1", connect=False))
    await was_read.wait()
    await desk.say(ticket, kind="note")
    page = await opening
    assert not end.is_set() and len(page.css("#thread > *")) == 1, "it was read before, and is here before the end"
    end.set()
    await (page.connect() if again == "by a socket" else page.poll())
    assert page.shown() == await page.reloaded()
    assert len(page.css("#thread > *")) == 2


async def test_a_region_that_a_page_brings_while_it_is_read_for_another_is_kept_once(served, open_, monkeypatch):
    desk = Desk(served.cast)
    ticket = await desk.open()
    first = await open_(desk.cast.anna, "/tickets/1", connect=False)
    served.relay.registry.forget((), -1)
    reads, visitors = [], [desk.cast.boris]

    async def with_a_visitor(region):
        reads.append(region.name)
        if region.name == "thread" and visitors:
            await elsewhere(open_(visitors.pop(), "/tickets/1", connect=False))
        return await compute(region)

    let_compute(monkeypatch, with_a_visitor)
    await first.connect()
    reads.clear()
    await desk.say(ticket, kind="note")
    await first.equals_its_reload()
    assert reads.count("thread") == 2  # by the round, and by the reload


async def test_a_region_that_a_visitor_brings_from_later_is_read_as_of_now(served, open_, monkeypatch):
    """Else who connects shows more than their position says, and is behind until something else happens."""
    desk = Desk(served.cast)
    ticket = await desk.open()
    first = await open_(desk.cast.anna, "/tickets/1", connect=False)
    served.relay.registry.forget((), -1)
    visitors = [desk.cast.boris]

    async def with_a_visitor(region):
        if region.name == "ticket" and visitors:
            visitor = visitors.pop()
            await elsewhere(VERBS["a reply is rendered anew"](desk, ticket))
            await elsewhere(open_(visitor, "/tickets/1", connect=False))
        return await compute(region)

    let_compute(monkeypatch, with_a_visitor)
    await first.connect()
    assert not visitors
    await first.equals_its_reload()


async def test_what_a_round_shows_ahead_of_its_events_is_told_once(served, open_, monkeypatch):
    """As above: the second change is shown with the first, and told of when its event is read. By every way."""
    desk = Desk(served.cast)
    ticket = await desk.open()
    pages = [await open_(desk.cast.anna, path) for path in ("/tickets", "/tickets/1", "/tickets?view=mine")]
    for page in pages:
        await page.ask(action="subscribe", ticket=1)
    polling = await open_(desk.cast.anna, "/tickets/1", connect=False)
    waiting = ["Third", "Second"]

    async def after_another_commit(region):
        if waiting and region.name == "ticket":
            await elsewhere(desk.change(ticket, subject=waiting.pop()))
        return await compute(region)

    let_compute(monkeypatch, after_another_commit)
    await desk.change(ticket, subject="First")
    while waiting:
        await polling.poll()
    for page in pages:
        await page.equals_its_reload()
    await polling.poll()
    for page in (*pages, polling):
        assert page.happened == ["ticket_updated:1"] * 3


async def test_two_of_a_kind_in_one_round_are_told_as_two(served, open_):
    desk = Desk(served.cast)
    ticket = await desk.open()
    pages = [await open_(desk.cast.anna, path) for path in ("/tickets", "/tickets/1")]
    await pages[0].ask(action="subscribe", ticket=1)
    async with served.relay._lock:
        await desk.say(ticket, kind="note")
        await desk.say(ticket, kind="note")
    for page in pages:
        await page.equals_its_reload()
        assert page.happened == ["comment_added:1"] * 2
