"""The menus behind a p s l d, on a ticket and on a row: what is chosen is seen at once, and taken back if refused."""

import asyncio
from datetime import date, timedelta

import pytest
from playwright.async_api import expect

from app.desk import tickets
from app.desk.models import Comment, Ticket
from app.desk.tickets import fields_of
from tests.browser.conftest import connected, equals_its_reload, open_page
from tests.live.actions import Desk, today

PLACES = ("/tickets/1", "/tickets?view=all&sort=created")
SOON = "[data-soon], [data-soon-too], [data-soon-is]"


@pytest.fixture
async def desk(running):
    desk = Desk(running.cast)
    for number in range(3):
        await desk.open(subject=f"Ticket {number + 1}")
    await desk.change(await Ticket.get(id=1), tags="printer")
    return desk


async def becomes(ticket: int = 1, **fields: object) -> None:
    async with asyncio.timeout(10):
        while True:
            now = await fields_of(await Ticket.get(id=ticket))
            if fields.items() <= now.items():
                return
            await asyncio.sleep(0.02)


async def choose(page, key: str, typed: str) -> None:
    await page.keyboard.press(key)
    await page.wait_for_selector("#quick[open]")
    await page.keyboard.type(typed)
    await page.keyboard.press("Enter")
    await expect(page.locator("#quick")).not_to_have_attribute("open", "")


@pytest.mark.parametrize("path", PLACES)
async def test_each_field_by_its_key(path, browser, running, desk):
    cast = running.cast
    page = await open_page(await running.context(browser, cast.anna), path)
    await page.keyboard.press("p")
    await page.keyboard.press("1")
    await becomes(priority="urgent")
    await choose(page, "s", "pend")
    await becomes(status="pending")
    await choose(page, "a", "bor")
    await becomes(assignee=cast.boris.id)
    await page.keyboard.press("i")
    await becomes(assignee=cast.anna.id)
    await choose(page, "a", "nob")
    await becomes(assignee=None)
    await choose(page, "l", "new tag")
    await becomes(tags=["new tag", "printer"])
    await choose(page, "l", "prin")  # what it has already is taken from it
    await becomes(tags=["new tag"])
    await choose(page, "d", "+3")
    await becomes(due=(date.fromisoformat(await today()) + timedelta(days=3)).isoformat())
    await choose(page, "d", "no due")
    await becomes(due=None)
    await page.keyboard.press("e")
    await becomes(status="solved")
    await expect(page.locator(":is(#ticket, #ticket-1) .status")).to_have_attribute("data-status", "solved")
    await page.wait_for_timeout(300)  # within which a second press of the same key is the same
    await page.keyboard.press("e")
    await becomes(status="open")
    await expect(page.locator(SOON)).to_have_count(0)
    await equals_its_reload(page)


async def test_tags_are_chips_of_which_backspace_takes_the_last(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await page.keyboard.press("l")
    await page.keyboard.type("vpn,mail,")
    await expect(page.locator("#quick-tags .tag")).to_have_text(["mail", "printer", "vpn"])
    await desk.change(await Ticket.get(id=1), running.cast.boris, priority="low")
    await becomes(tags=["mail", "printer", "vpn"])
    await page.keyboard.press("Backspace")
    await becomes(tags=["mail", "printer"], priority="low")
    await page.keyboard.press("Escape")
    await equals_its_reload(page)


async def test_a_tag_is_added_to_what_the_page_has_not_been_told_of_yet(browser, running, desk):
    """One's own of a moment ago, or a colleague's: what is sent is the tag alone."""
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await page.evaluate("document.getElementById('live').remove()")
    await desk.change(await Ticket.get(id=1), running.cast.boris, tags="printer, theirs")
    await choose(page, "l", "first")
    await becomes(tags=["first", "printer", "theirs"])
    await choose(page, "l", "second")
    await becomes(tags=["first", "printer", "second", "theirs"])
    await choose(page, "l", "printer")
    await becomes(tags=["first", "second", "theirs"])


@pytest.mark.parametrize("path", PLACES)
async def test_what_was_chosen_is_painted_before_the_answer_and_taken_back_with_words(path, browser, running, desk):
    """Of a ticket that is deleted meanwhile, of a field that a colleague changed, on a line that is cut."""
    page = await open_page(await running.context(browser, running.cast.anna), path)
    answer = asyncio.Event()

    async def wait(route) -> None:
        await answer.wait()
        await route.continue_()

    await page.route("**/tickets/1", wait)
    shown = page.locator(":is(#ticket, #ticket-1)")
    await page.keyboard.press("p")
    await page.keyboard.press("1")
    await expect(shown.locator(".priority")).to_have_attribute("data-soon", "Urgent")
    assert (await Ticket.get(id=1)).priority.word == "normal"
    answer.set()
    await becomes(priority="urgent")
    await expect(page.locator(SOON)).to_have_count(0)
    await equals_its_reload(page)
    answer.clear()
    await page.keyboard.press("p")
    await page.keyboard.press("4")
    await expect(shown.locator(".priority")).to_have_attribute("data-soon", "Low")
    await page.evaluate("document.getElementById('live').remove()")  # what comes now, this page does not hear of
    await desk.change(await Ticket.get(id=1), running.cast.boris, priority="high")
    answer.set()
    await expect(
        page.locator("#notice, #ticket-form .conflict").filter(has_text="changed the same thing")
    ).to_be_visible()
    await expect(page.locator(SOON)).to_have_count(0)
    assert (await Ticket.get(id=1)).priority.word == "high"
    await page.goto(path)
    await connected(page)
    running.proxy.answer("POST /tickets/1", 502)
    answer.set()
    await page.keyboard.press("s")
    await page.keyboard.press("4")
    await page.wait_for_selector("[data-banner=unsent]")
    await expect(page.locator(SOON)).to_have_count(0)
    assert (await Ticket.get(id=1)).status == "new"
    await equals_its_reload(page)


async def test_the_menu_is_of_the_ticket_that_it_was_opened_for(browser, running, desk):
    """Also when its row left the list meanwhile, and the cursor went to another."""
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets?sort=created")
    await page.keyboard.press("p")
    await page.wait_for_selector("#quick[open]")
    await desk.change(await Ticket.get(id=1), running.cast.boris, status="solved")
    await page.wait_for_selector("#ticket-1", state="detached")
    await page.keyboard.press("1")
    await becomes(1, priority="urgent")
    await becomes(2, priority="normal")
    await equals_its_reload(page)


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_days_as_people_type_them(language, browser, running, desk):
    now = date.fromisoformat(await today())
    monday = now + timedelta(days=7 - now.weekday())
    friday = now + timedelta(days=(4 - now.weekday() - 1) % 7 + 1)
    december = date(now.year, 12, 24)
    days = {
        **dict.fromkeys(("today", "сегодня", "tod"), now),
        **dict.fromkeys(("tomorrow", "завтра", "pfdnhf"), now + timedelta(days=1)),
        "послезавтра": now + timedelta(days=2),
        **dict.fromkeys(("mon", "пн", "понед", "Monday"), monday),
        **dict.fromkeys(("fri", "пт", "gn", "пятница"), friday),
        **dict.fromkeys(("+3", "3d", "3 days", "+3д"), now + timedelta(days=3)),
        **dict.fromkeys(("+2w", "2 weeks", "2 недели"), now + timedelta(days=14)),
        **dict.fromkeys(("24.12.", "24.12", "24/12", "24 dec", "Dec 24", "24 декабря", "24 дек"), december),
        **dict.fromkeys(("24.12.2031", "24.12.31", "2031-12-24", "24 Dec 2031"), date(2031, 12, 24)),
        "29.02.": next(date(y, 2, 29) for y in range(now.year, now.year + 9) if _is_leap(y) and date(y, 2, 29) >= now),
        **dict.fromkeys(("31.02.2031", "2031-02-30", "13.13.", "x", "32", "1969-01-01"), None),
    }
    context = await running.context(browser, running.cast.anna, locale=language)
    page = await open_page(context, "/tickets/1")
    await page.keyboard.press("d")
    read = {}
    for typed in days:
        await page.fill("#quick-filter", typed)
        option = page.locator("#quick-options > [data-active]")
        read[typed] = await option.get_attribute("value") if await option.count() else None
    assert read == {typed: day and day.isoformat() for typed, day in days.items()}


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


async def test_through_the_tickets_of_the_list_one_came_from(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets?sort=created")
    await page.keyboard.press("o")
    await page.wait_for_url("**/tickets/1")
    for key, number in (("Shift+J", 2), ("]", 3), ("Shift+K", 2), ("[", 1)):
        await connected(page)
        await page.keyboard.press(key)
        await page.wait_for_url(f"**/tickets/{number}")
    await connected(page)
    assert await page.locator('[data-walk="-1"]').is_hidden()
    await page.keyboard.press("u")
    await page.wait_for_url("**/tickets?sort=created")


async def test_send_and_solve_goes_on_to_the_next_ticket(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets?sort=created")
    await page.keyboard.press("o")
    for number in (1, 2):
        await page.wait_for_url(f"**/tickets/{number}")
        await connected(page)
        await page.keyboard.press("r")
        await page.keyboard.type(f"Answer {number}")
        await page.keyboard.press("Control+Shift+Enter")
    await page.wait_for_url("**/tickets/3")
    assert [(await Ticket.get(id=number)).status.value for number in (1, 2, 3)] == ["solved", "solved", "new"]
    assert [said.body for said in await Comment.filter(author=running.cast.anna).order_by("id")] == [
        "Answer 1",
        "Answer 2",
    ]
    await connected(page)
    await page.keyboard.press("m")
    await page.keyboard.type("Nothing is solved by a note")
    await page.keyboard.press("Control+Shift+Enter")
    assert await page.input_value("#comment-body") == "Nothing is solved by a note"


async def test_send_and_solve_that_is_refused_stays_with_its_words(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    running.proxy.answer("POST /tickets/1/comments", 502)
    await page.fill("#comment-body", "Answer")
    await page.press("#comment-body", "Control+Shift+Enter")
    await page.wait_for_selector("#comment-form [data-banner=unsent]")
    assert await page.input_value("#comment-body") == "Answer" and page.url.endswith("/tickets/1")


async def test_a_link_and_a_number_are_copied(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = await open_page(context, "/tickets?sort=created")
    await page.keyboard.press(".")
    await expect(page.locator("#toast")).to_contain_text("/tickets/1")
    assert (await page.evaluate("navigator.clipboard.readText()")).endswith("/tickets/1")
    await page.keyboard.press(".")
    await expect(page.locator("#toast")).to_contain_text("#1")
    assert await page.evaluate("navigator.clipboard.readText()") == "#1"


async def test_a_row_is_deleted_where_it_stands(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets?sort=created")
    asked = []

    async def answer(dialog) -> None:
        asked.append(dialog.message)
        await (dialog.accept() if len(asked) == 2 else dialog.dismiss())

    page.on("dialog", answer)
    await page.keyboard.press("#")
    await page.wait_for_timeout(400)
    assert await page.locator("#ticket-1").count() == 1
    await page.keyboard.press("#")
    await page.wait_for_selector("#ticket-1", state="detached")
    assert len(asked) == 2 and "#1" in asked[0] and page.url.endswith("/tickets?sort=created")
    await tickets.restore(running.cast.vera, 1)
    await page.wait_for_selector("#ticket-1")
    await equals_its_reload(page)
