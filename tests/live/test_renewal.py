"""Another version of the renderer: its texts are made in the background, and open pages follow."""

import pytest

from app import db
from app.config import Config
from app.desk import comments, rendering
from app.desk.models import Comment
from app.desk.rendering import Made
from app.markup import VERSION, plain
from app.work import queue, renewal
from tests import forms
from tests.desk.acts import a_ticket, journal, position, renewed

OLD = '<p dir="auto">as it was</p>'


async def grow_old(*comments: Comment, renderer: int = VERSION - 1, html: str = OLD) -> None:
    for comment in comments:
        await db.rows("UPDATE comment SET html = ?, renderer = ? WHERE id = ?", [html, renderer, comment.id])


@pytest.mark.parametrize("renderer", [VERSION - 1, VERSION + 1])
async def test_open_pages_show_the_older_html_and_then_the_new(served, open_, renderer):
    cast = served.cast
    ticket = await a_ticket(cast.clara, body="**first**")
    reply = await forms.write(cast.anna, ticket.id, "**reply**")
    note = await forms.write(cast.anna, ticket.id, "**note**", kind="note")
    await grow_old(reply, note, renderer=renderer)
    pages = [
        await open_(cast.anna, "/tickets/1"),
        await open_(cast.clara, "/tickets/1"),
        await open_(cast.boris, "/tickets"),
    ]
    assert [len(page.css(".prose:not(:has(strong))")) for page in pages] == [2, 1, 0]
    before = await position()
    await renewed()
    for page in pages:
        await page.equals_its_reload()
        assert not page.css(".prose:not(:has(strong))") and not page.resyncs and not page.happened
    assert [(event.what, event.comment, event.public) for event in await journal(before)] == [
        ("comment_rendered", note.id, False),
        ("comment_rendered", reply.id, True),
    ]
    assert all("note" not in frame for frame in pages[1].frames)
    now = await Comment.get(id=reply.id)
    assert (now.renderer, now.version, now.edited) == (VERSION, 1, None)


async def test_what_comes_out_the_same_is_no_event_and_nothing_is_made_twice(desk, monkeypatch):
    ticket = await a_ticket(desk.clara, body="Plain words.")
    removed = await forms.write(desk.anna, ticket.id, "Gone.")
    await comments.remove(desk.anna, removed.id)
    await grow_old(await Comment.get(ticket_id=ticket.id, deleted=False), html=plain("Plain words."))
    await grow_old(removed, html="")
    before = await position()
    await renewed()
    assert await position() == before
    assert {comment.renderer for comment in await Comment.all()} == {VERSION}
    monkeypatch.setattr(rendering, "made", None)
    await renewed()


async def test_who_edits_meanwhile_keeps_their_words(desk, monkeypatch):
    ticket = await a_ticket(desk.clara)
    edited = await forms.write(desk.anna, ticket.id, "First.")
    await grow_old(edited)
    made = rendering.made

    async def slow(text: str) -> Made:
        if text == "First.":
            await forms.edit(desk.anna, edited.id, "Second.", "1")
        return await made(text)

    monkeypatch.setattr(rendering, "made", slow)
    await renewed()
    assert "Second." in (await Comment.get(id=edited.id)).html


async def test_what_cannot_be_made_now_is_asked_again_and_stops_nothing_else(desk, monkeypatch):
    monkeypatch.setattr(renewal, "FEW", 2)
    ticket = await a_ticket(desk.clara)
    said = [await forms.write(desk.anna, ticket.id, f"**{number}**") for number in range(7)]
    await grow_old(*said)
    made = rendering.made

    async def failing(text: str) -> Made:
        return Made(plain(text), 0) if text in ("**6**", "**5**", "**2**") else await made(text)

    with monkeypatch.context() as then:
        then.setattr(rendering, "made", failing)
        await renewed()
    assert [(await Comment.get(id=one.id)).html == OLD for one in said] == [n in (6, 5, 2) for n in range(7)]
    await renewed()
    assert not await Comment.filter(html=OLD).exists()


async def test_what_takes_long_goes_on_as_the_next_job(desk, monkeypatch):
    monkeypatch.setattr(renewal, "LONGEST_STEP", 0)
    ticket = await a_ticket(desk.clara)
    said = [await forms.write(desk.anna, ticket.id, f"**{number}**") for number in range(3)]
    await grow_old(*said)
    again = await renewal.renew({}, Config())
    assert again.data["before"] == said[-1].id and await Comment.filter(html=OLD).count() == 2, "one a step"
    await renewed()
    assert not await Comment.filter(html=OLD).exists()


@pytest.mark.parametrize("renderer", [0, 1])
async def test_a_text_that_could_not_be_rendered_puts_a_job_with_itself(desk, monkeypatch, renderer):
    async def made(text):
        return Made(text, renderer)

    monkeypatch.setattr(rendering, "made", made)
    ticket = await a_ticket(desk.clara)
    waiting = [["render"], []][renderer]
    assert [job.kind for job in await queue.listing()] == waiting
    await db.rows("DELETE FROM job")
    comment = await forms.write(desk.anna, ticket.id, "First.")
    assert [job.kind for job in await queue.listing()] == waiting
    await db.rows("DELETE FROM job")
    await forms.edit(desk.anna, comment.id, "Second.", "1")
    assert [job.kind for job in await queue.listing()] == waiting
