"""What can be done to a ticket: open, change, delete, restore. Each verb is one transaction and leaves its events."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from app import db
from app.desk import applying, changes, drafts, events, people, policy, read_up_to, rendering, search, sends, waiting
from app.desk.actor import Actor
from app.desk.errors import Code, Deleted, Invalid, Missing, Refused
from app.desk.events import What
from app.desk.models import Comment, Kind, Status, Ticket, from_row
from app.desk.rendering import Made
from app.desk.roles import Right
from app.desk.values import Change, Opening


async def open_ticket(actor: Actor, asked: Opening, made: Made | None = None) -> Ticket:
    """A new ticket with its first message. A requester's is their own and carries no staff field.

    made: of the body, by a caller who holds a transaction. Raises Refused, Invalid; what was sent before under this
    idempotency key (see sends) gives the ticket that it made.
    """
    if not policy.may(actor, Right.OPEN):
        raise Refused
    if not policy.may(actor, Right.CHANGE):  # and so none of what staff say of it
        asked = Opening(
            asked.subject, asked.body, idempotency_key=asked.idempotency_key, draft=asked.draft, after=asked.after
        )
    if not await changes.can_be_assigned(asked.assignee):
        raise Invalid({"assignee": Code.UNKNOWN})
    words = (asked.subject, asked.body, asked.priority, asked.requester, asked.assignee, list(asked.tags))
    mark = sends.mark_of(asked.idempotency_key, *words)
    made = made or await rendering.made(asked.body)
    place = drafts.NEW_TICKET if asked.after is None else drafts.of_message(asked.after)
    async with db.transaction():
        await drafts.sent(actor.id, place, asked.body, asked.draft, asked.idempotency_key)
        if earlier := await sends.before(actor, mark):
            return await Ticket.get(id=earlier.ticket_id)
        requester = (await people.find_or_add_requester(asked.requester)).id if asked.requester else actor.id
        now = db.now()
        ticket = Ticket(
            subject=asked.subject,
            status=Status.OPEN if asked.assignee else Status.NEW,
            priority=asked.priority,
            requester_id=requester,
            assignee_id=asked.assignee,
            version=1,
            created=now,
            updated=now,
            updated_public=now,
            heard=now,
        )
        waiting.hear(ticket, made.html, now, asks=policy.asks(actor, ticket), after=ticket.status)
        number = ticket.last_said = await events.number()
        await ticket.save()
        await applying.write_tags([applying.Applied(ticket, [], {"tags": ([], asked.tags)})])
        await read_up_to.note(actor, ticket.id, number)
        comment = await Comment.create(
            ticket_id=ticket.id,
            author_id=actor.id,
            kind=Kind.REPLY,
            body=asked.body,
            **asdict(made),
            event_id=number,
            created=now,
            key=mark,
        )
        await events.record(
            What.TICKET_CREATED, by=actor, ticket=ticket, tags=asked.tags, comment=comment.id, public=True, taken=number
        )
        await search.index(ticket.id)
        await rendering.owe(made)
    return ticket


async def change(actor: Actor, ticket_id: int, asked: Change) -> int | None:
    """Change the fields of a ticket that are named; the number of the event, None if all of it was so already.

    A field that someone else changed since then and that they did not touch keeps their value; of two changes
    of one's own the later one holds. Raises Missing, Refused, Invalid, or Conflict if both changed the same field.
    """
    async with db.transaction():
        ticket = await changeable(actor, ticket_id)
        changes.check_version(ticket, asked.version)
        wanted, now = await changes.looked_up(asked), await fields_of(ticket)
        fields = changes.touched(actor, now, wanted, await changes.since(ticket, asked.version))
        await changes.refuse_theirs(ticket, fields, wanted)
        return await applying.apply(actor, ticket, changes.pairs(ticket, now, fields)) if fields else None


async def delete(actor: Actor, ticket_id: int) -> int:
    """Hide a ticket everywhere; the number of the event. Raises Missing, Refused."""
    async with db.transaction():
        ticket = await visible(actor, ticket_id)
        if not policy.may(actor, Right.DELETE, ticket):
            raise Refused
        return (await applying.set_deleted(actor, [await _applied(ticket)], deleted=True))[0]


async def restore(actor: Actor, ticket_id: int) -> int | None:
    """Bring a deleted ticket back; the number of the event, None if it is there. Raises Missing, Refused."""
    async with db.transaction():
        ticket = await Ticket.get_or_none(id=ticket_id)
        if ticket is None or not policy.may(actor, Right.READ_INTERNAL):
            raise Missing
        if not policy.may_restore(actor, await _deleted_by(ticket)):
            raise Deleted(ticket_id) if ticket.deleted else Refused
        return (
            (await applying.set_deleted(actor, [await _applied(ticket)], deleted=False))[0] if ticket.deleted else None
        )


# -- what the verbs share, here and in comments -----------------------------------------------------------------------


async def changeable(actor: Actor, ticket_id: int) -> Ticket:
    """The ticket, if they may change its fields. Raises Missing, Refused."""
    ticket = await visible(actor, ticket_id)
    if not policy.may(actor, Right.CHANGE, ticket):
        raise Refused
    return ticket


async def visible(actor: Actor, ticket_id: int) -> Ticket:
    """The ticket, if they may read it. Raises Missing, of staff Deleted."""
    return seen(actor, ticket_id, (await read([ticket_id])).get(ticket_id))


def seen(actor: Actor, ticket_id: int, ticket: Ticket | None) -> Ticket:
    """The same of what was read: this ticket, if there is one."""
    if ticket is None or not policy.may(actor, Right.READ, ticket):
        raise Deleted(ticket_id) if ticket and ticket.deleted and policy.may(actor, Right.READ_INTERNAL) else Missing
    return ticket


async def read(numbers: Sequence[int]) -> dict[int, Ticket]:
    """Tickets by their numbers, also deleted ones; for who asks whether they may be seen."""
    marks = ", ".join("?" * len(numbers))
    found = await db.rows(f"SELECT * FROM ticket WHERE id IN ({marks})", numbers)  # noqa: S608 - only marks
    return {row["id"]: from_row(Ticket, row) for row in found}


async def fields_of(ticket: Ticket) -> dict[str, Any]:
    """The ticket's own fields as events and conflicts say them."""
    return fields_with(ticket, await applying.tags_of(ticket))


def fields_with(ticket: Ticket, tags: list[str]) -> dict[str, Any]:
    return {
        "subject": ticket.subject,
        "status": ticket.status.value,
        "priority": ticket.priority.word,
        "requester": ticket.requester_id,
        "assignee": ticket.assignee_id,
        "tags": tags,
        "due": ticket.due,
    }


async def _deleted_by(ticket: Ticket) -> int | None:
    """Who deleted the ticket last."""
    found = await db.rows(
        "SELECT actor_id FROM event WHERE ticket_id = ? AND kind = ? ORDER BY id DESC LIMIT 1",
        [ticket.id, What.TICKET_DELETED.value],
    )
    return found[0]["actor_id"] if found else None


async def _applied(ticket: Ticket) -> applying.Applied:
    return applying.Applied(ticket, await applying.tags_of(ticket))
