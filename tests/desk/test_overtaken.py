"""A reply whose writer did not know what others said meanwhile waits for a word of theirs."""

import asyncio

import pytest
from lxml.html import fromstring

from app.desk import comments, embeds
from app.desk.embeds import Embed
from app.desk.errors import Invalid, Overtaken
from app.desk.models import Comment, Status, Ticket
from app.desk.values import Message
from tests import forms

from .acts import a_ticket, everything, position


async def stopped(*sent: object, **form: str) -> Overtaken:
    """What is said to who sends this reply; nothing is changed by it."""
    before = await everything()
    with pytest.raises(Overtaken) as problem:
        await forms.write(*sent, **form)
    assert await everything() == before
    return problem.value


def words(told: Overtaken) -> list[tuple[str, str]]:
    return [(said.author, fromstring(said.html).text_content().strip()) for said in told.said]


@pytest.fixture
async def ticket(desk) -> Ticket:
    return await a_ticket(desk.clara)


@pytest.mark.parametrize("by", ["boris", "clara", "vera"])
async def test_a_reply_is_stopped_by_what_others_said_in_public_since(desk, ticket, by):
    seen = str(await position())
    newer = await forms.write(getattr(desk, by), ticket.id, "Meanwhile.")
    told = await stopped(desk.anna, ticket.id, "At last.", status="solved", seen=seen)
    assert words(told) == [(by.title(), "Meanwhile.")] and told.more == 0 and told.seen == newer.event_id
    assert (await Ticket.get(id=ticket.id)).status is not Status.SOLVED
    await forms.write(desk.anna, ticket.id, "At last.", status="solved", seen=str(told.seen))
    assert (await Ticket.get(id=ticket.id)).status is Status.SOLVED


async def test_a_reply_from_inside_another_site_stops_and_is_not_stopped(desk, ticket):
    key = await embeds.add_key("Shop", ["https://shop.example"], by=desk.vera)
    embed = Embed(key.id, desk.clara.id, ticket.id, ("read", "comment"), only=(), until=2**40)
    seen = await position()
    await forms.write(desk.boris, ticket.id, "Meanwhile.")
    await embeds.reply(embed, ticket.id, Message("From the shop.", seen=seen))
    told = await stopped(desk.anna, ticket.id, "At last.", seen=str(seen))
    assert words(told) == [("Boris", "Meanwhile."), ("Clara", "From the shop.")]


async def test_nothing_else_that_happens_stops_a_reply(desk, ticket):
    """Notes, fields, other tickets, what was taken back, and what its writer said."""
    other = await a_ticket(desk.dmitri)
    seen = str(await position())
    await forms.write(desk.boris, ticket.id, "For us.", kind="note")
    await forms.change(desk.boris, ticket.id, "1", {"priority": "high"})
    await forms.write(desk.boris, other.id, "Elsewhere.")
    gone = await forms.write(desk.boris, ticket.id, "Never mind.")
    await comments.remove(desk.boris, gone.id)
    for number in range(3):
        await forms.write(desk.anna, ticket.id, f"{number} of mine.", seen=seen)


async def test_notes_requesters_and_who_does_not_say_what_they_saw_are_not_stopped(desk, ticket):
    seen = str(await position())
    await forms.write(desk.boris, ticket.id, "Meanwhile.")
    await forms.write(desk.anna, ticket.id, "For us.", kind="note", seen=seen)
    await forms.write(desk.clara, ticket.id, "Hello?", seen=seen)
    await forms.write(desk.anna, ticket.id, "By a script.")
    asked = await a_ticket(desk.vera)
    seen = str(await position())
    await forms.write(desk.boris, asked.id, "Meanwhile.")
    assert words(await stopped(desk.vera, asked.id, "Of my own.", seen=seen)) == [("Boris", "Meanwhile.")]


async def test_what_was_sent_before_is_the_same_message_whatever_came_since(desk, ticket):
    seen = str(await position())
    first = await forms.write(desk.anna, ticket.id, "Once.", key="k1", seen=seen)
    await forms.write(desk.boris, ticket.id, "Meanwhile.")
    assert (await forms.write(desk.anna, ticket.id, "Once.", key="k1", seen=seen)).id == first.id
    await stopped(desk.anna, ticket.id, "Twice.", key="k1", seen=seen)


async def test_what_comes_after_what_was_shown_stops_it_again(desk, ticket):
    seen = str(await position())
    for number in range(5):
        await forms.write(desk.boris, ticket.id, f"No. {number}")
    told = await stopped(desk.anna, ticket.id, "At last.", seen=seen)
    assert words(told) == [("Boris", f"No. {number}") for number in (2, 3, 4)] and told.more == 2
    await forms.write(desk.clara, ticket.id, "Thanks!")
    again = await stopped(desk.anna, ticket.id, "At last.", seen=str(told.seen))
    assert words(again) == [("Clara", "Thanks!")] and again.more == 0


async def test_who_saw_more_than_ever_happened_has_seen_nothing(desk, ticket):
    """The desk was put back to an older copy, and its numbers begin anew."""
    assert words(await stopped(desk.anna, ticket.id, "Hello.", seen=str(10**18 - 1)))[-1][0] == "Clara"


@pytest.mark.parametrize("hands", [("anna", "boris"), ("anna", "boris", "vera", "clara")])
async def test_of_those_who_reply_at_once_one_goes_out_unasked(desk, ticket, hands):
    """The requester's own is sent in any case, and may come before, between or after them."""
    for _ in range(5):
        seen = str(await position())
        before = await Comment.all().count()
        sends = (forms.write(getattr(desk, hand), ticket.id, f"I am {hand}.", seen=seen) for hand in hands)
        results = await asyncio.gather(*sends, return_exceptions=True)
        went = [result for result in results if isinstance(result, Comment)]
        assert all(isinstance(result, Comment | Overtaken) for result in results)
        staff = [result for result in went if result.author_id != desk.clara.id]
        assert len(staff) <= 1 and len(went) >= 1
        assert "clara" in hands or len(staff) == 1
        assert await Comment.all().count() == before + len(went)


@pytest.mark.parametrize("seen", ["-1", "x", "1e3", "٣", "9" * 19, " "])
async def test_what_is_no_number_of_an_event_is_said(desk, ticket, seen):
    with pytest.raises(Invalid) as problem:
        await forms.write(desk.anna, ticket.id, "Hello.", seen=seen)
    assert problem.value.errors == {"seen": "unknown"}
