"""What people do, in the words of forms, read as the desk reads them."""

from collections.abc import Mapping

from app.desk import comments, tickets, values
from app.desk.actor import Actor
from app.desk.models import Comment, Ticket


async def open_ticket(actor: Actor, subject: str, body: str, **form: str) -> Ticket:
    asked = values.opening({"subject": subject, "body": body, **form}, actor.id)
    return await tickets.open_ticket(actor, asked)


async def change(actor: Actor, ticket: int, version: str, form: Mapping[str, str]) -> Ticket:
    await tickets.change(actor, ticket, values.change({**form, "version": version}, actor.id))
    return await Ticket.get(id=ticket)


async def write(actor: Actor, ticket: int, body: str, **form: str) -> Comment:
    """form: kind, status, key, seen."""
    return await comments.write(actor, ticket, values.message({"body": body, **form}))


async def edit(actor: Actor, comment: int, body: str, version: str) -> Comment:
    return await comments.edit(actor, comment, values.revision({"body": body, "version": version}))
