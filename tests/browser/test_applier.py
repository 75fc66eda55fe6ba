"""The applier of the fast suites does what htmx does in Chromium, with frames of a desk at work."""

import random

from lxml import html

from tests.browser.conftest import CANONICAL, REGIONS
from tests.conftest import Served
from tests.live.actions import Desk, something
from tests.live.pages import open_page

APPLY = """
(text) => htmx.swap({ sourceElement: document.getElementById("live"), target: "#live", swap: "none", text })
"""
LIVE = f"({CANONICAL})(document, {REGIONS})"
PARSED = f"(text) => ({CANONICAL})(new DOMParser().parseFromString(text, 'text/html'), {REGIONS})"
PAGES = (
    "/tickets/1",
    "/tickets?view=all&sort=-priority",  # ties, moves
    "/tickets?view=solved",  # empty at first
    "/tickets?sort=created",
)


async def test_the_applier_and_htmx_agree_on_recorded_frames(browser, served: Served):
    desk = Desk(served.cast, random.Random(5))
    for _ in range(4):
        await desk.open()
    client = await served.client(served.cast.anna)
    context = await browser.new_context(base_url=served.url)
    await context.add_cookies([{"name": "pult", "value": client.cookies["pult"], "url": served.url}])
    await context.route_web_socket("**/*", lambda _: None)  # nothing reaches the page but what is applied here
    await context.route("**/live/*", lambda route: route.abort())
    checked = 0
    for path in PAGES:
        recorded = await open_page(served, client, path)
        page = await context.new_page()
        await page.goto(path)
        for step in range(25):
            before, done = len(recorded.applied), await something(desk)
            if step % 6 == 5:
                recorded._whole = True
                await recorded.say(action="resync")
            await recorded.caught_up()
            for frame in recorded.applied[before:]:
                await page.evaluate(APPLY, frame)
                checked += frame.count("<hx-") - 1
            expected = await page.evaluate(PARSED, html.tostring(recorded.dom, encoding="unicode"))
            assert await page.evaluate(LIVE) == expected, f"{path} after {done}"
        await recorded.cut()
    await context.close()
    assert checked > 100
