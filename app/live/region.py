"""A region: what a page shows and a socket keeps true, for an audience.

A kind of region is a frozen dataclass of its parameters in a file of its own (app/live/regions) and stands in
app/live/kinds.py. It says by what query its content is computed, for pages and for pushing alike, so that they cannot
disagree about what there is to show. What an event touched of it: app/live/shown.py.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from app.desk import filters
from app.desk.audience import STAFF, Audience
from app.desk.events import FOR_STAFF, NAMES, Happened, What
from app.desk.filters import Filter
from app.live.content import Content


class Region(ABC):
    """Equal regions show the same. name: of the kind, in tokens."""

    name: ClassVar[str]

    if TYPE_CHECKING:  # a field of most kinds

        @property
        def audience(self) -> Audience: ...

    @property
    @abstractmethod
    def of(self) -> str:
        """Its parameters as a text, for a token."""

    @classmethod
    @abstractmethod
    def read(cls, audience: Audience, of: str) -> Self:
        """The region whose parameters these are. Raises ValueError for another text, or an audience that has none."""

    @property
    @abstractmethod
    def topics(self) -> frozenset[str]:
        """What it is found by when something happens: at least one topic of each event that may touch it."""

    @property
    def is_long(self) -> bool:
        """Whether the database may have to pass many rows over to compute it."""
        return False

    @abstractmethod
    async def compute(self) -> Content:
        """What it shows now, from the database."""

    @abstractmethod
    def may_touch(self, event: Happened) -> bool:
        """False only if this event cannot change what it shows. True decides nothing: its query does."""

    def tells(self, event: Happened, before: Content, after: Content) -> bool:
        """Whether a page's scripts are told of an event that may have touched it."""
        return False

    def of_ticket(self) -> int | None:
        """Whose header or thread it is, if it is one's."""
        return None

    def of_person(self) -> int | None:
        """Whose own it is, if it is one's: nobody else may watch it."""
        return None


class OfStaff(Region):
    """What all staff see alike."""

    audience = STAFF

    @property
    def of(self) -> str:
        return ""

    @classmethod
    def read(cls, audience: Audience, of: str) -> Self:
        if not audience.is_staff or of:
            raise ValueError(of)
        return cls()

    @property
    def topics(self) -> frozenset[str]:
        return frozenset({FOR_STAFF})


class OfTickets(Region):
    """One that shows tickets, or what is in them, and people's names. texts: whether what people wrote is among it."""

    texts: ClassVar[bool] = False

    def may_touch(self, event: Happened) -> bool:
        if event.vague:
            return event.ticket is not None or event.person is not None
        if event.names:
            return NAMES in self.topics
        if event.what == What.COMMENT_RENDERED and not self.texts:
            return False
        return self.audience.may_know(event) and self.may_show(event)

    def may_show(self, event: Happened) -> bool:
        """The same, of an event of a ticket that the audience may know of."""
        return True


@dataclass(frozen=True)
class OfFilter(OfTickets):
    """What a filter lets through."""

    filter: Filter

    @property
    def audience(self) -> Audience:
        return self.filter.audience

    @property
    def of(self) -> str:
        return str(self.filter)

    @classmethod
    def read(cls, audience: Audience, of: str) -> Self:
        return cls(filters.read(audience, of))

    @property
    def topics(self) -> frozenset[str]:
        return self.filter.topics


@dataclass(frozen=True)
class OfTicket(OfTickets):
    """One ticket, or a part of it."""

    ticket: int
    audience: Audience

    @property
    def topics(self) -> frozenset[str]:
        return frozenset({f"ticket {self.ticket}", NAMES})

    def may_touch(self, event: Happened) -> bool:
        return event.ticket in (None, self.ticket) and super().may_touch(event)

    def of_ticket(self) -> int:
        return self.ticket
