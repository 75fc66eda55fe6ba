"""The few words in which one store differs from another. Nothing above knows which one it stands on."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, cast

from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.exceptions import OperationalError

from app.config import Database
from app.store.rows import Column

BUSY_SECONDS = 5  # how long a write waits for another process's write,
TURN_SECONDS = 10  # and for those of its own process, each of which may have waited

Client = Any  # of the ORM, or the transaction that a task is in: they have the same statements


class DatabaseInUse(Exception):
    """Another process serves this database."""


class Unsuitable(Exception):
    """The database is set up so that a desk would lose what it acknowledged, or say things in another order."""


class Occupied(OperationalError):
    """Somebody writes, and one did not want to wait, or has waited for long."""


async def in_turn(writing: asyncio.Lock, *, wait: bool) -> None:
    """Take the lock of those in this process who write. Raises Occupied."""
    if not wait and writing.locked():
        raise Occupied("this process writes")
    try:
        async with asyncio.timeout(TURN_SECONDS):
            await writing.acquire()
    except TimeoutError:
        raise Occupied("others who write in this process do not come to an end") from None


class Claim(Protocol):
    """Of a database, until it is closed."""

    def close(self) -> None: ...


class Dialect(Protocol):
    """What a store says in words of its own.

    index: the kind of its full-text index. unindexed: before a column, keeps it from being looked up in an index.
    announce: more of what the journal's new number returns; it tells every process that listens, once committed.
    failures: what a statement may raise that trouble() knows. long_reads: snapshots at once that may take long, so that
    there are connections for those that do not.
    """

    index: str
    unindexed: str
    announce: str
    failures: tuple[type[Exception], ...]
    long_reads: int

    def connection(self, database: Database, *, migrating: bool = False) -> dict[str, Any]:
        """The ORM's settings of it."""

    def gather(self, column: str) -> str:
        """SQL of a column's values in all rows, as one text with commas between."""

    def trouble(self, error: BaseException | None) -> str:
        """What is wrong with the storage, in its own words, if that is what an error is about; else nothing."""

    def prepare(self, database: Database) -> None:
        """Make what has to be there before it can be opened for its first migration."""

    def unmake(self, database: Database) -> None:
        """Take away what was prepared, and whatever came to be in it."""

    async def exists(self, database: Database) -> bool:
        """Whether there is a desk in it, of whatever version."""

    def is_free(self, database: Database) -> bool:
        """Whether a desk can begin in it, or has begun, as far as can be told without a change of it.

        Raises OperationalError for what is no database.
        """

    async def opened(self, client: Client, database: Database) -> None:
        """Look at what was opened before anything is read. Raises OperationalError, Unsuitable."""

    async def applied(self, client: Client) -> set[str]:
        """The names of the migrations that it has had."""

    def migrating(self, client: Client) -> AbstractAsyncContextManager[None]:
        """A transaction for migrations, alone in the database. Raises OperationalError for what they would lose."""

    async def tables(self, client: Client) -> set[str]:
        """The names of all its tables, the desk's and others."""

    async def last_number(self, client: Client, table: str) -> int:
        """The last number that it gave to a row of this table by itself, which may be gone; 0: none."""

    async def follow(self, client: Client, table: str, last: int = 0) -> None:
        """Rows were inserted with numbers of their own: the next one that has none follows them, and this one."""

    async def damage(self, client: Client) -> list[str]:
        """What is broken in it, a line each, as far as the store can tell."""

    def hold(self, database: Database) -> Claim:
        """Claim it for one serving (or migrating) process, where only one can. Raises DatabaseInUse."""

    def is_served(self, database: Database) -> bool:
        """Whether a process is known to serve it now."""

    async def is_heard(self, client: Client) -> bool:
        """Whether somebody hears of its commits, as who serves it does, where nobody has to claim it for that."""

    async def mark(self, client: Client) -> object:
        """Another one, once others have written since this client gave the last; asked outside of any snapshot."""

    def misfit(self, column: Column, value: object) -> str:
        """Why a value of another database can be in no row of this one, in words; nothing: it can."""

    def hearing(
        self, database: Database, on_commit: list[Callable[[], None]], tell: Callable[[], None]
    ) -> AbstractAsyncContextManager[None]:
        """Inside, tell() is called soon after each commit that took a number of the journal. It must not block."""


def of(database: Database) -> Dialect:
    """The dialect of a database, by its address. What another store needs is not loaded."""
    name = "sqlite" if database.is_file else "postgres"
    return cast(Dialect, importlib.import_module(f"app.store.{name}.dialect").DIALECT)


def forget_statements() -> None:
    """The ORM keeps statements by the name of a connection, whichever store that was."""
    EXECUTOR_CACHE.clear()
