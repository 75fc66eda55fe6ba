"""Whatever happens to the line or the page, it comes back to the truth, and what was typed stays."""

import pytest

from app.desk import people
from app.desk.models import Role
from tests.browser.conftest import back_online, connected, equals_its_reload, open_page
from tests.live.actions import Desk


@pytest.fixture
async def desk(running):
    desk = Desk(running.cast)
    desk.ticket = await desk.open()
    return desk


async def typed(page):
    """Words half typed into the composer, some of them selected."""
    await page.fill("#comment-body", "half an answer")
    await page.evaluate("document.getElementById('comment-body').setSelectionRange(2, 6)")


async def still_typed(page):
    state = "(({ id, value, selectionStart: a, selectionEnd: b }) => [id, value, a, b])(document.activeElement)"
    assert await page.evaluate(state) == ["comment-body", "half an answer", 2, 6]


async def test_a_line_that_is_dead_without_a_word_is_replaced(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    page = await context.new_page()
    await page.clock.install()
    await page.goto("/tickets/1")
    await connected(page)
    await typed(page)
    running.proxy.freeze()
    await desk.say(desk.ticket)
    await page.clock.fast_forward(60_000)
    await page.clock.run_for(8_000)
    await equals_its_reload(page)
    await still_typed(page)


async def test_where_no_socket_gets_through_the_page_polls_and_says_so(browser, running, desk):
    running.proxy.upgrades = False
    context = await running.context(browser, running.cast.anna)
    page = await context.new_page()
    await page.goto("/tickets/1")
    await page.wait_for_selector('#live[data-state="polling"]', state="attached", timeout=40_000)
    await typed(page)
    comment = await desk.say(desk.ticket)
    await page.wait_for_selector(f"#comment-{comment.id}")
    await still_typed(page)
    await page.press("#comment-body", "Control+Enter")
    await page.wait_for_selector("#thread article:has-text('half an answer')")
    running.proxy.upgrades = True
    await page.wait_for_selector('#live[data-state="connected"]', state="attached", timeout=40_000)
    await equals_its_reload(page)


async def test_a_page_restored_from_history_is_true_again(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    page = await open_page(context, "/tickets")
    await page.click("#ticket-1 a")
    await connected(page)
    await desk.change(desk.ticket, subject="Changed meanwhile")
    await page.go_back()
    await equals_its_reload(page)
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    await desk.change(desk.ticket, subject="And again")
    await page.wait_for_selector("#ticket-1 a:text-is('And again')")
    await equals_its_reload(page)


async def test_a_swap_that_throws_is_healed_by_the_whole(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await typed(page)
    await page.evaluate(
        "() => { const t = document.getElementById('thread');"
        " t.appendChild = () => { delete t.appendChild; throw new Error('once') } }"
    )
    await desk.say(desk.ticket)
    await equals_its_reload(page)
    await still_typed(page)


async def test_a_missing_target_is_healed_by_the_whole(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await typed(page)
    await page.evaluate("document.getElementById('ticket').dataset.region = 'elsewhere'")
    await page.evaluate("document.getElementById('thread').replaceChildren()")
    await desk.change(desk.ticket, priority="high")
    await page.wait_for_selector("#thread > article")  # by the whole; a step would have brought one line alone
    await page.evaluate("document.getElementById('ticket').dataset.region = 'ticket 1'")
    await desk.change(desk.ticket, subject="Healed")
    await equals_its_reload(page)
    await still_typed(page)


async def test_a_token_that_ran_out_is_replaced(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    page = await open_page(context, "/tickets/1")
    await typed(page)
    await context.route("**/live/connection", lambda route: route.abort())
    running.proxy.unplug()
    await page.wait_for_selector('#live[data-state="offline"]', state="attached")
    await desk.say(desk.ticket)
    await context.unroute("**/live/connection")
    running.proxy.plug()
    await back_online(page)
    await equals_its_reload(page)
    await still_typed(page)


async def test_an_ended_session_is_said_and_what_was_typed_stays(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    page, other = await open_page(context, "/tickets/1"), await open_page(context, "/tickets")
    await typed(page)
    await other.click("text=Sign out")
    await page.wait_for_selector('[data-banner="ended"]:visible')
    assert await page.input_value("#comment-body") == "half an answer"
    assert "/login?next=" in await page.get_attribute('[data-banner="ended"] a', "href")


async def test_a_page_whose_right_is_gone_is_cleared_and_what_was_typed_stays(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    page = await open_page(context, "/tickets/1")
    await typed(page)
    await people.set_role(running.cast.anna, Role.REQUESTER)
    await page.wait_for_selector('[data-banner="gone"]:visible')
    assert await page.locator("#thread > *").count() == 0
    assert await page.input_value("#comment-body") == "half an answer"


async def test_the_console_says_what_the_connection_does(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await page.goto("/tickets")
    await connected(page)
    assert said == ["🔌 Connecting to WebSocket", "✅ WebSocket connected"]
    running.proxy.cut()
    await page.wait_for_function("document.getElementById('live').dataset.state !== 'connected'")
    await connected(page)
    assert said[2:] in (
        ["🔄 Reconnecting", "✅ WebSocket connected"],
        ["❌ WebSocket error", "🔄 Reconnecting", "✅ WebSocket connected"],
    )
