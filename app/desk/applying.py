"""What changes write: tickets with their tags, and an event each; of one as of many."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app import db
from app.desk import days, events, search, waiting
from app.desk.actor import Actor
from app.desk.events import What
from app.desk.models import Priority, Status, Ticket

PUBLIC_FIELDS = {"subject", "status", "requester"}  # what its requester may know about a change
FEW = 25  # tickets after which others have their turn: a few milliseconds
WRITTEN = (  # columns that a change may change
    *("subject", "status", "priority", "requester_id", "assignee_id", "due", "due_state"),
    *("version", "updated", "updated_public"),
    *waiting.COLUMNS,
)


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
    await write_tags(many)
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


async def write_tags(many: Sequence[Applied]) -> None:
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
