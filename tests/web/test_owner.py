"""Nothing is sent in another's name, and nothing typed is lost with a session (ASVS 7.4.1, 3.5.1)."""

import re

import pytest
from argon2 import PasswordHasher
from lxml.html import HtmlElement

from app.desk import comments, people, tickets
from app.desk.drafts import Draft
from app.desk.models import Comment, Ticket
from tests import forms
from tests.conftest import Served
from tests.desk.acts import a_ticket, everything

from .embedding import a_site
from .reading import HTMX, RUSSIAN, fields, one, read, read_fragment, submit, text
from .rights import FORMS

PASSWORD = "correct horse battery"
MORE = {"POST /tickets/bulk": {"ticket": "1:1"}}  # in the form, which ticket of these tests it is for
MADE = [route for route in FORMS if route not in ("POST /login", "POST /tickets/new") and "/embed/" not in route]
PAGES = ("/tickets", "/tickets/1", "/tickets/new", "/comments/2/edit", "/settings", "/keys", "/tickets?deleted=2")


@pytest.fixture
async def desk(served: Served, monkeypatch) -> Served:
    """With a ticket of Clara's in which Anna wrote, one that is deleted, and passwords that take no time."""
    monkeypatch.setattr(people, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    await a_ticket(served.cast.clara)
    await forms.write(served.cast.anna, 1, "Hello")
    await tickets.delete(served.cast.anna, (await a_ticket(served.cast.clara)).id)
    await a_site()
    for person in served.cast.everyone:
        await people.set_password(person, PASSWORD)
    return served


async def kept() -> dict[str, list[dict[str, object]]]:
    """All that the desk keeps but for who is signed in."""
    found = await everything()
    return {table: found[table] for table in ("ticket", "tag", "comment", "embed_key")}


def typed(answer, selector: str = "form#login") -> dict[str, str]:
    return fields(one(read(answer), selector))


async def sign_in(client, form: HtmlElement, name: str, password: str = PASSWORD):
    return await submit(client, form, email=f"{name}@pult.example", password=password)


async def test_every_form_of_a_page_says_for_whom_it_was_made(desk):
    """But those of live regions, which are the same for everyone: for them the page's script says it."""
    seen = set()
    for name in ("vera", "anna", "clara"):
        person = getattr(desk.cast, name)
        client = await desk.client(person)
        for where in PAGES:
            for form in read(await client.get(where)).cssselect("form[method=post]"):
                live = form.get("action").endswith(("/revoke", "/restore"))
                assert fields(form).get("as") == (None if live else str(person.id)), (where, form.get("action"))
                seen.add(re.sub(r"\d+|ek_\w+", "1", form.get("action")))
    assert seen == {
        *("/tickets", "/tickets/1", "/tickets/1/comments", "/tickets/1/delete", "/tickets/1/restore"),
        "/tickets/1/unread",
        *("/comments/1", "/comments/1/delete", "/settings", "/keys", "/keys/1/revoke", "/logout", "/tickets/bulk"),
    }


DRAFT = "POST /drafts"  # scripts send it, as one types: it leads nowhere


@pytest.mark.parametrize("form", [*MADE, "POST /tickets/<number:ticket>/delete", "POST /logout"])
async def test_a_form_of_another_is_409_and_does_nothing(form, desk):
    """Vera signed in in Anna's browser: the answer names her, and holds what was typed."""
    route = form.removeprefix("POST ").replace("<number:ticket>", "1").replace("<number:comment>", "2")
    vera, sent = await desk.client(desk.cast.vera), FORMS.get(form, {}) | MORE.get(form, {})
    before = await everything()
    for headers in ({}, HTMX, RUSSIAN):
        answer = await vera.post(route, data=sent | {"as": str(desk.cast.anna.id)}, headers=headers)
        assert answer.status_code == 409
        notice = one(read_fragment(answer), "[data-sign-in]").getparent() if headers == HTMX else read(answer)
        assert "Vera" in notice.text_content()
        if headers != HTMX:
            assert typed(answer).items() >= (sent | {"as": str(desk.cast.anna.id)}).items()
            assert one(notice, "form#login").get("action") == route
    assert await everything() == before
    for as_ in ({"as": str(desk.cast.vera.id)}, {"as": ""}, {}):
        answer = await vera.post(route, data=sent | as_)
        assert answer.status_code == (204 if form == DRAFT else 303), "hers, and a script's"
        vera = await desk.client(desk.cast.vera)
        await Draft.all().delete()  # a later one of the same form would be a conflict
        if "/delete" in route:
            await tickets.restore(desk.cast.vera, 1)


async def test_nobodys_form_shows_the_sign_in_with_its_words_and_is_sent_by_it_once(desk):
    visitor, before = desk.stranger(), await kept()
    sent = {"body": "Two\r\nlines & <b>more</b>", "kind": "note", "status": "solved", "key": "k"}
    answer = await visitor.post("/tickets/1/comments", data=sent | {"as": str(desk.cast.anna.id)})
    assert answer.status_code == 401 and await kept() == before
    form = one(read(answer), "form#login")
    assert one(form, "textarea[name=body]").text.lstrip("\n") == "Two\nlines & <b>more</b>", "it can be read"
    wrong = await sign_in(visitor, form, "anna", "wrong horse")
    assert wrong.status_code == 422 and await kept() == before
    form = one(read(wrong), "form#login")
    assert (form.fields["email"], form.fields["password"]) == ("anna@pult.example", None)
    done = await sign_in(visitor, form, "anna")
    assert (done.status_code, done.headers["location"]) == (303, "/tickets/1#comment-4")
    comment = await Comment.get(id=4)
    assert (comment.body, comment.kind, comment.author_id) == ("Two\nlines & <b>more</b>", "note", desk.cast.anna.id)
    assert (await Ticket.get(id=1)).status == "solved"
    assert (await visitor.get("/tickets/1")).status_code == 200, "signed in"
    again = await sign_in(desk.stranger(), form, "anna")  # Back, and sent again
    assert again.headers["location"] == "/tickets/1#comment-4" and await Comment.all().count() == 4


@pytest.mark.parametrize("route", MADE)
async def test_whatever_form_it_is(route, desk):
    where = route.removeprefix("POST ").replace("<number:ticket>", "1").replace("<number:comment>", "2")
    sent, vera = FORMS[route] | MORE.get(route, {}) | {"as": str(desk.cast.vera.id)}, desk.cast.vera
    answer = await desk.stranger().post(where, data=sent, headers=RUSSIAN)
    page = read(answer)
    assert (answer.status_code, page.get("lang")) == (401, "ru")
    assert typed(answer).items() >= sent.items()
    before = await everything()
    done = await sign_in(desk.stranger(), one(page, "form#login"), vera.name.lower())
    assert done.status_code == (204 if route == DRAFT else 303) and await everything() != before


async def test_another_who_signs_in_there_sends_nothing_and_its_person_may_still(desk):
    visitor, before = desk.stranger(), await kept()
    answer = await visitor.post("/tickets/1/comments", data={"body": "Hers", "key": "k", "as": str(desk.cast.anna.id)})
    others = await sign_in(visitor, one(read(answer), "form#login"), "boris")
    assert others.status_code == 409 and "Boris" in read(others).text_content() and await kept() == before
    assert typed(others)["body"] == "Hers"
    done = await sign_in(visitor, one(read(others), "form#login"), "anna")
    assert done.status_code == 303
    assert (await Comment.get(body="Hers")).author_id == desk.cast.anna.id
    assert "Anna" in text(read(await visitor.get("/settings")), ".facts")


async def test_whoever_signs_in_is_asked_about_a_form_that_does_not_say_whose_it_is(desk):
    visitor, before = desk.stranger(), await kept()
    answer = await visitor.post("/tickets/1/comments", data={"body": "Whose?", "as": ""})
    asked = await sign_in(visitor, one(read(answer), "form#login"), "boris")
    assert asked.status_code == 200 and await kept() == before
    page = read(asked)
    assert "Boris" in text(page, "h1") and not page.cssselect("[name=password]")
    assert (await submit(visitor, one(page, "form#login"))).status_code == 303
    assert (await Comment.get(body="Whose?")).author_id == desk.cast.boris.id


async def test_no_other_site_makes_anyone_send(desk):
    """Neither with a session nor without one, nor by the sign-in itself."""
    before = await kept()
    sent = {"body": "Buy", "as": str(desk.cast.anna.id)}
    proof = {"signing-in": "on", "email": "anna@pult.example", "password": PASSWORD}
    for client in (desk.stranger(), await desk.client(desk.cast.anna)):
        for form in (sent, sent | proof):
            answer = await client.post("/tickets/1/comments", data=form, headers={"Origin": "https://evil.example"})
            assert answer.status_code == 403
    assert await kept() == before


async def test_a_sign_in_on_the_way_is_limited_and_told_like_any_other(desk, told):
    form = {"body": "Hello", "signing-in": "on", "email": "anna@pult.example", "password": "wrong horse"}
    answers = [await desk.stranger().post("/tickets/1/comments", data=form) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert one(read(answers[-1]), "textarea.typed").text.strip() == "Hello", "nor is it lost to the limit"
    assert "a sign-in as person 2 failed" in told() and "wrong horse" not in told()


async def test_what_holds_no_words_and_what_a_script_asks_for_is_answered_as_before(desk):
    visitor = desk.stranger()
    for sent in ({}, {"as": "1", "key": "k", "version": "3"}):
        answer = await visitor.post("/tickets/1/delete", data=sent)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert (await visitor.post("/tickets/1/comments", data={"body": "x"}, headers=HTMX)).status_code == 401
    assert (await visitor.post("/live/connection", data={"token": "x"})).status_code == 401
    assert (await visitor.post("/logout", data={"as": "1"})).status_code == 303
    assert (await visitor.post("/nowhere", data={"body": "x"})).status_code == 404


async def test_a_password_is_never_shown_again_and_an_email_of_the_form_itself_is_kept(desk):
    form = {"email": "new@pult.example", "body": "x", "password": "a secret of the form"}
    answer = await desk.stranger().post("/tickets", data=form)
    assert "a secret" not in answer.text
    page = await desk.stranger().post(
        "/tickets",
        content="email=new%40x.example&body=x&signing-in=on&email=anna%40pult.example&password=wrong",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert page.status_code == 422 and "wrong" not in page.text
    assert [field.get("value") for field in read(page).cssselect("[name=email]")] == [
        "new@x.example",
        "anna@pult.example",
    ]


# -- beside a page that stays as it is --


async def test_a_page_asks_who_is_signed_in_and_signs_its_person_in_beside_it(desk):
    visitor, anna = desk.stranger(headers=HTMX), str(desk.cast.anna.id)
    nobody = await visitor.get("/login", params={"as": anna})
    form = read_fragment(nobody)
    assert (nobody.status_code, form.get("id"), form.get("data-other")) == (200, "login", None)
    assert (await sign_in(visitor, form, "anna", "wrong horse")).status_code == 422
    done = await sign_in(visitor, form, "anna")
    assert (done.status_code, done.text) == (204, "")
    assert (await visitor.get("/login", params={"as": anna})).status_code == 204


async def test_and_is_told_of_another_person_there(desk):
    visitor, anna = desk.stranger(headers=HTMX), str(desk.cast.anna.id)
    form = read_fragment(await visitor.get("/login", params={"as": anna}))
    for answer in (await sign_in(visitor, form, "boris"), await visitor.get("/login", params={"as": anna})):
        assert read_fragment(answer).get("data-other") == "Boris" and "Boris" in answer.text
    assert (await sign_in(visitor, form, "anna")).status_code == 204, "in his place"


async def test_an_open_page_goes_on_in_its_persons_next_session_and_in_nobody_elses(desk):
    anna = await desk.client(desk.cast.anna)
    element = one(read(await anna.get("/tickets")), "#live").get("hx-ws:connect")
    token = {"token": re.search(r"token=([^&]+)", element)[1]}
    assert (await (await desk.client(desk.cast.anna)).post("/live/connection", data=token)).status_code == 200
    assert (await (await desk.client(desk.cast.boris)).post("/live/connection", data=token)).status_code == 401


# -- whatever else is wrong --


async def test_an_error_page_shows_what_was_typed(desk, monkeypatch):
    clara, words = await desk.client(desk.cast.clara), {"subject": "A subject", "body": "Long & careful"}

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    async def shown(where: str, status: int) -> None:
        answer = await clara.post(where, data=words)
        assert answer.status_code == status
        assert one(read(answer), "textarea.typed").text.strip() == "A subject\n\nLong & careful", where

    await shown("/tickets/99/comments", 404)
    await shown("/nowhere", 404)
    await shown("/tickets/1", 403)
    monkeypatch.setattr(comments, "write", fail)
    await shown("/tickets/1/comments", 500)
    assert not read(await clara.get("/tickets/99")).cssselect("textarea")
