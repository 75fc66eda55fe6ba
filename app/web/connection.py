"""Quart's application and its connections, with what they lack for us (Quart 0.22).

Quart decides whether a socket is let in. From then on it lives without Quart, whose two tasks, contexts, queue and
copies of every header would be a third of what an open page costs, and without its request. Stock Quart also queues
without end what a handler has not received (1.1 GB in 6 s from one socket), while the server reads on only when we have
read. What fails closes with 1011, at which pages come back; stock Quart closes with 1000, at which they never do.
"""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable
from quart import Quart, Request, has_websocket_context, websocket
from quart.asgi import ASGIHTTPConnection, ASGIWebsocketConnection
from quart.sessions import SessionInterface
from quart.wrappers import BaseRequestWebsocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, MapAdapter

from app.live.hub import Close, Gone

LINGER = 5  # seconds for the rest of a request that was answered before it was whole


class Exchange(ASGIHTTPConnection):
    """A request and its answer, whose end waits for the request's, which is read and thrown away.

    The connection may be closed with it (a proxy that asks for that, and nginx does), and whoever still sends into a
    closed one hears of that instead of the answer, such as that it was too large (RFC 9112, 9.6).
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._all_came = asyncio.Event()

    async def handle_messages(self, request: Request, receive: ASGIReceiveCallable) -> None:
        async def noted() -> Any:
            event = await receive()
            if event["type"] != "http.request" or not event.get("more_body", False):
                self._all_came.set()
            return event

        await super().handle_messages(request, noted)

    async def handle_request(self, request: Request, send: ASGISendCallable) -> None:
        async def at_last(event: Any) -> None:
            if event["type"] == "http.response.body" and not event["more_body"] and not self._all_came.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._all_came.wait(), LINGER)
            await send(event)

        await super().handle_request(request, at_last)


class Connection(ASGIWebsocketConnection):
    """Also the wire that the live floor sends through. life: what follows once the handler has let the socket in."""

    life: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        self._receive: Any = receive
        self._send: Any = send
        self.scope["pult.connection"] = self  # type: ignore[typeddict-unknown-key]
        await self.handle_websocket(self._create_websocket_from_scope(send), self._unless_let_in)
        self.scope.clear()  # type: ignore[attr-defined]
        del self.queue
        if self.life:
            try:
                await self.life()
            except Exception:  # noqa: BLE001 - as in a handler
                await self.fail()

    async def _unless_let_in(self, event: Any) -> None:
        """What Quart sends when a handler has come to its end: an answer or a close."""
        if not self.life:
            await self._send(event)

    async def fail(self) -> None:
        """Log what is being handled, and close so that the page comes back."""
        try:
            self.app.log_exception(sys.exc_info())
        finally:
            with contextlib.suppress(Exception):
                await self.close(Close.FAILED)

    def write(self, text: str) -> bool:
        """What the server's own send() does where it neither waits nor raises; its bytes are made once for all."""
        server = getattr(self._send, "__self__", None)
        if not isinstance(server, WebSocketsSansIOProtocol) or not server.writable.is_set():
            return False
        if server.conn.state is not State.OPEN or server.transport.is_closing() or self._closed:
            return False
        server.transport.write(_message(text))
        return True

    async def send(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def receive(self) -> str | bytes:
        """The next message. Raises Gone."""
        while True:
            event = await self._receive()
            if event["type"] == "websocket.receive":
                text: str | None = event.get("text")
                return event.get("bytes") or b"" if text is None else text
            if event["type"] == "websocket.disconnect":
                raise Gone

    async def close(self, code: int) -> None:
        if not self._closed:
            self._closed = True
            await self._send({"type": "websocket.close", "code": code, "reason": ""})


@lru_cache(maxsize=4)
def _message(text: str) -> bytes:
    """A text as it travels to each socket that is sent it, one after another."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


class Number(IntegerConverter):
    """The number of a ticket or a comment in a path: whatever is longer is not found, by any method."""

    regex = r"\d{1,9}"


class NoSession(SessionInterface):
    """Quart-auth's cookie tells who asks. Quart's own sessions would cost each request a signer for nothing."""

    async def open_session(self, app: Quart, request: BaseRequestWebsocket) -> None:
        return None


class App(Quart):
    asgi_http_class = Exchange
    asgi_websocket_class = Connection
    session_interface = NoSession()  # type: ignore[assignment]

    def __init__(self, name: str, *, secure: bool) -> None:
        """secure: whether people come by TLS, whatever the proxy before us says of it."""
        super().__init__(name, static_folder=None)
        self._secure = secure
        self.url_map.converters["number"] = Number
        self.url_map.merge_slashes = False  # it would lead to whatever host a request names

    async def __call__(self, scope: Any, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """People come as the public address says, also where the proxy speaks plainly: a cookie may be Secure."""
        if self._secure and "scheme" in scope:
            scope["scheme"] = {"http": "https", "ws": "wss"}.get(scope["scheme"], scope["scheme"])
        await super().__call__(scope, receive, send)

    def create_url_adapter(self, request: BaseRequestWebsocket | None) -> MapAdapter | None:
        """Routes depend on no host and on no query, so that neither can be wrong in a way that they cannot answer."""
        if request is None:
            return super().create_url_adapter(request)
        return self.url_map.bind("", "/", "", request.scheme, request.method, request.path)

    async def handle_user_exception(self, error: Exception) -> Any:
        """Errors of sockets are no pages: the pages' handlers would fail there, and hide what had failed."""
        if not has_websocket_context():
            return await super().handle_user_exception(error)
        if isinstance(error, HTTPException):
            return error
        raise error

    async def handle_websocket_exception(self, error: Exception) -> Any:
        connection: Connection = websocket.scope["pult.connection"]  # type: ignore[typeddict-item]
        await connection.fail()
