"""Embedded pages are live by the same protocol, for less, and are closed when their right ends."""

import asyncio
import json
import time
from dataclasses import replace

import pytest

from app.desk import embeds, filters, people
from app.desk.models import Ticket
from app.desk.roles import Role
from app.live import hub, relay, tokens
from app.live.regions.list import ListRegion
from tests import forms
from tests.live import applier
from tests.live.actions import VERBS, Desk
from tests.live.pages import OpenPage, equal, open_page, said_of
from tests.process import DeskProcess
from tests.web.embedding import Site, a_site

PROMPTLY = 5 * 1.0  # seconds; rights follow within one

LISTS = (
    ("/embed/tickets", {}),
    ("/embed/tickets?view=solved", {}),
    ("/embed/tickets", {"filter": {"view": "open"}}),
    ("/embed/tickets", {"filter": {"status": ["pending", "solved"]}}),
)


def of_ticket(number: int) -> tuple[tuple[str, dict[str, object]], ...]:
    path = f"/embed/tickets/{number}"
    return (path, {"resource": f"ticket:{number}"}), (path, {"filter": {"view": "open"}, "actions": ["read"]})


PAGES = (*LISTS, *of_ticket(1))


@pytest.fixture
async def desk(served, slow_reads):
    desk = Desk(served.cast)
    await desk.open()
    await desk.open(desk.cast.dmitri)
    return desk


@pytest.fixture
async def site(desk):
    return await a_site()


@pytest.fixture
async def open_(served, site):
    """Open an embedded page for a token that says this."""
    opened: list[OpenPage] = []

    async def open_as(path, *, of: Site = site, connect=True, **claims):
        client = served.stranger(headers={"Authorization": f"Bearer {of.token(**claims)}"})
        opened.append(await open_page(served, client, path, connect=connect))
        return opened[-1]

    yield open_as
    for page in opened:
        await page.cut()


async def close_code(page: OpenPage) -> int:
    async with asyncio.timeout(PROMPTLY):
        while not page.closed:
            await page.news()
    return page.closed


async def test_every_embedded_page_equals_its_reload_after_each_thing_that_can_happen(desk, open_):
    """It happens to a ticket whose pages are open, among pages that have seen all the others."""
    lists = [await open_(path, **claims) for path, claims in LISTS]
    for verb in VERBS:
        ticket, _ = await desk.open(), await desk.hire()
        its = [await open_(path, **claims) for path, claims in of_ticket(ticket.id)]
        late = await open_("/embed/tickets", connect=False)
        await lists[0].cut()
        await VERBS[verb](desk, ticket)
        await lists[0].reconnect()
        await late.connect()
        with said_of(verb):
            await equal([*lists, *its, late])
            assert not any(page.resyncs for page in (*lists, *its, late))
        for page in (*its, late):
            await page.cut()


async def test_a_ticket_that_leaves_what_an_embed_is_locked_to_leaves_its_page(desk, open_):
    page = await open_("/embed/tickets/1", filter={"view": "open"})
    await desk.change(await Ticket.get(id=1), status="solved")
    await page.equals_its_reload()
    assert page.css("#ticket[data-gone]") and not page.css("#thread > *")
    await desk.change(await Ticket.get(id=1), status="open")
    await page.equals_its_reload()
    assert page.css("#thread > article")


async def test_no_byte_on_the_wire_is_the_staffs_or_anothers(desk, open_):
    pages = [await open_(path, **claims) for path, claims in PAGES]
    for page in pages:
        await page.ask(action="subscribe", ticket=2)
    before = [len(page.frames) for page in pages]
    await forms.write(desk.cast.anna, 1, "canary", kind="note")
    await forms.change(desk.cast.anna, 1, "1", {"tags": "canary", "priority": "urgent", "due": "2031-01-17"})
    await forms.write(desk.cast.dmitri, 2, "canary")
    for page, number in zip(pages, before, strict=True):
        await page.caught_up()
        assert not page.happened and all(frame.count("<hx-") == 1 for frame in page.frames[number:])
    await desk.say(await Ticket.get(id=1))
    for page in pages:
        await page.equals_its_reload()
        for frame in page.frames:
            for word in ("canary", "urgent", "2031-01-17", "@pult.example", "Boris", "assignee", "priority"):
                assert word not in frame


async def test_a_revoked_key_closes_its_pages_and_no_others(served, desk, site, open_):
    page = await open_("/embed/tickets")
    other = await open_("/embed/tickets", of=await a_site())
    await embeds.revoke_key(site.key.id)
    assert await close_code(page) == hub.Close.ENDED
    assert (await page.client.post("/embed/connection", data={"token": page.token})).status_code == 401
    await other.equals_its_reload()


async def test_a_key_revoked_by_the_command_line_closes_its_pages(served, desk, site, open_, config):
    page = await open_("/embed/tickets")
    assert await DeskProcess(config).pult("embed-key", "revoke", site.key.id) == f"Revoked {site.key.id}.\n"
    assert await close_code(page) == hub.Close.ENDED


async def test_disabling_the_person_closes_their_embedded_pages(desk, open_):
    page = await open_("/embed/tickets/1")
    await people.disable("clara@pult.example")
    assert await close_code(page) == hub.Close.ENDED


async def test_a_person_who_joins_the_staff_is_embedded_no_more(desk, open_):
    page = await open_("/embed/tickets/1")
    await people.set_role(desk.cast.clara, Role.AGENT)
    assert await close_code(page) == hub.Close.GONE
    assert (await page.client.post("/embed/connection", data={"token": page.token})).status_code == 401


async def test_the_end_of_the_sites_token_closes_the_page(desk, open_, monkeypatch):
    page = await open_("/embed/tickets")
    await page.caught_up()
    real = time.time
    monkeypatch.setattr(relay.time, "time", lambda: real() + 3600)
    assert await close_code(page) == hub.Close.ENDED


async def test_a_connection_is_for_the_guest_that_the_token_is_of(served, desk, site, open_):
    page = await open_("/embed/tickets")
    others = [site.token(sub="dmitri@pult.example"), site.token(filter={"view": "open"})]
    others.append((await a_site()).token())
    for other in others:
        client = served.stranger(headers={"Authorization": f"Bearer {other}"})
        for answer in (
            await client.post("/embed/connection", data={"token": page.token}),
            await client.get("/embed/frame", params={"token": page.token, "since": "0", "epoch": page.epoch}),
        ):
            assert answer.status_code == 401
    signed_in = await served.client(desk.cast.clara)
    assert (await signed_in.post("/live/connection", data={"token": page.token})).status_code == 401
    assert (await signed_in.get("/live/frame", params={"token": page.token})).status_code == 401


async def test_a_page_never_shows_more_than_its_sites_token_lets_it_however_it_was_opened(served, desk, site, open_):
    """An old token of a whole list, held by who is now given one ticket, only a form, or another view."""
    listed, ticket = await open_("/embed/tickets"), await open_("/embed/tickets/1")
    allowed = {
        "ticket:1": (site.token(resource="ticket:1"), [ticket]),
        "ticket:2": (site.token(resource="ticket:2"), []),
        "create": (site.token(actions=["create"]), []),
        "comment": (site.token(actions=["comment"]), []),
        "read": (site.token(actions=["read"]), [listed, ticket]),
        "locked": (site.token(filter={"view": "open"}), []),
    }
    for name, (token, may) in allowed.items():
        client = served.stranger(headers={"Authorization": f"Bearer {token}"})
        for page in (listed, ticket):
            query = {"token": page.token, "since": "0", "epoch": page.epoch}
            statuses = {
                (await client.post("/embed/connection", data={"token": page.token})).status_code,
                (await client.get("/embed/frame", params=query)).status_code,
            }
            assert statuses == ({200} if page in may else {401}), (name, page.path)


async def test_what_a_site_lets_a_page_do_stays_in_a_token_that_is_renewed(served, desk, site, open_):
    """A grant says it itself: a socket that is opened by a renewed token is as narrow as the page was."""
    page = await open_("/embed/tickets/1", resource="ticket:1", actions=["read"])
    for _ in range(3):
        await page.cut()
        await page.reconnect()
    grant = served.relay.tokens.read(page.token)
    assert (grant.embed.ticket, grant.embed.actions, grant.embed.key) == (1, ("read",), site.key.id)
    wider = replace(grant, regions=(ListRegion(filters.parse_embedded(grant.audience, {})),))
    page.token = served.relay.tokens.make(wider)
    await page.cut()
    await page.connect()
    assert page.closed == hub.Close.GONE


@pytest.mark.parametrize(("hours", "status"), [(23, 200), (25, 401)])
async def test_a_token_is_exchanged_for_a_fresh_one_for_a_day(hours, status, served, open_, monkeypatch):
    page = await open_("/embed/tickets")
    grant, real = served.relay.tokens.read(page.token), time.time
    monkeypatch.setattr(tokens.time, "time", lambda: real() - hours * 3600)
    old = served.relay.tokens.make(grant)
    monkeypatch.undo()
    assert (await page.client.post("/embed/connection", data={"token": old})).status_code == status


async def test_an_embedded_page_can_poll(desk, open_):
    page = await open_("/embed/tickets/1", connect=False)
    await desk.say(await Ticket.get(id=1))
    query = {"token": page.token, "since": str(page.cursor), "epoch": page.epoch}
    answer = await page.client.get("/embed/frame", params=query)
    assert answer.status_code == 200 and answer.headers["pult-token"]
    await page.receive(answer.text)
    assert page.shown() == await page.reloaded()


async def test_subscribing_tells_nothing_of_tickets_that_are_not_theirs(desk, open_):
    await desk.open()
    page = await open_("/embed/tickets/1", resource="ticket:1")
    answers = []
    for ticket in (1, 2, 3, 99):
        span = applier.span(await page.ask(action="subscribe", ticket=ticket))
        del span["data-token"]
        answers.append(json.dumps(span))
    assert len(set(answers)) == 1
    await desk.say(await Ticket.get(id=3))
    await desk.say(await Ticket.get(id=1))
    await page.caught_up()
    assert set(page.happened) == {"comment_added:1", "ticket_updated:1"}
