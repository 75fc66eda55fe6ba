"""Whatever happens to the line or the page, it comes back to the truth, and what was typed stays."""

import pytest

from app.desk import people
from app.desk.models import Role, Ticket
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


async def test_what_one_reads_stays_where_it_is_while_rows_come_and_go_above(browser, running, desk):
    for _ in range(40):
        await desk.open()
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets?view=all")
    await page.set_viewport_size({"width": 1000, "height": 400})
    row = page.locator("#ticket-12")
    await row.scroll_into_view_if_needed()
    await row.locator("a").focus()
    before = (await row.bounding_box())["y"]
    for _ in range(3):
        await desk.open()
    await desk.say(desk.ticket)  # from the end of the list to its top
    await page.wait_for_selector("#ticket-rows tr:first-child#ticket-1", state="attached")
    assert abs((await row.bounding_box())["y"] - before) < 2
    await desk.change(await Ticket.get(id=12), priority="high")  # the row itself goes to the top, with the focus
    await page.wait_for_selector("#ticket-rows tr:first-child#ticket-12", state="attached")
    assert await page.evaluate("document.activeElement.closest('tr').id") == "ticket-12"
    await equals_its_reload(page)


async def test_a_hidden_page_that_slept_is_true_when_it_is_seen_again(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    page = await context.new_page()
    await page.clock.install()
    await page.goto("/tickets/1")
    await connected(page)
    await typed(page)
    running.proxy.freeze()  # the lid is closed: nothing runs, and the line is gone when it opens
    await desk.say(desk.ticket)
    await page.clock.pause_at(await page.evaluate("Date.now() + 3600_000"))
    await page.clock.resume()
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await equals_its_reload(page)
    await still_typed(page)
