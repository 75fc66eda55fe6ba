"""Many different lists: what a change costs and how long it takes; they show it, or do not, or are open nowhere."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from itertools import cycle, product
from typing import Any

from tests.bench.databases import position
from tests.bench.fan_out import PROCESSES, Crowd, crowd, live_urls, reached
from tests.bench.http import Client

GROUPS, VARIANTS = 20, 10  # lists, in groups that show the same tickets
RATE, SECONDS = 20, 10
QUIET = 40  # changes one after another
LOADED = 500  # lists that were loaded, and never opened
SORTS = ("-updated", "updated", "-created", "created", "due")


async def of_desk(client: Client, database: str) -> dict[str, Any]:
    """Seconds for lags; seconds of the server's CPU for a change; its load as a part of one core."""
    tickets = [await _tagged(client, f"bench{group}") for group in range(GROUPS)]
    found: dict[str, Any] = {"none": await _cost(client, tickets)}
    async with crowd() as pages:
        await _opened(pages, client, database, ["/tickets"])
        found["idle"] = await _one_by_one(pages, client, database, tickets)
        await pages.close()
        await _opened(pages, client, database, ["/tickets?q=bench"])
        found["search"] = await _lags(pages, client, database, tickets, 1)
        await pages.close()
    client.server.settle()
    for path in _paths(LOADED // VARIANTS):
        await client.ask(client.get(path))
    found["loaded"] = await _cost(client, tickets)
    async with crowd() as pages:
        await _opened(pages, client, database, _paths(GROUPS))
        before, began = client.server.cpu(), time.time()
        found["lags"] = await _lags(pages, client, database, tickets, GROUPS)
        found["load"] = (client.server.cpu() - before) / (time.time() - began)
        found["cpu"] = (client.server.cpu() - before) / (RATE * SECONDS)
        await pages.close()
    return found


async def _opened(pages: Crowd, client: Client, database: str, paths: Sequence[str]) -> None:
    """Until each of them has had its first frame."""
    await pages.open([url for path in paths for url in await live_urls([client], path, 1)], client.server.url)
    await reached(pages, position(database))


def _paths(groups: int) -> list[str]:
    """Different lists; those of a group show the same tickets."""
    variants = [f"{sort}&status={status}" for sort, status in product(SORTS, ("new", "new,open"))]
    return [f"/tickets?view=all&tag=bench{group}&sort={variant}" for group in range(groups) for variant in variants]


async def _tagged(client: Client, tag: str) -> str:
    """The address of a new ticket that these lists show."""
    answer = await client.ask(client.post("/tickets", subject=f"A bench of {tag}", body="It does not.", tags=tag))
    assert answer.status == 303, answer.status
    return answer.headers["location"]


def _changes(client: Client, tickets: Sequence[str], number: int) -> list[bytes]:
    turns = zip(range(number), cycle(tickets), strict=False)
    return [client.post(f"{ticket}/comments", body=f"Change {n} of a bench", kind="note") for n, ticket in turns]


async def _cost(client: Client, tickets: Sequence[str]) -> float:
    """CPU a change while no page is open."""
    found = []
    for _ in range(3):
        client.server.settle()
        before = client.server.cpu()
        await client.ask_all(_changes(client, tickets, 100), connections=1)
        client.server.settle()
        found.append((client.server.cpu() - before) / 100)
    return statistics.median(found)


async def _one_by_one(pages: Crowd, client: Client, database: str, tickets: Sequence[str]) -> list[float]:
    """From the POST to the frame, sorted, one change after the other."""
    found = []
    for request in _changes(client, tickets, QUIET):
        await asyncio.sleep(0.2)
        began = time.time()
        await client.ask(request)
        [heard] = await reached(pages, position(database))
        found.append(heard[-1][0] - began)
    return sorted(found)


async def _lags(pages: Crowd, client: Client, database: str, tickets: Sequence[str], groups: int) -> list[float]:
    """At so many changes a second: from sending a change until a page that shows it has it, for each and each, sorted.

    groups: of lists, in the order in which they were opened; one: it shows every change.
    """
    await pages.report()
    first, sent, sending = position(database), [], []
    began = time.time()
    for n, request in enumerate(_changes(client, tickets, RATE * SECONDS)):
        await asyncio.sleep(max(0, began + n / RATE - time.time()))
        sent.append(time.time())
        sending.append(asyncio.create_task(client.ask(request)))
    await asyncio.gather(*sending)
    await asyncio.sleep(2)
    heard = (await pages.report())["heard"]
    order = [n for process in range(PROCESSES) for n in range(process, len(heard), PROCESSES)]
    lags = []
    for page, frames in zip(order, heard, strict=True):
        for n, moment in enumerate(sent):
            if n % groups == page // VARIANTS % groups:
                lags.append(next(when for when, to, _ in frames if to > first + n) - moment)
    return sorted(lags)
