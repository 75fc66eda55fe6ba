"""What is sent on a slow line or a bad one: the field is free at once, and nothing is lost, doubled or joined."""

import pytest
from playwright.async_api import expect

from app.desk import people
from app.desk.models import Comment, Ticket
from tests import forms
from tests.browser.conftest import connected, equals_its_reload, open_page
from tests.browser.typed import FIELD, SEND, a_desk, held, said, until_said, write


@pytest.fixture
async def desk(running):
    return await a_desk(running)


async def test_messages_sent_quickly_are_as_many_and_in_order(browser, running, desk):
    """The field is free at once; what is on its way stands beside the thread until it is in it."""
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    line = await held(page)
    for number, kind in enumerate(("reply", "reply", "note", "reply")):
        await write(page, f"{number}.", kind)
        await page.press(FIELD, SEND)
        assert await page.input_value(FIELD) == ""
        assert await page.locator("#outgoing li").last.locator("p").inner_text() == f"{number}."
    assert await page.locator("#outgoing li").count() == 4 and await said() == []
    line.let_go()
    await until_said(("reply", "0."), ("reply", "1."), ("note", "2."), ("reply", "3."))
    await expect(page.locator("#outgoing li")).to_have_count(0)
    await equals_its_reload(page)


async def test_what_a_reply_is_preset_to_a_note_is_not_and_the_next_reply_is_again(browser, running, desk):
    anna = running.cast.anna
    await people.set_preferences(anna, language="", shortcuts=True, reply_waits=True)
    page = await open_page(await running.context(browser, anna), "/tickets/1")
    status = page.locator("#comment-form [name=status]")
    await write(page, "For us.", "note")
    await expect(status).to_have_value("")
    await page.press(FIELD, SEND)
    await write(page, "For you.", "reply")
    await expect(status).to_have_value("pending")
    await until_said(("note", "For us."))
    assert (await Ticket.get(id=1)).status != "pending"
    await page.press(FIELD, SEND)
    await page.wait_for_selector("#ticket[data-status=pending]")
    await expect(status).to_have_value("pending")
    await status.select_option("solved")
    await page.click("#comment-form [value=note]")
    await expect(status).to_have_value("solved")  # another choice stays
    await equals_its_reload(page, typed="#comment-form")


async def test_a_storage_without_room_costs_a_draft_and_no_message(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') } }"
    )
    await write(page, "Hello")
    await page.press(FIELD, SEND)
    await until_said(("reply", "Hello"))
    await expect(page.locator("#outgoing li")).to_have_count(0)


@pytest.mark.parametrize("arrived", [False, True], ids=["nothing arrived", "only the answer was lost"])
async def test_what_did_not_arrive_comes_back_and_is_said_once(arrived, browser, running, desk):
    """In order, of its kind, before what was typed since; a note never becomes a part of a reply."""
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    for since in ("reply", "note"):
        line = await held(page)
        running.proxy.answer("POST /tickets/1/comments", 502, passes=arrived)
        for words in (f"First, {since}.", f"Second, {since}."):
            await write(page, words)
            await page.press(FIELD, SEND)
        await write(page, "Third.", since)
        line.let_go()
        await page.wait_for_selector("#comment-form [data-banner=unsent]")
        both = f"First, {since}.\n\nSecond, {since}."
        if since == "reply":
            assert await page.input_value(FIELD) == f"{both}\n\nThird."
        else:
            assert await page.input_value(FIELD) == "Third."
            assert await page.locator("#outgoing [data-state=unsent] p").all_inner_texts() == both.split("\n\n")
        assert await page.is_checked(f"#comment-form [value={since}]")
        running.proxy.be_honest()
        await page.press(FIELD, SEND)
        await expect(page.locator("#outgoing li")).to_have_count(0)
    await until_said(
        *(("reply", f"{word}, reply.") for word in ("First", "Second")),
        ("reply", "Third."),
        *(("reply", f"{word}, note.") for word in ("First", "Second")),
        ("note", "Third."),
    )


async def test_a_refused_message_comes_back_with_the_reason_and_holds_up_no_other(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await forms.change(running.cast.vera, 1, "2", {"status": "closed"})
    await page.wait_for_selector("#ticket[data-status=closed]")
    line = await held(page)
    await page.evaluate("document.querySelector('#comment-form .primary').disabled = false")
    await write(page, "Too late.")
    await page.press(FIELD, SEND)
    await write(page, "For us.", "note")
    line.let_go()
    await page.wait_for_selector("#comment-form :text('takes no more replies')")
    assert await page.input_value(FIELD) == "For us."
    assert await page.locator("#outgoing [data-state=refused] p").inner_text() == "Too late."
    await page.press(FIELD, SEND)
    await until_said(("note", "For us."))
    await expect(page.locator("#outgoing p")).to_have_text(["Too late."])


async def test_a_page_that_is_left_while_a_message_is_on_its_way_loses_and_doubles_nothing(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    running.proxy.answer("POST /tickets/1/comments", 502)
    line = await held(page)  # not answered while the page is there
    await write(page, "And gone.", "note")
    await page.press(FIELD, SEND)
    await page.goto("/tickets")
    line.let_go()
    await page.wait_for_selector("#notice [data-banner=unsent]")
    running.proxy.be_honest()
    await page.goto("/tickets/1")
    await until_said(("note", "And gone."))
    await page.goto("/tickets")
    await page.goto("/tickets/1")
    await connected(page)
    assert await page.input_value(FIELD) == "" and len(await said()) == 1


LONG = "x" * 40  # no tag
LOCKED_WHEN_LEFT = """(field) => addEventListener("pagehide", () => {
  sessionStorage.locked = document.querySelector(field).readOnly;
})"""


async def test_what_is_changed_while_a_form_is_on_its_way_is_newer_than_its_answer(browser, running, desk):
    """In a form that stays: whatever one changed meanwhile, and went on from, is not what the answer says it was."""
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    line = await held(page, "**/tickets/1")
    await page.fill("#field-tags", LONG)
    await page.click("#ticket-form button")
    await page.fill("#field-subject", "Better")
    await page.fill("#field-tags", "vpn")
    await page.focus(FIELD)
    line.let_go()
    await page.wait_for_selector("#ticket-form .wrong")
    assert await page.input_value("#field-subject") == "Better" and await page.input_value("#field-tags") == "vpn"
    await page.click("#ticket-form button")
    await expect(page.locator("#ticket h1")).to_contain_text("Better")
    await equals_its_reload(page)


async def test_a_form_that_is_left_once_it_was_sent_takes_no_words_while_it_is_on_its_way(browser, running, desk):
    """They would go with it. It takes them again when it comes back, and holds what was chosen meanwhile."""
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/new")
    line = await held(page, "**/tickets")
    typed = {"subject": "Toner", "body": "It is empty.", "tags": LONG}
    for name, words in typed.items():
        await page.fill(f"#new-ticket [name={name}]", words)
    await page.press("#new-ticket [name=body]", SEND)
    await page.locator("#new-ticket [name=body]").press_sequentially("Also")
    await page.select_option("#new-ticket [name=priority]", "high")
    assert {name: await page.input_value(f"#new-ticket [name={name}]") for name in typed} == typed
    line.let_go()
    await page.wait_for_selector("#new-ticket .wrong")
    assert await page.input_value("#new-ticket [name=priority]") == "high"
    await page.fill("#new-ticket [name=tags]", "vpn")
    await page.press("#new-ticket [name=tags]", SEND)
    await page.wait_for_url("**/tickets/3")
    assert await said(3) == [] and await page.locator("#thread :text('It is empty.')").count() == 1


async def test_a_form_that_was_sent_takes_nothing_more_until_it_is_left_and_is_sent_once(browser, running, desk):
    """The page that it leads to may take its time; pressing again with another choice is no other ticket."""
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/new")
    line, body = await held(page, "**/tickets"), "#new-ticket [name=body]"
    await page.fill("#new-ticket [name=subject]", "Toner")
    await page.fill(body, "It is empty.")
    await page.press(body, SEND)
    await page.select_option("#new-ticket [name=priority]", "high")
    await page.press(body, SEND)
    await page.evaluate(LOCKED_WHEN_LEFT, body)
    line.let_go()
    await page.wait_for_url("**/tickets/3")
    assert await page.evaluate("sessionStorage.locked") == "true"
    assert await Ticket.all().count() == 3


async def test_a_form_that_leads_nowhere_takes_words_again(browser, running, desk):
    """Somebody stopped the page that was to come."""
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/new")
    arriving = await held(page, "**/tickets/3")
    await page.fill("#new-ticket [name=subject]", "Toner")
    await page.fill("#new-ticket [name=body]", "It is empty.")
    await page.evaluate("navigation.addEventListener('navigate', () => setTimeout(stop, 100))")
    await page.press("#new-ticket [name=body]", SEND)
    await page.wait_for_selector("#new-ticket:not([data-sending])")
    await page.fill("#new-ticket [name=body]", "It is empty again.")
    arriving.let_go()


async def test_the_answer_to_an_edit_that_was_closed_meanwhile_is_told_and_is_in_no_other(browser, running, desk):
    await forms.write(running.cast.anna, 1, "The other message", kind="note")
    first, other = [comment.id for comment in await Comment.filter(author=running.cast.anna).order_by("id")]
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    line = await held(page, f"**/comments/{first}")
    await page.click(f"#comment-{first} [data-edit]", force=True)
    await page.fill("#edit-body", "x" * 70_000)  # more than the desk takes
    await page.press("#edit-body", SEND)
    await page.press("#edit-body", "Escape")
    await page.click(f"#comment-{other} [data-edit]", force=True)
    await page.fill("#edit-body", "The other message, better")
    line.let_go()
    await expect(page.locator("#notice .wrong")).to_have_text("This is too long.")
    await page.press("#edit-body", SEND)
    await expect(page.locator(f"#comment-{other} .prose")).to_have_text("The other message, better")
    assert (await Comment.get(id=first)).body != "The other message, better"
