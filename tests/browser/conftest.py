"""Real Chromium, a desk in a process of its own, and a line between them that can be cut."""

import asyncio
import contextlib
import inspect
import os
import re
import resource
import shutil
import signal
import socket
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator, Mapping
from difflib import ndiff
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from _pytest.runner import runtestprotocol
from playwright._impl import transport
from playwright.async_api import Browser, BrowserContext, Error, Page, Playwright, async_playwright, expect
from pytest_asyncio import is_async_test

from app import create_app, db
from app.config import ROOT, Config
from app.desk import people
from app.desk.models import Person
from tests.browser.proxy import Proxy
from tests.conftest import DEADLINE, SECRET, UNLIMITED, Cast, make_cast
from tests.forked import Forked
from tests.log import Log
from tests.process import DeskProcess

# For the suggestions under its address bar, which no test opens, Chromium loads two pages of its own for each of ours:
# a good third of what small ones cost. The other names are what Playwright turns off: of such flags the last counts.
OFF = (
    *("WebUIOmniboxPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "LensOverlay"),
    *("HttpsFirstBalancedModeAutoEnable", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning"),
    *("AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled"),
    "PreconnectToSearch",
)
FLAGS = (
    f"--disable-features={','.join(OFF)}",
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    "--test-third-party-cookie-phaseout",  # no page of ours inside another site may need its own
)
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = DEADLINE * 1000  # ms
expect.set_options(timeout=PATIENCE)

CANONICAL = re.sub("^//.*\n", "", Path(__file__).with_name("canonical.js").read_text(), flags=re.MULTILINE)
REGIONS = "'#ticket-rows, #list-count, #list-foot, [data-count], #ticket, #thread, #thread-before, #thread-after'"
LIVE = f"({CANONICAL})(document)"
FRESH = f"""
async (typed) => {{
  const bearer = document.querySelector("#embed [name=token]")?.value;
  const answer = await fetch(location.href, bearer && {{ headers: {{ Authorization: `Bearer ${{bearer}}` }} }});
  if (answer.status === 404) return "gone";
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  return ({CANONICAL})(fresh, "html", typed);
}}
"""


# The files whose tests take longest, so that no process is still at one of them when the others have nothing left.
LONGEST = [f"test_{name}.py" for name in ("states", "foreign_answers", "convergence", "signed_out", "xss", "drafts")]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if is_async_test(item):  # in the loop of their one browser
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Iterator[object]:
    """What these tests use runs in their loop, also what they share with others."""
    with pytest.MonkeyPatch.context() as here:
        if inspect.iscoroutinefunction(fixturedef.func) or inspect.isasyncgenfunction(fixturedef.func):
            here.setattr(fixturedef.func, "_loop_scope", "session", raising=False)
        return (yield)


async def launch(playwright: Playwright) -> Browser:
    """An installed Chromium or Chrome, else Playwright's own; the test is skipped where there is none."""
    named = [os.environ.get("PULT_CHROMIUM", ""), *PROGRAMS]
    program = next((found for name in named if name and (found := shutil.which(name))), None)
    try:
        return await playwright.chromium.launch(executable_path=program, args=FLAGS)
    except Error as error:
        pytest.skip(f"no browser starts here: {str(error).splitlines()[0]}")


equality: dict[str, list[float]] = {}  # fault -> seconds from being connected to being equal
figures: list[str] = []  # what else was measured, in words


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for fault, seconds in sorted(equality.items()):
        ordered = sorted(seconds)
        middle, most = ordered[len(ordered) // 2], ordered[-1]
        terminalreporter.write_line(
            f"pages equal to their reload after {fault:<12} {len(ordered):>6} times, seconds: "
            f"median {middle:.2f}, most {most:.2f}"
        )
    for figure in figures:
        terminalreporter.write_line(figure)


class Driven:
    """The one Chromium of all tests, and the process that drives it. Where one of the two died, both are begun anew."""

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self.said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - by the driver: what it dies of

    async def browser(self) -> Browser:
        if self._browser is None or self.is_dead:
            await self.stop()
            with pytest.MonkeyPatch.context() as here:
                here.setattr(transport, "_get_stderr_fileno", self.said.fileno)
                self._playwright = await async_playwright().start()
            self._browser = await launch(self._playwright)
        return self._browser

    @property
    def is_dead(self) -> bool:
        if self._browser is None:
            return False
        return not self._browser.is_connected() or self._browser._impl_obj._connection._closed_error is not None

    def last_words(self) -> str:
        self.said.seek(0)
        return self.said.read()[-2000:]

    async def stop(self) -> None:
        if self._playwright is not None:
            with contextlib.suppress(Error):
                async with asyncio.timeout(DEADLINE):
                    await self._playwright.stop()
        self._playwright = self._browser = None


driven = Driven()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Chromium or its driver dies now and then on a machine that has too much to do: that test is run once more."""
    if Path(__file__).parent not in item.path.parents:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    if any(report.failed for report in reports) and driven.is_dead:
        item.warn(pytest.PytestWarning(f"the browser died, and this was run again: {driven.last_words()}"))
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _driven() -> AsyncIterator[Driven]:
    yield driven
    await driven.stop()
    driven.said.close()


@pytest.fixture
async def browser(_driven: Driven) -> AsyncIterator[Browser]:
    """The one of all tests; each context of it is a person's own, and is closed with its test."""
    running = await _driven.browser()
    yield running
    for context in running.contexts:
        await context.close()


class Running:
    """A desk in a process of its own, behind a line that can be cut; restarted on the same port."""

    def __init__(self, config: Config, log: Log) -> None:
        self.config, self.log = config, log
        self.tree = ROOT  # what is served
        self.cast: Cast
        self._process: Forked | Process
        self._written = config.database.path.with_suffix(".log")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.proxy = Proxy(self._port)

    async def open(self) -> None:
        await db.connect(self.config.database)
        self.cast = await make_cast()
        await self.start()
        await self.proxy.start()
        self.url = f"http://127.0.0.1:{self.proxy.port}"

    async def close(self) -> None:
        await self.proxy.stop()
        await self.stop()
        self.log.add(self._written.read_text())
        await db.disconnect()

    async def start(self, **settings: str) -> None:
        environment = {
            **os.environ,
            **UNLIMITED,
            "PULT_DATABASE__URL": f"sqlite://{self.config.database.path}",
            "PULT_SECURITY__SECRET_KEY": SECRET,
            "PULT_SERVER__LOG_LEVEL": "debug",
            "PYTHONDONTWRITEBYTECODE": "1",  # where files may not grow, half of it would be left for everyone
            **settings,
        }
        arguments = ("serve", "--port", str(self._port))
        with self._written.open("ab") as written:
            if self.tree == ROOT:
                self._process = Forked(arguments, environment, stderr=written)
            else:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "app", *arguments),
                    cwd=self.tree,
                    env=environment,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=written,
                )
        async with asyncio.timeout(6 * DEADLINE), httpx.AsyncClient(verify=False) as client:
            while True:
                assert self._process.returncode is None, "the desk did not start"
                try:
                    await client.get(f"http://127.0.0.1:{self._port}/readyz")
                    return
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self._process.send_signal(how)
        await self._process.wait()

    async def deploy(self, tree: Path) -> None:
        """Serve what stands in this folder from now on, at the same address and on the same database."""
        await self.stop()
        self.tree = tree
        await self.start()

    def let_write(self, room: int | None) -> None:
        """Let it write no file further than to so many bytes: a full disk. None: as far as it wants."""
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (most if room is None else room, most))

    async def pult(self, *arguments: str) -> str:
        """A command beside it, which succeeds."""
        return await DeskProcess(self.config).pult(*arguments)

    async def context(self, browser: Browser, person: Person | None = None, **options: object) -> BrowserContext:
        """A browser of its own, in which this person is signed in."""
        context = await browser.new_context(base_url=self.url, **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        if person:
            app = create_app(self.config)
            [auth] = app.extensions["QUART_AUTH"]
            value = auth.dump_token(await people.begin_session(person), app)
            await context.add_cookies([{"name": "pult", "value": value, "url": self.url}])
        return context


@pytest.fixture
async def running(config: Config, log: Log) -> AsyncIterator[Running]:
    desk = Running(config, log)
    await desk.open()
    yield desk
    await desk.close()


def another_build(folder: Path, changes: Mapping[str, tuple[str, str]]) -> Path:
    """A copy of the desk's own files with changes, each of a text that stands in a file once at least."""
    for name in ("app", "templates", "static"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("node_modules"))
    shutil.copy2(ROOT / "config.toml", folder)
    for name, (before, after) in changes.items():
        text = (folder / name).read_text()
        assert before in text, f"{name} does not hold {before!r}"
        (folder / name).write_text(text.replace(before, after))
    return folder


async def connected(page: Page) -> None:
    """Until the page says that it is connected and has caught up."""
    await page.wait_for_selector('#live[data-state="connected"]', state="attached", timeout=3 * PATIENCE)


async def open_page(context: BrowserContext, path: str) -> Page:
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
    await page.goto(path)
    await connected(page)
    return page


async def back_online(page: Page) -> None:
    """What the browser tells a page when its network returns."""
    await page.evaluate("dispatchEvent(new Event('online'))")


async def equals_its_reload(page: Page, typed: str = ":not(*)") -> float:
    """The promise, in a browser: within its time the page shows what a fresh GET of its address shows.

    typed: selector of forms in which somebody typed. The result: seconds from being connected to being equal.
    """
    await connected(page)
    live, fresh, began = "", "-", time.monotonic()
    try:
        async with asyncio.timeout(DEADLINE):
            while live != fresh:
                fresh = await page.evaluate(FRESH, typed)
                live = await page.evaluate(f"(typed) => ({CANONICAL})(document, 'html', typed)", typed)
                if fresh == "gone" and await page.locator("#ticket[data-gone]").count():
                    break
                if live != fresh:
                    await asyncio.sleep(0.02)
    except TimeoutError:
        differs = [line for line in ndiff(live.splitlines(), fresh.splitlines()) if line[0] in "+-?"]
        raise AssertionError(f"{page.url} differs from its reload:\n" + "\n".join(differs)) from None
    return time.monotonic() - began
