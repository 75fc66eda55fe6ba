"""What a new day does to the desk: its row, then each ticket that is due otherwise than the day before, with its event.

A ticket that is deleted is told when it comes back; one that is done, when it is reopened (applying.apply).
"""

from app import db
from app.desk import applying, days, events
from app.desk.events import What
from app.desk.models import Ticket, from_row

FEW = 10  # tickets in one transaction, in which nobody else's turn comes
BEFORE_ALL = ("", 0)

# In the words of its index, and in the order in which they fell due.
UNTOLD = """
    SELECT * FROM ticket WHERE deleted = FALSE AND status NOT IN ('solved', 'closed')
    AND (due IS NULL) = FALSE AND (due, id) > (?, ?)
    AND due_state <> CASE WHEN due < ? THEN 'overdue' WHEN due = ? THEN 'today' ELSE '' END
    ORDER BY due, id LIMIT ?
"""


async def begin(day: str) -> None:
    """From now on it is this day, for every verb."""
    async with db.transaction():
        await db.rows("UPDATE clock SET day = ?, told = FALSE WHERE id = 1", [day])


async def untold() -> None:
    """There are tickets that no verb has written, and that the clock is to look at, inside the caller's transaction."""
    await db.rows("UPDATE clock SET told = FALSE WHERE id = 1")


async def tell() -> None:
    """Tell every ticket which day it is. Broken off, it goes on where it was; twice, the second finds nothing."""
    [clock] = await db.rows("SELECT day, told FROM clock WHERE id = 1")
    day, last = clock["day"], BEFORE_ALL
    while not clock["told"]:
        async with db.transaction():
            if await days.today() != day:  # another one has begun, and is told by whoever began it
                return
            found = await db.rows(UNTOLD, [*last, day, day, FEW])
            for row in found:
                await _fall_due(from_row(Ticket, row), day)
            if len(found) < FEW and last == BEFORE_ALL:  # nor has one come behind, meanwhile
                await db.rows("UPDATE clock SET told = TRUE WHERE id = 1")
                return
        last = BEFORE_ALL if len(found) < FEW else (found[-1]["due"], found[-1]["id"])


async def _fall_due(ticket: Ticket, day: str) -> None:
    """The ticket's version and its last change stay: nobody has changed it, and nobody's form is older by it."""
    before, ticket.due_state = ticket.due_state, days.state_of(ticket, day)
    await ticket.save(update_fields=["due_state"])
    await events.record(
        What.TICKET_DUE,
        ticket=ticket,
        tags=await applying.tags_of(ticket),
        changes={"due_state": (before, ticket.due_state.value)},
    )
