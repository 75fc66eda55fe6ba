"""A click on a living list opens what stood there when the button went down; then the list is true again."""

import asyncio
import contextlib
import itertools

import pytest
from playwright.async_api import Page

from app.desk import tickets
from app.desk.models import Ticket
from tests.browser.conftest import connected, equals_its_reload, open_page
from tests.live.actions import Desk
from tests.web.embedding import a_site

ROWS = "[...document.querySelectorAll('#ticket-rows > tr')].filter((it) => it.checkVisibility()).map((it) => it.id)"
STANDS = "([x, y]) => document.elementFromPoint(x, y)?.closest('tr')?.id"


@pytest.fixture
async def desk(running):
    desk = Desk(running.cast)
    for number in range(8):
        await desk.open(subject=f"Ticket {number + 1}")
    return desk


async def middle(page: Page, row: str) -> tuple[float, float]:
    box = await page.locator(f"#{row}").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def told(page: Page, what: str, ticket: int) -> None:
    """Until the page heard that this happened, which it does when the frame is applied."""
    await page.wait_for_function("(name) => window.heard?.includes(name)", arg=f"{what}:{ticket}")


OPENED = """
() => {
  const keep = (event) => {
    window.opened = event.target.closest("tr")?.id ?? "";
    event.preventDefault();
  };
  for (const click of ["click", "auxclick"]) addEventListener(click, keep, { capture: true });
}
"""
HEAR = """
() => {
  window.heard = [];
  for (const what of ["ticket_created", "ticket_updated", "ticket_deleted", "comment_added"]) {
    document.addEventListener(what, ({ detail }) => window.heard.push(`${what}:${detail.ticket}`));
  }
}
"""


async def test_under_a_pointer_rows_change_in_place_and_then_come_go_and_move(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    await context.add_init_script(f"({HEAR})()")
    page = await open_page(context, "/tickets?sort=-updated")
    before = await page.evaluate(ROWS)
    x, y = await middle(page, "ticket-5")
    await page.mouse.move(x, y)
    await page.mouse.down()
    await desk.change(await Ticket.get(id=7), status="solved")  # it leaves
    await desk.change(await Ticket.get(id=5), subject="Another subject")  # it would move to the top
    await page.wait_for_selector("#ticket-5 a:text-is('Another subject')")
    await desk.open(subject="Newer")  # it would come at the top
    gone = await desk.open(subject="Comes and goes")
    await page.wait_for_selector(f"#ticket-{gone.id}", state="attached")
    await tickets.delete(running.cast.anna, gone.id)
    await desk.change(await Ticket.get(id=5), priority="high")  # and this is a second frame for it
    await page.wait_for_selector("#ticket-5 [data-priority=high]", state="attached")
    assert await page.evaluate(ROWS) == before
    assert await page.evaluate(STANDS, [x, y]) == "ticket-5"
    assert "3" in await page.inner_text("#pill")
    await page.mouse.up()
    await page.wait_for_url("**/tickets/5")
    await page.go_back()
    await connected(page)
    await page.mouse.move(0, 0)
    await equals_its_reload(page)


async def test_what_waits_happens_when_the_hand_rests_and_keyboards_do_not_wait(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    await context.add_init_script(f"({HEAR})()")
    page = await open_page(context, "/tickets")
    x, y = await middle(page, "ticket-5")
    await page.mouse.move(x, y)
    await desk.change(await Ticket.get(id=7), status="solved")
    await told(page, "ticket_updated", 7)
    held = await page.locator("#ticket-7").count()
    await equals_its_reload(page)  # though the pointer is still there
    assert await page.locator("#pill").is_hidden()
    await page.keyboard.press("j")
    await desk.change(await Ticket.get(id=6), status="solved")
    await told(page, "ticket_updated", 6)
    assert await page.locator("#ticket-6").count() == 0 and held <= 1
    await equals_its_reload(page)


async def test_a_right_that_is_lost_waits_for_nothing(browser, running, desk):
    """Its row is emptied at once; only its room waits, so that no other row comes under the finger."""
    context = await running.context(browser, running.cast.clara)
    await context.add_init_script(f"({HEAR})()")
    page = await open_page(context, "/tickets")
    visitor = await running.context(browser)
    await visitor.add_init_script(f"({HEAR})()")
    site = await a_site()
    token = site.token(filter={"status": ["new", "open"]})
    embed = await open_page(visitor, f"/embed/tickets?token={token}")
    for view in (page, embed):
        await view.mouse.move(*await middle(view, "ticket-5"))
        await view.mouse.down()
    await desk.change(await Ticket.get(id=6), requester="dmitri@pult.example", subject="Not hers any more")
    await tickets.delete(running.cast.anna, 7)
    await desk.change(await Ticket.get(id=4), status="solved")
    for view in (page, embed):
        await told(view, "ticket_updated", 4)
        for row in (6, 7, 4) if view is embed else (6, 7):
            assert (await view.inner_text(f"#ticket-{row}")).strip() == "", row
            assert (await view.locator(f"#ticket-{row}").bounding_box())["height"] > 30
    assert "Ticket 4" in await page.inner_text("#ticket-4")
    for view in (page, embed):
        await view.mouse.move(1, 1)
        await view.mouse.up()
        await equals_its_reload(view)


async def test_a_whole_frame_under_a_pointer_waits_too_and_converges(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    await context.add_init_script(f"({HEAR})()")
    page = await open_page(context, "/tickets")
    before = await page.evaluate(ROWS)
    await page.mouse.move(*await middle(page, "ticket-5"))
    await page.mouse.down()
    await desk.change(await Ticket.get(id=7), status="solved")
    await told(page, "ticket_updated", 7)
    await page.evaluate("document.querySelector('#list-count').id = 'lost'")  # the next frame has no place to go
    await desk.open(subject="Newer")
    await page.wait_for_selector("#ticket-rows > #ticket-9", state="attached")
    await page.evaluate("document.querySelector('#lost').id = 'list-count'")
    await desk.change(await Ticket.get(id=2), subject="Another")
    await told(page, "ticket_updated", 2)
    assert await page.evaluate(ROWS) == before
    await page.mouse.up()
    await page.wait_for_url("**/tickets/5")


async def test_of_thirty_clicks_on_a_list_that_changes_all_the_time_none_is_wrong_or_lost(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets")
    await page.evaluate(OPENED)
    changing = asyncio.create_task(change_it(desk))
    for number in range(30):
        at = [640, 100 + 36 * (number % 8)]
        await page.mouse.move(*at)
        stood = await page.evaluate(f"(at) => {{ window.opened = null; return ({STANDS})(at) ?? '' }}", at)
        await page.mouse.down(button="middle" if number % 5 == 0 else "left")
        await asyncio.sleep(0.15)  # as long as a press takes, in which several frames come
        await page.mouse.up(button="middle" if number % 5 == 0 else "left")
        assert await page.evaluate("window.opened") == stood, f"click {number}"
    changing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await changing
    await equals_its_reload(page)


async def change_it(desk: Desk) -> None:
    """Somebody is at work: rows come, go and move several times a second."""
    statuses = itertools.cycle(["solved", "open", "pending", "closed", "new"])
    for number in itertools.count():
        ticket = await Ticket.get(id=desk.chance.randint(1, 8))
        await desk.change(ticket, **({"subject": f"Change {number}"} if number % 2 else {"status": next(statuses)}))
        await asyncio.sleep(0.05)
