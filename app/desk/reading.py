"""What reading does: a ticket's messages are read, or marked unread again. What is kept of it: app.desk.read_up_to."""

from app import db
from app.desk import events, policy, read_up_to, tickets
from app.desk.actor import Actor
from app.desk.errors import Refused
from app.desk.events import What
from app.desk.models import Ticket
from app.desk.roles import Right


async def read(actor: Actor, ticket_id: int, up_to: int) -> None:
    """They were shown a ticket's messages, up to this number. Raises Missing, Refused."""
    async with db.transaction():
        ticket = await _readable(actor, ticket_id)
        up_to = min(up_to, ticket.last_said)
        if await read_up_to.mark(actor, ticket_id) < up_to:
            await read_up_to.note(actor, ticket_id, up_to)
            await events.record(What.TICKET_READ, by=actor, person=actor.id)


async def unread(actor: Actor, ticket_id: int) -> None:
    """Its last message shall be as if they had not seen it. Raises Missing, Refused."""
    async with db.transaction():
        ticket = await _readable(actor, ticket_id)
        if await read_up_to.mark(actor, ticket_id) >= ticket.last_said > 0:
            await read_up_to.note(actor, ticket_id, ticket.last_said - 1)
            await events.record(What.TICKET_READ, by=actor, person=actor.id)


async def _readable(actor: Actor, ticket_id: int) -> Ticket:
    ticket = await tickets.visible(actor, ticket_id)
    if not (policy.may(actor, Right.READ_INTERNAL) and actor.id):
        raise Refused
    return ticket
