"""What support staff do all day, with mouse and keyboard, in one browser, while another looks on."""

import pytest
from playwright.async_api import expect

from app.desk.models import Comment
from tests.browser.conftest import back_online, connected, equals_its_reload, open_page
from tests.live.actions import Desk


@pytest.fixture
async def desk(running):
    desk = Desk(running.cast)
    desk.ticket = await desk.open()
    return desk


async def test_a_message_is_edited_and_deleted_in_a_dialog(browser, running, desk):
    anna = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    clara = await open_page(await running.context(browser, running.cast.clara), "/tickets/1")
    await expect(clara.locator("#comment-1 .own")).to_be_visible()
    comment = await desk.say(desk.ticket)
    message = anna.locator(f"#comment-{comment.id}")
    await message.hover()
    await message.locator(".own a").click()
    await anna.fill("#editor #edit-body", "Better **words**")
    await anna.press("#editor #edit-body", "Control+Enter")
    await clara.wait_for_selector(f"#comment-{comment.id}:has-text('Better words')")
    await anna.wait_for_selector("#editor form", state="detached")
    assert await clara.locator("#thread .own").count() == 2
    await expect(clara.locator("#thread .own:visible")).to_have_count(0)  # answered, and another's
    await message.hover()
    await message.locator(".own a").click()
    anna.once("dialog", lambda question: question.accept())
    await anna.click("#editor .danger")
    await clara.wait_for_selector(f"#comment-{comment.id}[data-deleted]")
    for page in (anna, clara):
        await equals_its_reload(page)


async def test_taking_solving_and_reopening_are_one_click_each(browser, running, desk):
    anna = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    mine = await open_page(await running.context(browser, running.cast.anna), "/tickets?view=mine")
    await anna.click("text=Take it")
    await mine.wait_for_selector("#ticket-1")
    await anna.click(".actions >> text=Solve")
    await mine.wait_for_selector("#ticket-1", state="detached")
    await anna.wait_for_selector('#ticket[data-status="solved"]')
    await anna.click(".actions >> text=Reopen")
    await mine.wait_for_selector("#ticket-1")
    assert await anna.input_value("#ticket-form [name=status]") == "open"
    await equals_its_reload(anna)


async def test_a_colleague_who_takes_it_first_is_named(browser, running, desk):
    await desk.change(desk.ticket, status="open")
    anna = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    version = await anna.get_attribute("#ticket", "data-version")
    await desk.change(desk.ticket, by=running.cast.boris, assignee="me")
    await anna.wait_for_selector(f'#ticket[data-assignee="{running.cast.boris.id}"]')
    await anna.evaluate(
        "(version) => htmx.ajax('POST', '/tickets/1', { source: '#ticket-form', target: '#ticket-form',"
        " swap: 'outerMorph', values: { assignee: 'me', version } })",
        version,
    )
    await anna.wait_for_selector("#ticket-form .conflict:has-text('Boris')")


async def test_a_deleted_ticket_is_gone_for_all_and_an_admin_brings_it_back(browser, running, desk):
    vera = await open_page(await running.context(browser, running.cast.vera), "/tickets/1")
    anna = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await anna.fill("#comment-body", "in the middle of")
    vera.once("dialog", lambda question: question.dismiss())
    await vera.click("text=Delete the ticket")
    assert await vera.locator("#ticket h1").count() == 1
    vera.once("dialog", lambda question: question.accept())
    await vera.click("text=Delete the ticket")
    await anna.wait_for_selector("#ticket[data-gone]")
    assert await anna.input_value("#comment-body") == "in the middle of"
    await vera.click("text=Restore it")
    await anna.wait_for_selector("#thread > article")
    await equals_its_reload(anna)
    assert await anna.input_value("#comment-body") == "in the middle of"


async def test_filters_apply_at_once_and_stand_in_the_address(browser, running, desk):
    await desk.open(running.cast.anna, tags="vpn", priority="high")
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets")
    await page.select_option("[name=priority]", "high")
    await page.wait_for_url("**/tickets?view=inbox&priority=high")
    await connected(page)
    assert await page.locator("#ticket-rows > tr").count() == 1
    await page.click("#ticket-2 a")
    await page.wait_for_url("**/tickets/2")
    await page.click("text=Back to the list")
    await page.wait_for_url("**/tickets?view=inbox&priority=high")


async def test_a_message_that_could_not_be_sent_is_kept_and_is_sent_once(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await page.fill("#comment-body", "sent on a bad line")
    lost = []

    async def lose_the_answer(route):
        if lost:
            await route.continue_()
            return
        lost.append(await route.fetch())  # the desk has it; the page never hears
        await route.abort()

    await page.route("**/comments", lose_the_answer)
    await page.press("#comment-body", "Control+Enter")
    await page.wait_for_selector('[data-banner="unsent"]:visible')
    assert await page.input_value("#comment-body") == "sent on a bad line"
    await page.press("#comment-body", "Control+Enter")
    await page.wait_for_selector('[data-banner="unsent"]', state="hidden")
    await page.wait_for_function("document.getElementById('comment-body').value === ''")
    assert await Comment.filter(body="sent on a bad line").count() == 1
    await back_online(page)
    await equals_its_reload(page)


async def test_a_refused_message_keeps_its_words_and_says_why(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.clara), "/tickets/1")
    await page.fill("#comment-body", "One more thing")
    await page.evaluate("document.getElementById('comment-form').noValidate = true")
    await desk.change(desk.ticket, status="closed")
    await page.evaluate("document.getElementById('comment-form').requestSubmit()")
    await page.wait_for_selector("#comment-form .wrong", state="attached")
    assert await page.input_value("#comment-body") == "One more thing"


async def test_the_desk_works_without_javascript(browser, running, desk):
    page = await (await running.context(browser, running.cast.anna, java_script_enabled=False)).new_page()
    await page.goto("/tickets")
    await page.click("#ticket-1 a")
    await page.fill("#comment-body", "By plain HTML")
    await page.check('#comment-form [name=kind][value="note"]')
    await page.click("text=Add note")
    assert "By plain HTML" in await page.locator("#thread article[data-kind=note]").inner_text()
    await page.select_option("#ticket-form [name=status]", "pending")
    await page.click("text=Save fields")
    assert await page.get_attribute("#ticket", "data-status") == "pending"
    await page.click("#thread article:last-of-type .own a")
    await page.fill("#edit-body", "By plain HTML, edited")
    await page.click("#edit-form .primary")
    assert "edited" in await page.locator("#thread").inner_text()
