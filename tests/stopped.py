"""Backups, restores and moves that are stopped where a test wants; each to be done first in their process."""

import asyncio
import os
import resource
import signal
import sqlite3

from app.store import rows
from app.store.sqlite import backup


def killed_while_it_replaces(most: int) -> None:
    """By the system, as kill -9 does, when it has written so many bytes of what replaces a database."""
    compare = backup._same_pages

    def last_before_it_is_replaced(*both: object) -> None:
        compare(*both)  # type: ignore[arg-type]
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    backup._same_pages = last_before_it_is_replaced


def held_while_it_reads() -> None:
    """It says when its snapshot is there, and goes on when its standard input ends."""
    check = backup._check_kind

    def then_wait(reading: sqlite3.Connection) -> None:
        check(reading)
        os.write(1, b"It reads.\n")
        os.read(0, 1)

    backup._check_kind = then_wait


def held_while_it_moves() -> None:
    """It says when some rows are in the other database, and would go on in a minute."""
    carry = rows.carry

    async def then_wait(table: rows.Table, *both: object) -> object:
        carried = await carry(table, *both)  # type: ignore[arg-type]
        if table.name == "ticket":
            os.write(1, b"It moves.\n")
            await asyncio.sleep(60)
        return carried

    rows.carry = then_wait  # type: ignore[assignment]
