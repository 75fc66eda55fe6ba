"""Up to which of each ticket's messages one of the staff has read: their own, from which scripts paint lists."""

from dataclasses import dataclass
from typing import Self

from app.desk import read_up_to
from app.desk.audience import STAFF, Audience
from app.desk.events import SAYING, Happened, What
from app.live.content import Content, Part
from app.live.region import Region


@dataclass(frozen=True)
class ReadsRegion(Region):
    person: int
    audience = STAFF
    name = "reads"

    @property
    def of(self) -> str:
        return str(self.person)

    @classmethod
    def read(cls, audience: Audience, of: str) -> Self:
        if not audience.is_staff:
            raise ValueError(of)
        return cls(int(of))

    @property
    def topics(self) -> frozenset[str]:
        return frozenset({f"reader {self.person}"})

    async def compute(self) -> Content:
        return Content(parts=(Part("#my-reads", "live/reads.html", await read_up_to.of(self.person)),))

    def may_touch(self, event: Happened) -> bool:
        """Only what they do themselves."""
        of_mine = event.actor if event.what in SAYING else event.person if event.what == What.TICKET_READ else None
        return event.vague or of_mine == self.person

    def of_person(self) -> int:
        return self.person
