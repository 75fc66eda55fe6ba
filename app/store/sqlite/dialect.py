"""SQLite's words: a file beside the code, one process that serves it, an index of its own."""

import fcntl
import logging
import os
import sqlite3
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import IO, Any

from tortoise.exceptions import OperationalError
from tortoise.utils import get_schema_sql

from app.config import Database
from app.store.dialect import BUSY_SECONDS, Client, DatabaseInUse
from app.store.rows import Column
from app.store.sqlite import standing
from app.store.sqlite.troubles import trouble

PRIVATE = 0o600  # for its owner alone

log = logging.getLogger(__name__)


class SQLite:
    """See app.store.dialect.Dialect."""

    index = "fts5"
    unindexed = "+"
    announce = ""
    long_reads = 16
    failures: tuple[type[Exception], ...] = (OperationalError, sqlite3.OperationalError)

    def connection(self, database: Database, *, migrating: bool = False) -> dict[str, Any]:
        """Tortoise changes a SQLite column by building its table anew, so migrations have no foreign keys."""
        credentials = {
            "file_path": str(database.path),
            "busy_timeout": BUSY_SECONDS * 1000,
            "foreign_keys": "OFF" if migrating else "ON",
            "synchronous": "FULL",  # what was acknowledged survives a power cut
            "cache_size": -8_000,  # kB; with SQLite's 2,000 every comment on a big desk reads 40 pages anew
            "journal_size_limit": 16_000_000,  # bytes; with Tortoise's 16,384 the log is cut, and grows anew
        }
        return {"engine": "app.store.sqlite.client", "credentials": credentials}

    def gather(self, column: str) -> str:
        return f"group_concat({column})"

    def trouble(self, error: BaseException | None) -> str:
        return trouble(error)

    def prepare(self, database: Database) -> None:
        database.path.parent.mkdir(parents=True, exist_ok=True)
        if not database.path.exists():
            database.path.touch(PRIVATE)

    def unmake(self, database: Database) -> None:
        for end in ("", "-wal", "-shm"):
            Path(f"{database.path}{end}").unlink(missing_ok=True)

    async def exists(self, database: Database) -> bool:
        return database.path.exists()

    def is_free(self, database: Database) -> bool:
        if not database.path.exists():
            return True
        how = "mode=ro" if Path(f"{database.path}-wal").exists() else "immutable=1"  # which makes no files beside it
        try:
            with closing(sqlite3.connect(f"{database.path.as_uri()}?{how}", uri=True)) as opened:
                there = {name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        except sqlite3.Error as error:
            raise OperationalError(f"{database.path} cannot be opened: {error}") from error
        return not there or {"journal", "tortoise_migrations"} <= there

    async def opened(self, client: Client, database: Database) -> None:
        await client.execute_query("SELECT 1")  # the ORM would take what cannot be read for one without migrations
        for end in ("", "-wal", "-shm"):  # SQLite gives those that it makes the database's own mode
            _make_private(Path(f"{database.path}{end}"))

    async def applied(self, client: Client) -> set[str]:
        if not await client.execute_query_dict("SELECT 1 FROM sqlite_master WHERE name = 'tortoise_migrations'"):
            return set()
        return {row["name"] for row in await client.execute_query_dict("SELECT name FROM tortoise_migrations")}

    @asynccontextmanager
    async def migrating(self, client: Client) -> AsyncIterator[None]:
        """Lost may be: a row that others refer to, an index that the models declare, a trigger."""
        declared = standing.declared(get_schema_sql(client, safe=False))
        async with client._in_transaction() as connection:
            triggers = {words for words in await standing.present(connection) if words.startswith("trigger")}
            yield
            if broken := await connection.execute_query_dict("PRAGMA foreign_key_check"):
                raise OperationalError(f"not migrated: it would leave {len(broken)} broken references")
            if lost := (declared | triggers) - await standing.present(connection):
                raise OperationalError(f"not migrated: it would lose the {', the '.join(sorted(lost))}")

    async def tables(self, client: Client) -> set[str]:
        found = await client.execute_query_dict("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {row["name"] for row in found if not row["name"].startswith("sqlite_")}

    async def last_number(self, client: Client, table: str) -> int:
        found = await client.execute_query_dict("SELECT seq FROM sqlite_sequence WHERE name = ?", [table])
        return int(found[0]["seq"]) if found else 0

    async def follow(self, client: Client, table: str, last: int = 0) -> None:
        """The rows it does by itself. https://sqlite.org/autoinc.html"""
        if last > await self.last_number(client, table):
            await client.execute_query("DELETE FROM sqlite_sequence WHERE name = ?", [table])
            await client.execute_query("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [table, last])

    async def damage(self, client: Client) -> list[str]:
        found = [row["integrity_check"] for row in await client.execute_query_dict("PRAGMA integrity_check")]
        return [line for line in found if line != "ok"]

    def hold(self, database: Database) -> IO[str]:
        """The file, by a lock beside it, until the result is closed."""
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

    def is_served(self, database: Database) -> bool:
        try:
            self.hold(database).close()
        except DatabaseInUse:
            return True
        return False

    async def is_heard(self, client: Client) -> bool:
        """Who serves it claims it."""
        return False

    async def mark(self, client: Client) -> object:
        """https://sqlite.org/pragma.html#pragma_data_version"""
        [found] = await client.execute_query_dict("PRAGMA data_version")
        return found["data_version"]

    def misfit(self, column: Column, value: object) -> str:
        """A column holds anything; what is neither true nor false would be made so on its way."""
        return "it is neither true nor false" if column.kind == "BOOL" and value not in (None, 0, 1) else ""

    @asynccontextmanager
    async def hearing(
        self, _database: Database, on_commit: list[Callable[[], None]], tell: Callable[[], None]
    ) -> AsyncIterator[None]:
        """Of this process's own commits; those of others are looked for."""
        on_commit.append(tell)
        try:
            yield
        finally:
            on_commit.remove(tell)


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


DIALECT = SQLite()
