"""The rows of a list, what stands above and below them, and what those are called whom it is filtered by."""

from dataclasses import dataclass

from app.desk import filters, names, queries
from app.desk.events import NAMES, Happened
from app.live.content import Content, Entry, Part
from app.live.region import OfFilter

TEMPLATES = {  # of a row and of the foot, by whether the audience is staff and whether it is embedded
    (True, False): ("tickets/row.html", "tickets/foot.html"),
    (False, False): ("tickets/row_public.html", "tickets/foot.html"),
    (False, True): ("embed/row.html", "embed/foot.html"),
}


@dataclass(frozen=True)
class Foot:
    """What stands below a list. The queries are of the URLs before and after; empty: there is none."""

    shown: int
    first: int  # the place of the first row shown, from 1
    count: int
    page: int
    before: str
    after: str
    view: str
    filtered: bool
    q: str


@dataclass(frozen=True)
class ListRegion(OfFilter):
    name = "list"

    @property
    def is_long(self) -> bool:
        return not self.filter.is_plain

    @property
    def topics(self) -> frozenset[str]:
        """Staff see who asked and who has it, and find tickets by that; a requester sees and finds their own."""
        return super().topics | ({NAMES} if self.audience.is_staff else set())

    async def compute(self) -> Content:
        page = await queries.page(self.filter)
        row, foot = TEMPLATES[self.audience.is_staff, self.audience.embedded]
        parts = [
            Part("#list-count", "live/count.html", page.count),
            Part("#list-foot", foot, self._foot(len(page.rows), page.count, more=page.more)),
        ]
        if self.audience.is_staff and self.filter.people:
            called = await names.of(self.filter.people)
            parts.append(Part("#list-people", "live/people.html", tuple(sorted(called.items()))))
        return Content(
            target="#ticket-rows",
            descending=self.filter.order.descending,
            entries=tuple(Entry(_entry(it.id), it.sort_key, row, it) for it in page.rows),
            parts=tuple(parts),
        )

    def _foot(self, shown: int, count: int, *, more: bool) -> Foot:
        it, page = self.filter, self.filter.page
        return Foot(
            shown=shown,
            first=(page - 1) * filters.PAGE + 1,
            count=count,
            page=page,
            before=it.query(page=page - 1) if page > 1 else "",
            after=it.query(page=page + 1) if more and page < filters.LAST_PAGE else "",
            view=it.view,
            filtered=bool(it.status or it.priority or it.assignee or it.requester or it.tag or it.due),
            q=it.q,
        )

    def may_show(self, event: Happened) -> bool:
        return bool(self.filter.q) or any(self.filter.meets(moment) for moment in event.moments)

    def tells(self, event: Happened, before: Content, after: Content) -> bool:
        """Of a ticket that enters, changes or leaves it."""
        rows = (entry.id for entry in (*before.entries, *after.entries))
        return not event.vague and event.ticket is not None and _entry(event.ticket) in rows


def _entry(ticket: int) -> str:
    return f"ticket-{ticket}"
