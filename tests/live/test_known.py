"""What is in memory as of now is not read again for the next page."""

import pytest

from app.desk import people
from app.desk.models import Ticket
from app.desk.roles import Role
from app.live.journal import Position
from app.live.registry import Registry
from tests import known
from tests.live.actions import Desk

PAGES = ["/tickets", "/tickets?q=printer", "/tickets?tag=vpn", "/tickets/1", "/tickets/new"]


@pytest.fixture(autouse=True)
def _shown_from_memory(monkeypatch):
    monkeypatch.setattr(Registry, "at", known.at)
    monkeypatch.setattr(Registry, "adopt", known.adopt)


def names(computed) -> list[str]:
    """Those that were computed since this was last asked."""
    found = [region.name for region in computed]
    computed.clear()
    return found


async def opened(desk: Desk) -> Ticket:
    """Clara's ticket 1, in the list of each of the pages."""
    fields = {"subject": "Printer", "tags": "vpn", "requester": "clara@pult.example"}
    return await desk.open(desk.cast.anna, **fields)


@pytest.mark.parametrize("path", PAGES)
async def test_the_next_page_is_read_from_memory_and_is_the_same(path, served, open_, computed):
    desk = Desk(served.cast)
    await opened(desk)
    first = await open_(desk.cast.anna, path, connect=False)
    assert names(computed)
    second = await open_(desk.cast.anna, path, connect=False)
    assert not names(computed) and second.shown() == first.shown()


@pytest.mark.parametrize("path", PAGES[:4])
async def test_after_each_thing_that_happens_it_is_what_is_there_now(path, served, open_, computed):
    """Also while nobody watches: what was touched then is read by the next page."""
    desk = Desk(served.cast)
    ticket = await opened(desk)
    await open_(desk.cast.anna, path, connect=False)
    watching = await open_(desk.cast.boris, path)
    for subject in ("Printer burns", "Printer is out"):
        await desk.change(ticket, subject=subject)
        await watching.caught_up()
        names(computed)
        page = await open_(desk.cast.anna, path, connect=False)
        assert not names(computed), "the round read it"
        assert subject in page.dom.text_content()
    await watching.cut()
    served.relay.registry.forget((), 60)
    await desk.change(ticket, subject="Printer is back")
    await served.relayed()
    page = await open_(desk.cast.anna, path, connect=False)
    assert names(computed) and "Printer is back" in page.dom.text_content()


async def test_it_is_for_whom_it_is(served, open_, computed):
    """Another's audience is another region; whose right is gone gets nothing, though it is there."""
    desk = Desk(served.cast)
    note = await desk.say(await opened(desk), kind="note")
    staff = await open_(desk.cast.anna, "/tickets/1", connect=False)
    names(computed)
    theirs = await open_(desk.cast.clara, "/tickets/1", connect=False)
    assert names(computed)
    assert staff.css(f"#comment-{note.id}") and not theirs.css(f"#comment-{note.id}")
    client = await served.client(desk.cast.dmitri)
    assert (await client.get("/tickets/1")).status_code == 404
    client = await served.client(desk.cast.anna)
    await people.set_role(desk.cast.anna, Role.REQUESTER)
    assert (await client.get("/tickets/1")).status_code == 404


async def test_a_page_that_was_read_before_or_after_is_shown_nothing_of_it(served, open_):
    desk = Desk(served.cast)
    await desk.open()
    registry = served.relay.registry
    stands = await served.relayed()
    async with served.relay._lock:  # the relay stays where it is
        await desk.say(await desk.open())
        page = await open_(desk.cast.anna, "/tickets", connect=False)
        later = Position(stands.epoch, page.cursor)
        assert registry.position == stands != later
        [brought] = [shown.region for shown in registry if shown.region.name == "list" and shown.floor == page.cursor]
        assert registry.at(stands, brought) is None and registry.at(later, brought) is None
    assert await served.relayed() == later
    assert registry.at(later, brought) and registry.at(stands, brought) is None
    assert registry.at(Position("another", later.number), brought) is None
