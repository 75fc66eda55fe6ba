"""What a change has done, in words, and by which number it can be taken back.

A script is told by headers: Pult-Event, the number of the event (or of the first and the last, "120-131") that
POST /undo takes; Pult-Said, the words, percent-encoded; Pult-Left, the tickets of many that were left as they were.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from markupsafe import Markup
from quart import Response
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as WerkzeugResponse

from app.desk import names, undo
from app.desk.bulk import Result
from app.desk.errors import Missing
from app.desk.events import FIELDS, Happened, What
from app.desk.models import LARGEST_ID, Person
from app.desk.undo import Against, Undone
from app.desk.values import MOST
from app.web import pages
from app.web.state import state

DONE = {What.TICKET_UPDATED: "changed", What.TICKET_DELETED: "deleted", What.TICKET_RESTORED: "restored"}
LEFT = ("newer", "full", "missing", "refused")  # why tickets were left as they were
Answer = TypeVar("Answer", Response, WerkzeugResponse, Response | WerkzeugResponse)

NUMBERS = re.compile(r"([1-9][0-9]{0,14})(?:-([1-9][0-9]{0,14}))?")
LONGEST_SAID = 300  # characters: an answer's headers go through proxies that take few kilobytes


@dataclass(frozen=True)
class Told:
    """What is said of one change.

    what: done to them, of DONE, or "undone"; empty: nothing is to be said. one: the ticket, if only one was meant;
    fields: what changed of it, with its value now. left: why -> the tickets. against: what stands against taking it
    back. people: what those are called whom this names.
    """

    what: str
    changed: int = 0
    one: int | None = None
    fields: Sequence[tuple[str, Any]] = ()
    left: Mapping[str, Sequence[int]] = field(default_factory=dict)
    against: Against | None = None
    people: Mapping[int, str] = field(default_factory=dict)
    events: tuple[int, int] | None = None

    @property
    def event(self) -> str:
        """As POST /undo takes it; empty if nothing was done."""
        return "-".join(map(str, sorted(set(self.events or ()))))

    @property
    def numbers(self) -> list[int]:
        return sorted(number for numbers in self.left.values() for number in numbers)

    def words(self) -> str:
        """As text."""
        return Markup(state().render.page("told.html", pages.language(), it=self)).striptags()  # noqa: S704 - as we render


def events_of(text: str) -> tuple[int, int]:
    """The first and the last of the events that a form names. Raises Missing."""
    found = NUMBERS.fullmatch(text)
    if not found:
        raise Missing
    return int(found[1]), int(found[2] or found[1])


async def of_event(person: Person, event: int | None) -> Told:
    """Of a change of one ticket."""
    if event is None:
        return Told("")
    return await _of_one((await undo.done(person, event, event))[0])


async def of_result(person: Person, what: str, result: Result) -> Told:
    """Of many, or of what was meant to be many; in more words if it is one."""
    meant = [*result.changed, *result.already, *result.left]
    if result.events and len(meant) == 1:
        [event] = await undo.done(person, *result.events)
        told = await _of_one(event)
        return replace(told, what="undone") if what == "undone" and told.fields else told
    left = {why: sorted(getattr(result, why)) for why in LEFT if getattr(result, why)}
    one = meant[0] if len(meant) == 1 else None
    against = result.against[0] if isinstance(result, Undone) and len(result.against) == 1 and one else None
    people = await names.of([against.by]) if against and against.by else {}
    return Told(what, len(result.changed), one, left=left, against=against, people=people, events=result.events)


async def of_address(person: Person, arguments: MultiDict[str, str]) -> Told | None:
    """What an address says that was done, as place() wrote it: by this person, or nothing."""
    left = {why: read for why in LEFT if (read := _read(arguments.get(why, "")))}
    try:
        events = events_of(arguments.get("done", ""))
        own = await undo.done(person, *events)
    except Missing:
        return Told("changed", left=left) if left else None
    if len(own) == 1 and not left:
        return await _of_one(own[0])
    return Told(DONE[What(own[0].what)], len(own), left=left, events=events)


def place(told: Told, listed: str) -> str:
    """The address of a list that says what was done."""
    query = {"done": told.event} if told.event else {}
    query |= {why: ".".join(map(str, numbers)) for why, numbers in told.left.items()}
    return "/tickets?" + "&".join(filter(None, [listed, urlencode(query)]))


def mark(answer: Answer, told: Told) -> Answer:
    if told.event:
        answer.headers["Pult-Event"] = told.event
    if told.what:
        answer.headers["Pult-Said"] = quote(told.words()[:LONGEST_SAID], safe="")
    if told.left:
        answer.headers["Pult-Left"] = ",".join(map(str, told.numbers))
    return answer


async def _of_one(event: Happened) -> Told:
    fields = [(name, event.changes[name][1]) for name in FIELDS if name in event.changes]
    people = {value for name, value in fields if name in ("assignee", "requester") and value}
    what = DONE[What(event.what)]
    return Told(what, 1, event.ticket, fields, people=await names.of(people), events=(event.id, event.id))


def _read(text: str) -> list[int]:
    numbers = text.split(".") if len(text) <= 11 * MOST else []
    return [int(it) for it in numbers if it.isascii() and it.isdecimal() and len(it) < 10 and int(it) <= LARGEST_ID]
