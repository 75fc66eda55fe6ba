"""What an index of words and the rest of the desk say to each other, whichever store it is of."""

import math
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

TIMES = 8  # so many times more tickets a step looks through than the one before, where that had too few


@dataclass(frozen=True)
class Found:
    """Tickets that an index finds, as parts of a statement about tickets t, the highest number first.

    is_long: whether the database may have to pass many over that are not found. most: there are no more of them.
    """

    source: str
    where: str
    values: Sequence[object]
    order: str
    is_long: bool
    most: float = math.inf


Step = Callable[[], Awaitable[Found | None]]  # of what an index finds, when it is asked for; each holds those before it


@dataclass(frozen=True)
class Said:
    """A comment's words, folded: see desk.words.indexed."""

    comment: int
    public: bool
    words: str


@dataclass(frozen=True)
class Texts:
    """What a ticket is found by, folded, and in the order in which it was said."""

    ticket: int
    subject: str
    requester: str
    said: Sequence[Said] = ()


def steps(newest: int, many: int) -> Iterator[int]:
    """Numbers after which to look, each for the newest tickets down to there. many: so many of them first."""
    while many < newest:
        yield newest - many
        many *= TIMES
    yield 0


def whose(person: int) -> str:
    """A word of the index that stands in the rows of one requester, so that few rows are looked at for them.

    Its first letter is one of those that words.fold() makes plain, so no text holds it and no query asks for it.
    """
    return f"ᵖ{person}"
