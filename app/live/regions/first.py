"""The hint on a desk that has no ticket yet."""

from dataclasses import dataclass

from app.desk import queries
from app.desk.events import COMING_AND_GOING, Happened
from app.live.content import Content, Part
from app.live.region import OfStaff


@dataclass(frozen=True)
class FirstRegion(OfStaff):
    name = "first"

    async def compute(self) -> Content:
        return Content(parts=(Part("#first", "tickets/first.html", not await queries.has_tickets()),))

    def may_touch(self, event: Happened) -> bool:
        return event.vague or event.what in COMING_AND_GOING
