"""Of a row its subject is read, at every width and in both languages."""

import pytest

from app.desk import people
from tests import forms
from tests.browser.conftest import open_page
from tests.live.actions import Desk

ROOM = 112  # px: some fourteen letters
FOUND = """() => ({
  room: document.querySelector("#ticket-rows .subject a").getBoundingClientRect().width,
  lines: [...document.querySelectorAll(".menu .count")].map((it) => it.getClientRects().length),
  across: document.documentElement.scrollWidth - document.documentElement.clientWidth,
})"""


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_a_subject_has_room_at_every_width(language, browser, running):
    desk, anna = Desk(running.cast), running.cast.anna
    await people.set_preferences(anna, language=language, shortcuts=True)
    colleague = await desk.hire("Konstantin Konstantinopolski")
    ticket = await desk.open(subject="A subject that is as long as many of them are, and goes on")
    await forms.write(
        running.cast.clara, ticket.id, "And a word that was said last, which gives way to the subject. " * 3
    )
    await desk.change(ticket, tags="subscription, documentation, more", assignee=str(colleague.id), status="pending")
    page = await open_page(await running.context(browser, anna), "/tickets?view=all")
    narrow = []
    for width in range(320, 1921, 20):
        await page.set_viewport_size({"width": width, "height": 700})
        found = await page.evaluate(FOUND)
        if found["room"] < ROOM or set(found["lines"]) - {0, 1} or found["across"]:
            narrow.append((width, found))
    assert narrow == [], narrow
