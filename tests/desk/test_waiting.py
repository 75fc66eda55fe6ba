"""Who waits, since when, and what was said last: as every verb leaves it, and as it was filled for older tickets."""

import importlib
from types import SimpleNamespace

import pytest

from app import db
from app.desk import comments, excerpt, people, tickets
from app.desk.models import Comment, Ticket
from app.desk.waiting import COLUMNS
from tests import forms

from .acts import a_ticket, renewed


async def kept(ticket: Ticket) -> tuple[object, ...]:
    [row] = await db.rows(f"SELECT {', '.join(COLUMNS)} FROM ticket WHERE id = ?", [ticket.id])
    return row["waiting_since"], row["heard"], row["last_words"], bool(row["last_by_staff"])


async def set_to(desk, ticket: Ticket, **fields: str) -> None:
    await forms.change(desk.anna, ticket.id, str((await Ticket.get(id=ticket.id)).version), fields)


async def test_a_customer_waits_from_the_first_message_that_nobody_answered(desk):
    ticket = await a_ticket(desk.clara, body="It does not print.")
    opened = ticket.created
    assert await kept(ticket) == (opened, opened, "It does not print.", False)
    more = await forms.write(desk.clara, ticket.id, "Nor does it *scan*.")
    assert await kept(ticket) == (opened, more.created, "Nor does it scan.", False)
    await forms.write(desk.anna, ticket.id, "A paper jam, I think.", kind="note")
    assert await kept(ticket) == (opened, more.created, "Nor does it scan.", False)
    await forms.write(desk.anna, ticket.id, "Is it plugged in?")
    assert await kept(ticket) == (None, more.created, "Is it plugged in?", True)
    again = await forms.write(desk.clara, ticket.id, "It is.")
    assert await kept(ticket) == (again.created, again.created, "It is.", False)


async def test_a_solved_ticket_waits_for_nobody_and_waits_anew_for_what_is_written_to_it(desk):
    ticket = await a_ticket(desk.clara)
    await set_to(desk, ticket, status="solved")
    assert (await kept(ticket))[0] is None
    await set_to(desk, ticket, status="closed")
    assert (await kept(ticket))[0] is None
    await set_to(desk, ticket, status="open")
    assert (await kept(ticket))[0] == ticket.created, "it was solved by mistake"
    await set_to(desk, ticket, status="solved")
    thanks = await forms.write(desk.clara, ticket.id, "Not quite.")
    assert (await kept(ticket))[:2] == (thanks.created, thanks.created)
    await forms.write(desk.anna, ticket.id, "Now it is.", status="solved")
    assert await kept(ticket) == (None, thanks.created, "Now it is.", True)
    await set_to(desk, ticket, status="open")
    assert (await kept(ticket))[0] is None, "it was answered"


async def test_what_staff_open_for_a_customer_is_no_message_of_theirs(desk):
    ticket = await a_ticket(desk.anna, requester="clara@pult.example", body="Clara called.")
    assert await kept(ticket) == (None, ticket.created, "Clara called.", True)
    own = await a_ticket(desk.anna, body="My own chair squeaks.")
    assert await kept(own) == (own.created, own.created, "My own chair squeaks.", False)
    await forms.write(desk.anna, own.id, "Never mind.", status="solved")
    await forms.write(desk.anna, own.id, "Still solved.", status="solved")
    assert (await kept(own))[0] is None
    await set_to(desk, own, status="open", requester="clara@pult.example")
    assert (await kept(own))[0] is None and (await kept(own))[3] is True, "now Anna is who answers"
    await set_to(desk, own, requester="anna@pult.example")
    assert (await kept(own))[0] == own.created


async def test_edits_and_deletions_keep_the_last_words_and_who_waits(desk):
    ticket = await a_ticket(desk.clara, body="First.")
    second = await forms.write(desk.clara, ticket.id, "Second.")
    await forms.edit(desk.clara, second.id, "**Second**, corrected.", "1")
    assert await kept(ticket) == (ticket.created, second.created, "Second, corrected.", False)
    await comments.remove(desk.clara, second.id)
    assert await kept(ticket) == (ticket.created, ticket.created, "First.", False)
    answer = await forms.write(desk.anna, ticket.id, "An answer.")
    await comments.remove(desk.anna, answer.id)
    assert await kept(ticket) == (ticket.created, ticket.created, "First.", False), "nobody has answered, after all"
    third = await forms.write(desk.clara, ticket.id, "Third.")
    await comments.remove(desk.clara, (await Comment.filter(ticket_id=ticket.id).order_by("event_id").first()).id)
    assert await kept(ticket) == (third.created, third.created, "Third.", False)
    await comments.remove(desk.clara, third.id)
    assert await kept(ticket) == (None, ticket.created, "", False)


async def test_what_is_deleted_of_a_reopened_ticket_wakes_nothing_that_was_solved(desk):
    ticket = await a_ticket(desk.clara)
    await set_to(desk, ticket, status="solved")
    second = await forms.write(desk.clara, ticket.id, "Second.")
    third = await forms.write(desk.clara, ticket.id, "Third.")
    await comments.remove(desk.clara, third.id)
    assert (await kept(ticket))[0] == second.created
    await comments.remove(desk.clara, second.id)
    assert (await kept(ticket))[0] is None


async def test_a_ticket_that_comes_back_waits_as_before(desk):
    ticket = await a_ticket(desk.clara)
    before = await kept(ticket)
    await tickets.delete(desk.anna, ticket.id)
    await tickets.restore(desk.anna, ticket.id)
    assert await kept(ticket) == before


async def test_what_is_rendered_anew_changes_neither(desk):
    ticket = await a_ticket(desk.clara, body="*First* words.")
    before = await kept(ticket)
    await db.rows("UPDATE comment SET html = 'as it was', renderer = 0 WHERE ticket_id = ?", [ticket.id])
    await renewed()
    assert await kept(ticket) == before


async def test_tickets_of_before_are_filled_as_the_verbs_leave_them(desk):
    """By the statements of that day, which know no message that was written to a solved ticket."""
    some = [await a_ticket(desk.clara, body=f"A *long* one. {'word ' * 80}")]
    some += [await a_ticket(desk.anna, requester="clara@pult.example"), await a_ticket(desk.anna)]
    for by, words, kind in (
        (desk.clara, "> quoted\n\n- one\n- two", "reply"),
        (desk.anna, "An answer & a < b", "reply"),
        (desk.anna, "a note", "note"),
        (desk.clara, "`last`", "reply"),
    ):
        some.append(await a_ticket(desk.clara))
        for earlier in some[3:]:
            await forms.write(by, earlier.id, words, kind=kind)
    await set_to(desk, some[3], status="solved")
    silent = await a_ticket(desk.clara)
    await comments.remove(desk.clara, (await Comment.get(ticket_id=silent.id)).id)
    some.append(silent)
    before = [await kept(ticket) for ticket in some]
    await db.rows(
        "UPDATE ticket SET waiting_since = NULL, heard = 0, last_words = '', last_by_staff = ? RETURNING id", [False]
    )
    migration = importlib.import_module("app.migrations.0013_who_waits")
    async with db.transaction():
        await migration.fill(None, SimpleNamespace(client=db._client()))
    assert [await kept(ticket) for ticket in some] == before
    assert len(set(before)) == len(before)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("one\ntwo", "one two"),
        ("# Title\n\n**bold** `code <p>`", "Title bold code <p>"),
        ("- one\n- two\n\n> three", "one two three"),
        ("[a link](https://pult.example/?a=1&b=2) & more", "a link & more"),
        ("   \u202bעברית \n\n 🙂", "\u202bעברית 🙂"),
        ("| a | b |\n|---|---|\n| c | d |", "a b c d"),
        ("word " * 60, f"{('word ' * 32).rstrip()}…"),
        ("x" * 200, f"{'x' * 160}…"),
        ("x" * 160, "x" * 160),
    ],
)
async def test_the_last_words_are_what_the_message_says_in_one_line(typed, said, desk):
    assert (await kept(await a_ticket(desk.clara, body=typed)))[2] == said


def test_an_excerpt_of_html_that_is_cut_holds_no_half_of_a_tag():
    html = f'<p dir="auto">Hi</p><p dir="auto"><a href="{"x" * excerpt.LOOKED_AT}">there</a></p>'
    assert excerpt.of(html) == "Hi"


async def test_who_leaves_the_staff_takes_no_answer_back(desk):
    ticket = await a_ticket(desk.clara)
    await forms.write(desk.boris, ticket.id, "An answer.")
    before = await kept(ticket)
    await people.set_role(desk.boris, "requester")
    assert await kept(ticket) == before
