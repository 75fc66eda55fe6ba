"""What people type to search, read to a query that is always safe, in the words of no index."""

import re
import unicodedata
from dataclasses import dataclass

from app.desk import addresses, letters, words
from app.desk.models import LARGEST_ID, Status
from app.desk.values import read_tags, refused_tags

LONGEST = 200  # characters of what is typed; the rest is not looked at

_PART = re.compile(r'(?:(from|tag|status):)?("[^"]*"?|\S+)', re.IGNORECASE)
_NUMBER = re.compile(r"[#№＃](\d+)")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»‹›＂〝〞〟「」『』", '"'))
_SINGLE_QUOTES = re.compile(r"(?<![^\s:])[‘‚‛]([^‘’]*)[’‘](?!\S)")  # within a word it is an apostrophe


@dataclass(frozen=True)
class Phrase:
    """Words in a row. begins: whether the last one may go on."""

    words: tuple[str, ...]
    begins: bool


@dataclass(frozen=True)
class Asked:
    """Any of these must be found: anywhere, or in what a ticket's requester is found by."""

    phrases: tuple[Phrase, ...]
    of_requester: bool = False


@dataclass(frozen=True)
class Query:
    """What is looked for; all of it must be met.

    asked: of the index, nothing for anything. requester: whose tickets alone, by what they may know. number: of one
    ticket. status: any of these. tags: all of these.
    """

    asked: tuple[Asked, ...] = ()
    requester: int | None = None
    number: int | None = None
    status: frozenset[str] = frozenset()
    tags: tuple[str, ...] = ()


def tidy(text: str) -> str:
    """What was typed as lists keep it: one line, not too long; nothing, if there is nothing to see."""
    if not letters.is_visible(text):
        return ""
    shown = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in letters.without_strays(text))
    return " ".join(shown.split())[:LONGEST].rstrip()


def parse(text: str, *, requester: int | None) -> Query:
    """The query of a tidy text, for staff or for one requester.

    Words in any order, the last one a beginning unless it is quoted, others with a *; "quoted words" in theirs; #42 a
    ticket's number; for staff from: (name or email), tag: and status: too; for a requester status: alone is more than
    words. What follows an operator and is none of its values is looked for as it stands: people paste logs.
    """
    asked: list[Asked] = []
    status, tags = set[str](), list[str]()
    number = None
    parts = list(_PART.finditer(_SINGLE_QUOTES.sub(r'"\1"', text).translate(_QUOTES)))
    for part in parts:
        operator, value = (part[1] or "").lower(), part[2].strip('"')
        begins = part is parts[-1] and not re.fullmatch('".*"', part[2])
        if operator == "status" and value.lower() in set(Status):
            status.add(value.lower())
        elif operator == "tag" and requester is None and (found := _tags(value)):
            tags += found
        elif operator == "from" and requester is None and (phrase := _phrase(value, begins=begins)):
            alike = _phrase(addresses.same(value), begins=begins)
            both = dict.fromkeys((phrase, alike or phrase))
            asked.append(Asked(tuple(both), of_requester=True))
        elif not operator and (named := _NUMBER.fullmatch(value)):
            number = min(int(named[1][:10]), LARGEST_ID)
        elif phrase := _phrase(part[0], begins=begins):
            asked.append(Asked((phrase,)))
    whose = requester if asked else None
    return Query(tuple(asked), whose, number, frozenset(status), tuple(tags))


def _phrase(text: str, *, begins: bool) -> Phrase | None:
    """The words of a text in a row; nothing, if it holds no letter or digit. begins: whether the last one may go on."""
    row, star = words.asked(text, begins=begins)
    return Phrase(tuple(row), star) if row else None


def _tags(text: str) -> list[str]:
    """The tags of this text; none, if it is not one that a ticket can have."""
    tags = read_tags(text)
    return [] if refused_tags(tags) else tags
