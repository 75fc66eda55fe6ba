"""What can be done to a ticket: open, change, delete, restore. Each verb is one transaction and leaves its events."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from app import db
from app.desk import changes, days, drafts, events, people, policy, read_up_to, rendering, search, sends, waiting
from app.desk.actor import Actor
from app.desk.errors import Code, Deleted, Invalid, Missing, Refused
from app.desk.events import What
from app.desk.models import Comment, Kind, Priority, Status, Ticket, from_row
from app.desk.rendering import Made
from app.desk.roles import Right
from app.desk.values import Change, Opening

PUBLIC_FIELDS = {"subject", "status", "requester"}  # what its requester may know about a change
FEW = 25  # tickets after which others have their turn: a few milliseconds
WRITTEN = (  # columns that a change may change
    *("subject", "status", "priority", "requester_id", "assignee_id", "due", "due_state"),
    *("version", "updated", "updated_public"),
    *waiting.COLUMNS,
)


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
        await _write_tags([Applied(ticket, [], {"tags": ([], asked.tags)})])
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
        return await apply(actor, ticket, changes.pairs(ticket, now, fields)) if fields else None


async def delete(actor: Actor, ticket_id: int) -> int:
    """Hide a ticket everywhere; the number of the event. Raises Missing, Refused."""
    async with db.transaction():
        ticket = await visible(actor, ticket_id)
        if not policy.may(actor, Right.DELETE, ticket):
            raise Refused
        return (await set_deleted(actor, [await _applied(ticket)], deleted=True))[0]


async def restore(actor: Actor, ticket_id: int) -> int | None:
    """Bring a deleted ticket back; the number of the event, None if it is there. Raises Missing, Refused."""
    async with db.transaction():
        ticket = await Ticket.get_or_none(id=ticket_id)
        if ticket is None or not policy.may(actor, Right.READ_INTERNAL):
            raise Missing
        if not policy.may_restore(actor, await _deleted_by(ticket)):
            raise Deleted(ticket_id) if ticket.deleted else Refused
        return (await set_deleted(actor, [await _applied(ticket)], deleted=False))[0] if ticket.deleted else None


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
    return fields_with(ticket, await tags_of(ticket))


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


async def tags_of(ticket: Ticket) -> list[str]:
    return (await tags_of_all([ticket.id]))[ticket.id]


async def tags_of_all(numbers: Sequence[int]) -> dict[int, list[str]]:
    """Of each of these tickets."""
    marks = ", ".join("?" * len(numbers))
    sql = f"SELECT ticket_id, name FROM tag WHERE ticket_id IN ({marks}) ORDER BY name"  # noqa: S608 - only marks
    tags: dict[int, list[str]] = {number: [] for number in numbers}
    for row in await db.rows(sql, numbers):
        tags[row["ticket_id"]].append(row["name"])
    return tags


async def apply(actor: Actor, ticket: Ticket, changes: dict[str, tuple[Any, Any]]) -> int:
    """Write these changes and their event, inside the caller's transaction; the event's number."""
    return (await apply_all(actor, [Applied(ticket, await tags_of(ticket), changes)]))[0]


@dataclass(frozen=True)
class Applied:
    """A ticket with the tags that it has, and what is to be made of it: field -> (before, after)."""

    ticket: Ticket
    tags: list[str]
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def tags_after(self) -> list[str]:
        return list(self.changes["tags"][1]) if "tags" in self.changes else self.tags

    @property
    def is_public(self) -> bool:
        return bool(PUBLIC_FIELDS & set(self.changes))


async def apply_all(actor: Actor, many: Sequence[Applied]) -> range:
    """The same for many, each by an event of its own; the events' numbers. Others have their turn in between."""
    day = await _day(many)
    numbers: list[int] = []
    for at in range(0, len(many), FEW):
        await asyncio.sleep(0)
        numbers.extend(await _apply_few(actor, many[at : at + FEW], day))
    return range(numbers[0], numbers[-1] + 1)


async def _apply_few(actor: Actor, many: Sequence[Applied], day: str) -> range:
    noted: list[events.Noted] = []
    for one in many:
        for name, (_, value) in one.changes.items():
            _set(one.ticket, name, value)
        due = _due_again(one.ticket, day)
        await waiting.reconsider(one.ticket, one.changes)
        one.ticket.version += 1
        touch(one.ticket, public=one.is_public)
        noted.append(events.Noted(one.ticket, one.tags_after, one.changes | due, one.is_public))
    await _write([one.ticket for one in many])
    await _write_tags(many)
    for one in many:
        if {"subject", "requester"} & set(one.changes):
            await search.retitle(one.ticket.id)
    return await events.record_all(What.TICKET_UPDATED, noted, by=actor)


def _set(ticket: Ticket, name: str, value: Any) -> None:
    match name:
        case "tags":  # which have rows of their own
            return
        case "status":
            ticket.status = Status(value)
        case "priority":
            ticket.priority = Priority.of(value)
        case "requester" | "assignee":
            setattr(ticket, f"{name}_id", value)
        case _:
            setattr(ticket, name, value)


async def _write(many: Sequence[Ticket]) -> None:
    columns = ", ".join(f"{name} = ?" for name in WRITTEN)
    rows = [[*(getattr(ticket, name) for name in WRITTEN), ticket.id] for ticket in many]
    await db.many(f"UPDATE ticket SET {columns} WHERE id = ?", rows)  # noqa: S608 - names are our own


async def _write_tags(many: Sequence[Applied]) -> None:
    old = [[one.ticket.id, name] for one in many for name in one.tags if name not in one.tags_after]
    new = [[one.ticket.id, name] for one in many for name in one.tags_after if name not in one.tags]
    await db.many("DELETE FROM tag WHERE ticket_id = ? AND name = ?", old)
    await db.insert_many("tag", ("ticket_id", "name"), new)


async def _day(many: Sequence[Applied]) -> str:
    """The desk's day, if that makes a difference to any of these, as they will be."""
    due = any(one.ticket.due or "due" in one.changes for one in many)
    return await days.today() if due else ""


def _due_again(ticket: Ticket, day: str) -> dict[str, tuple[Any, Any]]:
    """Settle what the desk's day makes of a ticket that was changed; the change that this is, if any."""
    before, ticket.due_state = ticket.due_state, days.state_of(ticket, day)
    return {events.DUE_STATE: (before, ticket.due_state)} if ticket.due_state != before else {}


def touch(ticket: Ticket, *, public: bool) -> None:
    """Note that something happened to the ticket just now. The caller saves it."""
    ticket.updated = db.now()
    if public:
        ticket.updated_public = ticket.updated


async def _deleted_by(ticket: Ticket) -> int | None:
    """Who deleted the ticket last."""
    found = await db.rows(
        "SELECT actor_id FROM event WHERE ticket_id = ? AND kind = ? ORDER BY id DESC LIMIT 1",
        [ticket.id, What.TICKET_DELETED.value],
    )
    return found[0]["actor_id"] if found else None


async def set_deleted(actor: Actor, many: Sequence[Applied], *, deleted: bool) -> range:
    """Each by an event of its own; the events' numbers. A day that came while they were deleted is made up for."""
    day = "" if deleted else await _day(many)
    numbers: list[int] = []
    for at in range(0, len(many), FEW):
        await asyncio.sleep(0)
        numbers.extend(await _set_few_deleted(actor, many[at : at + FEW], day, deleted=deleted))
    return range(numbers[0], numbers[-1] + 1)


async def _set_few_deleted(actor: Actor, many: Sequence[Applied], day: str, *, deleted: bool) -> range:
    noted: list[events.Noted] = []
    for one in many:
        one.ticket.deleted = deleted
        due = {} if deleted else _due_again(one.ticket, day)
        noted.append(events.Noted(one.ticket, one.tags, due, public=True))
    rows = [[one.ticket.deleted, one.ticket.due_state, one.ticket.id] for one in many]
    await db.many("UPDATE ticket SET deleted = ?, due_state = ? WHERE id = ?", rows)
    return await events.record_all(What.TICKET_DELETED if deleted else What.TICKET_RESTORED, noted, by=actor)


async def _applied(ticket: Ticket) -> Applied:
    return Applied(ticket, await tags_of(ticket))
