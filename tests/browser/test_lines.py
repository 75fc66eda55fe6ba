"""A bad line, or whoever speaks for the desk on it, never ends a page: only the desk's own word does.

The storm is short here; `make soak` lets it rage for a minute over twenty pages.
"""

import asyncio
import os

import pytest

from app.desk import people
from tests.browser.conftest import back_online, connected, equals_its_reload, figures, open_page
from tests.conftest import DEADLINE
from tests.live.actions import Desk
from tests.web.embedding import a_site

FOREIGN = (200, 204, 302, 400, 401, 403, 404, 407, 413, 429, 500, 502, 503, 504, 511, 520)
PAGES, SECONDS, EVERY = (20, 60, 2.0) if "PULT_SOAK" in os.environ else (4, 6, 0.5)
CHANGES = 10  # a second


@pytest.fixture
async def desk(running):
    desk = Desk(running.cast)
    desk.ticket = await desk.open()
    return desk


async def asked(running, what: str, times: int) -> None:
    """Until the desk's address was asked for this so often."""
    async with asyncio.timeout(3 * DEADLINE):
        while running.proxy.asked.count(what) < times:
            await asyncio.sleep(0.01)


async def goes_on(page, words: str | None = "half an answer") -> None:
    await equals_its_reload(page)
    assert await page.locator("[data-banner]:visible").count() == 0
    assert await page.locator("#live").count() == 1
    if words:
        assert await page.input_value("#comment-body") == words


async def test_whatever_a_proxy_answers_to_a_new_connection_the_page_goes_on(browser, running, desk):
    site = await a_site()
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    visitor = await open_page(await running.context(browser), f"/embed/tickets/1?token={site.token()}")
    for one, door in ((page, "/live"), (visitor, "/embed")):
        await one.fill("#comment-body", "half an answer")
        ask = f"POST {door}/connection"
        for status in FOREIGN:
            before = running.proxy.asked.count(ask)
            running.proxy.answer(ask, status, times=1, headers={"Location": "/login"})
            await back_online(one)
            await asked(running, ask, before + 1)
            await back_online(one)
            await asked(running, ask, before + 2)
            await connected(one)
        await desk.say(desk.ticket)
        await goes_on(one)


async def test_whatever_a_proxy_answers_to_a_page_that_polls_it_goes_on(browser, running, desk):
    running.proxy.upgrades = False
    page = await (await running.context(browser, running.cast.anna)).new_page()
    await page.goto("/tickets/1")
    await page.fill("#comment-body", "half an answer")
    for status in (401, 200, 403):
        await page.wait_for_selector('#live[data-state="polling"]', state="attached", timeout=60_000)
        before = running.proxy.asked.count("POST /live/connection")
        running.proxy.answer(r"GET /live/frame", status, times=1)
        await page.evaluate("document.dispatchEvent(new CustomEvent('pult:sent'))")
        await asked(running, "POST /live/connection", before + 1)
        comment = await desk.say(desk.ticket)
        await page.wait_for_selector(f"#comment-{comment.id}", state="attached", timeout=60_000)
    running.proxy.be_honest()
    await back_online(page)
    await goes_on(page)


async def test_handshakes_that_are_cut_on_their_way_cost_a_page_nothing(browser, running, desk):
    """Before the answer, in the middle of it, and after it but before the first frame: the token is spent each time."""
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await page.fill("#comment-body", "half an answer")
    for part in (0.0, 0.5, 1.0):
        handshakes = [line for line in running.proxy.asked if line.startswith("GET /api/v1/ws")]
        running.proxy.handshake = part
        running.proxy.cut()
        await back_online(page)
        async with asyncio.timeout(3 * DEADLINE):
            while (
                len([line for line in running.proxy.asked if line.startswith("GET /api/v1/ws")]) < len(handshakes) + 3
            ):
                await asyncio.sleep(0.02)
        comment = await desk.say(desk.ticket)
        await page.wait_for_selector(f"#comment-{comment.id}", state="attached")  # by polling, if not otherwise
        running.proxy.be_honest()
        await back_online(page)
        await goes_on(page)


async def test_a_page_kept_by_the_browser_opens_with_a_token_that_was_used(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    kept = await (await context.request.get("/tickets/1")).text()
    page = await context.new_page()
    running.proxy.answer("GET /tickets/1$", 200, body=kept, headers={"Content-Type": "text/html; charset=utf-8"})
    for _ in range(2):
        await page.goto("/tickets/1")
        await connected(page)
        await desk.say(desk.ticket)
    running.proxy.be_honest()
    await goes_on(page, words=None)


async def test_renewals_at_once_are_one(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    running.proxy.delay = 0.15
    await page.evaluate("""() => {
        for (let n = 0; n < 3; n++) dispatchEvent(new Event("online"));
        dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
    }""")
    await goes_on(page, words=None)
    assert running.proxy.asked.count("POST /live/connection") == 1


async def test_only_the_desks_own_401_of_a_new_connection_ends_a_page(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    running.proxy.answer("POST /live/connection", 401)
    await people.set_password(running.cast.anna, "another password")  # its session ends, its socket is closed with 4401
    await asked(running, "POST /live/connection", 2)
    assert await page.locator('[data-banner="ended"]:visible').count() == 0
    running.proxy.be_honest()
    await page.wait_for_selector('[data-banner="ended"]:visible')


async def test_a_storm_of_cuts_leaves_every_page_true(browser, running, desk):
    people_ = [running.cast.anna, running.cast.boris, running.cast.clara, running.cast.vera]
    contexts = [await running.context(browser, person) for person in people_]
    paths = ("/tickets/1", "/tickets?view=all")
    pages = [
        await open_page(contexts[number % len(contexts)], paths[number // len(contexts) % len(paths)])
        for number in range(PAGES)
    ]
    cuts = changes = 0
    loop = asyncio.get_running_loop()
    began = loop.time()
    while (passed := loop.time() - began) < SECONDS:
        if passed >= (cuts + 1) * EVERY:
            cuts += 1
            running.proxy.cut()
        if changes < passed * CHANGES:
            changes += 1
            await (desk.change(desk.ticket, subject=f"Change {changes}") if changes % 3 else desk.say(desk.ticket))
        await asyncio.sleep(0.01)
    equal = 0
    for page in pages:
        await equals_its_reload(page)
        assert await page.locator("[data-banner]:visible").count() == 0
        ids = await page.evaluate("[...document.querySelectorAll('#thread > *')].map((entry) => entry.id)")
        assert len(ids) == len(set(ids))
        equal += 1
    figures.append(f"pages equal to their reload after {cuts} cuts and {changes} changes: {equal} of {len(pages)}")
