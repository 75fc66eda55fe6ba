"""What was touched, to the sockets that show it: in rounds, and on their own to those that take it slowly."""

import asyncio
import logging
from collections.abc import Iterable

from app.live.frames import Frames
from app.live.hub import PATIENCE, Close, Gone, Hub, Slow, Socket
from app.live.registry import Registry
from app.live.shown import Shown

TURN = 100  # sockets between two turns of the loop for everybody else

log = logging.getLogger(__name__)


class Broken(Exception):
    """A region cannot be computed, or its HTML not rendered. It is logged already."""


class Delivery:
    """owed: regions that changed, and maybe not everyone who shows them knows."""

    def __init__(self, hub: Hub, registry: Registry, frames: Frames) -> None:
        self.owed: set[Shown] = set()
        self._hub, self._registry, self._frames = hub, registry, frames

    def note(self, computed: Iterable[Shown]) -> None:
        """What was computed may be owed to sockets. Those that show what could not be come back, and find out."""
        self.owed.update(computed)
        for region in self._registry.broken:
            self._hub.fail([socket for crowd in self._hub.showing(region) for socket in crowd.sockets])
        self._registry.broken.clear()

    async def send_round(self) -> None:
        """Bring up whoever shows what was touched. Cut short, by a page that hangs up, the next one goes on with it."""
        owed = set(self.owed)
        crowds = {crowd for shown in owed for crowd in self._hub.showing(shown.region)}
        resting = {crowd for shown in self._registry.waiting for crowd in self._hub.showing(shown.region)}
        for turn, socket in enumerate([socket for crowd in crowds - resting for socket in crowd.sockets]):
            if turn % TURN == TURN - 1:
                await asyncio.sleep(0)
            if socket.late is None and socket.crowd:
                await self._bring_up(socket)
        self.owed -= owed

    async def _bring_up(self, socket: Socket) -> None:
        """Send a socket what it is behind by, if anything; who cannot take it now is served on its own."""
        try:
            if text := self._next(socket):
                await socket.send(text)
            socket.position = self._registry.position.number
        except Slow:
            socket.late = asyncio.create_task(self._serve_late(socket))
        except Exception as error:  # noqa: BLE001 - one socket's trouble is not the others'
            self._give_up(socket, error)

    async def _serve_late(self, socket: Socket) -> None:
        """For one slow socket: give it time, then what it is behind by meanwhile, until it has caught up."""
        try:
            while socket in self._hub.sockets and socket.position != self._registry.position.number:
                if any(self._registry[region].waiting for region in socket.regions):
                    return  # the round that computes it takes the socket along
                text = self._next(socket)
                # Before it is sent: whoever sets it meanwhile wants the whole.
                socket.position = self._registry.position.number
                if text:
                    await socket.send(text, PATIENCE)
        except Slow:
            self._hub.drop(socket, Close.OVERLOAD)
        except Exception as error:  # noqa: BLE001 - see above
            self._give_up(socket, error)
        finally:
            socket.late = None

    def _next(self, socket: Socket) -> str:
        """What a socket is behind by. Raises Broken if it cannot be rendered: whoever shows the same comes back."""
        try:
            return self._frames.next(socket)
        except Exception as error:
            log.exception("a frame cannot be rendered")
            self._hub.fail(socket.crowd.sockets if socket.crowd else [socket])
            raise Broken from error

    def _give_up(self, socket: Socket, error: Exception) -> None:
        """A socket whose other end is gone is forgotten; one for which we fail is closed."""
        if isinstance(error, Gone | Broken):
            self._hub.leave(socket)
        else:
            log.error("a frame cannot be sent", exc_info=error)
            self._hub.fail([socket])

    async def answer(self, socket: Socket, text: str) -> None:
        """Send what a page asked for, or what is its turn to get. Raises Gone."""
        try:
            await socket.send(text)
        except Slow:
            socket.position = -1  # whatever was asked for is in the whole that it gets when it takes anything again
            if socket.late is None:
                socket.late = asyncio.create_task(self._serve_late(socket))
