"""Everything that can happen to a desk: each verb once, and at random."""

import contextlib
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from itertools import count

from app import db
from app.desk import bulk, comments, days, embeds, people, reading, tickets, undo, values
from app.desk.errors import Conflict, Invalid, Missing, Refused
from app.desk.models import Comment, EmbedKey, Person, Ticket
from app.desk.roles import Role
from app.work import clock
from tests import forms
from tests.conftest import Cast
from tests.desk.acts import renewed

WORDS = ("printer", "VPN", "счёт", "login", "ёлка", "<b>bold</b>", "**strong**", "a & b", "\u202bעברית", "🙂 emoji")


@dataclass
class Desk:
    """The cast at work."""

    cast: Cast
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    hired: list[Person] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    async def open(self, by: Person | None = None, **asked: str) -> Ticket:
        words = " ".join(self.chance.choices(WORDS, k=3))
        return await forms.open_ticket(by or self.cast.clara, **({"subject": words, "body": words} | asked))

    async def change(self, ticket: Ticket, by: Person | None = None, **fields: str) -> None:
        current = await Ticket.get(id=ticket.id)
        await forms.change(by or self.cast.anna, ticket.id, str(current.version), fields)

    async def say(self, ticket: Ticket, by: Person | None = None, kind: str = "reply", status: str = "") -> Comment:
        words = " ".join(self.chance.choices(WORDS, k=4))
        return await forms.write(by or self.cast.anna, ticket.id, words, kind=kind, status=status)

    async def hire(self, name: str = "") -> Person:
        """An agent more, who has no page open."""
        number = next(self._numbers)  # not how many there are: two may come at once
        self.hired.append(await people.add(f"agent{number}@pult.example", name or f"Agent {number}", Role.AGENT))
        return self.hired[-1]


Verb = Callable[[Desk, Ticket], Awaitable[object]]


async def _edited(desk: Desk, ticket: Ticket, kind: str) -> None:
    comment = await desk.say(ticket, kind=kind)
    await forms.edit(desk.cast.anna, comment.id, f"{comment.body} again", "1")


async def _removed(desk: Desk, ticket: Ticket, kind: str) -> None:
    await comments.remove(desk.cast.vera, (await desk.say(ticket, kind=kind)).id)


async def _rendered_anew(desk: Desk, ticket: Ticket, kind: str) -> None:
    comment = await desk.say(ticket, kind=kind)
    await db.rows("UPDATE comment SET html = 'as it was', renderer = 0 WHERE id = ?", [comment.id])
    await renewed()


async def today() -> str:
    """The desk's day; of one that has not served yet, what it will be."""
    return await days.today() or clock.day_of(UTC, db.now())


async def the_clock_moves(day: int, hours: float = 0) -> None:
    """To so many days after the desk's day, and hours after its midnight."""
    moved = date.fromisoformat(await today()) + timedelta(days=day)
    await clock.look(UTC, int((clock.begins(UTC, str(moved)) + hours * 3600) * 1_000_000))


async def _its_day_comes(desk: Desk, ticket: Ticket, *, over: bool) -> None:
    """It is due tomorrow, or today, and then the clock moves."""
    day = date.fromisoformat(await today()) + timedelta(days=0 if over else 1)
    await desk.change(ticket, due=str(day))
    await the_clock_moves(1)


async def _read(desk: Desk, ticket: Ticket, *, again: bool = False) -> None:
    """By Anna, after somebody has said something new."""
    await desk.say(ticket, by=desk.cast.boris)
    await reading.read(desk.cast.anna, ticket.id, (await Ticket.get(id=ticket.id)).last_said)
    if again:
        await reading.unread(desk.cast.anna, ticket.id)


async def _restored(desk: Desk, ticket: Ticket) -> None:
    await tickets.delete(desk.cast.anna, ticket.id)
    await tickets.restore(desk.cast.vera, ticket.id)


async def _together(desk: Desk, ticket: Ticket, **asked: str) -> bulk.Result:
    """This ticket, the one before and the one after, as one of the cast sees them; some may be gone."""
    around = await Ticket.filter(id__in=[ticket.id - 1, ticket.id, ticket.id + 1])
    seen = {it.id: it.version for it in around} | {ticket.id: (await Ticket.get(id=ticket.id)).version}
    if not asked:
        return await bulk.delete(desk.cast.anna, seen)
    form = {name.replace("_", "-"): value for name, value in asked.items()}
    return await bulk.change(desk.cast.anna, seen, values.change_of_many(form, desk.cast.anna.id))


async def _taken_back(desk: Desk, ticket: Ticket, **asked: str) -> None:
    done = await _together(desk, ticket, **asked)
    if done.events:
        await undo.undo(desk.cast.anna, *done.events)


async def _of_the_last(desk: Desk, verb: Callable[[Person], Awaitable[object]]) -> None:
    if desk.hired:
        await verb(desk.hired.pop())


async def _let_in_again(*_: object) -> None:
    if outsider := await Person.filter(disabled=True).first():
        await people.enable(outsider.email)


async def _a_namesake(desk: Desk, ticket: Ticket) -> None:
    """Staff are told apart by more than their names, once they have to be."""
    if not ticket.deleted:
        await desk.change(ticket, assignee=str(desk.cast.boris.id))
    await desk.hire("Boris")


async def _renamed(desk: Desk, ticket: Ticket) -> None:
    """Who is in rows, headers and menus, and was in lines of history."""
    if desk.hired and not ticket.deleted:
        colleague = desk.hired[-1]
        await desk.change(ticket, assignee=str(colleague.id))
        await desk.say(ticket, by=colleague)
        await people.set_name(colleague, f"{colleague.name} the other")


async def _key_revoked(desk: Desk, _: Ticket) -> None:
    """Of a site that shows nothing."""
    if key := await EmbedKey.filter(name="Elsewhere", revoked=None).first():
        await embeds.revoke_key(key.id, by=desk.cast.vera)


# Every kind of event, and every field of a change.
VERBS: dict[str, Verb] = {
    "a ticket is opened": lambda desk, _: desk.open(),
    "a ticket is opened by another requester": lambda desk, _: desk.open(desk.cast.dmitri),
    "a ticket is opened for a requester": lambda desk, _: desk.open(
        desk.cast.anna, requester="clara@pult.example", assignee="me", tags="vpn, счёт", priority="urgent"
    ),
    "its subject changes": lambda desk, ticket: desk.change(ticket, subject="Another & <i>subject</i>"),
    "it is solved": lambda desk, ticket: desk.change(ticket, status="solved"),
    "it is closed": lambda desk, ticket: desk.change(ticket, status="closed"),
    "its priority changes": lambda desk, ticket: desk.change(ticket, priority="high"),
    "it is assigned": lambda desk, ticket: desk.change(ticket, assignee="me"),
    "it is assigned to a colleague": lambda desk, ticket: desk.change(ticket, assignee=str(desk.cast.boris.id)),
    "its tags change": lambda desk, ticket: desk.change(ticket, tags="vpn, b"),
    "its day changes": lambda desk, ticket: desk.change(ticket, due="2026-12-24"),
    "its day comes": lambda desk, ticket: _its_day_comes(desk, ticket, over=False),
    "its day is over": lambda desk, ticket: _its_day_comes(desk, ticket, over=True),
    "it gets another requester": lambda desk, ticket: desk.change(ticket, requester="dmitri@pult.example"),
    "several fields change at once": lambda desk, ticket: desk.change(
        ticket, status="pending", priority="low", tags="", assignee="me"
    ),
    "staff replies": lambda desk, ticket: desk.say(ticket),
    "staff replies and solves": lambda desk, ticket: desk.say(ticket, status="solved"),
    "a note is added": lambda desk, ticket: desk.say(ticket, kind="note"),
    "the requester replies": lambda desk, ticket: desk.say(ticket, by=desk.cast.clara),
    "a reply is edited": lambda desk, ticket: _edited(desk, ticket, "reply"),
    "a note is edited": lambda desk, ticket: _edited(desk, ticket, "note"),
    "a reply is deleted": lambda desk, ticket: _removed(desk, ticket, "reply"),
    "a note is deleted": lambda desk, ticket: _removed(desk, ticket, "note"),
    "a reply is rendered anew": lambda desk, ticket: _rendered_anew(desk, ticket, "reply"),
    "a note is rendered anew": lambda desk, ticket: _rendered_anew(desk, ticket, "note"),
    "it is read": _read,
    "it is marked unread": lambda desk, ticket: _read(desk, ticket, again=True),
    "many change together": lambda desk, ticket: _together(
        desk, ticket, priority="urgent", add_tags="b", assignee="me"
    ),
    "many are solved together and it is taken back": lambda desk, ticket: _taken_back(desk, ticket, status="solved"),
    "many are deleted together and it is taken back": _taken_back,
    "it is deleted": lambda desk, ticket: tickets.delete(desk.cast.anna, ticket.id),
    "it is deleted and restored": _restored,
    "a colleague comes": lambda desk, _: desk.hire(),
    "a namesake comes": _a_namesake,
    "a colleague is shut out": lambda desk, _: _of_the_last(desk, lambda it: people.disable(it.email)),
    "a colleague leaves the staff": lambda desk, _: _of_the_last(desk, lambda it: people.set_role(it, Role.REQUESTER)),
    "a colleague gets another name": _renamed,
    "who was shut out is let in again": _let_in_again,
    "a key is made": lambda desk, _: embeds.add_key("Elsewhere", ["https://shop.example"], by=desk.cast.vera),
    "a key is revoked": _key_revoked,
}


async def something(desk: Desk) -> str:
    """One verb at random on one ticket at random; what it was."""
    name = desk.chance.choice(list(VERBS))
    ticket = desk.chance.choice(await Ticket.all().order_by("id"))
    await attempt(desk, name, ticket)
    if ticket.deleted and desk.chance.random() < 0.5:
        await tickets.restore(desk.cast.vera, ticket.id)
    return f"{name}: {ticket.id}"


async def attempt(desk: Desk, verb: str, ticket: Ticket) -> None:
    """Do this, if it can be done now. What is refused there, or was changed by somebody meanwhile, is one as well."""
    with contextlib.suppress(Missing, Refused, Invalid, Conflict):
        await VERBS[verb](desk, ticket)
