"""What each role sees and may do: rows of a table, of which policy.may() is asked."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    ADMIN = "admin"
    AGENT = "agent"
    REQUESTER = "requester"


class Right(StrEnum):
    """What one may do, each to tickets that one sees; what state a ticket must be in says the verb."""

    READ = "read"
    OPEN = "open"  # a ticket of one's own
    REPLY = "reply"
    EDIT = "edit"  # a message of one's own
    EDIT_OTHERS = "edit_others"
    READ_INTERNAL = "read_internal"  # notes, and that a ticket was deleted
    NOTE = "note"
    CHANGE = "change"  # the fields of a ticket
    BE_ASSIGNED = "be_assigned"
    DELETE = "delete"  # a ticket, and bring back what one deleted
    RESTORE = "restore"  # what others deleted
    KEYS_MANAGE = "keys_manage"  # of sites that embed pages
    BE_EMBEDDED = "be_embedded"  # another site may speak for them


@dataclass(frozen=True)
class Granted:
    """sees_all: every ticket, else one's own."""

    sees_all: bool
    rights: frozenset[Right]


_OWN = frozenset({Right.READ, Right.OPEN, Right.REPLY, Right.EDIT})
_WORK = _OWN | {Right.READ_INTERNAL, Right.NOTE, Right.CHANGE, Right.BE_ASSIGNED, Right.DELETE}

ROLES = {
    Role.ADMIN: Granted(sees_all=True, rights=_WORK | {Right.EDIT_OTHERS, Right.RESTORE, Right.KEYS_MANAGE}),
    Role.AGENT: Granted(sees_all=True, rights=_WORK),
    # For staff another site may not speak: a message of theirs would be one of the desk.
    Role.REQUESTER: Granted(sees_all=False, rights=_OWN | {Right.BE_EMBEDDED}),
}


def with_right(right: Right) -> list[Role]:
    """The roles that have it."""
    return [role for role, granted in ROLES.items() if right in granted.rights]
