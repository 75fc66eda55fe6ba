"""A ticket that is closed, or goes away, while somebody writes to it: the words stay, and can be taken elsewhere."""

import pytest
from playwright.async_api import expect

from app.desk import tickets
from app.desk.models import Comment, Ticket
from tests.browser.conftest import connected, open_page
from tests.browser.typed import FIELD, SEND, a_desk
from tests.web.embedding import a_site

WAY_ON = "text=Open a new ticket with these words"


@pytest.fixture
async def desk(running):
    desk = await a_desk(running)
    desk.site = await a_site()
    return desk


async def its_requesters(browser, running, desk, where: str, **claims):
    """Clara's page of ticket 1, of the desk or inside another site."""
    if where == "desk":
        return await open_page(await running.context(browser, running.cast.clara), "/tickets/1")
    return await open_page(await running.context(browser), f"/embed/tickets/1?token={desk.site.token(**claims)}")


@pytest.mark.parametrize("where", ["desk", "embed"])
async def test_who_writes_while_it_is_closed_keeps_the_words_and_can_open_another(where, browser, running, desk):
    page = await its_requesters(browser, running, desk, where)
    await page.fill(FIELD, "One more\nthing")
    await desk.change(desk.ticket, status="closed")
    await page.wait_for_selector(WAY_ON)
    assert await page.is_visible(FIELD) and await page.input_value(FIELD) == "One more\nthing"
    assert await page.locator(FIELD).get_attribute("readonly") is not None and await page.is_disabled(
        "#comment-form .primary"
    )
    await page.press(FIELD, SEND)
    assert await page.input_value(FIELD) == "One more\nthing"
    await desk.change(desk.ticket, status="open")
    await expect(page.locator("#comment-form .primary")).to_be_enabled()
    await page.locator(FIELD).press("End")
    await desk.change(desk.ticket, status="closed")
    await page.click(WAY_ON)
    assert await page.input_value("#new-ticket [name=body]") == "One more\nthing"
    await page.fill("[name=subject]", " ")
    await page.press("[name=body]", SEND)
    await page.wait_for_selector("#new-ticket .wrong")
    await page.fill("[name=subject]", "Again")
    await page.press("[name=body]", SEND)
    await page.wait_for_selector("#thread :text('One more')")
    opened = await Ticket.get(subject="Again")
    assert (opened.requester_id, await Comment.filter(ticket_id=1).count()) == (running.cast.clara.id, 2)
    await page.goto("/tickets/1" if where == "desk" else f"/embed/tickets/1?token={desk.site.token()}")
    await connected(page)
    assert not await page.is_visible(FIELD), "nothing is left to be sent"
    assert await page.is_visible("text=Open a new one if you need more help.")


async def test_a_page_that_may_only_write_there_keeps_them_to_be_read(browser, running, desk):
    page = await its_requesters(browser, running, desk, "embed", actions=["read", "comment"])
    await page.fill(FIELD, "One more thing")
    await desk.change(desk.ticket, status="closed")
    await page.wait_for_selector("text=This ticket is closed.")
    assert await page.is_visible(FIELD) and await page.input_value(FIELD) == "One more thing"
    assert not await page.locator(WAY_ON).count()


@pytest.mark.parametrize("where", ["desk", "embed", "staff"])
async def test_who_writes_while_it_is_deleted_too(where, browser, running, desk):
    if where == "staff":
        page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    else:
        page = await its_requesters(browser, running, desk, where)
    await page.fill(FIELD, "One more thing")
    await tickets.delete(running.cast.vera, 1)
    await page.wait_for_selector(WAY_ON)
    assert await page.input_value(FIELD) == "One more thing"
    await page.click(WAY_ON)
    assert await page.input_value("#new-ticket [name=body]") == "One more thing"


async def test_without_scripts_the_answer_to_a_closed_ticket_leads_on_with_the_words(browser, running, desk):
    page = await (await running.context(browser, running.cast.clara, java_script_enabled=False)).new_page()
    await page.goto("/tickets/1")
    await page.fill(FIELD, "One more thing")
    await desk.change(desk.ticket, status="closed")
    await page.click("#comment-form .primary")
    assert await page.input_value(FIELD) == "One more thing"
    await page.click(WAY_ON)
    assert await page.input_value("#new-ticket [name=body]") == "One more thing"


async def test_staff_write_notes_to_a_closed_ticket_and_no_replies(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await page.fill(FIELD, "Half")
    await desk.change(desk.ticket, status="closed")
    await expect(page.locator("#comment-form .primary")).to_be_disabled()
    await page.press(FIELD, SEND)
    await page.click("#comment-form label:has([value=note])")
    await page.press(FIELD, SEND)
    await page.wait_for_selector("#thread [data-kind=note] :text('Half')")
    await page.click("text=Reply")
    await page.fill(FIELD, "Half a reply")
    await page.click(".closed-hint >> text=Reopen")
    await expect(page.locator("#comment-form .primary")).to_be_enabled()
    assert await page.input_value(FIELD) == "Half a reply"
