"""The open sockets: what each shows, how far it is, and how something is sent to it."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from app.desk.audience import Audience
from app.live.region import Region
from app.live.regions.ticket import TicketRegion
from app.live.tokens import Grant

PROMPT = 0  # seconds that a round waits for one socket; what cannot take a frame at once is served on its own
CLOSING = 0.02  # seconds for a socket to take its close code
PATIENCE = 30  # seconds until a socket that takes nothing is dropped
SILENCE = 60  # seconds without a word from the page until it is dropped


class Close:
    """Close codes (RFC 6455, 7.4; 4000-4999 are ours) and what the page does about them."""

    VIOLATION = 1008  # stops, says so
    FAILED = 1011  # connects again
    RESTART = 1012  # connects again
    OVERLOAD = 1013  # connects again
    ENDED = 4401  # asks for a new connection
    GONE = 4403  # asks for a new connection, and then for its own address again


class Wire(Protocol):
    """The connection under a socket. write: send this now, if it can be taken at once; whether it was. Never raises."""

    def write(self, text: str) -> bool: ...

    async def send(self, text: str) -> None: ...

    async def close(self, code: int) -> None: ...


class NoWire:
    """Under a page that polls."""

    def write(self, text: str) -> bool:
        return False

    async def send(self, text: str) -> None:
        raise RuntimeError

    async def close(self, code: int) -> None:
        raise RuntimeError


class Slow(Exception):
    """The socket did not take a frame in time; nothing of it was sent."""


class Gone(Exception):
    """The other end of the socket is not there any more."""


@dataclass(eq=False)
class Crowd:
    """Sockets that show the same in the same language: what is sent to one of them can be sent to all in step with it.

    frames: position -> frame, of one version of what is kept in memory. steps: the same frames by the last event that
    touched the page and by what they tell.
    """

    regions: tuple[Region, ...]
    language: str
    sockets: set["Socket"] = field(default_factory=set)
    version: int = -1
    frames: dict[int, str] = field(default_factory=dict)
    steps: dict[tuple[int, tuple[str, ...]], str] = field(default_factory=dict)


@dataclass(eq=False)
class Socket:
    wire: Wire
    grant: Grant
    position: int  # the last event that this page knows or is not touched by
    watched: list[int] = field(default_factory=list)  # tickets that the page's scripts asked for
    late: asyncio.Task[None] | None = None
    heard: float = field(default_factory=time.monotonic)
    token_sent: float = 0
    unanswered: int = 0  # tokens that the page has not said that it has
    crowd: Crowd | None = None

    @property
    def audience(self) -> Audience:
        return self.grant.audience

    @property
    def language(self) -> str:
        return self.grant.language

    @property
    def regions(self) -> tuple[Region, ...]:
        if self.crowd:
            return self.crowd.regions
        extra = [TicketRegion(ticket, self.audience) for ticket in self.watched]
        return (*self.grant.regions, *(region for region in extra if region not in self.grant.regions))

    async def send(self, text: str, patience: float = PROMPT) -> None:
        """Send one frame. Raises Gone, or Slow; the wire waits until it may write before it writes: all or nothing."""
        if self.wire.write(text):
            return
        try:
            async with asyncio.timeout(patience):
                await self.wire.send(text)
        except TimeoutError:
            raise Slow from None
        except (OSError, RuntimeError) as error:
            raise Gone from error


class Hub:
    """Who is connected, and who of them shows what."""

    def __init__(self) -> None:
        self.sockets: set[Socket] = set()
        self._people: Counter[int] = Counter()
        self._crowds: dict[tuple[tuple[Region, ...], str], Crowd] = {}
        self._showing: defaultdict[Region, set[Crowd]] = defaultdict(set)
        self._closing: set[asyncio.Task[None]] = set()

    def join(self, socket: Socket) -> None:
        """Also for one that is here already, and shows something else now."""
        self._part(socket)
        if socket not in self.sockets:
            self._people[socket.grant.person] += 1
        self.sockets.add(socket)
        regions, language = socket.regions, socket.language
        crowd = self._crowds.setdefault((regions, language), Crowd(regions, language))
        crowd.sockets.add(socket)
        socket.crowd = crowd
        for region in regions:
            self._showing[region].add(crowd)

    def leave(self, socket: Socket) -> None:
        if socket in self.sockets:
            self.sockets.remove(socket)
            self._people[socket.grant.person] -= 1
            if not self._people[socket.grant.person]:
                del self._people[socket.grant.person]
        self._part(socket)
        if socket.late and socket.late is not asyncio.current_task():
            socket.late.cancel()

    def of(self, person: int) -> int:
        """How many sockets somebody has."""
        return self._people[person]

    def showing(self, region: Region) -> Iterable[Crowd]:
        return self._showing.get(region, ())

    def shown(self) -> Collection[Region]:
        return self._showing.keys()

    def _part(self, socket: Socket) -> None:
        crowd, socket.crowd = socket.crowd, None
        if crowd is None:
            return
        crowd.sockets.discard(socket)
        if crowd.sockets:
            return
        del self._crowds[crowd.regions, crowd.language]
        for region in crowd.regions:
            self._showing[region].discard(crowd)
            if not self._showing[region]:
                del self._showing[region]

    def drop(self, socket: Socket, code: int) -> asyncio.Task[None]:
        """Forget a socket now, and close it, whether its other end takes notice or not; the result is done then.

        Nobody has to wait for it: a page that takes nothing holds up its own end alone.
        """
        self.leave(socket)
        closing = asyncio.create_task(_close(socket, code))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        return closing

    def fail(self, sockets: Iterable[Socket]) -> None:
        """Drop sockets because of a fault of ours, which is logged: they come back."""
        for socket in list(sockets):
            self.drop(socket, Close.FAILED)

    async def closed(self) -> None:
        """Until everyone who was dropped is told, or was given the time for it."""
        while self._closing:
            await asyncio.wait(self._closing)


async def _close(socket: Socket, code: int) -> None:
    try:
        async with asyncio.timeout(CLOSING):
            await socket.wire.close(code)
    except (TimeoutError, OSError, RuntimeError):
        pass
