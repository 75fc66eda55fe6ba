"""Taking back what one has just done: as it was before, while nobody changed the same since; else it says why not."""

import asyncio

import pytest

from app.desk import bulk, people, tickets, undo, values
from app.desk.errors import Missing, Refused
from app.desk.models import Person, Ticket
from app.desk.roles import Role
from app.desk.undo import Against, Undone
from tests import forms

from .acts import a_ticket, everything, journal, position
from .test_bulk import change, many, now


async def did(person: Person, ticket: int, **asked: str) -> int:
    """A change, and its number."""
    version = (await Ticket.get(id=ticket)).version
    event = await tickets.change(person, ticket, values.change({**asked, "version": str(version)}, person.id))
    assert event
    return event


async def back(person: Person, event: int) -> Undone:
    return await undo.undo(person, event, event)


@pytest.mark.parametrize(
    "asked",
    [
        {"status": "solved"},
        {"priority": "low"},
        {"assignee": "me"},
        {"tags": "vip"},
        {"due": "2001-01-31"},
        {"subject": "Other"},
        {"requester": "dmitri@pult.example"},
        {"status": "closed", "tags": "", "assignee": "none", "due": ""},
    ],
    ids=str,
)
async def test_a_change_is_taken_back_to_what_was_there_before_by_an_event_of_its_own(desk, asked):
    ticket = await a_ticket(desk.anna, tags="vpn")
    await did(desk.boris, ticket.id, due="2031-01-31")
    before = await now(ticket.id)
    event = await did(desk.anna, ticket.id, **asked)
    result = await back(desk.anna, event)
    assert await now(ticket.id) == before
    assert (result.changed, result.events) == ([ticket.id], (event + 1, event + 1))
    [undone] = await journal(event)
    assert undone.actor == desk.anna.id
    again = await back(desk.anna, event)
    assert (again.changed, again.already, await position()) == ([], [ticket.id], event + 1)
    assert (await back(desk.anna, undone.id)).changed == [ticket.id], "what was taken back can be done again"
    assert await now(ticket.id) != before


async def test_what_somebody_else_changed_since_stands_against_it_by_name(desk):
    ticket = await a_ticket(desk.clara)
    event = await did(desk.anna, ticket.id, status="solved", priority="high")
    await did(desk.boris, ticket.id, tags="vpn")  # which is in nobody's way
    later = await did(desk.boris, ticket.id, status="pending")
    before = await everything()
    result = await back(desk.anna, event)
    assert (result.changed, result.newer) == ([], [ticket.id])
    assert result.against == [Against(ticket.id, ("status",), desk.boris.id)]
    assert await everything() == before
    await back(desk.boris, later)
    assert (await back(desk.anna, event)).against == [Against(ticket.id, ("status",), desk.boris.id)]


async def test_ones_own_later_change_stands_against_it_as_well(desk):
    ticket = await a_ticket(desk.clara)
    first = await did(desk.anna, ticket.id, priority="high")
    second = await did(desk.anna, ticket.id, priority="urgent")
    assert (await back(desk.anna, first)).against == [Against(ticket.id, ("priority",))]
    assert (await back(desk.anna, second)).changed == [ticket.id]
    assert (await now(ticket.id))["priority"] == "high"


async def test_only_ones_own_is_taken_back_and_of_others_nothing_is_told(desk):
    ticket = await a_ticket(desk.clara)
    event = await did(desk.anna, ticket.id, status="solved")
    said = await forms.write(desk.anna, ticket.id, "Hello")
    other = await did(desk.boris, ticket.id, tags="vpn")
    before = await everything()
    for person, first, last in [
        *((person, event, event) for person in (desk.boris, desk.vera, desk.clara)),
        (desk.anna, said.event_id, said.event_id),
        *((desk.anna, event, last) for last in (said.event_id, other)),
        *((desk.anna, 0, 0), (desk.anna, 99, 99), (desk.anna, 1, 1), (desk.anna, event, event - 1)),
        *((desk.anna, event, event + 500), (desk.anna, 2**62, 2**62)),
    ]:
        with pytest.raises(Missing):
            await undo.undo(person, first, last)
    assert await everything() == before


async def test_two_changes_of_one_ticket_are_no_transaction(desk):
    await a_ticket(desk.clara)
    first = await did(desk.anna, 1, priority="high")
    second = await did(desk.anna, 1, status="solved")
    with pytest.raises(Missing):
        await undo.undo(desk.anna, first, second)


async def test_who_may_change_tickets_no_more_takes_nothing_back(desk):
    ticket = await a_ticket(desk.clara)
    event = await did(desk.anna, ticket.id, status="solved")
    gone = await tickets.delete(desk.anna, (await a_ticket(desk.anna)).id)
    await people.set_role(desk.anna, Role.REQUESTER)
    anna, before = await Person.get(id=desk.anna.id), await everything()
    assert (await back(anna, event)).missing == [ticket.id], "nor may she see it"
    assert (await back(anna, gone)).missing == [2]
    assert await everything() == before


async def test_a_requester_takes_back_no_change_that_their_reply_made(desk):
    ticket = await a_ticket(desk.clara)
    await did(desk.anna, ticket.id, status="solved")
    await forms.write(desk.clara, ticket.id, "It broke again.")
    reopened = (await journal())[-1]
    assert (reopened.actor, reopened.changes) == (desk.clara.id, {"status": ("solved", "open")})
    with pytest.raises(Refused):
        await back(desk.clara, reopened.id)


async def test_an_assignee_who_left_meanwhile_stands_against_it(desk):
    ticket = await a_ticket(desk.clara)
    await did(desk.anna, ticket.id, assignee=str(desk.boris.id))
    event = await did(desk.anna, ticket.id, assignee="me", priority="high")
    await people.disable(desk.boris.email)
    assert (await back(desk.anna, event)).against == [Against(ticket.id, ("assignee",), stays=True)]
    assert (await now(ticket.id))["priority"] == "high"


async def test_a_deletion_is_taken_back_by_who_did_it_while_nobody_else_did_either(desk):
    ticket = await a_ticket(desk.clara)
    event = await tickets.delete(desk.anna, ticket.id)
    restored = await back(desk.anna, event)
    assert restored.changed == [ticket.id] and not (await Ticket.get(id=ticket.id)).deleted
    assert (await back(desk.anna, event)).already == [ticket.id]
    await tickets.delete(desk.boris, ticket.id)
    assert (await back(desk.anna, event)).against == [Against(ticket.id, (), desk.boris.id)]
    assert (await Ticket.get(id=ticket.id)).deleted


async def test_a_change_of_a_ticket_that_was_deleted_since_is_left(desk):
    ticket = await a_ticket(desk.clara)
    event = await did(desk.anna, ticket.id, status="solved")
    await tickets.delete(desk.boris, ticket.id)
    assert (await back(desk.anna, event)).missing == [ticket.id]


async def test_of_many_each_is_taken_back_by_itself(desk):
    seen = await many(desk, 4, tags="vpn")
    before = [await now(n) for n in seen]
    done = await change(desk.anna, seen, status="solved", add_tags="vip", assignee="me")
    await did(desk.boris, 2, status="closed")
    await tickets.delete(desk.boris, 3)
    result = await undo.undo(desk.anna, *done.events)
    assert (result.changed, result.newer, result.missing) == ([1, 4], [2], [3])
    assert [await now(n) for n in (1, 4)] == [before[0], before[3]]
    again = await undo.undo(desk.anna, *result.events)
    assert again.changed == [1, 4]
    gone = await bulk.delete(desk.anna, {1: 1, 4: 1})
    assert (await undo.undo(desk.anna, *gone.events)).changed == [1, 4]


async def test_of_taking_back_and_a_colleagues_change_at_once_one_comes_second_and_nothing_is_lost(desk):
    for _ in range(12):
        ticket = await a_ticket(desk.clara)
        event = await did(desk.anna, ticket.id, priority="high")
        version = str((await Ticket.get(id=ticket.id)).version)
        undone, _ = await asyncio.gather(
            back(desk.anna, event),
            forms.change(desk.boris, ticket.id, version, {"priority": "urgent"}),
            return_exceptions=True,
        )
        kept = (await now(ticket.id))["priority"]
        assert kept == ("normal" if undone.changed else "urgent")
