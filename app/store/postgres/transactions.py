"""Statements, and transactions of them that are ended to their end however often whoever began them is cancelled."""

import asyncio
import functools
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

import asyncpg
from tortoise.backends.asyncpg.client import TransactionWrapper
from tortoise.backends.base.client import NestedTransactionContext, TransactionContext
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError

from app.store.cancelling import finish
from app.store.dialect import Occupied, in_turn
from app.store.postgres.troubles import is_lost, translated

TELLS_ROWS = re.compile(r"\s*(?:SELECT|WITH|EXPLAIN)\b|.*\bRETURNING\b", re.IGNORECASE | re.DOTALL)
_MARK = re.compile(r"'[^']*'|\?")


@functools.lru_cache(maxsize=1000)
def numbered(sql: str) -> str:
    """The same with $1, $2 … for each ? that stands in no text."""
    numbers = iter(range(1, len(sql)))
    return _MARK.sub(lambda found: f"${next(numbers)}" if found[0] == "?" else found[0], sql)


class Statements(ABC):
    """What the ORM and the desk ask, of the database and of a transaction alike."""

    @abstractmethod
    async def _rows(self, query: str, values: Sequence[Any]) -> list[Any]:
        """What a statement tells."""

    @abstractmethod
    async def _status(self, query: str, values: Sequence[Any]) -> str:
        """What the server says of a statement that tells no rows."""

    @abstractmethod
    async def execute_many(self, query: str, values: list[list[Any]]) -> None: ...

    @abstractmethod
    def _in_transaction(self, *, wait: bool = True) -> Any: ...

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


class Writer(Protocol):
    """Of a database: the pool whose connection writes, and whose turn it is."""

    connection_name: str
    writing: asyncio.Lock
    writer: Any

    async def taken(self, pool: Any) -> Any: ...

    async def given_back(self, pool: Any, opened: Any) -> None: ...


class CancelSafeContext(TransactionContext):
    """A transaction. begin: how. wait: whether for others who write; else raises Occupied where there are any."""

    def __init__(self, client: Writer, begin: str, *, wait: bool) -> None:
        self._client, self._begin, self._wait = client, begin, wait
        self._transaction = Transaction(client)

    async def __aenter__(self) -> Any:
        await in_turn(self._client.writing, wait=self._wait)
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
