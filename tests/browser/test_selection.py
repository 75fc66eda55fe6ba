"""Rows that are selected by keys, and what is done to them together, while colleagues change the list under it."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from app.desk import applying, tickets
from app.desk.models import Ticket
from tests.browser.conftest import connected, equals_its_reload, open_page
from tests.browser.test_hold import ROWS
from tests.live.actions import Desk

SELECTED = "[...document.querySelectorAll('#ticket-rows > [data-selected]')].map((it) => Number(it.dataset.ticket))"
CHECKED = "[...document.querySelectorAll('#ticket-rows :checked')].map((it) => Number(it.value.split(':')[0]))"


@pytest.fixture
async def desk(running):
    desk = Desk(running.cast)
    for number in range(8):
        await desk.open(subject=f"Ticket {number + 1}")
    return desk


@pytest.fixture
async def page(browser, running, desk):
    """The list from #8 down to #1, the cursor at the top, and no pointer over it."""
    context = await running.context(browser, running.cast.anna)
    page = await open_page(context, "/tickets?view=inbox&sort=-created")
    await page.mouse.move(0, 0)
    return page


async def press(page: Page, *keys: str) -> None:
    for key in keys:
        await page.keyboard.press(key)


async def selected(page: Page) -> list[int]:
    found = await page.evaluate(SELECTED)
    assert found == await page.evaluate(CHECKED), "what is painted is what is checked"
    return found


async def status(ticket: int) -> str:
    return (await Ticket.get(id=ticket)).status.value


async def test_keys_select_rows_ranges_all_and_none(page):
    await press(page, "x")
    assert await selected(page) == [8]
    await press(page, "j", "j", "j", "Shift+X")
    assert await selected(page) == [8, 7, 6, 5]
    await press(page, "k", "x")
    assert await selected(page) == [8, 7, 5]
    await press(page, "Escape")
    assert await selected(page) == []
    await press(page, "Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowUp")
    assert await selected(page) == [6, 5, 4]
    await expect(page.locator("#bulk .chosen")).to_have_text("3 selected")
    await press(page, "*", "a")
    assert await selected(page) == [8, 7, 6, 5, 4, 3, 2, 1]
    await press(page, "*", "n")
    assert await selected(page) == []
    assert not await page.is_visible("#bulk")


async def test_the_mouse_selects_by_the_mark_of_a_row_and_ranges_with_shift_and_opens_nothing(page):
    where = page.url
    await page.click("#ticket-7 [name=ticket]")
    await page.click("#ticket-4 a", modifiers=["Shift"])
    assert await selected(page) == [7, 6, 5, 4]
    await page.click("#ticket-6 [name=ticket]")
    assert await selected(page) == [7, 5, 4]
    await page.click("#ticket-1 [name=ticket]", modifiers=["Shift"])
    assert await selected(page) == [7, 6, 5, 4, 3, 2, 1]
    assert page.url == where and len(page.context.pages) == 1
    await page.click("[data-clear]")
    assert await selected(page) == []
    await page.click("#ticket-6 a")
    await page.wait_for_url("**/tickets/6")


async def test_what_is_chosen_in_the_bar_is_done_to_all_and_z_takes_it_back(page, running):
    await press(page, "x", "j", "Shift+X")
    await page.click("#bulk [data-menu=status]")
    await page.keyboard.type("solved")
    await page.keyboard.press("Enter")
    await expect(page.locator("#toast")).to_contain_text("2 changed")
    await page.mouse.move(0, 0)
    await expect(page.locator("#ticket-8")).to_have_count(0)
    await expect(page.locator("#ticket-7")).to_have_count(0)
    assert [await status(n) for n in (6, 7, 8)] == ["new", "solved", "solved"]
    assert await page.evaluate("document.activeElement.closest('#toast')") is None
    await equals_its_reload(page)
    await press(page, "z")
    await expect(page.locator("#toast")).to_contain_text("2 taken back")
    await expect(page.locator("#ticket-8")).to_be_visible()
    assert [await status(n) for n in (7, 8)] == ["new", "new"]
    await equals_its_reload(page)


async def test_while_rows_are_selected_they_change_where_they_stand_until_w(page, running, desk):
    await press(page, "x", "j", "j", "x")
    before = await page.evaluate(ROWS)
    await desk.change(await Ticket.get(id=6), priority="urgent")
    await desk.change(await Ticket.get(id=7), status="solved")  # it leaves
    fresh = await desk.open(subject="Newer")  # it would come at the top
    await tickets.delete(running.cast.boris, 3)  # a right to it is lost, and that waits for nothing
    await page.wait_for_selector("#ticket-6 [data-priority=urgent]", state="attached")
    await expect(page.locator("#pill")).to_have_attribute("data-held", "3")
    assert await page.inner_text("#pill") == "3 changes"
    assert await page.evaluate(ROWS) == before
    assert await selected(page) == [8, 6], "through frames, also of its own row"
    await press(page, "w")
    await expect(page.locator("#pill")).to_be_hidden()
    assert await page.evaluate(ROWS) == [f"ticket-{n}" for n in (fresh.id, 8, 6, 5, 4, 2, 1)]
    assert await selected(page) == [8, 6]
    await equals_its_reload(page)
    await desk.open(subject="Newest")
    await page.click("#pill")
    assert (await page.evaluate(ROWS))[0] == f"ticket-{fresh.id + 1}"
    await desk.change(await Ticket.get(id=5), status="closed")
    await expect(page.locator("#pill")).to_be_visible()
    await page.mouse.move(0, 0)
    await press(page, "Escape")
    await expect(page.locator("#ticket-5")).to_have_count(0)
    await equals_its_reload(page)


async def test_each_key_of_a_field_is_for_all_that_is_selected(page, running):
    ours = running.cast
    for keys, changed in (
        (("p", "1"), {"priority": "urgent"}),
        (("i",), {"assignee": ours.anna.id}),
        (("a", "n", "o", "b", "Enter"), {"assignee": None}),
        (("l", "n", "e", "w", "Enter"), {"tags": ["new"]}),
        (("l", "n", "e", "w", "ArrowDown", "Enter"), {"tags": []}),
        (("d", "2", "4", ".", "1", "2", ".", "2", "0", "3", "1", "Enter"), {"due": "2031-12-24"}),
        (("s", "3"), {"status": "pending"}),
    ):
        await page.mouse.move(0, 0)
        await page.goto("/tickets?view=all&sort=-created")
        await connected(page)
        for number in (8, 7):
            await page.evaluate(f"document.querySelector('#ticket-{number} [name=ticket]').click()")
        await press(page, *keys)
        await expect(page.locator("#toast")).to_contain_text("2 changed")
        for number in (8, 7):
            now = await tickets.fields_of(await Ticket.get(id=number))
            assert changed.items() <= now.items()
    await equals_its_reload(page)


async def test_a_selected_row_that_left_is_selected_no_more_once_the_list_is_true(page, desk):
    await press(page, "x", "j", "x")
    await desk.change(await Ticket.get(id=8), status="solved")
    await expect(page.locator("#pill")).to_be_visible()
    assert await selected(page) == [8, 7]
    await press(page, "w")
    await expect(page.locator("#ticket-8")).to_have_count(0)
    assert await selected(page) == [7]


async def test_what_somebody_changed_as_well_is_named_left_and_still_selected(page, running, desk):
    await press(page, "x", "j", "x")
    await page.route("**/tickets/bulk", lambda route: _after(desk, route))
    await press(page, "s", "5")
    await expect(page.locator("#toast")).to_contain_text("1 changed, 1 had changed meanwhile: #7")
    assert [await status(n) for n in (7, 8)] == ["open", "closed"]
    await page.wait_for_selector("#ticket-7 [data-status=open]", state="attached")
    assert await selected(page) == [7]


async def _after(desk: Desk, route) -> None:
    """A colleague is faster than the line."""
    await desk.change(await Ticket.get(id=7), by=desk.cast.boris, status="open")
    await route.continue_()


async def test_z_says_who_stands_against_it(page, running, desk):
    await page.goto("/tickets/5")
    await page.wait_for_selector('#live[data-state="connected"]', state="attached")
    await press(page, "e")
    await expect(page.locator("#toast")).to_contain_text("Ticket #5: Solved")
    await desk.change(await Ticket.get(id=5), by=running.cast.boris, status="pending")
    await press(page, "z")
    await expect(page.locator("#toast")).to_contain_text("not taken back, Boris has changed this since: Status")
    assert await status(5) == "pending"
    await page.wait_for_selector('#ticket[data-status="pending"]')
    await press(page, "e")
    await expect(page.locator("#toast")).to_contain_text("Ticket #5: Solved")
    await page.click("[data-undo]")
    await expect(page.locator("#toast")).to_contain_text("Taken back · Ticket #5: Pending")
    assert await status(5) == "pending"


async def test_by_keys_alone_with_the_list_changing_twice_a_second(page, running, desk):
    """Each bulk is done to what was selected, and to nothing else."""
    stop = asyncio.Event()

    async def colleagues() -> None:
        for number in range(60):
            if stop.is_set():
                return
            await desk.change(await Ticket.get(id=1 + number % 2), priority=("high", "low")[number // 2 % 2])
            if number % 3 == 0:
                await desk.open(subject=f"More {number}")
            await asyncio.sleep(0.5)

    busy = asyncio.create_task(colleagues())
    for wanted in ([8, 7], [6, 5], [4, 3]):
        await page.wait_for_selector(f"#ticket-{wanted[0]}")
        while await page.evaluate("document.querySelector('[aria-current=true]').id") != f"ticket-{wanted[0]}":
            await press(page, "j")
        await press(page, "x", "Shift+ArrowDown")
        assert await selected(page) == wanted
        await press(page, "l")
        await page.keyboard.type("done")
        await press(page, "Enter")
        await expect(page.locator("#toast")).to_contain_text("2 changed")
        assert await selected(page) == []
        await page.evaluate("document.getElementById('toast').replaceChildren()")
    stop.set()
    await busy
    tagged = [ticket.id for ticket in await Ticket.all().order_by("id") if "done" in await applying.tags_of(ticket)]
    assert tagged == [3, 4, 5, 6, 7, 8]
    await equals_its_reload(page)
