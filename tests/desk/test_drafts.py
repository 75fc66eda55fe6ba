"""Drafts: kept for their writer alone, the later of two, gone with what is sent."""

import asyncio

import pytest

from app.desk import comments, drafting, drafts, embeds, tickets
from app.desk.drafting import Later
from app.desk.drafts import Draft
from app.desk.embeds import Embed
from app.desk.errors import Invalid, Missing, Overtaken, Refused, TooLate
from app.desk.models import Person, Ticket
from app.desk.values import Message, Opening, Revision
from tests import forms

from .acts import a_ticket, position


async def keep(person: Person, **form: object) -> int:
    return await drafting.keep(person, drafting.read({name: str(value) for name, value in form.items()}))


async def kept(person: Person, place: str = "message 1") -> str | None:
    draft = await drafts.of(person.id, place)
    return draft.body if draft else None


@pytest.fixture
async def ticket(desk) -> Ticket:
    return await a_ticket(desk.clara)


async def test_each_draft_is_of_one_person_and_place(desk, ticket):
    other = await a_ticket(desk.dmitri)
    typed = {
        (desk.anna, "message 1"): {"ticket": 1, "kind": "note", "body": "Of Anna."},
        (desk.boris, "message 1"): {"ticket": 1, "kind": "reply", "body": "Of Boris."},
        (desk.clara, "message 1"): {"ticket": 1, "body": "Of Clara."},
        (desk.anna, f"message {other.id}"): {"ticket": other.id, "kind": "reply", "body": "Elsewhere."},
        (desk.anna, "ticket"): {"kind": "ticket", "body": "A new one.", "subject": "Toner"},
        (desk.clara, "edit 1"): {"kind": "edit", "comment": 1, "body": "Better.", "of": "1"},
    }
    for (person, _), form in typed.items():
        assert await keep(person, **form) > 0
    for (person, place), form in typed.items():
        assert await kept(person, place) == form["body"]
    assert await Draft.all().count() == len(typed)
    assert (await drafts.of(desk.anna.id, "ticket")).others == {"subject": "Toner"}


async def test_of_two_devices_the_later_wins_and_is_told(desk, ticket):
    first = await keep(desk.anna, ticket=1, body="One")
    second = await keep(desk.anna, ticket=1, body="One, two", kind="note", version=first)
    assert second > first
    for late in (0, first):
        with pytest.raises(Later) as told:
            await keep(desk.anna, ticket=1, body="Uno", version=late)
        assert (told.value.draft.body, told.value.draft.version) == ("One, two", second)
    third = await keep(desk.anna, ticket=1, body="Uno", version=second)
    assert await kept(desk.anna) == "Uno" and third > second
    with pytest.raises(Later):
        await keep(desk.anna, ticket=1, body="", version=second)
    assert await keep(desk.anna, ticket=1, body=" \n", version=third) == 0
    assert await kept(desk.anna) is None


async def test_of_many_at_once_one_is_kept_and_each_other_is_told_of_it(desk, ticket):
    base = await keep(desk.anna, ticket=1, body="Before")
    saves = (keep(desk.anna, ticket=1, body=f"No. {number}", version=base) for number in range(8))
    results = await asyncio.gather(*saves, return_exceptions=True)
    [version] = [result for result in results if isinstance(result, int)]
    assert all(result.draft.version == version for result in results if isinstance(result, Later))
    assert sum(isinstance(result, Later) for result in results) == 7
    fresh = await asyncio.gather(*(keep(desk.boris, ticket=1, body=str(n)) for n in range(8)), return_exceptions=True)
    assert sum(isinstance(result, int) for result in fresh) == 1
    assert sum(isinstance(result, Later) for result in fresh) == 7


async def test_what_was_sent_is_no_draft_any_more(desk, ticket):
    version = await keep(desk.anna, ticket=1, body="Half", key="k1")
    await keep(desk.boris, ticket=1, body="Half")
    await comments.write(desk.anna, 1, Message("Half and half", draft=version))
    assert await kept(desk.anna) is None and await kept(desk.boris) == "Half"
    version = await keep(desk.anna, kind="ticket", body="Half", subject="Toner")
    await tickets.open_ticket(desk.anna, Opening("Toner", "Whole", draft=version))
    assert await kept(desk.anna, "ticket") is None
    version = await keep(desk.clara, kind="edit", comment=1, body="Better", of="1")
    with pytest.raises(TooLate):
        await comments.edit(desk.clara, 1, Revision("Best", 1, draft=version))
    assert await kept(desk.clara, "edit 1") == "Better"
    reply = await forms.write(desk.anna, 1, "Helo")
    version = await keep(desk.anna, kind="edit", comment=reply.id, body="Hell", of="1")
    await comments.edit(desk.anna, reply.id, Revision("Hello", 1, draft=version))
    assert await kept(desk.anna, f"edit {reply.id}") is None


async def test_what_was_written_elsewhere_since_stays_unless_it_is_the_same(desk, ticket):
    first = await keep(desk.anna, ticket=1, body="One", key="k1")
    second = await keep(desk.anna, ticket=1, body="Two", key="k2", version=first)
    await comments.write(desk.anna, 1, Message("One", draft=first, idempotency_key="k1"))
    assert await kept(desk.anna) == "Two"
    await comments.write(desk.anna, 1, Message("Two, and on", draft=0, idempotency_key="k2"))
    assert await kept(desk.anna) is None, "of the same form: what was saved while it was on its way"
    await keep(desk.anna, ticket=1, body="Two, and on, and on", key="k2", version=second)
    await comments.write(desk.anna, 1, Message("Two", draft=0, idempotency_key="k2"))
    assert await kept(desk.anna) == "Two, and on, and on", "written on elsewhere, in a form of the same key"
    second = (await Draft.get(body="Two, and on, and on")).version
    await keep(desk.anna, ticket=1, body=" Four\n", version=second)
    await forms.write(desk.anna, 1, "Four")
    assert await kept(desk.anna) is None, "a script that knows of no drafts has sent its words"
    await keep(desk.anna, ticket=1, body="Five")
    await forms.write(desk.anna, 1, "Six")
    assert await kept(desk.anna) == "Five"


async def test_a_draft_goes_with_its_send_and_stays_with_a_refusal(desk, ticket):
    version = await keep(desk.anna, ticket=1, body="Half", seen=await position())
    await forms.write(desk.boris, 1, "Meanwhile.")
    with pytest.raises(Overtaken):
        await comments.write(desk.anna, 1, Message("Half", seen=3, draft=version))
    assert await kept(desk.anna) == "Half"


async def test_a_reply_from_inside_another_site_leaves_other_words_alone(desk, ticket):
    key = await embeds.add_key("Shop", ["https://shop.example"], by=desk.vera)
    embed = Embed(key.id, desk.clara.id, 1, ("read", "comment"), only=(), until=2**40)
    await keep(desk.clara, ticket=1, body="Half")
    await embeds.reply(embed, 1, Message("Whole"))
    assert await kept(desk.clara) == "Half"


async def test_who_may_not_write_it_may_not_keep_it(desk, ticket):
    note = await forms.write(desk.anna, 1, "For us.", kind="note")
    for person, form, problem in (
        (desk.dmitri, {"ticket": 1, "body": "x"}, Missing),
        (desk.clara, {"ticket": 1, "kind": "note", "body": "x"}, Refused),
        (desk.clara, {"kind": "edit", "comment": note.id, "body": "x"}, Missing),
        (desk.boris, {"kind": "edit", "comment": note.id, "body": "x"}, Refused),
        (desk.anna, {"ticket": 99, "body": "x"}, Missing),
        (desk.anna, {"kind": "edit", "comment": 99, "body": "x"}, Missing),
    ):
        with pytest.raises(problem):
            await keep(person, **form)
    assert await Draft.all().count() == 0
    await forms.change(desk.anna, 1, "1", {"status": "closed"})
    assert await keep(desk.clara, ticket=1, body="Too late, and kept.") > 0


async def test_a_deleted_message_takes_its_drafts_and_a_person_theirs(desk, ticket):
    reply = await forms.write(desk.anna, 1, "swordfish")
    for person in (desk.anna, desk.vera):
        await keep(person, kind="edit", comment=reply.id, body="swordfish or trout", of="1")
    await comments.remove(desk.anna, reply.id)
    assert await Draft.all().count() == 0
    passer_by = await Person.create(email="x@x.example", name="X", role="agent", created=1)
    await keep(passer_by, ticket=1, body="Half")
    await passer_by.delete()
    assert await Draft.all().count() == 0


async def test_a_deleted_ticket_hides_its_drafts_and_brings_them_back(desk, ticket):
    version = await keep(desk.boris, ticket=1, body="Half")
    await tickets.delete(desk.anna, 1)
    with pytest.raises(Missing):
        await keep(desk.boris, ticket=1, body="Half of it", version=version)
    await tickets.restore(desk.anna, 1)
    assert await kept(desk.boris) == "Half"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"body": "x" * 30_001}, "body"),
        ({"body": "a\x00"}, "body"),
        ({"kind": "whisper"}, "kind"),
        ({"ticket": "x"}, "ticket"),
        ({"ticket": str(2**31)}, "ticket"),
        ({"ticket": ""}, "ticket"),
        ({"kind": "edit"}, "comment"),
        ({"kind": "ticket", "subject": "x" * 2001}, "subject"),
        ({"kind": "ticket", "tags": "\x00"}, "tags"),
        ({"key": "x" * 65}, "key"),
        ({"seen": "soon"}, "seen"),
        ({"version": "-1"}, "version"),
    ],
)
async def test_what_cannot_be_kept_is_said(desk, ticket, form, field):
    with pytest.raises(Invalid) as problem:
        await keep(desk.anna, **({"ticket": 1, "kind": "reply", "body": "x"} | form))
    assert list(problem.value.errors) == [field]
