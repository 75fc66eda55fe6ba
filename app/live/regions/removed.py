"""A ticket that was just deleted, and can be put back."""

from dataclasses import dataclass
from typing import Self

from app.desk import queries
from app.desk.audience import STAFF, Audience
from app.desk.events import COMING_AND_GOING, NAMES, Happened
from app.live.content import Content, Part
from app.live.region import Region


@dataclass(frozen=True)
class RemovedRegion(Region):
    ticket: int
    audience = STAFF
    name = "removed"

    @property
    def of(self) -> str:
        return str(self.ticket)

    @classmethod
    def read(cls, audience: Audience, of: str) -> Self:
        if not audience.is_staff:
            raise ValueError(of)
        return cls(int(of))

    @property
    def topics(self) -> frozenset[str]:
        return frozenset({f"ticket {self.ticket}", NAMES})

    async def compute(self) -> Content:
        return Content(parts=(Part("#removed", "tickets/removed.html", await queries.removed(self.ticket)),))

    def may_touch(self, event: Happened) -> bool:
        return event.vague or event.names or event.what in COMING_AND_GOING
