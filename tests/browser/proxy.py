"""A line between browser and desk that can be cut, and for a while not be had."""

import asyncio
import contextlib


class Proxy:
    """Forwards TCP from a free port of the loopback to another port."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._lines: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}
        self._plugged = True
        self._frozen: set[asyncio.Task[None]] = set()
        self.upgrades = True  # whether WebSockets get through
        self.idle: float | None = None  # seconds without a word from the desk after which a connection is cut

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        self.cut()
        await asyncio.gather(*self._lines, return_exceptions=True)

    def cut(self) -> None:
        """Reset every connection."""
        for ends in self._lines.values():
            for end in ends:
                end.transport.abort()

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
        self._frozen.update(self._lines)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        ends = self._lines[task] = [writer]
        try:
            if self._plugged:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
                ends.append(far_writer)
                await asyncio.gather(self._copy(task, reader, far_writer), self._copy(task, far_reader, writer))
        except OSError:
            pass
        finally:
            for end in ends:
                end.transport.abort()
                with contextlib.suppress(OSError):
                    await end.wait_closed()
            del self._lines[task]

    async def _copy(self, line: asyncio.Task[None], source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await self._read(source):
                if not self.upgrades and b"upgrade: websocket" in data.lower():
                    break
                if line not in self._frozen:
                    sink.write(data)
                    await sink.drain()
        if not sink.is_closing():
            sink.write_eof()

    async def _read(self, source: asyncio.StreamReader) -> bytes:
        try:
            async with asyncio.timeout(self.idle):
                return await source.read(65536)
        except TimeoutError:
            return b""
