"""Writing, editing and deleting messages."""

import asyncio

import pytest
from lxml.html import document_fromstring

from app import db
from app.desk.models import Comment, Ticket
from app.store import dialect
from tests import forms
from tests.desk.acts import a_ticket, everything

from .reading import HTMX, RUSSIAN, fields, one, read, read_fragment, submit, text


@pytest.fixture
async def ticket(served) -> Ticket:
    """A new ticket of Clara's."""
    return await a_ticket(served.cast.clara)


async def form(client, path: str = "/tickets/1", selector: str = "form#comment-form"):
    return one(read(await client.get(path)), selector)


async def said() -> list[tuple[str, str]]:
    return [(comment.kind.value, comment.body) for comment in await Comment.all().order_by("id")][1:]


async def test_a_reply_and_a_note_go_by_nothing_but_html(served, ticket):
    anna = await served.client(served.cast.anna)
    shown = await form(anna)
    assert set(shown.fields.keys()) == {"as", "key", "draft", "seen", "kind", "body", "status"}
    assert fields(shown)["kind"] == "reply"
    reply = await submit(anna, shown, body="Is it plugged in?\r\n", status="pending")
    note = await submit(anna, await form(anna), body="Third time.", kind="note")
    assert [answer.status_code for answer in (reply, note)] == [303, 303]
    assert [answer.headers["location"] for answer in (reply, note)] == ["/tickets/1#comment-2", "/tickets/1#comment-3"]
    assert await said() == [("reply", "Is it plugged in?"), ("note", "Third time.")]
    assert (await Ticket.get(id=1)).status == "pending"


async def test_a_requester_replies_and_has_no_other_kind(served, ticket):
    clara = await served.client(served.cast.clara)
    shown = await form(clara)
    assert set(shown.fields.keys()) == {"as", "key", "draft", "body"}
    assert (await submit(clara, shown, body="It still hums.")).status_code == 303
    assert await said() == [("reply", "It still hums.")]


async def test_who_waits_for_long_to_write_is_told_keeps_their_words_and_sends_them_once(served, ticket, monkeypatch):
    monkeypatch.setattr(dialect, "TURN_SECONDS", 0.05)
    anna, end = await served.client(served.cast.anna), asyncio.Event()
    shown, begun = await form(anna), asyncio.Event()

    async def stuck() -> None:
        async with db.transaction():
            begun.set()
            await end.wait()

    writing = asyncio.create_task(stuck())
    await begun.wait()
    answer = await submit(anna, shown, body="Half a page.", kind="note")
    assert answer.status_code == 503 and "Nothing was saved" in answer.text
    assert fields(one(read(answer), "#comment-form"))["body"].strip() == "Half a page."
    end.set()
    await writing
    again = await submit(anna, one(read(answer), "#comment-form"))
    assert again.status_code == 303 and await said() == [("note", "Half a page.")]


async def test_with_htmx_a_message_is_204_and_the_frames_bring_it(served, ticket):
    anna = await served.client(served.cast.anna)
    answer = await anna.post("/tickets/1/comments", data={"body": "Hello", "key": "k"}, headers=HTMX)
    assert (answer.status_code, answer.content) == (204, b"")


async def test_the_same_form_sent_three_times_says_it_once(served, ticket):
    anna = await served.client(served.cast.anna)
    shown = await form(anna)
    answers = [await submit(anna, shown, body="Hello") for _ in range(3)]
    assert {answer.headers["location"] for answer in answers} == {"/tickets/1#comment-2"}
    assert await said() == [("reply", "Hello")]
    assert fields(await form(anna))["key"] != fields(shown)["key"]


async def test_what_cannot_be_sent_comes_back_with_what_was_typed(served, ticket):
    anna = await served.client(served.cast.anna)
    typed = {"body": "x" * 100_001, "kind": "note", "status": "solved", "key": "once", "seen": "1", "draft": "0"}
    page = await anna.post("/tickets/1/comments", data=typed)
    fragment = await anna.post("/tickets/1/comments", data=typed, headers=HTMX)
    for answer, shown in ((page, one(read(page), "form#comment-form")), (fragment, read_fragment(fragment))):
        assert (answer.status_code, shown.get("id")) == (422, "comment-form")
        assert fields(shown) == typed | {"as": str(served.cast.anna.id)}
        assert text(shown, '[role="alert"]') == "This is too long."
    for bad in ({"body": " "}, {"kind": "whisper"}, {"status": "done"}, {"key": "k" * 65}):
        answer = await anna.post("/tickets/1/comments", data={"body": "Hello"} | bad)
        assert answer.status_code == 422, bad
    assert await said() == []


async def test_a_closed_ticket_takes_notes_and_no_replies(served, ticket):
    await forms.change(served.cast.anna, 1, "1", {"status": "closed"})
    anna, clara = await served.client(served.cast.anna), await served.client(served.cast.clara)
    for client in (anna, clara):
        answer = await client.post("/tickets/1/comments", data={"body": "One more thing."}, headers=RUSSIAN)
        shown = one(read(answer), "form#comment-form")
        assert (answer.status_code, fields(shown)["body"]) == (422, "One more thing.")
        assert text(shown, '[role="alert"]').startswith("Обращение закрыто")
    assert (await anna.post("/tickets/1/comments", data={"body": "For us.", "kind": "note"})).status_code == 303


async def test_the_author_edits_a_message_by_nothing_but_html(served, ticket):
    told = await forms.write(served.cast.anna, 1, "Is it *pluged* in?")
    anna = await served.client(served.cast.anna)
    link = one(read(await anna.get("/tickets/1")), f"#comment-{told.id} .own a").get("href")
    shown = await form(anna, link, "#edit-form")
    assert fields(shown) == {"as": str(served.cast.anna.id), "body": "Is it *pluged* in?", "version": "1", "draft": "0"}
    answer = await submit(anna, shown, body="Is it *plugged* in?")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tickets/1#comment-{told.id}")
    page = read(await anna.get("/tickets/1"))
    assert one(page, f"#comment-{told.id}").get("data-version") == "2"
    assert "edited" in text(page, f"#comment-{told.id} header")


async def test_with_htmx_the_editor_is_a_fragment_and_saving_is_204(served, ticket):
    told = await forms.write(served.cast.anna, 1, "Hello")
    anna = await served.client(served.cast.anna)
    editor = read_fragment(await anna.get(f"/comments/{told.id}/edit", headers=HTMX))
    assert fields(one(editor, "form#edit-form"))["body"] == "Hello"
    answer = await anna.post(f"/comments/{told.id}", data={"body": "Bye", "version": "1"}, headers=HTMX)
    assert answer.status_code == 204
    empty = await anna.post(f"/comments/{told.id}", data={"body": " ", "version": "2"}, headers=HTMX)
    assert empty.status_code == 422
    assert text(read_fragment(empty), '[role="alert"]') == "Please fill this in."


async def test_an_edit_that_crosses_another_keeps_what_was_typed_and_shows_the_other(served, ticket):
    told = await forms.write(served.cast.anna, 1, "Hello")
    anna, vera = await served.client(served.cast.anna), await served.client(served.cast.vera)
    path = f"/comments/{told.id}"
    mine, theirs = await form(anna, f"{path}/edit", "#edit-form"), await form(vera, f"{path}/edit", "#edit-form")
    await submit(vera, theirs, body="Hello **Clara**")
    page = await submit(anna, mine, body="Hello everyone")
    fragment = await anna.post(path, data={"body": "Hello everyone", "version": "1"}, headers=HTMX)
    for answer, shown in ((page, read(page)), (fragment, read_fragment(fragment))):
        assert answer.status_code == 409
        assert text(shown, ".sides blockquote") == "Hello Clara"
        kept = {"body": "Hello everyone", "version": "2", "draft": "0"}
        assert fields(one(shown, "#edit-form")) == kept | {"as": str(served.cast.anna.id)}
    assert (await submit(anna, one(read(page), "#edit-form"))).status_code == 303
    assert (await Comment.get(id=told.id)).body == "Hello everyone"


async def test_a_deleted_message_leaves_a_mark_and_no_word(served, ticket):
    told = await forms.write(served.cast.anna, 1, "Never mind")
    anna, clara = await served.client(served.cast.anna), await served.client(served.cast.clara)
    page = read(await anna.get(f"/comments/{told.id}/edit"))
    answer = await submit(anna, one(page, f'form[action="/comments/{told.id}/delete"]'))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tickets/1#comment-{told.id}")
    for client in (anna, clara):
        answer = await client.get("/tickets/1")
        assert "Never mind" not in answer.text
        assert one(read(answer), f"#comment-{told.id}") is not None
    assert (await anna.get(f"/comments/{told.id}/edit")).status_code == 404
    assert (await anna.post(f"/comments/{told.id}/delete", headers=HTMX)).status_code == 404


async def test_only_the_author_and_admins_edit_and_delete(served, ticket):
    cast = served.cast
    reply = await forms.write(cast.anna, 1, "Hello")
    note = await forms.write(cast.anna, 1, "Third time.", kind="note")
    boris, clara, vera = [await served.client(person) for person in (cast.boris, cast.clara, cast.vera)]
    before = await everything()
    for client, comment, status in (
        (boris, reply, 403),
        (boris, note, 403),
        (clara, reply, 403),
        (clara, note, 404),
    ):
        path = f"/comments/{comment.id}"
        assert (await client.get(f"{path}/edit")).status_code == status
        assert (await client.post(path, data={"body": "x", "version": "1"})).status_code == status
        assert (await client.post(f"{path}/delete")).status_code == status
    assert await everything() == before
    assert (await vera.get(f"/comments/{note.id}/edit")).status_code == 200
    assert (await vera.get("/comments/1/edit")).status_code == 200
    assert (await clara.get("/comments/1/edit")).status_code == 403  # it was answered


@pytest.mark.parametrize(("how", "words"), [("answered", "answered meanwhile"), ("closed", "ticket is closed")])
async def test_what_is_typed_into_a_message_that_may_not_be_changed_any_more_is_kept(how, words, served):
    """It was answered, or closed, while the dialog was open."""
    cast = served.cast
    await a_ticket(cast.clara)
    clara = await served.client(cast.clara)
    page = await clara.get("/comments/1/edit")
    form, by_htmx = one(read(page), "#edit-form"), await clara.get("/comments/1/edit", headers=HTMX)
    assert by_htmx.status_code == 200
    if how == "answered":
        await forms.write(cast.anna, 1, "Is it plugged in?")
    else:
        await forms.change(cast.anna, 1, "1", {"status": "closed"})
    typed = {"body": "half a correction", "version": "1"}
    for answer in (
        await submit(clara, form, body="half a correction"),
        await clara.post("/comments/1", data=typed, headers=HTMX),
    ):
        found = document_fromstring(answer.text)
        assert answer.status_code == 403 and words in text(found, "#edit-form .wrong")
        assert one(found, "#edit-body").text.strip() == "half a correction"
    for answer in (await clara.get("/comments/1/edit"), await clara.post("/comments/1/delete")):
        assert answer.status_code == 403 and text(read(answer), "h1") == "This message stays as it is."
    notice = await clara.post("/comments/1/delete", headers=HTMX)  # beside the words, which are not sent with it
    assert notice.status_code == 403 and "This message stays as it is." in notice.text
    russian = await clara.get("/comments/1/edit", headers=HTMX | RUSSIAN)
    assert "Это сообщение уже не изменить." in russian.text and russian.headers["hx-retarget"] == "#notice"
    assert (await Comment.get(id=1)).body == "It does not print."


async def test_staff_see_earlier_versions_as_plain_text(served):
    cast = served.cast
    await a_ticket(cast.clara, body="# It was <b>me</b>")
    await forms.edit(cast.clara, 1, "It was *not* me", "1")
    page = read(await (await served.client(cast.anna)).get("/tickets/1"))
    assert text(page, "#comment-1 .earlier summary") == "1 earlier version"
    assert one(page, "#comment-1 .earlier blockquote").text == "# It was <b>me</b>"
    assert "Clara" in text(page, "#comment-1 .earlier p") and not page.cssselect(".earlier b")
    theirs = await (await served.client(cast.clara)).get("/tickets/1")
    assert "It was" in theirs.text and "me</b>" not in theirs.text and not read(theirs).cssselect(".earlier")
    assert text(read(theirs), "#comment-1 header").count("edited") == 1
