"""The desk by keyboard alone, on whatever layout."""

import pytest

from app.desk import people
from app.desk.models import Ticket
from tests.browser.conftest import connected, equals_its_reload, open_page
from tests.browser.layouts import LAYOUTS
from tests.live.actions import Desk


async def press(page, letter, layout="us", *, repeats=False):
    """Press the key that means this letter on a layout, as the browser tells it."""
    layout = LAYOUTS[layout]
    latin = "e" in "".join(layout.plain)
    [key] = [
        k
        for k in layout.presses()
        if k.key == letter or (not latin and k.code == f"Key{letter.upper()}" and not k.shift)
    ]
    keyboard = await page.context.new_cdp_session(page)
    await keyboard.send(
        "Input.dispatchKeyEvent", {"type": "rawKeyDown", "code": key.code, "key": key.key, "autoRepeat": repeats}
    )
    if not repeats:
        await keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", "code": key.code, "key": key.key})


async def at(page):
    return await page.evaluate("document.querySelector('#ticket-rows > [aria-current=true]')?.dataset.ticket")


@pytest.fixture
async def desk(running):
    desk = Desk(running.cast)
    for number in range(5):
        await desk.open(subject=f"Ticket {number + 1}")
    return desk


@pytest.mark.parametrize("layout", ["us", "russian", "dvorak"])
async def test_a_day_without_a_mouse(layout, browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets?sort=created")
    assert await at(page) == "1"  # it stands at the first row, so that Enter works at once
    for letter in "jjk":
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
    assert await at(page) == "3"  # what took the place of the solved one
    await press(page, "g", layout)
    await press(page, "a", layout)
    await page.wait_for_url("**/tickets?view=all")
    await connected(page)
    assert await at(page) == "2"  # where one came from
    await press(page, "c", layout)
    await page.wait_for_url("**/tickets/new")


async def test_the_cursor_stays_through_moves_leaves_wholes_and_reconnects(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets?sort=created")
    for _ in range(2):
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
    assert await page.locator("#keys .keys > div:visible").count() == 28
    await page.keyboard.press("Escape")
    await page.wait_for_selector("#keys:not([open])", state="attached")
    assert await page.get_attribute('a[href="/tickets/new"]', "aria-keyshortcuts") == "c"
    await people.set_preferences(running.cast.anna, language="", shortcuts=False)
    await page.reload()
    await connected(page)
    await press(page, "j")
    assert await at(page) is None
    await page.click("[data-sheet]")
    assert await page.locator("#keys .keys-off").is_visible()
    assert await page.locator("#keys .keys > div:visible").count() == 1  # closing what is open


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


async def test_a_list_is_at_once_ready_for_enter_and_back_again_at_its_ticket(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets?sort=created")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/tickets/1")
    await page.goto("/tickets/4")  # by a link from elsewhere
    await connected(page)
    await press(page, "u")
    await page.wait_for_url("**/tickets?sort=created")
    await connected(page)
    assert await at(page) == "4"


async def test_the_focus_goes_with_the_cursor_also_when_its_row_leaves(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets?sort=created")
    await press(page, "j")
    focused = "document.activeElement.closest('tr')?.dataset.ticket"
    assert await page.evaluate(focused) == "2"
    await page.keyboard.press("Tab")
    assert await at(page) == await page.evaluate(focused) == "3"
    await desk.change(await Ticket.get(id=3), status="solved")
    await page.wait_for_selector("#ticket-3", state="detached")
    assert await at(page) == await page.evaluate(focused) == "4"
    await desk.change(await Ticket.get(id=4), priority="high")
    await page.wait_for_selector("#ticket-4 [data-priority=high]", state="attached")
    assert await page.evaluate(focused) == "4"


async def test_past_the_last_row_is_the_next_page(browser, running, desk):
    for _ in range(50):
        await desk.open()
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets?sort=created")
    await page.focus("#ticket-rows > :last-child a")
    await press(page, "j")
    assert await page.evaluate("document.activeElement.id") == "page-after"
    await press(page, "k")
    assert await at(page) == await page.evaluate("document.activeElement.closest('tr')?.dataset.ticket") == "50"
    await press(page, "j")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#page-before")
    await connected(page)
    assert await at(page) == "51"


async def test_arrows_choose_among_radio_buttons_and_scroll_through_long_messages(browser, running, desk):
    long = await desk.open(body="A long message.\n\n" * 100)
    await desk.say(long)
    page = await open_page(await running.context(browser, running.cast.anna), f"/tickets/{long.id}")
    await page.focus("#comment-form [value=reply]")
    await page.keyboard.press("ArrowRight")
    assert await page.is_checked("#comment-form [value=note]")
    await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    await page.keyboard.press("ArrowDown")
    first = await page.evaluate("document.activeElement.id")
    await page.keyboard.press("ArrowDown")
    assert await page.evaluate("document.activeElement.id") == first != ""
    await page.wait_for_selector("body")
    await press(page, "j")
    assert await page.evaluate("document.activeElement.id") != first


@pytest.mark.parametrize("keys", ["ggi", "gxi"])
async def test_a_first_key_of_two_waits_for_one_key_only(keys, browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    for letter in keys[:-1]:
        await press(page, letter)
    await press(page, keys[-1])
    if keys == "ggi":
        await page.wait_for_url("**/tickets?view=inbox")
    else:
        await page.wait_for_selector(f'#ticket[data-assignee="{running.cast.anna.id}"]')


async def test_in_a_narrow_window_keys_reach_what_is_in_the_menu(browser, running, desk):
    context = await running.context(browser, running.cast.anna, viewport={"width": 320, "height": 256})
    page = await open_page(context, "/tickets")
    await page.keyboard.press("Shift+Slash")
    await page.wait_for_selector("#keys[open]")
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    assert await page.evaluate("document.activeElement.id") == "search"
    await page.keyboard.press("Escape")
    await press(page, "g")
    await press(page, "m")
    await page.wait_for_url("**/tickets?view=mine")
