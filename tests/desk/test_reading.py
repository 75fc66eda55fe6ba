"""What one of the staff has read of each ticket."""

import pytest

from app.desk import comments, filters, people, queries, read_up_to, reading, tickets
from app.desk.errors import Deleted, Missing, Refused
from app.desk.events import What
from app.desk.models import Person, ReadUpTo, Ticket
from tests import forms

from .acts import a_ticket, journal, position


async def unread(person: Person) -> list[int]:
    """The tickets that scripts paint as unread, of all; static/js/reads.js says it in the same words."""
    marks = await read_up_to.of(person.id)
    rows = (await queries.page(filters.parse(person, {"view": ["all"], "sort": ["created"]}))).rows
    return [row.id for row in rows if row.last_said > dict(marks.marks).get(row.id, marks.since)]


async def read(person: Person, ticket: int) -> None:
    await reading.read(person, ticket, (await Ticket.get(id=ticket)).last_said)


async def test_what_others_say_is_unread_until_it_was_read_and_what_one_says_oneself_never(desk):
    first, second = await a_ticket(desk.clara), await a_ticket(desk.anna)
    assert await unread(desk.anna) == [first.id]
    assert await unread(desk.boris) == [first.id, second.id]
    await read(desk.anna, first.id)
    assert await unread(desk.anna) == [] and await unread(desk.boris) == [first.id, second.id]
    await forms.write(desk.boris, first.id, "A note for Anna.", kind="note")
    assert await unread(desk.anna) == [first.id] and await unread(desk.boris) == [second.id]
    await forms.write(desk.anna, first.id, "I see.")
    assert await unread(desk.anna) == [] and await unread(desk.boris) == [first.id, second.id]


async def test_a_ticket_is_marked_unread_once_and_read_again(desk):
    ticket = await a_ticket(desk.clara)
    await read(desk.anna, ticket.id)
    await reading.unread(desk.anna, ticket.id)
    assert await unread(desk.anna) == [ticket.id]
    before = await position()
    await reading.unread(desk.anna, ticket.id)
    assert await position() == before, "it is unread already"
    await read(desk.anna, ticket.id)
    assert await unread(desk.anna) == []


async def test_a_page_that_shows_less_than_was_read_takes_nothing_back_and_none_reads_ahead(desk):
    ticket = await a_ticket(desk.clara)
    first = ticket.last_said
    await forms.write(desk.clara, ticket.id, "More.")
    await read(desk.anna, ticket.id)
    before = await position()
    for number in (0, first, 10**15):
        await reading.read(desk.anna, ticket.id, number)
    assert await position() == before and await unread(desk.anna) == []
    await forms.write(desk.clara, ticket.id, "And more.")
    assert await unread(desk.anna) == [ticket.id]


async def test_what_is_deleted_is_not_unread(desk):
    ticket = await a_ticket(desk.clara)
    await read(desk.anna, ticket.id)
    note = await forms.write(desk.boris, ticket.id, "Wrong ticket.", kind="note")
    await comments.remove(desk.boris, note.id)
    assert await unread(desk.anna) == []


async def test_of_each_person_so_many_marks_are_kept_and_older_things_count_as_read(desk, monkeypatch):
    monkeypatch.setattr(read_up_to, "MOST", 2)
    some = [await a_ticket(desk.clara) for _ in range(4)]
    for ticket in some[1:]:
        await read(desk.anna, ticket.id)
    assert await ReadUpTo.filter(person_id=desk.anna.id).count() == 2
    assert await unread(desk.anna) == [], "the first, older than all that is remembered, too"
    assert await unread(desk.boris) == [ticket.id for ticket in some]
    await reading.unread(desk.anna, some[3].id)
    assert await unread(desk.anna) == [some[3].id]


async def test_nothing_that_was_said_before_somebody_came_is_new_to_them(desk):
    await a_ticket(desk.clara)
    late = await people.add("late@pult.example", "Late", "agent")
    assert await unread(late) == []
    later = await a_ticket(desk.clara)
    assert await unread(late) == [later.id]


async def test_no_requester_has_marks_and_nobody_reads_what_they_cannot_see(desk):
    ticket = await a_ticket(desk.clara)
    for verb in (lambda who: reading.read(who, ticket.id, 10**6), lambda who: reading.unread(who, ticket.id)):
        with pytest.raises(Refused):
            await verb(desk.clara)
        with pytest.raises(Missing):
            await verb(desk.dmitri)
    await tickets.delete(desk.anna, ticket.id)
    with pytest.raises(Deleted):
        await read(desk.anna, ticket.id)
    assert await ReadUpTo.all().count() == 0


async def test_who_read_something_is_told_to_nobody_else(desk):
    ticket = await a_ticket(desk.clara)
    await read(desk.anna, ticket.id)
    [*_, event] = await journal()
    assert (event.what, event.person, event.ticket, event.public) == (What.TICKET_READ, desk.anna.id, None, False)
    assert event.topics == {f"reader {desk.anna.id}"}
