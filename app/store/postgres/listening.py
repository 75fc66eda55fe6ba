"""A connection of its own by which a process hears of commits; made again for ever."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import asyncpg

CHANNEL = "pult"
SOONEST, LATEST = 0.05, 2  # seconds until the next try, doubled each time

log = logging.getLogger(__name__)


async def listen(dsn: str, tell: Callable[[], None]) -> None:
    """Until cancelled. tell() also after each connect: nobody knows what was said before."""
    rest = SOONEST
    while True:
        try:
            connection = await asyncpg.connect(dsn, timeout=5, server_settings={"application_name": "pult listens"})
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if rest == SOONEST:
                log.warning("nothing is heard of other processes' commits, which are looked for instead: %s", error)
            await asyncio.sleep(rest)
            rest = min(2 * rest, LATEST)
            continue
        try:
            await _until_lost(connection, tell)
            rest = SOONEST
        finally:
            connection.terminate()
        await asyncio.sleep(rest)


async def _until_lost(connection: "asyncpg.Connection[asyncpg.Record]", tell: Callable[[], None]) -> None:
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await connection.add_listener(CHANNEL, lambda *_: tell())
        tell()
        await lost.wait()
