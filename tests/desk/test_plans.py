"""How the database finds what lists show: by an index in the list's order, whatever there is on the desk.

The plans are those for statistics as a desk of 100,000 tickets has them, and for a desk that has none yet.
"""

import asyncio
import re
import shutil

import pytest

from app import db, demo
from app.config import Database
from app.desk import filters, midnight, people, queries
from app.desk.filters import Filter
from app.desk.models import Person

pytestmark = pytest.mark.sqlite

FEW, MANY = 1000, 100_000  # tickets that there are, and that the statistics tell of


@pytest.fixture(scope="module", params=["analysed", "new"])
def filled(request, blank, tmp_path_factory):
    """A desk of FEW tickets, made once."""
    path = tmp_path_factory.mktemp(request.param) / "filled.sqlite3"
    shutil.copy(blank, path)
    asyncio.run(fill(Database(path=path), analysed=request.param == "analysed"))
    return Database(path=path)


async def fill(database: Database, *, analysed: bool) -> None:
    await db.connect(database)
    await demo.fill(tickets=FEW, seed=7)
    late = "SELECT id FROM ticket WHERE status NOT IN ('solved', 'closed') ORDER BY id DESC LIMIT 5"
    await db.rows(f"UPDATE ticket SET due_state = 'overdue' WHERE id IN ({late}) RETURNING id")
    if analysed:
        await db.rows("ANALYZE")
        for row in await db.rows("SELECT rowid, idx, stat FROM sqlite_stat1 WHERE tbl IN ('ticket', 'tag')"):
            rows, *alike = row["stat"].split()  # in all, and for each column as many as have the same values up to it
            if "_tag_1" not in row["idx"]:  # a ticket has as many tags as it had
                alike = [n if n == "1" else str(int(n) * MANY // FEW) for n in alike]
            stat = " ".join([str(int(rows) * MANY // FEW), *alike])
            await db.rows("UPDATE sqlite_stat1 SET stat = ? WHERE rowid = ? RETURNING stat", [stat, row["rowid"]])
    await db.disconnect()


@pytest.fixture
async def desk(filled):
    await db.connect(filled)
    yield
    await db.disconnect()


@pytest.fixture
def plans(desk, monkeypatch):
    """Look something up; the plans of the statements that it takes."""

    async def plans_of(work) -> list[str]:
        asked, real = [], db.rows

        async def rows(sql, values=(), **how):
            asked.append((sql, values))
            return await real(sql, values, **how)

        with monkeypatch.context() as patch:
            patch.setattr(db, "rows", rows)
            await work
        return [
            "; ".join(step["detail"] for step in await real(f"EXPLAIN QUERY PLAN {sql}", values))
            for sql, values in asked
        ]

    return plans_of


def lists(person: Person) -> list[Filter]:
    views = filters.STAFF_VIEWS if person.is_staff else filters.REQUESTER_VIEWS
    sorts = filters.STAFF_SORTS if person.is_staff else filters.REQUESTER_SORTS
    return [filters.parse(person, {"view": [view], "sort": [sort]}) for view in views for sort in sorts]


@pytest.mark.parametrize("email", ["anna@pult.example", "clara@pult.example"])
async def test_every_view_in_every_order_is_served_by_an_index_and_sorts_nothing(plans, email):
    for filter_ in lists(await people.by_email(email)):
        plan = (await plans(queries.page(filter_)))[0]
        assert "t USING INDEX ticket_" in plan and "TEMP B-TREE" not in plan, (filter_, plan)


@pytest.mark.parametrize("email", ["anna@pult.example", "clara@pult.example"])
async def test_counts_look_at_nothing_but_an_index(plans, email):
    person = await people.by_email(email)
    for view in filters.STAFF_VIEWS if person.is_staff else filters.REQUESTER_VIEWS:
        [plan] = await plans(queries.count(filters.of_view(person.audience, person.id, view)))
        assert "t USING COVERING INDEX" in plan, (view, plan)


async def test_a_number_and_what_few_are_found_by_look_at_few(plans):
    anna = await people.by_email("anna@pult.example")
    for q in ("#4", "tag:vpn", "status:pending", "#4 tag:vpn"):
        for plan in await plans(queries.page(filters.parse(anna, {"q": [q]}))):
            assert "SEARCH t USING" in plan and "SCAN t" not in plan, (q, plan)


async def test_a_filter_that_few_meet_is_found_by_itself_and_one_that_many_meet_in_the_order(plans, monkeypatch):
    anna = await people.by_email("anna@pult.example")
    for asked in ({"tag": "vpn"}, {"requester": "9"}, {"assignee": "me"}, {"status": "pending"}, {"due": "overdue"}):
        for sort in filters.STAFF_SORTS:
            filter_ = filters.parse(anna, {"view": ["all"], "sort": [sort], **{name: [asked[name]] for name in asked}})
            monkeypatch.setattr(queries, "MOST", 1000)
            counting, narrow = (await plans(queries.page(filter_)))[:2]
            monkeypatch.setattr(queries, "MOST", 1)
            _, wide = (await plans(queries.page(filter_)))[:2]
            assert not re.search(r"SCAN t(?! USING COVERING)", counting + narrow), (filter_, counting, narrow)
            assert "USING INDEX ticket_" in wide and "TEMP B-TREE" not in wide, (filter_, wide)


@pytest.mark.parametrize("email", ["anna@pult.example", "clara@pult.example"])
async def test_what_the_index_finds_is_looked_up_by_number(plans, email):
    """And in the index by words, and by rows of a ticket; nothing is gone through or sorted."""
    person = await people.by_email(email)
    for q in ("please", "please that", "planned please", "nowhere please", '"thank you" please', "p* please"):
        for view in ("all", "solved"):
            for plan in await plans(queries.page(filters.parse(person, {"q": [q], "view": [view]}))):
                assert not re.search(r"(SCAN|SEARCH) t\b(?! USING INTEGER PRIMARY KEY)|SCAN (ticket|comment)", plan), (
                    q,
                    plan,
                )
                assert not re.search(r"\bt\b.*TEMP B-TREE FOR ORDER", plan), (q, plan)
                assert all("M" in how for how in re.findall(r"SCAN search VIRTUAL TABLE INDEX (\S+)", plan)), (q, plan)


async def test_the_menu_of_tags_steps_over_the_tickets(plans):
    [plan] = await plans(queries.tags())
    assert "SCAN tag" not in plan and "SCAN t;" not in plan, plan


async def test_a_new_day_looks_at_what_is_due_and_at_no_more_of_it_than_it_tells(desk):
    steps = await db.rows(f"EXPLAIN QUERY PLAN {midnight.UNTOLD}", ["2026-12-01", 7, "2026-12-24", "2026-12-24", 10])
    assert [step["detail"] for step in steps] == ["SEARCH ticket USING INDEX ticket_undone_due (<expr>=? AND due>?)"], (
        steps
    )
