"""What people see: how soon a change of one shows in the browser of another, and what a first page loads."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Error, Page, async_playwright

from tests.bench.http import DEMO
from tests.bench.servers import Server
from tests.browser.conftest import FLAGS, PROGRAMS

CHANGES = 60
NOW = "performance.timeOrigin + performance.now()"  # ms; the same clock in every tab of a machine

# When the next comment stands in the thread: as soon as it is in the document, before it is painted.
SHOWN = f"""
() => new Promise((resolve) => {{
  const thread = document.getElementById("thread");
  const before = thread.children.length;
  const observer = new MutationObserver(() => {{
    if (thread.children.length === before) return;
    observer.disconnect();
    resolve({NOW});
  }});
  observer.observe(thread, {{ childList: true }});
}})
"""
SEND = f"""
(words) => {{
  document.getElementById("comment-body").value = words;
  document.getElementById("comment-form").requestSubmit();
  return {NOW};
}}
"""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser | None]:
    """The installed Chromium, if there is one."""
    program = next(
        (found for name in PROGRAMS if (found := shutil.which(os.environ.get("PULT_CHROMIUM") or name))), None
    )
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        except Error:
            yield None
            return
        yield browser
        await browser.close()


async def signed_in(browser: Browser, server: Server, email: str) -> Page:
    page = await (await browser.new_context()).new_page()
    await page.goto(f"{server.url}/login")
    await page.fill("input[name=email]", email)
    await page.fill("input[name=password]", DEMO["password"])
    await page.click("#login button")
    await page.wait_for_selector("#live[data-state=connected]", state="attached")
    return page


async def change_to_shown(browser: Browser, server: Server, ticket: int) -> list[float]:
    """Seconds from sending a reply in one browser until it stands in another's thread, in order."""
    anna, boris = [await signed_in(browser, server, f"{name}@pult.example") for name in ("anna", "boris")]
    for page in (anna, boris):
        await page.goto(f"{server.url}/tickets/{ticket}")
        await page.wait_for_selector("#live[data-state=connected]", state="attached")
    found = []
    for n in range(CHANGES):
        shown = await boris.evaluate_handle(f"() => ({{ when: ({SHOWN})() }})")
        own = await anna.evaluate_handle(f"() => ({{ when: ({SHOWN})() }})")
        sent = await anna.evaluate(SEND, f"Change **{n}**")
        found.append((await shown.evaluate("async (it) => await it.when") - sent) / 1000)
        await own.evaluate("async (it) => await it.when")
    for page in (anna, boris):
        await page.context.close()
    return sorted(found)


async def first_page(browser: Browser, server: Server) -> dict[str, float]:
    """A list with nothing in the cache: how many requests (the socket is one), bytes, bytes of our own scripts."""
    page = await signed_in(browser, server, DEMO["email"])
    cookies = await page.context.cookies()
    await page.context.close()
    cold = await browser.new_context()
    await cold.add_cookies(cookies)  # type: ignore[arg-type]
    page = await cold.new_page()
    network = await cold.new_cdp_session(page)
    await network.send("Network.enable")
    urls: dict[str, str] = {}
    sizes: dict[str, float] = {}
    sockets: list[str] = []
    network.on("Network.requestWillBeSent", lambda it: urls.update({it["requestId"]: it["request"]["url"]}))
    network.on("Network.webSocketCreated", lambda it: sockets.append(it["url"]))
    network.on("Network.loadingFinished", lambda it: sizes.update({it["requestId"]: it["encodedDataLength"]}))
    await page.goto(f"{server.url}/tickets")
    await page.wait_for_selector("#live[data-state=connected]", state="attached")
    await page.wait_for_load_state("networkidle")
    own = sum(size for request, size in sizes.items() if "/js/" in urls.get(request, ""))
    await cold.close()
    loaded = [size for size in sizes.values() if size > 0]  # the cache gave the others: an icon that is shown twice
    return {"requests": len(loaded) + len(sockets), "bytes": sum(sizes.values()), "scripts": own}
