"""How many tickets a view has."""

from dataclasses import dataclass
from typing import Self

from app.desk import filters, queries
from app.desk.events import COMING_AND_GOING, Happened, What
from app.desk.filters import Filter
from app.desk.policy import Audience
from app.live.content import Content, Part
from app.live.region import OfTickets


@dataclass(frozen=True)
class CountRegion(OfTickets):
    filter: Filter
    name = "count"

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

    async def compute(self) -> Content:
        count = await queries.count(self.filter)
        return Content(parts=(Part(f'[data-count="{self.filter.view}"]', "live/count.html", count),))

    def may_show(self, event: Happened) -> bool:
        """Only what enters or leaves it changes it."""
        if event.what == What.COMMENT_RENDERED:
            return False
        after, before = self.filter.meets(event.fields), self.filter.meets(event.fields_before)
        return after or before if event.what in COMING_AND_GOING else after != before
