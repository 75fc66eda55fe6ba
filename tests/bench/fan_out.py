"""One change and many open pages: how long until the last has it, what it costs, and what an idle page costs."""

import asyncio
import itertools
import json
import re
import statistics
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from html import unescape
from typing import Any

from app.config import ROOT
from tests.bench import servers
from tests.bench.databases import numbers, open_tickets, position
from tests.bench.http import Client, signed_in
from tests.bench.servers import Server

SOCKETS, FEW = 1000, 10
PROCESSES = 2
CHANGES = 15  # of which the median counts
RATE, SECONDS = 100, 10
HEARTBEAT = 20  # seconds, as in config.toml
STAFF = ("admin@pult.example", "anna@pult.example", "boris@pult.example")


class Crowd:
    """Pages in client processes."""

    def __init__(self, processes: list[Process]) -> None:
        self._processes = processes

    async def open(self, urls: Sequence[str], origin: str) -> None:
        shares = [urls[n :: len(self._processes)] for n in range(len(self._processes))]
        wishes = [{"open": [[url, origin] for url in share]} for share in shares]
        await asyncio.gather(*map(self._ask, self._processes, wishes))

    async def report(self) -> dict[str, Any]:
        """What was heard since the last report: for each page, (when, up to which event, bytes)."""
        reports = await asyncio.gather(*(self._ask(process, {"report": True}) for process in self._processes))
        assert not any(report["gone"] for report in reports), "sockets were closed"
        return {"heard": [page for report in reports for page in report["heard"]], "last": reports[0]["last"]}

    async def close(self) -> None:
        await asyncio.gather(*(self._ask(process, {"close": True}) for process in self._processes))

    async def _ask(self, process: Process, wish: dict[str, Any]) -> Any:
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps(wish).encode() + b"\n")
        return json.loads(await process.stdout.readline())


@asynccontextmanager
async def crowd() -> AsyncIterator[Crowd]:
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.crowd", cwd=ROOT, stdin=PIPE, stdout=PIPE, limit=2**28
        )
        for _ in range(PROCESSES)
    ]
    try:
        yield Crowd(processes)
    finally:
        for process in processes:
            assert process.stdin
            process.stdin.close()
            await process.wait()


async def live_urls(clients: Sequence[Client], path: str, number: int) -> list[str]:
    """Addresses of the sockets of so many pages, each page loaded by one of these people in turn."""
    shares = [[client.get(path)] * (number // len(clients)) for client in clients]
    shares[0] += [clients[0].get(path)] * (number % len(clients))
    urls = []
    for client, share in zip(clients, shares, strict=True):
        for answer in await client.ask_all(share):
            found = re.search(r'hx-ws:connect="([^"]+)"', answer.text)
            assert found, answer.status
            urls.append(client.server.url.replace("http", "ws") + unescape(found[1]))
    return urls


async def until_the_last(crowd: Crowd, client: Client, requests: Sequence[bytes]) -> tuple[float, float]:
    """For each request, seconds from sending it until every page has a message (the median), and CPU of the server."""
    found = []
    client.server.settle()
    await crowd.report()
    before = client.server.cpu()
    for request in requests:
        began = time.time()
        await client.ask(request)
        waited = [page[:1] for page in (await heard_by_all(crowd))]
        found.append(max(first[0][0] for first in waited) - began)
        await asyncio.sleep(0.1)
    client.server.settle()
    return statistics.median(found), (client.server.cpu() - before) / len(requests)


async def heard_by_all(crowd: Crowd, patience: float = 10) -> list[Any]:
    pages: list[list[Any]] = []
    until = time.time() + patience
    while time.time() < until:
        heard = (await crowd.report())["heard"]
        pages = [(pages[n] if pages else []) + page for n, page in enumerate(heard)]
        if all(pages):
            return pages
        await asyncio.sleep(0.05)
    raise TimeoutError(f"{sum(not page for page in pages)} pages heard nothing")


async def idle(crowd: Crowd, server: Server, urls: Sequence[str], origin: str) -> float:
    """Bytes of the server's memory for each socket. They stay open."""
    server.settle()
    before = server.memory()
    await crowd.open(urls, origin)
    server.settle()
    return (server.memory() - before) / len(urls)


async def of_bare(text: str) -> dict[str, float]:
    """A bare Quart loop that sends the same text."""
    with servers.bare() as server:
        client = Client(server)
        await client.ask_all([client.get("/")] * 1000)
        async with crowd() as pages:
            url = server.url.replace("http", "ws") + "/socket"
            memory = await idle(pages, server, [url] * SOCKETS, server.url)
            last, cpu = await until_the_last(pages, client, [client.say("/", text)] * CHANGES)
    return {"memory": memory, "last": last, "cpu": cpu}


async def of_desk(server: Server, database: str) -> dict[str, Any]:
    people = [await signed_in(server, email=email) for email in STAFF]
    anna = people[1]
    shown = await shown_tickets(anna)
    found: dict[str, Any] = {}
    async with crowd() as pages:
        urls = await live_urls(people, "/tickets", SOCKETS)
        found["memory"] = await idle(pages, server, urls, server.url)
        changes = [anna.post(f"/tickets/{shown[n]}/comments", body=f"Change {n}", kind="note") for n in range(CHANGES)]
        found["last"], found["cpu"] = await until_the_last(pages, anna, changes)
        found["text"] = (await pages.report())["last"]
        found["lag"], found["load"] = await lag(pages, anna, shown, database)
        await pages.close()
    found["apart"] = await elsewhere(people, database)
    return found


async def lag(pages: Crowd, client: Client, tickets: Sequence[int], database: str) -> tuple[float, float]:
    """At so many changes a second on different tickets: seconds that a page lagged at most, and CPU a second."""
    last = position(database)
    await pages.report()
    cpu = client.server.cpu()
    began, sending = time.time(), []
    for n in range(RATE * SECONDS):
        await asyncio.sleep(max(0, began + n / RATE - time.time()))
        request = client.post(f"/tickets/{tickets[n % len(tickets)]}/comments", body=f"Lag {n}", kind="note")
        sending.append(asyncio.create_task(client.ask(request)))
    await asyncio.gather(*sending)
    stands = position(database)
    heard = await reached(pages, stands)
    load = (client.server.cpu() - cpu) / (time.time() - began)
    events = numbers(database, f"SELECT id, at FROM event WHERE id > {last} ORDER BY id")
    worst = 0.0
    for page in heard:
        waiting = iter(events)
        event = next(waiting, None)
        for when, to, _ in page:
            while event and event[0] <= to:
                worst = max(worst, when - event[1] / 1e6)
                event = next(waiting, None)
    return worst, load


async def reached(pages: Crowd, number: int) -> list[Any]:
    heard: list[list[Any]] = []
    until = time.time() + 30
    while time.time() < until:
        more = (await pages.report())["heard"]
        heard = [(heard[n] if heard else []) + page for n, page in enumerate(more)]
        if all(page and page[-1][1] >= number for page in heard):
            return heard
        await asyncio.sleep(0.2)
    raise TimeoutError("some page never caught up")


async def elsewhere(people: Sequence[Client], database: str) -> float:
    """How much dearer a change is with so many pages open that do not show it than with few such pages, as a ratio.

    What open pages cost by themselves, their heartbeats, is taken off. Every change is of the next ticket, so that no
    thread gets long.
    """
    anna = people[1]
    tickets = open_tickets(database)
    shown, changed = tickets[:10], itertools.cycle(tickets[10:])

    def requests() -> list[bytes]:
        numbers = itertools.islice(changed, 200)
        return [anna.post(f"/tickets/{number}/comments", body="Elsewhere", kind="note") for number in numbers]

    async def beside(number: int) -> float:
        async with crowd() as pages:
            urls = [url for ticket in shown for url in await live_urls(people, f"/tickets/{ticket}", number // 10)]
            await pages.open(urls, anna.server.url)
            found = await cost_of(anna, requests, await idle_load(anna))
            await pages.close()
        return found

    many, few = zip(*[(await beside(SOCKETS), await beside(FEW)) for _ in range(3)], strict=True)
    return statistics.median(many) / statistics.median(few)


async def idle_load(client: Client) -> float:
    """CPU a second while nothing happens, over a whole heartbeat of every page."""
    before, began = client.server.cpu(), time.time()
    await asyncio.sleep(HEARTBEAT)
    return (client.server.cpu() - before) / (time.time() - began)


async def cost_of(client: Client, requests: Callable[[], Sequence[bytes]], idle: float) -> float:
    """CPU for so many requests, the median of several times, without what the server takes when idle."""
    found = []
    for _ in range(7):
        before, began = client.server.cpu(), time.time()
        await client.ask_all(requests())
        found.append(client.server.cpu() - before - idle * (time.time() - began))
    return statistics.median(found)


async def shown_tickets(client: Client) -> list[int]:
    answer = await client.ask(client.get("/tickets"))
    return [int(number) for number in re.findall(r'<tr id="ticket-(\d+)"', answer.text)]
