"""PostgreSQL through Tortoise, without the defects of its stock client.

The stock one loses a connection of its pool with nearly every transaction that is cancelled (every client that hangs
up cancels one), translates few errors, and pays a second round trip for each read. This subclasses private names of
tortoise-orm: the version is pinned, and tests/store cancels transactions at every step.
"""

import asyncio
import functools
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import NestedTransactionContext, TransactionContext
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError

from app.store.cancelling import finish
from app.store.dialect import Occupied
from app.store.postgres.troubles import is_lost, translated

READERS = 10  # connections that only read
PATIENCE = 10  # seconds that one waits for a connection
# The journal's one row is locked before anything is looked at: who writes stands in line, and nothing deadlocks.
BEGIN = "BEGIN; SELECT position FROM journal WHERE id = 1 FOR UPDATE"
BEGIN_AT_ONCE = f"{BEGIN} NOWAIT"
BEGIN_MIGRATION = "BEGIN; SELECT pg_advisory_xact_lock(hashtext('pult migrates'))"
BEGIN_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"

READS = re.compile(r"\s*(?:SELECT|WITH|EXPLAIN)\b", re.IGNORECASE)
TELLS_ROWS = re.compile(r"\s*(?:SELECT|WITH|EXPLAIN)\b|.*\bRETURNING\b", re.IGNORECASE | re.DOTALL)
_MARK = re.compile(r"'[^']*'|\?")


@functools.lru_cache(maxsize=1000)
def numbered(sql: str) -> str:
    """The same with $1, $2 … for each ? that stands in no text."""
    numbers = iter(range(1, len(sql)))
    return _MARK.sub(lambda found: f"${next(numbers)}" if found[0] == "?" else found[0], sql)


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


class Statements:
    """What the ORM and the desk ask, of the database and of a transaction alike."""

    async def _rows(self, query: str, values: Sequence[Any]) -> list[Any]:
        raise NotImplementedError

    async def _status(self, query: str, values: Sequence[Any]) -> str:
        raise NotImplementedError

    async def execute_query(self, query: str, values: Sequence[Any] | None = None) -> tuple[int, list[Any]]:
        if TELLS_ROWS.match(query):
            rows = await self._rows(query, values or [])
            return len(rows), rows
        count = (await self._status(query, values or [])).rpartition(" ")[2]
        return int(count) if count.isdecimal() else 0, []

    async def execute_query_dict(self, query: str, values: Sequence[Any] | None = None) -> list[dict[str, Any]]:
        return [dict(row) for row in await self._rows(query, values or [])]

    async def execute_here(self, query: str, values: Sequence[Any]) -> list[dict[str, Any]]:
        return [dict(row) for row in await self._rows(query, values)]

    async def execute_insert(self, query: str, values: Sequence[Any]) -> Any:
        rows = await self._rows(query, values)
        return rows[0] if rows else None

    async def execute_script(self, query: str) -> None:
        await self._status(query, [])


class Transaction(Statements, TransactionWrapper):
    """One connection, by which one statement runs after another."""

    _connection: Any

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self._savepoints = 0

    async def _rows(self, query: str, values: Sequence[Any]) -> list[Any]:
        async with self._lock:
            with translated():
                found: list[Any] = await self._connection.fetch(numbered(query), *values)
                return found

    async def _status(self, query: str, values: Sequence[Any]) -> str:
        async with self._lock:
            with translated():
                status: str = await self._connection.execute(numbered(query), *values)
                return status

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        async with self._lock:
            with translated():
                await self._connection.executemany(numbered(query), values)

    def _in_transaction(self, *, wait: bool = True) -> Any:
        return Nested(self)


class Nested(NestedTransactionContext):
    """A part of a transaction that can fail alone."""

    client: Any

    async def __aenter__(self) -> Any:
        self.client._savepoints += 1
        self._name = f"part{self.client._savepoints}"
        await self.client._status(f"SAVEPOINT {self._name}", [])
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        verb = "ROLLBACK TO SAVEPOINT" if exc_type else "RELEASE SAVEPOINT"
        await self.client._status(f"{verb} {self._name}", [])


class CancelSafeContext(TransactionContext):
    """A transaction. begin: how. wait: whether for others who write; else raises Occupied where there are any."""

    def __init__(self, client: "Client", begin: str, *, wait: bool) -> None:
        self._client, self._begin, self._wait = client, begin, wait
        self._transaction = Transaction(client)

    async def __aenter__(self) -> Any:
        if not self._wait and self._client.writing.locked():
            raise Occupied("this process writes")
        await self._client.writing.acquire()
        try:
            try:
                await self._start()
            except OperationalError as error:
                if not is_lost(error):
                    raise
                await self._start()  # the server has been away: the connection knew nothing of it
        except BaseException:
            self._client.writing.release()
            raise
        self._token = get_connections().set(self._client.connection_name, self._transaction)
        return self._transaction

    async def _start(self) -> None:
        self._opened = await self._client.taken(self._client.writer)
        try:
            with translated():
                await self._opened.execute(self._begin)
        except BaseException as error:
            await finish(self._give_back("ROLLBACK"))
            if not self._wait and isinstance(error.__cause__, asyncpg.LockNotAvailableError):
                raise Occupied("another process writes") from error
            raise
        self._transaction._connection = self._opened

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        try:
            await finish(self._give_back("ROLLBACK" if exc_type else "COMMIT"))
        finally:
            get_connections().reset(self._token)
            self._client.writing.release()

    async def _give_back(self, verb: str) -> None:
        """End it. A commit of what an error has ended is none, and says so by its answer alone."""
        try:
            with translated():
                done = await self._opened.execute(verb)
            if done != verb:
                raise OperationalError("an error had ended the transaction")
        except BaseException:
            cut(self._opened)
            if verb == "COMMIT":
                raise
        finally:
            await self._client.given_back(self._client.writer, self._opened)


def cut(opened: Any) -> None:
    """Of a connection nobody knows how it is: it is made anew. One that was lost has left the pool by itself."""
    with suppress(asyncpg.InterfaceError):
        opened.terminate()


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

    async def _end(self, snapshot: Snapshot) -> None:
        async with snapshot.lock:
            opened, snapshot.connection = snapshot.connection, None
            if opened is None:
                return
            try:
                await opened.execute("ROLLBACK")
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
                return found
        finally:
            await finish(self.given_back(self.reader, opened))

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
