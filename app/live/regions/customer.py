"""Whose ticket it is, beside it: the requester, and their other tickets."""

from dataclasses import dataclass
from typing import Self

from app.desk import customers
from app.desk.audience import Audience
from app.desk.events import COMING_AND_GOING, Happened
from app.live.content import Content, Part
from app.live.region import OfTicket

SHOWN = {"requester", "subject", "status"}  # of the tickets


@dataclass(frozen=True)
class CustomerRegion(OfTicket):
    """For staff. It is found by its ticket, and by whose that is: of all theirs it shows something."""

    name = "customer"

    @property
    def of(self) -> str:
        return str(self.ticket)

    @classmethod
    def read(cls, audience: Audience, of: str) -> Self:
        if not audience.is_staff:
            raise ValueError(of)
        return cls(int(of), audience)

    async def compute(self) -> Content:
        customer = await customers.of_ticket(self.ticket)
        topics = frozenset({f"requester {customer.id}"} if customer else ())
        return Content(parts=(Part("#customer", "tickets/customer.html", customer),), topics=topics)

    def may_touch(self, event: Happened) -> bool:
        if event.vague or event.names:
            return True
        return event.what in COMING_AND_GOING or not SHOWN.isdisjoint(event.changes)
