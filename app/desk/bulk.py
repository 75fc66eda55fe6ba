"""Many tickets at once: each as if it were changed alone, all in one transaction, and what became of each."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace

from app import db
from app.desk import applying, changes, policy, tickets
from app.desk.actor import Actor
from app.desk.applying import FEW, Applied
from app.desk.changes import Asked
from app.desk.errors import Code, Deleted, Invalid, Missing, Refused
from app.desk.models import Ticket
from app.desk.roles import Right
from app.desk.values import TAGS, Change


@dataclass
class Result:
    """What became of each of many tickets, by their numbers; of those of `left` nothing was changed.

    already: they were so. newer: somebody else changed the same meanwhile. full: they can take no more tags. missing:
    there is no such ticket, or none that this person may know of. events: the numbers of the first event and the last.
    """

    changed: list[int] = field(default_factory=list)
    already: list[int] = field(default_factory=list)
    newer: list[int] = field(default_factory=list)
    full: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    events: tuple[int, int] | None = None

    @property
    def left(self) -> list[int]:
        return sorted([*self.newer, *self.full, *self.missing, *self.refused])

    def happened(self, numbers: range) -> None:
        self.events = numbers[0], numbers[-1]

    def refuse_if_all(self) -> None:
        """Raises Refused where that is all that became of them, as of one alone."""
        if self.refused and not (self.changed or self.already or self.newer or self.full or self.missing):
            raise Refused


def refuse_who_may_not(actor: Actor, right: Right = Right.CHANGE) -> None:
    """Whoever may do this to no ticket learns nothing of any. Raises Refused."""
    if not policy.may(actor, right):
        raise Refused


async def change(actor: Actor, seen: Mapping[int, int], asked: Change) -> Result:
    """Change the fields that are named of each ticket that may be changed. seen: ticket -> the version that one saw.

    Raises Refused for who may change none, Invalid for what no ticket can have.
    """
    result, many = Result(), list[Applied]()
    refuse_who_may_not(actor)
    async with db.transaction():
        wanted = await changes.looked_up(asked)
        async for ticket, tags in _in_turns(actor, seen, Right.CHANGE, result):
            one = Applied(ticket, tags)
            if pairs := await _pairs(actor, one, replace(wanted, version=seen[ticket.id]), result):
                many.append(Applied(ticket, tags, pairs))
        if many:
            result.happened(await applying.apply_all(actor, many))
        result.refuse_if_all()
    return result


async def delete(actor: Actor, seen: Mapping[int, int]) -> Result:
    """Hide each ticket everywhere, whoever changed it meanwhile. Raises Refused for who may delete none."""
    result = Result()
    refuse_who_may_not(actor, Right.DELETE)
    async with db.transaction():
        many = [Applied(*found) async for found in _in_turns(actor, seen, Right.DELETE, result, gone=True)]
        result.changed = [one.ticket.id for one in many]
        if many:
            result.happened(await applying.set_deleted(actor, many, deleted=True))
        result.refuse_if_all()
    return result


async def _in_turns(
    actor: Actor, seen: Mapping[int, int], right: Right, result: Result, *, gone: bool = False
) -> AsyncIterator[tuple[Ticket, list[str]]]:
    """Those to which this right may be applied, with their tags. gone: whether a deleted one is as it is to be."""
    numbers = list(seen)
    found, tags = await tickets.read(numbers), await applying.tags_of_all(numbers)
    for at, number in enumerate(numbers):
        if at % FEW == FEW - 1:
            await asyncio.sleep(0)
        try:
            ticket = tickets.seen(actor, number, found.get(number))
        except Missing as missing:
            (result.already if gone and isinstance(missing, Deleted) else result.missing).append(number)
            continue
        if policy.may(actor, right, ticket):
            yield ticket, tags[number]
        else:
            result.refused.append(number)


async def _pairs(actor: Actor, one: Applied, asked: Asked, result: Result) -> changes.Pairs:
    """What is to be made of a ticket; nothing, and the result says why. Raises Invalid for what no ticket can have."""
    ticket = one.ticket
    changes.check_version(ticket, asked.version)
    now = tickets.fields_with(ticket, one.tags)
    try:
        fields = changes.touched(actor, now, asked, await changes.since(ticket, asked.version))
    except Invalid as problem:
        if problem.errors != {"tags": Code.TOO_MANY_TAGS} or not 0 < len(asked.more) <= TAGS:
            raise
        result.full.append(ticket.id)
        return {}
    theirs = any(one.others for one in fields.values())
    (result.newer if theirs else result.changed if fields else result.already).append(ticket.id)
    return {} if theirs else changes.pairs(ticket, now, fields)
