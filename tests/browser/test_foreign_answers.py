"""Whatever answers in the desk's place: a form keeps its words, says that it was not sent, and is sent in the end."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.async_api import Page

from app.desk import tickets
from tests.browser.conftest import connected
from tests.conftest import DEADLINE
from tests.desk.acts import everything
from tests.live.actions import Desk
from tests.web.embedding import a_site

PORTAL = '<form id="comment-form" class="editor">Please pay for this network</form>'
OURS = {"Pult": "1", "Content-Length": "9999"}  # and more than will come
ANSWERS: dict[str, dict] = {
    **{str(status): {"status": status} for status in (401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504, 520)},
    "a portal's page": {"status": 200, "body": PORTAL},
    "a portal's refusal": {"status": 422, "body": PORTAL},
    "an empty page": {"status": 200, "body": ""},
    "nothing": {"status": 204},
    "a sign-in here": {"status": 302, "headers": {"Location": "/login"}},
    "a sign-in elsewhere": {"status": 303, "headers": {"Location": "https://sso.example/login"}},
    "half an answer of the desk's": {"status": 422, "body": PORTAL, "headers": OURS},
}
HOLDS = """() => [...document.querySelectorAll("main textarea, main select, main input, dialog textarea")]
  .filter((it) => it.type !== "hidden").map((it) => [it.name, it.type, it.value, it.checked])"""
SAID = """(place) => {
  const said = [...document.querySelectorAll(`${place} [data-banner=unsent]`)].filter((it) => it.checkVisibility());
  const words = said.map((it) => it.textContent);
  said.forEach((it) => it.remove());
  return words;
}"""


@dataclass
class Form:
    """A form of a page with something typed. typed: selector -> text; opens: what is clicked first; said: where."""

    path: str
    typed: dict[str, str]
    button: str
    said: str
    who: str = "anna"
    opens: str = ""


REPLY = {"#comment-body": "Half an answer"}
EDIT, SEND = {"#edit-body": "Better words"}, "#comment-form .primary"
SUBJECT_AND_BODY = {"main [name=subject]": "Toner", "main [name=body]": "It is empty."}
FORMS = {
    "reply": Form("/tickets/1", REPLY, SEND, "#comment-form"),
    "note": Form("/tickets/1", REPLY, SEND, "#comment-form", opens="#comment-form label:has([value=note])"),
    "a requester's reply": Form("/tickets/1", REPLY, SEND, "#comment-form", "clara"),
    "fields": Form("/tickets/1", {**REPLY, "#field-subject": "Renamed"}, "#ticket-form button", "#ticket-form"),
    "take it": Form("/tickets/1", REPLY, ".actions >> text=Take it", "#notice"),
    "solve": Form("/tickets/2", REPLY, ".actions >> text=Solve", "#notice"),
    "reopen": Form("/tickets/3", REPLY, ".actions >> text=Reopen", "#notice"),
    "edit": Form("/tickets/1", EDIT, "#edit-form .primary", "#edit-form", opens="#comment-6 [data-edit]"),
    "edit on a page": Form("/comments/6/edit", {"#edit-body": "The best words"}, "#edit-form .primary", "#edit-form"),
    "delete a message": Form("/tickets/1", EDIT, "#editor .danger", "#editor", opens="#comment-6 [data-edit]"),
    "delete the ticket": Form("/tickets/4", REPLY, ".fields-column button:has-text('Delete')", "#notice"),
    "restore": Form("/tickets?deleted=5", {}, "text=Restore it", "#notice", "vera"),
    "new ticket": Form(
        "/tickets/new",
        {**SUBJECT_AND_BODY, "[name=requester]": "new@pult.example", "[name=tags]": "vpn"},
        "#new-ticket .primary",
        "#new-ticket",
    ),
    "settings": Form("/settings", {}, "#settings .primary", "#settings"),
    "a key": Form(
        "/keys", {"[name=name]": "Shop", "[name=origins]": "https://a.example"}, "#new-key .primary", "#new-key", "vera"
    ),
    "revoke": Form("/keys", {"[name=name]": "Shop"}, ".embed-key .danger", "#notice", "vera"),
    "embedded reply": Form("/embed/tickets/1", REPLY, SEND, "#comment-form", "embed"),
    "embedded new ticket": Form(
        "/embed/tickets/new", SUBJECT_AND_BODY, "#new-ticket .primary", "#new-ticket", "embed"
    ),
    "sign out": Form("/tickets/1", REPLY, "text=Sign out", "#notice"),
}  # fmt: skip


@pytest.fixture
async def desk(running):
    """Clara's tickets 1 to 5, of which 3 is solved and 5 deleted; the first holds message 6, of Anna's."""
    desk = Desk(running.cast)
    opened = [await desk.open() for _ in range(5)]
    await desk.change(opened[2], status="solved")
    await tickets.delete(running.cast.vera, 5)
    await desk.say(opened[0])
    desk.site, desk.failed = await a_site(), []
    return desk


async def filled(running, browser, desk, form: Form) -> Page:
    """Its page, with what is typed."""
    context = await running.context(browser, getattr(running.cast, form.who, None))
    page = await context.new_page()
    page.on("pageerror", lambda error: desk.failed.append(str(error)))
    page.on("dialog", lambda question: question.accept())
    await page.goto(f"{form.path}?token={desk.site.token()}" if form.who == "embed" else form.path)
    if form.path != "/embed/tickets/new":
        await connected(page)
    if form.opens:
        await page.click(form.opens, force=True)
    for selector, words in form.typed.items():
        await page.fill(selector, words)
    return page


async def said(page: Page, place: str, cut: Callable[[], None] | None) -> list[str]:
    """What is said there, if anything is before the deadline; it is taken away, to see what is said next.

    cut: what cuts the line meanwhile; browsers send again what met a line that was cut, so once may not be enough.
    """
    words: list[str] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DEADLINE):
            while not (words := await page.evaluate(SAID, place)):
                await asyncio.sleep(0.02)
                if cut:
                    cut()
    return words


async def test_no_words_are_lost_to_whatever_answers(browser, running, desk):
    """Every form, and every answer that is not the desk's; then it is sent."""
    lost, tried = [], 0
    for name, form in FORMS.items():
        page = await filled(running, browser, desk, form)
        typed, before, where = await page.evaluate(HOLDS), await everything(), page.url
        for answer, how in ANSWERS.items():
            running.proxy.answer("POST /(?!live/|embed/session|embed/connection)", **how)
            await page.click(form.button)
            words = await said(page, form.said, running.proxy.cut if how.get("headers") is OURS else None)
            tried += 1
            if words != ["This could not be sent. What you typed is still here. Try again in a moment."]:
                lost.append((name, answer, words))
            if await page.evaluate(HOLDS) != typed or page.url != where:
                lost.append((name, answer, await page.evaluate(HOLDS)))
            running.proxy.be_honest()
        assert await everything() == before, name
        await page.click(form.button)
        async with asyncio.timeout(DEADLINE):
            while await everything() == before and form.path != "/settings":
                await asyncio.sleep(0.02)
    assert lost == desk.failed == [] and tried == len(FORMS) * len(ANSWERS)
