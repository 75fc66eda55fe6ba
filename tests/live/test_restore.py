"""A backup is restored under a desk that serves: every open page becomes true again, wherever it stood."""

from collections.abc import Awaitable
from dataclasses import dataclass

import pytest

from app.desk.models import Ticket
from app.live.hub import Close
from tests.live.actions import Desk, something
from tests.live.pages import OpenPage
from tests.process import DeskProcess

pytestmark = pytest.mark.sqlite


@pytest.fixture
def pult(config):
    """A command beside the desk."""
    return DeskProcess(config).pult


@dataclass
class Pages:
    """The same pages of the same people: with a socket, with one that is cut during a restore, and without one."""

    connected: list[OpenPage]
    away: list[OpenPage]
    polling: list[OpenPage]

    async def during(self, restore: Awaitable[object]) -> None:
        for page in self.away:
            await page.cut()
        await restore
        for page in self.away:
            await page.reconnect()

    async def equal_their_reload(self) -> None:
        for page in self.polling:
            await page.poll()
            assert page.shown() == await page.reloaded()
            assert await page.poll() == 204
        for page in (*self.connected, *self.away):
            await page.equals_its_reload()


@pytest.fixture
async def desk(served, slow_reads, monkeypatch):
    desk = Desk(served.cast)
    for requester in (desk.cast.clara, desk.cast.dmitri, desk.cast.clara):
        await desk.open(requester)
    return desk


async def test_every_page_equals_its_reload_after_a_restore_to_any_position(desk, open_, pult, tmp_path):
    """Back to an older position, to the very number that the pages stand at, and to a higher one."""
    paths = ("/tickets", "/tickets/1", "/tickets?q=copy")
    looked_at = [(who, path) for who in (desk.cast.anna, desk.cast.clara) for path in paths]
    pages = Pages(
        [await open_(who, path) for who, path in looked_at],
        [await open_(who, path) for who, path in looked_at],
        [await open_(who, path, connect=False) for who, path in looked_at],
    )
    before, same, after = (f"{tmp_path}/{name}" for name in ("before", "same", "after"))
    await pult("backup", before)
    await desk.change(await Ticket.get(id=1), subject="As in the copy")
    await pages.equal_their_reload()
    stood = [page.cursor for page in pages.connected]
    await pult("backup", same)
    for _ in range(12):
        await something(desk)
    await pult("backup", after)

    await pages.during(pult("restore", "--force", before))
    await pages.equal_their_reload()
    await desk.change(await Ticket.get(id=1), subject="As in no copy")
    await pages.equal_their_reload()
    assert [page.cursor for page in pages.connected] == stood
    await pages.during(pult("restore", "--force", same))
    await pages.equal_their_reload()
    assert "As in the copy" in pages.connected[0].css("#ticket-1")[0].text_content()
    assert pages.connected[2].rows == [1], "what is searched is restored as well"
    for _ in range(2):
        await pages.during(pult("restore", "--force", after))
        await pages.equal_their_reload()


async def test_whose_session_is_not_in_the_restored_desk_is_told_so(desk, open_, pult, tmp_path):
    anna = await open_(desk.cast.anna, "/tickets")
    await pult("backup", f"{tmp_path}/copy")
    boris = await open_(desk.cast.boris, "/tickets")
    polling = await open_(desk.cast.boris, "/tickets/1", connect=False)
    await pult("restore", "--force", f"{tmp_path}/copy")
    while not boris.closed:
        await boris.news()
    assert boris.closed == Close.ENDED
    assert (await boris.client.post("/live/connection", data={"token": boris.token})).status_code == 401
    assert await polling.poll() == 401
    await anna.equals_its_reload()
