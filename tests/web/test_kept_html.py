"""What people write is rendered once, when it is written, and before anything is locked."""

import pytest

from app import db
from app.desk import rendering
from app.desk.models import Comment
from app.desk.rendering import Made
from app.markup import VERSION, plain
from tests import forms
from tests.desk.acts import a_ticket

from .embedding import a_site
from .reading import HTMX, one, read, text

BODY = "  Some **bold** words."
HTML = "Some <strong>bold</strong> words."

DOORS = {
    "a new ticket": ("/tickets", {"subject": "x"}),
    "a reply": ("/tickets/1/comments", {}),
    "a note": ("/tickets/1/comments", {"kind": "note"}),
    "an edit": ("/comments/1", {"version": "1"}),
    "a new ticket of an embed": ("/embed/tickets", {"subject": "x"}),
    "a reply of an embed": ("/embed/tickets/1/comments", {}),
}


@pytest.fixture
async def sent(served):
    """Send what a form of one of the doors holds; the status of the answer."""
    await a_ticket(served.cast.clara)
    site, vera = await a_site(), await served.client(served.cast.vera)

    async def send(door: str, body: str = BODY) -> int:
        path, form = DOORS[door]
        embedded = path.startswith("/embed")
        client, bearer = (served.stranger(), {"bearer": site.token()}) if embedded else (vera, {})
        return (await client.post(path, data={**form, **bearer, "body": body}, headers=HTMX)).status_code

    return send


@pytest.mark.parametrize("door", DOORS)
async def test_nothing_waits_for_a_text_that_is_rendered(door, sent, monkeypatch):
    made, asked = rendering.made, []

    async def watched(body: str) -> Made:
        asked.append((body, db._inside.get()))
        return await made(body)

    monkeypatch.setattr(rendering, "made", watched)
    assert await sent(door) in (204, 303)
    assert asked == [(BODY, False)]
    newest = await (Comment.get(id=1) if door == "an edit" else Comment.all().order_by("-id").first())
    assert newest.body == BODY and HTML in newest.html and newest.renderer == VERSION
    for refused in ("", " \n ", "x" * 30_001):
        assert await sent(door, refused) == 422
    assert len(asked) == 1


@pytest.mark.parametrize("door", DOORS)
async def test_a_text_that_no_renderer_answers_for_is_kept_as_typed(door, sent, monkeypatch):
    def broken(*_: object) -> str:
        raise TimeoutError

    monkeypatch.setattr(rendering.Lane, "_render", broken)
    assert await sent(door, "a < **b**\n\n  c") in (204, 303)
    newest = await (Comment.get(id=1) if door == "an edit" else Comment.all().order_by("-id").first())
    assert (newest.html, newest.renderer) == (plain("a < **b**\n\n  c"), 0)


async def test_pages_show_what_is_kept_and_render_nothing(served, monkeypatch):
    ticket = await a_ticket(served.cast.clara, body=BODY)
    edited = await forms.write(served.cast.anna, ticket.id, "x")
    monkeypatch.setattr(rendering, "made", None)
    await db.rows("UPDATE comment SET html = '<p>kept</p>' WHERE id = ?", [edited.id])
    anna = await served.client(served.cast.anna)
    page = read(await anna.get("/tickets/1"))
    assert one(page, "#comment-1 .prose strong").text == "bold"
    assert text(page, f"#comment-{edited.id} .prose") == "kept"


async def test_who_may_not_write_is_not_rendered_for(served, monkeypatch):
    await a_ticket(served.cast.clara)
    monkeypatch.setattr(rendering, "made", None)
    dmitri = await served.client(served.cast.dmitri)
    answers = [
        await dmitri.post(path, data={"body": BODY, "version": "1"}) for path in ("/tickets/1/comments", "/comments/1")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
