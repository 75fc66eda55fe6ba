"""Many open sockets in a process of its own: `python -m tests.bench.crowd`.

Reads lines of JSON: {"open": [[url, origin], …]}, {"report": true}, {"close": true}; answers each with one line. As
pages do, it answers a frame with a token by a pong; the server's own pings are answered too.
"""

import asyncio
import base64
import json
import os
import resource
import sys
import time
from typing import Any
from urllib.parse import urlsplit

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Page(asyncio.Protocol):
    """One socket: a WebSocket client that reads whole text messages and keeps when they came."""

    def __init__(self, url: str, origin: str) -> None:
        parts = urlsplit(url)
        self._head = (
            f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nOrigin: {origin}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n"
        )
        self._read = bytearray()
        self._upgraded = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.heard: list[tuple[float, int, int]] = []  # when, the event up to which the page is now, bytes
        self.last = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self._head.encode())

    def connection_lost(self, _: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the server closed it"))

    def data_received(self, data: bytes) -> None:
        self._read += data
        if not self._upgraded:
            head, end, rest = bytes(self._read).partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._upgraded, self._read = True, bytearray(rest)
            self.opened.set_result(None)
        while self._message():
            pass

    def _message(self) -> bool:
        """Take one message off what was read, if it is whole. A server's are not masked (RFC 6455, 5.2)."""
        read = self._read
        if len(read) < 2:
            return False
        length, start = read[1] & 127, 2
        if length >= 126:
            width = 2 if length == 126 else 8
            length, start = int.from_bytes(read[2 : 2 + width], "big"), 2 + width
            if len(read) < start:
                return False
        if len(read) < start + length:
            return False
        kind, body = read[0] & 15, bytes(read[start : start + length])
        del read[: start + length]
        if kind == TEXT:
            self._take(body)
        elif kind == PING:
            self._say(PONG, body)
        elif kind == CLOSE:
            self.transport.close()
        return True

    def _take(self, body: bytes) -> None:
        span = body[: body.find(b"></hx-partial>")]
        to = span.partition(b'data-to="')[2].partition(b'"')[0]
        self.heard.append((time.time(), int(to or 0), len(body)))
        self.last = body
        if b"data-token=" in span:
            self._say(TEXT, b'{"action":"pong"}')

    def _say(self, kind: int, body: bytes) -> None:
        self.transport.write(bytes([128 | kind, 128 | len(body), 0, 0, 0, 0]) + body)  # masked with nothing


class Crowd:
    def __init__(self) -> None:
        self.pages: list[Page] = []

    async def obey(self, wish: dict[str, Any]) -> object:
        if "open" in wish:
            for url, origin in wish["open"]:
                parts = urlsplit(url)
                loop = asyncio.get_running_loop()
                _, page = await loop.create_connection(lambda u=url, o=origin: Page(u, o), parts.hostname, parts.port)
                await page.opened
                self.pages.append(page)
            return len(self.pages)
        if "close" in wish:
            for page in self.pages:
                page.transport.close()
            self.pages = []
            return 0
        heard = [page.heard for page in self.pages]
        for page in self.pages:
            page.heard = []
        last = self.pages[0].last.decode() if self.pages else ""
        gone = sum(page.transport.is_closing() for page in self.pages)
        return {"heard": heard, "last": last, "gone": gone}


async def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    reader = asyncio.StreamReader(limit=2**26)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    crowd = Crowd()
    while line := await reader.readline():
        print(json.dumps(await crowd.obey(json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
