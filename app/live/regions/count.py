"""How many tickets a view has."""

from dataclasses import dataclass

from app.desk import queries
from app.desk.events import COMING_AND_GOING, Happened
from app.live.content import Content, Part
from app.live.region import OfFilter


@dataclass(frozen=True)
class CountRegion(OfFilter):
    name = "count"

    async def compute(self) -> Content:
        count = await queries.count(self.filter)
        return Content(parts=(Part(f'[data-count="{self.filter.view}"]', "live/count.html", count),))

    def may_show(self, event: Happened) -> bool:
        """Only what enters or leaves it changes it."""
        after, before = [self.filter.meets(moment) for moment in event.moments]
        return after or before if event.what in COMING_AND_GOING else after != before
