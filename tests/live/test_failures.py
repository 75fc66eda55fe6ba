"""What a page sees when we fail: a code at which it comes back, a reference, and nothing of the inside."""

import asyncio
import re

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app import db
from app.desk import events, queries
from app.desk.audience import STAFF
from app.desk.events import What
from app.desk.models import Ticket
from app.live import access, hub, relay, shown
from app.live.regions.ticket import TicketRegion
from tests.conftest import DEADLINE, Served
from tests.live.actions import Desk
from tests.live.pages import OpenPage
from tests.live.reads import let_compute
from tests.web.reading import HTMX

INSIDE = "internal-detail"


@pytest.fixture
async def desk(served: Served) -> Desk:
    desk = Desk(served.cast)
    await desk.open()
    return desk


@pytest.fixture
def break_(monkeypatch):
    """Let every region fail from now on."""

    async def fail(*_: object) -> None:
        raise RuntimeError(INSIDE)

    return lambda: let_compute(monkeypatch, fail)


async def test_a_socket_for_which_we_fail_closes_with_1011_and_no_word(desk, served, open_, break_, log):
    """ASVS 13.4.2, 16.5.1, 16.5.4: nothing on the wire but the code; the log has the rest."""
    page = await open_(desk.cast.anna, "/tickets/1", connect=False)
    served.relay.registry.forget((), -1)
    break_()
    url = f"{served.url.replace('http', 'ws')}/api/v1/ws?token={page.token}&since={page.cursor}&epoch={page.epoch}"
    async with connect(url, origin=served.url) as socket, asyncio.timeout(DEADLINE):
        with pytest.raises(ConnectionClosed):
            pytest.fail(str(await socket.recv()))
        assert (socket.close_code, socket.close_reason) == (hub.Close.FAILED, "")
    assert INSIDE in log.text and page.token not in log.text


async def test_a_frame_that_cannot_be_rendered_closes_its_sockets_with_1011(desk, served, open_, monkeypatch, log):
    """ASVS 16.5.4: the others, whose language can be rendered, go on."""
    broken, well = await open_(desk.cast.anna, "/tickets"), await open_(desk.cast.boris, "/settings")
    render = type(served.render)._render_value

    def fail(self, template, value, language):
        if template == "tickets/row.html":
            raise RuntimeError(INSIDE)
        return render(self, template, value, language)

    monkeypatch.setattr(served.render, "_remembered", lambda *given: fail(served.render, *given))
    frames = len(broken.frames)
    await desk.open()
    async with asyncio.timeout(DEADLINE):
        while not broken.closed:
            await broken.news()
    assert broken.closed == hub.Close.FAILED and broken.socket.close_reason == "" and len(broken.frames) == frames
    await well.equals_its_reload()
    assert INSIDE in log.text


async def closed(page: OpenPage) -> int:
    """The code with which the server closes this page's socket."""
    async with asyncio.timeout(DEADLINE):
        while not page.closed:
            await page.news()
    return page.closed


@pytest.fixture(params=["our own", "the database's"])
def header_of_1(request, monkeypatch):
    """Lets the header of ticket 1 fail, by an error of ours or of its statement, until its result is called."""
    header = queries.header

    async def fail(audience, ticket):
        if ticket == 1 and request.param == "our own":
            raise RuntimeError(INSIDE)
        if ticket == 1:
            await db.rows(f'SELECT 1 FROM "{INSIDE}"')
        return await header(audience, ticket)

    def fails():
        monkeypatch.setattr(queries, "header", fail)
        return lambda: monkeypatch.setattr(queries, "header", header)

    return fails


@pytest.mark.parametrize("far", [relay.FAR, 0])
async def test_a_region_that_fails_costs_the_pages_that_show_it_a_new_connection(
    far, desk, served, open_, header_of_1, monkeypatch, log
):
    """ASVS 16.5.3: nobody else notices, and the desk is well. Then every page is true again."""
    await desk.open()
    broken = [await open_(desk.cast.anna, "/tickets/1"), await open_(desk.cast.boris, "/tickets")]
    await broken[1].ask(action="subscribe", ticket=1)
    well = [await open_(desk.cast.anna, path) for path in ("/tickets", "/tickets/2", "/tickets?q=v")]
    works = header_of_1()
    monkeypatch.setattr(relay, "FAR", far)  # 0: every region is read anew
    for ticket in await Ticket.all():
        await desk.say(ticket, kind="note")
    assert [await closed(page) for page in broken] == [hub.Close.FAILED] * 2
    for page in well:
        await page.equals_its_reload()
        assert not page.closed
    assert (await served.stranger().get("/readyz")).status_code == 200
    assert log.text.count("the ticket of ticket 1 cannot be computed") == 1 and INSIDE in log.text
    works()
    for page in broken:
        await page.reconnect()
        await page.equals_its_reload()


async def test_a_search_that_fails_after_a_rest_costs_its_own_pages(desk, open_, monkeypatch):
    monkeypatch.setattr(shown, "RESTS", 1_000_000)
    monkeypatch.setattr(shown, "LONGEST_REST", 0.2)
    broken, well = await open_(desk.cast.anna, "/tickets?q=v"), await open_(desk.cast.boris, "/tickets")
    await desk.open()
    await broken.equals_its_reload()
    page = queries.page

    async def fail(filter_):
        if filter_.q:
            raise RuntimeError(INSIDE)
        return await page(filter_)

    await desk.open()
    monkeypatch.setattr(queries, "page", fail)
    assert await closed(broken) == hub.Close.FAILED
    await well.equals_its_reload()
    monkeypatch.setattr(queries, "page", page)
    await broken.reconnect()
    await broken.equals_its_reload()


@pytest.mark.parametrize("asked", [{"action": "resync"}, {"action": "subscribe", "ticket": 1}])
async def test_who_asks_for_what_fails_alone_has_to_come_back(asked, desk, served, open_, header_of_1):
    await desk.open()
    path = "/tickets/1" if asked["action"] == "resync" else "/tickets"
    broken, well = await open_(desk.cast.anna, path), await open_(desk.cast.boris, "/tickets/2")
    for page in (broken, well):
        await page.caught_up()
    works = header_of_1()
    if (region := TicketRegion(1, STAFF)) in served.relay.registry:
        served.relay.registry._drop(served.relay.registry[region])
    await broken.say(**asked)
    assert await closed(broken) == hub.Close.FAILED
    await desk.say(await Ticket.get(id=2))
    await well.equals_its_reload()
    works()
    await broken.reconnect()
    await broken.equals_its_reload()


async def test_of_whom_it_cannot_be_told_whether_they_may_has_to_come_back_alone(desk, open_, monkeypatch, log):
    anna, boris = await open_(desk.cast.anna, "/tickets"), await open_(desk.cast.boris, "/tickets")
    check = access.check

    async def fail(grant, limits):
        if grant.person == desk.cast.anna.id:
            raise RuntimeError(INSIDE)
        await check(grant, limits)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(access, "check", fail)
        for person in (desk.cast.anna, desk.cast.boris):
            async with db.transaction():
                await events.record(What.PERSON_CHANGED, person=person.id)
        assert await closed(anna) == hub.Close.FAILED
        await boris.equals_its_reload()
    assert INSIDE in log.text
    await anna.reconnect()
    await anna.equals_its_reload()


async def test_a_failure_while_polling_or_in_a_fragment_has_a_reference(desk, served, open_, break_, log):
    """ASVS 16.5.1: the person can say it, and the log has it; nothing internal goes out."""
    page = await open_(desk.cast.anna, "/tickets/1", connect=False)
    served.relay.registry.forget((), -1)
    break_()
    poll = {"token": page.token, "since": "0", "epoch": page.epoch}
    client, seen = page.client, set()
    for method, path, options in (
        ("GET", "/live/frame", {"params": poll}),
        ("GET", "/live/frame", {"params": poll, "headers": HTMX}),
        ("POST", "/tickets/1/comments", {"data": {"body": ""}}),
        ("GET", "/tickets", {"headers": HTMX}),
        ("GET", "/tickets", {}),
    ):
        got = await client.request(method, path, **options)
        assert got.status_code == 500
        seen.add(reference := re.findall(r"failed, reference (\w+)", log.text)[-1])
        assert reference in got.text
        for internal in (INSIDE, "RuntimeError", "Traceback"):
            assert internal not in got.text
    assert len(seen) == 5 and INSIDE in log.text


async def test_a_socket_to_nowhere_is_refused_without_a_traceback(served, log):
    for path, status in (("/nothing", 404), ("/tickets", 405), ("/api/v1/ws/more", 404)):
        with pytest.raises(InvalidStatus) as refusal:
            await connect(f"{served.url.replace('http', 'ws')}{path}", origin=served.url)
        assert refusal.value.response.status_code == status, path
    assert "Traceback" not in log.text
