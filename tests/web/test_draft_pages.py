"""Drafts in forms: there wherever their writer signs in, without scripts too, and nowhere else."""

import pytest

from app.desk.drafts import Draft
from app.desk.models import Comment, Ticket
from tests import forms
from tests.desk.acts import a_ticket

from .embedding import a_site
from .reading import HTMX, fields, one, read, read_fragment, submit, text

COMPOSER, NEW, EDIT = "form#comment-form", "form#new-ticket", "form#edit-form"
HALF = "  <half> & a\n reply"


@pytest.fixture
async def ticket(served) -> Ticket:
    return await a_ticket(served.cast.clara)


async def keep(client, **form: str) -> str:
    answer = await client.post("/drafts", data=form, headers=HTMX)
    assert answer.status_code == 204
    return answer.headers["Pult-Draft"]


async def test_what_was_kept_stands_in_the_form_on_every_device_until_it_was_sent(served, ticket):
    here, there = [await served.client(served.cast.anna) for _ in range(2)]
    typed = {"kind": "note", "body": HALF, "status": "solved", "key": "k1", "seen": "3"}
    version = await keep(here, ticket="1", **typed)
    shown = one(read(await there.get("/tickets/1")), COMPOSER)
    assert fields(shown) == typed | {"draft": version, "as": str(served.cast.anna.id)}
    assert shown.get("data-drafted") == ""
    assert (await submit(there, shown)).status_code == 303
    again = one(read(await here.get("/tickets/1")), COMPOSER)
    assert (fields(again)["body"], fields(again)["draft"], again.get("data-drafted")) == ("", "0", None)
    assert fields(again)["key"] != "k1" and await Draft.all().count() == 0


async def test_the_same_draft_sent_from_two_devices_is_one_message(served, ticket):
    here, there = [await served.client(served.cast.anna) for _ in range(2)]
    await keep(here, ticket="1", body="Hello", key="k1")
    shown = [one(read(await client.get("/tickets/1")), COMPOSER) for client in (here, there)]
    answers = [await submit(client, form) for client, form in zip((here, there), shown, strict=True)]
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await Comment.filter(ticket_id=1).count() == 2


async def test_a_new_ticket_and_an_edit_are_kept_as_well(served, ticket):
    anna = await served.client(served.cast.anna)
    typed = {"subject": "Toner", "body": "It is", "requester": "x@pult.example", "priority": "high", "tags": "a, b"}
    await keep(anna, kind="ticket", **typed)
    shown = one(read(await anna.get("/tickets/new")), NEW)
    assert typed.items() <= fields(shown).items()
    assert (await submit(anna, shown)).status_code == 303
    assert fields(one(read(await anna.get("/tickets/new")), NEW))["subject"] == ""
    reply = await forms.write(served.cast.anna, 1, "Helo")
    await keep(anna, kind="edit", comment=str(reply.id), body="Hello", of="1")
    await forms.edit(served.cast.vera, reply.id, "Hallo", "1")
    for answer in (
        await anna.get(f"/comments/{reply.id}/edit"),
        await anna.get(f"/comments/{reply.id}/edit", headers=HTMX),
    ):
        editor = read(answer) if answer.text.lstrip().startswith("<!") else read_fragment(answer)
        shown = one(editor, EDIT)
        assert (fields(shown)["body"], fields(shown)["version"]) == ("Hello", "1"), "it is another text for what it was"
        assert one(shown, "textarea").get("data-plain") == "Hallo"
    conflict = await submit(anna, shown)
    assert conflict.status_code == 409
    assert (await submit(anna, one(read(conflict), EDIT))).status_code == 303
    assert await Draft.all().count() == 0


async def test_without_scripts_a_button_drops_it_and_enter_does_not(served, ticket):
    anna = await served.client(served.cast.anna)
    reply = await forms.write(served.cast.anna, 1, "Helo")
    places = {
        "/tickets/1": (COMPOSER, {"ticket": "1", "body": "Half"}),
        "/tickets/new": (NEW, {"kind": "ticket", "body": "Half"}),
        f"/comments/{reply.id}/edit": (EDIT, {"kind": "edit", "comment": str(reply.id), "body": "Half"}),
    }
    for path, (selector, typed) in places.items():
        await keep(anna, **typed)
        page = read(await anna.get(path))
        first = next(
            button
            for button in page.cssselect("button")
            if button.get("form") is None and button in [*one(page, selector).iter("button")]
        )
        assert first.get("class") == "primary" or first.get("formaction") is None
        assert one(page, f"{selector} [data-discard]").get("form") == "discard-draft"
        answer = await submit(anna, one(page, "form#discard-draft"))
        assert (answer.status_code, answer.headers["location"]) == (303, path)
        assert "Half" not in (await anna.get(path)).text
    assert await Draft.all().count() == 0


async def test_what_was_written_elsewhere_later_is_shown(served, ticket):
    anna = await served.client(served.cast.anna)
    version = await keep(anna, ticket="1", body=HALF, kind="note")
    answer = await anna.post("/drafts", data={"ticket": "1", "body": "Other"}, headers=HTMX)
    told = read_fragment(answer)
    assert answer.status_code == 409 and told.get("data-version") == version
    assert one(told, "blockquote").text == HALF and HALF.split("\n")[1].strip() in told.get("data-values")
    assert "another page or device" in text(told, "p")
    assert (await anna.post("/drafts", data={"ticket": "1", "body": "x" * 30_001}, headers=HTMX)).status_code == 422
    assert (await anna.post("/drafts", data={"ticket": "1", "kind": "?"})).status_code == 422


async def test_nobody_else_is_shown_it_inside_another_site_neither(served, ticket):
    clara, anna, vera = [
        await served.client(person) for person in (served.cast.clara, served.cast.anna, served.cast.vera)
    ]
    await keep(clara, ticket="1", body="swordfish")
    await keep(anna, ticket="1", kind="note", body="walrus")
    site = await a_site()
    for answer, words in (
        (await clara.get("/tickets/1"), "swordfish"),
        (await anna.get("/tickets/1"), "walrus"),
        (await vera.get("/tickets/1"), ""),
        (await served.stranger().get("/embed/tickets/1", params={"token": site.token(sub="clara@pult.example")}), ""),
    ):
        assert answer.status_code == 200
        assert {word for word in ("swordfish", "walrus") if word in answer.text} == {words} - {""}
    typed = {"ticket": "1", "body": "Half", "as": str(served.cast.anna.id)}
    assert (await vera.post("/drafts", data=typed, headers=HTMX)).status_code == 409
    assert (await served.stranger().post("/drafts", data=typed, headers=HTMX)).status_code == 401
    assert await Draft.filter(person_id=served.cast.vera.id).count() == 0
