"""Every kind of event, and how one is recorded."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, Self

from app import db
from app.desk.actor import DESK, Actor
from app.desk.models import Comment, Event, Priority, Status, Ticket


class What(StrEnum):
    TICKET_CREATED = "ticket_created"
    TICKET_UPDATED = "ticket_updated"
    TICKET_DELETED = "ticket_deleted"
    TICKET_RESTORED = "ticket_restored"
    TICKET_DUE = "ticket_due"  # the day has begun on which it is due, or is over: by time (desk.midnight)
    COMMENT_ADDED = "comment_added"
    COMMENT_EDITED = "comment_edited"
    COMMENT_DELETED = "comment_deleted"
    COMMENT_RENDERED = "comment_rendered"  # anew, by another version of the renderer, which makes something else of it
    PERSON_ADDED = "person_added"  # to the staff; others stand in no menu
    PERSON_CHANGED = "person_changed"  # their name, or what they may do
    PERSON_DISABLED = "person_disabled"
    TICKET_READ = (
        "ticket_read"  # or marked unread, by a person, whom it is about; nobody else is told, nor which it was
    )
    PREFERENCES_CHANGED = "preferences_changed"  # what a person set for themself, and nobody else sees
    SESSION_ENDED = "session_ended"
    KEY_ADDED = "key_added"  # of a site that embeds pages
    KEY_REVOKED = "key_revoked"


COMING_AND_GOING = (What.TICKET_CREATED, What.TICKET_DELETED, What.TICKET_RESTORED)
FOR_STAFF, NAMES, EMBED_KEYS = "staff", "names", "keys"  # topics: what all staff see, what names people, sites' keys
SAYING = (What.TICKET_CREATED, What.COMMENT_ADDED)  # by which somebody has read what they say
FIELDS = ("subject", "status", "priority", "assignee", "tags", "due", "requester")  # of a ticket, that changes name
DUE_STATE = "due_state"  # what follows from the day and the fields, and stands beside them in changes
KNOWN = (*FIELDS, DUE_STATE)


@dataclass(frozen=True)
class Filed:
    """What lists find a ticket by, at one moment. Values are as they stand in the journal."""

    status: str
    priority: str
    requester: int
    assignee: int | None = None
    tags: tuple[str, ...] = ()
    due_state: str = ""

    @classmethod
    def of(cls, ticket: Ticket, tags: Iterable[str]) -> Self:
        people = ticket.requester_id, ticket.assignee_id
        return cls(ticket.status.value, ticket.priority.word, *people, tuple(tags), ticket.due_state)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{each.name: _frozen(data[each.name]) for each in fields(cls)})

    def check(self) -> None:
        """Raises ValueError, TypeError, KeyError for what no version of ours writes."""
        tags: Any = self.tags
        _ = hash(self), Status(self.status), Priority.of(self.priority)
        if not isinstance(tags, tuple) or not all(isinstance(tag, str) for tag in tags):
            raise TypeError(tags)

    @property
    def topics(self) -> set[str]:
        named = {
            f"{name} {getattr(self, name)}" for name in ("requester", "assignee", "due_state", "priority", "status")
        }
        return named.union(f"tags {tag}" for tag in self.tags)


@dataclass(frozen=True)
class Happened:
    """An event as it is read back from the journal.

    what: of What, or a kind of another version's. filed: of a ticket's, after the event; changes: field -> (before,
    after) for those that changed. vague: it is of a kind that is not known here, or holds something else than this
    version writes. What it is about can be relied upon, and that anything about it may have changed.
    """

    id: int
    what: str
    at: int
    actor: int | None
    ticket: int | None
    comment: int | None
    person: int | None
    public: bool
    session: str = ""
    embed_key: str = ""
    filed: Filed | None = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    vague: bool = False

    @property
    def topics(self) -> set[str]:
        """What it is about: a ticket, and what that is filed under, before and after; a person; a key of a site."""
        if self.what == What.TICKET_READ:
            return {f"reader {self.person}"}
        if self.ticket is None:
            named = {NAMES} if self.names else set()
            return named | {FOR_STAFF} if self.person is not None else {EMBED_KEYS} if self.embed_key else set()
        filed = (moment.topics for moment in self.moments)
        reader = {f"reader {self.actor}"} if self.what in SAYING else set()
        return {f"ticket {self.ticket}", f"number {self.ticket}", FOR_STAFF}.union(reader, *filed)

    @property
    def is_deletion(self) -> bool:
        """Of a ticket."""
        return self.what == What.TICKET_DELETED

    @property
    def names(self) -> bool:
        """Whether somebody is called otherwise by it: whom it is about, or who is told apart from them by more now."""
        return self.what in (What.PERSON_ADDED, What.PERSON_CHANGED)

    @cached_property
    def filed_before(self) -> Filed | None:
        was = {name: _frozen(before) for name, (before, _) in self.changes.items() if name in FILED}
        return replace(self.filed, **was) if self.filed else None

    @property
    def moments(self) -> tuple[Filed, ...]:
        """Where the ticket is filed after it, and before."""
        return tuple(moment for moment in (self.filed, self.filed_before) if moment)


FILED = {each.name for each in fields(Filed)}


def read(row: dict[str, Any]) -> Happened:
    """The event of a journal row. There is none that cannot be read: one would stop everything that comes after it."""
    plain = Happened(
        id=row["id"],
        what=row["kind"],
        at=row["at"],
        actor=row["actor_id"],
        ticket=row["ticket_id"],
        comment=row["comment_id"],
        person=row["person_id"],
        public=bool(row["public"]),
    )
    try:
        return _told(plain, row["data"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return replace(plain, vague=True)


def _told(plain: Happened, data: Any) -> Happened:
    """The event with its data. Raises ValueError, TypeError, KeyError, AttributeError if that is not as we write it."""
    data = data if isinstance(data, dict) else json.loads(data)
    told = replace(
        plain,
        what=What(plain.what),
        session=data.get("session", ""),
        embed_key=data.get("key", ""),
        filed=Filed.read(data["fields"]) if plain.ticket is not None else None,
        changes={name: (before, after) for name, (before, after) in data.get("changes", {}).items()},
    )
    for moment in told.moments:
        moment.check()
    return told


def changes_of(data: str) -> dict[str, tuple[Any, Any]]:
    """Field -> (before, after), of an event's data as JSON; tags as tuples. Without what this version does not know."""
    try:
        found = json.loads(data).get("changes", {})
        pairs = {name: (_frozen(before), _frozen(after)) for name, (before, after) in found.items() if name in KNOWN}
        hash((*pairs.values(),))
        return pairs
    except (ValueError, TypeError, AttributeError):
        return {}


def before_of(data: str) -> str:
    """What a message said before an event, of its data as JSON; empty if that is not kept."""
    try:
        before = json.loads(data).get("before", "")
    except (ValueError, AttributeError):
        return ""
    return before if isinstance(before, str) else ""


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


async def number() -> int:
    """The next event number, inside the caller's transaction; whoever listens is told of it by the commit itself."""
    return (await _numbers(1))[0]


async def _numbers(count: int) -> range:
    told = db.dialect().announce
    [row] = await db.rows(f"UPDATE journal SET position = position + ? WHERE id = 1 RETURNING position{told}", [count])  # noqa: S608
    last = int(row["position"])
    return range(last - count + 1, last + 1)


async def record(
    what: What,
    *,
    by: Actor = DESK,
    ticket: Ticket | None = None,
    tags: Sequence[str] = (),
    changes: dict[str, tuple[Any, Any]] | None = None,
    comment: int | None = None,
    person: int | None = None,
    session: str = "",
    embed_key: str = "",
    public: bool = False,
    before: str = "",
    taken: int | None = None,
) -> int:
    """Write one event inside the caller's transaction; its number.

    before: what a message said until now. It is read for the threads of staff alone, and never as part of an event.
    taken: a number taken before with number(), where the change itself has to hold it.
    """
    data = _data(ticket, tags, changes)
    if session:
        data["session"] = session
    if embed_key:
        data["key"] = embed_key
    if before:
        data["before"] = before
    taken = taken or await number()
    await Event.create(
        id=taken,
        kind=what.value,
        at=db.now(),
        actor_id=by.id,
        ticket_id=ticket.id if ticket else None,
        comment_id=comment,
        person_id=person,
        public=public,
        data=data,
    )
    return taken


def _data(ticket: Ticket | None, tags: Sequence[str], changes: Mapping[str, tuple[Any, Any]] | None) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if ticket is not None:
        data["fields"] = vars(Filed.of(ticket, tags)).copy()
        data["version"] = ticket.version
    if changes:
        data["changes"] = {name: list(pair) for name, pair in changes.items()}
    return data


_json = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True)
class Noted:
    """What happened to one of many tickets: as record() takes it. public: whether its requester may know."""

    ticket: Ticket
    tags: Sequence[str]
    changes: dict[str, tuple[Any, Any]]
    public: bool


async def record_all(what: What, noted: Sequence[Noted], *, by: Actor) -> range:
    """The same for each of these tickets, inside the caller's transaction; the numbers, in their order."""
    numbers, at = await _numbers(len(noted)), db.now()
    rows = [
        [number, what.value, at, by.id, one.ticket.id, one.public, _json(_data(one.ticket, one.tags, one.changes))]
        for number, one in zip(numbers, noted, strict=True)
    ]
    columns = "id, kind, at, actor_id, ticket_id, public, data"
    await db.many(f"INSERT INTO event ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608 - names are our own
    return numbers


async def forget_words(comment: Comment) -> None:
    """Of what a message said before it was edited keep nothing, inside the caller's transaction."""
    for event in await Event.filter(ticket_id=comment.ticket_id, comment_id=comment.id):
        if event.data.pop("before", None) is not None:
            await event.save(update_fields=["data"])
