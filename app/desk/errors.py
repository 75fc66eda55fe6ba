"""What can go wrong with a verb. Few, named, and each carries what a page needs to say it."""

from dataclasses import dataclass, field
from typing import Any


class Missing(Exception):
    """There is no such thing, or none that this person may know of: the two look the same."""


class Refused(Exception):
    """The person may see it but not do this to it."""


@dataclass
class Invalid(Exception):
    """What was typed cannot be used; nothing was changed. errors: field -> code (see web.forms for their words)."""

    errors: dict[str, str]


@dataclass
class Conflict(Exception):
    """Someone else changed the same thing meanwhile; nothing was changed.

    theirs: field -> its value now; by: the name of who changed it last; version: the thing's version now.
    """

    theirs: dict[str, Any]
    version: int
    by: str = ""
    mine: dict[str, Any] = field(default_factory=dict)
