"""How PostgreSQL finds what lists show: by an index in the list's order.

The plans are those of a desk of FEW tickets after its statistics were taken.
"""

import asyncio

import pytest

from app import db, demo
from app.desk import filters, people, queries
from tests.cluster import name_of

FEW = 4000  # tickets


@pytest.fixture(scope="module")
def filled(cluster):
    """Made once for all of them."""
    made = cluster.copy()

    async def fill() -> None:
        await db.connect(made)
        await demo.fill(tickets=FEW, seed=7)
        await db.disconnect()

    asyncio.run(fill())
    cluster.ask("ANALYZE", name_of(made))
    yield made
    cluster.drop(made)


@pytest.fixture
async def plans(filled, monkeypatch):
    """Look something up; the plans of the statements that it takes."""
    await db.connect(filled)

    async def plans_of(work) -> list[str]:
        asked, real = [], db.rows

        async def rows(sql, values=(), **how):
            asked.append((sql, values))
            return await real(sql, values, **how)

        with monkeypatch.context() as patch:
            patch.setattr(db, "rows", rows)
            await work
        return ["\n".join(row["QUERY PLAN"] for row in await real(f"EXPLAIN {sql}", values)) for sql, values in asked]

    yield plans_of
    await db.disconnect()


@pytest.mark.parametrize("view", ["inbox", "solved", "all"])
async def test_a_view_of_many_in_every_order_is_served_by_an_index_and_sorts_nothing(plans, view):
    """A view of few may be sorted: what one agent has in hand."""
    anna = await people.by_email("anna@pult.example")
    for sort in filters.STAFF_SORTS:
        plan = (await plans(queries.page(filters.parse(anna, {"view": [view], "sort": [sort]}))))[0]
        assert "using ticket_" in plan and "Sort" not in plan and "Seq Scan on ticket" not in plan, (sort, plan)
