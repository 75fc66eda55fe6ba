"""A region: what a page shows and a socket keeps true, for an audience.

A kind of region is a frozen dataclass of its parameters in a file of its own (app/live/regions) and stands in
app/live/kinds.py. It says by what query its content is computed, for pages and for pushing alike, so that they cannot
disagree about what there is to show. What an event touched of it: app/live/shown.py.
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Self

from app.desk import policy
from app.desk.events import Happened, What
from app.desk.policy import Audience
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
    def topic(self) -> str:
        """What it is looked up by when something happens: see topics()."""

    @property
    def breath(self) -> float:
        """Seconds between two computations of it."""
        return 0

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


class OfTickets(Region):
    """One that shows tickets, or what is in them, and people's names."""

    def may_touch(self, event: Happened) -> bool:
        if may_be_anywhere(event):
            return event.ticket is not None or event.person is not None
        return policy.may_know(self.audience, event) and self.may_show(event)

    @abstractmethod
    def may_show(self, event: Happened) -> bool:
        """The same, of an event of a ticket that the audience may know of."""


def topic_of(audience: Audience) -> str:
    """Of what shows many tickets."""
    return "staff" if audience.is_staff else f"requester {audience.requester}"


def topics(event: Happened) -> set[str]:
    """Whatever regions may be about that an event touches."""
    if event.ticket is None:
        return {"staff"} if event.person is not None else {"keys"} if event.key else set()
    theirs = (f"requester {moment['requester']}" for moment in (event.fields, event.fields_before))
    return {f"ticket {event.ticket}", "staff", *theirs}


def may_be_anywhere(event: Happened) -> bool:
    """Whether no topic tells which regions an event touches: people are named in all of them."""
    return event.vague or event.what in (What.PERSON_ADDED, What.PERSON_CHANGED)
