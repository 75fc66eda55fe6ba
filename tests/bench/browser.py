"""What a first visit loads, and how soon a change in one browser is shown in another."""

import os
import shutil
import statistics
from typing import Any

from playwright.async_api import Browser, Error, Page, async_playwright

from tests.bench.http import DEMO
from tests.bench.servers import Server

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHANGES = 40
SEEN = """
(words) => new Promise((seen) => {
  const look = () => document.getElementById("thread").textContent.includes(words) && seen(Date.now());
  look() || new MutationObserver(look).observe(document.getElementById("thread"), { childList: true, subtree: true });
})
"""
SEND = "() => { document.getElementById('comment-form').requestSubmit(); return Date.now(); }"


async def rows(desk: Server) -> list[tuple[str, float, float | None, str]]:
    """None where no browser starts."""
    named = [os.environ.get("PULT_CHROMIUM", ""), *PROGRAMS]
    program = next((found for name in named if name and (found := shutil.which(name))), None)
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        except Error:
            return []
        first, shown = await first_visit(browser, desk), await other_browser(browser, desk)
        await browser.close()
    return [
        ("first list, cold: requests", first["requests"], 8, ""),
        ("first list, cold: on the wire", first["wire"] / 1000, 60, "kB"),
        ("  its own scripts", first["scripts"] / 1000, 12, "kB"),
        ("sent here, shown there: p50", statistics.median(shown), None, "ms"),
        ("sent here, shown there: p95", statistics.quantiles(shown, n=20)[18], None, "ms"),
    ]


async def signed_in(browser: Browser, desk: Server) -> Page:
    context = await browser.new_context(base_url=desk.url)
    await context.request.post("/login", form=DEMO, max_redirects=0)
    return await context.new_page()


async def first_visit(browser: Browser, desk: Server) -> dict[str, float]:
    page = await signed_in(browser, desk)
    answers: list[Any] = []
    sockets: list[Any] = []
    page.on("requestfinished", lambda request: answers.append(request))
    page.on("websocket", lambda socket: sockets.append(socket))
    await page.goto("/tickets", wait_until="networkidle")
    sizes = {answer.url: await answer.sizes() for answer in answers}
    sent = {url: size["responseBodySize"] + size["responseHeadersSize"] for url, size in sizes.items()}
    scripts = sum(size["responseBodySize"] for url, size in sizes.items() if "/js/" in url)
    await page.close()
    return {"requests": len(answers) + len(sockets), "wire": sum(sent.values()), "scripts": scripts}


async def other_browser(browser: Browser, desk: Server) -> list[float]:
    """Milliseconds from sending a note in one browser until it stands in the other."""
    here, there = await signed_in(browser, desk), await signed_in(browser, desk)
    for page in (here, there):
        await page.goto("/tickets/1")
        await page.wait_for_selector('#live[data-state="connected"]', state="attached")
    found = []
    for number in range(CHANGES):
        words = f"shown in the other one {number}"
        await here.check("#comment-form [value=note]")
        await here.fill("#comment-body", words)
        waiting = there.evaluate_handle(f"() => {{ window.seen = ({SEEN})({words!r}) }}")
        await waiting
        began = await here.evaluate(
            "() => { document.getElementById('comment-form').requestSubmit(); return Date.now() }"
        )
        found.append(await there.evaluate("() => window.seen") - began)
        await here.wait_for_function("() => document.getElementById('comment-body').value === ''")
    return found
