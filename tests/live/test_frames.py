"""What frames hold, what they cost, and how often something is rendered for them."""

import asyncio
import re

import pytest

from app.desk import tickets
from app.desk.models import Ticket
from app.live.shown import Shown
from tests import forms
from tests.live import applier
from tests.live.actions import VERBS, Desk


@pytest.fixture
async def desk(served):
    return Desk(served.cast)


async def fifty(desk: Desk) -> list[Ticket]:
    return [
        await desk.open(
            desk.cast.anna,
            requester="clara@pult.example",
            subject=f"Printer on floor {n} prints nothing",
            tags="printer, vpn",
        )
        for n in range(50)
    ]


async def test_one_changed_row_of_fifty_touches_one_row_and_costs_little(desk, open_):
    opened = await fifty(desk)
    page = await open_(desk.cast.anna, "/tickets?sort=created")
    assert len(page.rows) == 50
    before = {row.get("id"): row for row in page.css("#ticket-rows > tr")}
    await desk.change(opened[20], priority="high")
    await page.equals_its_reload()
    after = {row.get("id"): row for row in page.css("#ticket-rows > tr")}
    assert [name for name in after if after[name] is not before[name]] == [f"ticket-{opened[20].id}"]
    [frame] = page.applied
    assert frame.count("<tr") == 1 and len(frame.encode()) <= 1500, len(frame.encode())


async def test_fifty_sockets_in_step_share_one_rendering(desk, served, open_):
    ticket = await desk.open()
    pages = await asyncio.gather(*(open_(desk.cast.anna, "/tickets?sort=created") for _ in range(50)))
    for page in pages:
        await page.caught_up()
    before = served.render.rendered
    await desk.change(ticket, priority="high")
    for page in pages:
        await page.caught_up()
        assert len(page.applied) == 1
    assert served.render.rendered - before == 1  # its row; no count and no foot changed


async def test_fifty_more_that_are_one_event_behind_cost_one_more(desk, served, open_, monkeypatch):
    one, two = await desk.open(), await desk.open()
    steps = []
    ahead = await asyncio.gather(*(open_(desk.cast.anna, "/tickets?sort=created") for _ in range(50)))
    behind = await asyncio.gather(*(open_(desk.cast.anna, "/tickets?sort=created", connect=False) for _ in range(50)))
    real = Shown._step

    def counted(self, position, render, language):
        if self.region.name == "list":
            steps.append(position)
        return real(self, position, render, language)

    monkeypatch.setattr(Shown, "_step", counted)
    await desk.change(one, priority="high")
    for page in ahead:
        await page.caught_up()
    assert len(steps) == 1
    await desk.change(two, priority="high")
    await asyncio.gather(*(page.connect() for page in behind))
    for page in (*ahead, *behind):
        await page.equals_its_reload()
    assert len(steps) == 3


async def test_events_that_a_page_does_not_show_send_it_nothing(desk, served, open_):
    solved = await desk.open(desk.cast.dmitri)
    await desk.change(solved, status="closed", assignee="me")
    page = await open_(desk.cast.boris, "/tickets?view=unassigned")
    await page.caught_up()
    frames = len(page.frames)
    await desk.change(solved, priority="low")
    await desk.say(solved, kind="note")
    await page.caught_up()  # its own ping brings one frame, which holds nothing
    assert all(frame.count("<hx-") == 1 for frame in page.frames[frames:])
    assert not page.applied or page.happened == []


FORBIDDEN = re.compile(
    r"<script|<style|<title|autofocus|hx-swap-oob|hx-ws|\son\w+=|\sstyle=|<(?:select|textarea)"
    r'|<input(?! type="checkbox" name="ticket" form="bulk")',  # of a row: it is the same for everyone, and has no id
    re.IGNORECASE,
)


async def test_frames_hold_nothing_that_frames_must_not(desk, open_):
    ticket = await desk.open(subject='"><hx-partial hx-target="#live" hx-swap="delete"></hx-partial>')
    pages = [await open_(desk.cast.anna, path) for path in ("/tickets?view=all", f"/tickets/{ticket.id}")]
    pages += [await open_(desk.cast.clara, path) for path in ("/tickets", f"/tickets/{ticket.id}")]
    evil = '<hx-upsert hx-target="#thread"> [a](http://x.y "<hx-partial>") `<hx-partial>` **b**'
    await forms.write(desk.cast.clara, ticket.id, evil)
    for verb in VERBS.values():
        if not (await Ticket.get(id=ticket.id)).deleted:
            await verb(desk, ticket)
        else:
            await tickets.restore(desk.cast.vera, ticket.id)
        if (await Ticket.get(id=ticket.id)).status.is_done and not (await Ticket.get(id=ticket.id)).deleted:
            await desk.change(ticket, status="open", requester="clara@pult.example")
        for page in pages:
            await page.caught_up()
    for page in pages:
        await page.say(action="resync")
        page._whole = True
        await page.equals_its_reload()
        assert len(page.frames) > 5
        for frame in page.frames:
            assert not FORBIDDEN.search(frame), FORBIDDEN.search(frame)
            for _, attributes, inner in applier.elements(frame):
                assert not any("<" in value for value in attributes.values())
                assert not re.search(r'="[^"]*<', inner)


CANARY = "canary7f3a"


async def test_a_requester_gets_no_byte_of_what_is_not_theirs(desk, served, open_):
    ticket = await desk.open(subject="Mine")
    await desk.open(desk.cast.dmitri, subject=CANARY, body=CANARY)
    pages = [await open_(desk.cast.clara, path) for path in ("/tickets", "/tickets?view=all", f"/tickets/{ticket.id}")]
    for page in pages:
        await page.ask(action="subscribe", ticket=2)
    number = [len(page.frames) for page in pages]
    await forms.write(desk.cast.anna, ticket.id, CANARY, kind="note")
    await forms.change(desk.cast.anna, ticket.id, "1", {"tags": CANARY, "priority": "urgent", "due": "2031-01-17"})
    await forms.write(desk.cast.dmitri, 2, CANARY)
    await forms.change(desk.cast.vera, 2, "1", {"subject": CANARY + CANARY})
    for page, before in zip(pages, number, strict=True):
        await page.caught_up()
        assert not page.happened
        for frame in page.frames[before:]:
            assert frame.count("<hx-") == 1, "a frame for what they may not know"
    await desk.say(ticket, by=desk.cast.anna)
    for page in pages:
        await page.equals_its_reload()
        for frame in page.frames:
            for leak in (CANARY, "urgent", "2031-01-17", "@pult.example", "Boris", "assignee", "priority"):
                assert leak not in frame


async def test_happenings_reach_the_pages_that_show_their_ticket(desk, open_):
    ticket = await desk.open()
    on_ticket = await open_(desk.cast.anna, f"/tickets/{ticket.id}")
    on_list = await open_(desk.cast.anna, "/tickets")
    theirs = await open_(desk.cast.clara, f"/tickets/{ticket.id}")
    elsewhere = await open_(desk.cast.anna, "/tickets?view=solved")
    await desk.say(ticket, kind="note")
    await desk.change(ticket, status="solved")
    await tickets.delete(desk.cast.anna, ticket.id)
    for page in (on_ticket, on_list, theirs, elsewhere):
        await page.caught_up()
    said, solved, deleted = (f"{what}:{ticket.id}" for what in ("comment_added", "ticket_updated", "ticket_deleted"))
    assert set(on_ticket.happened) == {said, solved, deleted}
    assert {said, solved} <= set(on_list.happened)
    assert set(theirs.happened) == {solved, deleted}
    assert set(elsewhere.happened) <= {solved, deleted}
