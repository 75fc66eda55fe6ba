"""Two people who look the same can be told apart by staff, and no requester learns how."""

import pytest

from app.desk import filters, people, queries, threads
from app.desk.audience import STAFF, Audience
from app.desk.errors import Conflict
from app.desk.roles import Role
from tests import forms

from .acts import a_ticket


@pytest.fixture
async def namesakes(desk):
    """Two more Annas of the staff, one of them with the same local part, and one who asks."""
    first = await people.add("a.berg@pult.example", "Anna", Role.AGENT)
    second = await people.add("anna@other.example", "Anna", Role.ADMIN)
    await people.add("anna@shop.example", "Anna", Role.REQUESTER)
    return desk, first, second


CALLED = ["Anna (anna@pult.example)", "Anna (a.berg)", "Anna (anna@other.example)"]


async def test_menus_rows_and_heads_tell_agents_of_one_name_apart(namesakes):
    desk, first, second = namesakes
    assert [name for _, name in await queries.assignable()] == [*CALLED, "Boris", "Vera"]
    for person, called in zip((desk.anna, first, second), CALLED, strict=True):
        ticket = await a_ticket(desk.clara)
        await forms.change(desk.boris, ticket.id, "1", {"assignee": str(person.id)})
        row = (await queries.page(filters.parse(desk.boris, {"view": ["all"]}))).rows[0]
        assert row.assignee == (await queries.header(STAFF, ticket.id)).assignee == called
        line = (await threads.thread(STAFF, ticket.id)).entries[-1]
        assert ("assignee", None, called) in line.changes and line.actor == "Boris"


async def test_history_and_conflicts_say_which_of_them_it_was(namesakes):
    desk, first, second = namesakes
    ticket = await a_ticket(desk.clara)
    await forms.write(first, ticket.id, "Hello")
    await forms.change(second, ticket.id, "2", {"priority": "high"})
    *_, line = thread = (await threads.thread(STAFF, ticket.id)).entries
    assert (thread[1].author, line.actor) == (CALLED[1], CALLED[2])
    with pytest.raises(Conflict) as conflict:
        await forms.change(desk.boris, ticket.id, "2", {"priority": "low"})
    assert conflict.value.by == CALLED[2]


async def test_requesters_learn_no_address_of_the_staff(namesakes):
    desk, first, _ = namesakes
    ticket = await a_ticket(desk.clara)
    await forms.write(first, ticket.id, "Hello", status="pending")
    for audience in (desk.clara.audience, Audience(desk.clara.id, embedded=True)):
        thread = (await threads.thread(audience, ticket.id)).entries
        assert [getattr(entry, "author", "") or entry.actor for entry in thread] == ["Clara", "Anna", "Anna"]
        assert "@" not in str(thread) and "berg" not in str(thread)


async def test_a_disabled_namesake_counts_and_a_requester_does_not(desk):
    await people.add("anna@shop.example", "Anna", Role.REQUESTER)
    assert [name for _, name in await queries.assignable()] == ["Anna", "Boris", "Vera"]
    await people.add("old.anna@pult.example", "Anna", Role.AGENT)
    await people.disable("old.anna@pult.example")
    assert [name for _, name in await queries.assignable()] == ["Anna (anna)", "Boris", "Vera"]


async def test_a_new_requester_has_a_name_of_their_own(desk):
    named = {}
    for email in ("info@a.example", "info@b.example", "info@bücher.example", "eva@a.example", "\u0301@b.example"):
        ticket = await a_ticket(desk.anna, requester=email)
        named[email] = (await queries.header(STAFF, ticket.id)).requester
    assert named == {
        "info@a.example": "info",
        "info@b.example": "info@b.example",
        "info@bücher.example": "info@bücher.example",
        "eva@a.example": "eva",
        "\u0301@b.example": "\u0301@b.example",
    }
    again = await a_ticket(desk.anna, requester="info@a.example")
    assert (await queries.header(STAFF, again.id)).requester == "info"


async def test_names_that_look_the_same_are_the_same(desk):
    made = [
        await people.add(f"{n}@x.example", name, "agent")
        for n, name in enumerate(("Zoë", "Zoe\u0308", "\u202eZo\u200bë"))
    ]
    assert {person.name for person in made} == {"Zoë"}
