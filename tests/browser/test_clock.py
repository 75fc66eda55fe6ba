"""A browser's clock and its word about the network are hints: ages, waits and tries do not go by them."""

import re

from app import db
from app.desk.models import Comment
from tests.browser.conftest import connected, equals_its_reload, open_page
from tests.live.actions import Desk, the_clock_moves, today
from tests.web.embedding import a_site

DAY = 24 * 3600 * 1000  # ms
OFF = """
() => {
  const Real = Date;
  window.off = %d;
  Date = class extends Real {
    constructor(...values) { values.length ? super(...values) : super(Date.now()); }
    static now() { return Real.now() + window.off; }
  };
}
"""
AGES = "[...document.querySelectorAll('#thread time, #ticket-rows .age time')].map((time) => time.textContent)"


async def off_by(context, milliseconds: int) -> None:
    await context.add_init_script(f"({OFF % milliseconds})()")


async def test_ages_are_the_desks_whatever_the_browsers_clock_says(browser, running):
    desk = Desk(running.cast)
    ticket, site = await desk.open(), await a_site()
    await Comment.filter(ticket_id=ticket.id).update(created=db.now() - 2 * 3600 * 1_000_000)
    contexts = [await running.context(browser, running.cast.anna) for _ in range(2)]
    contexts.append(await running.context(browser))
    for context, off in zip(contexts, (3 * DAY, -3 * DAY, 3 * DAY), strict=True):
        await off_by(context, off)
    paths = ("/tickets/1", "/tickets/1", f"/embed/tickets/1?token={site.token()}")
    pages = [await open_page(context, path) for context, path in zip(contexts, paths, strict=True)]
    rows = await open_page(contexts[0], "/tickets")
    comment = await desk.say(ticket)
    for page in pages:
        await page.wait_for_selector(f"#comment-{comment.id}")
        ages = await page.evaluate(AGES)
        assert re.fullmatch(r"2\s?h", ages[0]) and ages[-1] == "now", ages
    assert await rows.evaluate(AGES) == ["now"]
    # A clock that is set while the page is open is nothing but an occasion to ask the desk.
    for page in pages:
        await page.evaluate("window.off = -window.off")
    await desk.say(ticket)
    for page in pages:
        await page.wait_for_selector("#thread > article:nth-of-type(3)")
        assert re.fullmatch(r"2\s?h", (await page.evaluate(AGES))[0])


async def test_what_is_overdue_is_so_by_the_desks_day(browser, running):
    desk = Desk(running.cast)
    await desk.change(await desk.open(), due=await today())
    for off in (3 * DAY, -3 * DAY):
        context = await running.context(browser, running.cast.anna)
        await off_by(context, off)
        page = await open_page(context, "/tickets/1")
        assert await page.locator("time.due").get_attribute("title") == "Due today"
        await the_clock_moves(1)
        await page.wait_for_selector("time.due[data-overdue][title=Overdue]")
        await the_clock_moves(-1, hours=12)
        await page.wait_for_selector("time.due[data-today]")


async def test_a_browser_that_wrongly_says_that_it_is_offline_is_not_believed(browser, running):
    desk = Desk(running.cast)
    ticket = await desk.open()
    context = await running.context(browser, running.cast.anna)
    await context.add_init_script("Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false })")
    page = await open_page(context, "/tickets/1")
    await page.evaluate("dispatchEvent(new Event('offline'))")
    await desk.say(ticket)
    await equals_its_reload(page)
    assert not await page.locator('[data-banner="offline"]:visible').count()
    running.proxy.cut()
    await desk.say(ticket)
    await equals_its_reload(page)


async def test_a_line_that_died_while_the_clock_went_back_is_replaced(browser, running):
    desk = Desk(running.cast)
    ticket = await desk.open()
    context = await running.context(browser, running.cast.anna)
    await off_by(context, 0)
    page = await open_page(context, "/tickets/1")
    running.proxy.freeze()
    comment = await desk.say(ticket)
    await page.evaluate("window.off = -3600_000")
    await page.wait_for_selector(f"#comment-{comment.id}", timeout=60_000)  # long before the 45 s of a silent line
    await connected(page)
