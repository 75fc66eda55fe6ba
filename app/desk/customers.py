"""Whose ticket it is: what staff see of its requester beside it."""

from dataclasses import dataclass

from app import db

NEWEST = 5  # of their other tickets


@dataclass(frozen=True)
class Other:
    """Another ticket of theirs."""

    id: int
    subject: str
    status: str


@dataclass(frozen=True)
class Customer:
    """since: microseconds. more: whether they have other tickets than these, their newest."""

    id: int
    name: str
    since: int
    others: tuple[Other, ...]
    more: bool


async def of_ticket(ticket: int) -> Customer | None:
    """The requester of a ticket that is not deleted."""
    found = await db.rows(
        "SELECT p.id, p.name, p.created FROM ticket t JOIN person p ON p.id = t.requester_id "
        "WHERE t.id = ? AND NOT t.deleted",
        [ticket],
    )
    if not found:
        return None
    [row] = found
    others = await db.rows(
        "SELECT id, subject, status FROM ticket WHERE requester_id = ? AND deleted = FALSE AND id <> ? "
        "ORDER BY created DESC, id DESC LIMIT ?",
        [row["id"], ticket, NEWEST + 1],
    )
    shown = tuple(Other(other["id"], other["subject"], other["status"]) for other in others[:NEWEST])
    return Customer(row["id"], row["name"], row["created"], shown, more=len(others) > NEWEST)
