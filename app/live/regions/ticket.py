"""The header of a ticket, or that there is none (any more)."""

from dataclasses import dataclass
from typing import Self

from app.desk import queries
from app.desk.audience import Audience
from app.desk.events import Happened
from app.live.content import Content, Part
from app.live.region import OfTicket


@dataclass(frozen=True)
class TicketRegion(OfTicket):
    name = "ticket"

    @property
    def of(self) -> str:
        return str(self.ticket)

    @classmethod
    def read(cls, audience: Audience, of: str) -> Self:
        return cls(int(of), audience)

    async def compute(self) -> Content:
        header = await queries.header(self.audience, self.ticket)
        target = f'[data-region="ticket {self.ticket}"]'
        if header is None:
            removed = await queries.removed(self.ticket) if self.audience.is_staff else None
            gone = "tickets/removed_header.html" if removed else "tickets/unavailable.html"
            return Content(parts=(Part(target, gone, removed or self.ticket, "outerMorph"),), there=False)
        template = "tickets/header.html" if self.audience.is_staff else "tickets/header_public.html"
        return Content(parts=(Part(target, template, header, "outerMorph"),))

    def tells(self, event: Happened, before: Content, after: Content) -> bool:
        return not (event.vague or event.names)
