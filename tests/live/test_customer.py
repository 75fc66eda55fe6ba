"""Beside a ticket: whose it is, and their other tickets, whoever that becomes."""

import pytest

from app.desk.models import Ticket
from app.live import shown
from app.live.regions.customer import CustomerRegion
from tests.live.actions import Desk
from tests.live.pages import equal


@pytest.fixture
async def desk(served):
    desk = Desk(served.cast)
    for requester in (served.cast.clara, served.cast.clara, served.cast.dmitri):
        await desk.open(requester)
    return desk


def beside(page) -> list[str]:
    return [link.get("href").rpartition("/")[2] for link in page.css("#customer li a")]


async def test_it_follows_who_the_requester_is(desk, open_):
    page = await open_(desk.cast.anna, "/tickets/1")
    assert beside(page) == ["2"]
    await desk.change(await Ticket.get(id=1), requester="dmitri@pult.example")
    await page.equals_its_reload()
    assert beside(page) == ["3"]
    await desk.change(await Ticket.get(id=3), subject="Of Dmitri")
    await desk.open(desk.cast.dmitri)
    await page.equals_its_reload()
    assert beside(page) == ["4", "3"] and "Of Dmitri" in page.css("#customer")[0].text_content()
    await desk.change(await Ticket.get(id=3), requester="clara@pult.example")
    await page.equals_its_reload()
    assert beside(page) == ["4"]


async def test_what_happens_to_the_next_customer_before_it_is_known_that_they_are_is_not_lost(desk, open_, monkeypatch):
    """While the region rests nobody knows yet whose events it has to hear of, and a page may be of the time between."""
    monkeypatch.setattr(shown, "RESTS", 1_000_000)
    page = await open_(desk.cast.anna, "/tickets/1")
    for requester, their in (("dmitri@pult.example", 3), ("clara@pult.example", 2)):
        await desk.change(await Ticket.get(id=1), subject=f"Before {requester}")  # it is computed, and rests
        await page.equals_its_reload()
        await desk.change(await Ticket.get(id=1), requester=requester)
        between = await open_(desk.cast.boris, "/tickets/1", connect=False)
        await desk.change(await Ticket.get(id=their), subject=f"Changed for {requester}")
        await between.connect()
        await equal([page, between])
        assert "Changed for" in between.css("#customer")[0].text_content()


async def test_it_is_not_asked_of_other_peoples_tickets(served, desk, open_, monkeypatch):
    await open_(desk.cast.anna, "/tickets/1")
    asked = []
    monkeypatch.setattr(CustomerRegion, "may_touch", lambda region, event: asked.append(event.ticket) or True)
    page = await open_(desk.cast.anna, "/tickets/3")
    await desk.change(await Ticket.get(id=3), subject="Another")
    await page.equals_its_reload()
    assert asked == [3]
