"""Two who reply at once: who writes is told, the desk stops the second reply, and its words stay theirs to send."""

import pytest
from playwright.async_api import BrowserContext, Page, expect

from app.desk import comments
from app.desk.models import Comment, Ticket
from tests import forms
from tests.browser.conftest import connected, equals_its_reload, open_page
from tests.browser.typed import FIELD, SEND, a_desk, held, until_said, write

LINE, CONFLICT, ANYWAY = "#replied", "#comment-form #conflict", "#conflict [name=anyway]"
BORIS = "Boris replied while you were writing."


@pytest.fixture
async def desk(running):
    return await a_desk(running)


@pytest.fixture
async def annas(browser, running, desk) -> BrowserContext:
    return await running.context(browser, running.cast.anna)


async def meanwhile(page: Page, by, words: str = "Meanwhile.", kind: str = "reply") -> Comment:
    """Somebody else says something, and the page shows it."""
    comment = await forms.write(by, 1, words, kind=kind)
    await page.wait_for_selector(f"#comment-{comment.id}")
    return comment


async def without_frames(page: Page) -> None:
    """The desk is slow to tell this page what happens."""
    await page.evaluate(
        "document.addEventListener('htmx:ws:before:message:incoming', (event) => event.preventDefault())"
    )


async def test_of_two_agents_who_both_send_one_goes_out_unasked(browser, running, desk, annas):
    """Neither has seen the other's: the first stands in the ticket when the second arrives."""
    anna = await open_page(annas, "/tickets/1")
    boris = await open_page(await running.context(browser, running.cast.boris), "/tickets/1")
    lines = [await held(page) for page in (anna, boris)]
    for page, words in ((anna, "From Anna."), (boris, "From Boris.")):
        await write(page, words)
        await page.press(FIELD, SEND)
    lines[1].let_go()
    await until_said(("reply", "From Boris."))
    await anna.wait_for_selector("#thread :text('From Boris.')")  # the frame is there before the answer
    assert await anna.locator(LINE).is_hidden(), "nothing is being written: it is on its way"
    lines[0].let_go()
    await expect(anna.locator(CONFLICT)).to_contain_text("From Boris.")
    assert await anna.input_value(FIELD) == "From Anna." and await anna.locator("#outgoing li").count() == 0
    await until_said(("reply", "From Boris."))
    await equals_its_reload(anna, typed="#comment-form")
    await anna.click(ANYWAY)
    await until_said(("reply", "From Boris."), ("reply", "From Anna."))
    await expect(anna.locator(CONFLICT)).to_have_count(0)
    await expect(anna.locator("#outgoing li")).to_have_count(0)
    assert await anna.input_value(FIELD) == "" and await boris.input_value(FIELD) == ""
    await equals_its_reload(anna)


async def test_who_writes_is_told_and_says_that_they_have_seen_it(running, desk, annas):
    page = await open_page(annas, "/tickets/1")
    await meanwhile(page, running.cast.clara, "Before I began.")
    await write(page, "I am")
    assert await page.locator(LINE).is_hidden()
    await meanwhile(page, running.cast.boris)
    await expect(page.locator(LINE)).to_contain_text(BORIS)
    await meanwhile(page, running.cast.vera, "And I.")
    await expect(page.locator(LINE)).to_contain_text("Boris, Vera replied while you were writing.")
    await page.locator(FIELD).press_sequentially(" on it.")
    await page.click(f"{LINE} [data-seen]")
    await expect(page.locator(LINE)).to_be_hidden()
    await expect(page.locator(FIELD)).to_be_focused()
    await page.keyboard.press(SEND)
    await until_said(
        ("reply", "Before I began."), ("reply", "Meanwhile."), ("reply", "And I."), ("reply", "I am on it.")
    )


async def test_what_is_none_of_anothers_replies_is_no_news_to_who_writes(browser, running, desk, annas):
    """One's own from another tab, a note, what was taken back; and a note of one's own is never stopped."""
    page, tab = [await open_page(annas, "/tickets/1") for _ in range(2)]
    await write(page, "I am on it.")
    await write(tab, "Wait.")
    await tab.press(FIELD, SEND)
    await page.wait_for_selector("#thread :text('Wait.')")
    await meanwhile(page, running.cast.boris, "For us.", kind="note")
    assert await page.locator(LINE).is_hidden()
    await page.press(FIELD, SEND)
    await page.wait_for_selector("#thread :text('I am on it.')")
    await write(page, "To myself.", "note")
    await meanwhile(page, running.cast.boris)
    assert await page.locator(LINE).is_hidden()
    await page.press(FIELD, SEND)
    await page.wait_for_selector("#thread :text('To myself.')")
    await expect(page.locator("#outgoing li")).to_have_count(0)
    assert await page.locator(CONFLICT).count() == 0


async def test_several_messages_in_a_row_are_stopped_as_one_and_go_as_several(running, desk, annas):
    page = await open_page(annas, "/tickets/1")
    line = await held(page)
    for words in ("First.", "Second."):
        await write(page, words)
        await page.press(FIELD, SEND)
    await meanwhile(page, running.cast.boris)
    line.let_go()
    await expect(page.locator(CONFLICT)).to_contain_text("Meanwhile.")
    assert await page.input_value(FIELD) == "First.\n\nSecond."
    await page.locator(FIELD).press_sequentially("\n\nThird.")
    await expect(page.locator(ANYWAY)).to_be_enabled()
    await page.press(FIELD, SEND)  # once more is the same as the button
    await until_said(("reply", "Meanwhile."), *(("reply", words) for words in ("First.", "Second.", "Third.")))
    await write(page, "Fourth.")
    await page.press(FIELD, SEND)
    await page.wait_for_selector("#thread :text('Fourth.')")


async def test_a_key_pressed_twice_does_not_send_what_was_stopped(running, desk, annas):
    page = await open_page(annas, "/tickets/1")
    await write(page, "I am on it.")
    await without_frames(page)
    await forms.write(running.cast.boris, 1, "Meanwhile.")
    await page.evaluate(
        """([field, button]) => new MutationObserver(() => {
          const shown = document.querySelector(button);
          if (!shown || window.pressed) return;
          window.pressed = shown.disabled ? "too early" : "in time";
          for (const repeat of [false, true]) {
            document.querySelector(field).dispatchEvent(
              new KeyboardEvent("keydown", { code: "Enter", ctrlKey: true, bubbles: true, cancelable: true, repeat }));
          }
        }).observe(document.body, { childList: true, subtree: true })""",
        [FIELD, ANYWAY],
    )
    await page.press(FIELD, SEND)
    await expect(page.locator(ANYWAY)).to_be_enabled()
    assert await page.evaluate("pressed") == "too early" and await page.input_value(FIELD) == "I am on it."
    await until_said(("reply", "Meanwhile."))
    await page.focus(ANYWAY)
    await page.keyboard.press("Enter")
    await until_said(("reply", "Meanwhile."), ("reply", "I am on it."))


async def test_what_comes_after_what_was_shown_stops_it_again_and_a_status_waits_with_it(running, desk, annas):
    page = await open_page(annas, "/tickets/1")
    await write(page, "Done.")
    await page.select_option("#comment-form [name=status]", "solved")
    await meanwhile(page, running.cast.boris)
    await page.press(FIELD, SEND)
    await expect(page.locator(CONFLICT)).to_contain_text("Meanwhile.")
    await meanwhile(page, running.cast.clara, "It is not.")
    await page.click(ANYWAY)
    await expect(page.locator(CONFLICT)).to_contain_text("It is not.")
    assert await page.input_value("#comment-form [name=status]") == "solved"
    assert (await Ticket.get(id=1)).status != "solved"
    await page.click(ANYWAY)
    await page.wait_for_selector("#ticket[data-status=solved]")


async def test_a_draft_knows_what_its_writer_had_seen(running, desk, annas):
    page = await open_page(annas, "/tickets/1")
    await write(page, "I am on it.")
    await page.goto("/tickets")
    await forms.write(running.cast.boris, 1, "Meanwhile.")
    await page.goto("/tickets/1")
    await connected(page)
    await expect(page.locator(LINE)).to_contain_text(BORIS)
    await page.click(f"{LINE} [data-seen]")
    await page.reload()
    await connected(page)
    assert await page.locator(LINE).is_hidden() and await page.input_value(FIELD) == "I am on it."
    await forms.write(running.cast.clara, 1, "Hello?")
    await page.wait_for_selector(f"{LINE}:visible")
    await page.click("#comment-form [data-discard]")
    assert await page.locator(LINE).is_hidden() and await page.input_value(FIELD) == ""
    await write(page, "Hello!")
    await page.press(FIELD, SEND)
    await until_said(*(("reply", words) for words in ("Meanwhile.", "Hello?", "Hello!")))


async def test_a_reply_that_was_on_its_way_when_its_page_was_left_is_stopped_as_well(running, desk, annas):
    page = await open_page(annas, "/tickets/1")
    running.proxy.answer("POST /tickets/1/comments", 502)
    line = await held(page)
    await write(page, "I am on it.")
    await page.press(FIELD, SEND)
    await page.goto("/tickets")
    line.let_go()
    await page.wait_for_selector("#notice [data-banner=unsent]")
    running.proxy.be_honest()
    await forms.write(running.cast.boris, 1, "Meanwhile.")
    await page.reload()
    told = page.locator("#notice .conflict")
    await expect(told).to_contain_text("Meanwhile.")
    assert await told.locator("[name=anyway]").count() == 0
    await told.locator(".there").click()
    await page.wait_for_url("**/tickets/1")
    await connected(page)
    await expect(page.locator(CONFLICT)).to_contain_text("Meanwhile.")
    assert await page.input_value(FIELD) == "I am on it."
    await page.click(ANYWAY)
    await until_said(("reply", "Meanwhile."), ("reply", "I am on it."))


async def test_a_stopped_reply_beside_a_note_is_sent_by_the_button_and_the_note_is_not(running, desk, annas):
    page = await open_page(annas, "/tickets/1")
    line = await held(page)
    await write(page, "I am on it.")
    await page.press(FIELD, SEND)
    await write(page, "Half a note", "note")
    await meanwhile(page, running.cast.boris)
    line.let_go()
    await expect(page.locator(CONFLICT)).to_contain_text("Meanwhile.")
    assert await page.input_value(FIELD) == "Half a note"
    await page.click(ANYWAY)
    await until_said(("reply", "Meanwhile."), ("reply", "I am on it."))
    await expect(page.locator("#outgoing li")).to_have_count(0)
    assert await page.input_value(FIELD) == "Half a note" and await page.locator(CONFLICT).count() == 0


async def test_what_is_taken_back_meanwhile_is_not_read_in_the_form_either(running, desk, annas):
    page = await open_page(annas, "/tickets/1")
    await write(page, "I am on it.")
    newer = await meanwhile(page, running.cast.boris, "swordfish")
    await page.press(FIELD, SEND)
    await expect(page.locator(CONFLICT)).to_contain_text("swordfish")
    await comments.remove(running.cast.boris, newer.id)
    await expect(page.locator(CONFLICT)).not_to_contain_text("swordfish")
