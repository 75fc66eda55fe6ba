"""`python -m tests.bench [TICKETS …]`: a table of ratios within one run.

The first desk has as many tickets as the first number says and is measured in everything; the others are measured in
pages and writes, against the first. Nothing fails here: what misses its target says so.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import browser, fan_out, servers, units
from tests.bench.http import Client, signed_in

SIZES = (10_000, 100_000)
UNITS = {  # name of units.of_desk -> what it is, and how many units it may cost
    "list": ("list of 50", 30),
    "ticket": ("ticket with 20 comments", 30),
    "create": ("create a ticket", 12),
    "comment": ("comment", 14),
    "rare": ("search for a rare word", 15),
    "common": ("search for a word in a tenth", 30),
}
GROWTH = 1.2
Row = tuple[str, float, float | None, str]  # what, the figure, at most, its unit


async def main(sizes: Iterable[int]) -> None:
    rows: list[Row] = []
    first: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as directory:
        for size in sizes:
            database = Path(directory) / f"{size}.sqlite3"
            began = time.monotonic()
            servers.pult(database, "demo", "--tickets", str(size))
            rows.append((f"demo of {size:,} tickets", time.monotonic() - began, None, "s"))
            with servers.desk(database) as desk, servers.bare() as bare:
                client = await signed_in(desk)
                found = await units.of_desk(Client(bare), client, database)
                if not first:
                    first = found
                    rows += [(what, found[name], most, "units") for name, (what, most) in UNITS.items()]
                    rows += await fan_out_rows(desk, database)
                    rows += await browser.rows(desk)
                else:
                    rows += [
                        (f"{what}, {size:,} tickets", found[name] / first[name], GROWTH, "times")
                        for name, (what, _) in UNITS.items()
                    ]
    show(rows)


async def fan_out_rows(desk: servers.Server, database: Path) -> list[Row]:
    live = await fan_out.of_desk(desk, database)
    bare = await fan_out.of_bare(live["text"])
    desk.settle()
    return [
        ("one change to 1,000 lists, until the last has it", live["last"] / bare["last"], 1.5, "times a bare loop"),
        ("  its server CPU", live["cpu"] / bare["cpu"], None, "times a bare loop"),
        ("100 changes a second, 1,000 lists: most lag", live["lag"] * 1000, 500, "ms"),
        ("memory of an idle socket", live["memory"] / bare["memory"], 1.25, "times a bare socket"),
        ("a change beside 1,000 sockets that do not show it", live["apart"], 1.05, "times alone"),
        ("memory without sockets, after all that", desk.memory() / servers.MEGABYTE, 100, "MB"),
    ]


def show(rows: list[Row]) -> None:
    table = Table(title="A unit is the server CPU of one plain page of a bare Quart application, in this run")
    for name in ("what", "figure", "at most", "of", ""):
        table.add_column(name, justify="left" if name in ("what", "of") else "right")
    for what, figure, most, of in rows:
        verdict = "" if most is None else "ok" if figure <= most else "MISSED"
        table.add_row(what, f"{figure:,.2f}", "" if most is None else f"{most:g}", of, verdict)
    Console(width=120).print(table)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main([int(size) for size in sys.argv[1:]] or SIZES))
