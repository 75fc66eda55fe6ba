"""How long a desk's own writes wait while `demo` fills its database."""

import asyncio
import itertools
import time
from asyncio.subprocess import DEVNULL

from tests.bench import servers
from tests.bench.databases import open_tickets
from tests.bench.http import Client

TICKETS = 20_000  # that demo adds; it goes on as evenly with more
PAUSE = 0.02  # seconds between two writes


async def beside_demo(client: Client, database: str) -> list[float]:
    """Seconds that each of a person's comments took, in order, one after another until demo is done."""
    tickets = itertools.cycle(open_tickets(database))
    found = []
    filling = await asyncio.create_subprocess_exec(
        *servers.command("demo", "--tickets", str(TICKETS)), env=servers.environment(database), stdout=DEVNULL
    )
    while filling.returncode is None:
        began = time.monotonic()
        answer = await client.ask(client.post(f"/tickets/{next(tickets)}/comments", body="Meanwhile"))
        found.append(time.monotonic() - began)
        assert answer.status == 303, answer.status
        await asyncio.sleep(PAUSE)
    assert filling.returncode == 0
    return sorted(found)
