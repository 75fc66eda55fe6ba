"""Taking back what one has just done: the change the other way round, as long as nobody has changed the same since."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app import db
from app.desk import applying, changes, events, policy, tickets
from app.desk.actor import Actor
from app.desk.applying import FEW, Applied
from app.desk.bulk import Result
from app.desk.changes import Field
from app.desk.errors import Invalid, Missing
from app.desk.events import COMING_AND_GOING, FIELDS, Happened, What
from app.desk.roles import Right
from app.desk.values import MOST

UNDONE = (What.TICKET_UPDATED, What.TICKET_DELETED, What.TICKET_RESTORED)


@dataclass(frozen=True)
class Against:
    """What stands against taking the change of a ticket back.

    fields: that were changed since, none if it was deleted or restored; by: by whom, None: by oneself. stays: they
    cannot be again what they were, whoever left them alone.
    """

    ticket: int
    fields: tuple[str, ...] = ()
    by: int | None = None
    stays: bool = False


@dataclass
class Undone(Result):
    """against: of each of `newer`."""

    against: list[Against] = field(default_factory=list)


@dataclass(frozen=True)
class Step:
    """One of the events to be taken back. later: what happened to the ticket after it."""

    event: Happened
    one: Applied
    later: Sequence[Happened]

    @property
    def number(self) -> int:
        return self.one.ticket.id


async def undo(actor: Actor, first: int, last: int) -> Undone:
    """Take back what these events, of one transaction of one's own, did; of many tickets each by itself.

    It is a change like any other, and can be taken back as well. What is as it was before is left so. Raises Missing,
    and Refused for who may do it to none of them.
    """
    result = Undone()
    async with db.transaction():
        own = await done(actor, first, last)
        many: list[Applied] = []
        for at, step in enumerate(await _steps(own)):
            if at % FEW == FEW - 1:
                await asyncio.sleep(0)
            taken = _back if step.event.what == What.TICKET_UPDATED else _there_again
            many.extend(filter(None, [await taken(actor, step, result)]))
        result.changed = [one.ticket.id for one in many]
        result.refuse_if_all()
        if many and own[0].what == What.TICKET_UPDATED:
            result.happened(await applying.apply_all(actor, many))
        elif many:
            deleted = own[0].what == What.TICKET_RESTORED
            result.happened(await applying.set_deleted(actor, many, deleted=deleted))
    return result


async def done(actor: Actor, first: int, last: int) -> list[Happened]:
    """What these events did, if it was done by this person, to one or many tickets at once. Raises Missing."""
    if not 0 < first <= last < first + MOST:
        raise Missing
    told = await _read(await db.rows("SELECT * FROM event WHERE id BETWEEN ? AND ? ORDER BY id", [first, last]))
    own = [it for it in told if it.actor is not None and it.actor == actor.id and it.what in UNDONE and not it.vague]
    if len(own) != last - first + 1 or len({it.ticket for it in own}) != len(own) or len({it.what for it in own}) != 1:
        raise Missing
    return own


async def _steps(own: Sequence[Happened]) -> list[Step]:
    numbers = [it.ticket for it in own if it.ticket is not None]
    found, tags = await tickets.read(numbers), await applying.tags_of_all(numbers)
    marks = ", ".join("?" * len(numbers))
    sql = f"SELECT * FROM event WHERE ticket_id IN ({marks}) AND id > ? ORDER BY id"  # noqa: S608 - only marks
    since: dict[int, list[Happened]] = defaultdict(list)
    for it in await _read(await db.rows(sql, [*numbers, own[-1].id])):
        since[it.ticket or 0].append(it)
    pairs = zip(numbers, own, strict=True)
    return [Step(it, Applied(found[number], tags[number]), since[number]) for number, it in pairs]


async def _read(rows: Sequence[dict[str, Any]]) -> list[Happened]:
    told: list[Happened] = []
    for at, row in enumerate(rows):
        if at % FEW == FEW - 1:
            await asyncio.sleep(0)
        told.append(events.read(row))
    return told


async def _back(actor: Actor, step: Step, result: Undone) -> Applied | None:
    """The fields as they were before; nothing, and the result says why."""
    ticket = step.one.ticket
    try:
        tickets.seen(actor, ticket.id, ticket)
    except Missing:
        result.missing.append(ticket.id)
        return None
    if not policy.may(actor, Right.CHANGE, ticket):
        result.refused.append(ticket.id)
        return None
    now = tickets.fields_with(ticket, step.one.tags)
    before = {name: step.event.changes[name][0] for name in FIELDS if name in step.event.changes}
    fields = {name: Field(value, now[name], now[name], now[name], None) for name, value in before.items()}
    fields = {name: field for name, field in fields.items() if field.value != field.now}
    if not fields:
        result.already.append(ticket.id)
        return None
    if against := _changed_since(actor, step, tuple(before)) or await _impossible(step, fields):
        result.newer.append(ticket.id)
        result.against.append(against)
        return None
    return Applied(ticket, step.one.tags, {name: (field.now, field.value) for name, field in fields.items()})


async def _there_again(actor: Actor, step: Step, result: Undone) -> Applied | None:
    """A ticket that was deleted, or restored, the other way round; nothing, and the result says why."""
    ticket, was_deleted = step.one.ticket, step.event.is_deletion
    if not policy.may(actor, Right.READ_INTERNAL):
        result.missing.append(ticket.id)
    elif ticket.deleted != was_deleted:
        result.already.append(ticket.id)
    elif against := _changed_since(actor, step, ()):
        result.newer.append(ticket.id)
        result.against.append(against)
    elif not (policy.may_restore(actor, actor.id) if was_deleted else policy.may(actor, Right.DELETE, ticket)):
        result.refused.append(ticket.id)
    else:
        return step.one
    return None


def _changed_since(actor: Actor, step: Step, names: tuple[str, ...]) -> Against | None:
    """names: of fields; none for the ticket's being there."""
    for it in reversed(step.later):
        touched = tuple(name for name in names if name in it.changes)
        if touched or it.vague or (not names and it.what in COMING_AND_GOING):
            return Against(step.number, touched or names, it.actor if it.actor != actor.id else None)
    return None


async def _impossible(step: Step, fields: dict[str, Field]) -> Against | None:
    assignee = fields.get("assignee")
    try:
        changes.check(fields, assignable=assignee is None or await changes.can_be_assigned(assignee.value))
    except Invalid as problem:
        return Against(step.number, tuple(problem.errors), stays=True)
    return None
