"""PostgreSQL's words: a server that many may use at once, and that tells them of each commit."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import asyncpg
from tortoise.exceptions import OperationalError
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_editor import AsyncpgSchemaEditor

from app.config import Database
from app.store.dialect import BUSY_SECONDS, Client, Unsuitable
from app.store.postgres.client import BEGIN_MIGRATION, READERS
from app.store.postgres.fitting import misfit
from app.store.postgres.listening import CHANNEL, LISTENS, listen
from app.store.postgres.troubles import translated, trouble
from app.store.rows import Column

STATEMENT_SECONDS = 10
FROZEN_SECONDS = 2  # of a process that writes and does nothing; less than others wait, so that they go on
ABANDONED_SECONDS = 60  # of one that reads
# As many sequential ones as reading a page costs that is elsewhere. The server thinks of disks that turn (4), and reads
# all tickets to find the three hundred that have a tag.
RANDOM_PAGE_COST = 1.1

SUITS = """
    SELECT current_setting('synchronous_commit') <> 'off' AS keeps, current_setting('server_encoding') = 'UTF8' AS utf8,
        'B' < 'a' AND 'a b' < 'ab' AND 'z' < 'à' AS binary
"""
HEARD = """
    SELECT EXISTS (
        SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = ?::text
    ) AS heard
"""
MIGRATED = "SELECT to_regclass('tortoise_migrations') IS NOT NULL AS begun"


@contextmanager
def reached() -> Iterator[None]:
    """For who starts Pult: one line that says what it is about."""
    try:
        with translated():
            yield
    except OperationalError as error:
        raise OperationalError(f"the database cannot be opened: {error}") from error


def suit(found: Mapping[str, Any]) -> None:
    """Raises Unsuitable, for what SUITS found."""
    if not found["keeps"]:
        raise Unsuitable("synchronous_commit is off: what was acknowledged could be lost; set it to on")
    if not found["utf8"]:
        raise Unsuitable("the database has another encoding than UTF8; make it with ENCODING 'UTF8'")
    if not found["binary"]:
        raise Unsuitable("the database sorts by a language; make it with LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'")


class Unclaimed:
    """Nothing has to be claimed of a database that any number of processes may use."""

    def close(self) -> None:
        pass


class PostgreSQL:
    """See app.store.dialect.Dialect."""

    index = "tsvector"
    long_reads = READERS // 2
    unindexed = ""
    announce = f", pg_notify('{CHANNEL}', '')"
    failures: tuple[type[Exception], ...] = (OperationalError,)

    def connection(self, database: Database, *, migrating: bool = False) -> dict[str, Any]:
        """Migrations take the time that they need, whatever the server or the role allows others."""
        lock, statement = (0, 0) if migrating else (BUSY_SECONDS, STATEMENT_SECONDS)
        both = {"application_name": "pult", "jit": "off", "random_page_cost": str(RANDOM_PAGE_COST)}
        both |= {"lock_timeout": f"{lock}s", "statement_timeout": f"{statement}s"}
        idle = (0, 0) if migrating else (ABANDONED_SECONDS, FROZEN_SECONDS)
        sessions = {
            does: both | {"idle_in_transaction_session_timeout": f"{seconds}s"}
            for does, seconds in zip(("reads", "writes"), idle, strict=True)
        }
        timeout = None if migrating else STATEMENT_SECONDS + 2
        credentials = {"dsn": database.url, "settings": sessions, "timeout": timeout}
        return {"engine": "app.store.postgres.client", "credentials": credentials}

    def gather(self, column: str) -> str:
        return f"string_agg({column}, ',')"

    def trouble(self, error: BaseException | None) -> str:
        return trouble(error)

    def prepare(self, database: Database) -> None:
        """It is made by whoever runs the server."""

    def unmake(self, database: Database) -> None:
        """It stays: nothing is in it that was not committed."""

    async def exists(self, database: Database) -> bool:
        with reached():
            connection = await asyncpg.connect(database.url, timeout=STATEMENT_SECONDS)
            try:
                suit(await connection.fetchrow(SUITS))
                return bool(await connection.fetchval(MIGRATED))
            finally:
                await connection.close()

    def is_free(self, database: Database) -> bool:
        """To look at it changes nothing, whenever one does."""
        return True

    async def opened(self, client: Client, database: Database) -> None:
        with reached():
            await client.create_connection(with_db=True)
            [found] = await client.execute_query_dict(SUITS)
        suit(found)

    async def applied(self, client: Client) -> set[str]:
        [has] = await client.execute_query_dict(MIGRATED)
        if not has["begun"]:
            return set()
        return {row["name"] for row in await client.execute_query_dict("SELECT name FROM tortoise_migrations")}

    @asynccontextmanager
    async def migrating(self, client: Client) -> AsyncIterator[None]:
        """One after another. The table of migrations is made first: here an error ends the whole transaction."""
        client.begin = BEGIN_MIGRATION
        async with client._in_transaction() as connection:
            await MigrationRecorder(connection).ensure_schema(AsyncpgSchemaEditor(connection, atomic=False))
            yield

    async def tables(self, client: Client) -> set[str]:
        found = await client.execute_query_dict("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return {row["tablename"] for row in found}

    async def last_number(self, client: Client, table: str) -> int:
        given = "pg_sequence_last_value(pg_get_serial_sequence(?::text, 'id')::regclass)"
        [found] = await client.execute_query_dict(f"SELECT coalesce({given}, 0) AS last", [table])
        return int(found["last"])

    async def follow(self, client: Client, table: str, last: int = 0) -> None:
        """A sequence that is set to nothing stays as it is."""
        highest = f'nullif(greatest((SELECT max(id) FROM "{table}"), {last:d}), 0)'  # noqa: S608 - our own names
        await client.execute_query_dict(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {highest})")

    async def damage(self, client: Client) -> list[str]:
        """The server looks after that itself (data checksums, amcheck)."""
        return []

    def hold(self, database: Database) -> Unclaimed:
        return Unclaimed()

    def is_served(self, database: Database) -> bool:
        """Nobody can tell, so that others are always given way."""
        return True

    async def is_heard(self, client: Client) -> bool:
        """As far as this role may see: a desk that serves is nearly always the same one."""
        await client.execute_query_dict("SELECT pg_stat_clear_snapshot()")  # else a transaction sees its first answer
        [found] = await client.execute_query_dict(HEARD, [LISTENS])
        return bool(found["heard"])

    async def mark(self, client: Client) -> object:
        """Whoever writes has locked the journal's row first, and left the number of their transaction there."""
        return await client.execute_query_dict("SELECT xmin::text, xmax::text FROM journal")

    def misfit(self, column: Column, value: object) -> str:
        return misfit(column, value)

    @asynccontextmanager
    async def hearing(
        self, database: Database, _on_commit: list[Callable[[], None]], tell: Callable[[], None]
    ) -> AsyncIterator[None]:
        """Of every process, this one too: by the server, when the commit is there for all to see."""
        listening = asyncio.create_task(listen(database.url, tell))
        try:
            yield
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening


DIALECT = PostgreSQL()
