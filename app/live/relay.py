"""The loop of the live floor: what the journal says, to the regions, to the sockets that show them.

Joins, rounds and resyncs go through one lock, one after another, so that nothing interleaves: a socket is told of an
event either by its first frame or by a round, never by neither.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from contextlib import suppress

from app.config import Config
from app.desk.events import Happened, What
from app.desk.models import Person
from app.live import access, journal, regions
from app.live.bus import MemoryBus
from app.live.frame import frame
from app.live.hub import PATIENCE, SILENCE, Close, Gone, Hub, Slow, Socket
from app.live.journal import Position
from app.live.regions import Content, Region, Shown
from app.live.render import Renderer
from app.live.tokens import Grant, Tokens

LOOK = 0.5  # seconds between looks at the journal when the bus is silent
BREATH = 0.05  # seconds between rounds under load
FAR = 1000  # events; further behind than that, every region is read anew
TURN = 100  # sockets between two turns of the loop for everybody else

log = logging.getLogger(__name__)


class Relay:
    """One a process."""

    def __init__(self, config: Config, bus: MemoryBus, render: Renderer, tokens: Tokens) -> None:
        self.hub = Hub()
        self.tokens = tokens
        self.position = Position("", 0)
        self.healthy = True
        self._config, self._bus, self._render = config, bus, render
        self._shown: dict[Region, Shown] = {}
        self._lock = asyncio.Lock()
        self.stopping = False

    # -- the loop --

    async def run(self) -> None:
        """Until cancelled. What fails is logged and tried again; /readyz tells."""
        while True:
            try:
                await self._bus.wait(LOOK)
                async with self._lock:
                    await self._round()
                    now = time.monotonic()
                    await self._wake([shown for shown in self._shown.values() if not shown.rests(now)])
                    await self._pulse()
                self.healthy = True
                await asyncio.sleep(BREATH)
            except Exception:
                self.healthy = False
                log.exception("the relay failed; it starts again")
                await asyncio.sleep(1)

    async def start(self) -> None:
        self.position = await journal.position()

    async def stop(self) -> None:
        """Tell every page to come back to the next process."""
        self.stopping = True
        for socket in list(self.hub.sockets):
            await self.hub.drop(socket, Close.RESTART)

    async def _round(self) -> None:
        stands = await journal.position()
        if stands == self.position:
            return
        same = stands.epoch == self.position.epoch and stands.number > self.position.number
        events = await journal.after(self.position.number, FAR + 1) if same else []
        if events and len(events) <= FAR:  # none: the database was replaced between the two looks
            await self._take(events)
            await self._check_rights(events)
        else:
            await self._start_over(stands)
            await self._check_everyone()
        await self._send_round()

    async def _take(self, events: list[Happened]) -> None:
        touching = {
            shown: [event for event in events if regions.maybe_touches(shown.region, event)]
            for shown in self._shown.values()
        }
        now = time.monotonic()
        due = [shown for shown, its in touching.items() if its and not shown.rests(now)]
        contents, latest = await self._read(shown.region for shown in due)
        for shown, its in touching.items():
            shown.waiting += its
        self.position = Position(self.position.epoch, events[-1].id)
        self._update(due, contents, latest)

    async def _read(self, wanted: Iterable[Region]) -> tuple[list[Content], int]:
        """What regions show, and the last event that this may hold: others commit while it is read."""
        contents = [await regions.compute(region) for region in wanted]
        return contents, (await journal.position()).number

    def _update(self, due: list[Shown], contents: list[Content], latest: int) -> None:
        for shown, content in zip(due, contents, strict=True):
            shown.update(content, latest)

    async def _wake(self, rested: Iterable[Shown]) -> None:
        """Compute regions for which events are waiting, and bring up whoever shows them."""
        if due := [shown for shown in rested if shown.waiting]:
            self._update(due, *await self._read(shown.region for shown in due))
            await self._send_round()

    async def _start_over(self, stands: Position) -> None:
        contents, latest = await self._read(list(self._shown))
        for shown, content in zip(self._shown.values(), contents, strict=True):
            shown.reset(content, latest)
        if stands.epoch != self.position.epoch:
            for socket in self.hub.sockets:
                socket.position = -1
        self.position = stands

    async def _send_round(self) -> None:
        resting = {region for region, shown in self._shown.items() if shown.waiting}
        for turn, socket in enumerate(list(self.hub.sockets)):
            if turn % TURN == TURN - 1:
                await asyncio.sleep(0)
            if socket.late is None and not (resting and resting.intersection(socket.regions)):
                await self._bring_up(socket)

    async def _bring_up(self, socket: Socket) -> None:
        """Send a socket what it is behind by, if anything; who cannot take it now is served on its own."""
        try:
            if text := self._next_frame(socket):
                await socket.send(text)
            socket.position = self.position.number
        except Slow:
            socket.late = asyncio.create_task(self._serve_late(socket))
        except Exception as error:  # noqa: BLE001 - one socket's trouble is not the others'
            await self._give_up(socket, error)

    async def _serve_late(self, socket: Socket) -> None:
        """For one slow socket: give it time, then what it is behind by meanwhile, until it has caught up."""
        try:
            while socket in self.hub.sockets and socket.position != self.position.number:
                if any(self._shown[region].waiting for region in socket.regions):
                    return  # the round that computes it takes the socket along
                text = self._next_frame(socket)
                socket.position = self.position.number  # before it is sent: whoever sets it meanwhile wants the whole
                if text:
                    await socket.send(text, PATIENCE)
        except Slow:
            await self.hub.drop(socket, Close.OVERLOAD)
        except Exception as error:  # noqa: BLE001 - see above
            await self._give_up(socket, error)
        finally:
            socket.late = None

    async def _give_up(self, socket: Socket, error: Exception) -> None:
        """A socket whose other end is gone is forgotten; one for which we fail is closed, and comes back."""
        if isinstance(error, Gone):
            self.hub.leave(socket)
        else:
            log.error("a frame failed", exc_info=error)
            await self.hub.drop(socket, Close.FAILED)

    # -- frames --

    def _next_frame(self, socket: Socket) -> str:
        """The frame from a socket's position to now; empty if nothing that it shows was touched."""
        same = self.position.epoch
        return self._catch_up(socket, same) if self._is_behind(socket, same) else ""

    def _is_behind(self, socket: Socket, epoch: str) -> bool:
        return self._needs_whole(socket, epoch) or any(
            self._shown[region].touched_after(socket.position) for region in socket.regions
        )

    def _needs_whole(self, socket: Socket, epoch: str) -> bool:
        """Whether the page's position is of another database, or before what is remembered."""
        known = epoch == self.position.epoch and socket.position <= self.position.number
        return not known or any(socket.position < self._shown[region].floor for region in socket.regions)

    def _catch_up(self, socket: Socket, epoch: str, token: str = "") -> str:
        """The frame that brings a page from its position to now, even if that is nothing."""
        if self._needs_whole(socket, epoch):
            return self._whole_frame(socket, token)
        shown = [self._shown[region] for region in socket.regions]
        return frame(
            self.position,
            since=max(region.touched_until(socket.position) for region in shown),
            token=token,
            happened=(name for region in shown for name in region.happened_after(socket.position)),
            changes=(html for region in shown for html in region.step(socket.position, self._render, socket.language)),
        )

    def _whole_frame(self, socket: Socket, token: str = "") -> str:
        shown = [self._shown[region] for region in socket.regions]
        changes = (html for region in shown for html in region.whole(self._render, socket.language))
        return frame(self.position, since=0, whole=True, token=token, changes=changes)

    def _pulse_frame(self, socket: Socket) -> str:
        """Nothing but where the page is and a fresh token: also an answer that gives nothing away."""
        socket.token_sent = time.monotonic()
        return frame(
            Position(self.position.epoch, socket.position),
            since=max(self._shown[region].touched_until(socket.position) for region in socket.regions),
            token=self.tokens.make(socket.grant),
        )

    # -- joining, watching, resync --

    async def join(self, socket: Socket, epoch: str) -> None:
        """Connect a socket whose page shows its regions as of socket.position. Its first frame follows at once."""
        async with self._lock:
            await self._round()
            await self._keep(socket.regions)
            socket.token_sent = time.monotonic()
            text = self._catch_up(socket, epoch, self.tokens.make(socket.grant))
            socket.position = self.position.number
            if self.stopping:
                await self.hub.drop(socket, Close.RESTART)
                return
            self.hub.join(socket)
            await socket.send(text, PATIENCE)

    async def poll(self, grant: Grant, since: int, epoch: str) -> str:
        """What a page without a socket is behind by, as one frame; empty if by nothing."""
        async with self._lock:
            await self._round()
            await self._keep(grant.regions)
            page = Socket(_NoWire(), grant, since)
            return self._catch_up(page, epoch) if self._is_behind(page, epoch) else ""

    async def watch(self, socket: Socket, ticket: int, *, on: bool) -> None:
        """Start or end a dynamic subscription. The answer is the same whatever the ticket is, or is not.

        An embedded page has none: it is for what its site signed, and no more.
        """
        async with self._lock:
            await self._round()
            if on and ticket not in socket.watched and not socket.grant.key:
                await self._keep([regions.ticket_region(ticket, socket.audience)])
                socket.watched.append(ticket)
            elif not on and ticket in socket.watched:
                socket.watched.remove(ticket)
            await self._answer(socket, self._pulse_frame(socket))

    async def resync(self, socket: Socket) -> None:
        """Send all regions of a page anew: it noticed that something is missing."""
        async with self._lock:
            await self._round()
            await self._keep(socket.regions)
            text = self._whole_frame(socket)
            socket.position = self.position.number
            await self._answer(socket, text)

    async def ping(self, socket: Socket) -> None:
        if socket.late is None:
            await self._answer(socket, self._pulse_frame(socket))

    async def _answer(self, socket: Socket, text: str) -> None:
        try:
            await socket.send(text)
        except Slow:
            socket.position = -1  # whatever was asked for is in the whole that it gets when it takes anything again
            if socket.late is None:
                socket.late = asyncio.create_task(self._serve_late(socket))

    def adopt(self, since: Position, contents: dict[Region, Content]) -> None:
        """Keep what a page was just rendered from, so that its socket starts from there and not from the whole.

        Only if no event can have come between: the relay has not gone past the position that the page was read at. What
        is kept already is told of a page that shows something else.
        """
        if since.epoch == self.position.epoch:
            for region, content in contents.items():
                if shown := self._shown.get(region):
                    shown.rendered(content, since.number, self.position.number)
                elif self.position.number <= since.number:
                    self._shown[region] = Shown(region, content, since.number, unwatched_since=time.monotonic())

    async def _keep(self, wanted: Iterable[Region]) -> None:
        """Have these regions in memory, as of now."""
        for region in wanted:
            if region not in self._shown:
                [content], latest = await self._read([region])
                self._shown[region] = Shown(region, content, latest)
            self._shown[region].unwatched_since = None
        await self._wake([self._shown[region] for region in wanted])

    # -- time and rights --

    async def _pulse(self) -> None:
        """Heartbeats, the silent, the expired, and regions that nobody shows."""
        now = time.monotonic()
        for socket in list(self.hub.sockets):
            if now - socket.heard > SILENCE:
                await self.hub.drop(socket, Close.OVERLOAD)
            elif socket.grant.until and time.time() > socket.grant.until:
                await self.hub.drop(socket, Close.ENDED)
            elif now - socket.token_sent > self._config.live.heartbeat_seconds and socket.late is None:
                if await self._still_signed_in(socket):
                    with suppress(Slow, Gone):
                        await socket.send(self._pulse_frame(socket))
                else:
                    await self.hub.drop(socket, Close.ENDED)
        self._forget(now)

    def _forget(self, now: float) -> None:
        watched = self.hub.shown()
        for region, shown in list(self._shown.items()):
            if region in watched:
                shown.unwatched_since = None
            elif shown.unwatched_since is None:
                shown.unwatched_since = now
            elif now - shown.unwatched_since > self._config.live.forget_seconds:
                del self._shown[region]

    async def _still_signed_in(self, socket: Socket) -> bool:
        person = await access.holder(socket.grant, self._config.sessions)
        return person is not None and access.may_watch(socket.grant, person)

    async def _check_everyone(self) -> None:
        for socket in list(self.hub.sockets):
            if not await self._still_signed_in(socket):
                await self.hub.drop(socket, Close.ENDED)

    async def _check_rights(self, events: list[Happened]) -> None:
        sessions = {event.session for event in events if event.what is What.SESSION_ENDED}
        keys = {event.key for event in events if event.what is What.KEY_REVOKED}
        changed = {event.person for event in events if event.what in (What.PERSON_CHANGED, What.PERSON_DISABLED)}
        for socket in list(self.hub.sockets):
            if socket.grant.session in sessions or socket.grant.key in keys:
                await self.hub.drop(socket, Close.ENDED)
            elif socket.grant.person in changed:
                person = await Person.get_or_none(id=socket.grant.person)
                if person is None or person.disabled:
                    await self.hub.drop(socket, Close.ENDED)
                elif not access.may_watch(socket.grant, person):
                    await self.hub.drop(socket, Close.GONE)


class _NoWire:
    """Under a page that polls."""

    async def send(self, text: str) -> None:
        raise RuntimeError

    async def close(self, code: int) -> None:
        raise RuntimeError
