"""PostgreSQL through Tortoise, without the defects of its stock client.

The stock one loses a connection of its pool with nearly every transaction that is cancelled (every client that hangs
up cancels one), translates few errors, and pays a second round trip for each read. This subclasses private names of
tortoise-orm: the version is pinned, and tests/store cancels transactions at every step.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.exceptions import OperationalError

from app.store.cancelling import finish
from app.store.postgres.transactions import CancelSafeContext, Statements, cut, numbered
from app.store.postgres.troubles import is_lost, translated

READERS = 10  # connections that only read
PATIENCE = 10  # seconds that one waits for a connection
# The journal's one row is locked before anything is looked at: who writes stands in line, and nothing deadlocks.
BEGIN = "BEGIN; SELECT position FROM journal WHERE id = 1 FOR UPDATE"
BEGIN_AT_ONCE = f"{BEGIN} NOWAIT"
BEGIN_MIGRATION = "BEGIN; SELECT pg_advisory_xact_lock(hashtext('pult migrates'))"
# After a read that was left between being parsed and being run the server waits inside it: this ends it.
NOTHING = ""
BEGIN_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"

READS = re.compile(r"\s*(?:SELECT|WITH|EXPLAIN)\b", re.IGNORECASE)


class Snapshot:
    """What one task reads, as of its first read. connection: None before that, and when it is over."""

    def __init__(self) -> None:
        self.connection: Any = None
        self.lock = asyncio.Lock()  # tasks begun inside read by the same connection
        self.over = False


_snapshot: ContextVar[Snapshot | None] = ContextVar("the snapshot that is read", default=None)


def _current() -> Snapshot | None:
    snapshot = _snapshot.get()
    return snapshot if snapshot and not snapshot.over else None


class Client(Statements, AsyncpgDBClient):
    """Writes on one connection, one transaction at a time; reads on others, which wait for nobody who writes."""

    def __init__(self, dsn: str, settings: Mapping[str, Mapping[str, str]], timeout: float | None, **options: Any):
        """settings: of the sessions that read, and write. timeout: seconds of a statement, after which it is lost."""
        super().__init__(**options)
        self._dsn, self._settings, self._timeout = dsn, settings, timeout
        self.reader: Any = None
        self.writer: Any = None
        self.writing = asyncio.Lock()
        self.begin = BEGIN

    async def create_connection(self, with_db: bool) -> None:  # noqa: FBT001 - the ORM's signature
        """Two pools without a connection; each makes its own when it is asked."""
        self.writer = await self._pool_of("writes", 1)
        self.reader = self._pool = await self._pool_of("reads", READERS)

    async def _pool_of(self, does: str, size: int) -> Any:
        async def nothing(_: object) -> None:
            """Nothing of ours is left in a session; what is open asyncpg rolls back by itself."""

        return await asyncpg.create_pool(
            self._dsn,
            min_size=0,
            max_size=size,
            reset=nothing,
            timeout=PATIENCE,
            command_timeout=self._timeout,
            server_settings=dict(self._settings[does]),
        )

    async def taken(self, pool: Any) -> Any:
        """A connection of a pool, to be given back. Raises OperationalError, also if there is none for long."""
        with translated():
            return await pool.acquire(timeout=PATIENCE)

    async def given_back(self, pool: Any, opened: Any) -> None:
        with translated():
            await pool.release(opened)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[None]:
        """What this task reads inside is all of one moment: that of its first read. Joins one already open."""
        if _current():
            yield
            return
        snapshot = Snapshot()
        token = _snapshot.set(snapshot)
        try:
            yield
        finally:
            _snapshot.reset(token)
            snapshot.over = True
            await finish(self._end(snapshot))

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """Inside a snapshot: it goes on after a statement that fails here, which would end it otherwise."""
        snapshot = _current()
        if snapshot is None:
            yield
            return
        await self._of_snapshot(snapshot, "SAVEPOINT attempt", ())
        try:
            yield
        except Exception:
            with suppress(OperationalError):  # which the next read raises again
                await self._of_snapshot(snapshot, "ROLLBACK TO attempt", ())
            raise

    async def _end(self, snapshot: Snapshot) -> None:
        async with snapshot.lock:
            opened, snapshot.connection = snapshot.connection, None
            if opened is not None:
                await self._ended(opened, "ROLLBACK")

    async def _ended(self, opened: Any, statement: str) -> None:
        """Give a connection back of which nothing more is wanted, after this statement."""
        try:
            await opened.execute(statement)
        except Exception:  # noqa: BLE001 - nothing was to be kept
            cut(opened)
        finally:
            await self.given_back(self.reader, opened)

    async def _rows(self, query: str, values: Sequence[Any]) -> list[Any]:
        if not READS.match(query):
            async with self._in_transaction() as transaction:
                written: list[Any] = await transaction._rows(query, values)
                return written
        if snapshot := _current():
            return await self._of_snapshot(snapshot, query, values)
        found: list[Any] = await self._twice(self._read, query, values)
        return found

    async def _twice(self, read: Callable[..., Awaitable[Any]], *asked: Any) -> Any:
        """Once more, if the connection was lost: the server has been away, and those of the pool knew nothing of it."""
        try:
            return await read(*asked)
        except OperationalError as error:
            if not is_lost(error):
                raise
        return await read(*asked)

    async def _read(self, query: str, values: Sequence[Any]) -> list[Any]:
        opened = await self.taken(self.reader)
        try:
            with translated():
                found: list[Any] = await opened.fetch(numbered(query), *values)
        except BaseException as error:
            if isinstance(error.__cause__, TimeoutError):
                cut(opened)  # a server that is frozen would keep us for as long again
            await finish(self._ended(opened, NOTHING))
            raise
        await finish(self.given_back(self.reader, opened))
        return found

    async def _of_snapshot(self, snapshot: Snapshot, query: str, values: Sequence[Any]) -> list[Any]:
        async with snapshot.lock:
            if snapshot.connection is None:
                snapshot.connection = await self._twice(self._begun)
            with translated():
                found: list[Any] = await snapshot.connection.fetch(numbered(query), *values)
                return found

    async def _begun(self) -> Any:
        """A connection that reads a snapshot from now on."""
        opened = await self.taken(self.reader)
        try:
            with translated():
                await opened.execute(BEGIN_SNAPSHOT)
        except BaseException:
            cut(opened)
            await finish(self.given_back(self.reader, opened))
            raise
        return opened

    async def _status(self, query: str, values: Sequence[Any]) -> str:
        async with self._in_transaction() as transaction:
            status: str = await transaction._status(query, values)
            return status

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        async with self._in_transaction() as transaction:
            await transaction.execute_many(query, values)

    def _in_transaction(self, *, wait: bool = True) -> Any:
        if _current():
            raise RuntimeError("whoever reads a snapshot cannot write: what they would go by is of before")
        return CancelSafeContext(self, self.begin if wait else BEGIN_AT_ONCE, wait=wait)

    async def shrink(self) -> None:
        """Nothing of the database is kept in this process."""

    async def close(self) -> None:
        """To the end, whoever is stopped: of a pool that is left half closed the server keeps the sessions."""
        await finish(self._close())

    async def _close(self) -> None:
        """What is under way has a moment to end."""
        for pool in (self.reader, self.writer):
            if pool is None:
                continue
            try:
                async with asyncio.timeout(1):
                    await pool.close()
            except TimeoutError:
                pool.terminate()
        self.reader = self.writer = self._pool = None


client_class = Client
