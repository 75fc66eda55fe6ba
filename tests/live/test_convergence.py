"""The promise: a live page equals the same page reloaded."""

import asyncio
import os
import random
from dataclasses import replace

import pytest

from app import db
from app.desk import comments, people, reading
from app.desk.events import What
from app.desk.models import Comment, Ticket
from app.desk.roles import Role
from app.live import journal, relay, shown
from app.live.kinds import KINDS
from app.live.regions.reads import ReadsRegion
from tests import forms
from tests.live import applier
from tests.live.actions import VERBS, Desk, something, the_clock_moves, today
from tests.live.pages import OpenPage, close_code, equal, said_of

STAFF_PAGES = (
    "/tickets",
    "/tickets?view=mine",
    "/tickets?view=unassigned&sort=created",
    "/tickets?view=solved",
    "/tickets?view=all&sort=-priority",
    "/tickets?view=all&sort=due",
    "/tickets?view=all&due=overdue",
    "/tickets?view=all&tag=vpn&sort=updated",
    "/tickets?view=all&assignee=none&priority=normal&status=new&status=open",
    "/tickets?view=all&assignee=6&requester=4",  # who was shut out, and Clara
    "/tickets?q=v",
    "/tickets?q=vpn",
    "/tickets?q=again+printer",
    "/tickets?q=tag:vpn+status:open+status:pending",
    "/tickets?q=from:clara&view=inbox",
    "/tickets/1",
    "/tickets/2",
    "/tickets/new",
    "/tickets?view=all&deleted=1",
    "/settings",
)
PARTS = 4  # of what can happen, each on a desk of its own
ROUNDS = int(os.environ.get("PULT_SOAK", "0")) or 6
ADMIN_PAGES = ("/tickets?view=mine", "/tickets?deleted=1", "/keys", "/comments/1/edit")
REQUESTER_PAGES = (
    "/tickets",
    "/tickets?view=all&sort=-created",
    "/tickets?view=solved",
    "/tickets?q=again+%D1%91%D0%BB",
    "/tickets?q=vpn",
    "/tickets/1",
    "/tickets/new",
    "/settings",
)


@pytest.fixture
async def desk(served, monkeypatch, slow_reads):
    desk = Desk(served.cast)
    await desk.open()  # 1: what the verbs are done to
    await desk.open(served.cast.anna, requester="clara@pult.example", tags="vpn", priority="high")  # 2
    for _ in range(4):
        await desk.open(served.cast.dmitri)
    await people.disable((await desk.hire()).email)
    await desk.hire()
    await VERBS["a key is made"](desk, await Ticket.get(id=1))
    return desk


async def everyones_pages(cast, open_) -> list[OpenPage]:
    paths = {cast.anna: STAFF_PAGES, cast.vera: ADMIN_PAGES, cast.boris: ("/tickets/1",), cast.clara: REQUESTER_PAGES}
    paths[cast.dmitri] = ("/tickets",)
    return await asyncio.gather(*(open_(person, path) for person, theirs in paths.items() for path in theirs))


async def pages_of(ticket: Ticket, cast, open_) -> list[OpenPage]:
    first = await Comment.filter(ticket_id=ticket.id).first()
    pages = [open_(person, f"/tickets/{ticket.id}") for person in (cast.anna, cast.boris, cast.clara)]
    return await asyncio.gather(*pages, open_(cast.vera, f"/comments/{first.id}/edit"))


async def test_every_kind_of_region_stands_on_these_pages(served, desk, open_):
    await everyones_pages(desk.cast, open_)
    assert {type(region) for socket in served.relay.hub.sockets for region in socket.regions} == set(KINDS)


async def test_every_kind_of_event_happens_in_these_suites(desk):
    for verb in VERBS.values():
        await verb(desk, await desk.open())
        await desk.hire()
    happened = {row["kind"] for row in await db.rows("SELECT DISTINCT kind FROM event")}
    ends = {What.PREFERENCES_CHANGED, What.SESSION_ENDED}  # after which pages are others, or none
    assert happened == set(What) - ends


@pytest.mark.parametrize("part", range(PARTS))
async def test_every_page_equals_its_reload_after_each_thing_that_can_happen(part, desk, open_):
    """It happens to a ticket whose pages are open, among pages that have seen all the others."""
    pages = await everyones_pages(desk.cast, open_)
    for verb in list(VERBS)[part::PARTS]:
        ticket, _ = await desk.open(), await desk.hire()
        its = await pages_of(ticket, desk.cast, open_)
        before = await journal.position()
        await VERBS[verb](desk, ticket)
        assert await journal.position() != before, f"{verb}: nothing happened"
        with said_of(verb):
            await equal([*pages, *its])
            assert not any(page.resyncs for page in (*pages, *its))
        for page in its:
            await page.cut()


@pytest.mark.parametrize("seed", range(2))
async def test_pages_stay_true_while_people_work_at_once_and_sockets_are_cut(seed, desk, open_):
    desk.chance = random.Random(seed)
    pages = await everyones_pages(desk.cast, open_)
    for _ in range(ROUNDS):
        victims = desk.chance.sample(pages, 3)
        for page in victims:
            await page.cut()
        verbs = [something(desk) for _ in range(desk.chance.randint(1, 6))]
        await asyncio.gather(*verbs, *(page.reconnect() for page in victims))
        new = await open_(desk.cast.vera, desk.chance.choice(STAFF_PAGES[:-3]))
        await equal([*pages, new])
        await new.cut()


async def test_the_clock_moves_and_every_page_follows_and_no_form_is_older_by_it(desk, open_):
    """The list by due days, rows, header and history; a ticket that somebody has open to change is as new as before."""
    ticket = await desk.open()
    await desk.change(ticket, due=await today())
    pages = [
        await open_(desk.cast.anna, path)
        for path in ("/tickets?view=all&sort=due", "/tickets", f"/tickets/{ticket.id}")
    ]
    theirs = await open_(desk.cast.clara, f"/tickets/{ticket.id}")
    form = {"version": pages[2].css("#ticket")[0].get("data-version"), "subject": "Changed over midnight"}
    listed = pages[0].rows
    for marks in ("data-today", "data-overdue", "data-overdue"):
        assert all(page.css(f".due[{marks}]") for page in pages), marks
        await the_clock_moves(1)
        await equal([*pages, theirs])
        assert not any(page.resyncs for page in pages)
    assert pages[0].rows == listed and pages[2].css("p.line:last-child")[0].text_content().startswith("Pult marked")
    assert not theirs.happened and not theirs.css(".line") and "due" not in "".join(theirs.frames)
    assert f"ticket_due:{ticket.id}" in pages[2].happened
    saved = await pages[2].client.post(f"/tickets/{ticket.id}", data=form)
    assert saved.status_code == 303, "nobody else has changed it"


async def test_a_row_says_by_what_it_was_found_and_follows_what_is_said(desk, open_):
    """What is written, changed or taken away, in what each audience may know."""
    ticket = await desk.open(subject="Lift", body="The lever is stuck.\n\nIt was <b>not</b> before.")
    staff, theirs = [await open_(person, "/tickets?q=lever") for person in (desk.cast.anna, desk.cast.clara)]

    async def found_by(of_staff: str, of_requester: str) -> None:
        await equal([staff, theirs])
        for page, said in ((staff, of_staff), (theirs, of_requester)):
            [row] = page.css(f"#ticket-{ticket.id} .found")
            assert row.text_content() == said
            assert [mark.text_content().lower() for mark in row.cssselect("mark")] == ["lever"]

    first = "The lever is stuck.\n\nIt was <b>not</b> before."
    await found_by(first, first)
    note = await forms.write(desk.cast.anna, ticket.id, "A secret LEVER", kind="note")
    await found_by("A secret LEVER", first)
    reply = await forms.write(desk.cast.anna, ticket.id, "Pull the lever & wait")
    await found_by("Pull the lever & wait", "Pull the lever & wait")
    await forms.edit(desk.cast.anna, reply.id, "Pull it", "1")
    await found_by("A secret LEVER", first)
    await comments.remove(desk.cast.anna, note.id)
    await found_by(first, first)


async def test_what_one_reads_is_read_in_ones_other_lists_and_in_nobody_elses(desk, open_, computed):
    """And what others write costs nobody's marks anything."""
    anna, boris = desk.cast.anna, desk.cast.boris
    pages = [await open_(anna, "/tickets"), await open_(anna, "/tickets?view=all"), await open_(boris, "/tickets")]

    def marks(page) -> dict[str, str]:
        [mine] = page.css("#my-reads > span")
        return dict(mark.split(":") for mark in mine.get("data-marks").split())

    computed.clear()
    said = await desk.say(await Ticket.get(id=1), by=desk.cast.clara)
    for page in pages:
        await page.caught_up()
    assert computed and not any(isinstance(region, ReadsRegion) for region in computed), "nobody's marks changed"
    await equal(pages)
    assert all(page.css("#ticket-1")[0].get("data-last") == str(said.event_id) for page in pages)
    await reading.read(anna, 1, said.event_id)
    await equal(pages)
    assert [marks(page).get("1") for page in pages] == [str(said.event_id), str(said.event_id), None]
    note = await desk.say(await Ticket.get(id=1), by=boris, kind="note")
    await equal(pages)
    assert [marks(page).get("1") for page in pages] == [str(said.event_id), str(said.event_id), str(note.event_id)]
    await reading.read(anna, 1, note.event_id)
    await reading.unread(anna, 1)
    await equal(pages)
    assert marks(pages[0])["1"] == str(note.event_id - 1)


async def test_nobody_watches_what_another_has_read(served, desk, open_):
    page = await open_(desk.cast.boris, "/tickets", connect=False)
    tokens = served.relay.tokens
    grant = tokens.read(page.token)
    page.token = tokens.make(replace(grant, regions=(*grant.regions, ReadsRegion(desk.cast.anna.id))))
    await page.connect()
    assert await close_code(page) == 4403


async def test_a_search_rests_between_two_looks_and_loses_nothing_meanwhile(desk, open_, computed, monkeypatch):
    monkeypatch.setattr(shown, "RESTS", 1_000_000)
    page = await open_(desk.cast.anna, "/tickets?q=walrus")
    other = await open_(desk.cast.boris, "/tickets?q=walrus")
    ticket = await desk.open(subject="Walrus")
    await page.equals_its_reload()  # the first change is shown at once
    assert page.rows == [ticket.id]
    computed.clear()
    for number in range(20):
        await desk.change(ticket, subject=f"Walrus {number}")
        await asyncio.sleep(0.01)
    third = await open_(desk.cast.vera, "/tickets?q=walrus")  # who comes while it rests has the truth too
    assert len([region for region in computed if "walrus" in region.of]) <= 4  # its page, its join, and two looks
    await page.say(action="resync")
    for one in (page, other, third):
        await one.equals_its_reload()
    assert page.happened.count(f"ticket_updated:{ticket.id}") >= 1


async def test_who_has_a_ticket_and_left_the_staff_is_in_its_menu_as_after_a_reload(desk, open_):
    page = await open_(desk.cast.anna, "/tickets/1")
    for _ in range(2):
        colleague = await desk.hire()
        await desk.change(await Ticket.get(id=1), assignee=str(colleague.id))
        await people.set_role(colleague, Role.REQUESTER)
        await page.equals_its_reload()
        await people.set_name(colleague, "Somebody else")
        await page.equals_its_reload()


async def test_whom_a_list_is_filtered_by_is_called_as_after_a_reload(desk, open_):
    left, other = await desk.hire(), await desk.hire()
    await people.set_role(left, Role.REQUESTER)
    listed = [f"assignee={left.id}&requester={desk.cast.clara.id}", f"assignee={other.id}&requester={left.id}"]
    pages = [await open_(desk.cast.anna, f"/tickets?view=all&{query}") for query in listed]
    for person in (left, desk.cast.clara, other):
        await people.set_name(person, "Somebody else")
        await equal(pages)
    await desk.hire("Somebody else")  # from now on they are told apart
    await people.set_role(other, Role.REQUESTER)
    await equal(pages)


async def test_a_list_longer_than_a_page_keeps_its_edges(desk, open_):
    for _ in range(60):
        await desk.open(desk.cast.dmitri)
    first, second, third = [await open_(desk.cast.anna, f"/tickets?page={page}") for page in (1, 2, 3)]
    assert (len(first.rows), len(second.rows), len(third.rows)) == (50, 16, 0)
    await desk.say(await Ticket.get(id=second.rows[3]))
    await desk.change(await Ticket.get(id=first.rows[9]), status="solved")
    for page in (first, second, third):
        await page.equals_its_reload()
    assert (len(first.rows), len(second.rows)) == (50, 15)


async def test_what_is_committed_between_rendering_and_connecting_is_not_lost(desk, open_):
    pages = [await open_(desk.cast.anna, path, connect=False) for path in STAFF_PAGES]
    for _ in range(5):
        await something(desk)
    for page in pages:
        await page.connect()
        await page.equals_its_reload()


async def test_a_page_behind_what_is_remembered_gets_the_whole(desk, open_, monkeypatch):
    monkeypatch.setattr(shown, "REMEMBERED", 2)
    page = await open_(desk.cast.anna, "/tickets/1")
    other = await open_(desk.cast.boris, "/tickets/1")
    await page.cut()
    for _ in range(4):
        await desk.say(await Ticket.get(id=1))
        await other.caught_up()
    await page.reconnect()
    await page.equals_its_reload()
    assert [applier.span(frame)["data-span"] for frame in page.applied] == ["whole"]
    assert {applier.span(frame)["data-span"] for frame in other.applied} == {"step"}


async def test_pages_stay_true_when_the_relay_is_far_behind_the_journal(desk, open_, monkeypatch):
    monkeypatch.setattr(relay, "FAR", 5)
    pages = [await open_(desk.cast.anna, path) for path in STAFF_PAGES]
    async with db.transaction():
        for _ in range(12):
            await something(desk)
    for page in pages:
        await page.equals_its_reload()


async def test_a_page_of_another_epoch_gets_the_whole(desk, open_):
    page = await open_(desk.cast.anna, "/tickets", connect=False)
    page.epoch, page.cursor = "another", 100_000
    await page.connect()
    await page.equals_its_reload()
    assert 'data-span="whole"' in page.applied[0]


async def test_applying_a_frame_twice_changes_nothing(desk, open_):
    pages = await everyones_pages(desk.cast, open_)
    for _ in range(8):
        await something(desk)
        for page in pages:
            await page.caught_up()
            shown = page.shown()
            for frame in page.applied[-1:]:
                applier.apply(page.dom, frame)
            assert page.shown() == shown


async def test_an_older_frame_after_a_newer_whole_one_changes_nothing(desk, open_):
    page = await open_(desk.cast.anna, "/tickets?view=all")
    await desk.change(await Ticket.get(id=1), subject="Older")
    await page.caught_up()
    older = page.applied[-1]
    await desk.change(await Ticket.get(id=1), subject="Newer")
    await page.say(action="resync")
    page._whole = True
    await page.caught_up()
    assert 'data-span="whole"' in page.applied[-1]
    await page.receive(older)
    assert "Newer" in page.css("#ticket-1 a")[0].text
    await page.equals_its_reload()


async def test_a_gap_is_noticed_and_healed(desk, open_):
    page = await open_(desk.cast.anna, "/tickets?view=all")
    await desk.change(await Ticket.get(id=1), subject="First")
    await page.caught_up()
    page.cursor -= 1  # as if the frame before had never come
    await desk.change(await Ticket.get(id=2), subject="Second")
    await page.equals_its_reload()
    assert page.resyncs == 1
