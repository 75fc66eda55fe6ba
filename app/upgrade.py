"""What a database needs before this version serves it: the current schema, and the words of its search's index."""

import sys

import click

from app import db
from app.config import Database
from app.desk import search

MANY = 1000  # tickets: a second


async def bring_up(database: Database) -> list[str]:
    """Migrate, then fill the index if its words are an older version's; the names of the migrations applied."""
    applied = await db.migrate(database)
    await db.connect(database)
    try:
        left = await search.left()
        if left is not None:
            await fill(left)
    finally:
        await db.disconnect()
    return applied


async def fill(left: int) -> None:
    """Write the index of so many tickets; with a bar, or a line where nobody looks, if it takes its time."""
    watched = sys.stderr.isatty() and left > MANY
    if not watched and left > MANY:
        click.echo(f"Filling the search's index anew: {left} tickets", err=True)
    with click.progressbar(
        length=left, label="Filling the search's index anew", show_pos=True, file=sys.stderr, hidden=not watched
    ) as bar:
        await search.fill(bar.update)
