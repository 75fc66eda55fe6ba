"""SQLite through Tortoise, without the defects of its stock client.

The stock one loses its lock for ever when a task is cancelled while a transaction begins (every client that hangs up
cancels one), and its deferred BEGIN makes two writers fail at once instead of waiting for each other; and it reads and
writes through one connection, so that a read waits for whatever a writer waits for. This subclasses private names of
tortoise-orm: the version is pinned, and tests/test_db.py cancels transactions at every step.
"""

import re
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import aiosqlite
from tortoise.backends.sqlite.client import SqliteClient
from tortoise.exceptions import OperationalError

from app.store.cancelling import finish
from app.store.sqlite.readers import Readers, in_snapshot
from app.store.sqlite.transactions import CancelSafeContext, ImmediateTransaction
from app.store.sqlite.troubles import translated

# By its first word a statement is known. One that writes in other words (WITH … INSERT) is refused where one reads.
READS = re.compile(r"\s*(?:SELECT|WITH)\b", re.IGNORECASE)
WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)


class Client(SqliteClient):
    """Writes on one connection, under its lock; reads on others, which wait for nobody who writes."""

    def __init__(self, file_path: str, **options: Any) -> None:
        super().__init__(file_path, **options)
        self._readers: Readers | None = None

    async def create_connection(self, with_db: bool) -> None:  # noqa: FBT001 - the ORM's signature
        """Raises OperationalError for a file that is no database; what was left open would keep the process alive."""
        try:
            sqlite3.connect(self.filename).close()  # what cannot be opened fails here, not in a thread that outlives it
            if self._connection is None:
                self._connection = await self._opened()
                patience, cache = self.pragmas["busy_timeout"], self.pragmas["cache_size"]
                self._readers = Readers(self.filename, patience=patience, cache=cache)
        except sqlite3.Error as error:
            await self.close()
            raise OperationalError(f"{self.filename} cannot be opened: {error}") from error

    async def _opened(self) -> aiosqlite.Connection:
        opened = await aiosqlite.connect(self.filename, isolation_level=None, check_same_thread=False)
        opened._conn.row_factory = sqlite3.Row
        try:
            for name, value in self.pragmas.items():
                await opened.execute_fetchall(f"PRAGMA {name}={value}")
        except BaseException:
            await opened.close()
            raise
        return opened

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[None]:
        """What this task reads inside is all of one moment: that of its first read. Joins one already open."""
        async with (await self._reading()).snapshot():
            yield

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A statement that fails ends no snapshot here."""
        yield

    async def _reading(self) -> Readers:
        if self._readers is None:
            async with self._lock:
                await finish(self.create_connection(with_db=True))
        return cast(Readers, self._readers)

    @translated
    async def execute_here(self, query: str, values: list[Any]) -> list[dict[str, Any]]:
        """As execute_query_dict, without the way to the thread and back; the loop waits for it."""
        if READS.match(query):
            return list(map(dict, await (await self._reading()).read(query, values or [])))
        found: list[dict[str, Any]] = await self.execute_query_dict(query, values)
        return found

    @translated
    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        if READS.match(query):
            return list(map(dict, await (await self._reading()).read(query, values or [], aside=True)))
        _, rows = await self.execute_query(query, values)
        return list(map(dict, rows))

    @translated
    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Sequence[Any]]:
        """What the ORM reads, changes and deletes outside of a transaction. A change is a transaction of its own."""
        if READS.match(query):
            rows = await (await self._reading()).read(query, values or [])
            return len(rows), rows
        if WRITES.match(query):
            async with self._in_transaction() as connection:
                changed: tuple[int, Sequence[Any]] = await connection.execute_query(query, values)
                return changed
        other: tuple[int, Sequence[Any]] = await super().execute_query(query, values)
        return other

    async def execute_insert(self, query: str, values: list[Any]) -> int:
        async with self._in_transaction() as connection:
            new: int = await connection.execute_insert(query, values)
            return new

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        async with self._in_transaction() as connection:
            await connection.execute_many(query, values)

    def _in_transaction(self, *, wait: bool = True) -> CancelSafeContext:
        if in_snapshot():
            raise RuntimeError("whoever reads a snapshot cannot write: what they would go by is of before")
        return CancelSafeContext(ImmediateTransaction(self), self._lock, wait=wait)

    async def shrink(self) -> None:
        """Give back what the connections keep of the file; the one that writes only if it has nothing else to do."""
        if self._readers is not None:
            self._readers.shrink()
        if not self._lock.locked():
            await super().execute_query("PRAGMA shrink_memory")

    async def close(self) -> None:
        """To the end, whoever is stopped: the thread of a connection that stays open keeps the process alive."""
        await finish(self._close())

    async def _close(self) -> None:
        """The writing connection last, so that it leaves one file."""
        if self._readers is not None:
            self._readers.close()
            self._readers = None
        try:
            if self._connection is not None:
                with suppress(sqlite3.Error):
                    await self._connection.execute(
                        "PRAGMA analysis_limit = 400"
                    )  # rows an index: it shall not take long
                    await self._connection.execute("PRAGMA optimize")
        finally:
            await super().close()


client_class = Client
