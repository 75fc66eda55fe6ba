"""What each of the staff has read: of a ticket up to which message, told by the numbers of their events.

A row of a list says its last message's number, the same for everyone; what is held against it is a person's own, and
changes by what they do alone. Of each person the MOST highest marks are kept: what was said before all of them, or
before they came, counts as read (Person.read_since). So a list is painted from little, however big the desk.
"""

from dataclasses import dataclass

from app import db
from app.desk import policy
from app.desk.actor import Actor
from app.desk.models import Ticket
from app.desk.roles import Right

MOST = 500
MARK = (
    "INSERT INTO read_up_to (person_id, ticket_id, number) VALUES (?, ?, ?) "
    "ON CONFLICT (person_id, ticket_id) DO UPDATE SET number = excluded.number RETURNING id"
)


@dataclass(frozen=True)
class Marks:
    """A ticket is unread if its last message's number is higher than its mark, or without one, than since."""

    since: int
    marks: tuple[tuple[int, int], ...]  # ticket, number


async def of(person: int) -> Marks:
    [row] = await db.rows("SELECT read_since FROM person WHERE id = ?", [person])
    found = await db.rows("SELECT ticket_id, number FROM read_up_to WHERE person_id = ? ORDER BY ticket_id", [person])
    return Marks(row["read_since"], tuple((mark["ticket_id"], mark["number"]) for mark in found))


async def note(actor: Actor, ticket_id: int, number: int) -> None:
    """Set a mark, inside the caller's transaction, whose event tells of it: what one writes oneself one has read."""
    if policy.may(actor, Right.READ_INTERNAL) and actor.id:
        await db.rows(MARK, [actor.id, ticket_id, number])
        await _forget_old(actor.id)


async def last_said(ticket: Ticket) -> int:
    """The number of a ticket's last message that stands; 0: none does."""
    found = await db.rows(
        "SELECT event_id FROM comment WHERE ticket_id = ? AND NOT deleted ORDER BY event_id DESC LIMIT 1", [ticket.id]
    )
    return int(found[0]["event_id"]) if found else 0


async def mark(actor: Actor, ticket_id: int) -> int:
    """Up to which message they have read a ticket."""
    [row] = await db.rows(
        "SELECT coalesce((SELECT number FROM read_up_to WHERE person_id = p.id AND ticket_id = ?), p.read_since) "
        "AS up_to FROM person p WHERE p.id = ?",
        [ticket_id, actor.id],
    )
    return int(row["up_to"])


async def _forget_old(person: int) -> None:
    """Keep no more marks than MOST, but those of tickets that were marked unread, or have something new since."""
    old = await db.rows(
        "SELECT number FROM read_up_to WHERE person_id = ? ORDER BY number DESC LIMIT 1 OFFSET ?", [person, MOST]
    )
    if old:
        number = old[0]["number"]
        await db.rows("UPDATE person SET read_since = ? WHERE id = ? AND read_since < ?", [number, person, number])
        await db.rows(
            "DELETE FROM read_up_to WHERE person_id = ? AND number <= ? "
            "AND number >= (SELECT last_said FROM ticket WHERE ticket.id = read_up_to.ticket_id)",
            [person, number],
        )
