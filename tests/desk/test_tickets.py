"""What can be done to a ticket, and what stays as it was when it cannot."""

import asyncio
from dataclasses import replace

import pytest

from app import db
from app.desk import queries, tickets
from app.desk.audience import STAFF
from app.desk.errors import Conflict, Invalid
from app.desk.events import Filed, What
from app.desk.models import Person, Priority, Status, Ticket
from app.desk.roles import Role
from app.desk.threads import Line, Said
from tests import forms

from .acts import a_ticket, bodies, entries, everything, journal, position


async def test_a_new_ticket_is_its_requesters_and_starts_with_their_message(desk):
    ticket = await a_ticket(desk.clara, subject="  Two \t words ", body="\n  Hello\n")
    header = await queries.header(STAFF, ticket.id)
    assert (header.subject, header.status, header.priority, header.requester) == ("Two words", "new", "normal", "Clara")
    assert (header.assignee, header.tags, header.due, header.version) == (None, (), None, 1)
    [said] = await entries(STAFF, ticket.id)
    assert (await bodies([said]), said.author, said.kind) == (["  Hello"], "Clara", "reply")
    assert ticket.created == ticket.updated == ticket.updated_public


async def test_a_requester_sets_no_staff_field_however_they_ask(desk):
    asked = {"priority": "urgent", "assignee": str(desk.anna.id), "tags": "vip", "requester": "dmitri@pult.example"}
    header = await queries.header(STAFF, (await a_ticket(desk.clara, **asked)).id)
    assert (header.priority, header.assignee, header.tags, header.requester) == ("normal", None, (), "Clara")


async def test_staff_open_a_ticket_for_somebody(desk):
    ticket = await a_ticket(
        desk.anna, requester=" Clara@Pult.Example ", priority="high", assignee="me", tags="VPN, billing ,vpn,"
    )
    header = await queries.header(STAFF, ticket.id)
    assert (header.requester, header.priority, header.assignee) == ("Clara", "high", "Anna")
    assert header.tags == ("billing", "vpn") and header.status == "open"
    [said] = await entries(STAFF, ticket.id)
    assert said.author == "Anna"


async def test_an_unknown_address_becomes_a_requester(desk):
    first = await a_ticket(desk.anna, requester="New@Customer.example")
    second = await a_ticket(desk.boris, requester="new@customer.example")
    person = await Person.get(email="new@customer.example")
    assert first.requester_id == second.requester_id == person.id
    assert (person.name, person.role, person.password) == ("new", Role.REQUESTER, None)


async def test_an_address_with_a_very_long_name_becomes_a_requester_too(desk):
    ticket = await a_ticket(desk.anna, requester="x" * 200 + "@customer.example")
    assert (await Person.get(id=ticket.requester_id)).name == "x" * 100


@pytest.mark.parametrize(
    ("asked", "errors"),
    [
        ({"subject": " \t\n"}, {"subject": "empty"}),
        ({"subject": "s" * 201}, {"subject": "too_long"}),
        ({"subject": "s\x00"}, {"subject": "unknown"}),
        ({"body": "  \n "}, {"body": "empty"}),
        ({"body": "b" * 100_001}, {"body": "too_long"}),
        ({"priority": "URGENT"}, {"priority": "unknown"}),
        ({"requester": "nobody"}, {"requester": "not_an_email"}),
        ({"requester": "a@" + "b" * 260}, {"requester": "not_an_email"}),
        ({"assignee": "99"}, {"assignee": "unknown"}),
        ({"assignee": "٣"}, {"assignee": "unknown"}),
        ({"tags": "t" * 31}, {"tags": "tag_too_long"}),
        ({"tags": ",".join(f"tag{n}" for n in range(21))}, {"tags": "too_many_tags"}),
        ({"tags": '"b"'}, {"tags": "not_a_tag"}),
        ({"key": "k" * 65}, {"key": "unknown"}),
        (
            {"subject": "", "body": "", "priority": "?", "requester": "?", "assignee": "?", "tags": '"'},
            {
                "subject": "empty",
                "body": "empty",
                "priority": "unknown",
                "requester": "not_an_email",
                "assignee": "unknown",
                "tags": "not_a_tag",
            },
        ),
    ],
)
async def test_what_cannot_be_opened_says_why_by_field_and_leaves_nothing(desk, asked, errors):
    before = await everything()
    with pytest.raises(Invalid) as problem:
        await a_ticket(desk.anna, **asked)
    assert problem.value.errors == errors
    assert await everything() == before


async def test_requesters_and_disabled_people_cannot_be_assigned(desk):
    await Person.filter(id=desk.boris.id).update(disabled=True)
    for person in (desk.clara, desk.boris):
        with pytest.raises(Invalid):
            await a_ticket(desk.anna, assignee=str(person.id))


async def test_the_same_form_sent_again_opens_one_ticket(desk):
    sent = await asyncio.gather(*(a_ticket(desk.clara, key="once") for _ in range(20)))
    assert len({ticket.id for ticket in sent}) == 1
    assert len(await journal()) == 1
    theirs = await a_ticket(desk.dmitri, key="once")
    assert theirs.id != sent[0].id


async def test_a_form_that_was_corrected_and_sent_again_opens_another_ticket(desk):
    """Whatever was corrected: nothing that was typed is swallowed because the first send had arrived."""
    typed = {
        "subject": "Printer",
        "body": "It hums.",
        "requester": "clara@pult.example",
        "priority": "low",
        "tags": "a",
    }
    first = await a_ticket(desk.anna, key="once", assignee="me", **typed)
    corrected = {"subject": "Printers", "body": "It hums!", "requester": "dmitri@pult.example", "priority": "high"}
    made = {first.id}
    for name, words in {**corrected, "tags": "a, b", "assignee": ""}.items():
        again = [await a_ticket(desk.anna, key="once", **{"assignee": "me", **typed, name: words}) for _ in range(2)]
        assert len({ticket.id for ticket in again}) == 1 and not {ticket.id for ticket in again} & made, name
        made.add(again[0].id)
    await forms.change(desk.anna, first.id, "1", {"subject": "Renamed"})
    assert (await a_ticket(desk.anna, key="once", assignee="me", **typed)).id == first.id, "sent before it was renamed"


async def test_a_change_names_its_fields_and_counts_as_one_version(desk):
    ticket = await a_ticket(desk.clara)
    asked = {
        "subject": " Toner  is empty",
        "status": "pending",
        "priority": "low",
        "assignee": str(desk.boris.id),
        "tags": "B, a",
        "due": "2026-12-24",
        "requester": "dmitri@pult.example",
    }
    await forms.change(desk.anna, ticket.id, "1", asked)
    header = await queries.header(STAFF, ticket.id)
    assert (header.subject, header.status, header.priority) == ("Toner is empty", "pending", "low")
    assert (header.assignee, header.tags, header.due) == ("Boris", ("a", "b"), "2026-12-24")
    assert (header.requester, header.version) == ("Dmitri", 2)
    await forms.change(desk.anna, ticket.id, "2", {"assignee": "", "tags": " , ", "due": " "})
    header = await queries.header(STAFF, ticket.id)
    assert (header.assignee, header.tags, header.due, header.version) == (None, (), None, 3)
    assert header.priority == "low"


@pytest.mark.parametrize(
    ("version", "asked", "errors"),
    [
        ("1", {"subject": ""}, {"subject": "empty"}),
        ("1", {"status": "done"}, {"status": "unknown"}),
        ("1", {"status": ""}, {"status": "unknown"}),
        ("1", {"priority": "4"}, {"priority": "unknown"}),
        ("1", {"assignee": "-1"}, {"assignee": "unknown"}),
        ("1", {"due": "2026-02-30"}, {"due": "not_a_day"}),
        ("1", {"due": "20261224"}, {"due": "not_a_day"}),
        ("1", {"due": "2026-W52-4"}, {"due": "not_a_day"}),
        ("1", {"due": "0026-12-24"}, {"due": "not_a_day"}),
        ("1", {"due": "1969-12-31"}, {"due": "not_a_day"}),
        ("1", {"due": "12026-12-24"}, {"due": "not_a_day"}),
        ("1", {"due": "２０２６-12-24"}, {"due": "not_a_day"}),
        ("1", {"requester": "nobody@pult.example"}, {"requester": "unknown"}),
        ("", {"priority": "low"}, {"version": "unknown"}),
        ("²", {"priority": "low"}, {"version": "unknown"}),
        ("2", {"priority": "low"}, {"version": "unknown"}),
        ("1", {"priority": "low", "due": "soon", "tags": 'a, "'}, {"due": "not_a_day", "tags": "not_a_tag"}),
    ],
)
async def test_what_cannot_be_changed_says_why_and_changes_nothing(desk, version, asked, errors):
    ticket = await a_ticket(desk.clara)
    before = await everything()
    with pytest.raises(Invalid) as problem:
        await forms.change(desk.anna, ticket.id, version, asked)
    assert problem.value.errors == errors
    assert await everything() == before


async def test_a_change_to_what_it_is_already_is_no_change(desk):
    ticket = await a_ticket(desk.clara, subject="Printer")
    before = await everything()
    same = {"subject": "Printer", "status": "new", "priority": "normal", "assignee": "none", "tags": "", "due": ""}
    await forms.change(desk.anna, ticket.id, "1", same)
    assert await everything() == before


async def test_changes_of_different_fields_are_both_kept(desk):
    ticket = await a_ticket(desk.clara)
    await forms.change(desk.anna, ticket.id, "1", {"priority": "high"})
    await forms.change(desk.boris, ticket.id, "1", {"tags": "vpn"})
    header = await queries.header(STAFF, ticket.id)
    assert (header.priority, header.tags, header.version) == ("high", ("vpn",), 3)


async def test_changes_of_the_same_field_conflict_and_say_what_the_other_did(desk):
    ticket = await a_ticket(desk.clara)
    await forms.change(desk.anna, ticket.id, "1", {"priority": "low"})
    await forms.change(desk.boris, ticket.id, "2", {"priority": "high", "tags": "vpn"})
    before = await everything()
    with pytest.raises(Conflict) as problem:
        await forms.change(desk.vera, ticket.id, "1", {"priority": "urgent", "subject": "Other"})
    conflict = problem.value
    assert (conflict.theirs, conflict.mine) == ({"priority": "high"}, {"priority": "urgent"})
    assert (conflict.by, conflict.version) == ("Boris", 3)
    assert await everything() == before
    await forms.change(desk.vera, ticket.id, "3", {"priority": "urgent", "subject": "Other"})
    assert (await Ticket.get(id=ticket.id)).priority is Priority.URGENT


async def test_both_changing_to_the_same_value_is_no_conflict(desk):
    ticket = await a_ticket(desk.clara)
    await forms.change(desk.anna, ticket.id, "1", {"priority": "high"})
    await forms.change(desk.boris, ticket.id, "1", {"priority": "high"})
    assert (await queries.header(STAFF, ticket.id)).version == 2


async def test_a_form_that_sends_every_field_untouched_takes_nobodys_change_back(desk):
    ticket = await a_ticket(desk.clara)
    form = {"subject": "Printer", "status": "new", "priority": "normal", "assignee": "", "tags": "", "due": ""}
    theirs = {"subject": "Toner", "status": "pending", "priority": "high", "assignee": "me", "due": "2026-12-24"}
    await forms.change(desk.anna, ticket.id, "1", theirs)
    await forms.change(desk.boris, ticket.id, "1", form)
    assert (await queries.header(STAFF, ticket.id)).version == 2
    await forms.change(desk.boris, ticket.id, "1", form | {"tags": "vpn"})
    header = await queries.header(STAFF, ticket.id)
    assert (header.subject, header.status, header.priority) == ("Toner", "pending", "high")
    assert (header.assignee, header.due, header.tags) == ("Anna", "2026-12-24", ("vpn",))


async def test_of_fifty_who_claim_a_ticket_at_once_one_wins_and_the_others_hear_who(desk):
    ticket = await a_ticket(desk.clara)
    agents = [await Person.create(email=f"a{n}@x", name=f"A{n}", role=Role.AGENT, created=0) for n in range(50)]
    claims = (forms.change(agent, ticket.id, "1", {"assignee": "me"}) for agent in agents)
    results = await asyncio.gather(*claims, return_exceptions=True)
    [winner] = [agent for agent, result in zip(agents, results, strict=True) if isinstance(result, Ticket)]
    lost = [result for result in results if isinstance(result, Conflict)]
    assert len(lost) == 49 and {conflict.by for conflict in lost} == {winner.name}
    assert all(conflict.theirs == {"assignee": winner.id} for conflict in lost)
    assert (await Ticket.get(id=ticket.id)).assignee_id == winner.id
    assert len(await journal()) == 2


async def test_assigning_a_new_ticket_opens_it_and_unassigning_does_not_undo_that(desk):
    ticket = await a_ticket(desk.clara)
    assert (await forms.change(desk.anna, ticket.id, "1", {"assignee": "me"})).status is Status.OPEN
    assert (await forms.change(desk.anna, ticket.id, "2", {"assignee": "none"})).status is Status.OPEN
    kept_new = await a_ticket(desk.clara)
    changed = await forms.change(desk.anna, kept_new.id, "1", {"assignee": "me", "status": "pending"})
    assert changed.status is Status.PENDING


async def test_public_fields_move_both_times_and_staff_fields_one(desk):
    ticket = await a_ticket(desk.clara)
    staff = await forms.change(desk.anna, ticket.id, "1", {"priority": "low", "tags": "x", "due": "2026-12-24"})
    assert staff.updated > ticket.updated and staff.updated_public == ticket.updated_public
    public = await forms.change(desk.anna, ticket.id, "2", {"subject": "Other", "priority": "high"})
    assert public.updated == public.updated_public > staff.updated


async def test_deleting_and_restoring_change_nothing_but_what_is_seen(desk):
    ticket = await a_ticket(desk.clara, subject="Gone", body="Text")
    before = await queries.header(STAFF, ticket.id)
    await tickets.delete(desk.anna, ticket.id)
    await tickets.restore(desk.vera, ticket.id)
    await tickets.restore(desk.vera, ticket.id)
    assert await queries.header(STAFF, ticket.id) == before
    assert [event.what for event in await journal()] == [
        What.TICKET_CREATED,
        What.TICKET_DELETED,
        What.TICKET_RESTORED,
    ]
    lines = [entry.what for entry in await entries(STAFF, ticket.id) if isinstance(entry, Line)]
    assert lines == ["ticket_deleted", "ticket_restored"]


async def test_an_event_carries_the_fields_after_it_and_what_changed(desk):
    ticket = await a_ticket(desk.clara)
    await forms.change(desk.anna, ticket.id, "1", {"assignee": "me", "tags": "b,a", "due": "2026-12-24"})
    opened, changed = await journal()
    assert opened.filed == Filed("new", "normal", requester=desk.clara.id)
    assert (opened.actor, opened.ticket, opened.comment, opened.public) == (desk.clara.id, ticket.id, 1, True)
    assert changed.filed == replace(opened.filed, status="open", assignee=desk.anna.id, tags=("a", "b"))
    assert changed.filed_before == opened.filed
    assert changed.changes["due"] == (None, "2026-12-24")


async def test_numbers_are_gapless_in_commit_order_under_fifty_parallel_writers(desk):
    ticket = await a_ticket(desk.clara)
    heard: list[int] = []
    db.on_commit.append(lambda: heard.append(1))
    try:

        async def write(n: int) -> None:
            match n % 5:
                case 0:
                    await a_ticket(desk.clara, subject=f"Ticket {n}")
                case 1:
                    await forms.write(desk.anna, ticket.id, f"Reply {n}")
                case 2:
                    by = desk.boris if n % 2 else desk.vera
                    await forms.change(by, ticket.id, "1", {"tags": f"tag{n}"})
                case 3:
                    await forms.write(desk.boris, ticket.id, f"Note {n}", kind="note")
                case 4:
                    await a_ticket(desk.clara, subject="")

        results = await asyncio.gather(*(write(n) for n in range(50)), return_exceptions=True)
    finally:
        db.on_commit.pop()
    refused = [result for result in results if isinstance(result, Exception)]
    assert {type(problem) for problem in refused} == {Invalid, Conflict}
    assert len(refused) == 10 + 5  # of the two who change its tags, whoever came second
    events = await journal(0)
    assert [event.id for event in events] == list(range(1, len(events) + 1)) == list(range(1, await position() + 1))
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert len(heard) == 50 - len(refused)
    replies = [(said.number, said.id) for said in await entries(STAFF, ticket.id) if isinstance(said, Said)]
    assert replies == sorted(replies) and len(replies) == 21
