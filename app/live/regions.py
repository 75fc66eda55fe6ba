"""What a page shows and a socket keeps true.

A region is a name with a parameter, for an audience. Its content is computed by one query and compared with what it
was: what differs is what an event touched. So pushing and reloading cannot disagree about what there is to show.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from markupsafe import Markup

from app.desk import filters, policy, queries, threads
from app.desk.events import Happened, What
from app.desk.filters import Filter
from app.desk.policy import Audience
from app.desk.threads import Said, Thread
from app.live import beside
from app.live.render import Renderer

SEARCH_BREATH = 1.0  # seconds between two computations of a search
NAMES = frozenset(("list", "count", "ticket", "thread", *beside.KINDS))
REMEMBERED = 500  # touches a region; who is further behind gets the whole


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
    return Content(
        target="#ticket-rows",
        descending=filter_.descending,
        entries=tuple(Entry(f"ticket-{it.id}", it.key, row, it) for it in page.rows),
        parts=(
            Part("#list-count", "live/count.html", page.count),
            Part("#list-foot", foot_template, foot),
        ),
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


@dataclass(frozen=True)
class Happening:
    """What the scripts of pages are told of an event. name: as "ticket_updated:42"."""

    number: int
    name: str


@dataclass
class Touch:
    """A change of a region: the last event that it may show, what differs now, and what happened.

    That event may be later than what happened, and be told of by a touch of its own. lost: those entries that left
    because the right to see them did.
    """

    number: int
    entries: frozenset[str]
    parts: frozenset[str]
    happened: tuple[Happening, ...]
    lost: frozenset[str]


@dataclass(eq=False)
class Shown:
    """A region in memory: what it shows, and what was touched by which event.

    floor: from here on the touches are complete; who is further behind gets the whole.
    """

    region: Region
    content: Content
    floor: int
    touches: list[Touch] = field(default_factory=list)
    computed: float = 0.0  # when, on the monotonic clock
    waiting: list[Happened] = field(default_factory=list)  # events that it was not computed for yet
    unwatched_since: float | None = None
    _pages: list[tuple[int, Content]] = field(default_factory=list)  # rendered before the next update, and different
    _steps: dict[tuple[int, str], list[str]] = field(default_factory=dict)
    _dropped: int = 0

    def rests(self, now: float) -> bool:
        """Whether it is too early to compute it again: a search costs more than other lists."""
        return self.region.name == "list" and bool(filter_of(self.region).q) and now - self.computed < SEARCH_BREATH

    def update(self, content: Content, number: int) -> None:
        """Take what the region shows after the events that were waiting.

        number: of the last event that it may show. A page that was rendered before that event gets what differs, also
        where the region shows again what it showed before.
        """
        events, self.waiting = self.waiting, []
        self.computed = time.monotonic()
        before, after = self.content, content
        shown = [before, *(page for since, page in self._pages if since < number)]
        self._pages = [(since, page) for since, page in self._pages if since >= number and page != after]
        entries, parts = _differences(shown, after)
        happened = tuple(
            Happening(event.id, f"{event.what}:{event.ticket}")
            for event in events
            if self._is_seen(event, before, after)
        )
        lost = self._lost(events, before) - {entry.id for entry in after.entries}
        self.content = content
        if entries or parts or happened or lost:
            self._steps.clear()
            self._touch(Touch(number, entries | lost, parts, happened, lost))

    def rendered(self, content: Content, since: int, position: int) -> None:
        """A page was rendered from this at since, read while the rounds were at position."""
        if content == self.content:
            return
        if position <= since or self.waiting:
            self._pages.append((since, content))  # whether it is ahead or behind, the next update tells
        else:
            entries, parts = _differences([content], self.content)
            later = [touch for touch in self.touches if touch.number > since]
            known = frozenset[str]().union(*(touch.entries | touch.parts for touch in later))
            if not entries | parts <= known:
                self._steps.clear()
                number = max(position, *(touch.number for touch in later), 0)
                self._touch(Touch(number, entries, parts, (), lost=entries))  # why they left is not known any more

    def _touch(self, touch: Touch) -> None:
        self.touches.append(touch)
        if len(self.touches) > REMEMBERED:
            dropped = self.touches.pop(0)
            self._dropped = self.floor = dropped.number

    def reset(self, content: Content, number: int) -> None:
        """Take what the region shows without knowing how it came to be."""
        self.content, self.floor, self._dropped = content, number, number
        self.touches.clear()
        self.waiting.clear()
        self._pages.clear()
        self._steps.clear()

    def _lost(self, events: Iterable[Happened], before: Content) -> frozenset[str]:
        """Rows of tickets that the audience may see no more. They may have left already in the round before."""
        rows = frozenset(f"ticket-{event.ticket}" for event in events if policy.loses(self.region.audience, event))
        return rows.intersection(
            {entry.id for entry in before.entries}.union(*(it.entries for it in self.touches[-3:]))
        )

    def _is_seen(self, event: Happened, before: Content, after: Content) -> bool:
        """Whether the page's scripts are told: on a list, of a ticket that enters, changes or leaves it.

        What an event did may have been read already in the round before it; then its row is among the last touches.
        """
        if may_be_anywhere(event) or not maybe_touches(self.region, event):
            return False
        if self.region.name == "list":
            row = f"ticket-{event.ticket}"
            shown = any(entry.id == row for entry in (*before.entries, *after.entries))
            return shown or any(row in touch.entries for touch in self.touches[-3:])
        return self.region.name == "ticket"

    @property
    def known(self) -> int:
        """The last event that it may show something of."""
        return max(self.floor, self.touches[-1].number if self.touches else 0)

    def touched_after(self, position: int) -> bool:
        return bool(self.touches) and self.touches[-1].number > position

    def touched_until(self, position: int) -> int:
        """The last event up to this one that touched the region, as far as is remembered."""
        return next((touch.number for touch in reversed(self.touches) if touch.number <= position), self._dropped)

    def happened_after(self, position: int) -> Iterable[Happening]:
        """What a page that knows everything up to this event was not told yet."""
        return (happening for touch in self.touches for happening in touch.happened if happening.number > position)

    def step(self, position: int, render: Renderer, language: str) -> list[str]:
        """HTML that brings a page from this position to now. Remembered: sockets in step share it."""
        remembered = (position, language)
        if remembered not in self._steps:
            self._steps[remembered] = list(self._step(position, render, language))
        return self._steps[remembered]

    def _step(self, position: int, render: Renderer, language: str) -> Iterable[str]:
        touches = [touch for touch in self.touches if touch.number > position]
        touched = frozenset[str]().union(*(touch.entries for touch in touches))
        lost = frozenset[str]().union(*(touch.lost for touch in touches))
        shown = {entry.id for entry in self.content.entries}
        for name in sorted(touched):
            if self.content.moves or name not in shown:
                why = " lost:true" if name in lost - shown else ""
                yield f'<hx-partial hx-target="#{name}" hx-swap="delete{why}"></hx-partial>'
        rows = [
            render.value(entry.template, entry.value, language) for entry in self.content.entries if entry.id in touched
        ]
        if rows:
            sort = "desc" if self.content.descending else ""
            target = self.content.target
            yield f'<hx-upsert hx-target="{target}" key="data-key" sort="{sort}">{"".join(rows)}</hx-upsert>'
        parts = frozenset[str]().union(*(touch.parts for touch in touches))
        yield from (partial(part, render, language) for part in self.content.parts if part.target in parts)

    def whole(self, render: Renderer, language: str) -> Iterable[str]:
        """HTML that makes this region of a page what it is now, whatever it was."""
        if self.content.target:
            html = self.content.html(render, language)
            yield f'<hx-partial hx-target="{self.content.target}" hx-swap="innerMorph">{html}</hx-partial>'
        yield from (partial(part, render, language) for part in self.content.parts)


def _differences(before: Iterable[Content], after: Content) -> tuple[frozenset[str], frozenset[str]]:
    """The ids of entries, and the targets of parts, in which what now is differs from any of these."""
    now = {entry.id: entry for entry in after.entries}
    entries, parts = set[str](), set[str]()
    for content in before:
        was = {entry.id: entry for entry in content.entries}
        entries |= {name for name in was.keys() | now.keys() if was.get(name) != now.get(name)}
        parts |= {part.target for part in after.parts if part not in content.parts}
    return frozenset(entries), frozenset(parts)


def partial(part: Part, render: Renderer, language: str) -> str:
    html = render.value(part.template, part.value, language)
    return f"<hx-partial hx-target='{part.target}' hx-swap=\"{part.swap}\">{html}</hx-partial>"
