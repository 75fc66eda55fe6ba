"""Texts to values: what comes in by forms, or otherwise, is read here first; verbs take what comes of it.

opening(), message(), revision() and change() read a form, whose fields not named are as if empty, and raise Invalid
with all that is wrong in it. Each parser of one text raises ValueError with a Code; collect() gathers them by field.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from app.desk import addresses
from app.desk.errors import Code, Invalid
from app.desk.letters import is_visible, without_strays
from app.desk.models import Kind, Priority, Status

SUBJECT = 200  # characters at most
BODY = 30_000
TAG = 30
TAGS = 20  # a ticket
MOST_TAGS = 1000  # that are told apart in what was typed
IDEMPOTENCY_KEY = 64
LONGEST_NUMBER = 18  # digits of an event's: as many as databases keep
FIRST_DAY = "1970-01-01"  # that a ticket can be due
MOST = 500  # tickets that are changed together
MARKING = ("add-tags", "remove-tags")  # of a form: tags beside those that a ticket has

_BLANK_LINES = re.compile(r"\A(?:[^\S\n]*\n)+")
_BETWEEN_TAGS = re.compile(
    "[,，﹐､、،;；﹔؛\n\v\f\r\x85\u2028\u2029]"
)  # what separates things in a list, in any script
_NOT_IN_A_TAG = re.compile(r'["\x00-\x1f\x7f-\x9f]')  # a search for a tag of several words is in quotation marks


@dataclass(frozen=True)
class Opening:
    """A ticket to be opened. requester: an address; empty is whoever opens it.

    idempotency_key: equal for sends of one form.
    draft: the version of the draft that it was (desk.drafts); after: the ticket to which that was written, if to one.
    """

    subject: str
    body: str
    priority: Priority = Priority.NORMAL
    requester: str = ""
    assignee: int | None = None
    tags: Sequence[str] = ()
    idempotency_key: str = ""
    draft: int = 0
    after: int | None = None


@dataclass(frozen=True)
class Message:
    """A reply or a note to be written. status: that the ticket gets with it. idempotency_key: as of an Opening.

    seen: the number of the last event of which its writer knew; None: they do not say. draft: as of an Opening.
    """

    body: str
    kind: Kind = Kind.REPLY
    status: Status | None = None
    idempotency_key: str = ""
    seen: int | None = None
    draft: int = 0


@dataclass(frozen=True)
class Revision:
    """Another text for a message that was seen at this version. draft: as of an Opening."""

    body: str
    version: int
    draft: int = 0


@dataclass(frozen=True)
class Change:
    """Fields of a ticket that was seen at this version, as the desk would keep them, be they allowed or not.

    A form names every field, also those that nobody touched, and those may stand by rules of before: the verb knows
    which were touched, and checks them. requester: an address, as typed. assignee: an id, None, or what names nobody.
    more, fewer: tags to add and to take away, whatever others there are by now; what is in both goes.
    """

    version: int
    fields: Mapping[str, Any] = field(default_factory=dict)
    more: Sequence[str] = ()
    fewer: Sequence[str] = ()


def opening(form: Mapping[str, str], me: int | None) -> Opening:
    """me: whom "me" names as the assignee."""
    errors: dict[str, Code] = {}
    about: dict[str, str] = {}
    subject, body, key = one_line(form.get("subject", "")), message_text(form.get("body", "")), form.get("key", "")
    collect(errors, "subject", lambda: check_text(subject, SUBJECT))
    collect(errors, "body", lambda: check_text(body, BODY))
    collect(errors, "key", lambda: check_idempotency_key(key))
    priority = collect(errors, "priority", lambda: parse_priority(form.get("priority") or "normal"))
    tags = read_tags(form.get("tags", ""))
    if refused := refused_tags(tags):
        errors["tags"], about["tags"] = refused
    assignee = collect(errors, "assignee", lambda: parse_assignee(form.get("assignee", ""), me))
    asked = form.get("requester", "")
    requester = collect(errors, "requester", lambda: addresses.parse(asked)) if asked else ""
    if errors:
        raise Invalid(errors, about)
    return Opening(subject, body, priority, requester, assignee, tags, key)


def message(form: Mapping[str, str]) -> Message:
    errors: dict[str, Code] = {}
    body, key = message_text(form.get("body", "")), form.get("key", "")
    collect(errors, "body", lambda: check_text(body, BODY))
    collect(errors, "key", lambda: check_idempotency_key(key))
    kind = collect(errors, "kind", lambda: parse_kind(form.get("kind", Kind.REPLY)))
    asked = form.get("status", "")
    status = collect(errors, "status", lambda: parse_status(asked)) if asked else None
    number = form.get("seen", "")
    seen = collect(errors, "seen", lambda: parse_event(number)) if number else None
    if errors:
        raise Invalid(errors)
    return Message(body, kind, status, key, seen)


def revision(form: Mapping[str, str]) -> Revision:
    errors: dict[str, Code] = {}
    body = message_text(form.get("body", ""))
    collect(errors, "body", lambda: check_text(body, BODY))
    version = collect(errors, "version", lambda: parse_version(form.get("version", "")))
    if errors:
        raise Invalid(errors)
    return Revision(body, version)


def change(form: Mapping[str, str], me: int | None) -> Change:
    """me: whom "me" names as the assignee. Every field but the version and MARKING is one of the ticket."""
    errors: dict[str, Code] = {}
    version = collect(errors, "version", lambda: parse_version(form.get("version", "")))
    if errors:
        raise Invalid(errors)
    fields = {name: _kept(name, text, me) for name, text in form.items() if name not in ("version", *MARKING)}
    return Change(version, fields, *_marking(form))


def change_of_many(form: Mapping[str, str], me: int | None) -> Change:
    """Of a form for many tickets, with the version of none. What is empty stays as it is; "none" empties a field."""
    named = {name: text for name, text in form.items() if text.strip()}
    fields = {name: _kept(name, "" if text == "none" else text, me) for name, text in named.items()}
    asked = Change(0, {name: value for name, value in fields.items() if name not in MARKING}, *_marking(named))
    if not (asked.fields or asked.more or asked.fewer):
        raise Invalid({"change": Code.NOTHING_ASKED})
    return asked


def _marking(form: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(read_tags(form.get(name, ""))) for name in MARKING)


def seen(texts: Sequence[str]) -> dict[int, int]:
    """Ticket -> version, of texts like "42:7". Raises Invalid, also for more than MOST."""
    errors: dict[str, Code] = {}
    read = [collect(errors, "ticket", partial(_seen, text)) for text in texts[: MOST + 1]]
    if errors or not MOST >= len(texts) > 0:
        raise Invalid(errors or {"ticket": Code.TOO_MANY_TICKETS if texts else Code.NO_TICKETS})
    return dict(read)


def _seen(text: str) -> tuple[int, int]:
    ticket, _, version = text.partition(":")
    return parse_version(ticket), parse_version(version)


def _kept(name: str, text: str, me: int | None) -> Any:
    match name:
        case "subject":
            return one_line(text)
        case "assignee":
            return read_assignee(text, me)
        case "tags":
            return read_tags(text)
        case "due":
            return text.strip() or None
    return text


def one_line(text: str) -> str:
    return " ".join(text.split())


def message_text(text: str) -> str:
    """What was typed without the blank lines around it: the first line keeps its indent."""
    return _BLANK_LINES.sub("", text.rstrip())


def collect(errors: dict[str, Code], name: str, parse: Callable[[], Any]) -> Any:
    """What parse gives; if it raises ValueError, None, and its code under this name."""
    try:
        return parse()
    except ValueError as error:
        errors[name] = Code(str(error))
        return None


def check_text(text: str, longest: int) -> None:
    """Raises ValueError for a text in which there is nothing to see, one that is too long, or one with a NUL."""
    if len(text) > longest:
        raise ValueError(Code.TOO_LONG)
    if not is_visible(text):
        raise ValueError(Code.EMPTY)
    if "\x00" in text:
        raise ValueError(Code.UNKNOWN)


def check_idempotency_key(key: str) -> None:
    if len(key) > IDEMPOTENCY_KEY or not key.isprintable():
        raise ValueError(Code.UNKNOWN)


def parse_version(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise ValueError(Code.UNKNOWN)
    return int(text)


def parse_event(text: str) -> int:
    """The number of an event."""
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise ValueError(Code.UNKNOWN)
    return int(text)


def parse_status(text: str) -> Status:
    if text not in set(Status):
        raise ValueError(Code.UNKNOWN)
    return Status(text)


def parse_kind(text: str) -> Kind:
    if text not in set(Kind):
        raise ValueError(Code.UNKNOWN)
    return Kind(text)


def read_assignee(text: str, me: int | None) -> int | str | None:
    """An id; None for nobody; any other text as it is, which names no one."""
    if text == "me":
        return me
    if text in ("", "none"):
        return None
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text


def parse_assignee(text: str, me: int | None) -> int | None:
    read = read_assignee(text, me)
    if isinstance(read, str):
        raise ValueError(Code.UNKNOWN)
    return read


def parse_priority(text: str) -> Priority:
    try:
        return Priority.of(text)
    except KeyError:
        raise ValueError(Code.UNKNOWN) from None


def read_tags(text: str) -> list[str]:
    """Tags separated by commas, semicolons or lines, in order, each once; what is empty to the eye is none."""
    return sorted({one_tag(part) for part in _BETWEEN_TAGS.split(text, MOST_TAGS) if is_visible(part)})


def one_tag(text: str) -> str:
    """The one form of a tag: lower case, and letters that look alike are the same."""
    lower = one_line(without_strays(text)).lower().replace("i\u0307", "i")  # of İ
    return unicodedata.normalize("NFC", lower)


def refused_tags(tags: Sequence[str], standing: Collection[str] = ()) -> tuple[Code, str] | None:
    """Why a ticket cannot have these, and which of them are meant.

    standing: those that it has already, which need not be allowed any more.
    """
    new = [tag for tag in tags if tag not in standing]
    if long := next((tag for tag in new if len(tag) > TAG), None):
        return Code.TAG_TOO_LONG, f"{long[:TAG]}…"
    if odd := next((tag for tag in new if _NOT_IN_A_TAG.search(tag)), None):
        return Code.NOT_A_TAG, "".join(c if c.isprintable() else "\ufffd" for c in odd)
    surplus = len(tags) - max(TAGS, len(standing))
    return (Code.TOO_MANY_TAGS, ", ".join(new[-surplus:])) if surplus > 0 else None


def parse_due(text: str) -> str | None:
    """A day of the desk's age, whose year has four digits: 0026 is a slip of the hand."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(Code.NOT_A_DAY) from None
    if day.isoformat() != text or text < FIRST_DAY:  # Python reads weeks too: 2026-W05-6
        raise ValueError(Code.NOT_A_DAY)
    return text
