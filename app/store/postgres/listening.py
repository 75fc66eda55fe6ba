"""A connection of its own by which a process hears of commits; made again for ever."""

import asyncio
import logging
from collections.abc import Callable

import asyncpg

CHANNEL = "pult"
LISTENS = "pult listens"  # by which name the server knows the connection
SOONEST, LATEST = 0.05, 2  # seconds until the next try, doubled each time
PROBE, PATIENCE = 30, 5  # seconds between two questions whether the server is there, and until it has answered

log = logging.getLogger(__name__)


async def listen(dsn: str, tell: Callable[[], None]) -> None:
    """Until cancelled. tell() also after each connect: nobody knows what was said before."""
    rest = SOONEST
    while True:
        connection = None
        try:
            connection = await asyncpg.connect(dsn, timeout=5, server_settings={"application_name": LISTENS})
            async with asyncio.timeout(PATIENCE):
                await connection.add_listener(CHANNEL, lambda *_: tell())
            rest = SOONEST
            tell()
            await _until_lost(connection)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is another try
            if rest == SOONEST:
                log.warning("nothing is heard of other processes' commits, which are looked for instead: %s", error)
        finally:
            if connection is not None:
                connection.terminate()
        await asyncio.sleep(rest)
        rest = min(2 * rest, LATEST)


async def _until_lost(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """A way between that was cut says nothing by itself, so that the server is asked now and then."""
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    while not lost.is_set():
        try:
            async with asyncio.timeout(PROBE):
                await lost.wait()
        except TimeoutError:
            await connection.fetchval("SELECT 1", timeout=PATIENCE)
