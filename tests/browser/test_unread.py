"""What one has not read is bold in one's lists; it is read once it was really seen, in every tab."""

import pytest
from playwright.async_api import expect

from app.desk import read_up_to
from app.desk.models import Ticket
from tests.browser.conftest import connected, equals_its_reload, open_page
from tests.live.actions import Desk

UNREAD = "[...document.querySelectorAll('#ticket-rows [data-unread]')].map((it) => it.closest('tr').dataset.ticket)"
HIDDEN = """
Object.defineProperty(document, "visibilityState", { get: () => (window.looks ? "visible" : "hidden") });
"""
LOOK = "window.looks = true; document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture
async def desk(running):
    desk = Desk(running.cast)
    for _ in range(3):
        await desk.open()
    return desk


async def shows(page, *unread: str) -> None:
    """Live, and as a page that is loaded again has it."""
    await page.wait_for_function(f"(wanted) => String({UNREAD}) === String(wanted)", arg=list(unread))
    await equals_its_reload(page)
    weights = "(some) => some.map((it) => getComputedStyle(it).fontWeight)"
    rows = await page.locator("#ticket-rows .subject a").evaluate_all(weights)
    assert rows.count("600") == len(unread)


async def test_what_is_opened_in_one_tab_is_read_in_the_others(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    page = await open_page(context, "/tickets")
    await shows(page, "3", "2", "1")
    ticket = await open_page(context, "/tickets/2")
    await shows(page, "3", "1")
    await desk.say(await Ticket.get(id=2), by=running.cast.clara)
    await ticket.wait_for_selector("#thread > article:nth-of-type(2)")
    await expect(page.locator("#ticket-rows > tr").first).to_have_attribute("data-ticket", "2")
    await shows(page, "3", "1")
    await ticket.close()
    await desk.say(await Ticket.get(id=2), by=running.cast.boris, kind="note")
    await shows(page, "2", "3", "1")
    other = await open_page(await running.context(browser, running.cast.boris), "/tickets")
    await shows(other, "3", "1")


async def test_a_page_that_nobody_sees_has_read_nothing(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    await context.add_init_script(HIDDEN)
    page = await open_page(context, "/tickets/1")
    await desk.say(await Ticket.get(id=1), by=running.cast.clara)
    await page.wait_for_selector("#thread > article:nth-of-type(2)")
    assert (await read_up_to.of(running.cast.anna.id)).marks == ()
    async with page.expect_response("**/tickets/1/read") as answered:
        await page.evaluate(LOOK)
    assert (await answered.value).status == 204
    assert dict((await read_up_to.of(running.cast.anna.id)).marks) == {1: (await Ticket.get(id=1)).last_said}


async def test_shift_u_marks_a_ticket_unread_in_the_list_and_on_its_page(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    page = await context.new_page()
    async with page.expect_response("**/tickets/2/read"):
        await page.goto("/tickets/2")
    await connected(page)
    await page.goto("/tickets?view=all&sort=created")
    await connected(page)
    await shows(page, "1", "3")
    await page.keyboard.press("Shift+U")  # the cursor is at the ticket that one comes from
    await shows(page, "1", "2", "3")
    async with page.expect_response("**/tickets/2/read"):
        await page.keyboard.press("o")
    await connected(page)
    async with page.expect_response("**/tickets/2/unread"):
        await page.keyboard.press("Shift+U")
    await page.wait_for_url("**/tickets?view=all&sort=created")
    await connected(page)
    await shows(page, "1", "2", "3")
