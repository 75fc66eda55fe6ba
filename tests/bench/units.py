"""What pages and writes cost the server, in units."""

import itertools
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.databases import open_tickets, words
from tests.bench.http import Client

ROUNDS = 5  # of which the median counts
LEAST = 0.3  # seconds of server CPU in a measurement, so that the clock's ticks do not matter
COMMENTS = 20
PAGES = 100


@dataclass(frozen=True)
class Kind:
    """Requests of one kind, and how they are answered."""

    requests: Callable[[], Sequence[bytes]]
    status: int = 200


async def of_desk(bare: Client, client: Client, database: str) -> dict[str, float]:
    """What each kind of request costs a forgetful desk, in units that are measured by turns with it."""
    return await _in_units(bare, client, await _kinds(client, database))


async def again(bare: Client, client: Client, database: str) -> dict[str, float]:
    """What a page costs that was looked at a moment ago, in the same units."""
    return await _in_units(bare, client, await _pages(client, database))


async def _in_units(bare: Client, client: Client, kinds: dict[str, Kind]) -> dict[str, float]:
    unit = Kind(lambda: [bare.get("/")] * 500)
    return {name: await _by_turns(client, kind, bare, unit) for name, kind in kinds.items()}


async def growth(big: tuple[Client, str], small: tuple[Client, str]) -> dict[str, float]:
    """How much dearer each kind of request is at the bigger of two desks, by turns."""
    dear, cheap = await _kinds(*big), await _kinds(*small)
    return {name: await _by_turns(big[0], dear[name], small[0], cheap[name]) for name in dear}


async def _by_turns(one: Client, its: Kind, other: Client, others: Kind) -> float:
    """What a request of one costs, in those of the other."""
    found = []
    for client, kind in ((one, its), (other, others)):
        await _cost(client, kind)
    for _ in range(ROUNDS):
        unit = await _cost(other, others)
        found.append(await _cost(one, its) / unit)
    return statistics.median(found)


async def _cost(client: Client, kind: Kind) -> float:
    """Seconds of the server's CPU for one of these requests."""
    client.server.settle()
    before, asked = client.server.cpu(), 0
    while client.server.cpu() - before < LEAST:
        sent = kind.requests()
        wrong = [answer.status for answer in await client.ask_all(sent) if answer.status != kind.status]
        assert not wrong, f"{sent[0][:80]!r} answered {wrong[0]}"
        asked += len(sent)
    client.server.settle()
    return (client.server.cpu() - before) / asked


async def _kinds(client: Client, database: str) -> dict[str, Kind]:
    """Each kind of request, for a forgetful desk that this client asks."""
    pages = await _pages(client, database)
    tickets = open_tickets(database)

    def create() -> list[bytes]:
        return [
            client.post("/tickets", subject=f"Ticket {n} of a bench", body="It does **not** work.") for n in range(50)
        ]

    def comment() -> list[bytes]:
        """On tickets all over the desk, so that none gets a thread that is longer than usual."""
        return [
            client.post(f"/tickets/{number}/comments", body=f"Reply to **{number}**.")
            for number in itertools.islice(replied_to, 50)
        ]

    replied_to = itertools.cycle(random.Random(1).sample(tickets, len(tickets)))
    return pages | {"create": Kind(create, 303), "comment": Kind(comment, 303)}


async def _pages(client: Client, database: str) -> dict[str, Kind]:
    rare, common = words(database)
    answer = await client.ask(client.post("/tickets", subject="Twenty comments", body="The first one."))
    page = answer.headers["location"]
    said = [client.post(f"{page}/comments", body=f"Comment *number* {n}.") for n in range(COMMENTS - 1)]
    await client.ask_all(said, connections=1)
    paths = {"list": "/tickets", "ticket": page, "rare": f"/tickets?q={rare}", "common": f"/tickets?q={common}"}
    return {name: Kind(lambda path=path: [client.get(path)] * PAGES) for name, path in paths.items()}  # type: ignore[misc]
