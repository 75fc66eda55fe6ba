"""A line between browser and desk that can be cut, be slow, speak for the desk, and for a while not be had."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

PAGE = "<!doctype html><title>Gateway</title><h1>{status} This is not the desk</h1><form><input name=body></form>"

_HEAD = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.1\r\n")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(eq=False)
class Answer:
    """What is said in the desk's place to requests whose "METHOD /path" this pattern matches from its beginning.

    times: how often; None: always. passes: whether the desk gets the request all the same, and its answer is lost.
    """

    pattern: str
    status: int
    body: str
    headers: Mapping[str, str]
    times: int | None = None
    passes: bool = False

    @property
    def text(self) -> bytes:
        body = b"" if self.status in (204, 304) else self.body.replace("{status}", str(self.status)).encode()
        headers = {"Content-Type": "text/html", "Content-Length": str(len(body)), "Connection": "close"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in (headers | dict(self.headers)).items())
        return f"HTTP/1.1 {self.status} Of the proxy\r\n{lines}\r\n".encode() + body


@dataclass(eq=False)
class Line:
    """One connection: both its ends, and what is to happen to what the desk says next."""

    ends: list[asyncio.StreamWriter]
    frozen: bool = False
    instead: Answer | None = None  # of what the desk says
    upgrading: bool = False
    unread: int = field(default=0)  # bytes of a request that goes nowhere


class Proxy:
    """Forwards TCP from a free port of the loopback to another port."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._lines: dict[asyncio.Task[None], Line] = {}
        self._plugged = True
        self._answers: list[Answer] = []
        self.upgrades = True  # whether WebSockets get through
        self.handshake: float | None = None  # the part of the answer to an upgrade after which the line is cut
        self.idle: float | None = None  # seconds without a word from the desk after which a connection is cut
        self.delay = 0.0  # seconds that everything takes, each way
        self.asked: list[str] = []  # "METHOD /path" of every request, in order

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        self.cut()
        await asyncio.gather(*self._lines, return_exceptions=True)

    def cut(self) -> None:
        """Reset every connection."""
        for line in self._lines.values():
            _cut(line)

    def unplug(self) -> None:
        """Cut, and let nobody in until plug()."""
        self._plugged = False
        self.cut()

    def plug(self) -> None:
        self._plugged = True

    def refuse_upgrades(self) -> None:
        """Be a proxy that no WebSocket gets through."""
        self.upgrades = False
        self.cut()

    def freeze(self) -> None:
        """Leave what is open as it is and let nothing more through it: a line that is dead without a word."""
        for line in self._lines.values():
            line.frozen = True

    def answer(
        self,
        pattern: str,
        status: int = 502,
        *,
        body: str = PAGE,
        headers: Mapping[str, str] | None = None,
        times: int | None = None,
        passes: bool = False,
    ) -> None:
        """Speak for the desk from now on, as Answer says; of several that match the last one does."""
        self._answers.insert(0, Answer(pattern, status, body, headers or {}, times, passes))

    def be_honest(self) -> None:
        """Answer nothing any more, and pass everything on at once."""
        self._answers.clear()
        self.upgrades, self.handshake, self.idle, self.delay = True, None, None, 0.0

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        line = self._lines[task] = Line([writer])
        try:
            if self._plugged:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
                line.ends.append(far_writer)
                await asyncio.gather(
                    self._copy(line, reader, far_writer, self._to_desk),
                    self._copy(line, far_reader, writer, self._to_browser),
                )
        except OSError:
            pass
        finally:
            _cut(line)
            for end in line.ends:
                with contextlib.suppress(OSError):
                    await end.wait_closed()
            del self._lines[task]

    async def _copy(
        self,
        line: Line,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        pass_on: Callable[[Line, bytes], bytes | None],
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await self._read(source):
                await asyncio.sleep(self.delay)
                if (data := pass_on(line, data)) is None:
                    break
                if not line.frozen:
                    sink.write(data)
                    await sink.drain()
        if not sink.is_closing():
            sink.write_eof()

    def _to_desk(self, line: Line, data: bytes) -> bytes | None:
        """What of this goes on to the desk; None: nothing more of this line. A browser asks one thing after another."""
        line.unread, data = max(0, line.unread - len(data)), data[line.unread :]
        if not (head := _HEAD.match(data)):
            return data
        asked = b" ".join(head.groups()).decode()
        self.asked.append(asked)
        line.upgrading = b"upgrade: websocket" in data.lower()
        if line.upgrading and not self.upgrades:
            return None
        answer = self._answer_to(asked)
        if answer is None:
            return data
        if answer.passes:
            line.instead = answer
            return data
        length = _LENGTH.search(data)
        line.unread = max(0, int(length[1]) - len(data.partition(b"\r\n\r\n")[2])) if length else 0
        line.ends[0].write(answer.text)
        return b""

    def _to_browser(self, line: Line, data: bytes) -> bytes | None:
        if line.instead:
            line.ends[0].write(line.instead.text)
            return None
        if line.upgrading and self.handshake is not None:
            head = data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            line.ends[0].write(head[: int(len(head) * self.handshake)])
            return None
        line.upgrading = False
        return data

    def _answer_to(self, asked: str) -> Answer | None:
        for answer in self._answers:
            if answer.times != 0 and re.match(answer.pattern, asked):
                answer.times = answer.times and answer.times - 1
                return answer
        return None

    async def _read(self, source: asyncio.StreamReader) -> bytes:
        try:
            async with asyncio.timeout(self.idle):
                return await source.read(65536)
        except TimeoutError:
            return b""


def _cut(line: Line) -> None:
    for end in line.ends:
        end.transport.abort()
