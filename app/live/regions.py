"""What a page shows and a socket keeps true.

A region is a name with a parameter, for an audience. Its content is computed by one query, for pages and for pushing
alike, so that they cannot disagree about what there is to show. What an event touched of it: app/live/shown.py.
"""

from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from app.desk import filters, names, policy, queries, threads
from app.desk.events import Happened, What
from app.desk.filters import Filter
from app.desk.policy import Audience
from app.desk.threads import Said, Thread
from app.live import beside
from app.live.render import Renderer

NAMES = frozenset(("list", "count", "ticket", "thread", *beside.KINDS))


@dataclass(frozen=True)
class Region:
    """name: list, count, ticket, thread, or one of beside.KINDS. of: a filter's canonical text, or a ticket's id.

    Of a part of a thread that is not the last one: the ticket's id, and where it begins.
    """

    name: str
    of: str
    audience: Audience


def list_region(filter_: Filter) -> Region:
    return Region("list", str(filter_), filter_.audience)


def count_region(filter_: Filter) -> Region:
    return Region("count", str(filter_), filter_.audience)


def ticket_region(ticket: int, audience: Audience) -> Region:
    return Region("ticket", str(ticket), audience)


def thread_region(ticket: int, audience: Audience, first: int = 0) -> Region:
    """A part of a thread by the place of its first message; 0: the last part, wherever it begins."""
    return Region("thread", f"{ticket} {first}" if first else str(ticket), audience)


def beside_region(kind: str, of: str = "") -> Region:
    return Region(kind, of, policy.STAFF)


@dataclass(frozen=True)
class Entry:
    """One of many things in an order: a row, a comment. id and key are those of its element."""

    id: str
    key: str
    template: str
    value: object


@dataclass(frozen=True)
class Part:
    """A place of its own. swap: how htmx puts it there."""

    target: str
    template: str
    value: object
    swap: str = "innerMorph"


@dataclass(frozen=True)
class Content:
    """What a region shows now. moves: whether an entry's key can change. there: False if there is no such thing."""

    target: str = ""
    descending: bool = False
    moves: bool = True
    entries: tuple[Entry, ...] = ()
    parts: tuple[Part, ...] = ()
    there: bool = True

    def html(self, render: Renderer, language: str) -> Markup:
        """The entries as the page shows them."""
        return Markup("\n").join(render.value(entry.template, entry.value, language) for entry in self.entries)

    def part(self, target: str, render: Renderer, language: str) -> Markup:
        [part] = [part for part in self.parts if part.target == target]
        return render.value(part.template, part.value, language)


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
class Turn:
    """What leads from a part of a thread to the one before or after it. messages: so many are there; 0: it is the end.

    first: where that part begins; 0: it is the last one.
    """

    ticket: int
    first: int
    messages: int


TEMPLATES = {  # of a list's rows and foot, by whether the audience is staff and whether it is embedded
    (True, False): ("tickets/row.html", "tickets/foot.html"),
    (False, False): ("tickets/row_public.html", "tickets/foot.html"),
    (False, True): ("embed/row.html", "embed/foot.html"),
}


async def compute(region: Region) -> Content:
    """What the region shows now, from the database."""
    match region.name:
        case "list":
            return await _list(filter_of(region))
        case "count":
            filter_ = filter_of(region)
            count = await queries.count(filter_)
            return Content(parts=(Part(f'[data-count="{filter_.view}"]', "live/count.html", count),))
        case "ticket":
            return await _ticket(region)
        case "thread":
            return await _thread(region)
        case kind if kind in beside.KINDS and region.audience.is_staff:
            return Content(parts=tuple(Part(*part) for part in await beside.read(kind, region.of)))
    raise ValueError(region.name)


async def _list(filter_: Filter) -> Content:
    page = await queries.page(filter_)
    row, foot_template = TEMPLATES[filter_.audience.is_staff, filter_.audience.embedded]
    foot = Foot(
        shown=len(page.rows),
        first=(filter_.page - 1) * filters.PAGE + 1,
        count=page.count,
        page=filter_.page,
        before=filter_.query(page=filter_.page - 1) if filter_.page > 1 else "",
        after=filter_.query(page=filter_.page + 1) if page.more and filter_.page < filters.LAST_PAGE else "",
        view=filter_.view,
        filtered=bool(filter_.status or filter_.priority or filter_.assignee or filter_.requester or filter_.tag),
        q=filter_.q,
    )
    parts = [Part("#list-count", "live/count.html", page.count), Part("#list-foot", foot_template, foot)]
    if filter_.audience.is_staff and filter_.people:
        called = await names.of(filter_.people)
        parts.append(Part("#list-people", "live/people.html", tuple(sorted(called.items()))))
    return Content(
        target="#ticket-rows",
        descending=filter_.descending,
        entries=tuple(Entry(f"ticket-{it.id}", it.key, row, it) for it in page.rows),
        parts=tuple(parts),
    )


async def _ticket(region: Region) -> Content:
    ticket = ticket_of(region)
    header = await queries.header(region.audience, ticket)
    target = f'[data-region="ticket {ticket}"]'
    if header is None:
        removed = await queries.removed(ticket) if region.audience.is_staff else None
        gone = "tickets/removed_header.html" if removed else "tickets/unavailable.html"
        return Content(parts=(Part(target, gone, removed or ticket, "outerMorph"),), there=False)
    template = "tickets/header.html" if region.audience.is_staff else "tickets/header_public.html"
    return Content(parts=(Part(target, template, header, "outerMorph"),))


async def _thread(region: Region) -> Content:
    ticket, first = ticket_of(region), int(region.of.partition(" ")[2] or 0)
    thread = await threads.thread(region.audience, ticket, first)
    entries = [
        Entry(f"comment-{entry.id}", thread_key(entry.number), "tickets/comment.html", entry)
        if isinstance(entry, Said)
        else Entry(f"event-{entry.number}", thread_key(entry.number), "tickets/line.html", entry)
        for entry in thread.entries
    ]
    door = "embed" if region.audience.embedded else "tickets"
    parts = (
        Part("#thread-before", f"{door}/earlier.html", _before(ticket, thread)),
        Part("#thread-after", f"{door}/later.html", _after(ticket, thread)),
    )
    return Content(target="#thread", moves=False, entries=tuple(entries), parts=parts, there=thread.count > 0)


def _before(ticket: int, thread: Thread) -> Turn:
    beyond = thread.first > thread.count
    return Turn(ticket, 0 if beyond else max(1, thread.first - threads.PART), min(thread.first - 1, thread.count))


def _after(ticket: int, thread: Thread) -> Turn:
    """The next part, or the last one if that holds all the rest."""
    following = thread.first + threads.PART
    first = following if following < threads.last_part(thread.count) else 0
    return Turn(ticket, first, max(0, thread.count - following + 1))


def thread_key(number: int) -> str:
    return f"{number:012d}"


def ticket_of(region: Region) -> int:
    """Whose header or thread it is."""
    return int(region.of.partition(" ")[0])


@lru_cache(maxsize=1024)
def filter_of(region: Region) -> Filter:
    return filters.read(region.audience, region.of)


def about(region: Region) -> str:
    """What a region is looked up by when something happens: a ticket, a requester, or all that staff see."""
    if region.name in beside.KINDS:
        return beside.about(region.name, region.of)
    if region.name in ("ticket", "thread"):
        return f"ticket {ticket_of(region)}"
    return "staff" if region.audience.is_staff else f"requester {region.audience.requester}"


def may_be_anywhere(event: Happened) -> bool:
    """Whether no topic tells which regions an event touches: people are named in all of them."""
    return event.vague or event.what in (What.PERSON_ADDED, What.PERSON_CHANGED)


def topics(event: Happened) -> set[str]:
    """Whatever regions may be about that an event touches."""
    if event.ticket is None:
        return {"staff"} if event.person is not None else {"keys"} if event.key else set()
    theirs = (f"requester {moment['requester']}" for moment in (event.fields, event.fields_before))
    return {f"ticket {event.ticket}", "staff", *theirs}


def maybe_touches(region: Region, event: Happened) -> bool:
    """False only if this event cannot change what the region shows. True decides nothing: its query does."""
    if region.name in beside.KINDS:
        return beside.maybe_touches(region.name, event)
    of_a_ticket = region.name in ("ticket", "thread")
    if of_a_ticket and event.ticket not in (None, ticket_of(region)):
        return False
    if may_be_anywhere(event):
        return event.ticket is not None or event.person is not None
    if not policy.may_know(region.audience, event):
        return False
    if event.what == What.COMMENT_RENDERED:
        return region.name == "thread"
    return of_a_ticket or _maybe_lists(region, event)


def _maybe_lists(region: Region, event: Happened) -> bool:
    """The same for a list or a count, by the fields that the event tells of."""
    filter_ = filter_of(region)
    if filter_.q:
        return True
    after, before = filter_.meets(event.fields), filter_.meets(event.fields_before)
    if region.name == "count" and event.what not in (What.TICKET_CREATED, What.TICKET_DELETED, What.TICKET_RESTORED):
        return after != before
    return after or before
