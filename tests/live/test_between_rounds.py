"""Pages rendered while events are on their way to the relay, which reads several at once, or more than it knows of."""

import asyncio

from app.live import regions
from tests.conftest import DEADLINE, Served
from tests.live.actions import Desk


async def until_relayed(served: Served, number: int) -> None:
    async with asyncio.timeout(DEADLINE):
        while served.relay.position.number < number:
            await asyncio.sleep(0.005)


async def test_what_comes_and_goes_within_a_round_goes_from_a_page_that_saw_it(served, open_):
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
    compute, waiting = regions.compute, ["Second"]

    async def after_another_commit(region):
        if waiting and region.name == "ticket":
            await desk.change(ticket, subject=waiting.pop())
        return await compute(region)

    async with served.relay._lock:
        await desk.change(ticket, subject="First")
        page = await open_(desk.cast.anna, "/tickets/1", connect=False)
        monkeypatch.setattr(regions, "compute", after_another_commit)
    await until_relayed(served, page.cursor + 1)
    assert not waiting
    await page.connect()
    await page.equals_its_reload()
    assert "Second" in page.css("#ticket h1")[0].text_content()


async def test_a_region_that_is_read_ahead_of_the_events_is_whole_for_earlier_pages(served, open_, monkeypatch):
    """As above, when nobody else shows the ticket and the relay reads it for the page's socket."""
    desk = Desk(served.cast)
    ticket = await desk.open()
    compute, waiting = regions.compute, ["Second"]
    page = await open_(desk.cast.anna, "/tickets/1", connect=False)
    served.relay.kept.forget((), -1)

    async def after_another_commit(region):
        if waiting and region.name == "ticket":
            await desk.change(ticket, subject=waiting.pop())
        return await compute(region)

    monkeypatch.setattr(regions, "compute", after_another_commit)
    await page.connect()
    await page.equals_its_reload()
    assert not waiting
