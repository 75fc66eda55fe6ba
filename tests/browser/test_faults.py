"""Whatever happens to the line or the page, it comes back to the truth, and what was typed stays."""

import resource

import pytest

from app import db
from app.desk import events, people
from app.desk.events import What
from app.desk.models import Ticket
from app.desk.roles import Role
from tests.browser.conftest import back_online, connected, equals_its_reload, open_page
from tests.live.actions import Desk

BREAK = """() => {
    const thread = document.getElementById("thread");
    thread.appendChild = () => { delete thread.appendChild; throw new Error("once"); };
}"""
STANDS = "document.getElementById('comment-3').getBoundingClientRect().top"


@pytest.fixture
async def desk(running):
    """At work on a ticket whose thread is longer than the window."""
    desk = Desk(running.cast)
    desk.ticket = await desk.open()
    for _ in range(8):
        await desk.say(desk.ticket)
    return desk


async def typed(page):
    """Words half typed into the composer, some of them selected, while one reads the third message."""
    await page.set_viewport_size({"width": 1000, "height": 400})
    await page.fill("#comment-body", "half an answer")
    await page.evaluate("document.getElementById('comment-body').setSelectionRange(2, 6)")
    await page.evaluate(f"document.getElementById('comment-3').scrollIntoView(); window.stood = {STANDS}")
    assert await page.evaluate("window.stood < 200"), "there is nothing to scroll"


async def still_typed(page):
    state = "(({ id, value, selectionStart: a, selectionEnd: b }) => [id, value, a, b])(document.activeElement)"
    assert await page.evaluate(state) == ["comment-body", "half an answer", 2, 6]
    assert await page.evaluate(f"Math.abs({STANDS} - window.stood)") < 2, "what one reads moved"


async def equals_its_reload_with_what_was_typed(page):
    await equals_its_reload(page)
    await still_typed(page)


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
    await equals_its_reload_with_what_was_typed(page)


async def polling(browser, running):
    running.proxy.upgrades = False
    page = await (await running.context(browser, running.cast.anna)).new_page()
    await page.goto("/tickets/1")
    await page.wait_for_selector('#live[data-state="polling"]', state="attached", timeout=40_000)
    await typed(page)
    return page


async def test_where_no_socket_gets_through_the_page_polls_and_says_so(browser, running, desk):
    page = await polling(browser, running)
    comment = await desk.say(desk.ticket)
    await page.wait_for_selector(f"#comment-{comment.id}", state="attached")
    await still_typed(page)
    await page.press("#comment-body", "Control+Enter")
    await page.wait_for_selector("#thread article:has-text('half an answer')")
    running.proxy.upgrades = True
    await page.wait_for_selector('#live[data-state="connected"]', state="attached", timeout=40_000)
    await equals_its_reload(page)


async def test_a_page_that_polls_comes_back_from_a_restore_and_from_a_swap_that_throws(
    browser, running, desk, tmp_path
):
    page = await polling(browser, running)
    await running.pult("backup", f"{tmp_path}/copy")
    comment = await desk.say(desk.ticket)
    await page.wait_for_selector(f"#comment-{comment.id}", state="attached")
    await running.pult("restore", "--force", f"{tmp_path}/copy")
    await page.wait_for_selector(f"#comment-{comment.id}", state="detached")
    await still_typed(page)
    await page.evaluate(BREAK)
    comment = await desk.say(desk.ticket)
    await page.wait_for_selector(f"#comment-{comment.id}", state="attached")
    await still_typed(page)
    running.proxy.upgrades = True
    await back_online(page)
    await equals_its_reload_with_what_was_typed(page)


async def test_a_page_restored_from_history_is_true_again(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    page = await open_page(context, "/tickets")
    await page.click("#ticket-1 a")
    await connected(page)
    await desk.change(desk.ticket, subject="Changed meanwhile")
    await page.go_back()
    await equals_its_reload(page)
    await page.go_forward()
    await equals_its_reload(page)
    await typed(page)
    running.proxy.cut()  # what the browser does to a page that it keeps in its cache
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    await desk.say(desk.ticket)
    await equals_its_reload_with_what_was_typed(page)


async def test_a_swap_that_throws_is_healed_by_the_whole(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await typed(page)
    await page.evaluate(BREAK)
    await desk.say(desk.ticket)
    await equals_its_reload_with_what_was_typed(page)


async def test_a_missing_target_is_healed_by_the_whole(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await typed(page)
    await page.evaluate("document.getElementById('ticket').dataset.region = 'elsewhere'")
    await page.evaluate("document.getElementById('comment-9').remove()")
    await desk.change(desk.ticket, priority="high")
    await page.wait_for_selector("#comment-9", state="attached")  # by the whole; a step would not have brought it
    await page.evaluate("document.getElementById('ticket').dataset.region = 'ticket 1'")
    await desk.change(desk.ticket, subject="Healed")
    await equals_its_reload_with_what_was_typed(page)


async def test_a_line_that_is_away_for_longer_than_a_token_holds_is_replaced(browser, running, desk):
    await running.stop()
    await running.start(PULT_LIVE__TOKEN_SECONDS="1")
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await typed(page)
    running.proxy.unplug()
    await page.wait_for_selector('#live[data-state="offline"]', state="attached")  # 3 s
    await desk.say(desk.ticket)
    running.proxy.plug()
    await equals_its_reload_with_what_was_typed(page)


async def test_a_browser_that_goes_offline_says_so_and_comes_back(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    page = await open_page(context, "/tickets/1")
    await typed(page)
    await context.set_offline(True)
    await page.wait_for_selector('#live[data-state="offline"]', state="attached")
    running.proxy.cut()
    await desk.say(desk.ticket)
    await context.set_offline(False)
    await equals_its_reload_with_what_was_typed(page)


async def test_a_proxy_that_cuts_what_is_idle_costs_nothing(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await typed(page)
    running.proxy.idle = 0.5
    running.proxy.cut()
    for _ in range(2):
        await page.wait_for_selector('#live[data-state="connecting"]', state="attached")
        comment = await desk.say(desk.ticket)
        await page.wait_for_selector(f"#comment-{comment.id}", state="attached")
        await still_typed(page)
    running.proxy.idle = None
    await equals_its_reload_with_what_was_typed(page)


async def test_what_is_committed_before_a_page_is_connected_is_not_lost(browser, running, desk):
    running.proxy.upgrades = False
    page = await (await running.context(browser, running.cast.anna)).new_page()
    await page.goto("/tickets/1")
    await typed(page)
    await desk.say(desk.ticket)
    running.proxy.upgrades = True
    await equals_its_reload_with_what_was_typed(page)


async def test_a_desk_that_is_more_than_a_thousand_events_behind_catches_up(browser, running, desk):
    other = await desk.open()
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await typed(page)
    async with db.transaction():
        await desk.say(desk.ticket)
        for _ in range(1001):
            await events.record(What.TICKET_UPDATED, by=running.cast.anna, ticket=other)
    await equals_its_reload_with_what_was_typed(page)


async def test_a_backup_that_is_restored_under_open_pages_reaches_them(browser, running, desk, tmp_path):
    """Back to before what the pages show, on to it again, and to another desk with an equal number of events."""
    older, newer = f"{tmp_path}/older", f"{tmp_path}/newer"
    context, away = [await running.context(browser, running.cast.anna) for _ in range(2)]
    pages = [await open_page(context, "/tickets/1"), await open_page(away, "/tickets/1")]
    for page in pages:
        await typed(page)
    pages.append(await open_page(context, "/tickets"))
    await running.pult("backup", older)
    await desk.say(desk.ticket)
    await running.pult("backup", newer)
    for copy in (older, newer, older):
        await away.set_offline(True)
        await running.pult("restore", "--force", copy)
        await away.set_offline(False)
        for page in pages:
            await equals_its_reload(page)
    await desk.change(desk.ticket, subject="As in no copy")
    await running.pult("restore", "--force", newer)
    for page in pages:
        await equals_its_reload(page)
    for page in pages[:2]:
        await still_typed(page)


async def test_whose_session_is_not_in_the_backup_is_told_so_and_keeps_what_was_typed(browser, running, desk, tmp_path):
    await running.pult("backup", f"{tmp_path}/copy")
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await typed(page)
    await running.pult("restore", "--force", f"{tmp_path}/copy")
    await page.wait_for_selector('[data-banner="ended"]:visible')
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
    assert {*await page.locator("[data-count]").all_inner_texts()} == {""}
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
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets?view=all&sort=-updated")
    await page.set_viewport_size({"width": 1000, "height": 400})
    row = page.locator("#ticket-12")
    await row.scroll_into_view_if_needed()
    await row.locator("a").focus()
    before = (await row.bounding_box())["y"]
    for _ in range(3):
        await desk.open()
    await desk.say(desk.ticket, running.cast.clara)  # from the end of the list to its top
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
    await equals_its_reload_with_what_was_typed(page)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits another process's files, as Linux can")
async def test_a_full_disk_is_said_beside_what_was_typed_which_is_sent_when_there_is_room(browser, running, desk):
    context = await running.context(browser, running.cast.anna, locale="ru-RU")
    page, other = await open_page(context, "/tickets/1"), await open_page(context, "/tickets")
    await typed(page)
    running.let_write(0)
    await page.press("#comment-body", "Control+Enter")
    await page.wait_for_selector("#comment-form :text('Ничего не сохранено')", state="attached")
    assert await page.input_value("#comment-body") == "half an answer"
    for open_ in (page, other):
        await equals_its_reload(open_)
    running.let_write(None)
    await page.press("#comment-body", "Control+Enter")
    await page.wait_for_selector("#thread article:has-text('half an answer')", state="attached")
    for open_ in (page, other):
        await equals_its_reload(open_)
