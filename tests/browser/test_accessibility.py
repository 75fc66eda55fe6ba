"""What a person's system asks for: high contrast by its own colours, paper. What axe finds is in test_states."""

import pytest

from tests.browser.states import Room
from tests.browser.test_states import MOVING
from tests.live.actions import Desk

# Elements of a kind that a selector names and that can be seen.
SEEN = "(selector) => [...document.querySelectorAll(selector)].filter((it) => it.checkVisibility()).length"


@pytest.fixture
async def room(browser, running):
    room = Room(running, browser, "en", Desk(running.cast))
    await room.furnish()
    return room


async def test_a_ticket_on_paper_is_its_words_and_none_of_the_controls(room):
    page = await room.open(f"/tickets/{room.rich.id}")
    await page.emulate_media(media="print", color_scheme="dark")
    for controls in (".side", ".compose", ".fields-column", ".actions", ".banners", "button, input, select, textarea"):
        assert await page.evaluate(SEEN, controls) == 0, controls
    assert await page.evaluate(SEEN, "#thread .comment") == 6
    assert await page.evaluate(SEEN, "#thread .note-mark") == 2
    assert await page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    log = await page.evaluate(
        "(() => { const log = document.querySelector('pre'); return log.scrollWidth - log.clientWidth })()"
    )
    assert log <= 0  # nothing is cut off at the edge of the paper


async def test_a_list_on_paper_is_its_rows(room):
    page = await room.open("/tickets?view=all")
    await page.emulate_media(media="print")
    assert await page.evaluate(SEEN, ".side, .filters, .head .button, input, select") == 0
    assert await page.evaluate(SEEN, "#ticket-rows .subject") == 4


async def test_with_the_systems_own_colours_nothing_is_told_by_a_ground_alone(room):
    page = await room.open("/tickets")
    await page.emulate_media(forced_colors="active")
    marks = """[...document.querySelectorAll(".status, .priority")]
        .map((it) => getComputedStyle(it, "::before").backgroundColor)"""
    text = await page.evaluate("getComputedStyle(document.querySelector('h1')).color")
    assert set(await page.evaluate(marks)) == {text}
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    cursor = "getComputedStyle(document.querySelector('#ticket-rows > [aria-current]'), '::before').backgroundColor"
    assert await page.evaluate(cursor) not in (ground, "rgba(0, 0, 0, 0)")


@pytest.mark.parametrize("reduced", [True, False])
async def test_a_changed_row_glows_unless_the_person_asked_for_no_motion(reduced, room):
    page = await room.open("/tickets")
    await page.emulate_media(reduced_motion="reduce" if reduced else "no-preference")
    await page.evaluate(
        "document.addEventListener('pult:applied',"
        " () => { document.body.dataset.moving = document.getAnimations().length })"
    )
    await room.desk.change(room.plain, priority="high")
    await page.wait_for_selector("body[data-moving]")
    assert (await page.get_attribute("body", "data-moving") == "0") is reduced


async def test_nothing_moves_under_the_mouse_of_who_asked_for_no_motion(room):
    for path, pointed_at in (("/tickets", ".filters label, #ticket-rows tr, nav a, .button"), ("/tickets/2", "button")):
        page = await room.open(path)
        seen = [it for it in await page.locator(pointed_at).all() if await it.is_visible()]
        assert len(seen) > 3
        for it in seen:
            await it.hover()
            assert await page.evaluate(MOVING) == []


async def test_targets_are_as_large_as_a_finger_where_one_touches_and_24_px_elsewhere(room):
    small = """
    (least) => [...document.querySelectorAll("a, button, input, select, textarea, summary")].filter((it) => {
      // In a text, or with room around them: a row leads to its ticket, "Edit" reaches over its edges.
      if (!it.checkVisibility() || it.closest(".prose, .when, .skip, p, .subject, .own")) return false;
      if (getComputedStyle(it).pointerEvents === "none") return false;
      const { width, height } = (it.closest("label") ?? it).getBoundingClientRect();
      return width < 24 || height < least - 1;
    }).map((it) => it.outerHTML.slice(0, 120))
    """
    for path in ("/tickets", f"/tickets/{room.rich.id}", "/tickets/new", "/settings"):
        page = await room.open(path)
        assert await page.evaluate(small, 24) == []
        await page.close()
        context = await room.running.context(
            room.browser, room.running.cast.anna, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
        )
        page = await context.new_page()
        await page.goto(path)
        assert await page.evaluate(small, 44) == [], path
        await context.close()
