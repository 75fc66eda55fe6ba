"""What people type into the fields of a ticket or a message: checked, and made what the desk keeps.

Each parser raises ValueError with a Code; collect() gathers them by field.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Any

from app.desk.errors import Code
from app.desk.letters import is_visible, without_strays
from app.desk.models import Priority, Status

SUBJECT = 200  # characters at most
BODY = 30_000
TAG = 30
TAGS = 20  # a ticket
MOST_TAGS = 1000  # that are told apart in what was typed
KEY = 64
FIRST_DAY = "1970-01-01"  # that a ticket can be due

_BLANK_LINES = re.compile(r"\A(?:[^\S\n]*\n)+")
_BETWEEN_TAGS = re.compile(
    "[,，﹐､、،;；﹔؛\n\v\f\r\x85\u2028\u2029]"
)  # what separates things in a list, in any script
_NOT_IN_A_TAG = re.compile(r'["\x00-\x1f\x7f-\x9f]')  # a search for a tag of several words is in quotation marks


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
    if len(text) > longest:
        raise ValueError(Code.TOO_LONG)
    if not is_visible(text):
        raise ValueError(Code.EMPTY)
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
