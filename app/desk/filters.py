"""A list's filter: from a URL, to a canonical text, and against what an event says. As SQL: app.desk.selecting."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlencode

from app.desk import asked, orders
from app.desk.asked import Query
from app.desk.audience import Audience
from app.desk.events import FOR_STAFF, Filed
from app.desk.letters import can_be_kept
from app.desk.models import LARGEST_ID, DueState, Person, Priority, Status
from app.desk.orders import Order
from app.desk.values import one_tag

PAGE = 50  # rows
LAST_PAGE = 200
MOST_STATUSES = 2 * len(Status)  # in one list, with those that there are not
STAFF_VIEWS = ("inbox", "mine", "unassigned", "pending", "solved", "all")
REQUESTER_VIEWS = ("open", "solved", "all")
STAFF_SORTS, REQUESTER_SORTS = tuple(orders.OF_STAFF), tuple(orders.OF_REQUESTER)
PENDING_LAST = ("mine", "unassigned")  # views that hold what waits for somebody else after what waits for us
NARROWEST = (
    "number",
    "requester",
    "tags",
    "assignee",
    "due_state",
    "priority",
    "status",
)  # of conditions, the narrowest first
NOTHING = "nothing"  # a topic that no event has
DUE = frozenset({DueState.TODAY.value, DueState.OVERDUE.value})
UNDONE = frozenset(status.value for status in Status if not status.is_done)
INBOX = frozenset({Status.NEW.value, Status.OPEN.value})  # what waits for us

Condition = tuple[str, frozenset[Any]]  # a field and the values that it may have


class NoSuchPage(Exception):
    """A page number that no list has."""


@dataclass(frozen=True)
class Filter:
    """What a list shows. Texts are as in the URL; empty: not filtered by.

    owner: whose "mine" it is. sort: empty for the view's usual one. page: from 1; 0: not a page but the whole, for
    counting.
    """

    audience: Audience
    view: str = "all"
    owner: int = 0
    status: tuple[str, ...] = ()
    priority: str = ""
    assignee: str = ""
    requester: str = ""
    tag: str = ""
    due: str = ""
    q: str = ""
    sort: str = ""
    page: int = 1

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Made once: whatever shows a list looks it up again and again."""
        return hash(tuple(getattr(self, each.name) for each in fields(self)))

    @cached_property
    def search(self) -> Query:
        return asked.parse(self.q, requester=self.audience.requester)

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """All of them must be met. A set without values: nothing can."""
        return tuple(self._conditions())

    def _conditions(self) -> Iterable[Condition]:
        yield from self.audience.conditions
        yield from self._view_conditions()
        if self.status:
            yield "status", frozenset(Status) & frozenset(self.status)
        if self.priority:
            yield "priority", frozenset({self.priority}) & {priority.word for priority in Priority}
        if self.assignee:
            yield "assignee", frozenset({None}) if self.assignee == "none" else _ids(self.assignee)
        if self.requester:
            yield "requester", _ids(self.requester)
        if self.tag:
            yield "tags", frozenset({one_tag(self.tag)}) if can_be_kept(self.tag) else frozenset()
        if self.due:
            yield "due_state", frozenset({self.due}) & DUE
        if self.q:
            yield from self._search_conditions()

    def _search_conditions(self) -> Iterable[Condition]:
        """Of what is searched for, all but its words."""
        if self.search.status:
            yield "status", frozenset(Status) & self.search.status
        for tag in self.search.tags:
            yield "tags", frozenset({tag})
        if self.search.number is not None:
            yield "number", frozenset({self.search.number})
        if self.search == Query():  # nothing but punctuation: no ticket is found by it
            yield "number", frozenset()

    def _view_conditions(self) -> Iterable[Condition]:
        match self.view:
            case "inbox":
                yield "status", INBOX
            case "pending":
                yield "status", frozenset({Status.PENDING.value})
            case "open":
                yield "status", UNDONE
            case "mine":
                yield "status", UNDONE
                yield "assignee", frozenset({self.owner})
            case "unassigned":
                yield "status", UNDONE
                yield "assignee", frozenset({None})
            case "solved":
                done = (Status.SOLVED,) if self.audience.is_staff else (Status.SOLVED, Status.CLOSED)
                yield "status", frozenset(status.value for status in done)
            case "all":
                pass
            case _:
                yield "status", frozenset()

    def meets(self, filed: Filed) -> bool:
        """Whether a ticket that is filed so belongs here: what an event is asked, never what a list is."""
        return all(
            allowed.intersection(filed.tags) if name == "tags" else getattr(filed, name) in allowed
            for name, allowed in self.conditions
        )

    @cached_property
    def topics(self) -> frozenset[str]:
        """What a list is found by when something happens: its narrowest condition, in the words of an event's topics.

        So other tickets' events do not look at it.
        """
        conditions = dict(self.conditions)
        for name in NARROWEST:
            if name in conditions:
                return frozenset(f"{name} {value}" for value in conditions[name]) or frozenset({NOTHING})
        return frozenset({FOR_STAFF})

    @cached_property
    def is_plain(self) -> bool:
        """Whether it is a built-in view with nothing besides, which an index serves in its order."""
        return self == replace(Filter(self.audience, self.view, self.owner), sort=self.sort, page=self.page)

    @property
    def sorted_by(self) -> str:
        """The name of its order."""
        return self.sort or usual_sort(self.audience, self.view)

    @cached_property
    def order(self) -> Order:
        if self.q:
            return orders.BY_NUMBER
        known = orders.OF_STAFF if self.audience.is_staff else orders.OF_REQUESTER
        return replace(known[self.sorted_by], pending_last=self.view in PENDING_LAST)

    @property
    def people(self) -> frozenset[int]:
        """Whom it names, if they exist."""
        return _ids(self.assignee) | _ids(self.requester)

    def query(self, **changes: object) -> str:
        """The URL's query for this list, with changes; what has its default is left out."""
        changed = replace(self, **changes)  # type: ignore[arg-type]
        pairs = [("view", changed.view)] + [("status", status) for status in changed.status]
        pairs += [(name, getattr(changed, name)) for name in ("priority", "assignee", "requester", "tag", "due", "q")]
        pairs += [("sort", changed.sort)]
        pairs += [("page", str(changed.page) if changed.page > 1 else "")]
        return urlencode([pair for pair in pairs if pair[1]])

    def __str__(self) -> str:
        """The canonical text: equal for equal lists, understood by read()."""
        return self._text

    @cached_property
    def _text(self) -> str:
        return f"{self.owner or ''}/{self.page}?{self.query(page=1)}"


def parse(person: Person, arguments: Mapping[str, Sequence[str]]) -> Filter:
    """The filter that a URL asks for. Unknown values give an empty list; raises NoSuchPage for a wrong page.

    Several statuses stand in several arguments, or in one with commas between, as the option of a menu has them.
    """
    return _parse(person.audience, person.id, arguments)


def parse_embedded(audience: Audience, arguments: Mapping[str, Sequence[str]]) -> Filter:
    """The same for a list inside another site, which has a view and a page; a locked one has no view to choose."""
    names = ("page",) if audience.only else ("page", "view")
    return _parse(audience, 0, {"view": ["all"]} | {name: arguments[name] for name in names if name in arguments})


def _parse(audience: Audience, person: int, arguments: Mapping[str, Sequence[str]]) -> Filter:
    def last(name: str) -> str:
        return (arguments.get(name) or [""])[-1].strip()

    given = (value for values in arguments.get("status", ()) for value in values.split(","))
    status = tuple(sorted({value.strip() for value in given if value.strip()})[:MOST_STATUSES])
    views, sorts = (STAFF_VIEWS, STAFF_SORTS) if audience.is_staff else (REQUESTER_VIEWS, REQUESTER_SORTS)
    view = last("view") or ("all" if status or asked.tidy(last("q")) else views[0])
    staff_only = {
        "priority": last("priority"),
        "assignee": str(person) if last("assignee") == "me" else last("assignee"),
        "requester": last("requester"),
        "tag": one_tag(last("tag")),
        "due": last("due"),
    }
    view = view if view in views else "nothing"
    sort = last("sort")
    return Filter(
        audience=audience,
        view=view,
        owner=person if view == "mine" and audience.is_staff else 0,
        status=status,
        q=asked.tidy(last("q")),
        sort=sort if sort in sorts and sort != usual_sort(audience, view) else "",
        page=_page(last("page") or "1"),
        **(staff_only if audience.is_staff else {}),
    )


def usual_sort(audience: Audience, view: str) -> str:
    """By what a view is ordered where nobody says otherwise. For staff what they do themselves moves no ticket up."""
    return "-heard" if audience.is_staff and view != "solved" else "-updated"


def read(audience: Audience, text: str) -> Filter:
    """The filter that str() wrote."""
    owner, _, rest = text.partition("/")
    page, _, query = rest.partition("?")
    values = parse_qs(query)
    names = ("view", "priority", "assignee", "requester", "tag", "due", "q", "sort")
    single = {name: values[name][0] for name in names if name in values}
    return Filter(
        audience=audience, owner=int(owner or 0), status=tuple(values.get("status", ())), page=int(page), **single
    )


def of_view(audience: Audience, person: int, view: str) -> Filter:
    """The whole of a built-in view, for counting."""
    return Filter(audience, view, owner=person if view == "mine" else 0, page=0)


def _page(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= LAST_PAGE):
        raise NoSuchPage(text)
    return int(text)


def _ids(text: str) -> frozenset[int]:
    is_one = text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= LARGEST_ID
    return frozenset({int(text)}) if is_one else frozenset()
