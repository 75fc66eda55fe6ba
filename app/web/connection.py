"""Quart's application and WebSocket connection, with what they lack for us (Quart 0.22).

The inbox is bounded: stock Quart queues without end what a handler has not received (1.1 GB in 6 s from one socket). A
frame goes straight to the server, without the turns of the loop that websocket.send takes. A handler that fails closes
with 1011, at which pages come back; stock Quart closes with 1000, at which they never do.
"""

import asyncio
import contextlib
import sys
from functools import partial
from typing import Any

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable
from quart import Quart, has_websocket_context, websocket
from quart.asgi import ASGIWebsocketConnection
from quart.wrappers import BaseRequestWebsocket, Websocket
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, MapAdapter

from app.live.hub import Close

INBOX = 32  # messages


class Connection(ASGIWebsocketConnection):
    """Also the wire that the live floor sends through."""

    def __init__(self, app: Quart, scope: Any) -> None:
        super().__init__(app, scope)
        self.queue = asyncio.Queue(maxsize=INBOX)

    async def handle_messages(self, receive: ASGIReceiveCallable) -> None:
        while True:
            event: Any = await receive()
            if event["type"] == "websocket.receive":
                text = event.get("text")
                await self.queue.put(event.get("bytes") or b"" if text is None else text)
            elif event["type"] == "websocket.disconnect":
                return

    def _create_websocket_from_scope(self, send: ASGISendCallable) -> Websocket:
        self._raw_send: Any = send
        self._raw_close = partial(self.close_connection, send)
        self.scope["pult.connection"] = self  # type: ignore[typeddict-unknown-key]
        return super()._create_websocket_from_scope(send)

    async def send(self, text: str) -> None:
        await self._raw_send({"type": "websocket.send", "text": text})

    async def receive(self) -> str | bytes:
        message: str | bytes = await self.queue.get()
        return message

    async def close(self, code: int) -> None:
        if not self._closed:
            self._closed = True
            await self._raw_send({"type": "websocket.close", "code": code, "reason": ""})


class Number(IntegerConverter):
    """The number of a ticket or a comment in a path: whatever is longer is not found, by any method."""

    regex = r"\d{1,9}"


class App(Quart):
    asgi_websocket_class = Connection

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None)
        self.url_map.converters["number"] = Number
        self.url_map.merge_slashes = False  # it would lead to whatever host a request names

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
        try:
            self.log_exception(sys.exc_info())
        finally:
            connection = websocket.scope["pult.connection"]  # type: ignore[typeddict-item]
            with contextlib.suppress(Exception):
                await connection.close(Close.FAILED)
