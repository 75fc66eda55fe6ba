"""A frame in another site is as high as what it shows, wherever that site holds it."""

import asyncio
import itertools
import time

from tests.browser.embed.framing import USUAL, live
from tests.conftest import DEADLINE


async def room(box) -> float:
    """How much of its page a frame has room for, in px."""
    return await box.evaluate("(frame) => frame.clientHeight - parseFloat(getComputedStyle(frame).paddingTop) * 2")


async def fits(frame, box, place: str = "") -> None:
    """Until the frame is exactly as high as its page."""
    until = time.monotonic() + DEADLINE
    while True:
        inner = await frame.locator("body").evaluate("(body) => Math.ceil(body.getBoundingClientRect().height)")
        if inner and inner == await room(box):
            return
        assert time.monotonic() < until, f"{place}: {inner} px have {await room(box)} px of room"
        await asyncio.sleep(0.05)


async def test_it_is_as_high_as_what_it_shows_and_keeps_to_280_px(framed, desk):
    frame = await framed.show(framed.frame("/embed/tickets/1", width=280))
    await live(frame)
    box = framed.page.locator("iframe")
    await fits(frame, box)
    before = await room(box)
    for _ in range(5):
        comment = await desk.say(desk.ticket)
    await frame.locator(f"#comment-{comment.id}").wait_for()
    await fits(frame, box)
    assert await room(box) > before
    assert await frame.locator("html").evaluate("(html) => html.scrollWidth <= html.clientWidth")
    assert {one["origin"] for one in await framed.told("height")} == {framed.running.url}


STYLED = "<style>* {{ box-sizing: border-box }} iframe {{ border: 7px solid; padding: 5px; max-width: 100% }}</style>{}"
SHADOW = """
<div id="host"></div><template>{}</template>
<script>
  const inside = document.getElementById("host").attachShadow({{ mode: "MODE" }});
  inside.append(document.querySelector("template").content);
  window.frame = inside.querySelector("iframe");
  if (!document.getElementById("host").shadowRoot) {{
    addEventListener("load", () => dispatchEvent(new CustomEvent("pult:frame", {{ detail: frame }})));
  }}
</script>
"""
PLACES = {  # how a site may hold the frame, and what it does until somebody sees it
    "counts borders as height": (STYLED, ""),
    "in an open shadow root": (SHADOW.replace("MODE", "open"), ""),
    "in a closed shadow root": (SHADOW.replace("MODE", "closed"), ""),
    "below the fold": ('<div style="height: 9000px"></div>{}', ""),
    "in closed details": (
        "<details><summary>Help</summary>{}</details>",
        "document.querySelector('details').open = true",
    ),
    "in closed details below the fold": (
        '<div style="height: 9000px"></div><details><summary>Help</summary>{}</details>',
        "document.querySelector('details').open = true",
    ),
    "not shown yet": ("<div hidden>{}</div>", "document.querySelector('[hidden]').hidden = false"),
    "transparent, in a box of no height": (
        '<div style="height: 0; overflow: hidden; opacity: 0">{}</div>',
        "document.querySelector('[style*=opacity]').style = ''",
    ),
}


async def test_wherever_a_site_holds_it_it_gets_its_height_and_the_page_is_loaded(framed, desk):
    for _ in range(4):
        await desk.say(desk.ticket)
    for place, (around, show) in PLACES.items():
        await framed.show(around.format(framed.frame("/embed/tickets/1")))  # goes on when the browser says: loaded
        inside = framed.page.frames[1]
        await inside.wait_for_selector('#live[data-state="connected"]', state="attached")
        if show:
            await framed.page.evaluate(show)
        box = await framed.page.evaluate_handle("window.frame ?? document.querySelector('iframe')")
        await fits(inside, box, place)
        said = await desk.say(desk.ticket)
        await inside.wait_for_selector(f"#comment-{said.id}", state="attached")
        await fits(inside, box, place)
        await box.scroll_into_view_if_needed()
        async with asyncio.timeout(DEADLINE):
            while not await inside.evaluate("document.documentElement.scrollHeight <= innerHeight"):
                await asyncio.sleep(0.02)
        await framed.page.close()


async def test_a_lazy_frame_gets_its_height_when_it_is_loaded(framed, desk):
    await framed.show('<div style="height: 20000px"></div>', framed.frame("/embed/tickets/1", more='loading="lazy"'))
    assert len(framed.page.frames) == 2 and framed.page.frames[1].url in ("", "about:blank")
    box = framed.page.locator("iframe")
    await framed.page.evaluate("scrollTo(0, 18500)")  # not in sight yet
    frame = framed.page.frame_locator("iframe")
    await live(frame)
    await fits(frame, box)


async def test_a_script_that_comes_late_is_told_the_height(framed, desk):
    frame = await framed.show(framed.frame("/embed/tickets/1"))
    await live(frame)
    await fits(frame, framed.page.locator("iframe"))
    framed.shop.html = framed.html(framed.frame("/embed/tickets/1")).replace("<script src", "<script data-src")
    await framed.page.goto(framed.shop.url)
    await live(frame)
    async with asyncio.timeout(DEADLINE):
        while not await framed.told("height"):
            await asyncio.sleep(0.02)
    await framed.page.add_script_tag(url=f"{framed.running.url}/embed/host.js")
    await fits(frame, framed.page.locator("iframe"))


async def test_a_site_that_is_isolated_can_frame_it(framed, desk):
    for policy, sandbox in itertools.product(("require-corp", "credentialless"), (USUAL, "allow-scripts allow-forms")):
        framed.shop.headers = {"Cross-Origin-Embedder-Policy": policy, "Cross-Origin-Opener-Policy": "same-origin"}
        frame = await framed.show(framed.frame("/embed/tickets/1", sandbox=sandbox))
        assert await framed.page.evaluate("crossOriginIsolated")
        await frame.locator("#thread article").first.wait_for()
        assert await frame.locator("#ticket h1").evaluate("(h) => getComputedStyle(h).fontSize") != "32px"
        if sandbox == USUAL:
            await live(frame)
            await fits(frame, framed.page.locator("iframe"))
            said = await desk.say(desk.ticket)
            await frame.locator(f"#comment-{said.id}").wait_for()
        await framed.page.close()
