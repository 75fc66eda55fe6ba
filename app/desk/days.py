"""The desk's day, and what it makes of a day on which a ticket is due.

Which day it is stands in the database: time changes it (app.work.clock), with all that follows, as people change a
ticket. Whoever asks here is told the same as every list, count and page shows; nobody asks what time it is.
"""

from app import db
from app.desk.models import DueState, Ticket


async def today() -> str:
    """YYYY-MM-DD; empty on a desk that has not served yet, where nothing is due."""
    [row] = await db.rows("SELECT day FROM clock WHERE id = 1")
    return str(row["day"])


def state_of(ticket: Ticket, day: str) -> DueState:
    """What a ticket is on this day. What is done is never overdue."""
    if not ticket.due or ticket.status.is_done or ticket.due > day:
        return DueState.NOT_YET
    return DueState.TODAY if ticket.due == day else DueState.OVERDUE
