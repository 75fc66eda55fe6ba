"""SQLite through Tortoise, without the defects of its stock client.

The stock one loses its lock for ever when a task is cancelled while a transaction begins (every client that hangs up
cancels one), and its deferred BEGIN makes two writers fail at once instead of waiting for each other; and it reads and
writes through one connection, so that a read waits for whatever a writer waits for. This subclasses private names of
tortoise-orm: the version is pinned, and tests/test_db.py cancels transactions at every step.
"""

import asyncio
import functools
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from typing import Any, ParamSpec, TypeVar, cast

import aiosqlite
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
    translate_exceptions,
)
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError

from app.store.cancelling import finish
from app.store.dialect import Occupied, in_turn
from app.store.sqlite.readers import Readers, in_snapshot

P = ParamSpec("P")
T = TypeVar("T")

# The primary result codes of a storage that fails, or that others hold; not of a wrong statement. See
# https://sqlite.org/rescode.html
TROUBLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}

# By its first word a statement is known. One that writes in other words (WITH … INSERT) is refused where one reads.
READS = re.compile(r"\s*(?:SELECT|WITH)\b", re.IGNORECASE)
WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)

# The indexes and triggers of a database, each in words. Primary keys are left out: they are columns.
STANDING = """
    SELECT iif(i."unique", 'unique index on ', 'index on ') || t.name || ' (' ||
        (SELECT group_concat(coalesce(c.name, 'an expression'), ', ') FROM pragma_index_info(i.name) c) || ')' ||
        iif(i.partial, substr(m.sql, instr(m.sql, ' WHERE ')), '') AS words
    FROM sqlite_master t, pragma_index_list(t.name) i LEFT JOIN sqlite_master m ON m.name = i.name
    WHERE t.type = 'table' AND i.origin <> 'pk'
    UNION SELECT 'trigger ' || name || ' on ' || tbl_name FROM sqlite_master WHERE type = 'trigger'
"""


def trouble(error: BaseException | None) -> str:
    """What is wrong with the storage, in SQLite's words, if that is what an error is about; else nothing.

    An error may hide behind another: after a full disk SQLite rolls back at once, and the ORM's savepoint is gone.
    """
    while error is not None:
        cause = error.args[0] if isinstance(error, OperationalError) and error.args else error
        if getattr(cause, "sqlite_errorcode", 0) & 0xFF in TROUBLE:
            return str(cause)
        error = error.__context__
    return ""


def standing(schema: str) -> set[str]:
    """What STANDING tells of a database that was made by these statements."""
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript(schema)
        return {words for (words,) in made.execute(STANDING)}


def translated(ask: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """The driver's errors as the ORM's, that of a damaged file too, which the ORM lets through."""
    asked = translate_exceptions(ask)

    @functools.wraps(ask)
    async def translating(*given: P.args, **named: P.kwargs) -> T:
        try:
            return cast(T, await asked(*given, **named))
        except sqlite3.DatabaseError as error:
            if type(error) is sqlite3.DatabaseError:
                raise OperationalError(error) from error
            raise

    return translating


class Inline:
    """The connection inside a transaction: its statements run here and now, not in aiosqlite's thread.

    There each takes 20 to 50 µs, and the way there and back 150 µs of CPU; meanwhile nobody else could read. Waiting
    for others who write (BEGIN) and for the disk (COMMIT) is left to the thread. No two statements are under way at
    once: the transaction holds the client's lock, and what runs here is not interrupted.
    """

    def __init__(self, opened: aiosqlite.Connection) -> None:
        self._opened = opened

    async def __aenter__(self) -> "Inline":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    @property
    def total_changes(self) -> int:
        return self._opened.total_changes

    async def execute_insert(self, query: str, values: Iterable[Any]) -> sqlite3.Row | None:
        return self._opened._execute_insert(query, values)

    async def execute_fetchall(self, query: str, values: Iterable[Any] | None = None) -> Iterable[sqlite3.Row]:
        return self._opened._execute_fetchall(query, values or [])

    async def executemany(self, query: str, values: Iterable[list[Any]]) -> None:
        self._opened._conn.executemany(query, values)


class ImmediateTransaction(SqliteTransactionWrapper):
    def __init__(self, connection: SqliteClient) -> None:
        super().__init__(connection)
        self._patience = connection.pragmas["busy_timeout"]  # ms

    def acquire_connection(self) -> Any:
        return Inline(self._connection)

    async def execute_here(self, query: str, values: list[Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.execute_query_dict(query, values)
        return found

    async def begin(self) -> None:
        """In the thread, where it waits for others who write."""
        try:
            if self._connection.in_transaction:  # left open by a statement that was cancelled
                await self._connection.rollback()
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error

    def begins_at_once(self) -> bool:
        """Begin here and now, if no other process writes and nothing was left open."""
        opened = self._connection._conn
        if opened.in_transaction:
            return False
        opened.execute("PRAGMA busy_timeout = 0")
        try:
            opened.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise OperationalError(error) from error
            return False
        finally:
            opened.execute(f"PRAGMA busy_timeout = {self._patience}")
        return True

    async def end(self, *, commit: bool) -> None:
        """Commit or roll back. A commit that fails is rolled back: what is left open, later statements would join."""
        if self._finalized:
            return
        self._finalized = True
        try:
            if commit:
                await self._connection.commit()
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error
        finally:
            if self._connection.in_transaction:
                await self._connection.rollback()

    async def execute_script(self, query: str) -> None:
        """One statement: Python's executescript would commit what is open before it begins."""
        await self.execute_query(query)


class CancelSafeContext(SqliteTransactionContext):
    """wait: whether for others who write. Else raises Occupied where there are any."""

    __slots__ = ("_wait",)

    def __init__(self, connection: ImmediateTransaction, lock: asyncio.Lock, *, wait: bool = True) -> None:
        super().__init__(connection, lock)
        self._wait = wait

    async def __aenter__(self) -> Any:
        await in_turn(self._trxlock, wait=self._wait)
        try:
            if not self.connection._connection:
                await finish(self.ensure_connection())
            if not self.connection.begins_at_once():
                if not self._wait:
                    raise Occupied("another process writes")
                await finish(self.connection.begin())
        except BaseException:
            opened = self.connection._connection
            try:
                if opened is not None and opened.in_transaction:
                    await finish(opened.rollback())
            finally:
                self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        return self.connection

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        try:
            await finish(self.connection.end(commit=exc_type is None))
        finally:
            get_connections().reset(self.token)
            self._trxlock.release()


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
