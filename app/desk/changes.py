"""What a person changes by a form of a ticket: what they touched, checked, where nobody else changed it meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.desk import names, people, policy, values
from app.desk.actor import Actor
from app.desk.errors import Code, Conflict, Invalid
from app.desk.events import What
from app.desk.models import Event, Person, Status, Ticket
from app.desk.roles import Right
from app.desk.values import Change

FORM = {"subject", "status", "priority", "assignee", "tags", "due"}  # what the form of a page names, touched or not

Pairs = dict[str, tuple[Any, Any]]  # field -> (before, after)


@dataclass(frozen=True)
class Field:
    """A field that a form names.

    value: what was typed, as the desk keeps it. now: what it is; then: what it was at the version that the person saw;
    own: what they made of it themself since, if anything. others: the last change of anyone else after that.
    """

    value: Any
    now: Any
    then: Any
    own: Any
    others: Event | None

    def is_touched(self, *, whole: bool) -> bool:
        """Whether it is to be changed. whole: its form named every field, also those that nobody touched."""
        if self.value in (self.now, self.own):
            return False
        return self.value != self.then or (self.own != self.then and not whole)


@dataclass(frozen=True)
class Asked:
    """A Change with the people whom it names looked up. assignable: whether its assignee can be one now."""

    version: int
    fields: Mapping[str, Any]
    more: frozenset[str] = frozenset()
    fewer: frozenset[str] = frozenset()
    assignable: bool = True

    @property
    def is_whole(self) -> bool:
        return set(self.fields) >= FORM


async def looked_up(asked: Change) -> Asked:
    named = dict(asked.fields)
    if "requester" in named:
        found = await people.by_email(named["requester"])
        named["requester"] = found.id if found else None
    assignable = await can_be_assigned(named.get("assignee"))
    return Asked(asked.version, named, frozenset(asked.more), frozenset(asked.fewer), assignable)


def check_version(ticket: Ticket, seen: int) -> None:
    """Nobody has seen a version that there was not. Raises Invalid."""
    if seen > ticket.version:
        raise Invalid({"version": Code.UNKNOWN})


async def since(ticket: Ticket, seen: int) -> list[Event]:
    """The changes of a ticket's fields after a version, in order. Each of them made one version."""
    if seen >= ticket.version:
        return []
    found = Event.filter(ticket_id=ticket.id, kind=What.TICKET_UPDATED.value).order_by("-id")
    latest = await found.limit(ticket.version - seen)
    return [event for event in reversed(latest) if event.data["version"] > seen]


def touched(actor: Actor, now: Mapping[str, Any], asked: Asked, later: list[Event]) -> dict[str, Field]:
    """What is to be changed of a ticket with these fields now; of which others changed the same meanwhile, it says.

    later: the changes since the version that was seen. What is as it was then was not touched: it is not checked, since
    rules and people change while a value stands, and takes nobody's change back. One's own changes since are none of
    somebody else's: the later one holds. Raises Invalid.
    """
    read = {name: _field(actor, name, value, now, later) for name, value in asked.fields.items()}
    if asked.more or asked.fewer:
        read["tags"] = _marked(actor, asked, read.get("tags"), now["tags"], later)
    fields = {name: field for name, field in read.items() if field.is_touched(whole=asked.is_whole)}
    check(fields, assignable=asked.assignable)
    return fields


def check(fields: Mapping[str, Field], *, assignable: bool) -> None:
    """Whether a ticket may have these values now. Raises Invalid."""
    errors: dict[str, Code] = {}
    about: dict[str, str] = {}
    for name, field in fields.items():
        if name == "tags" and (refused := values.refused_tags(field.value, standing=field.now)):
            errors[name], about[name] = refused
        elif wrong := _wrong(name, field, assignable=assignable):
            errors[name] = wrong
    if errors:
        raise Invalid(errors, about)


async def refuse_theirs(ticket: Ticket, fields: Mapping[str, Field], asked: Asked) -> None:
    """Raises Conflict for fields that somebody else changed as well."""
    both = {name: field for name, field in fields.items() if field.others}
    if not both:
        return
    by = max((field.others for field in both.values() if field.others), key=lambda event: event.id).actor_id
    theirs = {name: field.now for name, field in both.items()}
    mine = {name: field.value for name, field in both.items()}
    called = await names.of([by] if by else [])
    untouched = frozenset(asked.fields) - frozenset(fields)
    raise Conflict(theirs, version=ticket.version, by="".join(called.values()), mine=mine, untouched=untouched)


def pairs(ticket: Ticket, now: Mapping[str, Any], fields: Mapping[str, Field]) -> Pairs:
    """The changes with what follows from them: who is assigned a new ticket opens it."""
    made = {name: (now[name], field.value) for name, field in fields.items()}
    if made.get("assignee", (0, None))[1] and ticket.status is Status.NEW and "status" not in made:
        made["status"] = (Status.NEW.value, Status.OPEN.value)
    return made


def _field(actor: Actor, name: str, value: Any, now: Mapping[str, Any], later: list[Event]) -> Field:
    touching = [event for event in later if name in event.data["changes"]]
    then = touching[0].data["changes"][name][0] if touching else now[name]
    own, others = then, None
    for event in touching:
        if event.actor_id == actor.id:
            own, others = event.data["changes"][name][1], None
        else:
            others = event
    now_, then, own = (_as_typed(name, kept) for kept in (now[name], then, own))
    return Field(value, now_, then, own, others)


def _marked(actor: Actor, asked: Asked, typed: Field | None, now: list[str], later: list[Event]) -> Field:
    """The tags with some more and some fewer. What others made of the rest meanwhile is in nobody's way.

    What one has added, or taken away, since the version that one saw is not done again: it is a second send.
    typed: what the form says of all tags, if it does.
    """
    added, taken = frozenset[str](), frozenset[str]()
    for before, after in (
        event.data["changes"]["tags"]
        for event in later
        if event.actor_id == actor.id and "tags" in event.data["changes"]
    ):
        gained, lost = frozenset(after) - set(before), frozenset(before) - set(after)
        added, taken = added - lost | gained, taken - gained | lost
    more, fewer = asked.more - added, asked.fewer - taken
    value = sorted((set(typed.value if typed else now) | more) - fewer)
    return replace(typed, value=value) if typed else Field(value, now=now, then=now, own=now, others=None)


def _as_typed(name: str, value: Any) -> Any:
    """A value that is kept as a form that shows it would bring it back: what was kept may be from other rules."""
    if name == "subject":
        return values.one_line(value)
    return values.read_tags(",".join(value)) if name == "tags" else value


def _wrong(name: str, field: Field, *, assignable: bool) -> Code | None:
    errors: dict[str, Code] = {}
    match name:
        case "subject":
            values.collect(errors, name, lambda: values.check_text(field.value, values.SUBJECT))
        case "status":
            values.collect(errors, name, lambda: values.parse_status(field.value))
        case "priority":
            values.collect(errors, name, lambda: values.parse_priority(field.value))
        case "assignee":
            return None if assignable else Code.UNKNOWN
        case "due":
            values.collect(errors, name, lambda: values.parse_due(field.value or ""))
        case "requester":
            return None if field.value else Code.UNKNOWN
    return errors.get(name)


async def can_be_assigned(read: int | str | None) -> bool:
    """Whether what values.read_assignee() gave is somebody who answers for the desk, or nobody."""
    if not isinstance(read, int):
        return read is None
    found = await Person.get_or_none(id=read)
    return found is not None and policy.may(found, Right.BE_ASSIGNED)
