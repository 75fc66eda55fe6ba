"""What the menus of staff offer: people who can have a ticket, and tags."""

from dataclasses import dataclass

from app.desk import queries
from app.desk.events import COMING_AND_GOING, Happened, What
from app.live.content import Content, Part
from app.live.region import OfStaff

PEOPLE = (What.PERSON_ADDED, What.PERSON_CHANGED, What.PERSON_DISABLED)


@dataclass(frozen=True)
class MenusRegion(OfStaff):
    name = "menus"

    async def compute(self) -> Content:
        people, tags = tuple(await queries.assignable()), tuple(await queries.tags())
        return Content(
            parts=(Part("#known-people", "live/people.html", people), Part("#known-tags", "live/tags.html", tags))
        )

    def may_touch(self, event: Happened) -> bool:
        comes = event.what in COMING_AND_GOING and any(moment.tags for moment in event.moments)
        return event.vague or comes or "tags" in event.changes or event.what in PEOPLE
