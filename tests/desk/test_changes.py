"""What counts as a change: one's own are no conflict, and what nobody touched is neither checked nor sent back."""

import pytest

from app import db
from app.desk import people, tickets
from app.desk.errors import Code, Conflict, Invalid
from app.desk.models import Person, Ticket
from app.desk.roles import Role
from tests import forms

from .acts import a_ticket

WHOLE = {"subject": "Printer", "status": "new", "priority": "normal", "assignee": "", "tags": "", "due": ""}


async def now(ticket: Ticket) -> dict[str, object]:
    return await tickets.fields_of(await Ticket.get(id=ticket.id))


async def change(person: Person, ticket: Ticket, version: int, **asked: str) -> None:
    await forms.change(person, ticket.id, str(version), asked)


async def _takes(desk, ticket):
    await change(desk.anna, ticket, 1, assignee="me")


async def _answers(desk, ticket):
    await forms.write(desk.anna, ticket.id, "Is it plugged in?")


async def _answers_and_waits(desk, ticket):
    await forms.write(desk.anna, ticket.id, "Is it plugged in?", status="pending")


async def _sets_it_twice(desk, ticket):
    await change(desk.anna, ticket, 1, status="pending")
    await change(desk.anna, ticket, 1, status="closed")


@pytest.mark.parametrize("first", [_takes, _answers, _answers_and_waits, _sets_it_twice])
@pytest.mark.parametrize("form", [{"status": "solved"}, WHOLE | {"status": "solved"}], ids=["one field", "whole form"])
async def test_ones_own_changes_and_what_they_imply_are_no_conflict(desk, first, form):
    ticket = await a_ticket(desk.clara)
    await first(desk, ticket)
    assert (await now(ticket))["status"] != "new"
    await change(desk.anna, ticket, 1, **form)
    assert (await now(ticket))["status"] == "solved"


async def test_ones_own_reopening_by_an_answer_is_no_conflict(desk):
    ticket = await a_ticket(desk.anna)  # an agent may ask as well
    await change(desk.boris, ticket, 1, status="pending")
    await forms.write(desk.anna, ticket.id, "Here is the log.")
    await change(desk.anna, ticket, 2, status="solved")
    assert (await now(ticket))["status"] == "solved"


@pytest.mark.parametrize(
    ("field", "first", "second", "base"),
    [
        ("priority", "high", "low", "normal"),
        ("status", "solved", "pending", "new"),
        ("subject", "Toner", "Scanner", "Printer"),
        ("tags", "vpn", "vpn, vip", ""),
        ("due", "2031-01-31", "2031-02-01", ""),
        ("assignee", "me", "3", ""),
    ],
)
async def test_of_two_of_ones_own_changes_the_later_one_holds_also_back_to_what_it_was(
    desk, field, first, second, base
):
    ticket = await a_ticket(desk.clara)
    before = await now(ticket)
    for value in (first, second, first, base):
        await change(desk.anna, ticket, 1, **{field: value})
    assert (await now(ticket))[field] == before[field]
    await change(desk.anna, ticket, 1, **{field: second})
    assert (await now(ticket))[field] != before[field]


async def test_of_two_tabs_of_one_person_the_stale_one_takes_back_nothing_that_it_did_not_touch(desk):
    ticket = await a_ticket(desk.clara)
    await change(desk.anna, ticket, 1, priority="high", assignee="me")
    await change(desk.anna, ticket, 1, **WHOLE | {"tags": "vpn"})
    kept = await now(ticket)
    assert (kept["priority"], kept["assignee"], kept["status"], kept["tags"]) == ("high", desk.anna.id, "open", ["vpn"])


async def test_a_colleagues_change_after_ones_own_is_a_conflict_and_one_before_it_is_known(desk):
    ticket = await a_ticket(desk.clara)
    await change(desk.boris, ticket, 1, priority="high")
    await change(desk.anna, ticket, 2, priority="low")
    await change(desk.anna, ticket, 1, priority="urgent")  # in another tab, where Boris's has not come yet
    await change(desk.vera, ticket, 4, priority="normal")
    for seen in (1, 2, 3, 4):
        with pytest.raises(Conflict) as problem:
            await change(desk.anna, ticket, seen, priority="high")
        assert (problem.value.by, problem.value.theirs) == ("Vera", {"priority": "normal"})
    await change(desk.anna, ticket, 4, priority="urgent")  # a send of the same again, whose answer was lost
    assert (await now(ticket))["priority"] == "normal"


async def test_a_colleague_between_taking_and_solving_is_named(desk):
    ticket = await a_ticket(desk.clara)
    await change(desk.anna, ticket, 1, assignee="me")
    await change(desk.boris, ticket, 2, status="pending")
    with pytest.raises(Conflict) as problem:
        await change(desk.anna, ticket, 1, status="solved")
    assert (problem.value.by, problem.value.theirs, problem.value.mine) == (
        "Boris",
        {"status": "pending"},
        {"status": "solved"},
    )


async def test_an_edit_over_ones_own_is_no_conflict_and_over_anothers_is(desk):
    ticket = await a_ticket(desk.clara)
    said = await forms.write(desk.anna, ticket.id, "First.")
    for words in ("Second.", "Third."):
        await forms.edit(desk.anna, said.id, words, "1")
    await forms.edit(desk.vera, said.id, "An admin's.", "3")
    await forms.edit(desk.vera, said.id, "An admin's, again.", "3")
    with pytest.raises(Conflict) as problem:
        await forms.edit(desk.anna, said.id, "Fourth.", "1")
    assert (problem.value.by, problem.value.theirs) == ("Vera", {"body": "An admin's, again."})
    assert problem.value.version == 5
    with pytest.raises(Invalid):
        await forms.edit(desk.anna, said.id, "Fourth.", "6")


async def _disabled(desk, ticket):
    await change(desk.anna, ticket, 1, assignee=str(desk.boris.id))
    await people.disable(desk.boris.email)
    return {"assignee": str(desk.boris.id)}, {"assignee": str(desk.clara.id)}


async def _staff_no_more(desk, ticket):
    await change(desk.anna, ticket, 1, assignee=str(desk.boris.id))
    await people.set_role(desk.boris, Role.REQUESTER)
    return {"assignee": str(desk.boris.id)}, {"assignee": "99"}


async def _old_subject(desk, ticket):
    await db.rows("UPDATE ticket SET subject = ?, version = 2 WHERE id = ? RETURNING id", ["s" * 300, ticket.id])
    return {"subject": "s" * 300}, {"subject": "t" * 300}


async def _old_subject_of_two_lines(desk, ticket):
    await Ticket.filter(id=ticket.id).update(subject="two \x00 lines", version=2)
    return {"subject": "two \x00 lines"}, {"subject": "\x00"}


async def _old_tags(desk, ticket):
    for name in ('"old"', "o" * 40):
        await db.insert_many("tag", ("ticket_id", "name"), [[ticket.id, name]])
    await Ticket.filter(id=ticket.id).update(version=2)
    return {"tags": f'"old", {"o" * 40}'}, {"tags": f'"old", {"o" * 40}, "new"'}


async def _too_many_tags(desk, ticket):
    names = [f"tag{number:02}" for number in range(25)]
    await db.insert_many("tag", ("ticket_id", "name"), [[ticket.id, name] for name in names])
    await Ticket.filter(id=ticket.id).update(version=2)
    return {"tags": ", ".join(names)}, {"tags": ", ".join([*names, "one-more"])}


async def _a_requester_who_is_disabled(desk, ticket):
    await people.disable(desk.clara.email)
    await change(desk.anna, ticket, 1, due="2001-01-01")
    return {"requester": desk.clara.email, "due": "2001-01-01"}, {"requester": "nobody@pult.example"}


STANDS = [_disabled, _staff_no_more, _too_many_tags, _a_requester_who_is_disabled]
OLD = [_old_subject, _old_subject_of_two_lines, _old_tags]  # from a time before there was another store
STANDS += [pytest.param(stands, marks=pytest.mark.sqlite) for stands in OLD]


@pytest.mark.parametrize("stands", STANDS)
async def test_what_stands_and_would_be_refused_today_is_in_nobodys_way(desk, stands):
    ticket = await a_ticket(desk.clara)
    standing, refused = await stands(desk, ticket)
    before = await now(ticket)
    form = WHOLE | {"status": str(before["status"])} | standing
    for asked in (form | {"priority": "high"}, form | {"priority": "low"}, standing):
        await change(desk.vera, ticket, 2, **asked)
    assert await now(ticket) == before | {"priority": "low"}
    with pytest.raises(Invalid) as problem:
        await change(desk.vera, ticket, 2, **form | refused)
    assert set(problem.value.errors) == set(refused)
    (name,) = refused
    await change(desk.anna, ticket, 4, **OTHERWISE[name])
    after = await now(ticket)
    assert after[name] != before[name]
    await change(desk.vera, ticket, 2, **form | {"due": "2031-01-31"})  # a form from before that
    assert await now(ticket) == after | {"due": "2031-01-31"}


OTHERWISE = {
    "assignee": {"assignee": "none"},
    "subject": {"subject": "Shorter"},
    "tags": {"tags": ""},
    "requester": {"requester": "dmitri@pult.example"},
}


async def test_a_tag_is_added_beside_one_that_would_be_refused_today_and_taken_away_from_it(desk):
    ticket = await a_ticket(desk.clara, subject="Printer")
    await db.insert_many("tag", ("ticket_id", "name"), [[ticket.id, '"old"'], [ticket.id, '"older"']])
    await change(desk.anna, ticket, 1, tags='"old", "older", vpn')
    assert (await now(ticket))["tags"] == ['"old"', '"older"', "vpn"]
    await change(desk.anna, ticket, 2, tags='"old", vpn')
    assert (await now(ticket))["tags"] == ['"old"', "vpn"]
    with pytest.raises(Invalid) as problem:
        await change(desk.anna, ticket, 3, tags='"old", vpn, "older"')
    assert problem.value.errors == {"tags": Code.NOT_A_TAG}
