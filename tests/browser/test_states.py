"""Every state that the desk can be in is designed: it is reached, says in words what it is, and everyone can use it."""

import os
from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Error, Page

from tests.browser.states import EMPTY, LANGUAGES, STATES, Room, State
from tests.live.actions import Desk

ALL = bool(os.environ.get("PULT_SOAK"))
SIZES = {"wide": (1280, 720), "narrow": (360, 740), "enlarged four times": (320, 256)}  # the last: WCAG 2.2, 1.4.10
# What stands outside the window, or is cut off there without a way to scroll to it.
CUT = """
() => [...document.querySelectorAll("main *, .side *")].filter((it) => {
  if (!it.checkVisibility({ opacityProperty: true })) return false;
  if (it.closest("svg, dialog, .unseen, .search-hints, .filters, pre, table")) return false;
  const { left, right, width } = it.getBoundingClientRect();
  return width > 1 && (left < -1 || right > innerWidth + 1);
}).map((it) => `${it.localName}.${it.className} is outside of the window`)
"""


MOVING = """
() => document.getAnimations().map((it) => {
  const { target, pseudoElement } = it.effect;
  return `${it.animationName ?? it.transitionProperty} of ${target.localName}${pseudoElement ?? ""} moves`;
})
"""
# Each language is looked at in half of these, the other language in the other half; at length (make soak) in all.
LOOKS = [("wide", "light", "en"), ("wide", "dark", "ru"), ("narrow", "light", "ru"), ("narrow", "dark", "en")]
# What axe tells by colours, in every look. All its other rules see no difference between light and dark: they are asked
# once at each size, in the language that is light there; at length in every look as well.
COLOURS = ["color-contrast", "link-in-text-block"]
AXE = """async (only) => {
  const options = { resultTypes: ["violations"], ...(only && { runOnly: only }) };
  return (await axe.run(document, options)).violations;
}"""
PARTS = 4  # so that no process has all of them while another has nothing left


async def violations(page: Page, only: list[str] | None) -> list[dict]:
    """Of these rules; None: of all."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    return await page.evaluate(AXE, only)


async def flaws(page: Page, language: str) -> AsyncIterator[str]:
    """What does not fit on the page, what moves, and what axe finds."""
    for moving in await page.evaluate(MOVING):
        yield f"{moving}, though the person asked for no motion"
    for size, (width, height) in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            yield f"{size}: it scrolls sideways"
        for cut in await page.evaluate(CUT):
            yield f"{size}: {cut}"
        for scheme in {scheme for look, scheme, spoken in LOOKS if look == size and (ALL or spoken == language)}:
            await page.emulate_media(color_scheme=scheme)
            for violation in await violations(page, None if ALL or scheme == "light" else COLOURS):
                for node in violation["nodes"]:
                    yield f"{size}, {scheme}: {violation['id']}: {node['target']} {node['failureSummary']}"


async def failures(states: list[State], room: Room) -> AsyncIterator[str]:
    for state in states:
        try:
            page = await state.shown(room)
        except (AssertionError, Error) as error:
            yield f"{state.name}: {error}"
            continue
        async for flaw in flaws(page, room.language):
            yield f"{state.name}: {flaw}"
        await page.close()


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_state_says_what_it_is_and_is_there_for_everyone(language, part, browser, running):
    room = Room(running, browser, language, Desk(running.cast))
    failed = [failure async for failure in failures(EMPTY[part::PARTS], room)]
    await room.furnish()
    failed += [failure async for failure in failures(STATES[part::PARTS], room)]
    assert not failed, "\n\n".join(failed)
