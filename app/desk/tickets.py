"""What can be done to a ticket: open, change, delete, restore. Each verb is one transaction and leaves its events."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from app import db
from app.desk import changes, days, drafts, events, people, policy, rendering, search, sends
from app.desk.actor import Actor
from app.desk.errors import Code, Deleted, Invalid, Missing, Refused
from app.desk.events import What
from app.desk.models import Comment, Kind, Priority, Status, Ticket, from_row
from app.desk.rendering import Made
from app.desk.roles import Right
from app.desk.values import Change, Opening

PUBLIC_FIELDS = {"subject", "status", "requester"}  # what its requester may know about a change


async def open_ticket(actor: Actor, asked: Opening, made: Made | None = None) -> Ticket:
    """A new ticket with its first message. A requester's is their own and carries no staff field.

    made: of the body, by a caller who holds a transaction. Raises Refused, Invalid; what was sent before under this
    key (see sends) gives the ticket that it made.
    """
    if not policy.may(actor, Right.OPEN):
        raise Refused
    if not policy.may(actor, Right.CHANGE):  # and so none of what staff say of it
        asked = Opening(asked.subject, asked.body, key=asked.key, draft=asked.draft, after=asked.after)
    if not await changes.can_be_assigned(asked.assignee):
        raise Invalid({"assignee": Code.UNKNOWN})
    words = (asked.subject, asked.body, asked.priority, asked.requester, asked.assignee, list(asked.tags))
    mark = sends.mark_of(asked.key, *words)
    made = made or await rendering.made(asked.body)
    place = drafts.NEW_TICKET if asked.after is None else drafts.of_message(asked.after)
    async with db.transaction():
        await drafts.sent(actor.id, place, asked.body, asked.draft, asked.key)
        if earlier := await sends.before(actor, mark):
            return await Ticket.get(id=earlier.ticket_id)
        requester = (await people.find_or_add_requester(asked.requester)).id if asked.requester else actor.id
        now = db.now()
        ticket = await Ticket.create(
            subject=asked.subject,
            status=Status.OPEN if asked.assignee else Status.NEW,
            priority=asked.priority,
            requester_id=requester,
            assignee_id=asked.assignee,
            version=1,
            created=now,
            updated=now,
            updated_public=now,
        )
        await _set_tags(ticket, asked.tags)
        number = await events.number()
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


async def change(actor: Actor, ticket_id: int, asked: Change) -> Ticket:
    """Change the fields of a ticket that are named.

    A field that someone else changed since then and that they did not touch keeps their value; of two changes
    of one's own the later one holds. Raises Missing, Refused, Invalid, or Conflict if both changed the same field.
    """
    async with db.transaction():
        ticket = await changeable(actor, ticket_id)
        if asked.version > ticket.version:
            raise Invalid({"version": Code.UNKNOWN})
        wanted = await changes.wanted(actor, ticket, await fields_of(ticket), asked)
        if wanted.get("assignee", (0, None))[1] and ticket.status is Status.NEW and "status" not in wanted:
            wanted["status"] = (Status.NEW.value, Status.OPEN.value)
        if wanted:
            await apply(actor, ticket, wanted)
    return ticket


async def delete(actor: Actor, ticket_id: int) -> None:
    """Hide a ticket everywhere. Raises Missing, Refused."""
    async with db.transaction():
        ticket = await visible(actor, ticket_id)
        if not policy.may(actor, Right.DELETE, ticket):
            raise Refused
        await _set_deleted(actor, ticket, deleted=True)


async def restore(actor: Actor, ticket_id: int) -> None:
    """Bring a deleted ticket back. Raises Missing, Refused."""
    async with db.transaction():
        ticket = await Ticket.get_or_none(id=ticket_id)
        if ticket is None or not policy.may(actor, Right.READ_INTERNAL):
            raise Missing
        if not policy.may_restore(actor, await _deleted_by(ticket)):
            raise Deleted(ticket_id) if ticket.deleted else Refused
        if ticket.deleted:
            await _set_deleted(actor, ticket, deleted=False)


# -- what the verbs share, here and in comments -----------------------------------------------------------------------


async def changeable(actor: Actor, ticket_id: int) -> Ticket:
    """The ticket, if they may change its fields. Raises Missing, Refused."""
    ticket = await visible(actor, ticket_id)
    if not policy.may(actor, Right.CHANGE, ticket):
        raise Refused
    return ticket


async def visible(actor: Actor, ticket_id: int) -> Ticket:
    """The ticket, if they may read it. Raises Missing, of staff Deleted."""
    found = await db.rows("SELECT * FROM ticket WHERE id = ?", [ticket_id])
    ticket = from_row(Ticket, found[0]) if found else None
    if ticket is None or not policy.may(actor, Right.READ, ticket):
        raise Deleted(ticket_id) if ticket and ticket.deleted and policy.may(actor, Right.READ_INTERNAL) else Missing
    return ticket


async def fields_of(ticket: Ticket) -> dict[str, Any]:
    """The ticket's own fields as events and conflicts say them."""
    return {
        "subject": ticket.subject,
        "status": ticket.status.value,
        "priority": ticket.priority.word,
        "requester": ticket.requester_id,
        "assignee": ticket.assignee_id,
        "tags": await tags_of(ticket),
        "due": ticket.due,
    }


async def tags_of(ticket: Ticket) -> list[str]:
    found = await db.rows("SELECT name FROM tag WHERE ticket_id = ? ORDER BY name", [ticket.id])
    return [row["name"] for row in found]


async def apply(actor: Actor, ticket: Ticket, changes: dict[str, tuple[Any, Any]]) -> None:
    """Write these changes and their event, inside the caller's transaction."""
    public = bool(PUBLIC_FIELDS & set(changes))
    columns = ["version", "updated", "updated_public"]
    for name, (_, value) in changes.items():
        match name:
            case "tags":
                await _set_tags(ticket, value)
                continue
            case "status":
                ticket.status = Status(value)
            case "priority":
                ticket.priority = Priority.of(value)
            case "requester":
                ticket.requester_id = value
            case "assignee":
                ticket.assignee_id = value
            case _:
                setattr(ticket, name, value)
        columns.append(f"{name}_id" if name in ("requester", "assignee") else name)
    due = await _due_again(ticket)
    ticket.version += 1
    touch(ticket, public=public)
    await ticket.save(update_fields=[*columns, *due])
    if {"subject", "requester"} & set(changes):
        await search.retitle(ticket.id)
    await events.record(
        What.TICKET_UPDATED, by=actor, ticket=ticket, tags=await tags_of(ticket), changes=changes | due, public=public
    )


async def _due_again(ticket: Ticket) -> dict[str, tuple[Any, Any]]:
    """Settle what the desk's day makes of a ticket that was changed; the change that this is, if any."""
    day = await days.today() if ticket.due else ""
    before, ticket.due_state = ticket.due_state, days.state_of(ticket, day)
    return {events.DUE_STATE: (before, ticket.due_state)} if ticket.due_state != before else {}


def touch(ticket: Ticket, *, public: bool) -> None:
    """Note that something happened to the ticket just now. The caller saves it."""
    ticket.updated = db.now()
    if public:
        ticket.updated_public = ticket.updated


async def _set_tags(ticket: Ticket, tags: Sequence[str]) -> None:
    had = await tags_of(ticket)
    for name in set(had).difference(tags):
        await db.rows("DELETE FROM tag WHERE ticket_id = ? AND name = ?", [ticket.id, name])
    if new := [[ticket.id, name] for name in tags if name not in had]:
        await db.insert_many("tag", ("ticket_id", "name"), new)


async def _deleted_by(ticket: Ticket) -> int | None:
    """Who deleted the ticket last."""
    found = await db.rows(
        "SELECT actor_id FROM event WHERE ticket_id = ? AND kind = ? ORDER BY id DESC LIMIT 1",
        [ticket.id, What.TICKET_DELETED.value],
    )
    return found[0]["actor_id"] if found else None


async def _set_deleted(actor: Actor, ticket: Ticket, *, deleted: bool) -> None:
    """A day that came while it was deleted is made up for."""
    ticket.deleted = deleted
    due = {} if deleted else await _due_again(ticket)
    await ticket.save(update_fields=["deleted", *due])
    what = What.TICKET_DELETED if deleted else What.TICKET_RESTORED
    await events.record(what, by=actor, ticket=ticket, tags=await tags_of(ticket), changes=due, public=True)
