"""The hint on a desk that has no ticket yet."""

from dataclasses import dataclass
from typing import Self

from app.desk import queries
from app.desk.events import Happened, What
from app.desk.policy import STAFF, Audience
from app.live.content import Content, Part
from app.live.region import Region

COMING_AND_GOING = (What.TICKET_CREATED, What.TICKET_DELETED, What.TICKET_RESTORED)


@dataclass(frozen=True)
class FirstRegion(Region):
    audience = STAFF
    name = "first"

    @property
    def of(self) -> str:
        return ""

    @classmethod
    def read(cls, audience: Audience, of: str) -> Self:
        if not audience.is_staff or of:
            raise ValueError(of)
        return cls()

    @property
    def topic(self) -> str:
        return "staff"

    async def compute(self) -> Content:
        return Content(parts=(Part("#first", "tickets/first.html", not await queries.has_tickets()),))

    def may_touch(self, event: Happened) -> bool:
        return event.vague or event.what in COMING_AND_GOING
