"""What a person changes by a form of a ticket: what they touched, checked, where nobody else changed it meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.desk import names, people, policy, values
from app.desk.actor import Actor
from app.desk.errors import Code, Conflict, Invalid
from app.desk.events import What
from app.desk.models import Event, Person, Ticket
from app.desk.roles import Right
from app.desk.values import Change

FORM = {"subject", "status", "priority", "assignee", "tags", "due"}  # what the form of a page names, touched or not


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


async def wanted(actor: Actor, ticket: Ticket, now: Mapping[str, Any], asked: Change) -> dict[str, tuple[Any, Any]]:
    """The changes, field -> (before, after), of a form.

    now: the ticket's fields. What is as it was then was not touched: it is not checked, since rules and people change
    while a value stands, and takes nobody's change back. One's own changes since are none of somebody else's: the
    later one holds. Raises Invalid, or Conflict for a field that somebody else changed as well.
    """
    later = await _since(ticket, asked.version)
    named = dict(asked.fields)
    if "requester" in named:
        found = await people.by_email(named["requester"])
        named["requester"] = found.id if found else None
    read = {name: _field(actor, name, value, now, later) for name, value in named.items()}
    touched = {name: field for name, field in read.items() if field.is_touched(whole=set(named) >= FORM)}
    errors: dict[str, Code] = {}
    about: dict[str, str] = {}
    for name, field in touched.items():
        if name == "tags" and (refused := values.refused_tags(field.value, standing=field.now)):
            errors[name], about[name] = refused
        elif wrong := await _wrong(name, field):
            errors[name] = wrong
    if errors:
        raise Invalid(errors, about)
    if theirs := [field.others for field in touched.values() if field.others]:
        by = max(theirs, key=lambda event: event.id).actor_id
        await _refuse(ticket, touched, by=by, untouched=frozenset(named) - frozenset(touched))
    return {name: (now[name], field.value) for name, field in touched.items()}


async def _since(ticket: Ticket, seen: int) -> list[Event]:
    """The changes of a ticket's fields after a version, in order. Each of them made one version."""
    found = Event.filter(ticket_id=ticket.id, kind=What.TICKET_UPDATED.value).order_by("-id")
    latest = await found.limit(ticket.version - seen) if seen < ticket.version else []
    return [event for event in reversed(latest) if event.data["version"] > seen]


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


def _as_typed(name: str, value: Any) -> Any:
    """A value that is kept as a form that shows it would bring it back: what was kept may be from other rules."""
    if name == "subject":
        return values.one_line(value)
    return values.read_tags(",".join(value)) if name == "tags" else value


async def _wrong(name: str, field: Field) -> Code | None:
    errors: dict[str, Code] = {}
    match name:
        case "subject":
            values.collect(errors, name, lambda: values.check_text(field.value, values.SUBJECT))
        case "status":
            values.collect(errors, name, lambda: values.parse_status(field.value))
        case "priority":
            values.collect(errors, name, lambda: values.parse_priority(field.value))
        case "assignee":
            return None if await can_be_assigned(field.value) else Code.UNKNOWN
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


async def _refuse(ticket: Ticket, touched: Mapping[str, Field], *, by: int | None, untouched: frozenset[str]) -> None:
    both = {name: field for name, field in touched.items() if field.others}
    theirs = {name: field.now for name, field in both.items()}
    mine = {name: field.value for name, field in both.items()}
    called = await names.of([by] if by else [])
    raise Conflict(theirs, version=ticket.version, by="".join(called.values()), mine=mine, untouched=untouched)
