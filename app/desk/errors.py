"""What can go wrong with a verb. Few, named, and each carries what a page needs to say it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """What can be wrong with something typed. There are words for all of them: web.forms, the command line."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    UNKNOWN = "unknown"  # none of the possible values
    TAG_TOO_LONG = "tag_too_long"
    TOO_MANY_TAGS = "too_many_tags"
    NOT_A_TAG = "not_a_tag"  # it holds a character that cannot stand in one
    NOT_A_DAY = "not_a_day"
    NOT_AN_EMAIL = "not_an_email"
    NOT_AN_ORIGIN = "not_an_origin"
    TAKEN = "taken"  # somebody has this email
    PASSWORD_LENGTH = "password_length"  # noqa: S105 - a code, not a password
    WRONG_SIGN_IN = "wrong_sign_in"
    CLOSED = "closed"  # the ticket takes no more replies
    CLOSED_TO_EDITS = "closed_to_edits"  # the ticket is closed: what its requester said there stays
    ANSWERED = "answered"  # somebody answered what was said: it stays
    NO_TICKETS = "no_tickets"  # none is selected
    TOO_MANY_TICKETS = "too_many_tickets"
    NOTHING_ASKED = "nothing_asked"  # of those that are
    NOT_WRITTEN = "not_written"  # the database takes nothing now


class Missing(Exception):
    """There is no such thing, or none that this person may know of: the two look the same."""


@dataclass
class Deleted(Missing):
    """A ticket that is deleted, for staff, who may know that it is; for everyone else it is Missing."""

    ticket: int


class Refused(Exception):
    """The person may see it but not do this to it."""


@dataclass
class TooLate(Refused):
    """They could until something happened. code: CLOSED_TO_EDITS or ANSWERED; ticket: where."""

    code: Code
    ticket: int


@dataclass
class Invalid(Exception):
    """What was typed cannot be used; nothing was changed.

    errors: field -> what is wrong with it; about: field -> the part of it that is meant, where that is not all of it.
    """

    errors: dict[str, Code]
    about: dict[str, str] = field(default_factory=dict)


@dataclass
class Overtaken(Exception):
    """Others said something in public that the writer of a reply had not seen; nothing was written.

    said: the latest of it (threads.Said), in order, one at least; more: how many messages came before those.
    """

    said: tuple[Any, ...]
    more: int = 0

    @property
    def seen(self) -> int:
        """The number of an event: whoever is shown this has seen the thread up to it."""
        return int(self.said[-1].number)


@dataclass
class Conflict(Exception):
    """Someone else changed the same thing meanwhile; nothing was changed.

    theirs: field -> its value now; by: the name of who changed it last; version: the thing's version now. untouched:
    fields of the form that this person left as they were.
    """

    theirs: dict[str, Any]
    version: int
    by: str = ""
    mine: dict[str, Any] = field(default_factory=dict)
    untouched: frozenset[str] = frozenset()
