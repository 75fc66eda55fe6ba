"""python -m tests.bench [TICKETS]: the table. TICKETS: of the bigger desk, which is held against one of 10,000."""

import asyncio
import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import browsers, databases, fan_out, lists, servers, units, waits
from tests.bench.http import Client, signed_in
from tests.bench.servers import MEGABYTE, Server

SMALL, BIG = 10_000, 100_000  # tickets
GROWTH = 1.2  # what a page may cost at the bigger desk, against the smaller one
STORES = {"list": 1.5, "comment": 2}  # what it may cost the desk itself on PostgreSQL, against SQLite
AGAIN = {"list": 6, "ticket": 5, "rare": 8, "common": 8}  # units that a page may cost that was looked at a moment ago
UNITS = {  # what a request is called, and the units that it may cost
    "list": ("list of 50", 30),
    "ticket": ("ticket, 20 comments", 30),
    "create": ("create", 12),
    "comment": ("comment", 14),
    "rare": ("search, rare word", 15),
    "common": ("search, word in a tenth", 30),
}
NOTE = """
A unit is the server CPU (user and system) of one plain page of a bare Quart application under the same uvicorn settings
in a process of its own, measured by turns with what it is held against. Clients are other processes, and take nothing
compressed. Times depend on the machine and on what else it does: two cores are what this takes.\
"""


@dataclass(frozen=True)
class Row:
    what: str
    found: float
    most: float | None = None  # None: told, not aimed at
    form: Callable[[float], str] = "{:.1f}".format

    @property
    def verdict(self) -> str:
        if self.most is None:
            return ""
        return "ok" if self.found <= self.most else "MISSED"


def units_(number: float) -> str:
    return f"{number:.1f} units"


def times(number: float) -> str:
    return f"{number:.2f} ×"


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def megabytes(size: float) -> str:
    return f"{size / MEGABYTE:.0f} MB"


def kilobytes(size: float) -> str:
    return f"{size / 1000:.1f} kB"


def filled(database: str, tickets: int) -> str:
    tell(f"filling a desk with {tickets:,} tickets")
    servers.pult(database, "demo", "--tickets", str(tickets))
    return database


async def small(bare: Client, database: str) -> list[Row]:
    """Everything, at a desk of 10,000 tickets."""
    tell("pages and writes")
    with servers.forgetful(database) as server:
        costs = await units.of_desk(bare, await signed_in(server), database)
    rows = [Row(f"{name}, {SMALL:,} tickets", costs[key], most, units_) for key, (name, most) in UNITS.items()]
    with servers.desk(database) as server:
        client = await signed_in(server)
        again = await units.again(bare, client, database)
        rows += [Row(f"{UNITS[key][0]}, again", again[key], most, units_) for key, most in AGAIN.items()]
        tell(f"{fan_out.SOCKETS:,} sockets")
        desk = await fan_out.of_desk(server, database)
        rows += fan_out_rows(desk, await fan_out.of_bare(desk["text"]))
        tell("many different lists")
        rows += list_rows(await lists.of_desk(client, database))
        rows += await in_browsers(server)
        server.settle()
        rows.append(Row("memory after all this, without sockets", server.memory(), 100 * MEGABYTE, megabytes))
        tell("demo beside the desk")
        waits_ = await waits.beside_demo(client, database)
        rows.append(Row("most that a write waits beside `demo`", waits_[-1], 0.1, ms))
        rows.append(Row("  median", waits_[len(waits_) // 2], None, ms))
    return rows


def fan_out_rows(desk: dict[str, float], bare: dict[str, float]) -> list[Row]:
    sockets = f"{fan_out.SOCKETS:,}"
    return [
        Row(
            f"one change until the last of {sockets} lists has it, to a bare loop",
            desk["last"] / bare["last"],
            1.0,
            times,
        ),
        Row("  the desk", desk["last"], None, ms),
        Row("  a bare loop of Quart's that sends the same bytes", bare["last"], None, ms),
        Row("  server CPU of it, to the bare loop", desk["cpu"] / bare["cpu"], None, times),
        Row(f"most lag of {sockets} lists at {fan_out.RATE} changes a second", desk["lag"], 0.5, ms),
        Row("  server CPU meanwhile, of one core", desk["load"], None, "{:.0%}".format),
        Row("memory of an idle socket, to a bare one", desk["memory"] / bare["memory"], 1.25, times),
        Row("  the desk", desk["memory"], None, kilobytes),
        Row(
            f"a change beside {sockets} sockets that do not show it, to {fan_out.FEW} of them",
            desk["apart"],
            1.1,
            times,
        ),
    ]


def list_rows(found: dict[str, Any]) -> list[Row]:
    def lag(what: str, times_: Sequence[float], most: tuple[float | None, float | None]) -> list[Row]:
        median, late = times_[len(times_) // 2], times_[len(times_) * 95 // 100]
        return [Row(f"{what}: median", median, most[0], ms), Row("  95th percentile", late, most[1], ms)]

    many = f"{lists.GROUPS * lists.VARIANTS} different lists, {lists.RATE} changes a second that ten show"
    return [
        *lag("one list, from a POST to its frame, idle desk", found["idle"], (0.010, 0.015)),
        *lag(f"a search, {lists.RATE} changes a second", found["search"], (0.150, 0.400)),
        *lag(many, found["lags"], (0.050, 0.120)),
        Row("  server CPU meanwhile, of one core", found["load"], 0.35, "{:.0%}".format),
        Row("  of it a change", found["cpu"], 0.012, ms),
        Row("a change while no list is open", found["none"], None, ms),
        Row(f"  after {lists.LOADED} different lists were loaded and not opened", found["loaded"], None, ms),
        Row("  to none loaded", found["loaded"] / found["none"], 1.1, times),
    ]


async def in_browsers(server: Server) -> list[Row]:
    async with browsers.chromium() as browser:
        if browser is None:
            tell("no Chromium starts here: its rows are left out")
            return []
        tell("two browsers")
        client = await signed_in(server)
        [ticket, *_] = await fan_out.shown_tickets(client)
        shown = await browsers.change_to_shown(browser, server, ticket)
        first = await browsers.first_page(browser, server)
    return [
        Row("change to shown in the other browser, median", shown[len(shown) // 2], None, ms),
        Row("  95 of 100 within", shown[int(len(shown) * 0.95)], None, ms),
        Row("first list page, cold: requests with the socket", first["requests"], 8, "{:.0f}".format),
        Row("  bytes on the wire", first["bytes"], 60_000, kilobytes),
        Row("  of them our own scripts", first["scripts"], 12_000, kilobytes),
    ]


async def grown(small: str, big: str, tickets: int) -> list[Row]:
    """What grows with the number of tickets."""
    with servers.forgetful(small) as smaller, servers.forgetful(big) as bigger:
        tell("pages and writes of both desks")
        growth = await units.growth((await signed_in(bigger), big), (await signed_in(smaller), small))
        bigger.settle()
        memory = Row(f"memory with {tickets:,} tickets", bigger.memory(), None, megabytes)
    rows = [
        Row(f"{name}, {tickets:,} tickets, to {SMALL:,}", growth[key], GROWTH, times)
        for key, (name, _) in UNITS.items()
    ]
    return [*rows, memory]


async def on_postgres(sqlite: str, postgres: str) -> list[Row]:
    """The desk's own CPU on one store, in that on the other, by turns; and what is live on the second."""
    filled(postgres, SMALL)
    tell("both stores")
    with servers.forgetful(sqlite) as one, servers.forgetful(postgres) as other:
        found = await units.growth((await signed_in(other), postgres), (await signed_in(one), sqlite))
    tell("many different lists on PostgreSQL")
    with servers.desk(postgres) as server:
        client = await signed_in(server)
        live = list_rows(await lists.of_desk(client, postgres))
    rows = [
        Row(f"{name}, PostgreSQL to SQLite", found[key], STORES.get(key), times) for key, (name, _) in UNITS.items()
    ]
    return rows + [Row(f"PostgreSQL: {row.what.strip()}", row.found, row.most, row.form) for row in live]


async def main(tickets: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # for servers too
    with tempfile.TemporaryDirectory(prefix="pult-bench-") as name:
        folder = Path(name)
        with servers.bare() as server:
            rows = await small(Client(server), filled(databases.sqlite(folder / "desk.sqlite3"), SMALL))
        little = filled(databases.sqlite(folder / "small.sqlite3"), SMALL)
        rows += await grown(little, filled(databases.sqlite(folder / "big.sqlite3"), tickets), tickets)
        with databases.postgres() as database:
            rows += await on_postgres(little, database) if database else []
    for row in rows:
        aim = "" if row.most is None else f"at most {row.form(row.most)}"
        print(f"{row.what:<66}{row.form(row.found):>12}   {aim:<20}{row.verdict}".rstrip())  # noqa: T201
    print(NOTE)  # noqa: T201


def tell(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else BIG))
