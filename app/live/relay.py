"""The loop of the live floor: what the journal says, to the regions, to the sockets that show them.

Joins, rounds and resyncs go through one lock, one after another, so that nothing interleaves: a socket is told of an
event either by its first frame or by a round, never by neither.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from math import inf

from app import db, memory
from app.config import Config
from app.desk import marked
from app.live import access, builds, journal
from app.live.bus import MemoryBus
from app.live.delivery import Broken, Delivery
from app.live.frames import Frames
from app.live.guard import Guard
from app.live.hub import SILENCE, Close, Gone, Hub, NoWire, Socket
from app.live.joining import Arrival, Wanted
from app.live.journal import Position
from app.live.region import Region
from app.live.regions.ticket import TicketRegion
from app.live.registry import Registry
from app.live.render import Renderer
from app.live.shown import Shown
from app.live.tokens import Grant, Tokens
from app.store.cancelling import finish

LOOK = 0.5  # seconds between looks at the journal when the bus is silent
PULSE = 0.1  # seconds between looks at every socket's time
REST = 1  # times as long as a round took that computed something, so that under load one takes many changes,
BREATH = 0.05  # but no more seconds than this,
LEAST = 0.02  # and no fewer: pages have to take what they are sent
TOGETHER = 50  # pages that join by one round
FAR = 1000  # events; further behind than that, every region is read anew

log = logging.getLogger(__name__)


class Relay:
    """One a process."""

    def __init__(self, config: Config, bus: MemoryBus, render: Renderer, tokens: Tokens) -> None:
        self.hub = Hub()
        self.tokens = tokens
        self.registry = Registry()
        self.healthy = True
        self.stopping = False
        self._config, self._bus, self._render = config, bus, render
        self._frames = Frames(self.registry, render)
        self._delivery = Delivery(self.hub, self.registry, self._frames)
        self._guard = Guard(self.hub, config.sessions)
        self._lock = asyncio.Lock()
        self._arriving: list[Arrival] = []
        self._pulsed = 0.0
        self._high_water = memory.HighWaterMark()

    # -- the loop --

    async def run(self) -> None:
        """Until cancelled. What fails is logged and tried again; /readyz tells."""
        while True:
            try:
                await self._bus.wait(self._until_the_next())
                before, began = self.registry.version, time.monotonic()
                async with self._lock:
                    await self._round()
                    await self._pulse()
                self.healthy = True
                if self.registry.version != before:
                    await asyncio.sleep(min(max(REST * (time.monotonic() - began), LEAST), BREATH))
            except Exception:
                self.healthy = False
                log.exception("the relay failed; it starts again")
                await asyncio.sleep(1)

    def _until_the_next(self) -> float:
        """Seconds until it looks though nobody has told it to."""
        rested = (shown.rested for shown in self.registry.waiting if shown.unwatched_since is None)
        return min(LOOK, max(0, min(rested, default=inf) - time.monotonic()))

    async def start(self) -> None:
        self._frames.build = await builds.number()
        self.registry.start(await journal.position())

    async def stop(self) -> None:
        """Tell every page to come back to the next process."""
        self.stopping = True
        for socket in list(self.hub.sockets):
            self.hub.drop(socket, Close.RESTART)
        await self.hub.closed()

    @property
    def position(self) -> Position:
        """The event up to which every region in memory is true."""
        return self.registry.position

    @property
    def build(self) -> int:
        """Of this desk (app.live.builds)."""
        return self._frames.build

    async def _round(self, *wanted: Wanted) -> None:
        """Go on to now, all of it in one snapshot, and bring up whoever shows what was touched.

        wanted: by those who come meanwhile, each of whom is told of its own by answer().
        """
        async with db.snapshot():
            stands = await journal.position()
            for one in wanted:
                await self._check(one)
            if stands != self.position:
                await self._catch_up(stands)
            await self._compute({region for one in wanted if not one.refused for region in one.regions})
        if self._delivery.owed:
            await self._delivery.send_round()
        for one in wanted:
            if not one.refused and any(region not in self.registry for region in one.regions):
                one.refused = Broken()

    async def _check(self, wanted: Wanted) -> None:
        try:
            if wanted.grant:
                await access.check(wanted.grant, self._config.sessions)
        except access.Lost as lost:
            wanted.refused = lost

    async def _catch_up(self, stands: Position) -> None:
        """Rights come first: whoever lost theirs gets nothing of this round."""
        same = stands.epoch == self.position.epoch and stands.number > self.position.number
        events = await journal.after(self.position.number, FAR + 1) if same else []
        if events and len(events) <= FAR:
            await self._guard.check_after(events)
            self._delivery.note(await self.registry.take(events))
            return
        await self._guard.check(self.hub.sockets)
        other = stands.epoch != self.position.epoch
        await self.registry.start_over(stands)
        self._delivery.note(self.registry)
        for socket in self.hub.sockets if other else ():
            socket.position = -1

    async def _compute(self, regions: Collection[Region]) -> None:
        """Those that have rested, and those that somebody wants now."""
        for region in regions:
            if not self.registry.has(region):
                await self.registry.read(region)
            if region in self.registry:
                self.registry[region].unwatched_since = None
        needed = {self.registry[region] for region in regions if region in self.registry}
        now = time.monotonic()
        due = {shown for shown in self.registry.waiting if shown in needed or not shown.rests(now)}
        if due := due.union(self._along(due | self._delivery.owed)):
            self._delivery.note(await self.registry.compute(list(due)))

    def _along(self, computed: Iterable[Shown]) -> Iterator[Shown]:
        """What rests on the same pages and is cheaper: a page is sent nothing while anything that it shows waits."""
        for shown in computed if self.registry.waiting else ():
            beside = {region for crowd in self.hub.showing(shown.region) for region in crowd.regions}
            for other in (self.registry[region] for region in beside if region in self.registry):
                if other in self.registry.waiting and other.cost <= shown.cost:
                    yield other

    # -- joining, watching, resync --

    def has_room(self, person: int) -> bool:
        """Whether somebody may have one more socket; else their page asks for what it needs (/live/frame)."""
        most = self._config.limits.pages
        return not most or self.hub.of(person) < most

    async def join(self, socket: Socket, epoch: str) -> None:
        """Connect a socket whose page shows its regions as of socket.position. Its first frame follows at once.

        Whether it may is asked here: of what ends before, no round would tell a socket that is not known. Raises Lost,
        Broken.
        """
        arrival = Arrival(socket.regions, socket.grant, socket=socket, epoch=epoch)
        self._arriving.append(arrival)
        try:
            async with self._lock:
                if not arrival.is_done:
                    await finish(self._receive(self._arriving[:TOGETHER]))  # the others stay though this one goes
        finally:
            arrival.leave(self._arriving)
        arrival.answer()

    async def _receive(self, arrivals: Sequence[Arrival]) -> None:
        """All who wait at the lock by one round: after a restart everybody comes at once."""
        await self._round(*arrivals)
        for arrival in arrivals:
            if arrival.is_done:  # its page has hung up meanwhile
                continue
            arrival.leave(self._arriving)
            if not arrival.refused:
                try:
                    await self._admit(arrival.socket, arrival.epoch)
                except Exception as error:  # noqa: BLE001 - whose page it is is told; the others go on
                    arrival.refused = error

    async def _admit(self, socket: Socket, epoch: str) -> None:
        text = self._frames.catch_up(socket, epoch, self._token(socket))
        socket.position = self.position.number
        if self.stopping:
            self.hub.drop(socket, Close.RESTART)
            return
        self.hub.join(socket)
        await self._delivery.answer(socket, text)

    async def poll(self, grant: Grant, since: int, epoch: str) -> str:
        """What a page without a socket is behind by, as one frame; empty if by nothing. Raises Lost, Broken."""
        async with self._lock:
            wanted = Wanted(grant.regions, grant)
            await self._round(wanted)
            wanted.answer()
            page = Socket(NoWire(), grant, since)
            return self._frames.catch_up(page, epoch) if self._frames.is_behind(page, epoch) else ""

    async def watch(self, socket: Socket, ticket: int, *, on: bool) -> None:
        """Start or end a dynamic subscription. The answer is the same whatever the ticket is, or is not.

        An embedded page has none: it is for what its site signed, and no more. Raises Broken.
        """
        async with self._lock:
            begins = on and ticket not in socket.watched and not socket.grant.embed_key
            wanted = Wanted((TicketRegion(ticket, socket.audience),) if begins else ())
            await self._round(wanted)
            wanted.answer()
            if socket not in self.hub.sockets:  # something that it shows has failed
                return
            self._settle(socket)
            if begins:
                socket.watched.append(ticket)
            elif not on and ticket in socket.watched:
                socket.watched.remove(ticket)
            self.hub.join(socket)
            await self._delivery.answer(socket, self._pulse_frame(socket))

    async def resync(self, socket: Socket) -> None:
        """Send all regions of a page anew: it noticed that something is missing. Raises Broken."""
        async with self._lock:
            wanted = Wanted(socket.regions)
            await self._round(wanted)
            wanted.answer()
            text = self._frames.whole(socket)
            socket.position = self.position.number
            await self._delivery.answer(socket, text)

    async def ping(self, socket: Socket) -> None:
        if socket.late is None:
            await self._delivery.answer(socket, self._pulse_frame(socket))

    def _settle(self, socket: Socket) -> None:
        """A page that nothing touched meanwhile is true as of now; rounds pass it over."""
        waits = any(self.registry[region].waiting for region in socket.regions)
        if socket.late is None and not waits and not self._frames.is_behind(socket):
            socket.position = self.position.number

    def _pulse_frame(self, socket: Socket) -> str:
        self._settle(socket)
        return self._frames.pulse(socket, self._token(socket))

    def _token(self, socket: Socket) -> str:
        """A fresh token for a page, which answers that it has it."""
        socket.token_sent = time.monotonic()
        socket.unanswered += 1
        return self.tokens.make(socket.grant)

    # -- time and rights --

    async def _pulse(self) -> None:
        """Heartbeats, the silent, the expired, and regions that nobody shows."""
        now = time.monotonic()
        if now - self._pulsed < PULSE:
            return
        self._pulsed = now
        for socket in list(self.hub.sockets):
            if now - socket.heard > SILENCE:
                self.hub.drop(socket, Close.OVERLOAD)
            elif socket.grant.until and time.time() > socket.grant.until:
                self.hub.drop(socket, Close.ENDED)
            elif now - socket.token_sent > self._config.live.heartbeat_seconds and socket.late is None:
                await self._beat(socket)
        self.registry.forget(self.hub.shown(), self._config.live.forget_seconds)
        if self._high_water.is_long_over(len(self.hub.sockets), now):
            self._render.forget()
            marked.forget()
            await db.shrink()
            memory.give_back()

    async def _beat(self, socket: Socket) -> None:
        await self._guard.check([socket])
        if socket in self.hub.sockets:
            with suppress(Gone):
                await self._delivery.answer(socket, self._pulse_frame(socket))
