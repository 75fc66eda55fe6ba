"""Replies and notes: what they do to the ticket, who may take them back, and what the journal keeps."""

import asyncio

import pytest

from app import db
from app.desk import comments, threads, tickets
from app.desk.audience import STAFF, Audience
from app.desk.errors import Code, Conflict, Invalid, Missing, Refused, TooLate
from app.desk.events import What
from app.desk.models import Status, Ticket
from app.desk.threads import Said
from app.markup import plain
from tests import forms

from .acts import a_ticket, bodies, entries, everything, journal, position


async def thread(ticket: Ticket) -> list[Said]:
    return [entry for entry in await entries(STAFF, ticket.id) if isinstance(entry, Said)]


async def now(ticket: Ticket) -> Ticket:
    return await Ticket.get(id=ticket.id)


async def in_status(desk, status: str) -> Ticket:
    ticket = await a_ticket(desk.clara)
    return await forms.change(desk.anna, ticket.id, "1", {"status": status})


async def test_the_first_reply_of_staff_opens_a_new_ticket(desk):
    ticket = await a_ticket(desk.clara)
    await forms.write(desk.clara, ticket.id, "One more thing.")
    assert (await now(ticket)).status is Status.NEW
    await forms.write(desk.anna, ticket.id, "For us.", kind="note")
    assert (await now(ticket)).status is Status.NEW
    await forms.write(desk.anna, ticket.id, "For you.")
    assert (await now(ticket)).status is Status.OPEN


@pytest.mark.parametrize("status", ["pending", "solved"])
async def test_a_reply_of_the_requester_reopens_what_waits_or_is_solved(desk, status):
    ticket = await in_status(desk, status)
    await forms.write(desk.anna, ticket.id, "By the way:")
    await forms.write(desk.anna, ticket.id, "Between us:", kind="note")
    assert (await now(ticket)).status == status
    await forms.write(desk.clara, ticket.id, "It is broken again.")
    assert (await now(ticket)).status is Status.OPEN


@pytest.mark.parametrize("asks", ["anna", "vera", "clara"])
async def test_who_asks_reopens_and_who_answers_opens_whatever_their_role(desk, asks):
    asker = getattr(desk, asks)
    ticket = await a_ticket(asker)
    await forms.write(asker, ticket.id, "One more thing.")
    assert (await now(ticket)).status is Status.NEW
    await forms.write(desk.boris, ticket.id, "For you.")
    assert (await now(ticket)).status is Status.OPEN
    for status in ("pending", "solved"):
        await forms.change(desk.boris, ticket.id, str((await now(ticket)).version), {"status": status})
        if asker.is_staff:
            await forms.write(asker, ticket.id, "To myself.", kind="note")
            assert (await now(ticket)).status == status
        await forms.write(asker, ticket.id, "It is broken again.")
        assert (await now(ticket)).status is Status.OPEN
    if asker.is_staff:
        await forms.write(asker, ticket.id, "Never mind.", status="solved")
        assert (await now(ticket)).status is Status.SOLVED


async def test_a_closed_ticket_takes_no_reply_of_anyone_until_it_is_reopened(desk):
    ticket = await in_status(desk, "closed")
    before = await everything()
    for person, status in ((desk.clara, ""), (desk.anna, ""), (desk.vera, "open")):
        with pytest.raises(Invalid) as problem:
            await forms.write(person, ticket.id, "Too late?", status=status)
        assert problem.value.errors == {"body": "closed"}
    assert await everything() == before
    await forms.write(desk.anna, ticket.id, "For the record.", kind="note")
    await forms.change(desk.anna, ticket.id, "2", {"status": "open"})
    await forms.write(desk.clara, ticket.id, "In time.")
    assert await bodies(await thread(ticket)) == ["It does not print.", "For the record.", "In time."]


async def test_a_reply_may_set_the_status_and_only_then_counts_as_a_version(desk):
    ticket = await in_status(desk, "open")
    await forms.write(desk.anna, ticket.id, "Still looking.")
    await forms.write(desk.clara, ticket.id, "Thanks.")
    assert (await now(ticket)).version == 2
    await forms.write(desk.anna, ticket.id, "Solved.", status="solved")
    assert ((await now(ticket)).status, (await now(ticket)).version) == (Status.SOLVED, 3)
    await forms.write(desk.anna, ticket.id, "A note may as well.", kind="note", status="pending")
    assert ((await now(ticket)).status, (await now(ticket)).version) == (Status.PENDING, 4)
    await forms.write(desk.anna, ticket.id, "It is that already.", status="pending")
    assert (await now(ticket)).version == 4


async def test_a_status_that_staff_name_wins_over_the_one_that_follows(desk):
    ticket = await a_ticket(desk.clara)
    await forms.write(desk.anna, ticket.id, "We do not do this.", status="solved")
    assert (await now(ticket)).status is Status.SOLVED


async def test_a_note_is_news_for_staff_and_none_for_the_requester(desk):
    ticket = await a_ticket(desk.clara)
    note = await forms.write(desk.anna, ticket.id, "Secret.", kind="note")
    after = await now(ticket)
    assert after.updated > ticket.updated and after.updated_public == ticket.updated_public
    await forms.edit(desk.anna, note.id, "More secret.", "1")
    await comments.remove(desk.anna, note.id)
    last = await now(ticket)
    assert last.updated > after.updated and last.updated_public == ticket.updated_public
    assert [event.public for event in await journal()] == [True, False, False, False]


async def test_replies_their_edits_and_removals_are_news_for_both(desk):
    ticket = await a_ticket(desk.clara)
    reply = await forms.write(desk.clara, ticket.id, "First.")
    moments = [(await now(ticket)).updated_public]
    await forms.edit(desk.clara, reply.id, "Second.", "1")
    moments.append((await now(ticket)).updated_public)
    await comments.remove(desk.clara, reply.id)
    moments.append((await now(ticket)).updated_public)
    assert moments == sorted(set(moments)) and moments[-1] == (await now(ticket)).updated


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"body": " \n\t "}, {"body": "empty"}),
        ({"body": "x" * 100_001}, {"body": "too_long"}),
        ({"body": "a\x00"}, {"body": "unknown"}),
        ({"body": "x", "kind": "whisper"}, {"kind": "unknown"}),
        ({"body": "x", "status": "done"}, {"status": "unknown"}),
        ({"body": "x", "key": "\n"}, {"key": "unknown"}),
        ({"body": "", "kind": "", "status": "?"}, {"body": "empty", "kind": "unknown", "status": "unknown"}),
    ],
)
async def test_what_cannot_be_written_says_why_and_leaves_nothing(desk, sent, errors):
    ticket = await a_ticket(desk.clara)
    before = await everything()
    with pytest.raises(Invalid) as problem:
        await forms.write(desk.anna, ticket.id, **sent)
    assert problem.value.errors == errors
    assert await everything() == before


async def test_the_same_form_sent_again_is_one_comment(desk):
    ticket = await a_ticket(desk.clara)
    sends = (forms.write(desk.anna, ticket.id, "Once.", status="solved", key="k1") for _ in range(20))
    assert len({comment.id for comment in await asyncio.gather(*sends)}) == 1
    assert await bodies(await thread(ticket)) == ["It does not print.", "Once."]
    assert (await now(ticket)).version == 2


async def test_a_reply_sent_again_is_known_even_after_the_ticket_was_closed(desk):
    ticket = await a_ticket(desk.clara)
    sent = await forms.write(desk.clara, ticket.id, "Thanks!", key="k1")
    await forms.change(desk.anna, ticket.id, "1", {"status": "closed"})
    assert (await forms.write(desk.clara, ticket.id, "Thanks!", key="k1")).id == sent.id


async def test_a_key_is_its_writers_own_and_of_one_ticket_and_kind(desk):
    ticket, other = await a_ticket(desk.clara), await a_ticket(desk.clara)
    for _ in range(2):
        await forms.write(desk.anna, ticket.id, "The same.", key="k1")
        await forms.write(desk.anna, ticket.id, "The same.", key="k1", kind="note")
        await forms.write(desk.boris, ticket.id, "The same.", key="k1")
        await forms.write(desk.anna, other.id, "The same.", key="k1")
    assert [(said.author, said.kind) for said in (await thread(ticket))[1:]] == [
        ("Anna", "reply"),
        ("Anna", "note"),
        ("Boris", "reply"),
    ]
    assert len(await thread(other)) == 2


async def test_other_words_under_a_key_are_the_next_message(desk):
    """Who sends twice before the first answer came has sent both with the key of the same form."""
    ticket = await a_ticket(desk.clara)
    first = await forms.write(desk.clara, ticket.id, "Thanks!", key="k1")
    second = [await forms.write(desk.clara, ticket.id, "And one more thing.", key="k1") for _ in range(2)]
    assert [comment.id for comment in second] == [first.id + 1] * 2
    await forms.edit(desk.clara, first.id, "Thank you!", "1")
    assert (await forms.write(desk.clara, ticket.id, "Thanks!", key="k1")).id == first.id, "sent before it was edited"
    assert len(await thread(ticket)) == 3


async def test_an_edit_is_marked_and_counts_as_a_version(desk):
    ticket = await a_ticket(desk.clara)
    reply = await forms.write(desk.anna, ticket.id, "Helo.")
    await forms.edit(desk.anna, reply.id, " Hello.\n", "1")
    await forms.edit(desk.vera, reply.id, "Hello!", "2")
    said = (await thread(ticket))[-1]
    assert (said.html, said.version, said.edited, said.author) == (plain("Hello!"), 3, True, "Anna")
    assert (said.number, said.created) == (reply.event_id, reply.created)
    assert not (await thread(ticket))[0].edited


async def test_staff_see_what_a_message_said_before_and_who_wrote_it_so(desk):
    ticket = await a_ticket(desk.clara, body="It was me.")
    opened = ticket.created
    await forms.edit(desk.clara, 1, "It was <b>not</b> me.", "1")
    await forms.edit(desk.vera, 1, "It was somebody.", "2")
    [said] = await thread(ticket)
    told = [(was.body, was.author) for was in said.earlier]
    assert told == [("It was <b>not</b> me.", "Clara"), ("It was me.", "Clara")]
    edits = [event.at for event in await journal() if event.what is What.COMMENT_EDITED]
    assert [was.at for was in said.earlier] == [edits[0], opened] and said.left_out == 0
    await forms.edit(desk.clara, 1, "It was she.", "3")
    assert (await thread(ticket))[0].earlier[0].author == "Vera"
    theirs = await threads.thread(desk.clara.audience, ticket.id)
    embedded = await threads.thread(Audience(desk.clara.id, embedded=True), ticket.id)
    for part in (theirs, embedded):
        assert not any(words in str(part) for words in ("It was me", "not</b> me", "somebody"))
        assert all(not getattr(entry, "earlier", ()) for entry in part.entries)
    assert "It was" not in str(await journal()), "no event that is told holds words"


async def test_of_many_earlier_versions_the_first_and_the_last_are_shown(desk):
    """Who edits without end makes nobody's page heavy, and hides nothing of what was said first."""
    ticket = await a_ticket(desk.clara, body="The first words.")
    for number in range(1, 6):
        await forms.edit(desk.clara, 1, f"{number} " + "x" * 12_000, str(number))
    [said] = await thread(ticket)
    assert [was.body[:9] for was in said.earlier] == ["4 xxxxxxx", "3 xxxxxxx", "The first"]
    assert said.left_out == 2


async def test_what_a_message_said_goes_with_it(desk):
    ticket = await a_ticket(desk.clara)
    reply = await forms.write(desk.anna, ticket.id, "swordfish")
    note = await forms.write(desk.anna, ticket.id, "trout", kind="note")
    for comment in (reply, note):
        await forms.edit(desk.anna, comment.id, "Never mind.", "1")
    assert "swordfish" in str(await everything()) and "trout" in str(await everything())
    await comments.remove(desk.anna, reply.id)
    assert "swordfish" not in str(await everything()) and "trout" in str(await everything())


async def test_a_requester_changes_what_they_said_until_it_is_answered_or_the_ticket_closed(desk):
    ticket = await a_ticket(desk.clara)
    second = await forms.write(desk.clara, ticket.id, "One more thing.")
    await forms.write(desk.anna, ticket.id, "For us alone.", kind="note")
    await forms.edit(desk.clara, 1, "It does not print at all.", "1")
    answer = await forms.write(desk.anna, ticket.id, "Is it plugged in?")
    third = await forms.write(desk.clara, ticket.id, "It is.")
    before = await everything()
    for late in (1, second.id):
        for act in (forms.edit(desk.clara, late, "It never was.", "2"), comments.remove(desk.clara, late)):
            with pytest.raises(TooLate) as refused:
                await act
            assert (refused.value.code, refused.value.ticket) == (Code.ANSWERED, ticket.id)
    assert await everything() == before
    await forms.edit(desk.clara, third.id, "It is now.", "1")
    await forms.edit(desk.anna, answer.id, "Is it plugged in, please?", "1")  # staff correct themselves at any time
    await forms.edit(desk.vera, 1, "It does not print.", "2")
    await forms.change(desk.anna, ticket.id, str((await now(ticket)).version), {"status": "closed"})
    with pytest.raises(TooLate) as refused:
        await forms.edit(desk.clara, third.id, "It was.", "2")
    assert refused.value.code is Code.CLOSED_TO_EDITS
    await forms.edit(desk.anna, answer.id, "Plugged in?", "2")
    await forms.change(desk.anna, ticket.id, str((await now(ticket)).version), {"status": "open"})
    await forms.edit(desk.clara, third.id, "It was.", "2")
    await comments.remove(desk.anna, answer.id)
    await forms.edit(desk.clara, second.id, "No more things.", "1")  # what nobody answers any more


async def test_an_edit_that_changes_nothing_is_none(desk):
    ticket = await a_ticket(desk.clara)
    reply = await forms.write(desk.anna, ticket.id, "Hello.")
    before = await everything()
    await forms.edit(desk.anna, reply.id, "Hello. ", "1")
    assert await everything() == before


async def test_of_two_edits_the_second_conflicts_and_shows_the_first(desk):
    ticket = await a_ticket(desk.clara)
    reply = await forms.write(desk.anna, ticket.id, "Helo.")
    await forms.edit(desk.vera, reply.id, "Hello.", "1")
    before = await everything()
    with pytest.raises(Conflict) as problem:
        await forms.edit(desk.anna, reply.id, "Hallo.", "1")
    assert (problem.value.theirs, problem.value.mine) == ({"body": "Hello."}, {"body": "Hallo."})
    assert (problem.value.version, problem.value.by) == (2, "Vera")
    for body, version, error in (("", "2", {"body": "empty"}), ("x", "", {"version": "unknown"})):
        with pytest.raises(Invalid) as invalid:
            await forms.edit(desk.anna, reply.id, body, version)
        assert invalid.value.errors == error
    assert await everything() == before


async def test_a_removed_comment_leaves_a_marker_and_its_text_is_nowhere(desk):
    ticket = await a_ticket(desk.clara)
    reply = await forms.write(desk.anna, ticket.id, "swordfish")
    await forms.edit(desk.anna, reply.id, "my password is swordfish", "1")
    await comments.remove(desk.anna, reply.id)
    for audience in (STAFF, desk.clara.audience):
        [said] = [entry for entry in await entries(audience, ticket.id) if getattr(entry, "id", 0) == reply.id]
        assert (said.html, said.deleted, said.version, said.author) == ("", True, 3, "Anna")
    assert "swordfish" not in str(await everything())
    with pytest.raises(Missing):
        await comments.remove(desk.vera, reply.id)


async def test_every_verb_leaves_exactly_its_events(desk):
    async def left(work) -> list[What]:
        last = await position()
        await work
        return [event.what for event in await journal(last)]

    assert await left(a_ticket(desk.clara)) == [What.TICKET_CREATED]
    assert await left(forms.write(desk.anna, 1, "A note.", kind="note")) == [What.COMMENT_ADDED]
    assert await left(forms.write(desk.anna, 1, "A reply.")) == [What.COMMENT_ADDED, What.TICKET_UPDATED]
    assert await left(forms.write(desk.anna, 1, "Another.")) == [What.COMMENT_ADDED]
    assert await left(forms.edit(desk.anna, 3, "Better.", "1")) == [What.COMMENT_EDITED]
    assert await left(forms.edit(desk.anna, 3, "Better.", "2")) == []
    assert await left(comments.remove(desk.anna, 3)) == [What.COMMENT_DELETED]
    assert await left(forms.change(desk.anna, 1, "2", {"priority": "low", "tags": "a,b"})) == [What.TICKET_UPDATED]
    assert await left(forms.change(desk.anna, 1, "3", {"priority": "low"})) == []
    assert await left(tickets.delete(desk.anna, 1)) == [What.TICKET_DELETED]
    assert await left(tickets.restore(desk.vera, 1)) == [What.TICKET_RESTORED]
    assert await left(tickets.restore(desk.vera, 1)) == []


async def test_a_refused_verb_leaves_nothing_and_tells_nobody(desk):
    ticket = await a_ticket(desk.clara)
    reply = await forms.write(desk.anna, ticket.id, "Hello.")
    before, told = await everything(), []
    db.on_commit.append(lambda: told.append(1))
    try:
        for refused in (
            forms.write(desk.clara, ticket.id, "x", status="solved"),
            forms.write(desk.clara, ticket.id, "x", kind="note"),
            forms.edit(desk.boris, reply.id, "x", "1"),
            comments.remove(desk.clara, reply.id),
            forms.change(desk.clara, ticket.id, "1", {"subject": "x"}),
            tickets.delete(desk.clara, ticket.id),
        ):
            with pytest.raises(Refused):
                await refused
    finally:
        db.on_commit.pop()
    assert await everything() == before and not told
