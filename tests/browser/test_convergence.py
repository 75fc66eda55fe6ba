"""The promise in real Chromium: several people, random changes, cut sockets, a restarted desk."""

import random

import pytest
from playwright.async_api import Page

from tests.browser.conftest import Running, back_online, equals_its_reload, open_page
from tests.live.actions import Desk, something

PAGES = (
    ("anna", "/tickets"),
    ("anna", "/tickets/1"),
    ("boris", "/tickets?view=all&sort=-priority"),
    ("boris", "/tickets?view=unassigned&sort=created"),
    ("vera", "/tickets?view=all&tag=vpn"),
    ("clara", "/tickets?view=all"),
    ("clara", "/tickets/1"),
    ("dmitri", "/tickets"),
)


STEPS = 8


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_page_equals_its_reload_whatever_happens(seed, browser, running):
    desk = Desk(running.cast, random.Random(seed))
    for _ in range(6):
        await desk.open()
    contexts = {name: await running.context(browser, getattr(running.cast, name)) for name, _ in PAGES}
    pages = [await open_page(contexts[name], path) for name, path in PAGES]
    typed = await words_in_composers(pages)
    for step in range(STEPS):
        fault = "restart" if step == STEPS // 2 else desk.chance.choice(["none", "none", "cut", "cut", "unplug"])
        done = [await something(desk) for _ in range(desk.chance.randint(1, 5))]
        done += await befall(fault, running, pages, desk)
        for page in pages:
            try:
                await equals_its_reload(page)
            except TimeoutError:
                pytest.fail(f"seed {seed}, step {step}: {page.url} differs from its reload after {done} and {fault}")
    for page, words in typed.items():
        assert await page.input_value("#comment-body") == words


async def words_in_composers(pages: list[Page]) -> dict[Page, str]:
    typed = {}
    for number, page in enumerate(pages):
        if await page.locator("#comment-body").count():
            typed[page] = f"typed by hand {number}"
            await page.fill("#comment-body", typed[page])
    return typed


async def befall(fault: str, running: Running, pages: list[Page], desk: Desk) -> list[str]:
    """Let this happen to the line or the desk; what people did meanwhile."""
    done: list[str] = []
    match fault:
        case "cut":
            running.proxy.cut()
        case "unplug":
            running.proxy.unplug()
            done = [await something(desk) for _ in range(3)]
            running.proxy.plug()
            for page in pages[:-1]:  # the last finds out by itself
                await back_online(page)
        case "restart":
            await running.stop()
            done = [await something(desk) for _ in range(3)]
            await running.start()
    return done
