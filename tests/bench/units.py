"""What pages and writes cost the server, in units."""

import random
import sqlite3
import statistics
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from tests.bench.http import Client

ROUNDS = 5  # of which the median counts
LEAST = 0.3  # seconds of server CPU in a measurement, so that the clock's ticks do not matter
COMMENTS = 20
PAGES = 100

Requests = Callable[[], Sequence[bytes]]


async def in_units(bare: Client, client: Client, requests: Requests, status: int = 200) -> float:
    """What one of these requests costs, in units that are measured by turns with it."""
    found = []
    await _cost(client, requests, status)
    for _ in range(ROUNDS):
        unit = await _cost(bare, lambda: [bare.get("/")] * 500, 200)
        found.append(await _cost(client, requests, status) / unit)
    return statistics.median(found)


async def _cost(client: Client, requests: Requests, status: int) -> float:
    """Seconds of the server's CPU for one of these requests."""
    client.server.settle()
    before, asked = client.server.cpu(), 0
    while client.server.cpu() - before < LEAST:
        sent = requests()
        wrong = [answer.status for answer in await client.ask_all(sent) if answer.status != status]
        assert not wrong, f"{sent[0][:80]!r} answered {wrong[0]}"
        asked += len(sent)
    client.server.settle()
    return (client.server.cpu() - before) / asked


async def of_desk(bare: Client, client: Client, database: Path) -> dict[str, float]:
    """Units for each kind of request."""
    chance = random.Random(1)
    rare, common = words(database)
    tickets = open_tickets(database)
    answer = await client.ask(client.post("/tickets", subject="Twenty comments", body="The first one."))
    page = answer.headers["location"]
    said = [client.post(f"{page}/comments", body=f"Comment *number* {n}.") for n in range(COMMENTS - 1)]
    await client.ask_all(said, connections=1)

    def create() -> list[bytes]:
        return [
            client.post("/tickets", subject=f"Ticket {n} of a bench", body="It does **not** work.") for n in range(50)
        ]

    def comment() -> list[bytes]:
        """On tickets all over the desk, so that none gets a thread that is longer than usual."""
        return [
            client.post(f"/tickets/{number}/comments", body=f"Reply to **{number}**.")
            for number in chance.sample(tickets, min(50, len(tickets)))
        ]

    pages = {
        "list": "/tickets",
        "ticket": page,
        "rare": f"/tickets?q={rare}",
        "common": f"/tickets?q={common}",
    }
    found = {}
    for name, path in pages.items():
        found[name] = await in_units(bare, client, lambda path=path: [client.get(path)] * PAGES)
    found["create"] = await in_units(bare, client, create, 303)
    found["comment"] = await in_units(bare, client, comment, 303)
    return found


def words(database: Path) -> tuple[str, str]:
    """A word that stands in a few tickets, and one that stands in about a tenth of them."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'search', 'row')")
        [(tickets,)] = connection.execute("SELECT count(*) FROM ticket")
        found = connection.execute("SELECT term, doc FROM temp.vocabulary WHERE length(term) > 4").fetchall()
    plain = [(word, number) for word, number in found if word.isascii() and not word.startswith("person")]
    rare = min(plain, key=lambda pair: (abs(pair[1] - 3), pair[0]))
    common = min(plain, key=lambda pair: abs(pair[1] - tickets / 10))
    assert 1 <= rare[1] <= 10, rare
    assert 0.05 <= common[1] / tickets <= 0.2, (common, tickets)
    return rare[0], common[0]


def open_tickets(database: Path) -> list[int]:
    """Tickets that take comments, all over the desk."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT id FROM ticket WHERE status IN ('open', 'pending') AND NOT deleted")
        return [number for (number,) in rows]
