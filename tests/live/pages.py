"""A page that is open: its DOM, its socket, and the rules by which frames reach the one from the other."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import ndiff
from typing import Any, Protocol
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from lxml.html import HtmlElement
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_socket
from websockets.exceptions import ConnectionClosed

from app.live.journal import Position
from tests.conftest import DEADLINE
from tests.live import applier

ANSWERED = ("ping", "subscribe", "unsubscribe")  # by a frame with a token

PROMPTLY = 5 * 1.0  # seconds; rights follow within one


class Serving(Protocol):
    """A desk that pages are opened from: Served, or DeskProcess."""

    url: str

    async def relayed(self) -> Position:
        """Where the journal stands, once the relay is there too, as far as can be seen."""


@dataclass
class OpenPage:
    """One page in one browser, as far as the live protocol goes (static/js/live.js is the real thing)."""

    served: Serving
    client: httpx.AsyncClient
    path: str
    dom: HtmlElement
    token: str
    epoch: str
    cursor: int
    build: int
    frames: list[str] = field(default_factory=list)  # all that came, applied or not
    applied: list[str] = field(default_factory=list)
    happened: list[str] = field(default_factory=list)
    resyncs: int = 0
    answer: str = ""  # the last frame with a token
    closed: int = 0  # the code with which the server closed the socket
    socket: ClientConnection | None = None
    _owed: int = 0  # answers to what this page said that have not come yet
    _reader: asyncio.Task[None] | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _whole: bool = False

    async def connect(self) -> "OpenPage":
        """Open the socket and take what comes, until cut(). Returns with the first frame, which follows at once."""
        query = urlencode(
            {"token": self.token, "since": "" if self._whole else self.cursor, "epoch": self.epoch, "build": self.build}
        )
        url = f"{self.served.url.replace('http', 'ws')}/api/v1/ws?{query}"
        self.socket = await connect_socket(url, origin=self.served.url, compression=None, max_size=None)
        self.closed = self._owed = 0
        self._news.clear()
        self._reader = asyncio.create_task(self._read(self.socket))
        await self.news()
        return self

    async def news(self) -> None:
        """Until another frame came, or the socket was closed."""
        async with asyncio.timeout(DEADLINE):
            await self._news.wait()
        self._news.clear()

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for message in socket:
                await self.receive(str(message))
        except ConnectionClosed:
            pass
        self.closed = socket.close_code or 0
        self._news.set()

    async def receive(self, frame: str) -> None:
        """Apply a frame, drop it, or ask for the whole: as the page does."""
        self.frames.append(frame)
        span = applier.span(frame)
        epoch, since, to = span["data-epoch"], int(span["data-from"]), int(span["data-to"])
        whole, same = span["data-span"] == "whole", span["data-epoch"] == self.epoch
        if token := span.get("data-token"):
            self.token = token
            self.answer, self._owed = frame, max(0, self._owed - 1)
            await self.say(action="pong")
        fits = (not same or to >= self.cursor) if whole else same and not self._whole and since <= self.cursor < to
        if fits:
            applier.apply(self.dom, frame)
            self.applied.append(frame)
            self.cursor, self.epoch = to, epoch
            self._whole = self._whole and not whole
            self.build = int(span["data-build"]) if whole else self.build
            self.happened += span.get("data-happened", "").split()
        elif not whole and not self._whole and (not same or since > self.cursor):
            self._whole = True
            self.resyncs += 1
            await self.say(action="resync")
        self._news.set()

    async def say(self, **message: Any) -> None:
        if self.socket:
            self._owed += message["action"] in ANSWERED
            await self.socket.send(json.dumps(message))

    async def ask(self, **message: Any) -> str:
        """Say something that is answered, until it is; the answer. Answers come in order, after what came before."""
        await self.say(**message)
        while self._owed and not self.closed:
            await self.news()
        return self.answer

    async def poll(self) -> int:
        """Ask once for what it is behind by, and apply what comes; the status."""
        query = {"token": self.token, "since": self.cursor, "epoch": self.epoch, "build": self.build}
        answer = await self.client.get("/live/frame", params=query)
        self.token = answer.headers.get("Pult-Token", self.token)
        if answer.status_code == 200:
            await self.receive(answer.text)
        return answer.status_code

    async def cut(self) -> None:
        """Cut the socket, as a network does."""
        if self.socket and self._reader:
            self.socket.transport.abort()
            await self._reader
            self.socket = None

    async def reconnect(self) -> None:
        """What a page does after a cut: a new connection for its old token, from where it is."""
        door = "/embed" if self.path.startswith("/embed/") else "/live"
        answer = await self.client.post(f"{door}/connection", data={"token": self.token})
        assert answer.status_code == 200, answer.status_code
        self.token = token_of(applier.parse(answer.text))["token"]
        await self.connect()

    async def caught_up(self) -> None:
        """Until the page knows everything that is committed now, and nothing is on its way to it."""
        stands = await self.served.relayed()
        async with asyncio.timeout(DEADLINE):
            while self.epoch != stands.epoch or self.cursor < stands.number or self._whole:
                before = self.cursor
                await self.ask(action="ping")
                assert not self.closed, f"closed with {self.closed}"
                if self.cursor == before:  # something that it shows rests, for up to a second
                    await asyncio.sleep(0.1)
            while self._owed and not self.closed:
                await self.news()

    def shown(self) -> list[str]:
        return applier.document(self.dom)

    async def reloaded(self) -> list[str]:
        """What a fresh GET of the same address shows; of a page that is there no more, what it says of a ticket."""
        answer = await self.client.get(self.path)
        gone = answer.status_code == 404  # which tells staff of a deleted ticket
        fresh = applier.parse(answer.text)
        return applier.document(fresh, "#ticket" if gone else "html")

    async def equals_its_reload(self) -> None:
        """The promise, for the whole document. A page whose ticket is gone shows that; its reload is an error page."""
        await self.caught_up()
        fresh = await self.reloaded()
        if not fresh or "data-gone" in fresh[0]:
            assert self.dom.cssselect("#ticket[data-gone]") and not self.dom.cssselect("#thread > *"), self.path
            assert not fresh or applier.document(self.dom, "#ticket") == fresh, self.path
            return
        live = self.shown()
        differs = [line for line in ndiff(live, fresh) if line[0] in "+-?"] if live != fresh else []
        assert not differs, f"{self.path} differs from its reload:\n" + "\n".join(differs)

    def css(self, selector: str) -> list[HtmlElement]:
        found: list[HtmlElement] = self.dom.cssselect(selector)
        return found

    @property
    def rows(self) -> list[int]:
        return [int(row.get("data-ticket")) for row in self.css("#ticket-rows > tr")]


async def equal(pages: Iterable[OpenPage]) -> None:
    await asyncio.gather(*(page.equals_its_reload() for page in pages))


@contextmanager
def said_of(what: str) -> Iterator[None]:
    """A test that fails in here says after what."""
    try:
        yield
    except Exception as error:
        error.add_note(f"after: {what}")
        raise


def token_of(dom: HtmlElement) -> dict[str, str]:
    [live] = dom.cssselect("#live")
    return {name: values[0] for name, values in parse_qs(urlsplit(live.get("hx-ws:connect")).query).items()}


async def open_page(served: Serving, client: httpx.AsyncClient, path: str, *, connect: bool = True) -> OpenPage:
    """GET a page and connect its socket."""
    answer = await client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    dom = applier.parse(answer.text)
    start = token_of(dom)
    page = OpenPage(served, client, path, dom, start["token"], start["epoch"], int(start["since"]), int(start["build"]))
    return await page.connect() if connect else page


async def close_code(page: OpenPage) -> int:
    """The code with which the server closes this page's socket."""
    async with asyncio.timeout(PROMPTLY):
        while not page.closed:
            await page.news()
    return page.closed
