"""What a round does and does not: it looks only at what an event can touch, and ends though it is cut short."""

import asyncio
import time
from dataclasses import replace
from urllib.parse import unquote

import pytest

from app import db
from app.desk import people, tickets
from app.live import delivery, journal, relay, shown
from app.live.hub import Close, Socket
from app.live.kinds import KINDS
from app.live.region import Region
from app.live.tokens import Grant
from tests.conftest import DEADLINE
from tests.live.actions import Desk
from tests.live.pages import close_code
from tests.live.reads import compute, let_compute


@pytest.fixture
def looked_at(monkeypatch) -> set[Region]:
    """The regions that are asked whether an event may touch them."""
    those: set[Region] = set()
    for kind in KINDS:

        def noted(region, event, real=kind.may_touch):
            those.add(region)
            return real(region, event)

        monkeypatch.setattr(kind, "may_touch", noted)
    return those


async def test_an_event_looks_at_no_page_of_another_ticket_or_person(served, open_, looked_at):
    desk = Desk(served.cast)
    tickets = [await desk.open(served.cast.clara) for _ in range(5)]
    theirs = await desk.open(served.cast.dmitri)
    pages = [await open_(served.cast.anna, f"/tickets/{ticket.id}") for ticket in tickets]
    pages += [await open_(served.cast.clara, "/tickets")]
    looked_at.clear()
    await desk.say(theirs, kind="note")
    for page in pages:
        await page.caught_up()
    assert looked_at and all(
        region.name in ("list", "count", "menus") and region.audience.is_staff for region in looked_at
    )


async def test_an_event_looks_at_no_list_that_its_ticket_cannot_stand_in(served, open_, looked_at):
    """However many different ones are open: they are found by what they are filtered by."""
    desk = Desk(served.cast)
    ticket = await desk.open(served.cast.anna, requester="clara@pult.example", tags="vpn", priority="high")
    theirs = {"tag=vpn", "priority=high", "assignee=none", "requester=4", "status=new", "q=status:new", "q=#1", "q=vpn"}
    others = {"tag=mail", "priority=low", "assignee=2", "requester=5", "status=solved", "q=status:pending", "q=#2"}
    paths = [f"/tickets?view=all&{query.replace('#', '%23')}" for query in theirs | others | {"status=x"}]
    pages = [await open_(served.cast.anna, path) for path in paths]

    async def looked_at_by(change) -> set[str]:
        looked_at.clear()
        await change
        for page in pages:
            await page.equals_its_reload()
        lists = (region.filter for region in looked_at if region.name == "list")
        return {unquote(filter_.query(view="")) for filter_ in lists}

    assert await looked_at_by(desk.say(ticket, kind="note")) == theirs
    other = {"requester": "dmitri@pult.example", "status": "solved", "assignee": "2"}
    change = desk.change(ticket, tags="mail", priority="low", **other)
    assert await looked_at_by(change) == (theirs | others) - {"q=status:pending", "q=#2"}, "as it was, and as it is"


async def test_another_name_looks_at_what_names_people_and_at_no_count_or_list_of_a_requester(served, open_, looked_at):
    desk = Desk(served.cast)
    mine, theirs = await desk.open(served.cast.clara), await desk.open(served.cast.dmitri)
    await desk.say(mine, by=served.cast.boris)
    paths = ("/tickets", "/tickets?q=another", "/tickets/1", f"/tickets/{theirs.id}", "/keys")
    pages = [await open_(served.cast.vera, path) for path in paths]
    pages += [
        await open_(served.cast.clara, path) for path in ("/tickets", f"/tickets/{mine.id}", "/tickets?q=another")
    ]
    for person in (served.cast.boris, served.cast.dmitri):  # who is shown; the pages of who is renamed load again
        looked_at.clear()
        await people.set_name(person, f"Another {person.name}")
        for page in pages:
            await page.equals_its_reload()
        asked = {(region.name, region.audience.is_staff) for region in looked_at}
        everywhere = {(name, staff) for name in ("ticket", "thread") for staff in (True, False)} | {("customer", True)}
        assert asked - {("first", True)} == everywhere | {("list", True), ("menus", True)}


async def test_a_count_is_looked_up_only_when_a_ticket_enters_or_leaves_it(served, open_, computed):
    desk = Desk(served.cast)
    ticket = await desk.open()
    page = await open_(served.cast.anna, f"/tickets/{ticket.id}")
    await page.caught_up()
    for what, looked_up in (
        (desk.say(ticket, kind="note"), False),
        (desk.change(ticket, priority="urgent"), False),
        (desk.change(ticket, status="solved"), True),
        (tickets.delete(served.cast.vera, ticket.id), False),
        (tickets.restore(served.cast.vera, ticket.id), False),
    ):
        computed.clear()
        await what
        await page.caught_up()
        assert ("count" in [region.name for region in computed]) is looked_up
    await page.equals_its_reload()


async def test_what_nobody_shows_is_not_computed_until_somebody_does(served, open_, computed):
    """Pages that were loaded and never connected, and one that was closed: nothing is looked up for them."""
    desk = Desk(served.cast)
    ticket = await desk.open()
    shown = await open_(served.cast.anna, "/tickets")
    closed = await open_(served.cast.anna, "/tickets?view=all&sort=created")
    loaded = [
        await open_(served.cast.anna, f"/tickets?view=all&sort={by}", connect=False) for by in ("due", "-priority")
    ]
    await closed.cut()
    async with asyncio.timeout(DEADLINE):
        while len(served.relay.hub.sockets) > 1:
            await asyncio.sleep(0.005)
    served.relay.registry.forget(served.relay.hub.shown(), 60)
    computed.clear()
    for subject in ("First", "Second"):
        await desk.change(ticket, subject=subject)
        await shown.caught_up()
    assert [region.of for region in computed] == ["/1?view=inbox"] * 2
    loaded.append(await open_(served.cast.anna, "/tickets?view=all&sort=due", connect=False))  # which is computed now
    computed.clear()
    for page in loaded:
        await page.connect()
    assert [region.of for region in computed] == ["/1?view=all&sort=-priority"]
    await closed.reconnect()
    for page in (shown, closed, *loaded):
        await page.equals_its_reload()
        assert 'data-span="whole"' not in "".join(page.frames)


async def test_a_look_that_found_nothing_keeps_no_change_waiting(served, open_, monkeypatch):
    desk = Desk(served.cast)
    ticket = await desk.open()
    page = await open_(served.cast.anna, "/tickets")
    await page.caught_up()
    looks, real = [], journal.position

    async def looked():
        looks.append(1)
        return await real()

    monkeypatch.setattr(journal, "position", looked)
    monkeypatch.setattr(relay, "BREATH", 60)
    monkeypatch.setattr(relay, "REST", 10**6)
    monkeypatch.setattr(relay, "LOOK", 0.01)
    async with asyncio.timeout(DEADLINE):
        while len(looks) < 3:
            await asyncio.sleep(0.01)
        await desk.change(ticket, subject="Seen")
        while "Seen" not in page.css(f"#ticket-{ticket.id}")[0].text_content():
            await page.news()


async def test_a_round_that_is_cut_short_is_finished_by_the_next(served, open_, monkeypatch):
    """A page that hangs up cancels the round that it began by coming."""
    desk = Desk(served.cast)
    ticket = await desk.open()
    pages = [await open_(served.cast.anna, "/tickets") for _ in range(5)]
    for page in pages:
        await page.caught_up()
    monkeypatch.setattr(delivery, "TURN", 1)
    monkeypatch.setattr(db, "on_commit", [])
    sockets = served.relay.hub.sockets
    region = next(iter(sockets)).regions[0]
    behind = next(iter(sockets)).position
    await desk.change(ticket, priority="urgent")
    coming = asyncio.create_task(
        served.relay.poll(Grant(served.cast.anna.id, "", region.audience, (region,), "en"), 0, "")
    )
    while all(socket.position == behind for socket in sockets):
        await asyncio.sleep(0)
    coming.cancel()
    await asyncio.wait([coming])
    assert any(socket.position == behind for socket in sockets)
    for page in pages:
        await page.equals_its_reload()


async def test_pages_that_come_at_once_join_by_one_round(served, open_, monkeypatch):
    """Among them one whose session has ended, and two that hang up meanwhile."""
    desk, relay_ = Desk(served.cast), served.relay
    ticket = await desk.open()
    anna, boris = served.cast.anna, served.cast.boris
    pages = [await open_(anna, f"/tickets?view=all&tag=t{n}", connect=False) for n in range(6)]
    pages += [await open_(anna, f"/tickets/{ticket.id}", connect=False) for _ in range(6)]
    first, waiting = [await open_(anna, "/tickets", connect=False) for _ in range(2)]
    ended = await open_(boris, "/tickets", connect=False)
    [session] = await db.rows("SELECT id FROM session WHERE person_id = ?", [boris.id])
    await people.end_session(session["id"])
    rounds, real, begun, go_on = [], journal.position, asyncio.Event(), asyncio.Event()

    async def looked():
        rounds.append(1)
        begun.set()
        await go_on.wait()
        return await real()

    async with relay_._lock:
        monkeypatch.setattr(journal, "position", looked)
        coming = [asyncio.create_task(page.connect()) for page in (first, waiting, *pages, ended)]
        async with asyncio.timeout(DEADLINE):
            while len(relay_._arriving) < len(coming):
                await asyncio.sleep(0.01)
        await desk.change(ticket, subject="Changed while they wait")
    async with asyncio.timeout(DEADLINE):
        await begun.wait()
    for task, page in zip(coming[:2], (first, waiting), strict=True):
        task.cancel()
        await page.cut()
    go_on.set()
    await asyncio.gather(*coming[2:], return_exceptions=True)
    assert len(rounds) <= 3
    assert await close_code(ended) == Close.ENDED
    for page in pages:
        await page.equals_its_reload()
    async with asyncio.timeout(DEADLINE):
        while len(relay_.hub.sockets) != len(pages) or relay_._arriving:
            await asyncio.sleep(0.01)


async def test_what_rests_on_a_page_goes_along_with_what_is_dearer(served, open_, monkeypatch):
    """Else a page of two that rest in turn would wait for the moment at which both have rested."""
    monkeypatch.setattr(shown, "RESTS", 1_000_000)
    desk, relay_ = Desk(served.cast), served.relay
    ticket = await desk.open()

    async def slowly(region):
        await asyncio.sleep(0.1 if region.name == "list" else 0)
        return await compute(region)

    let_compute(monkeypatch, slowly)
    page = await open_(served.cast.anna, "/tickets")
    [socket] = relay_.hub.sockets
    dear, cheap = (next(relay_.registry[it] for it in socket.regions if it.name == name) for name in ("list", "count"))

    async def is_sent(change, rested) -> bool:
        """Whether the page has a change after a round before which this one has rested, and the other has not."""
        async with relay_._lock:
            await change
            for one in (dear, cheap):
                one.computed = time.monotonic() - (2 if one is rested else 0)
            await relay_._round()
            return socket.position == relay_.position.number

    dear.cost, cheap.cost = 0.1, 0.01
    assert not await is_sent(desk.change(ticket, status="solved"), cheap)
    assert await is_sent(desk.change(ticket, status="open"), dear)
    await page.equals_its_reload()


class Stuck:
    """Under a page that takes nothing any more."""

    def write(self, text: str) -> bool:
        return False

    async def send(self, text: str) -> None:
        await asyncio.Event().wait()

    async def close(self, code: int) -> None:
        await asyncio.Event().wait()


async def test_pages_that_take_nothing_hold_up_nobody_nor_the_end(served, open_):
    """However many they are: neither those who come, nor a round, nor their heartbeats, nor that they are shown out."""
    desk, relay_ = Desk(served.cast), served.relay
    good = await open_(served.cast.boris, "/tickets")
    [shown] = relay_.hub.sockets
    session = people.session_id(await people.begin_session(served.cast.anna))
    shared = tuple(region for region in shown.grant.regions if region.of_person() is None)
    grant = replace(shown.grant, person=served.cast.anna.id, session=session, regions=shared, made_for="")
    async with asyncio.timeout(DEADLINE):
        for _ in range(400):
            await relay_.join(Socket(Stuck(), grant, good.cursor), good.epoch)
        await desk.open()
        await good.equals_its_reload()
        assert sum(socket.late is not None for socket in relay_.hub.sockets) == 400
        for socket in relay_.hub.sockets - {shown}:
            socket.late.cancel()
            socket.late, socket.token_sent = None, 0.0
        await desk.open()
        await good.equals_its_reload()
        await people.end_session(session)
        await good.caught_up()
        assert relay_.hub.sockets == {shown}
        for _ in range(400):
            await relay_.join(Socket(Stuck(), shown.grant, good.cursor), good.epoch)
        await relay_.stop()
