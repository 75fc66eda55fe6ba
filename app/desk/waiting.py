"""Who waits for an answer, since when, and what was said last in public: kept on the ticket, for lists to read it.

waiting_since: the moment of the customer's first message that nobody has answered; None if nobody waits. An answer is a
public reply of staff, or that the ticket was solved: who writes to it after that waits since then. heard: the moment of
the customer's last message; of a ticket that has none, when it was opened. last_words, last_by_staff: the beginning of
the last public message, and whether it is an answer.

Each verb that changes any of this says so here, in its transaction, and saves the columns that it is told.
"""

from collections.abc import Mapping
from typing import Any

from app import db
from app.desk import excerpt
from app.desk.models import Comment, Status, Ticket
from app.desk.roles import ROLES

COLUMNS = ("waiting_since", "heard", "last_words", "last_by_staff")
CUSTOMERS = ", ".join(f"'{role.value}'" for role, granted in ROLES.items() if not granted.sees_all)
ASKS = f"(c.author_id = ? OR p.role IN ({CUSTOMERS}))"  # as policy.asks() says it of who acts
SAID = "FROM comment c JOIN person p ON p.id = c.author_id WHERE c.ticket_id = ? AND c.kind = 'reply' AND NOT c.deleted"
LAST = f"SELECT {ASKS} AS asks, c.created, substr(c.html, 1, ?) AS html {SAID} ORDER BY c.event_id DESC LIMIT 1"
HEARD = f"SELECT c.created {SAID} AND {ASKS} ORDER BY c.event_id DESC LIMIT 1"
ANSWER = f"SELECT c.event_id {SAID} AND NOT {ASKS} ORDER BY c.event_id DESC LIMIT 1"
UNANSWERED = f"SELECT c.created {SAID} AND c.event_id > ? AND c.created >= ? ORDER BY c.event_id LIMIT 1"


def hear(ticket: Ticket, html: str, now: int, *, asks: bool, after: Status) -> tuple[str, ...]:
    """A public message came. asks: whether it is the customer's, and no answer. after: the status that it leads to."""
    ticket.last_words, ticket.last_by_staff = excerpt.of(html), not asks
    if asks:
        ticket.heard = now
    ticket.waiting_since = (ticket.waiting_since or now) if asks and not after.is_done else None
    return COLUMNS


async def reconsider(ticket: Ticket, changes: Mapping[str, tuple[Any, Any]]) -> tuple[str, ...]:
    """The ticket was changed, and is not saved yet. changes: field -> (before, after)."""
    done = ticket.status.is_done
    if "requester" in changes:
        await _recall(ticket)
    elif "status" not in changes or not (done or Status(changes["status"][0]).is_done):
        return ()
    if "requester" in changes or done or not ticket.waiting_since:  # else it waits by the message that reopened it
        ticket.waiting_since = None if done else await _unanswered(ticket)
    return COLUMNS


async def revise(ticket: Ticket, comment: Comment) -> tuple[str, ...]:
    """A public message was edited, or deleted. It may have been the answer, or what waits for one."""
    since = ticket.waiting_since or 0
    await _recall(ticket)
    if comment.deleted and not ticket.status.is_done:
        ticket.waiting_since = await _unanswered(ticket, since)
    return COLUMNS


async def _recall(ticket: Ticket) -> None:
    """What was said last, and when the customer was heard last."""
    last = await _first(LAST, ticket.requester_id, excerpt.LOOKED_AT, ticket.id)
    ticket.last_words = excerpt.of(last["html"]) if last else ""
    ticket.last_by_staff = bool(last and not last["asks"])
    heard = last if last and last["asks"] else await _first(HEARD, ticket.id, ticket.requester_id)
    ticket.heard = heard["created"] if heard else ticket.created


async def _unanswered(ticket: Ticket, since: int = 0) -> int | None:
    """The moment of the first message after the last answer, and not before a moment."""
    answer = await _first(ANSWER, ticket.id, ticket.requester_id)
    first = await _first(UNANSWERED, ticket.id, answer["event_id"] if answer else 0, since)
    return first["created"] if first else None


async def _first(sql: str, *values: object) -> dict[str, Any] | None:
    found = await db.rows(sql, values)
    return found[0] if found else None
