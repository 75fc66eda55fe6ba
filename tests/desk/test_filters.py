"""A list's filter says the same in a URL, in SQL, to an event, and as a place in an order."""

import asyncio
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import db
from app.desk import asked, filters, queries, selecting
from app.desk.audience import STAFF, Audience
from app.desk.events import FILED, Filed
from app.desk.filters import PAGE, Filter, NoSuchPage
from app.desk.models import Person, Priority, Status
from app.desk.roles import Role

STAFF_IDS, REQUESTERS, TAGS, DAYS = (1, 2, 3), (4, 5), ("vpn", "счёт", "a+b &c"), ("2026-01-31", "2026-12-24", None)
CLARA = Audience(4)
COLUMNS = (
    "id, subject, status, priority, requester_id, assignee_id, due, version, created, updated, updated_public, "
    "deleted, due_state, waiting_since, heard"
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
moments = st.integers(1_760_000_000_000_000, 1_760_000_000_000_003)
tickets = st.fixed_dictionaries(
    {
        "status": st.sampled_from([status.value for status in Status]),
        "priority": st.sampled_from([priority.word for priority in Priority]),
        "requester": st.sampled_from(REQUESTERS),
        "assignee": st.sampled_from([None, *STAFF_IDS]),
        "tags": st.lists(st.sampled_from(TAGS), unique=True).map(sorted),
        "due": st.sampled_from(DAYS),
        "due_state": st.sampled_from(["", "today", "overdue"]),
        "created": moments,
        "updated": moments,
        "updated_public": moments,
        "waiting_since": st.one_of(st.none(), moments),
        "heard": moments,
        "deleted": st.booleans(),
    }
)
statuses = st.lists(st.sampled_from([*Status, "lost"]), unique=True, max_size=3).map(lambda some: tuple(map(str, some)))
staff_filters = st.builds(
    Filter,
    audience=st.just(STAFF),
    view=st.sampled_from([*filters.STAFF_VIEWS, "nothing"]),
    owner=st.sampled_from(STAFF_IDS),
    status=statuses,
    priority=st.sampled_from(["", "low", "normal", "high", "urgent", "dire"]),
    assignee=st.sampled_from(["", "none", "1", "2", "9", "me", "²"]),
    requester=st.sampled_from(["", "", "4", "5", "x"]),
    tag=st.sampled_from(["", "", *TAGS, "VPN", "none"]),
    due=st.sampled_from(["", "", "today", "overdue", "never"]),
    sort=st.sampled_from(filters.STAFF_SORTS),
)
requester_filters = st.builds(
    Filter,
    audience=st.just(CLARA),
    view=st.sampled_from([*filters.REQUESTER_VIEWS, "nothing"]),
    status=statuses,
    sort=st.sampled_from(filters.REQUESTER_SORTS),
)
any_filter = st.one_of(staff_filters, requester_filters)


@dataclass
class Shelf:
    """A database that hypothesis fills again and again, and the loop it lives in."""

    loop: asyncio.Runner

    def fill(self, some: Iterable[dict[str, object]]) -> None:
        self.loop.run(self._fill(some))

    async def _fill(self, some: Iterable[dict[str, object]]) -> None:
        async with db.transaction():
            for table in ("tag", "ticket"):
                await db.rows(f"DELETE FROM {table} RETURNING id")
            rows, tags = [], []
            for number, ticket in enumerate(some, 1):
                priority = int(Priority.of(ticket["priority"]))
                people = (ticket["requester"], ticket["assignee"])
                times = (ticket["created"], ticket["updated"], ticket["updated_public"])
                waits = (ticket.get("waiting_since"), ticket.get("heard", ticket["created"]))
                state = (ticket["deleted"], ticket.get("due_state", ""), *waits)
                rows.append((number, "Subject", ticket["status"], priority, *people, ticket["due"], 1, *times, *state))
                tags += [(number, tag) for tag in ticket["tags"]]
            await db.insert_many("ticket", COLUMNS.split(", "), rows)
            await db.insert_many("tag", ("ticket_id", "name"), tags)

    def page(self, filter_: Filter) -> queries.Page:
        return self.loop.run(queries.page(filter_))

    def count(self, filter_: Filter) -> int:
        return self.loop.run(queries.count(replace(filter_, page=0)))


@pytest.fixture
def shelf(config):
    with asyncio.Runner() as loop:
        loop.run(db.connect(config.database))
        for number, role in enumerate((Role.ADMIN, Role.AGENT, Role.AGENT, Role.REQUESTER, Role.REQUESTER), 1):
            loop.run(Person.create(id=number, email=f"{number}@x", name=str(number), role=role, created=0))
        yield Shelf(loop)
        loop.run(db.disconnect())


def filed(ticket: dict[str, object]) -> Filed:
    """As an event would have it."""
    return Filed(**{name: value for name, value in ticket.items() if name in FILED})


@given(some=st.lists(tickets, max_size=12), wanted=st.lists(any_filter, min_size=1, max_size=8))
def test_an_event_belongs_to_a_list_exactly_if_its_ticket_is_in_it(shelf, some, wanted):
    shelf.fill(some)
    for filter_ in wanted:
        listed = {row.id for row in shelf.page(filter_).rows}
        met = {n for n, ticket in enumerate(some, 1) if filter_.meets(filed(ticket)) and not ticket["deleted"]}
        assert listed == met
        assert shelf.count(filter_) == len(met)


@given(some=st.lists(tickets, min_size=2, max_size=12), audience=st.sampled_from([STAFF, CLARA]))
def test_keys_stand_in_the_order_of_the_list_for_every_sort(shelf, some, audience):
    shelf.fill(some)
    views = ("all", "mine", "unassigned") if audience.is_staff else ("all",)
    sorts = filters.STAFF_SORTS if audience.is_staff else filters.REQUESTER_SORTS
    for view, sort in itertools.product(views, sorts):
        filter_ = Filter(audience, view, owner=2, sort=sort)
        keys = [row.sort_key for row in shelf.page(filter_).rows]
        assert keys == sorted(keys, reverse=filter_.order.descending)
        assert len(set(keys)) == len(keys) and len({len(key) for key in keys}) <= 1
        assert all(key.isascii() and key.isdecimal() for key in keys)


def test_each_sort_puts_first_what_it_says(shelf):
    day = {"created": 10, "updated": 20, "updated_public": 30, "deleted": False, "tags": [], "assignee": None}
    plain = day | {"status": "new", "requester": 4}
    shelf.fill(
        [
            plain
            | {"priority": "low", "due": None, "created": 3, "updated": 1, "updated_public": 2, "waiting_since": 9},
            plain | {"priority": "urgent", "due": "2026-12-24", "created": 2, "updated": 3, "updated_public": 1},
            plain
            | {"priority": "normal", "due": "2026-01-31", "created": 1, "updated": 2, "updated_public": 3}
            | {"waiting_since": 8},
            plain | {"priority": "urgent", "due": "2026-12-24", "created": 2, "updated": 3, "updated_public": 1},
        ]
    )
    orders = {
        (STAFF, "-heard"): [1, 4, 2, 3],
        (STAFF, "waiting"): [3, 1, 2, 4],  # where nobody waits, by number
        (STAFF, "-updated"): [4, 2, 3, 1],
        (STAFF, "updated"): [1, 3, 2, 4],
        (STAFF, "-created"): [1, 4, 2, 3],
        (STAFF, "created"): [3, 2, 4, 1],
        (STAFF, "-priority"): [4, 2, 3, 1],
        (STAFF, "due"): [3, 2, 4, 1],
        (CLARA, "-updated"): [3, 1, 4, 2],
        (CLARA, "updated"): [2, 4, 1, 3],
    }
    for (audience, sort), order in orders.items():
        assert [row.id for row in shelf.page(Filter(audience, sort=sort)).rows] == order, sort


@pytest.mark.parametrize("sort", filters.STAFF_SORTS)
def test_what_waits_for_somebody_else_comes_last_among_ones_own_whichever_way_the_list_goes(shelf, sort):
    plain = {"requester": 4, "priority": "low", "due": None, "updated_public": 1, "deleted": False, "tags": []}
    statuses_ = ("pending", "new", "pending", "open", "new")
    shelf.fill(
        plain | {"status": status, "assignee": owner, "created": n, "updated": n, "heard": n, "waiting_since": n}
        for owner in (2, None)
        for n, status in enumerate(statuses_)
    )
    for view in ("mine", "unassigned"):
        rows = shelf.page(Filter(STAFF, view, owner=2, sort=sort)).rows
        assert [row.status == "pending" for row in rows] == [False, False, False, True, True], view
    mixed = shelf.page(Filter(STAFF, "all", sort=sort)).rows
    assert sorted(row.status == "pending" for row in mixed) != [row.status == "pending" for row in mixed]


@pytest.mark.parametrize("sort", filters.STAFF_SORTS)
def test_pages_part_the_list_without_gap_or_overlap(shelf, sort):
    cycle = itertools.cycle(range(7))
    plain = {"status": "new", "requester": 4, "assignee": None, "tags": [], "updated_public": 1, "deleted": False}
    shelf.fill(
        [
            plain | {"priority": "low", "due": DAYS[n % 3], "created": n // 5, "updated": next(cycle)}
            for n in range(2 * PAGE + 7)
        ]
    )
    pages = [shelf.page(Filter(STAFF, sort=sort, page=page)) for page in (1, 2, 3, 4)]
    assert [len(page.rows) for page in pages] == [PAGE, PAGE, 7, 0]
    assert [page.more for page in pages] == [True, True, False, False]
    assert {page.count for page in pages} == {2 * PAGE + 7}
    ids = [row.id for page in pages for row in page.rows]
    assert sorted(ids) == list(range(1, 2 * PAGE + 8))
    keys = [row.sort_key for page in pages for row in page.rows]
    assert keys == sorted(keys, reverse=sort.startswith("-"))


def test_a_count_stops_at_a_thousand(shelf):
    plain = {"priority": "low", "requester": 4, "assignee": None, "tags": [], "due": None, "deleted": False}
    shelf.fill([plain | {"status": "new", "created": 1, "updated": 1, "updated_public": 1}] * 1003)
    assert shelf.count(Filter(STAFF)) == queries.MOST == 1000
    assert shelf.page(Filter(STAFF, page=20)).count == 1000 and len(shelf.page(Filter(STAFF, page=21)).rows) == 3


@given(filter_=any_filter, tag=texts, page=st.integers(0, 200))
def test_a_filter_is_read_as_it_was_written(filter_, tag, page):
    typed = replace(filter_, tag=tag if filter_.audience.is_staff else "", page=page)
    assert filters.read(typed.audience, str(typed)) == typed


arguments = st.dictionaries(
    st.sampled_from(["view", "status", "priority", "assignee", "requester", "tag", "due", "q", "sort"]),
    st.lists(st.one_of(texts, st.sampled_from(["new", "mine", "me", "none", "-created", "1", " open "])), max_size=3),
)


@given(asked=arguments, role=st.sampled_from(Role))
def test_whatever_a_url_asks_gives_a_list_that_its_text_names(asked, role):
    person = Person(id=2, email="x", name="X", role=role)
    filter_ = filters.parse(person, asked)
    assert filters.read(filter_.audience, str(filter_)) == filter_
    assert filter_.audience == (STAFF if person.is_staff else Audience(2))
    if not person.is_staff:
        assert not (filter_.priority or filter_.assignee or filter_.requester or filter_.tag or filter_.owner)
        assert ("requester", frozenset({2})) in filter_.conditions
    where, values = selecting.where(filter_, narrow=True)
    assert where.count("?") == len(values)


@given(asked=arguments)
def test_equal_lists_have_equal_texts(asked):
    anna = Person(id=2, email="x", name="X", role=Role.AGENT)
    again = {name: [*reversed(values)] if name == "status" else values for name, values in asked.items()}
    assert str(filters.parse(anna, asked)) == str(filters.parse(anna, again))


def parsed(role: Role, **asked: str) -> Filter:
    return filters.parse(Person(id=2, email="x", name="X", role=role), {name: [value] for name, value in asked.items()})


def test_without_a_view_people_see_what_is_to_be_done_and_with_a_status_or_words_all():
    assert parsed(Role.AGENT).view == "inbox" and parsed(Role.REQUESTER).view == "open"
    for role in Role:
        assert parsed(role, status="closed").view == parsed(role, q="printer").view == "all"
        assert parsed(role, view="solved", status="solved").view == "solved"


def met(role: Role, view: str, **fields: object) -> bool:
    return parsed(role, view=view).meets(filed({"status": "open", "priority": "low", "requester": 2} | fields))


def test_every_view_has_a_usual_order_which_its_text_does_not_name():
    assert parsed(Role.AGENT).sorted_by == "-heard" and parsed(Role.AGENT, view="solved").sorted_by == "-updated"
    assert parsed(Role.REQUESTER).sorted_by == "-updated"
    for view, sort in (("inbox", "-heard"), ("solved", "-updated")):
        assert parsed(Role.AGENT, view=view, sort=sort) == parsed(Role.AGENT, view=view)
    assert parsed(Role.REQUESTER, sort="waiting") == parsed(Role.REQUESTER), "no requester learns who waits"


def test_each_view_means_what_it_says():
    undone, done = ("new", "open", "pending"), ("solved", "closed")
    assert [met(Role.AGENT, "inbox", status=status) for status in (*undone, *done)] == [True, True, False, False, False]
    assert [met(Role.AGENT, "pending", status=status) for status in (*undone, *done)] == [
        False,
        False,
        True,
        False,
        False,
    ]
    for view, role in (("open", Role.REQUESTER), ("unassigned", Role.ADMIN)):
        assert all(met(role, view, status=status) for status in undone)
        assert not any(met(role, view, status=status) for status in done)
    assert [met(Role.AGENT, "mine", assignee=person) for person in (2, 1, None)] == [True, False, False]
    assert [met(Role.AGENT, "unassigned", assignee=person) for person in (None, 2)] == [True, False]
    assert not met(Role.AGENT, "mine", assignee=2, status="solved")
    assert [met(Role.AGENT, "solved", status=status) for status in done] == [True, False]
    assert [met(Role.REQUESTER, "solved", status=status) for status in (*done, "open")] == [True, True, False]
    assert all(met(role, "all", status=status) for role in Role for status in (*undone, *done))
    assert not any(met(Role.REQUESTER, view, requester=3) for view in ("open", "solved", "all"))


@pytest.mark.parametrize(
    "asked",
    [
        {"view": "trash"},
        {"status": "lost"},
        {"priority": "dire"},
        {"priority": "HIGH"},
        {"assignee": "everyone"},
        {"assignee": "1e3"},
        {"requester": "me"},
        {"requester": "99999999999"},
    ],
)
def test_an_unknown_value_gives_an_empty_list(shelf, asked):
    fields = {"status": "open", "priority": "high", "requester": 4, "assignee": 2, "tags": []}
    moments_ = {"due": None, "created": 1, "updated": 1, "updated_public": 1, "deleted": False}
    shelf.fill([fields | moments_])
    filter_ = parsed(Role.AGENT, **asked)
    assert shelf.page(filter_) == queries.Page((), 0, more=False) and not filter_.meets(filed(fields))
    assert shelf.page(parsed(Role.AGENT, sort="?")).count == 1


def test_a_requester_view_is_unknown_to_staff_and_the_other_way_round():
    assert parsed(Role.AGENT, view="open").view == parsed(Role.REQUESTER, view="inbox").view == "nothing"


@pytest.mark.parametrize("page", ["0", "201", "-1", "x", "1.0", "²", "١", "1000", "99999999999999999999"])
def test_a_page_that_no_list_has_is_none(page):
    with pytest.raises(NoSuchPage):
        parsed(Role.AGENT, page=page)


def test_pages_go_from_one_to_two_hundred():
    assert [parsed(Role.AGENT, page=page).page for page in ("", "1", "200", " 7 ")] == [1, 1, 200, 7]


def test_what_is_typed_is_kept_on_one_line_and_not_too_long():
    assert asked.tidy("  a\n\tb\x00c  ") == "a b c"
    assert len(asked.tidy("word " * 1000)) <= asked.LONGEST


def test_the_query_of_a_list_keeps_what_is_searched_for():
    filter_ = Filter(Person(id=1, role="agent").audience, q='tag:"a b" & ёлка', view="all")
    assert filters.read(filter_.audience, str(filter_)) == filter_
