"""Who sees what, and who may do what."""

import dataclasses
import sqlite3
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.desk import comments, policy, queries, tickets
from app.desk.actor import DESK
from app.desk.audience import STAFF, Audience
from app.desk.errors import Missing, Refused
from app.desk.events import Filed, Happened, What
from app.desk.filters import Filter
from app.desk.models import Kind, Person, Status
from app.desk.roles import ROLES, Right, Role
from app.desk.threads import Line, Said
from tests import forms

from .acts import a_ticket, bodies, entries


async def told(audience: Audience) -> str:
    """Everything that the read side gives an audience, as text: what can leak is in it."""
    sorts = ("-updated", "updated", "-created", "created")
    pages = [await queries.page(Filter(audience, sort=sort)) for sort in sorts]
    numbers = range(1, 10)
    headers = [await queries.header(audience, number) for number in numbers]
    return repr([pages, headers, [await entries(audience, number) for number in numbers]])


RIGHTS = """
                admin  agent  requester
read            yes    yes    yes
open            yes    yes    yes
reply           yes    yes    yes
edit            yes    yes    yes
edit_others     yes    -      -
read_internal   yes    yes    -
note            yes    yes    -
change          yes    yes    -
be_assigned     yes    yes    -
delete          yes    yes    -
restore         yes    -      -
keys_manage     yes    -      -
be_embedded     -      -      yes
"""


def test_what_each_role_may_do():
    [roles, *lines] = [line.split() for line in RIGHTS.strip().splitlines()]
    assert roles == [role.value for role in Role]
    written = {right: [cell == "yes" for cell in cells] for right, *cells in lines}
    assert written == {right.value: [right in ROLES[role].rights for role in Role] for right in Right}
    assert DESK.rights == set(Right)


@given(
    requesters=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    statuses=st.tuples(st.sampled_from(Status), st.sampled_from(Status)),
    audience=st.builds(Audience, st.none() | st.integers(1, 3))
    | st.builds(
        Audience,
        st.integers(1, 3),
        embedded=st.just(True),
        only=st.lists(st.sampled_from([status.value for status in Status]), unique=True).map(tuple),
    ),
    deleted=st.booleans(),
    public=st.booleans(),
)
def test_an_audience_says_the_same_of_a_ticket_in_sql_and_of_its_events(
    requesters, statuses, audience, deleted, public
):
    before, after = [
        SimpleNamespace(id=1, requester_id=asked, status=status.value, deleted=deleted)
        for asked, status in zip(requesters, statuses, strict=True)
    ]
    condition, values = audience.sql()
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute("CREATE TABLE ticket (requester_id, status, deleted)")
        made.execute("INSERT INTO ticket VALUES (?, ?, ?)", [after.requester_id, after.status, deleted])
        [[seen]] = made.execute(f"SELECT count(*) FROM ticket t WHERE {condition}", values)
    assert audience.sees(after) == bool(seen)
    filed = Filed(after.status, "normal", after.requester_id)
    moved = {"requester": (before.requester_id, after.requester_id), "status": (before.status, after.status)}
    changes = {name: pair for name, pair in moved.items() if pair[0] != pair[1]}
    event = Happened(9, What.TICKET_UPDATED, 0, None, 1, None, None, public, filed=filed, changes=changes)
    before.deleted = after.deleted = False
    assert audience.may_know(event) == (
        (public or audience.is_staff) and (audience.sees(before) or audience.sees(after))
    )
    assert audience.loses(event) != audience.sees(after)
    assert audience.loses(replace(event, what=What.TICKET_DELETED))


async def test_a_ticket_is_brought_back_by_an_admin_or_by_who_deleted_it_last(desk):
    clara, anna, boris, vera = desk.clara, desk.anna, desk.boris, desk.vera
    allowed = {
        (person.name, by)
        for person in (clara, anna, boris, vera)
        for by in (None, clara.id, anna.id, vera.id)
        if policy.may_restore(person, by)
    }
    assert allowed == {("Anna", anna.id), *(("Vera", by) for by in (None, clara.id, anna.id, vera.id))}
    vera.disabled = anna.disabled = True
    assert not policy.may_restore(vera, vera.id) and not policy.may_restore(anna, anna.id)


@pytest.fixture
async def secretive(desk):
    """A ticket of Clara's about which staff know much that she must not."""
    ticket = await a_ticket(desk.clara, subject="Printer", body="It does not print.")
    await forms.write(desk.anna, ticket.id, "Have you switched it on?")
    await forms.write(desk.boris, ticket.id, "She calls every day.", kind="note")
    return await forms.change(
        desk.vera,
        ticket.id,
        "2",
        {"priority": "urgent", "assignee": str(desk.boris.id), "tags": "cross, vip", "due": "2026-12-24"},
    )


async def test_staff_see_every_field_of_a_ticket(desk, secretive):
    header = await queries.header(STAFF, secretive.id)
    assert (header.priority, header.assignee, header.assignee_id) == ("urgent", "Boris", desk.boris.id)
    assert (header.tags, header.due, header.version) == (("cross", "vip"), "2026-12-24", 3)
    assert header.requester_email == "clara@pult.example"
    [row] = (await queries.page(Filter(STAFF))).rows
    assert (row.priority, row.assignee, row.assignee_id) == ("urgent", "Boris", desk.boris.id)
    assert (row.tags, row.due, row.version, row.requester) == (("cross", "vip"), "2026-12-24", 3, "Clara")
    assert row.moment == secretive.updated


async def test_a_requester_sees_the_public_fields_of_their_ticket_and_no_other(desk, secretive):
    clara = desk.clara.audience
    header = await queries.header(clara, secretive.id)
    shown = {name for name, value in dataclasses.asdict(header).items() if value not in (None, ())}
    assert shown == {"id", "subject", "status", "requester", "created"}
    assert (header.subject, header.status, header.requester) == ("Printer", "open", "Clara")
    [row] = (await queries.page(Filter(clara))).rows
    shown = {name for name, value in dataclasses.asdict(row).items() if value not in (None, ())}
    assert shown == {"id", "sort_key", "subject", "status", "moment", "words", "by_staff"}
    assert (row.words, row.by_staff) == ("Have you switched it on?", True)
    assert row.moment == secretive.updated_public < secretive.updated


async def test_a_requester_never_reads_a_word_that_only_staff_know(desk, secretive):
    words = (">She calls", "'urgent'", "'Boris'", "'vip'", "'2026-12-24'", "'note'", str(secretive.updated))
    staff, clara = await told(STAFF), await told(desk.clara.audience)
    assert [word for word in words if word not in staff] == []
    assert [word for word in words if word in clara] == []
    assert "@pult.example" in staff and "@pult.example" not in clara


async def test_a_requester_reads_replies_with_their_authors_and_never_a_note(desk, secretive):
    thread = await entries(desk.clara.audience, secretive.id)
    assert [said.author for said in thread if isinstance(said, Said)] == ["Clara", "Anna"]
    assert await bodies(thread) == ["It does not print.", "Have you switched it on?"]
    kinds = [said.kind for said in await entries(STAFF, secretive.id) if isinstance(said, Said)]
    assert kinds == ["reply", "reply", "note"]


async def test_a_requester_reads_the_history_of_status_and_subject_only(desk, secretive):
    await forms.change(desk.vera, secretive.id, "3", {"status": "solved", "priority": "low", "subject": "Toner"})
    lines = [line for line in await entries(desk.clara.audience, secretive.id) if isinstance(line, Line)]
    assert [sorted(line.changes) for line in lines] == [
        [("status", "new", "open")],
        [("status", "open", "solved"), ("subject", "Printer", "Toner")],
    ]
    staff = [line for line in await entries(STAFF, secretive.id) if isinstance(line, Line)]
    assert len(staff) == 3 and ("assignee", None, "Boris") in staff[1].changes


async def test_what_staff_do_among_themselves_does_not_move_a_requesters_list(desk, secretive):
    later = await a_ticket(desk.clara, subject="Later")
    await forms.write(desk.anna, secretive.id, "Between us.", kind="note")
    await forms.change(desk.anna, secretive.id, "3", {"priority": "high", "tags": "", "assignee": "none", "due": ""})
    clara = await queries.page(Filter(desk.clara.audience))
    assert [row.id for row in clara.rows] == [later.id, secretive.id]
    assert [row.id for row in (await queries.page(Filter(STAFF, sort="-updated"))).rows] == [secretive.id, later.id]
    assert [row.id for row in (await queries.page(Filter(STAFF))).rows] == [later.id, secretive.id]


async def test_another_persons_ticket_looks_like_one_that_does_not_exist(desk, secretive):
    dmitri = desk.dmitri.audience
    for number in (secretive.id, 9_999):
        assert await queries.header(dmitri, number) is None
        assert await entries(dmitri, number) == ()
        with pytest.raises(Missing):
            await forms.write(desk.dmitri, number, "Mine too?")
        with pytest.raises(Missing):
            await forms.change(desk.dmitri, number, "3", {"subject": "Mine"})
        with pytest.raises(Missing):
            await tickets.delete(desk.dmitri, number)
        with pytest.raises(Missing):
            await tickets.restore(desk.dmitri, number)
    assert (await queries.page(Filter(dmitri))).rows == ()
    assert await queries.count(Filter(dmitri, page=0)) == 0
    assert await queries.count(Filter(desk.clara.audience, page=0)) == 1


async def test_a_requester_may_read_and_reply_but_neither_change_nor_delete(desk, secretive):
    before = await queries.header(STAFF, secretive.id)
    with pytest.raises(Refused):
        await forms.change(desk.clara, secretive.id, "3", {"priority": "urgent"})
    with pytest.raises(Refused):
        await tickets.delete(desk.clara, secretive.id)
    with pytest.raises(Refused):
        await forms.write(desk.clara, secretive.id, "Done!", status="solved")
    with pytest.raises(Refused):
        await forms.write(desk.clara, secretive.id, "For you only.", kind="note")
    assert await queries.header(STAFF, secretive.id) == before


async def test_a_deleted_ticket_is_hidden_from_everyone(desk, secretive):
    await tickets.delete(desk.boris, secretive.id)
    for audience in (STAFF, desk.clara.audience):
        assert await queries.header(audience, secretive.id) is None
        assert await entries(audience, secretive.id) == ()
        assert (await queries.page(Filter(audience))).rows == ()
        assert await queries.count(Filter(audience, page=0)) == 0
    assert await queries.tags() == [] and not await queries.has_tickets()
    for person in desk.everyone:
        with pytest.raises(Missing):
            await forms.write(person, secretive.id, "Hello?")


async def test_only_an_admin_restores_a_deleted_ticket(desk, secretive):
    before = await queries.header(STAFF, secretive.id)
    await tickets.delete(desk.boris, secretive.id)
    for person in (desk.anna, desk.clara, desk.dmitri):
        with pytest.raises(Missing):
            await tickets.restore(person, secretive.id)
    await tickets.restore(desk.vera, secretive.id)
    assert await queries.header(STAFF, secretive.id) == before
    with pytest.raises(Refused):
        await tickets.restore(desk.anna, secretive.id)


async def test_authors_and_admins_edit_and_remove_comments(desk, secretive):
    replies = [said for said in await entries(STAFF, secretive.id) if isinstance(said, Said)]
    claras, annas, note = (said.id for said in replies)
    may = {
        claras: (desk.vera,),  # it was answered, so it is Clara's no more to change
        annas: (desk.anna, desk.vera),
        note: (desk.boris, desk.vera),
    }
    for comment, allowed in may.items():
        for person in desk.everyone:
            if person in allowed:
                assert (await comments.editable(person, comment))[1].id == comment
                continue
            unseen = person is desk.dmitri or (person is desk.clara and comment == note)
            with pytest.raises(Missing if unseen else Refused):
                await comments.editable(person, comment)


async def test_nobody_edits_a_removed_comment(desk, secretive):
    [_, reply, *_] = [said for said in await entries(STAFF, secretive.id) if isinstance(said, Said)]
    await comments.remove(desk.anna, reply.id)
    for person in desk.everyone:
        with pytest.raises(Missing):
            await forms.edit(person, reply.id, "Back again", str(reply.version + 1))


async def test_a_disabled_person_may_nothing(desk, secretive):
    _, comment = await comments.editable(desk.anna, 2)
    for person in desk.everyone:
        person.disabled = True
        assert not any(policy.may(person, right) or policy.may(person, right, secretive) for right in Right)
        assert not policy.may_see_comment(person, secretive, comment)
        assert not policy.may_edit(person, secretive, comment)
        assert not any(policy.may_write(person, secretive, kind) for kind in Kind)
        assert not policy.may_restore(person, person.id)
        with pytest.raises(Missing):
            await forms.change(person, secretive.id, "3", {"status": "closed"})
        with pytest.raises(Missing):
            await forms.write(person, secretive.id, "I am back")
        with pytest.raises(Refused):
            await a_ticket(person)
    await tickets.delete(await Person.get(id=desk.vera.id), secretive.id)
    with pytest.raises(Missing):
        await tickets.restore(desk.vera, secretive.id)


async def test_a_closed_ticket_takes_notes_and_no_replies(desk, secretive):
    for status in Status:
        secretive.status = status
        assert policy.takes_more(secretive, Kind.NOTE)
        assert policy.takes_more(secretive, Kind.REPLY) == (status is not Status.CLOSED)


async def test_only_staff_can_be_assigned(desk):
    assert [name for _, name in await queries.assignable()] == ["Anna", "Boris", "Vera"]
    assert [person.name for person in desk.everyone if policy.may(person, Right.BE_ASSIGNED)] == [
        "Vera",
        "Anna",
        "Boris",
    ]


@pytest.mark.parametrize("text", ["", "requester:", "requester:-1", "requester:1x", "Staff", "admin", "requester:1:2"])
def test_an_audience_is_nobody_but_whom_its_text_names(text):
    with pytest.raises(ValueError, match="^" + text.replace(":", ".")):
        Audience.parse(text)


def test_an_audience_is_read_as_it_was_written():
    for audience in (STAFF, Audience(1), Audience(2_147_483_647)):
        assert Audience.parse(str(audience)) == audience
    assert not Audience(0).is_staff
