"""The database: opening, closing, transactions, migrations. In what one store differs from another, app/store says."""

import importlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.exceptions import OperationalError
from tortoise.migrations.executor import MigrationExecutor

from app.config import Database
from app.store import dialect as stores
from app.store.cancelling import finish
from app.store.dialect import BUSY_SECONDS, Claim, Client, DatabaseInUse, Dialect, Occupied, Unsuitable

__all__ = ["BUSY_SECONDS", "DatabaseInUse", "Unsuitable"]

at_hand: ContextVar[bool] = ContextVar("nothing is read aside: it is known to be cheap", default=False)
on_commit: list[Callable[[], None]] = []  # told after each commit of transaction(); must not block

log = logging.getLogger(__name__)

_inside: ContextVar[bool] = ContextVar("inside a transaction", default=False)
_opened: Dialect = stores.of(Database())  # of what was opened last


class NotMigrated(Exception):
    """The database lacks migrations that this version needs, or has some that it does not know."""


class NotWritten(OperationalError):
    """The database takes nothing now: a full disk, a file that is read-only, another process that does not let go.

    Nothing of the transaction was written. The message is the store's.
    """


def now() -> int:
    """The moment as the database keeps moments: microseconds since 1970, UTC."""
    return time.time_ns() // 1000


def dialect() -> Dialect:
    """The words of the open database."""
    return _opened


def trouble(error: BaseException | None) -> str:
    """What is wrong with the storage, in its own words, if that is what an error is about; else nothing."""
    return _opened.trouble(error)


def tortoise_config(
    database: Database, *, migrating: bool = False, migrations: str = "app.migrations"
) -> dict[str, Any]:
    return {
        "connections": {"default": stores.of(database).connection(database, migrating=migrating)},
        "apps": {"desk": {"models": ["app.desk.models", "app.desk.drafts"], "migrations": migrations}},
    }


async def connect(database: Database) -> None:
    """Open the database for this process. Raises NotMigrated if its schema is not the current one, Unsuitable."""
    await _open(database, tortoise_config(database))
    try:
        await _refuse_another(_opened, _client())
    except BaseException:
        await disconnect()
        raise


async def disconnect() -> None:
    """To the end, also if whoever asks is cancelled: what is half closed could not be opened again."""
    try:
        await finish(Tortoise.close_connections())
    finally:
        stores.forget_statements()


@asynccontextmanager
async def transaction(*, wait: bool = True) -> AsyncIterator[None]:
    """Everything inside is committed together or not at all; on_commit is told afterwards. Joins one already open.

    Who writes stands in line: one transaction at a time, of all processes. wait: whether for others who write. Raises
    NotWritten, which it logs unless it only did not wait.
    """
    if _inside.get():
        yield
        return
    token = _inside.set(True)
    try:
        async with _client()._in_transaction(wait=wait):
            yield
    except Occupied as error:
        if wait:
            log.error("nothing was saved: %s", error)
        raise NotWritten(str(error)) from error
    except _opened.failures as error:
        if not (reason := trouble(error)):
            raise
        log.error("nothing was saved: %s", reason)
        raise NotWritten(reason) from error
    finally:
        _inside.reset(token)
    for tell in on_commit:
        tell()


@asynccontextmanager
async def snapshot() -> AsyncIterator[None]:
    """Everything that is read inside is of one moment, that of the first read. Joins one already open; nothing waits.

    Nobody writes inside: what they would go by is of before. Raises RuntimeError if one tries to.
    """
    if _inside.get():  # it is one moment already
        yield
        return
    async with _client().snapshot():
        yield


@asynccontextmanager
async def attempt() -> AsyncIterator[None]:
    """Part of a snapshot that may fail: the rest of it goes on."""
    if _inside.get():
        yield
        return
    async with _client().attempt():
        yield


async def rows(sql: str, values: Sequence[object] = (), *, aside: bool = False) -> list[dict[str, Any]]:
    """The rows of a SELECT (or of a RETURNING), each a dict by column name. Parameters are written ? in the SQL.

    aside: whether it may look at more than a few hundred rows. Where it would be read in the loop, it then runs in a
    thread, and nobody waits for it whose reads are short; those are over before a thread has even begun (at_hand
    says that it is none of them). Outside a transaction no read waits for who writes.
    """
    connection = _client()
    read = connection.execute_query_dict if aside and not at_hand.get() else connection.execute_here
    found: list[dict[str, Any]] = await read(sql, list(values))
    return found


async def shrink() -> None:
    """Give back the memory in which parts of the database are kept; it fills again as they are needed."""
    await _client().shrink()


async def insert_many(table: str, columns: Sequence[str], values: Sequence[Sequence[object]]) -> None:
    """Insert rows in one statement each, without models; for bulk work inside a transaction."""
    marks = ", ".join("?" * len(columns))
    await many(f'INSERT INTO "{table}" ({", ".join(columns)}) VALUES ({marks})', values)  # noqa: S608 - our own names
    if "id" in columns:
        await _opened.follow(_client(), table)


async def many(sql: str, values: Sequence[Sequence[object]]) -> None:
    """One statement, once with each of these; inside a transaction. One alone is not worth the way to a thread."""
    if len(values) == 1:
        await rows(sql, values[0])
    elif values:
        await _client().execute_many(sql, [list(row) for row in values])


@asynccontextmanager
async def beside(database: Database, *, unwritten: bool = False) -> AsyncIterator[Client]:
    """Inside, one moment of another database than the open one, by a client of its own, to be read only.

    unwritten: whether that moment must still be the last one at the end. Raises NotMigrated, Unsuitable,
    OperationalError, and DatabaseInUse if it is not.
    """
    words, given = stores.of(database), stores.of(database).connection(database, migrating=True)
    client = importlib.import_module(given["engine"]).client_class(connection_name="beside", **given["credentials"])
    try:
        await words.opened(client, database)
        await _refuse_another(words, client)
        mark = await words.mark(client)
        async with client.snapshot():
            yield client
        if unwritten and await words.mark(client) != mark:
            raise DatabaseInUse("the desk was written to meanwhile, and that would be lost; stop whoever writes to it")
    finally:
        await client.close()


@asynccontextmanager
async def making(database: Database) -> AsyncIterator[Client]:
    """Open a database to make it what it shall be, all inside in one transaction; bring_schema() migrates it.

    Raises NotWritten, Unsuitable, OperationalError, also for references that would be broken.
    """
    stores.of(database).prepare(database)
    await _open(database, tortoise_config(database, migrating=True))
    token = _inside.set(True)
    try:
        async with _opened.migrating(_client()):
            yield _client()
    except _opened.failures as error:
        if not (reason := trouble(error)):
            raise
        raise NotWritten(reason) from error
    finally:
        _inside.reset(token)
        await disconnect()


async def bring_schema() -> None:
    """Migrate what making() opened. Raises NotMigrated for the database of a later version."""
    await MigrationExecutor(_client(), tortoise_config(Database())["apps"]).migrate()
    await _refuse_another(_opened, _client())


async def migrate(database: Database, *, migrations: str = "app.migrations") -> list[str]:
    """Bring the database to the current schema, making it if there is none; the names of what was applied.

    All of it in one transaction: what fails leaves the database as it was. migrations: the package that they stand in.
    Raises OperationalError, also for what they would lose.
    """
    stores.of(database).prepare(database)
    config = tortoise_config(database, migrating=True, migrations=migrations)
    await _open(database, config)
    try:
        names = await _plan(config)
        if names:
            async with _opened.migrating(_client()):
                await MigrationExecutor(_client(), config["apps"]).migrate()
        return names
    finally:
        await disconnect()


def known_migrations() -> set[str]:
    """The names of all migrations of this version."""
    return {path.stem for path in Path(__file__).with_name("migrations").glob("[0-9]*.py")}


async def exists(database: Database) -> bool:
    """Whether there is a desk in it, of whatever version."""
    return await stores.of(database).exists(database)


async def damage() -> list[str]:
    """What is broken in the open database, a line each."""
    return await _opened.damage(_client())


def long_reads(database: Database) -> int:
    """How many snapshots at once may take long; each of them has a connection."""
    return stores.of(database).long_reads


def hold(database: Database) -> Claim:
    """Claim it for one serving (or migrating) process until the result is closed. Raises DatabaseInUse."""
    return stores.of(database).hold(database)


def is_served(database: Database) -> bool:
    """Whether a process is known to serve it now."""
    return stores.of(database).is_served(database)


def hearing(database: Database, tell: Callable[[], None]) -> AbstractAsyncContextManager[None]:
    """Inside, tell() is called soon after each commit to the journal, as far as the store can tell. A hint."""
    return stores.of(database).hearing(database, on_commit, tell)


async def _open(database: Database, config: dict[str, Any]) -> None:
    global _opened  # noqa: PLW0603 - as the ORM's own connection is one of the process
    _opened = stores.of(database)
    await Tortoise.init(config=config, _enable_global_fallback=True)
    try:
        await _opened.opened(_client(), database)
    except BaseException:
        await disconnect()
        raise


def _client() -> Client:
    """The database, or the transaction that this task is in, which has the same statements."""
    return get_connection("default")


async def _plan(config: dict[str, Any]) -> list[str]:
    """The names of migrations that this database has not seen."""
    executor = MigrationExecutor(get_connection("default"), config["apps"])
    return [step.migration.name for step in await executor.plan()]


async def _refuse_another(words: Dialect, client: Client) -> None:
    """Raises NotMigrated, also for the database of a later version: this one would write what that one cannot read."""
    applied = await words.applied(client)
    if unknown := ", ".join(sorted(applied - known_migrations())):
        raise NotMigrated(f"the database was written by a later Pult: {unknown} is not known here; install that again")
    if missing := known_migrations() - applied:
        raise NotMigrated(f"the database lacks {len(missing)} migrations; run: python -m app migrate")
