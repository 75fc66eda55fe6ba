"""The database: opening, closing, transactions, migrations, and whatever differs between dialects. Nothing else."""

import fcntl
import logging
import os
import sqlite3
import stat
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Any, cast

from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.exceptions import OperationalError
from tortoise.migrations.executor import MigrationExecutor
from tortoise.transactions import in_transaction
from tortoise.utils import get_schema_sql

from app.config import Database
from app.store.sqlite.client import STANDING, Client, Occupied, standing, trouble

PRIVATE = 0o600  # for its owner alone
BUSY_SECONDS = 5  # how long a write waits for another process's write
on_commit: list[Callable[[], None]] = []  # told after each commit of transaction(); must not block

log = logging.getLogger(__name__)

_inside: ContextVar[bool] = ContextVar("inside a transaction", default=False)


class DatabaseInUse(Exception):
    """Another process serves this database file."""


class NotMigrated(Exception):
    """The database lacks migrations that this version needs, or has some that it does not know."""


class NotWritten(OperationalError):
    """The database takes nothing now: a full disk, a file that is read-only, another process that does not let go.

    Nothing of the transaction was written. The message is SQLite's.
    """


def now() -> int:
    """The moment as the database keeps moments: microseconds since 1970, UTC."""
    return time.time_ns() // 1000


def tortoise_config(
    database: Database, *, foreign_keys: bool = True, migrations: str = "app.migrations"
) -> dict[str, Any]:
    credentials = {
        "file_path": str(database.path),
        "busy_timeout": BUSY_SECONDS * 1000,
        "foreign_keys": "ON" if foreign_keys else "OFF",
        "synchronous": "FULL",  # what was acknowledged survives a power cut
        "cache_size": -8_000,  # kB; with SQLite's 2,000 every comment on a big desk reads 40 pages anew
        "journal_size_limit": 16_000_000,  # bytes; with Tortoise's 16,384 the log is cut, and grows anew, all the time
    }
    return {
        "connections": {"default": {"engine": "app.store.sqlite.client", "credentials": credentials}},
        "apps": {"desk": {"models": ["app.desk.models"], "migrations": migrations}},
    }


async def connect(database: Database) -> None:
    """Open the database for this process. Raises NotMigrated if its schema is not the current one."""
    await _open(tortoise_config(database))
    try:
        await _refuse_another()
    except BaseException:
        await disconnect()
        raise


async def disconnect() -> None:
    await Tortoise.close_connections()


@asynccontextmanager
async def transaction(*, wait: bool = True) -> AsyncIterator[None]:
    """Everything inside is committed together or not at all; on_commit is told afterwards. Joins one already open.

    wait: whether for others who write. Raises NotWritten, which it logs unless it only did not wait.
    """
    if _inside.get():
        yield
        return
    token = _inside.set(True)
    try:
        async with _client()._in_transaction(wait=wait):
            yield
    except Occupied as error:
        raise NotWritten(str(error)) from error
    except (OperationalError, sqlite3.OperationalError) as error:
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


async def rows(sql: str, values: Sequence[object] = (), *, aside: bool = False) -> list[dict[str, Any]]:
    """The rows of a SELECT (or of a RETURNING), each a dict by column name. Parameters are written ? in the SQL.

    aside: whether it may look at more than a few hundred rows. It then runs in a thread, and nobody waits for it whose
    reads are short; those are over before a thread has even begun. Outside a transaction no read waits for who writes.
    """
    connection = _client()
    read = connection.execute_query_dict if aside else connection.execute_here
    found: list[dict[str, Any]] = await read(sql, list(values))
    return found


async def shrink() -> None:
    """Give back the memory in which parts of the database are kept; it fills again as they are needed."""
    await _client().shrink()


async def insert_many(table: str, columns: Sequence[str], values: Sequence[Sequence[object]]) -> None:
    """Insert rows in one statement each, without models; for bulk work inside a transaction."""
    marks = ", ".join("?" * len(columns))
    sql = f'INSERT INTO "{table}" ({", ".join(columns)}) VALUES ({marks})'  # noqa: S608 - names are our own
    await get_connection("default").execute_many(sql, [list(row) for row in values])


async def migrate(database: Database, *, migrations: str = "app.migrations") -> list[str]:
    """Bring the file to the current schema, making it if there is none; the names of what was applied.

    All of it in one transaction: what fails leaves the file as it was. Tortoise changes a SQLite column by building its
    table anew, so foreign keys are off meanwhile: dropping the old table would delete every row that refers to it.
    migrations: the package that they stand in. Raises OperationalError, also for what the new table may have lost:
    a row that others refer to, an index that the models declare, a trigger.
    """
    database.path.parent.mkdir(parents=True, exist_ok=True)
    if not database.path.exists():
        database.path.touch(PRIVATE)
    config = tortoise_config(database, foreign_keys=False, migrations=migrations)
    await _open(config)
    try:
        names = await _plan(config)
        if names:
            declared = standing(get_schema_sql(get_connection("default"), safe=False))
            async with in_transaction() as connection:
                triggers = {words for words in await _standing() if words.startswith("trigger")}
                await MigrationExecutor(connection, config["apps"]).migrate()
                if broken := await rows("PRAGMA foreign_key_check"):
                    raise OperationalError(f"not migrated: it would leave {len(broken)} broken references")
                if lost := (declared | triggers) - await _standing():
                    raise OperationalError(f"not migrated: it would lose the {', the '.join(sorted(lost))}")
        return names
    finally:
        await disconnect()


def known_migrations() -> set[str]:
    """The names of all migrations of this version."""
    return {path.stem for path in Path(__file__).with_name("migrations").glob("[0-9]*.py")}


async def _open(config: dict[str, Any]) -> None:
    await Tortoise.init(config=config, _enable_global_fallback=True)
    try:
        await rows("SELECT 1")  # the ORM would take a file that cannot be read for one without migrations
        path = config["connections"]["default"]["credentials"]["file_path"]
        for end in ("", "-wal", "-shm"):  # SQLite gives those that it makes the database's own mode
            _make_private(Path(path + end))
    except BaseException:
        await disconnect()
        raise


def _client() -> Client:
    """The database, or the transaction that this task is in, which has the same statements."""
    return cast(Client, get_connection("default"))


async def _plan(config: dict[str, Any]) -> list[str]:
    """The names of migrations that this database has not seen."""
    executor = MigrationExecutor(get_connection("default"), config["apps"])
    return [step.migration.name for step in await executor.plan()]


async def _refuse_another() -> None:
    """Raises NotMigrated, also for the database of a later version: this one would write what that one cannot read."""
    begun = await rows("SELECT 1 FROM sqlite_master WHERE name = 'tortoise_migrations'")
    applied = {row["name"] for row in await rows("SELECT name FROM tortoise_migrations")} if begun else set()
    if unknown := ", ".join(sorted(applied - known_migrations())):
        raise NotMigrated(f"the database was written by a later Pult: {unknown} is not known here; install that again")
    if missing := known_migrations() - applied:
        raise NotMigrated(f"the database lacks {len(missing)} migrations; run: python -m app migrate")


async def _standing() -> set[str]:
    return {row["words"] for row in await rows(STANDING)}


def hold(database: Database) -> IO[str]:
    """Claim the file for one serving (or migrating) process until the result is closed. Raises DatabaseInUse."""
    database.path.parent.mkdir(parents=True, exist_ok=True)
    lock = Path(f"{database.path}.lock")
    lock.touch(PRIVATE)
    _make_private(lock)
    claim = lock.open("a+")  # held for the life of the process
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        claim.close()
        raise DatabaseInUse(f"another process is serving {database.path}; stop it first") from None
    claim.truncate(0)
    claim.write(f"{os.getpid()}\n")
    claim.flush()
    return claim


def _make_private(file: Path) -> None:
    """Nobody else on this machine may read it, also where it was made so once: it holds everything people wrote."""
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & ~PRIVATE:
            file.chmod(mode & PRIVATE)
    except FileNotFoundError:
        pass
    except OSError as error:
        log.warning("%s can be read by others than its owner, and stays so: %s", file, error.strerror)


def is_served(database: Database) -> bool:
    """Whether a process serves this file now."""
    try:
        hold(database).close()
    except DatabaseInUse:
        return True
    return False
