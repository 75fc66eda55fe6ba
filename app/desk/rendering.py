"""What people write, made into what the desk keeps and shows: before a transaction begins, in another process.

A page and a frame only put the HTML in place. Short texts and long ones have a process each, so that an answer of two
lines never waits for a text that was made to take long.
"""

import asyncio
import atexit
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from app.config import ROOT
from app.desk import outbox
from app.markup import VERSION, plain
from app.markup.wire import receive, send

SHORT = 2_000  # characters
START = 5.0  # seconds until a new process answers
PATIENCE = 2.0  # seconds a text, from when its turn comes
BOOT = "import sys; sys.path[:] = sys.argv[1:]; from markup.child import serve; serve()"

log = logging.getLogger(__name__)


class Died(Exception):
    """The process ended, or could not begin."""


@dataclass(frozen=True)
class Made:
    """HTML of a text. renderer: the version of the rules that made it; 0: none could, it is the text as typed."""

    html: str
    renderer: int


class Child:
    """A process that renders."""

    def __init__(self) -> None:
        """Raises Died, TimeoutError, OSError."""
        self._socket, theirs = socket.socketpair()
        with ExitStack() as failed:
            failed.callback(self._socket.close)
            with theirs:
                self._process = _begin(theirs)
            failed.callback(self.end)
            self._receive(time.monotonic() + START)
            failed.pop_all()

    def render(self, text: str) -> str:
        """Raises Died, TimeoutError."""
        until = time.monotonic() + PATIENCE
        try:
            self._socket.settimeout(PATIENCE)
            send(self._socket, text)
        except ConnectionError as error:
            raise Died from error
        return self._receive(until)

    def _receive(self, until: float) -> str:
        try:
            self._socket.settimeout(max(0.001, until - time.monotonic()))
            answer = receive(self._socket)
        except ConnectionError as error:
            raise Died from error
        if answer is None:
            raise Died
        return answer

    def end(self) -> int:
        """Kill it and leave nothing of it; its exit status."""
        self._process.kill()
        self._socket.close()
        status: int = self._process.wait()
        return status


def _begin(theirs: socket.socket) -> subprocess.Popen[bytes]:
    paths = [path for path in (*sys.path, str(ROOT / "app")) if path]
    return subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-ISBc", BOOT, *paths],
        stdin=theirs.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # a traceback may hold what people wrote
        env={name: value for name, value in os.environ.items() if not name.startswith("PULT_")},
        process_group=0,  # Ctrl+C is for the desk, which ends it
    )


class Lane:
    """Texts that are rendered one after another, by one process that begins with the first of them."""

    def __init__(self) -> None:
        self._turns = ThreadPoolExecutor(max_workers=1, thread_name_prefix="markup")
        self._child: Child | None = None

    async def make(self, texts: Sequence[str]) -> list[Made]:
        """All of them in one turn."""
        return await asyncio.get_running_loop().run_in_executor(self._turns, lambda: [*map(self._make, texts)])

    def _make(self, text: str) -> Made:
        try:
            html = self._render(text)
        except (Died, TimeoutError, OSError) as error:
            log.error("a text of %s characters was not rendered: %s", len(text), type(error).__name__)
            return Made(plain(text), 0)
        if html.startswith("!"):
            log.warning("a text of %s characters is shown as it was typed: %s", len(text), html[1:])
            return Made(plain(text), VERSION)
        return Made(html, VERSION)

    def _render(self, text: str) -> str:
        """A process that died meanwhile is no fault of the text: it is given to a new one, once."""
        begun = self._child is None
        try:
            self._child = self._child or Child()
            return self._child.render(text)
        except BaseException as error:
            self.end()
            if begun or not isinstance(error, Died):
                raise
        return self._render(text)

    def end(self) -> None:
        child, self._child = self._child, None
        if child:
            log.info("a process that renders ended with %s", child.end())


_quick, _slow = Lane(), Lane()


async def made(text: str) -> Made:
    """What is kept beside a text. Never fails; takes no longer than the texts before it in the line and PATIENCE."""
    [one] = await (_quick if len(text) <= SHORT else _slow).make([text])
    return one


async def owe(made: Made) -> None:
    """What could not be made is made later: by a job, which the caller's transaction puts."""
    if not made.renderer:
        await outbox.put_once(outbox.RENDER)


async def made_of(texts: Iterable[str]) -> dict[str, Made]:
    """The same of many texts that are ours: nobody waits for them."""
    distinct = list(dict.fromkeys(texts))
    return dict(zip(distinct, await _slow.make(distinct), strict=True))


def end() -> None:
    """Leave no process behind; the next text begins one."""
    for lane in (_quick, _slow):
        lane.end()


atexit.register(end)
