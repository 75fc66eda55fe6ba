"""Connections to a SQLite file that only read, and wait for nobody who writes.

In WAL mode they see what was committed last (https://sqlite.org/wal.html), or when their snapshot began. Short reads
run here and now, in the event loop; what may look at many rows runs in a thread, on a connection that holds up no
short one.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

from app.store.cancelling import finish
from app.store.sqlite.troubles import is_busy

KEPT = 2  # so many connections stay open while nobody reads, and so many long reads run at once


class Reader:
    """A connection that only reads: short statements here and now, what may look at many rows in a thread."""

    def __init__(self, filename: str, *, patience: int, cache: int) -> None:
        self._patience = patience  # ms
        self._opened = sqlite3.connect(filename, timeout=0, isolation_level=None, check_same_thread=False)
        self._opened.row_factory = sqlite3.Row
        self._opened.execute(f"PRAGMA cache_size={cache}")
        self._opened.execute("PRAGMA query_only=ON")
        self._begun = False

    def begin(self) -> None:
        """From the next statement on, until the end, everything is as it is then."""
        self._opened.execute("BEGIN")
        self._begun = True

    def end(self) -> None:
        self._begun = False
        if self._opened.in_transaction:  # else an error has ended it
            self._opened.rollback()

    def here(self, query: str, values: Sequence[Any]) -> list[sqlite3.Row]:
        """Raises OperationalError, also where one would have to wait, and where an error has ended the snapshot."""
        if self._begun and not self._opened.in_transaction:
            raise sqlite3.OperationalError("the snapshot was ended by an error")
        return self._opened.execute(query, values).fetchall()

    def patiently(self, query: str, values: Sequence[Any]) -> list[sqlite3.Row]:
        """In a thread."""
        self._opened.execute(f"PRAGMA busy_timeout={self._patience}")
        try:
            return self.here(query, values)
        finally:
            self._opened.execute("PRAGMA busy_timeout=0")

    def shrink(self) -> None:
        self._opened.execute("PRAGMA shrink_memory")

    def close(self) -> None:
        self._opened.close()


class Snapshot:
    """What one task reads, as of its first read. reader: None when it is over, also for tasks begun inside."""

    def __init__(self, reader: Reader) -> None:
        self.reader: Reader | None = reader


_snapshot: ContextVar[Snapshot | None] = ContextVar("the snapshot that is read", default=None)


def in_snapshot() -> bool:
    return _current() is not None


def _current() -> Reader | None:
    snapshot = _snapshot.get()
    return snapshot.reader if snapshot else None


class Readers:
    """As many as are needed at once. patience: ms that a read in a thread waits for whoever recovers the file.

    cache: of each connection, as SQLite's cache_size.
    """

    def __init__(self, filename: str, *, patience: int, cache: int) -> None:
        self._filename, self._patience, self._cache = filename, patience, cache
        self._threads = ThreadPoolExecutor(KEPT, "reads")
        self._closed = False
        self._idle = [self._new()]  # the last one used, with most in memory, is the next

    def _new(self) -> Reader:
        return Reader(self._filename, patience=self._patience, cache=self._cache)

    def _take(self) -> Reader:
        return self._idle.pop() if self._idle else self._new()

    def _give(self, reader: Reader) -> None:
        if self._closed or len(self._idle) >= KEPT:
            reader.close()
        else:
            self._idle.append(reader)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[None]:
        """What this task reads inside is all of one moment: that of its first read. Joins one already open."""
        if in_snapshot():
            yield
            return
        reader = self._take()
        snapshot = Snapshot(reader)
        token = _snapshot.set(snapshot)
        try:
            reader.begin()
            yield
        finally:
            _snapshot.reset(token)
            snapshot.reader = None
            reader.end()
            self._give(reader)

    async def read(self, query: str, values: Sequence[Any], *, aside: bool = False) -> list[sqlite3.Row]:
        """Rows as of the snapshot, or of the last commit. aside: in a thread."""
        if reader := _current():
            return await self._read(reader, query, values, aside=aside)
        reader = self._take()
        try:
            return await self._read(reader, query, values, aside=aside)
        finally:
            self._give(reader)

    async def _read(self, reader: Reader, query: str, values: Sequence[Any], *, aside: bool) -> list[sqlite3.Row]:
        """Whoever recovers the file keeps it from being read: for that a thread waits."""
        if not aside:
            try:
                return reader.here(query, values)
            except sqlite3.OperationalError as error:
                if not is_busy(error):
                    raise
        loop = asyncio.get_running_loop()
        return await finish(loop.run_in_executor(self._threads, reader.patiently, query, values))

    def shrink(self) -> None:
        """Give back what is kept of the file by those that nobody uses now."""
        for reader in self._idle:
            reader.shrink()

    def close(self) -> None:
        """Those that are in use are closed when they are given back."""
        self._closed = True
        self._threads.shutdown()
        while self._idle:
            self._idle.pop().close()
