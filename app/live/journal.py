"""The journal as live pages read it: where it stands, and what was written after a position."""

from dataclasses import dataclass

from app import db
from app.desk import events
from app.desk.events import Happened


@dataclass(frozen=True)
class Position:
    epoch: str  # the database's own id; a restored copy has another
    number: int  # of the last committed event


async def position() -> Position:
    [row] = await db.rows("SELECT epoch, position FROM journal WHERE id = 1")
    return Position(row["epoch"], row["position"])


async def after(number: int, most: int) -> list[Happened]:
    """The events after this number in commit order, at most so many."""
    return [
        events.read(row)
        for row in await db.rows("SELECT * FROM event WHERE id > ? ORDER BY id LIMIT ?", [number, most])
    ]
