"""The read side: what lists, tickets, threads and counts show, for an audience.

A requester's values do not hold what a requester may not know: it is never read for them, so that no template can
show it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app import db
from app.desk import marked, names, search, selecting
from app.desk.audience import Audience
from app.desk.filters import PAGE, Filter
from app.desk.found import Found, Step
from app.desk.marked import Piece, Pieces, Sought
from app.desk.models import Priority, Status
from app.desk.roles import Right, with_right

MOST = 1000  # counts stop here: they are shown as 999+
FEW = 200  # rows that are soon looked through
LAST_SAID = 10  # of a ticket's messages, in which is looked for what it was found by
LONGEST_SAID, MOST_SAID = 4000, 60_000  # characters of each, and for a page


@dataclass(frozen=True)
class Row:
    """A ticket in a list. None: not for this audience (or, for assignee and due, nobody and no day)."""

    id: int
    sort_key: str  # its place, see Order.key
    subject: str
    status: str
    moment: int  # microseconds; what the audience sees as "updated"
    words: str  # the last ones in public; by_staff: who said them
    by_staff: bool
    waiting_since: int | None = None  # None if nobody waits
    last_said: int | None = None  # see desk.read_up_to
    requester: str | None = None
    priority: str | None = None
    assignee: str | None = None
    assignee_id: int | None = None
    due: str | None = None
    due_state: str | None = None
    tags: tuple[str, ...] = ()
    version: int | None = None
    named: Pieces = ()  # the subject, if words of it are looked for
    said: Piece | None = None  # of the newest message that they stand in


@dataclass(frozen=True)
class Page:
    """One page of a list. count: of the whole list, at most MOST."""

    rows: tuple[Row, ...]
    count: int
    more: bool


@dataclass(frozen=True)
class Header:
    """A ticket's own fields."""

    id: int
    subject: str
    status: str
    requester: str
    created: int
    version: int | None = None
    priority: str | None = None
    assignee: str | None = None
    assignee_id: int | None = None
    requester_email: str | None = None
    due: str | None = None
    due_state: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Removed:
    """A ticket that was deleted: for staff. by, name: who did it."""

    id: int
    by: int | None
    name: str | None
    at: int


async def page(filter_: Filter) -> Page:
    """The rows of a list's page in its order."""
    known = None if filter_.is_plain or filter_.search.asked else await count(filter_)
    indexed = await search.found(filter_.search)
    found = [] if known == 0 else await _rows(filter_, indexed, known)
    shown, more = found[:PAGE], len(found) > PAGE
    whole = filter_.page == 1 and not more
    looked_for = marked.sought(filter_.search)
    said = await _said(filter_, looked_for, [row["id"] for row in shown]) if looked_for and shown else {}
    return Page(
        rows=tuple(
            _row(filter_, row, marked.whole(row["subject"], looked_for) if looked_for else (), said.get(row["id"]))
            for row in shown
        ),
        count=len(shown) if whole else await count(filter_, indexed) if known is None else known,
        more=more,
    )


async def _rows(filter_: Filter, indexed: Sequence[Step], known: int | None) -> list[dict[str, Any]]:
    """Of the page, and one more if there is. known: how many the list has, if that was counted."""
    narrow = known is not None and known < MOST
    if filter_.audience.is_staff:
        columns = (
            "t.id, t.subject, t.status, t.priority, t.assignee_id, t.due, t.due_state, t.version, t.created, "
            "t.updated, t.waiting_since, t.heard, t.last_words, t.last_by_staff, t.last_said, "
            f"r.name AS requester, {names.told_apart('a')} AS assignee, {_tags_of_t()}"
        )
        joins = "JOIN person r ON r.id = t.requester_id LEFT JOIN person a ON a.id = t.assignee_id"
    else:
        columns, joins = "t.id, t.subject, t.status, t.created, t.updated_public, t.last_words, t.last_by_staff", ""
    rows: list[dict[str, Any]] = []
    for step in indexed or [_unasked]:
        found = await step()
        where, values = selecting.where(filter_, narrow=narrow, found=found)
        rows = await db.rows(
            f"SELECT {columns} FROM {selecting.source(filter_, narrow=narrow, found=found)} {joins} WHERE {where} "  # noqa: S608
            f"ORDER BY {selecting.order(filter_, narrow=narrow, found=found)} LIMIT ? OFFSET ?",
            [*values, PAGE + 1, (filter_.page - 1) * PAGE],
            aside=_is_long(filter_, found) and (known is None or known > FEW),
        )
        if len(rows) > PAGE:
            break
    return rows


async def count(filter_: Filter, indexed: Sequence[Step] = ()) -> int:
    """How many tickets a list has, at most MOST. indexed: what its search finds, if that is known already."""
    n = 0
    steps = indexed or await search.found(filter_.search) or [_unasked]
    for step in steps:
        found = await step()
        if found and found.most < MOST and step is not steps[-1]:
            continue
        where, values = selecting.where(filter_, narrow=True, found=found)
        source = selecting.source(filter_, narrow=True, found=found)
        [row] = await db.rows(
            f"SELECT count(*) AS n FROM (SELECT 1 FROM {source} WHERE {where} LIMIT ?) AS few",  # noqa: S608
            [*values, MOST],
            aside=_is_long(filter_, found),
        )
        n = int(row["n"])
        if n >= MOST:
            break
    return n


async def _said(filter_: Filter, looked_for: tuple[Sought, ...], tickets: Sequence[int]) -> dict[int, Piece]:
    """By which of its messages each ticket was found. Whatever is not marked is found all the same."""
    which = "c.ticket_id = t.id AND NOT c.deleted" + ("" if filter_.audience.is_staff else " AND c.kind = 'reply'")
    messages = await db.rows(
        f"SELECT t.id, substr(c.body, 1, ?) AS body FROM ticket t JOIN comment c ON {which} AND c.event_id >= coalesce("  # noqa: S608
        f"(SELECT c.event_id FROM comment c WHERE {which} ORDER BY c.event_id DESC LIMIT 1 OFFSET ?), 0) "
        f"WHERE t.id IN ({', '.join('?' * len(tickets))}) ORDER BY t.id DESC, c.event_id DESC",
        [LONGEST_SAID + 1, LAST_SAID - 1, *tickets],
        aside=True,
    )
    said: dict[int, Piece] = {}
    left = MOST_SAID
    for ticket, body in _in_turns((message["id"], message["body"]) for message in messages):
        if ticket not in said and len(body) <= left:
            left -= len(body)
            if piece := marked.around(body, looked_for):
                said[ticket] = piece
    return said


def _in_turns(messages: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """The newest one of each ticket, then the next. Of one that is cut no part of a word is taken for a word."""
    turns = Counter[int]()
    found: list[tuple[int, int, str]] = []
    for ticket, body in messages:
        found.append((turns[ticket], ticket, body[: marked.end_of(body, LONGEST_SAID)]))
        turns[ticket] += 1
    return [(ticket, body) for _, ticket, body in sorted(found, key=lambda it: it[0])]


async def _unasked() -> Found | None:
    return None


def _is_long(filter_: Filter, found: Found | None) -> bool:
    """Whether the database may have to pass many tickets over to answer it."""
    return not filter_.is_plain and (bool(filter_.conditions) or found is None or found.is_long)


async def header(audience: Audience, ticket: int) -> Header | None:
    """A ticket's own fields; None if there is none for this audience."""
    theirs, values = audience.sql()
    found = await db.rows(
        f"SELECT t.*, r.name AS requester, r.email AS requester_email, {names.told_apart('a')} AS assignee, "  # noqa: S608
        f"{_tags_of_t()} FROM ticket t "
        "JOIN person r ON r.id = t.requester_id LEFT JOIN person a ON a.id = t.assignee_id "
        f"WHERE t.id = ? AND {theirs}",
        [ticket, *values],
    )
    if not found:
        return None
    row = found[0]
    public = {
        "id": row["id"],
        "subject": row["subject"],
        "status": row["status"],
        "requester": row["requester"],
        "created": row["created"],
    }
    if not audience.is_staff:
        return Header(**public)
    return Header(
        **public,
        version=row["version"],
        priority=Priority(row["priority"]).word,
        assignee=row["assignee"],
        assignee_id=row["assignee_id"],
        requester_email=row["requester_email"],
        due=row["due"],
        due_state=row["due_state"],
        tags=_tags(row["tags"]),
    )


async def removed(ticket: int) -> Removed | None:
    """The ticket, if it is deleted now."""
    found = await db.rows(
        "SELECT e.actor_id, p.name, e.at FROM ticket t JOIN event e ON e.ticket_id = t.id "
        "LEFT JOIN person p ON p.id = e.actor_id "
        "WHERE t.id = ? AND t.deleted AND e.kind = 'ticket_deleted' ORDER BY e.id DESC LIMIT 1",
        [ticket],
    )
    return Removed(ticket, found[0]["actor_id"], found[0]["name"], found[0]["at"]) if found else None


async def assignable() -> list[tuple[int, str]]:
    """Who can be assigned: (id, name), by name."""
    roles = [role.value for role in with_right(Right.BE_ASSIGNED)]
    found = await db.rows(
        f"SELECT p.id, {names.told_apart('p')} AS name FROM person p "  # noqa: S608
        f"WHERE p.role IN ({', '.join('?' * len(roles))}) AND NOT p.disabled ORDER BY p.name, p.id",
        roles,
    )
    return [(row["id"], row["name"]) for row in found]


async def tags() -> list[str]:
    """Every tag in use, in order, two hundred at most. Each step takes the next one from the index of names.

    A LIMIT says that one ticket of each is enough: of an EXISTS PostgreSQL makes a join of all tags with all tickets.
    """
    found = await db.rows(
        "WITH RECURSIVE used(name) AS (SELECT min(name) FROM tag UNION ALL "
        "SELECT (SELECT min(name) FROM tag WHERE tag.name > used.name) FROM used WHERE used.name IS NOT NULL) "
        "SELECT name FROM used WHERE (SELECT 1 FROM tag g JOIN ticket t ON t.id = g.ticket_id "
        "WHERE g.name = used.name AND NOT t.deleted LIMIT 1) = 1 LIMIT 200"
    )
    return [row["name"] for row in found]


async def has_tickets() -> bool:
    return bool(await db.rows("SELECT 1 FROM ticket WHERE NOT deleted LIMIT 1"))


def _tags_of_t() -> str:
    """SQL of the tags of a ticket t. No tag holds a comma."""
    return f"(SELECT {db.dialect().gather('name')} FROM tag WHERE ticket_id = t.id) AS tags"  # noqa: S608


def _tags(joined: str | None) -> tuple[str, ...]:
    """Tags as they were gathered."""
    return tuple(sorted(joined.split(","))) if joined else ()


def _row(filter_: Filter, row: dict[str, Any], named: Pieces, said: Piece | None) -> Row:
    public = {name: row[name] for name in ("id", "subject", "status")} | {"sort_key": filter_.order.key(row)}
    public |= {"words": row["last_words"], "by_staff": bool(row["last_by_staff"]), "named": named, "said": said}
    if not filter_.audience.is_staff:
        return Row(**public, moment=row["updated_public"])
    return Row(
        **public,
        moment=row["updated"],
        waiting_since=row["waiting_since"],
        last_said=row["last_said"],
        requester=row["requester"],
        priority=Priority(row["priority"]).word,
        assignee=row["assignee"],
        assignee_id=row["assignee_id"],
        due=row["due"],
        due_state=row["due_state"],
        tags=_tags(row["tags"]),
        version=row["version"],
    )


STATUSES = tuple(status.value for status in Status)
PRIORITIES = tuple(priority.word for priority in reversed(Priority))
