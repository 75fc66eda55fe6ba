"""Pages that close themselves."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from app.desk.models import Person
from tests.conftest import Served
from tests.live.pages import OpenPage, open_page
from tests.live.reads import suspend

Open = Callable[..., Awaitable[OpenPage]]


@pytest.fixture
async def open_(served: Served) -> AsyncIterator[Open]:
    """Open a page as a person: await open_(anna, "/tickets"). Its socket is cut at the end of the test."""
    opened: list[OpenPage] = []
    clients: dict[int, object] = {}

    async def open_as(person: Person, path: str, **options: bool) -> OpenPage:
        if person.id not in clients:
            clients[person.id] = await served.client(person)
        page = await open_page(served, clients[person.id], path, **options)  # type: ignore[arg-type]
        opened.append(page)
        return page

    yield open_as
    for page in opened:
        await page.cut()


@pytest.fixture
def slow_reads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every read takes a moment, so that pages, rounds and verbs meet in other ways in each test."""
    suspend(monkeypatch, random.Random(request.node.name), longest=0.001)
