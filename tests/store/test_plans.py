"""How PostgreSQL finds what pages show on a desk of 100,000 tickets, as the server tells of what it did.

Everything is asked often enough that the server may plan it for any value instead of this one, which it does from the
sixth time on.
"""

import pytest

from app import db
from app.desk import filters, midnight, people, queries, threads
from app.desk.audience import STAFF, Audience
from app.desk.filters import Filter
from app.live import journal
from tests.cluster import name_of
from tests.store import many
from tests.store.explained import Explained

TIMES = 7
PAGE = 1000  # rows that a page may read: fifty tickets, their people and tags
COUNT = queries.MOST  # rows at which a count stops
AGENT, CLARA = "p2@pult.example", "p100@pult.example"
BIG = {"ticket", "comment", "event", "tag", "search", "person"}

# Each by what few tickets meet and by what many do.
FEW = ({"tag": "tag59"}, {"requester": "100"}, {"status": "new"}, {"due": "overdue"}, {"due": "today"}, {"tag": "no"})
MANY = ({"tag": "tag60"}, {"status": "closed"}, {"priority": "urgent"}, {"assignee": "me"}, {"assignee": "none"})


@pytest.fixture(scope="module")
def explained(cluster):
    """The desk, made once for all of them."""
    made = cluster.copy()
    cluster.ask(many.SQL, name_of(made))
    cluster.ask("VACUUM", name_of(made))
    try:
        log = Explained(cluster, made)
    except RuntimeError as error:
        pytest.skip(f"the server came without auto_explain: {error}")
    yield made, log
    cluster.drop(made)


@pytest.fixture
async def plans(explained):
    """Look something up TIMES times; what the server did for it."""
    database, log = explained
    await db.connect(database)

    async def plans_of(ask, *values):
        log.forget()
        for _ in range(TIMES):
            await ask(*values)
        found = log.plans()
        assert len(found) >= TIMES, "the server told nothing"
        return found

    yield plans_of
    await db.disconnect()


def held(plans, *, read: int, sorted_: int = 0, scanned: frozenset[str] = frozenset()) -> None:
    for plan in plans:
        assert not plan.scanned & BIG - scanned, plan
        assert plan.read <= read, plan
        assert plan.sorted <= sorted_, plan


async def lists(email: str) -> list[Filter]:
    person = await people.by_email(email)
    views = filters.STAFF_VIEWS if person.is_staff else filters.REQUESTER_VIEWS
    sorts = filters.STAFF_SORTS if person.is_staff else filters.REQUESTER_SORTS
    return [filters.parse(person, {"view": [view], "sort": [sort]}) for view in views for sort in sorts]


@pytest.mark.parametrize("email", [AGENT, CLARA])
async def test_every_view_in_every_order_reads_a_page_and_a_count(plans, email):
    for filter_ in await lists(email):
        few = filter_.view in ("mine", "unassigned") or not filter_.audience.is_staff
        sorts = filter_.view == "unassigned"  # whole: in an order, PostgreSQL takes IS NULL for no value
        read, scanned = (many.UNDONE + many.PEOPLE, {"person"}) if sorts else (2 * PAGE, ())
        found = await plans(queries.page, filter_)
        held(found, read=read, sorted_=many.UNDONE if sorts else COUNT if few else 0, scanned=frozenset(scanned))


@pytest.mark.parametrize("email", [AGENT, CLARA])
async def test_a_count_reads_no_more_than_it_counts(plans, email):
    person = await people.by_email(email)
    for view in filters.STAFF_VIEWS if person.is_staff else filters.REQUESTER_VIEWS:
        held(await plans(queries.count, filters.of_view(person.audience, person.id, view)), read=COUNT)


@pytest.mark.parametrize("asked", FEW, ids=str)
@pytest.mark.parametrize("view", ["all", "inbox"])
async def test_a_filter_that_few_meet_reads_them_or_the_view(plans, asked, view):
    anna = await people.by_email(AGENT)
    for sort in filters.STAFF_SORTS:
        of = {"view": [view], "sort": [sort]} | {name: [value] for name, value in asked.items()}
        held(await plans(queries.page, filters.parse(anna, of)), read=many.UNDONE + PAGE, sorted_=COUNT)


@pytest.mark.parametrize("asked", MANY, ids=str)
@pytest.mark.parametrize("view", ["all", "inbox"])
async def test_a_filter_that_many_meet_reads_a_part_of_them(plans, asked, view):
    anna = await people.by_email(AGENT)
    for sort in filters.STAFF_SORTS:
        of = {"view": [view], "sort": [sort]} | {name: [value] for name, value in asked.items()}
        held(await plans(queries.page, filters.parse(anna, of)), read=many.TICKETS // 3, sorted_=COUNT)


@pytest.mark.parametrize("email", [AGENT, CLARA])
@pytest.mark.parametrize("q", [many.RARE, many.NOBODYS, f"{many.RARE} {many.COMMON}", f"{many.COMMON} {many.NOBODYS}"])
async def test_a_search_reads_what_has_all_words(plans, email, q):
    """Whatever the server thinks how many that are."""
    found = await plans(queries.page, filters.parse(await people.by_email(email), {"q": [q]}))
    assert any("search_words" in plan.indexes for plan in found)
    held(found, read=PAGE, sorted_=COUNT)


async def test_a_search_for_what_many_have_reads_the_newest(plans):
    anna = await people.by_email(AGENT)
    found = await plans(queries.page, filters.parse(anna, {"q": [many.COMMON]}))
    assert any({"search_words", "search_pkey"} <= plan.indexes for plan in found)
    held(found, read=5 * COUNT, sorted_=3 * COUNT)


async def test_a_number_is_looked_up(plans):
    anna = await people.by_email(AGENT)
    for q in ("#4", "#4 tag:tag60"):
        held(await plans(queries.page, filters.parse(anna, {"q": [q]})), read=PAGE, sorted_=1)


@pytest.mark.parametrize("audience", [STAFF, Audience(many.LONGS)], ids=["staff", "requester"])
@pytest.mark.parametrize("ticket", [many.LONG, many.LONG + 1])
async def test_a_ticket_and_a_part_of_its_thread_are_read_from_their_places(plans, audience, ticket):
    held(await plans(queries.header, audience, ticket), read=50, sorted_=1)
    for first in (0, 1, 500):
        # each message and its author, once more to count them, and to find the first
        held(await plans(threads.thread, audience, ticket, first), read=2 * many.LONGEST + 10, sorted_=3 * threads.PART)


async def test_a_message_tells_its_place(plans):
    held(await plans(threads.part_of, STAFF, 2 * many.TICKETS + 1), read=2 * many.LONGEST)


async def test_the_relay_reads_what_is_after_its_position(plans):
    """Its position is the one row of its table."""
    held(await plans(journal.position), read=1)
    last = 3 * many.TICKETS + many.LONGEST
    for number in (0, last // 2, last - 5, last):
        held(await plans(journal.after, number, 1001), read=1001)


async def test_menus_step_over_tickets_and_people(plans):
    held(await plans(queries.tags), read=PAGE)
    held(await plans(queries.assignable), read=100, sorted_=20)


async def test_a_new_day_looks_at_what_is_due(plans):
    values = ["", 0, "2026-06-16", "2026-06-16", midnight.FEW]
    held(await plans(db.rows, midnight.UNTOLD, values), read=PAGE, sorted_=PAGE)
