"""Transactions that never leave the lock behind, nor wait in a thread for what can be had at once."""

import asyncio
import sqlite3
from collections.abc import Iterable
from typing import Any

import aiosqlite
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError

from app.store.cancelling import finish
from app.store.dialect import Occupied, in_turn
from app.store.sqlite.troubles import is_busy


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
            if not is_busy(error):
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
