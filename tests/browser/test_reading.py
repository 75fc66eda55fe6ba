"""A thread longer than the window: typing moves nothing, what one sent is seen, what others wrote waits below."""

import asyncio

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import connected, equals_its_reload, open_page
from tests.desk.acts import a_long_thread
from tests.live.actions import Desk
from tests.web.embedding import a_site

NARROW, WIDE = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
SIZES = pytest.mark.parametrize("size", [NARROW, WIDE], ids=["360", "1280"])

# Whether all of an element is seen, between what sticks above and below; and where it is, if not.
SEEN = """
(selector) => {
  const { top, bottom } = document.querySelector(selector).getBoundingClientRect();
  const head = document.querySelector(".ticket-head").getBoundingClientRect().bottom;
  const floor = document.querySelector(".compose").getBoundingClientRect().top;
  return top >= head - 1 && bottom <= floor + 1 ? "" : `${top} to ${bottom}, of ${head} to ${floor}`;
}
"""
HEAD = """
() => ["#ticket h1", "#ticket .number", "#ticket .status"].filter((part) => {
  const { left, top, width, height } = document.querySelector(part).getBoundingClientRect();
  const seen = document.elementFromPoint(left + Math.min(width, 20) / 2, top + height / 2);
  return !seen?.closest(part);
})
"""
# Where every message stands in the window.
PLACES = "[...document.querySelectorAll('#thread > article')].map((each) => each.getBoundingClientRect().top)"
# The answer that a message was taken comes later than the frame that shows it.
FRAME_FIRST = """
() => {
  const go = window.fetch;
  window.fetch = async (...asked) => {
    const shown = new Promise((done) => document.addEventListener("comment_added", done, { once: true }));
    const answer = await go(...asked);
    if (String(asked[0]).endsWith("/comments")) await shown;
    return answer;
  };
}
"""


@pytest.fixture
async def desk(running):
    desk = Desk(running.cast)
    ticket = await desk.open(subject="A subject that is long enough to need more than a line on a telephone")
    await a_long_thread(running.cast.anna, ticket, 60)
    desk.ticket = ticket
    return desk


async def top(page: Page) -> float:
    return await page.evaluate("scrollY")


async def settled(page: Page) -> None:
    """Two paints later, when whatever follows a frame or a key has happened."""
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


@SIZES
@pytest.mark.parametrize("who", ["anna", "clara"])
async def test_typing_moves_nothing(browser, running, desk, size, who):
    page = await open_page(await running.context(browser, getattr(running.cast, who), viewport=size), "/tickets/1")
    for by in ("key", "mouse"):
        await page.evaluate("document.activeElement.blur(); scrollTo(0, 900)")
        await settled(page)
        before = [await top(page), await page.locator("#thread > article").nth(12).bounding_box()]
        if by == "key":
            await page.keyboard.press("r")
        else:
            await page.locator("#comment-body").click()
        assert await page.evaluate("document.activeElement.id") == "comment-body"
        for letter in ["a", "b", " ", "ж", "Enter", "d", "Enter", "e", "Backspace", "f"]:
            await page.keyboard.press(letter) if len(letter) > 1 else await page.keyboard.type(letter)
            await settled(page)
            assert [await top(page), await page.locator("#thread > article").nth(12).bounding_box()] == before, (
                by,
                letter,
            )
        assert await page.evaluate(HEAD) == []


@SIZES
@pytest.mark.parametrize("order", ["as they come", "frame first"])
async def test_what_one_sent_is_seen_and_what_another_wrote_moves_nothing(browser, running, desk, size, order):
    page = await open_page(await running.context(browser, running.cast.clara, viewport=size), "/tickets/1")
    await page.evaluate("scrollTo(0, 900)")
    if order == "frame first":
        await page.evaluate(FRAME_FIRST)
    await page.fill("#comment-body", "Mine, in\n\nthree\n\nparagraphs")
    await page.press("#comment-body", "Control+Enter")
    await page.wait_for_selector("#thread > :last-child:has-text('paragraphs')")
    await page.wait_for_function(f"() => ({SEEN})('#thread > :last-child') === ''")
    await settled(page)
    await expect(page.locator("#below")).to_be_hidden()

    await page.evaluate("scrollBy(0, -2_000)")
    await settled(page)
    before = await top(page)
    await desk.say(desk.ticket)
    await expect(page.locator("#below")).to_have_text("1 new below")
    await desk.say(desk.ticket)
    await expect(page.locator("#below")).to_have_text("2 new below")
    await settled(page)
    assert await top(page) == before
    await page.locator("#below").click()
    await expect(page.locator("#below")).to_be_hidden()
    await page.wait_for_function(f"() => ({SEEN})('#thread > :nth-last-child(2)') === ''")
    assert await page.evaluate(HEAD) == []
    await equals_its_reload(page)


async def test_a_message_that_comes_into_view_is_not_said_to_be_below(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna, viewport=WIDE), "/tickets/1")
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    await settled(page)
    before = await top(page)
    comment = await desk.say(desk.ticket)
    await page.wait_for_selector(f"#comment-{comment.id}", state="attached")
    await settled(page)
    assert await top(page) == before
    assert await page.locator("#below").text_content() in (
        "1 new below",
        "0 new below",
    )  # it may stand behind the composer
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    await expect(page.locator("#below")).to_be_hidden()


@SIZES
async def test_a_ticket_opens_at_its_last_message_or_where_one_was(browser, running, desk, size):
    context = await running.context(browser, running.cast.anna, viewport=size)
    page = await open_page(context, "/tickets/1")
    assert await page.evaluate(SEEN, "#thread > article:last-of-type") == ""
    assert await page.evaluate(HEAD) == []
    await page.evaluate("scrollTo(0, 700)")
    await settled(page)
    await page.reload()
    await connected(page)
    await page.wait_for_function("() => scrollY === 700")
    await page.goto("/tickets")
    await page.go_back()
    await page.wait_for_function("() => scrollY === 700")
    assert await page.evaluate(HEAD) == []
    named = await page.locator("#thread > article").nth(7).get_attribute("id")
    await page.goto("about:blank")
    await page.goto(f"/tickets/1#{named}")
    await connected(page)
    assert await page.evaluate(SEEN, f"#{named}") == ""
    await page.goto("/tickets/1?from=20")
    await connected(page)
    assert await top(page) == 0


@SIZES
async def test_a_slow_page_leaves_one_at_the_place(browser, running, desk, size):
    """Where it goes while the page still comes is where it stays, then and when one comes back to it."""
    page = await open_page(await running.context(browser, running.cast.anna, viewport=size), "/tickets/1")
    await page.evaluate("scrollTo(0, 700)")
    await settled(page)
    before = await page.evaluate(PLACES)
    rest = asyncio.Event()

    async def in_parts(route: Route) -> None:
        answer = await route.fetch()
        first, last = (await answer.text()).split('<nav class="thread-turn" id="thread-after"')
        waits = '<script src="/static/waits.js"></script>'
        await route.fulfill(response=answer, body=f'{first}{waits}<nav class="thread-turn" id="thread-after"{last}')

    async def held(route: Route) -> None:
        await rest.wait()
        await route.fulfill(body="", content_type="text/javascript")

    await page.route("**/static/waits.js", held)
    await page.route("**/tickets/1", in_parts)
    await page.reload(wait_until="commit")
    await page.wait_for_function("() => scrollY > 0")
    await settled(page)
    rest.set()
    await page.wait_for_selector(".ticket-head[data-short]")
    await settled(page)
    assert [await top(page), await page.evaluate(PLACES)] == [700, before]
    await page.unroute("**/tickets/1")
    await page.goto("/tickets")
    await page.go_back()
    await page.wait_for_selector(".ticket-head[data-short]")
    await settled(page)
    assert [await top(page), await page.evaluate(PLACES)] == [700, before]


async def test_a_frame_of_its_own_height_does_the_same(browser, running, desk):
    """An embed that its site gave a height; the site's own page stays where it is."""
    context = await running.context(browser, viewport=WIDE)
    page = await open_page(context, f"/embed/tickets/1?token={(await a_site()).token()}")
    last = "document.querySelector('#thread > article:last-of-type').getBoundingClientRect().bottom - innerHeight"
    assert await page.evaluate(last) <= 0
    await page.evaluate("scrollTo(0, 900)")
    await settled(page)
    await desk.say(desk.ticket)
    await expect(page.locator("#below")).to_have_text("1 new below")
    assert await top(page) == 900
    assert await page.evaluate(HEAD) == []
    await page.locator("#below").click()
    await expect(page.locator("#below")).to_be_hidden()
    await page.fill("#comment-body", "Mine")
    await page.press("#comment-body", "Control+Enter")
    await page.wait_for_selector("#thread > :last-child:has-text('Mine')")
    async with asyncio.timeout(5):
        while await page.evaluate(last) > 0:
            await asyncio.sleep(0.02)
