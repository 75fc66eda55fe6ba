"""A thread of any length comes in parts: each message and each line of history stands in one of them."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import db
from app.desk import comments, threads, tickets
from app.desk.audience import STAFF
from app.desk.errors import Missing
from app.desk.models import Ticket
from app.desk.threads import Said, last_part, part_of, thread
from tests import forms

from .acts import a_ticket


@given(count=st.integers(0, 10_000))
def test_the_last_part_has_51_to_100_messages_and_goes_on_by_50(count):
    first = last_part(count)
    shown = count - first + 1
    assert (shown == count and first == 1) if count <= 100 else 51 <= shown <= 100
    assert last_part(count + 1) - first in (0, 50)
    assert [last_part(n) for n in (0, 1, 100, 101, 150, 151, 5000)] == [1, 1, 1, 51, 51, 101, 4901]


@pytest.fixture
async def small(desk, monkeypatch):
    """Parts of four, and a ticket of 11 messages: replies 1, 3, 5 …; notes between; a line of history after each."""
    monkeypatch.setattr(threads, "PART", 4)
    monkeypatch.setattr(threads, "STEP", 2)
    ticket = await a_ticket(desk.clara)
    for number in range(1, 11):
        await say(desk, ticket, number)
        await forms.write(desk.anna, ticket.id, str(number), kind="note" if number % 2 else "reply")
    return ticket


async def say(desk, ticket: Ticket, number: int) -> None:
    now = await Ticket.get(id=ticket.id)
    await forms.change(desk.anna, ticket.id, str(now.version), {"subject": f"After {number}"})


def places(shown: threads.Thread) -> list[int]:
    """The comments that a part shows, by their ids, which are their places in this ticket."""
    return [entry.id for entry in shown.entries if isinstance(entry, Said)]


@pytest.mark.parametrize(
    ("first", "shown", "lines"),
    [
        (0, [9, 10, 11], 2),
        (1, [1, 2, 3, 4], 5),
        (4, [4, 5, 6, 7], 4),
        (8, [8, 9, 10, 11], 3),
        (11, [11], 0),
        (12, [], 0),
        (9_999_999, [], 0),
    ],
)
async def test_a_part_is_told_by_the_place_of_its_first_message(small, first, shown, lines):
    part = await thread(STAFF, small.id, first)
    assert (places(part), len(part.entries) - len(shown), part.count) == (shown, lines, 11)
    assert part.first == (first or 9)
    numbers = [entry.number for entry in part.entries]
    assert numbers == sorted(numbers)


async def test_every_message_and_line_stands_in_one_part_of_a_row_of_them(desk, small):
    for audience in (STAFF, desk.clara.audience):
        whole = [await thread(audience, small.id, first) for first in (1, 5, 9)]
        numbers = [entry.number for part in whole for entry in part.entries]
        assert all(before < after for before, after in pairwise(numbers))
        assert len(numbers) == (22 if audience.is_staff else 17)


async def test_a_requester_counts_replies_only_and_a_deleted_one_keeps_its_place(desk, small):
    clara = desk.clara.audience
    assert places(await thread(clara, small.id)) == [5, 7, 9, 11]
    assert places(await thread(clara, small.id, 2)) == [3, 5, 7, 9]
    await comments.remove(desk.anna, 5)
    assert places(await thread(clara, small.id, 2)) == [3, 5, 7, 9]
    assert (await thread(clara, small.id)).count == 6


async def test_a_message_is_found_in_its_part(desk, small):
    clara = desk.clara.audience
    assert [await part_of(STAFF, place) for place in (1, 4, 5, 8, 9, 11)] == [(1, n) for n in (1, 1, 5, 5, 0, 0)]
    assert [await part_of(clara, place) for place in (1, 3, 5, 7, 11)] == [(1, n) for n in (1, 1, 0, 0, 0)]
    for place in range(1, 12):
        _, first = await part_of(STAFF, place)
        assert place in places(await thread(STAFF, small.id, first))
    nothing = [(STAFF, 99), (clara, 2), (desk.dmitri.audience, 1)]
    for audience, comment in nothing:
        with pytest.raises(Missing):
            await part_of(audience, comment)
    await tickets.delete(desk.anna, small.id)
    with pytest.raises(Missing):
        await part_of(STAFF, 1)
    assert await thread(STAFF, small.id, 3) == threads.Thread((), 3, 0)


@pytest.mark.sqlite
async def test_only_what_a_part_shows_is_read(desk, small, monkeypatch):
    """Of all other messages an index alone is looked at, whoever asks; of history what lies between."""
    asked, rows = [], db.rows

    async def watched(sql, values=()):
        plan = "; ".join(step["detail"] for step in await rows(f"EXPLAIN QUERY PLAN {sql}", values))
        found = await rows(sql, values)
        asked.append((plan, len(found)))
        return found

    monkeypatch.setattr(db, "rows", watched)
    for audience in (STAFF, desk.clara.audience):
        for first in (0, 1):
            asked.clear()
            await thread(audience, small.id, first)
            (count, _), (ends, _), (messages, found), (lines, between) = asked
            assert "c USING COVERING INDEX" in count and ends.count("c USING COVERING INDEX") == 2
            assert re.search(r"c USING INDEX \w+ \([^)]*event_id>\? AND event_id<\?\)", messages), messages
            assert re.search(r"e USING INDEX \w+ \(ticket_id=\? AND id>\? AND id<\?\)", lines), lines
            assert found <= 4 and between <= 9
            assert not any("SCAN" in plan.replace("SCAN CONSTANT ROW", "") or "TEMP" in plan for plan, _ in asked)
