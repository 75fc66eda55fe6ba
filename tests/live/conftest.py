"""Pages that close themselves."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from app.desk.models import Person
from app.live.content import Content
from app.live.region import Region
from tests.conftest import Served
from tests.live.pages import OpenPage, open_page
from tests.live.reads import compute, let_compute, suspend

Open = Callable[..., Awaitable[OpenPage]]


@pytest.fixture
async def open_(served: Served) -> AsyncIterator[Open]:
    """Open a page as a person: await open_(anna, "/tickets"). Its socket is cut at the end of the test."""
    opened: list[OpenPage] = []
    clients: dict[int, asyncio.Future[httpx.AsyncClient]] = {}

    async def open_as(person: Person, path: str, **options: bool) -> OpenPage:
        if person.id not in clients:  # one browser each, also of pages that are opened at once
            clients[person.id] = asyncio.ensure_future(served.client(person))
        page = await open_page(served, await clients[person.id], path, **options)
        opened.append(page)
        return page

    yield open_as
    for page in opened:
        await page.cut()


@pytest.fixture
def slow_reads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every read takes a moment, so that pages, rounds and verbs meet in other ways in each test."""
    suspend(monkeypatch, random.Random(request.node.name), longest=0.001)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Region]:
    """The regions that are computed from now on, in order."""
    those: list[Region] = []

    async def noted(region: Region) -> Content:
        those.append(region)
        return await compute(region)

    let_compute(monkeypatch, noted)
    return those
