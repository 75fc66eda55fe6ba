"""What was said about a ticket and what happened to it, in parts: a long thread is read as quickly as a short one.

A part begins with a message and is told by its place, counted from 1 among those that its audience sees. A deleted one
leaves a marker, so that places stay.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app import db
from app.desk import names
from app.desk.audience import Audience
from app.desk.errors import Deleted, Missing
from app.desk.events import COMING_AND_GOING, DUE_STATE, FIELDS, What, before_of, changes_of
from app.desk.models import Kind
from app.desk.values import BODY

PART = 100  # messages at most that a page shows
STEP = 50  # by which the last part goes on, so that it has more than these
NEVER = 2**63 - 1  # the number of no event


@dataclass(frozen=True)
class Earlier:
    """What a message said once. author, at: who wrote it so, and when."""

    body: str
    author: str
    at: int


@dataclass(frozen=True)
class Said:
    """A comment in a thread. earlier: what it said before, for staff, the newest first; left_out: how many more."""

    number: int  # of the event that added it: its place
    id: int
    kind: str
    author: str
    author_id: int
    staff: bool  # whether the author is staff
    html: str  # safe to show; empty once deleted
    version: int
    created: int
    edited: bool
    deleted: bool
    earlier: tuple[Earlier, ...] = ()
    left_out: int = 0


@dataclass(frozen=True)
class Line:
    """A line of history in a thread. changes: (field, before, after), people by name."""

    number: int
    what: str
    actor: str | None
    at: int
    changes: tuple[tuple[str, Any, Any], ...]


@dataclass(frozen=True)
class Thread:
    """Messages from the first one on, and the lines of history after each. count: of all messages."""

    entries: tuple[Said | Line, ...]
    first: int
    count: int


PUBLIC_CHANGES = ("subject", "status")
PEOPLE = ("assignee", "requester")  # fields that hold a person
SAID = "c.id, c.event_id, c.kind, c.author_id, c.html, c.version, c.created, c.edited, c.deleted"


async def thread(audience: Audience, ticket: int, first: int = 0) -> Thread:
    """The part of a thread that begins at a place; 0: the last part. Empty if there is none for this audience."""
    count = await _count(audience, ticket)
    first = first or last_part(count)
    if first > count:
        return Thread((), first, count)
    between = await _numbers(audience, ticket, first)
    only, values = _only(audience, ticket)
    called = names.told_apart("p") if audience.is_staff else "p.name"
    comments = await db.rows(
        f"SELECT {SAID}, {called} AS author, p.role FROM comment c JOIN person p ON p.id = c.author_id "  # noqa: S608
        f"WHERE {only} AND c.event_id >= ? AND c.event_id < ? ORDER BY c.event_id",
        [*values, *between],
    )
    events = await db.rows(
        f"SELECT e.id, e.kind, e.at, e.data, {called} AS actor FROM event e LEFT JOIN person p ON p.id = e.actor_id "  # noqa: S608
        "WHERE e.ticket_id = ? AND e.kind IN ('ticket_updated', 'ticket_deleted', 'ticket_restored', 'ticket_due') "
        "AND e.id >= ? AND e.id < ? ORDER BY e.id",
        [ticket, *between],
    )
    said = [_said(row) for row in comments]
    if audience.is_staff:
        said = await _with_earlier(ticket, said)
    entries: list[Said | Line] = [*said, *await _lines(audience, events)]
    return Thread(tuple(sorted(entries, key=lambda entry: entry.number)), first, count)


async def since(ticket: int, number: int, but: int | None, most: int) -> tuple[tuple[Said, ...], int]:
    """For staff: what others than this person said in public after an event; the latest so many, and how many more."""
    [journal] = await db.rows("SELECT position FROM journal")
    if number > journal["position"]:  # of another desk: this one was put back to a copy that is older
        number = 0
    found = await db.rows(
        f"SELECT {SAID}, {names.told_apart('p')} AS author, p.role, count(*) OVER () AS n "  # noqa: S608 - our own
        "FROM comment c JOIN person p ON p.id = c.author_id "
        "WHERE c.ticket_id = ? AND c.kind = ? AND c.event_id > ? AND c.author_id <> ? AND c.deleted = FALSE "
        "ORDER BY c.event_id DESC LIMIT ?",
        [ticket, Kind.REPLY.value, number, but or 0, most],
    )
    return tuple(_said(row) for row in reversed(found)), found[0]["n"] - len(found) if found else 0


async def part_of(audience: Audience, comment: int) -> tuple[int, int]:
    """The ticket of a message, and where the part begins that shows it; 0: it is in the last one. Raises Missing."""
    found = await db.rows("SELECT ticket_id, event_id, kind FROM comment WHERE id = ?", [comment])
    if not found or not (audience.is_staff or found[0]["kind"] == Kind.REPLY):
        raise Missing
    ticket = found[0]["ticket_id"]
    count = await _count(audience, ticket)
    if not count:  # of a ticket that is deleted
        raise Deleted(ticket) if audience.is_staff else Missing
    only, values = _only(audience, ticket)
    [before] = await db.rows(
        f"SELECT count(*) AS n FROM comment c WHERE {only} AND c.event_id < ?",  # noqa: S608 - our own
        [*values, found[0]["event_id"]],
    )
    return ticket, 0 if before["n"] + 1 >= last_part(count) else before["n"] // PART * PART + 1


async def _count(audience: Audience, ticket: int) -> int:
    """How many messages of a ticket there are for this audience."""
    theirs, values = audience.sql()
    only, of = _only(audience, ticket)
    [row] = await db.rows(
        f"SELECT count(*) AS n FROM comment c WHERE {only} "  # noqa: S608 - our own
        f"AND EXISTS (SELECT 1 FROM ticket t WHERE t.id = c.ticket_id AND {theirs})",
        [*of, *values],
    )
    return int(row["n"])


async def _numbers(audience: Audience, ticket: int, first: int) -> tuple[int, int]:
    """The numbers between which a part lies: its first message's, and that of the first one after it."""
    only, values = _only(audience, ticket)
    place = f"(SELECT c.event_id FROM comment c WHERE {only} ORDER BY c.event_id LIMIT 1 OFFSET ?)"  # noqa: S608
    [row] = await db.rows(
        f"SELECT {place} AS begins, {place} AS ends",
        [*values, first - 1, *values, first - 1 + PART],
    )
    return row["begins"] or NEVER, row["ends"] or NEVER


def _only(audience: Audience, ticket: int) -> tuple[str, list[Any]]:
    """Which messages of a ticket an audience sees."""
    if audience.is_staff:
        return "c.ticket_id = ?", [ticket]
    return "c.ticket_id = ? AND c.kind = ?", [ticket, Kind.REPLY.value]


def last_part(count: int) -> int:
    """Where the last part begins: it has up to PART messages, and more than STEP of them if there are as many."""
    return 1 + STEP * max(0, -(-count // STEP) - 2)


def _said(row: dict[str, Any]) -> Said:
    return Said(
        number=row["event_id"],
        id=row["id"],
        kind=row["kind"],
        author=row["author"],
        author_id=row["author_id"],
        staff=row["role"] != "requester",
        html=row["html"],
        version=row["version"],
        created=row["created"],
        edited=row["edited"] is not None,
        deleted=bool(row["deleted"]),
    )


async def _with_earlier(ticket: int, said: list[Said]) -> list[Said]:
    """The same messages with what they said before: the first words, and of later ones what is not too much."""
    edited = {one.id: one for one in said if one.edited and not one.deleted}
    if not edited:
        return said
    versions: dict[int, list[Earlier]] = {number: [] for number in edited}
    writer = {one.id: (one.author, one.created) for one in edited.values()}
    marks = ", ".join("?" * len(edited))
    called = names.told_apart("p")
    for row in await db.rows(
        f"SELECT e.comment_id, e.at, e.data, {called} AS name FROM event e LEFT JOIN person p ON p.id = e.actor_id "  # noqa: S608
        f"WHERE e.ticket_id = ? AND e.kind = ? AND e.comment_id IN ({marks}) ORDER BY e.id",
        [ticket, What.COMMENT_EDITED.value, *edited],
    ):
        if before := before_of(row["data"]):
            versions[row["comment_id"]].append(Earlier(before, *writer[row["comment_id"]]))
        writer[row["comment_id"]] = (row["name"] or "", row["at"])
    return [replace(one, **_shown(versions[one.id])) if versions.get(one.id) else one for one in said]


def _shown(versions: list[Earlier]) -> dict[str, Any]:
    first, *others = versions
    kept, room = list[Earlier](), BODY - len(first.body)
    for version in reversed(others):
        room -= len(version.body)
        if room < 0:
            break
        kept.append(version)
    return {"earlier": (*kept, first), "left_out": len(others) - len(kept)}


async def _lines(audience: Audience, events: list[dict[str, Any]]) -> list[Line]:
    read = [(row, changes_of(row["data"])) for row in events]
    ids = {value for _, changes in read for name in PEOPLE for value in changes.get(name, ()) if value is not None}
    called = await names.of(ids)
    lines = []
    for row, changes in read:
        shown = tuple(
            (name, _as_said(name, before, called), _as_said(name, after, called))
            for name, (before, after) in changes.items()
            if name in _shown_changes(audience, row["kind"])
        )
        if shown or (audience.is_staff and row["kind"] in COMING_AND_GOING):
            lines.append(Line(row["id"], row["kind"], row["actor"], row["at"], shown))
    return lines


def _shown_changes(audience: Audience, kind: str) -> Container[str]:
    if not audience.is_staff:
        return PUBLIC_CHANGES
    return (DUE_STATE,) if kind == What.TICKET_DUE else FIELDS


def _as_said(field: str, value: Any, called: Mapping[int, str]) -> Any:
    """A field's value as a line of history says it: people by name."""
    return called.get(value, "?") if field in PEOPLE and value is not None else value
