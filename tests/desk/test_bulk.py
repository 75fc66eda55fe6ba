"""Many tickets at once: each as if it were changed alone, nobody's change is lost, and what became of each is said."""

import asyncio

import pytest

from app import db
from app.desk import applying, bulk, tickets, values
from app.desk.bulk import Result
from app.desk.errors import Code, Conflict, Invalid, Refused
from app.desk.events import What
from app.desk.models import Person, Ticket
from app.desk.values import Change
from tests import forms

from .acts import a_ticket, everything, journal, position

OF_ITS_OWN = ("id", "created", "updated", "updated_public", "heard", "waiting_since", "last_said")


async def many(desk, count: int = 3, **asked: str) -> dict[int, int]:
    """So many tickets, each at its version."""
    made = [await a_ticket(desk.anna, **asked) for _ in range(count)]
    return {ticket.id: ticket.version for ticket in made}


async def change(person: Person, seen: dict[int, int], **asked: str) -> Result:
    form = {name.replace("_", "-"): value for name, value in asked.items()}
    return await bulk.change(person, seen, values.change_of_many(form, person.id))


async def now(ticket: int) -> dict[str, object]:
    return await tickets.fields_of(await Ticket.get(id=ticket))


async def test_each_ticket_is_changed_by_an_event_of_its_own_and_all_in_one_go(desk):
    seen = await many(desk)
    before = await position()
    result = await change(desk.anna, seen, status="pending", assignee="me", due="2031-01-31")
    assert (result.changed, result.left, result.events) == ([1, 2, 3], [], (before + 1, before + 3))
    happened = await journal(before)
    assert [(it.what, it.ticket, it.actor, set(it.changes)) for it in happened] == [
        (What.TICKET_UPDATED, number, desk.anna.id, {"status", "assignee", "due"}) for number in seen
    ]
    for number in seen:
        kept = await now(number)
        assert (kept["status"], kept["assignee"], kept["due"]) == ("pending", desk.anna.id, "2031-01-31")
        assert (kept["priority"], kept["tags"], kept["requester"]) == ("normal", [], desk.anna.id)
        assert (await Ticket.get(id=number)).version == 2


@pytest.mark.parametrize(
    "asked",
    [
        {"status": "solved"},
        {"assignee": "me"},
        {"assignee": "me", "priority": "urgent"},
        {"due": "2001-01-31"},
        {"tags": "vpn, vip"},
        {"requester": "dmitri@pult.example"},
    ],
    ids=str,
)
async def test_what_one_ticket_becomes_is_what_the_single_verb_makes_of_it(desk, asked):
    """Rows and events alike, with what follows from a change: a new ticket that is assigned is open."""
    seen = await many(desk, 2)
    start = await position()
    await forms.change(desk.anna, 1, "1", asked)
    await change(desk.anna, {2: 1}, **asked)
    one, other = await Ticket.get(id=1), await Ticket.get(id=2)
    alike = [name for name in one._meta.db_fields if name not in OF_ITS_OWN]
    assert [getattr(one, name) for name in alike] == [getattr(other, name) for name in alike]
    assert (one.updated_public > one.created) == (other.updated_public > other.created)
    assert await applying.tags_of(one) == await applying.tags_of(other)
    rows = await db.rows("SELECT kind, public, data FROM event WHERE id > ? ORDER BY id", [start])
    assert rows[0] == rows[1] and len(rows) == len(seen)


async def test_where_somebody_else_changed_the_same_the_ticket_is_left_as_it_is_and_named(desk):
    seen = await many(desk)
    await forms.change(desk.boris, 2, "1", {"status": "pending"})
    await forms.change(desk.boris, 3, "1", {"priority": "high"})  # which is in nobody's way
    result = await change(desk.anna, seen, status="solved", assignee="me")
    assert (result.changed, result.newer) == ([1, 3], [2])
    assert [(await now(n))["status"] for n in seen] == ["solved", "pending", "solved"]
    assert (await now(2))["assignee"] is None, "half of a change is none"
    assert (await now(3))["priority"] == "high"


async def test_sent_twice_it_is_done_once(desk):
    seen = await many(desk, tags="vpn")
    for asked in ({"status": "solved"}, {"add_tags": "vip", "remove_tags": "vpn"}, {"assignee": "me"}):
        assert (await change(desk.anna, seen, **asked)).changed == [1, 2, 3]
        before = await everything()
        again = await change(desk.anna, seen, **asked)
        assert (again.changed, again.already, again.events) == ([], [1, 2, 3], None)
        assert await everything() == before


async def test_sent_twice_it_does_not_add_a_tag_again_that_somebody_took_away_in_between(desk):
    seen = await many(desk, 1)
    await change(desk.anna, seen, add_tags="vip")
    await forms.change(desk.boris, 1, "2", {"tags": ""})
    assert (await change(desk.anna, seen, add_tags="vip")).already == [1]
    assert (await change(desk.anna, {1: 3}, add_tags="vip")).changed == [1], "whoever saw that it is gone means it"


async def test_a_tag_is_added_beside_all_others_whatever_happened_to_those_meanwhile(desk):
    seen = await many(desk, tags="old, vpn")
    await forms.change(desk.boris, 1, "1", {"tags": "vpn, his"})
    await forms.change(desk.boris, 2, "1", {"tags": ""})
    result = await change(desk.anna, seen, add_tags="Mine, mine", remove_tags="vpn")
    assert result.changed == [1, 2, 3]
    assert [(await now(n))["tags"] for n in seen] == [["his", "mine"], ["mine"], ["mine", "old"]]
    await forms.change(desk.anna, 3, "2", {"add-tags": "single", "remove-tags": "old"})
    assert (await now(3))["tags"] == ["mine", "single"]


async def test_a_ticket_that_can_take_no_more_tags_is_named_and_the_others_get_theirs(desk):
    full = ",".join(f"t{n}" for n in range(20))
    seen = await many(desk, 1, tags=full) | await many(desk, 1)
    result = await change(desk.anna, seen, add_tags="vip")
    assert (result.changed, result.full) == ([2], [1])
    with pytest.raises(Invalid):
        await change(desk.anna, seen, tags=full + ",one-more")
    with pytest.raises(Invalid):
        await change(desk.anna, seen, add_tags=full + ",one-more")


async def test_deleted_ones_and_such_as_never_were_are_missing_and_named(desk):
    seen = await many(desk)
    await tickets.delete(desk.boris, 2)
    result = await change(desk.anna, seen | {999: 1, 999_999_999: 1}, priority="high")
    assert (result.changed, result.missing) == ([1, 3], [2, 999, 999_999_999])
    gone = await bulk.delete(desk.anna, seen | {999: 1})
    assert (gone.changed, gone.already, gone.missing) == ([1, 3], [2], [999])
    assert await db.rows("SELECT 1 FROM ticket WHERE NOT deleted") == []


async def test_who_may_change_no_ticket_is_refused_and_learns_nothing(desk):
    await a_ticket(desk.clara)
    before = await everything()
    for seen in ({1: 1}, {999: 1}):
        with pytest.raises(Refused):
            await change(desk.clara, seen, status="solved")
        with pytest.raises(Refused):
            await bulk.delete(desk.clara, seen)
    assert await everything() == before


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"status": "gone"}, "status"),
        ({"priority": "5"}, "priority"),
        ({"assignee": "3x"}, "assignee"),
        ({"assignee": "99"}, "assignee"),
        ({"due": "tomorrow"}, "due"),
        ({"tags": "x" * 31}, "tags"),
        ({"add-tags": "x" * 31}, "tags"),
        ({"requester": "nobody@x.example"}, "requester"),
        ({"status": "solved", "due": "x"}, "due"),
    ],
    ids=str,
)
async def test_what_no_ticket_can_have_changes_none(desk, form, wrong):
    seen = await many(desk)
    before = await everything()
    with pytest.raises(Invalid) as problem:
        await bulk.change(desk.anna, seen, values.change_of_many(form, desk.anna.id))
    assert set(problem.value.errors) == {wrong}
    assert await everything() == before


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ([], Code.NO_TICKETS),
        ([f"{n}:1" for n in range(501)], Code.TOO_MANY_TICKETS),
        (["1:1", "x:1"], Code.UNKNOWN),
        (["1"], Code.UNKNOWN),
        (["1:-1"], Code.UNKNOWN),
        (["1234567890:1"], Code.UNKNOWN),
        ([""], Code.UNKNOWN),
    ],
    ids=str,
)
def test_what_names_no_tickets_or_too_many_is_told(texts, code):
    with pytest.raises(Invalid) as problem:
        values.seen(texts)
    assert problem.value.errors == {"ticket": code}


def test_an_empty_field_of_many_is_left_alone_and_none_empties_it():
    form = {"status": "", "assignee": "none", "due": "none", "tags": "none", "add-tags": " ", "priority": ""}
    assert values.change_of_many(form, 1) == Change(0, {"assignee": None, "due": None, "tags": []})
    with pytest.raises(Invalid) as problem:
        values.change_of_many({"status": "", "add-tags": ", ,"}, 1)
    assert problem.value.errors == {"change": Code.NOTHING_ASKED}
    assert len(values.seen([f"{n}:1" for n in range(500)])) == 500


async def test_five_hundred_tickets_leave_others_their_turn(desk):
    """Of whoever shares the loop; for how long the line of writers stands is benched."""
    async with db.transaction():
        seen = await many(desk, 500)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    assert len((await change(desk.anna, seen, status="solved", add_tags="vip")).changed) == 500
    assert turns > 30
    beside.cancel()


async def test_of_a_bulk_and_single_changes_at_once_nobodys_is_lost(desk):
    """Each ticket ends as one of the two wanted it, and whoever came second was told."""
    seen = await many(desk, 20)

    async def single(number: int) -> str:
        try:
            await forms.change(desk.boris, number, "1", {"status": "pending", "priority": "high"})
        except Conflict:
            return "told"
        return "done"

    outcome, *others = await asyncio.gather(
        change(desk.anna, seen, status="solved"), *(single(number) for number in reversed(seen))
    )
    told = dict(zip(reversed(seen), others, strict=True))
    for number in seen:
        first = "bulk" if number in outcome.changed else "single"
        assert told[number] == ("told" if first == "bulk" else "done")
        assert number in (outcome.changed if first == "bulk" else outcome.newer)
        assert (await now(number))["status"] == ("solved" if first == "bulk" else "pending")
    kinds = [it.id for it in await journal()]
    assert kinds == list(range(kinds[0], kinds[-1] + 1))
