"""Who is shown out, and how: a session, a right or a ticket ends under an open page."""

import asyncio
import time

import pytest

from app.desk import people, tickets
from app.desk.roles import Role
from app.live import hub
from app.live import tokens as live_tokens
from tests.conftest import DEADLINE
from tests.live.actions import Desk
from tests.live.pages import close_code
from tests.process import DeskProcess


@pytest.fixture
async def desk(served):
    desk = Desk(served.cast)
    await desk.open()
    return desk


async def test_signing_out_closes_the_pages_of_that_session_only(desk, served, open_):
    page = await open_(desk.cast.anna, "/tickets")
    other = await open_(desk.cast.boris, "/tickets")
    await page.client.post("/logout", headers={"Origin": served.url})
    assert await close_code(page) == hub.Close.ENDED
    assert (await page.client.post("/live/connection", data={"token": page.token})).status_code == 401
    await other.equals_its_reload()


async def test_disabling_a_person_closes_their_pages(desk, open_):
    """ASVS 7.4.2."""
    page = await open_(desk.cast.clara, "/tickets")
    await people.disable("clara@pult.example")
    assert await close_code(page) == hub.Close.ENDED


async def test_disabling_a_person_by_the_command_line_closes_their_pages(desk, config, open_):
    page = await open_(desk.cast.clara, "/tickets")
    await DeskProcess(config).pult("user", "disable", "clara@pult.example")
    assert await close_code(page) == hub.Close.ENDED


async def test_a_new_password_ends_every_session(desk, open_):
    """ASVS 7.4.3."""
    page = await open_(desk.cast.anna, "/tickets")
    await people.set_password(desk.cast.anna, "another password")
    assert await close_code(page) == hub.Close.ENDED


async def test_a_change_of_role_closes_the_pages_of_the_old_one(desk, open_):
    """ASVS 8.3.2."""
    page = await open_(desk.cast.anna, "/tickets")
    await people.set_role(desk.cast.anna, Role.REQUESTER)
    assert await close_code(page) == hub.Close.GONE
    assert (await page.client.post("/live/connection", data={"token": page.token})).status_code == 403


async def test_losing_a_ticket_empties_its_page_and_getting_it_back_fills_it(desk, open_):
    theirs = await open_(desk.cast.clara, "/tickets/1")
    new = await open_(desk.cast.dmitri, "/tickets")
    ticket = await tickets.visible(desk.cast.anna, 1)
    await desk.change(ticket, requester="dmitri@pult.example")
    await theirs.equals_its_reload()
    assert theirs.css("#ticket[data-gone]") and not theirs.css("#thread > *")
    await new.equals_its_reload()
    assert new.rows == [1]
    await desk.change(ticket, requester="clara@pult.example")
    await theirs.equals_its_reload()
    assert not theirs.css("#ticket[data-gone]") and theirs.css("#thread > article")


async def test_a_ticket_that_is_deleted_under_ones_hands_says_by_whom_to_staff_alone(desk, open_):
    """And comes back where it was, when it is restored."""
    staff = [await open_(person, "/tickets/1") for person in (desk.cast.anna, desk.cast.boris, desk.cast.vera)]
    theirs = await open_(desk.cast.clara, "/tickets/1")
    for by in (desk.cast.anna, desk.cast.boris):
        await tickets.delete(by, 1)
        late = await open_(desk.cast.vera, "/tickets")
        for page in (*staff, theirs):
            await page.equals_its_reload()
        shown = {page.css("#ticket[data-gone]")[0].text_content() for page in staff}
        assert len(shown) == 1 and by.name in shown.pop()
        [told] = [frame for frame in theirs.applied[-2:] if "data-gone" in frame]
        assert not any(word in told for word in ("Anna", "Boris", "This ticket was", "/restore"))
        await tickets.restore(desk.cast.vera, 1)
        for page in (*staff, theirs, late):
            await page.equals_its_reload()
        assert all(page.css("#thread > article") for page in (*staff, theirs))


async def test_a_new_connection_is_for_the_session_that_the_token_is_of(desk, served, open_):
    """ASVS 4.4.3."""
    page = await open_(desk.cast.anna, "/tickets")
    boris = await served.client(desk.cast.boris)
    for client, token in ((boris, page.token), (page.client, "x"), (page.client, "")):
        assert (await client.post("/live/connection", data={"token": token})).status_code == 401
    assert (await served.stranger().post("/live/connection", data={"token": page.token})).status_code == 401


async def test_a_page_that_slept_goes_on_in_the_session_that_its_person_has_now(desk, served, open_, monkeypatch):
    """However old its token is: nobody is told that their session ended while it has not."""
    page = await open_(desk.cast.anna, "/tickets/1")
    await page.cut()
    grant = served.relay.tokens.read(page.token)
    real = time.time
    monkeypatch.setattr(live_tokens.time, "time", lambda: real() - 3 * 24 * 3600)
    page.token = served.relay.tokens.make(grant)
    monkeypatch.undo()
    await people.end_session(grant.session)
    assert (await page.client.post("/live/connection", data={"token": page.token})).status_code == 401
    page.client = await served.client(desk.cast.anna)  # she signed in again, beside it
    await page.reconnect()
    await desk.say(await tickets.visible(desk.cast.anna, 1))
    await page.equals_its_reload()


async def test_a_right_that_ends_while_a_socket_is_let_in_closes_it(desk, served, open_):
    """No round tells a socket that is not known yet."""
    pages = [await open_(desk.cast.anna, "/tickets", connect=False), await open_(desk.cast.boris, "/tickets")]
    async with served.relay._lock:
        coming = asyncio.create_task(pages[0].connect())
        async with asyncio.timeout(DEADLINE):
            while served.relay.tokens.read(pages[0].token).jti not in served.relay.tokens._used:
                await asyncio.sleep(0.005)
        await people.disable("anna@pult.example")
    await coming
    assert await close_code(pages[0]) == hub.Close.ENDED
    assert not pages[0].frames
    await pages[1].equals_its_reload()
