"""What can be done to a ticket: open, change, delete, restore. Each verb is one transaction and leaves its events."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app import db
from app.desk import addresses, changes, days, events, fields, people, policy, rendering, search, sends
from app.desk.errors import Code, Deleted, Invalid, Missing, Refused
from app.desk.events import What
from app.desk.models import Comment, Kind, Person, Priority, Status, Ticket, from_row
from app.desk.rendering import Made

PUBLIC_FIELDS = {"subject", "status", "requester"}  # what its requester may know about a change


@dataclass(frozen=True)
class Opening:
    """A ticket as it is asked for; texts as typed. key: equal for repeated sends of the same form."""

    subject: str
    body: str
    priority: str = "normal"
    requester: str = ""
    assignee: str = ""
    tags: str = ""
    key: str = ""


async def open_ticket(person: Person, asked: Opening, made: Made | None = None) -> Ticket:
    """A new ticket with its first message. A requester's is their own and carries no staff field.

    made: of the body, by a caller who holds a transaction. Raises Refused, Invalid; what was sent before under this
    key (see sends) gives the ticket that it made.
    """
    if not policy.may_open(person):
        raise Refused
    errors: dict[str, Code] = {}
    about: dict[str, str] = {}
    subject, body = fields.one_line(asked.subject), fields.message(asked.body)
    fields.collect(errors, "subject", lambda: fields.check_text(subject, fields.SUBJECT))
    fields.collect(errors, "body", lambda: fields.check_text(body, fields.BODY))
    fields.collect(errors, "key", lambda: fields.check_key(asked.key))
    priority, assignee, email = Priority.NORMAL, None, ""
    tags: list[str] = []
    if person.is_staff:
        priority = fields.collect(errors, "priority", lambda: fields.parse_priority(asked.priority or "normal"))
        tags = fields.read_tags(asked.tags)
        if refused := fields.refused_tags(tags):
            errors["tags"], about["tags"] = refused
        assignee = await parse_assignee(person, asked.assignee, errors)
        email = fields.collect(errors, "requester", lambda: addresses.parse(asked.requester)) if asked.requester else ""
    if errors:
        raise Invalid(errors, about)
    mark = sends.mark_of(asked.key, subject, body, priority, email, assignee, tags)
    made = made or await rendering.made(body)
    async with db.transaction():
        if earlier := await sends.before(person, mark):
            return await Ticket.get(id=earlier.ticket_id)
        requester = await people.find_or_add_requester(email) if email else person
        now = db.now()
        ticket = await Ticket.create(
            subject=subject,
            status=Status.OPEN if assignee else Status.NEW,
            priority=priority,
            requester_id=requester.id,
            assignee_id=assignee,
            version=1,
            created=now,
            updated=now,
            updated_public=now,
        )
        await _set_tags(ticket, tags)
        number = await events.number()
        comment = await Comment.create(
            ticket_id=ticket.id,
            author_id=person.id,
            kind=Kind.REPLY,
            body=body,
            **asdict(made),
            event_id=number,
            created=now,
            key=mark,
        )
        await events.record(
            What.TICKET_CREATED, by=person, ticket=ticket, tags=tags, comment=comment.id, public=True, taken=number
        )
        await search.index(ticket.id)
        await rendering.owe(made)
    return ticket


async def change(person: Person, ticket_id: int, version: str, asked: Mapping[str, str]) -> Ticket:
    """Change the fields named in asked (texts as typed) of a ticket that the person saw at this version.

    A field that someone else changed since then and that this person did not touch keeps their value; of two changes
    of one's own the later one holds. Raises Missing, Refused, Invalid, or Conflict if both changed the same field.
    """
    errors: dict[str, Code] = {}
    seen = fields.collect(errors, "version", lambda: fields.parse_version(version)) or 0
    async with db.transaction():
        ticket = await visible(person, ticket_id)
        if not policy.may_change(person, ticket):
            raise Refused
        if errors or seen > ticket.version:
            raise Invalid({"version": Code.UNKNOWN})
        wanted = await changes.wanted(person, ticket, await fields_of(ticket), seen, asked)
        if wanted.get("assignee", (0, None))[1] and ticket.status is Status.NEW and "status" not in wanted:
            wanted["status"] = (Status.NEW.value, Status.OPEN.value)
        if wanted:
            await apply(person, ticket, wanted)
    return ticket


async def delete(person: Person, ticket_id: int) -> None:
    """Hide a ticket everywhere. Raises Missing, Refused."""
    async with db.transaction():
        ticket = await visible(person, ticket_id)
        if not policy.may_change(person, ticket):
            raise Refused
        await _set_deleted(person, ticket, deleted=True)


async def restore(person: Person, ticket_id: int) -> None:
    """Bring a deleted ticket back. Raises Missing, Refused."""
    async with db.transaction():
        ticket = await Ticket.get_or_none(id=ticket_id)
        if ticket is None or not policy.may_know_deleted(person):
            raise Missing
        if not policy.may_restore(person, await _deleted_by(ticket)):
            raise Deleted(ticket_id) if ticket.deleted else Refused
        if ticket.deleted:
            await _set_deleted(person, ticket, deleted=False)


# -- what the verbs share, here and in comments -----------------------------------------------------------------------


async def visible(person: Person, ticket_id: int) -> Ticket:
    """The ticket, if this person may see it. Raises Missing, of staff Deleted."""
    found = await db.rows("SELECT * FROM ticket WHERE id = ?", [ticket_id])
    ticket = from_row(Ticket, found[0]) if found else None
    if ticket is None or not policy.may_see(person, ticket):
        raise Deleted(ticket_id) if ticket and ticket.deleted and policy.may_know_deleted(person) else Missing
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


async def apply(person: Person, ticket: Ticket, changes: dict[str, tuple[Any, Any]]) -> None:
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
        await search.index(ticket.id)
    await events.record(
        What.TICKET_UPDATED, by=person, ticket=ticket, tags=await tags_of(ticket), changes=changes | due, public=public
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


async def parse_assignee(person: Person, text: str, errors: dict[str, Code]) -> int | None:
    read = changes.read_assignee(person, text)
    if isinstance(read, str) or not await changes.can_be_assigned(read):
        errors["assignee"] = Code.UNKNOWN
        return None
    return read


async def _set_tags(ticket: Ticket, tags: list[str]) -> None:
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


async def _set_deleted(person: Person, ticket: Ticket, *, deleted: bool) -> None:
    """A day that came while it was deleted is made up for."""
    ticket.deleted = deleted
    due = {} if deleted else await _due_again(ticket)
    await ticket.save(update_fields=["deleted", *due])
    what = What.TICKET_DELETED if deleted else What.TICKET_RESTORED
    await events.record(what, by=person, ticket=ticket, tags=await tags_of(ticket), changes=due, public=True)
