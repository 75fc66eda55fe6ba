"""Events that another version wrote, or a hand: read as touching whatever they are about. None stops the journal."""

import json

import pytest

from app import db
from app.desk import events, people
from app.desk.models import Event
from app.live import hub
from tests.live.actions import Desk
from tests.live.pages import equal, said_of

FIELDS = {"status": "open", "priority": "high", "requester": 4, "assignee": None, "tags": [], "due_state": ""}
WRITTEN = {
    "a kind that is not known": ("ticket_teleported", json.dumps({"fields": FIELDS, "version": 2})),
    "one without any data": ("ticket_teleported", "{}"),
    "one that tells nothing of the fields": ("ticket_updated", "{}"),
    "one that lacks a field": ("ticket_updated", json.dumps({"fields": {"status": "open"}})),
    "fields that are no fields": ("ticket_updated", json.dumps({"fields": FIELDS | {"tags": 7}})),
    "changes that are no pairs": ("ticket_updated", json.dumps({"fields": FIELDS, "changes": {"subject": "x"}})),
    "changes of what is a list": (
        "ticket_updated",
        json.dumps({"fields": FIELDS, "changes": {"status": [["x"], "y"]}}),
    ),
    "tags that are none": ("ticket_updated", json.dumps({"fields": FIELDS | {"tags": None}})),
    "tags before that were none": (
        "ticket_updated",
        json.dumps({"fields": FIELDS, "changes": {"tags": [None, ["a"]]}}),
    ),
    "a status before that is a list": (
        "ticket_updated",
        json.dumps({"fields": FIELDS, "changes": {"status": [[["x"]], "open"]}}),
    ),
    "an assignee before that is an object": (
        "ticket_updated",
        json.dumps({"fields": FIELDS, "changes": {"assignee": [{"id": 1}, 2]}}),
    ),
    "a status before that is not known": (
        "ticket_updated",
        json.dumps({"fields": FIELDS, "changes": {"status": ["parked", "open"]}}),
    ),
    "a field that is not known": ("ticket_updated", json.dumps({"fields": FIELDS, "changes": {"team": [1, 2]}})),
    "a status that is not known": (
        "ticket_updated",
        json.dumps({"fields": FIELDS | {"status": "parked"}, "changes": {"status": ["new", "parked"]}}),
    ),
    "no object": ("ticket_updated", "[]"),
    "no JSON": ("ticket_updated", "{"),
}
STAFF_PAGES = ("/tickets", "/tickets?view=mine", "/tickets?q=moved", "/tickets?view=all&status=open")


async def write(kind: str, data: str, *, ticket: int | None = None, person: int | None = None) -> None:
    number = await events.number()
    await Event.create(
        id=number, kind=kind, at=db.now(), actor_id=None, ticket_id=ticket, person_id=person, public=True, data={}
    )
    await db.rows("UPDATE event SET data = ? WHERE id = ? RETURNING id", [stored(data), number])


def stored(data: str) -> str:
    """What is no JSON only SQLite keeps as it is."""
    return data if db.dialect().index == "fts5" or data != "{" else json.dumps(data)


async def test_pages_are_true_after_each(served, open_, monkeypatch):
    """It is about a ticket whose pages are open, among lists that have seen all the others."""
    desk = Desk(served.cast)
    lists = [await open_(desk.cast.anna, path) for path in STAFF_PAGES]
    lists += [await open_(desk.cast.clara, path) for path in ("/tickets", "/tickets?q=moved")]
    for what, written in WRITTEN.items():
        ticket, other = await desk.open(), await desk.open()
        its = [await open_(person, f"/tickets/{ticket.id}") for person in (desk.cast.anna, desk.cast.clara)]
        its += [await open_(desk.cast.clara, f"/tickets/{other.id}")]
        with said_of(what):
            async with db.transaction():
                moved = "UPDATE ticket SET subject = 'Moved', status = 'open' WHERE id = ? RETURNING id"
                await db.rows(moved, [ticket.id])
                await write(*written, ticket=ticket.id)
            await equal([*lists, *its])
            await desk.say(ticket, kind="note")
            await desk.change(other, subject="And on")
            await equal([*lists, *its])
            assert not any(page.closed or page.resyncs for page in (*lists, *its))
            assert "Moved" in its[0].css("#ticket h1")[0].text_content()
        for page in its:
            await page.cut()


async def test_a_requester_is_told_nothing_of_a_kind_that_is_not_known(served, open_):
    desk = Desk(served.cast)
    await desk.open(desk.cast.dmitri)
    page = await open_(desk.cast.clara, "/tickets?view=all")
    await page.ask(action="subscribe", ticket=1)
    frames = len(page.frames)
    async with db.transaction():
        await write("ticket_teleported", json.dumps({"fields": FIELDS}), ticket=1)
    await page.caught_up()
    assert not page.happened and all(frame.count("<hx-") == 1 for frame in page.frames[frames:])


async def test_what_is_about_nothing_touches_nothing_and_stops_nothing(served, open_):
    desk = Desk(served.cast)
    page = await open_(desk.cast.anna, "/tickets")
    async with db.transaction():
        for kind, data in (("view_changed", "{}"), ("key_revoked", "{"), ("session_ended", "[]")):
            await write(kind, data)
    await desk.open()
    await page.equals_its_reload()


@pytest.mark.parametrize("kind", ["person_changed", "person_promoted"])
async def test_a_person_is_called_by_their_new_name_on_every_page(kind, served, open_):
    desk = Desk(served.cast)
    ticket = await desk.open(desk.cast.anna, requester="clara@pult.example", assignee=str(desk.cast.boris.id))
    await desk.say(ticket, by=desk.cast.clara)
    await desk.say(ticket, by=desk.cast.boris)
    pages = [await open_(desk.cast.anna, path) for path in ("/tickets", "/tickets/1", "/tickets?q=v", "/settings")]
    theirs = await open_(desk.cast.clara, "/tickets/1")
    for person in (desk.cast.boris, desk.cast.clara):
        async with db.transaction():
            await db.rows("UPDATE person SET name = 'Somebody' WHERE id = ? RETURNING id", [person.id])
            await write(kind, "{}", person=person.id)
    for page in pages:
        await page.equals_its_reload()
        assert not page.happened and not page.closed
    while not theirs.closed:  # whose own name stands on all of their page: they look again
        await theirs.news()
    assert theirs.closed == hub.Close.GONE
    assert "Somebody" in pages[0].css("#ticket-1 .who")[0].text_content()


async def test_a_disabled_person_is_shut_out_whoever_wrote_that(served, open_):
    page = await open_(served.cast.anna, "/tickets")
    other = await open_(served.cast.boris, "/tickets")
    async with db.transaction():
        await db.rows("UPDATE person SET disabled = TRUE WHERE id = ? RETURNING id", [served.cast.anna.id])
        await write("person_suspended", "{}", person=served.cast.anna.id)
    while not page.closed:
        await page.news()
    await other.equals_its_reload()
    assert await people.by_email("anna@pult.example")
