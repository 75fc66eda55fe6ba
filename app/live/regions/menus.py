"""What the menus of staff offer: people who can have a ticket, and tags."""

from dataclasses import dataclass
from typing import Self

from app.desk import queries
from app.desk.events import Happened, What
from app.desk.policy import STAFF, Audience
from app.live.content import Content, Part
from app.live.region import Region

COMING_AND_GOING = (What.TICKET_CREATED, What.TICKET_DELETED, What.TICKET_RESTORED)
PEOPLE = (What.PERSON_ADDED, What.PERSON_CHANGED, What.PERSON_DISABLED)


@dataclass(frozen=True)
class MenusRegion(Region):
    audience = STAFF
    name = "menus"

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
        people, tags = tuple(await queries.assignable()), tuple(await queries.tags())
        return Content(
            parts=(Part("#known-people", "live/people.html", people), Part("#known-tags", "live/tags.html", tags))
        )

    def may_touch(self, event: Happened) -> bool:
        comes = event.what in COMING_AND_GOING and bool(event.fields.get("tags"))
        return event.vague or comes or "tags" in event.changes or event.what in PEOPLE
