"""What people type into the fields of a ticket or a message: checked, and made what the desk keeps.

Each parser raises ValueError with a Code; collect() gathers them by field.
"""

import re
from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Any

from app.desk.errors import Code
from app.desk.letters import is_visible
from app.desk.models import Priority, Status

SUBJECT = 200  # characters at most
BODY = 30_000
TAG = 30
TAGS = 20  # a ticket
KEY = 64

_BLANK_LINES = re.compile(r"\A(?:[^\S\n]*\n)+")
_TAG = re.compile(r"[\w][\w .:/-]*")


def one_line(text: str) -> str:
    return " ".join(text.split())


def message(text: str) -> str:
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
    if not is_visible(text):
        raise ValueError(Code.EMPTY)
    if len(text) > longest:
        raise ValueError(Code.TOO_LONG)
    if "\x00" in text:
        raise ValueError(Code.UNKNOWN)


def check_key(key: str) -> None:
    if len(key) > KEY or not key.isprintable():
        raise ValueError(Code.UNKNOWN)


def parse_version(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise ValueError(Code.UNKNOWN)
    return int(text)


def parse_status(text: str) -> str:
    if text not in set(Status):
        raise ValueError(Code.UNKNOWN)
    return text


def parse_priority(text: str) -> Priority:
    try:
        return Priority.of(text)
    except KeyError:
        raise ValueError(Code.UNKNOWN) from None


def parse_tags(text: str) -> list[str]:
    tags = read_tags(text)
    check_tags(tags)
    return tags


def read_tags(text: str) -> list[str]:
    """Tags separated by commas: lower case, each once, in order."""
    return sorted({one_line(part).lower() for part in text.split(",") if part.strip()})


def check_tags(tags: Sequence[str], standing: Collection[str] = ()) -> None:
    """standing: those that the ticket has already, which need not be allowed any more."""
    new = [tag for tag in tags if tag not in standing]
    if len(tags) > max(TAGS, len(standing)) or any(len(tag) > TAG for tag in new):
        raise ValueError(Code.TOO_LONG)
    if not all(_TAG.fullmatch(tag) for tag in new):
        raise ValueError(Code.UNKNOWN)


def parse_due(text: str) -> str | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(Code.NOT_A_DAY) from None
    if day.isoformat() != text:  # Python reads weeks too: 2026-W05-6
        raise ValueError(Code.NOT_A_DAY)
    return text
