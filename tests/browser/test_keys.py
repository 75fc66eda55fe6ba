"""The desk by keyboard alone, on the English and the Russian layout."""

import pytest

from app.desk import people
from app.desk.models import Ticket
from tests.browser.conftest import connected, equals_its_reload, open_page
from tests.live.actions import Desk

CYRILLIC = dict(zip("qwertyuiopasdfghjklzxcvbnm", "йцукенгшщзфывапролдячсмить", strict=True))


async def press(page, letter, layout="us"):
    """Press the physical key of this letter; on a Russian layout it types another one."""
    typed = CYRILLIC[letter] if layout == "ru" else letter
    keyboard = await page.context.new_cdp_session(page)
    for kind in ("rawKeyDown", "keyUp"):
        await keyboard.send("Input.dispatchKeyEvent", {"type": kind, "code": f"Key{letter.upper()}", "key": typed})


async def at(page):
    return await page.evaluate("document.querySelector('#ticket-rows > [aria-current=true]')?.dataset.ticket")


@pytest.fixture
async def desk(running):
    desk = Desk(running.cast)
    for number in range(5):
        await desk.open(subject=f"Ticket {number + 1}")
    return desk


@pytest.mark.parametrize("layout", ["us", "ru"])
async def test_a_day_without_a_mouse(layout, browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets?sort=created")
    for letter in "jjjk":
        await press(page, letter, layout)
    assert await at(page) == "2"
    await press(page, "o", layout)
    await page.wait_for_url("**/tickets/2")
    await connected(page)
    await press(page, "i", layout)
    await page.wait_for_selector(f'#ticket[data-assignee="{running.cast.anna.id}"]')
    await press(page, "m", layout)
    await page.keyboard.type("jke: letters, not commands")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("#thread article[data-kind=note]:has-text('jke: letters')")
    await page.keyboard.press("Escape")
    await press(page, "e", layout)
    await page.wait_for_selector('#ticket[data-status="solved"]')
    await press(page, "u", layout)
    await page.wait_for_url("**/tickets?sort=created")
    await connected(page)
    await press(page, "g", layout)
    await press(page, "a", layout)
    await page.wait_for_url("**/tickets?view=all")
    await connected(page)
    assert await at(page) == "2"  # where one came from
    await press(page, "c", layout)
    await page.wait_for_url("**/tickets/new")


async def test_the_cursor_stays_through_moves_leaves_wholes_and_reconnects(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets?sort=created")
    for _ in range(3):
        await press(page, "j")
    assert await at(page) == "3"
    await desk.change(await Ticket.get(id=3), priority="high")
    await page.wait_for_selector("#ticket-3 [data-priority=high]", state="attached")
    assert await at(page) == "3"
    await desk.change(await Ticket.get(id=3), status="solved")
    await page.wait_for_selector("#ticket-3", state="detached")
    assert await at(page) == "4"  # the row that took its place
    running.proxy.cut()
    await desk.change(await Ticket.get(id=4), subject="Still here")
    await page.wait_for_selector("#ticket-4 a:text-is('Still here')")
    assert await at(page) == "4"
    await desk.change(await Ticket.get(id=4), status="closed")
    await page.wait_for_selector("#ticket-4", state="detached")
    assert await at(page) == "5"
    await equals_its_reload(page)


async def test_keys_leave_typing_combinations_and_the_browser_alone(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets")
    for options in ({"ctrlKey": True}, {"altKey": True}, {"metaKey": True}, {"isComposing": True}):
        prevented = await page.evaluate(
            "(options) => !document.body.dispatchEvent(new KeyboardEvent('keydown',"
            " { code: 'KeyC', key: 'c', bubbles: true, cancelable: true, ...options }))",
            options,
        )
        assert not prevented and page.url.endswith("/tickets"), options
    await page.focus("[name=status]")
    await press(page, "c")
    assert page.url.endswith("/tickets")


async def test_the_sheet_shows_every_shortcut_and_they_can_be_switched_off(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    page = await open_page(context, "/tickets")
    await page.keyboard.press("Shift+Slash")
    await page.wait_for_selector("#keys[open]")
    assert await page.locator("#keys .keys > div").count() >= 15
    await page.keyboard.press("Escape")
    await page.wait_for_selector("#keys:not([open])", state="attached")
    assert await page.get_attribute('a[href="/tickets/new"]', "aria-keyshortcuts") == "c"
    await people.set_preferences(running.cast.anna, language="", shortcuts=False)
    await page.reload()
    await connected(page)
    await press(page, "j")
    assert await at(page) is None


async def test_j_and_k_walk_through_the_messages_of_a_ticket(browser, running, desk):
    ticket = await Ticket.get(id=1)
    await desk.say(ticket)
    last = await desk.say(ticket)
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    for _ in range(5):
        await press(page, "j")
    assert await page.evaluate("document.activeElement.id") == f"comment-{last.id}"
    await press(page, "r")
    assert await page.evaluate("document.activeElement.id") == "comment-body"
