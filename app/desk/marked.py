"""Where in a text as it was typed the words stand that somebody looks for; and a piece of it around the first of them.

Words are looked for in the folded text, as the index has them, and their places are led back to what was typed. What
the index finds and this does not is found all the same: it is only not marked.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from app.desk import words
from app.desk.asked import Phrase, Query

BEFORE, AFTER = 24, 180  # characters that are shown before the first word that is found, and from there on
AROUND = 500  # characters of a long text that are looked at before and after what is found first
KEPT = 4000  # texts of which it is remembered, since a list that is live asks again and again,
SHORT = 2000  # if they have no more characters than this
WORD = 40  # characters in which the beginning of a word that would be cut is looked for

NOWHERE = (0, 0)

Pieces = tuple[tuple[str, bool], ...]  # of a text, in its order, and whether each is what is looked for


@dataclass(frozen=True)
class Piece:
    """A part of a longer text. begins: whether the text begins with it."""

    pieces: Pieces
    begins: bool


_UNIT = re.compile(  # a letter with what may become one letter with it
    r"(?s).[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u093c\u1160-\u11ff\u3099\u309a\uff9e\uff9f]*"
)
_SPACE = re.compile(r"\s")
_BETWEEN = r"[\W_]{1,9}+"  # of the words of a phrase; the next one begins with a letter, so none of it is given back


class Sought(NamedTuple):
    """A phrase, as it is looked for in a folded text. is_word: whether it begins where a word does.

    That is looked at afterwards: what begins with its letters is found ten times as fast. A tuple, since it is hashed
    for each row of a list.
    """

    pattern: re.Pattern[str]
    is_word: bool

    def spans(self, folded: str) -> Iterator[tuple[int, int]]:
        for found in self.pattern.finditer(folded):
            start, stop = found.span()
            before, after = folded[max(0, start - 1) : start], folded[stop : stop + 1]
            if not (self.is_word and before.isalnum()) and not (after and unicodedata.category(after)[0] == "M"):
                yield start, stop  # a word's vowels may be marks


def sought(query: Query) -> tuple[Sought, ...]:
    """What finds the words of a query in a folded text. Those of a requester stand in no text that is shown here."""
    phrases = [phrase for asked in query.asked if not asked.of_requester for phrase in asked.phrases]
    return tuple(_sought(phrase) for phrase in dict.fromkeys(phrases) if not any(map(_begins_with_mark, phrase.words)))


def _begins_with_mark(word: str) -> bool:
    """It could stand in what is between words, and be looked for there in every way."""
    return unicodedata.category(word[0])[0] == "M"


def _sought(phrase: Phrase) -> Sought:
    """Letters of a run without spaces stand in pairs, each with the next one: they are one row again."""
    row = [phrase.words[0]]
    for one, other in zip(phrase.words, phrase.words[1:], strict=False):
        if len(one) == len(other) == 2 and one[1] == other[0] and words.is_unspaced(other):
            row[-1] += other[1]
        else:
            row.append(other)
    end = "" if words.is_unspaced(phrase.words[-1]) else r"[^\W_]*" if phrase.begins else r"(?![^\W_])"
    return Sought(re.compile(_BETWEEN.join(map(re.escape, row)) + end), is_word=not words.is_unspaced(row[0][0]))


@lru_cache(KEPT)
def whole(text: str, looked_for: tuple[Sought, ...]) -> Pieces:
    """All of a text that is short; nothing, if nothing of it is looked for."""
    found = _places(text, looked_for) if _near(text, looked_for) != NOWHERE else []
    return _cut(text, 0, len(text), found) if found else ()


def around(text: str, looked_for: tuple[Sought, ...]) -> Piece | None:
    """What stands around the first words that are looked for; None, if there are none."""
    return (_remembered if len(text) <= SHORT else _around)(text, looked_for)


def end_of(text: str, most: int) -> int:
    """Where a text that may have so many characters ends: before a word that would be cut, unless that is very long."""
    if len(text) <= most:
        return len(text)
    spaces = [space.start() for space in _SPACE.finditer(text, max(0, most - WORD), most + 1)]
    return spaces[-1] if spaces else most


def forget() -> None:
    """What is remembered."""
    whole.cache_clear()
    _remembered.cache_clear()
    _fold.cache_clear()


def _around(text: str, looked_for: tuple[Sought, ...]) -> Piece | None:
    begin, end = _near(text, looked_for)
    if (begin, end) == NOWHERE:
        return None
    found = [(begin + start, begin + stop) for start, stop in _places(text[begin:end], looked_for)]
    if not found:
        return None
    first, _ = found[0]
    start, end = max(0, first - BEFORE), end_of(text, first + AFTER)
    if start and (space := _SPACE.search(text, start, first)):
        start = space.end()
    return Piece(_cut(text, start, end, found), begins=not text[:start].strip())


_remembered = lru_cache(KEPT)(_around)


def _near(text: str, looked_for: Sequence[Sought]) -> tuple[int, int]:
    """The part of a text that is looked at: folding hardly ever moves a word far."""
    folded = words.fold(text)
    first = min((start for one in looked_for for start, _ in itertools.islice(one.spans(folded), 1)), default=None)
    if first is None:
        return NOWHERE
    if len(text) <= 2 * AROUND:
        return 0, len(text)
    first = first * len(text) // len(folded)
    begin = max(0, first - AROUND)
    space = _SPACE.search(text, begin, first) if begin else None  # no part of a word is taken for a word
    return space.end() if space else begin, first + AROUND


def _places(text: str, looked_for: Sequence[Sought]) -> list[tuple[int, int]]:
    """Where they stand, in their order; those that lie in each other are one."""
    folded, places = _folded(text)
    spans = sorted(span for one in looked_for for span in one.spans(folded))
    found: list[tuple[int, int]] = []
    for start, stop in ((places[start], places[stop]) for start, stop in spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        elif start < stop:
            found.append((start, stop))
    return found


def _folded(text: str) -> tuple[str, Sequence[int]]:
    """A folded text, and for each of its places, the end among them, the one in the text as it was typed."""
    if words.is_plain(text):
        return words.fold(text), range(len(text) + 1)
    folded, places = [], list[int]()
    for unit in _UNIT.finditer(text):
        letters = _fold(unit[0]) if len(unit[0]) < WORD else words.fold(unit[0])
        folded.append(letters)
        places += [unit.start()] * len(letters)
    return "".join(folded), [*places, len(text)]


@lru_cache(4096)
def _fold(unit: str) -> str:
    return words.fold(unit)


def _cut(text: str, begin: int, end: int, found: Sequence[tuple[int, int]]) -> Pieces:
    pieces: list[tuple[str, bool]] = []
    at = begin
    for start, stop in found:
        if start < end:
            pieces += [(text[at:start], False), (text[start : min(stop, end)], True)]
            at = min(stop, end)
    return tuple((piece, is_found) for piece, is_found in [*pieces, (text[at:end], False)] if piece)
