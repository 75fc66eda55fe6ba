"""What a page sees when we fail: a code at which it comes back, a reference, and nothing of the inside."""

import asyncio
import re

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.desk import queries
from app.desk.models import Ticket
from app.live import hub, regions
from tests.conftest import DEADLINE, Served
from tests.live.actions import Desk
from tests.web.reading import HTMX

INSIDE = "internal-detail"


@pytest.fixture
async def desk(served: Served) -> Desk:
    desk = Desk(served.cast)
    await desk.open()
    return desk


@pytest.fixture
def break_(monkeypatch):
    """Let every region fail from now on."""

    async def fail(*_: object) -> None:
        raise RuntimeError(INSIDE)

    return lambda: monkeypatch.setattr(regions, "compute", fail)


async def test_a_socket_for_which_we_fail_closes_with_1011_and_no_word(desk, served, open_, break_, log):
    """ASVS 13.4.2, 16.5.1, 16.5.4: nothing on the wire but the code; the log has the rest."""
    page = await open_(desk.cast.anna, "/tickets/1", connect=False)
    served.relay.kept.forget((), -1)
    break_()
    url = f"{served.url.replace('http', 'ws')}/api/v1/ws?token={page.token}&since={page.cursor}&epoch={page.epoch}"
    async with connect(url, origin=served.url) as socket, asyncio.timeout(DEADLINE):
        with pytest.raises(ConnectionClosed):
            pytest.fail(str(await socket.recv()))
        assert (socket.close_code, socket.close_reason) == (hub.Close.FAILED, "")
    assert INSIDE in log.text and page.token not in log.text


async def test_a_frame_that_cannot_be_rendered_closes_its_sockets_with_1011(desk, served, open_, monkeypatch, log):
    """ASVS 16.5.4: the others, whose language can be rendered, go on."""
    broken, well = await open_(desk.cast.anna, "/tickets"), await open_(desk.cast.boris, "/settings")
    render = type(served.render)._render_value

    def fail(self, template, value, language):
        if template == "tickets/row.html":
            raise RuntimeError(INSIDE)
        return render(self, template, value, language)

    monkeypatch.setattr(served.render, "_remembered", lambda *given: fail(served.render, *given))
    frames = len(broken.frames)
    await desk.open()
    async with asyncio.timeout(DEADLINE):
        while not broken.closed:
            await broken.news()
    assert broken.closed == hub.Close.FAILED and broken.socket.close_reason == "" and len(broken.frames) == frames
    await well.equals_its_reload()
    assert INSIDE in log.text


async def test_what_fails_in_a_region_is_found_again_when_it_works(desk, served, open_, monkeypatch):
    """While the relay fails the desk is not ready; then every page is true again."""
    page = await open_(desk.cast.anna, "/tickets/1")
    header = queries.header

    async def fail(*_: object) -> None:
        raise RuntimeError(INSIDE)

    monkeypatch.setattr(queries, "header", fail)
    await desk.say(await Ticket.get(id=1), kind="note")
    async with asyncio.timeout(DEADLINE):
        while (await served.stranger().get("/readyz")).status_code != 503:
            await asyncio.sleep(0.02)
    monkeypatch.setattr(queries, "header", header)
    await page.equals_its_reload()
    assert (await served.stranger().get("/readyz")).status_code == 200


async def test_a_failure_while_polling_or_in_a_fragment_has_a_reference(desk, served, open_, break_, log):
    """ASVS 16.5.1: the person can say it, and the log has it; nothing internal goes out."""
    page = await open_(desk.cast.anna, "/tickets/1", connect=False)
    served.relay.kept.forget((), -1)
    break_()
    poll = {"token": page.token, "since": "0", "epoch": page.epoch}
    client, seen = page.client, set()
    for method, path, options in (
        ("GET", "/live/frame", {"params": poll}),
        ("GET", "/live/frame", {"params": poll, "headers": HTMX}),
        ("POST", "/tickets/1/comments", {"data": {"body": ""}}),
        ("GET", "/tickets", {"headers": HTMX}),
        ("GET", "/tickets", {}),
    ):
        got = await client.request(method, path, **options)
        assert got.status_code == 500
        seen.add(reference := re.findall(r"failed, reference (\w+)", log.text)[-1])
        assert reference in got.text
        for internal in (INSIDE, "RuntimeError", "Traceback"):
            assert internal not in got.text
    assert len(seen) == 5 and INSIDE in log.text


async def test_a_socket_to_nowhere_is_refused_without_a_traceback(served, log):
    for path, status in (("/nothing", 404), ("/tickets", 405), ("/api/v1/ws/more", 404)):
        with pytest.raises(InvalidStatus) as refusal:
            await connect(f"{served.url.replace('http', 'ws')}{path}", origin=served.url)
        assert refusal.value.response.status_code == status, path
    assert "Traceback" not in log.text
