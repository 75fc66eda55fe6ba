"""One WebSocket's life: let in, listened to, let go."""

import json
import logging
import time
from typing import Any, Protocol

from app.live.access import Lost
from app.live.delivery import Broken
from app.live.hub import Close, Gone, Socket, Wire
from app.live.relay import Relay
from app.live.tokens import BadToken

LONGEST = 4096  # bytes of a message from the page
WATCHED = 50  # dynamic subscriptions
RATE, BURST = 10.0, 40.0  # messages a second in the long run, and at once

log = logging.getLogger(__name__)


class Line(Wire, Protocol):
    """A wire that can be listened to."""

    async def receive(self) -> str | bytes:
        """The next message. Raises Gone."""


class Violation(Exception):
    """The page said something that pages do not say."""


async def serve(line: Line, relay: Relay, *, token: str, since: str, epoch: str, build: str) -> None:
    """From the accept to the close."""
    try:
        grant = relay.tokens.read(token)
        relay.tokens.use(grant)
    except BadToken as bad:
        log.info("refused a socket: %s", bad)
        await line.close(Close.ENDED)
        return
    if not relay.has_room(grant.person):
        log.warning("refused a socket of person %s, who has as many as one may have", grant.person)
        await line.close(Close.OVERLOAD)
        return
    socket = Socket(line, grant, position_of(since, build, relay))
    try:
        await relay.join(socket, epoch)
        await _listen(line, relay, socket)
    except Lost as lost:
        log.info("refused a socket of person %s: %s", grant.person, lost)
        await line.close(lost.close)
    except Broken:
        await line.close(Close.FAILED)
    except Gone:
        pass
    except Violation as violation:
        log.warning("closed a socket of person %s: %s", grant.person, violation)
        await relay.hub.drop(socket, Close.VIOLATION)
    finally:
        relay.hub.leave(socket)


def position_of(since: str, build: str, relay: Relay) -> int:
    """The event number in a URL; -1, which is before everything, if there is none: the whole is sent then.

    So it is to a page that shows what an older build of the desk made.
    """
    older = (_number(build) or 0) < relay.build
    number = None if older else _number(since)
    return -1 if number is None else number


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


class Budget:
    """How much a page may say of its own accord. What the protocol asks of it costs nothing.

    That is an answer to each token, and after a cut its subscriptions again, each once.
    """

    def __init__(self) -> None:
        self._left, self._last = BURST, time.monotonic()
        self._subscribed: set[int] = set()

    def spend(self, message: dict[str, Any], socket: Socket) -> None:
        """Raises Violation if nothing is left for this message."""
        match message:
            case {"action": "pong"} if socket.unanswered:
                socket.unanswered -= 1
                return
            case {"action": "subscribe", "ticket": int(ticket)} if self._is_first(ticket):
                self._subscribed.add(ticket)
                return
        now = time.monotonic()
        self._left, self._last = min(BURST, self._left + (now - self._last) * RATE) - 1, now
        if self._left < 0:
            raise Violation("it talks too much")

    def _is_first(self, ticket: int) -> bool:
        return ticket not in self._subscribed and len(self._subscribed) < WATCHED


async def _listen(line: Line, relay: Relay, socket: Socket) -> None:
    budget = Budget()
    while True:
        message = parse(await line.receive())
        budget.spend(message, socket)
        socket.heard = time.monotonic()
        if socket in relay.hub.sockets:  # else it is being closed, and has not noticed
            await _obey(relay, socket, message)


async def _obey(relay: Relay, socket: Socket, message: dict[str, Any]) -> None:
    match message:
        case {"action": "pong", **rest} if not rest:
            pass
        case {"action": "ping", **rest} if not rest:
            await relay.ping(socket)
        case {"action": "resync", **rest} if not rest:
            await relay.resync(socket)
        case {"action": "subscribe" | "unsubscribe" as action, "ticket": ticket, **rest} if not rest:
            on = action == "subscribe"
            if type(ticket) is not int or not 0 < ticket < 2**31 or (on and len(socket.watched) >= WATCHED):
                raise Violation("it asks for what no page asks for")
            await relay.watch(socket, ticket, on=on)
        case _:
            raise Violation("it says what no page says")


def parse(message: str | bytes) -> dict[str, Any]:
    """A message from a page: one small JSON object, strictly. Raises Violation."""
    if not isinstance(message, str) or len(message.encode()) > LONGEST:
        raise Violation("it sends no text, or too much")
    try:
        value = json.loads(message, object_pairs_hook=_once, parse_constant=_never)
    except (ValueError, RecursionError):
        raise Violation("it sends no JSON, or twisted") from None
    if not isinstance(value, dict):
        raise Violation("it sends no object")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _never(name: str) -> None:
    raise ValueError(name)
