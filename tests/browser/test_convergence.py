"""The promise in real Chromium: several people, random changes, every fault; a failing trace is shrunk and printed.

Short here; `make soak` runs it at length (PULT_SOAK: how many traces).
"""

import asyncio
import contextlib
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from playwright.async_api import Page

from app.config import Config, Database, Security, Server
from app.desk.errors import Conflict, Invalid, Missing, Refused
from app.desk.models import Ticket
from tests.browser.conftest import Running, back_online, equality, equals_its_reload, open_page
from tests.conftest import SECRET
from tests.live.actions import VERBS, Desk
from tests.web.embedding import a_site

PAGES = (
    ("anna", "/tickets"),
    ("anna", "/tickets/1"),
    ("anna", "/tickets?view=mine&sort=created"),
    ("boris", "/tickets?view=all&sort=-priority"),
    ("boris", "/tickets?view=unassigned&sort=due"),
    ("vera", "/tickets?view=all&tag=vpn"),
    ("vera", "/tickets?q=vpn"),
    ("clara", "/tickets?q=vpn"),
    ("clara", "/tickets?view=all"),
    ("clara", "/tickets/1"),
    ("dmitri", "/tickets"),
)
EMBEDDED = (("/embed/tickets", {"view": "open"}), ("/embed/tickets/1", {}))  # for Clara, and what they are locked to
SOAK = int(os.environ.get("PULT_SOAK", "0"))
FAULTS = ("none", "none", "cut", "unplug", "dead", "history", "throw", "restart", "restore", "restore away")
FAULTS += ("hand", "hand, cut")
FAULTS += ("no upgrades",) if SOAK else ()
BREAK = """
() => {
  const rows = document.querySelector("#ticket-rows, #thread");
  for (const name of ["appendChild", "insertBefore"]) {
    rows[name] = () => { delete rows.appendChild; delete rows.insertBefore; throw new Error("once"); };
  }
}
"""

TOUCH = """
(what) => document.getElementById("ticket-rows")?.dispatchEvent(new PointerEvent(what, { bubbles: true }))
"""

steps = st.lists(
    st.tuples(
        st.sampled_from(FAULTS),
        st.lists(st.tuples(st.sampled_from(list(VERBS)), st.integers(1, 6)), min_size=1, max_size=4),
    ),
    min_size=4,
    max_size=8,
)


@settings(
    max_examples=SOAK or 1,
    derandomize=not SOAK,
    deadline=None,
    print_blob=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(trace=steps)
@example(
    trace=[
        ("cut", [("staff replies", 1), ("it is assigned", 2)]),
        ("restart", [("its tags change", 3), ("it is solved", 4)]),
        ("unplug", [("it gets another requester", 1), ("a note is added", 2)]),
        ("restore", [("staff replies", 1), ("it is solved", 2)]),
        ("dead", [("it is deleted", 2), ("a ticket is opened", 1)]),
        ("hand", [("it is deleted", 3), ("its subject changes", 4), ("it is solved", 5), ("a ticket is opened", 1)]),
        ("throw", [("it gets another requester", 1), ("its subject changes", 1)]),
        ("hand, cut", [("it is deleted and restored", 4), ("it is closed", 1), ("a ticket is opened", 1)]),
    ]
)
async def test_every_page_equals_its_reload_whatever_happens(trace, browser, blank, tmp_path, log):
    path = Path(f"{tmp_path}/{len(list(tmp_path.iterdir()))}.sqlite3")
    shutil.copy(blank, path)
    config = Config(
        server=Server(port=0), database=Database(url=f"sqlite://{path}", path=path), security=Security(SECRET)
    )
    running = Running(config, log)
    await running.open()
    try:
        await play(trace, running, browser)
    finally:
        for context in browser.contexts:
            await context.close()
        await running.close()


async def play(trace, running, browser) -> None:
    desk = Desk(running.cast)
    for _ in range(6):
        await desk.open()
    contexts = {name: await running.context(browser, getattr(running.cast, name)) for name, _ in PAGES}
    pages = [await open_page(contexts[name], path) for name, path in PAGES]
    visitor, site = await running.context(browser), await a_site()
    pages += [await open_page(visitor, f"{path}?token={site.token(filter=lock)}") for path, lock in EMBEDDED]
    typed = await words_in_composers(pages)
    for number, (fault, verbs) in enumerate(trace):
        await befall(fault, running, pages, [(desk, verb, ticket) for verb, ticket in verbs])
        for page in pages:
            try:
                equality.setdefault(fault, []).append(await equals_its_reload(page))
            except AssertionError as differs:
                pytest.fail(f"step {number}, after {fault} and {verbs}: {differs}")
        for page, words in typed.items():
            assert await page.input_value("#comment-body") == words


async def words_in_composers(pages: list[Page]) -> dict[Page, str]:
    typed = {}
    for number, page in enumerate(pages):
        if await page.locator("#comment-body").count():
            typed[page] = f"typed by hand {number}"
            await page.fill("#comment-body", typed[page])
    return typed


async def befall(fault: str, running: Running, pages: list[Page], verbs) -> None:
    """Let this happen to the line, the desk or the pages, while people do that."""
    proxy = running.proxy
    copy = f"{running.config.database.path}.copy"
    begin = {
        "cut": proxy.cut,
        "hand, cut": proxy.cut,
        "unplug": proxy.unplug,
        "dead": proxy.freeze,
        "no upgrades": proxy.refuse_upgrades,
        "restore away": proxy.unplug,
    }
    begin.get(fault, lambda: None)()
    if fault.startswith("hand"):  # down on every list, until everything has happened
        await asyncio.gather(*(page.evaluate(TOUCH, "pointerdown") for page in pages))
    if fault == "throw":
        await asyncio.gather(*(page.evaluate(BREAK) for page in pages))
    if fault == "restart":
        await running.stop()
    if fault.startswith("restore"):
        await running.pult("backup", "--force", copy)
    for desk, verb, ticket in verbs:
        with contextlib.suppress(Missing, Refused, Invalid, Conflict):  # to change nothing is to be seen as well
            await VERBS[verb](desk, await Ticket.get(id=ticket))
    if fault.startswith("restore"):
        await running.pult("restore", "--force", copy)
    proxy.plug()
    if fault == "restart":
        await running.start()
    if fault in AFTERWARDS:
        await asyncio.gather(*(AFTERWARDS[fault](page) for page in pages))
    proxy.upgrades = True


async def from_history(page: Page) -> None:
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")


async def polls(page: Page) -> None:
    await page.wait_for_selector('#live[data-state="polling"]', state="attached", timeout=60_000)


async def lifts(page: Page) -> None:
    await page.evaluate(TOUCH, "pointerup")


AFTERWARDS = {
    "hand": lifts,
    "hand, cut": lifts,
    "unplug": back_online,
    "dead": back_online,
    "restore away": back_online,
    "history": from_history,
    "no upgrades": polls,
}
