"""Who acts: what a verb is told instead of a person, since it may be more, or less, than one."""

from typing import Protocol

from app.desk.audience import Seen
from app.desk.roles import Right


class Actor(Protocol):
    """A person, one inside another site (embeds.Speaker), or the desk itself (DESK).

    id: of the person whose act it is in the journal; None: nobody's.
    """

    @property
    def id(self) -> int | None: ...

    @property
    def rights(self) -> frozenset[Right]: ...

    def sees(self, ticket: Seen) -> bool: ...


class _Desk:
    """Its command line, its clock, its own work."""

    id = None
    rights = frozenset(Right)

    def sees(self, ticket: Seen) -> bool:
        return not ticket.deleted


DESK = _Desk()
