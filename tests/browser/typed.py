"""What the tests of typed words share: a desk whose people have passwords, and what was said in its tickets."""

import asyncio

from argon2 import PasswordHasher
from playwright.async_api import Page, Route

from app.desk.models import Comment
from tests.browser.conftest import Running
from tests.conftest import DEADLINE, Cast
from tests.live.actions import Desk

FIELD, SEND = "#comment-body", "Control+Enter"
PASSWORD = "correct horse battery"


async def a_desk(running: Running) -> Desk:
    """Clara's ticket 1 with message 2 of Anna's, and 2 by Dmitri."""
    desk = Desk(running.cast)
    desk.ticket = await desk.open(subject="Printer")
    await desk.say(desk.ticket)
    await desk.open(running.cast.dmitri)
    return desk


async def let_in(cast: Cast) -> None:
    """Give everybody a password, which takes no time to look at."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    for person in cast.everyone:
        person.password = quick.hash(PASSWORD)
        await person.save(update_fields=["password"])


async def said(ticket: int = 1) -> list[tuple[str, str]]:
    """(kind, words) of what was written to a ticket, in order."""
    return [(one.kind.value, one.body) for one in await Comment.filter(ticket_id=ticket).order_by("id")][2:]


async def until_said(*expected: tuple[str, str]) -> None:
    async with asyncio.timeout(DEADLINE):
        while await said() != list(expected):
            await asyncio.sleep(0.02)


async def write(page: Page, words: str, kind: str = "reply") -> None:
    await page.locator(f"#comment-form [name=kind][value={kind}]").evaluate("(it) => it.click()")
    await page.locator(FIELD).press_sequentially(words)


class Held:
    """Holds what a page posts until it is let go."""

    def __init__(self) -> None:
        self._open = asyncio.Event()

    async def __call__(self, route: Route) -> None:
        await self._open.wait()
        await route.continue_()

    def let_go(self) -> None:
        self._open.set()


async def held(page: Page, where: str = "**/comments") -> Held:
    gate = Held()
    await page.unroute(where)
    await page.route(where, gate)
    return gate
