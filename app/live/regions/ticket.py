"""The header of a ticket, or that there is none (any more)."""

from dataclasses import dataclass
from typing import Self

from app.desk import queries
from app.desk.events import Happened, What
from app.desk.policy import Audience
from app.live.content import Content, Part
from app.live.region import OfTickets


@dataclass(frozen=True)
class TicketRegion(OfTickets):
    ticket: int
    audience: Audience
    name = "ticket"

    @property
    def of(self) -> str:
        return str(self.ticket)

    @classmethod
    def read(cls, audience: Audience, of: str) -> Self:
        return cls(int(of), audience)

    @property
    def topics(self) -> frozenset[str]:
        return frozenset({f"ticket {self.ticket}"})

    async def compute(self) -> Content:
        header = await queries.header(self.audience, self.ticket)
        target = f'[data-region="ticket {self.ticket}"]'
        if header is None:
            removed = await queries.removed(self.ticket) if self.audience.is_staff else None
            gone = "tickets/removed_header.html" if removed else "tickets/unavailable.html"
            return Content(parts=(Part(target, gone, removed or self.ticket, "outerMorph"),), there=False)
        template = "tickets/header.html" if self.audience.is_staff else "tickets/header_public.html"
        return Content(parts=(Part(target, template, header, "outerMorph"),))

    def may_touch(self, event: Happened) -> bool:
        return event.ticket in (None, self.ticket) and super().may_touch(event)

    def may_show(self, event: Happened) -> bool:
        return event.what != What.COMMENT_RENDERED

    def tells(self, event: Happened, before: Content, after: Content) -> bool:
        return not event.may_be_anywhere

    def of_ticket(self) -> int:
        return self.ticket
