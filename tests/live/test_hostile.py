"""Pages that read nothing, or talk without end, cost the others nothing and are gone soon."""

import asyncio
import json
import socket
import time
from dataclasses import replace

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from app import serving
from app.config import Limits
from app.live import delivery, hub
from tests import forms
from tests.conftest import Served
from tests.live.actions import Desk
from tests.live.pages import OpenPage

GONE = 30.0  # seconds after which nothing may be left of such a page
LONG = "a long line of words and more words\n" * 800  # 29 kB


@pytest.fixture
def config(config, monkeypatch):
    """Time-outs a tenth of the real ones, and small buffers in the kernel, so that they are full soon."""
    monkeypatch.setattr(serving, "UNREAD", serving.UNREAD // 10)
    monkeypatch.setattr(delivery, "PATIENCE", delivery.PATIENCE / 10)
    listen = serving.listen

    def listen_with_small_buffers(config):
        listening = listen(config)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
        return listening

    monkeypatch.setattr(serving, "listen", listen_with_small_buffers)
    return config


async def never_reads(served: Served, page: OpenPage) -> socket.socket:
    """Open the page's socket by hand, with a small buffer, and read nothing from it."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, ("127.0.0.1", served.port))
    query = f"token={page.token}&since={page.cursor}&epoch={page.epoch}"
    head = (
        f"GET /api/v1/ws?{query} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nOrigin: {served.url}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    )
    await loop.sock_sendall(raw, head.encode())
    return raw


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system has no TCP_USER_TIMEOUT")
async def test_pages_that_read_nothing_delay_nobody_and_are_gone(served, open_):
    desk = Desk(served.cast)
    ticket = await desk.open()
    good = await open_(served.cast.anna, "/tickets/1")
    before = len(asyncio.all_tasks())
    silent = [await never_reads(served, await open_(served.cast.boris, "/tickets/1", connect=False)) for _ in range(10)]
    sockets = served.relay.hub.sockets
    try:
        while len(sockets) < 11:
            await asyncio.sleep(0.01)
        for _ in range(15):
            comment = await forms.write(desk.cast.anna, ticket.id, LONG, kind="note")
            began = time.monotonic()
            while not good.css(f"#comment-{comment.id}"):
                await good.news()
            assert time.monotonic() - began < 5 * 1.0
        async with asyncio.timeout(GONE):
            while len(sockets) > 1 or len(asyncio.all_tasks()) > before:
                await asyncio.sleep(0.05)
        await good.equals_its_reload()
    finally:
        for raw in silent:
            raw.close()


async def test_one_person_has_so_many_sockets_and_the_pages_beyond_ask(served, open_, config, monkeypatch):
    desk, relays = Desk(served.cast), served.app.extensions["pult"].relay
    monkeypatch.setattr(relays, "_config", replace(config, limits=Limits(pages=2)))
    first, second = [await open_(served.cast.anna, "/tickets") for _ in range(2)]
    third = await open_(served.cast.anna, "/tickets", connect=False)
    await third.connect()
    assert third.closed == hub.Close.OVERLOAD
    await desk.open()
    assert await third.poll() == 200
    for page in (first, second, third):
        await page.equals_its_reload()
    await first.cut()
    async with asyncio.timeout(GONE):
        while relays.hub.of(served.cast.anna.id) > 1:
            await asyncio.sleep(0.01)
    third.closed = 0
    await third.connect()
    assert not third.closed


async def test_pages_that_talk_without_end_are_closed_and_the_others_stay_true(served, open_):
    desk = Desk(served.cast)
    good = await open_(served.cast.anna, "/tickets")

    async def flood(page: OpenPage) -> int:
        url = f"{served.url.replace('http', 'ws')}/api/v1/ws?token={page.token}&since={page.cursor}&epoch={page.epoch}"
        message = json.dumps({"action": "pong"}) + " " * 4000
        async with connect(url, origin=served.url) as talker:
            try:
                while True:
                    await talker.send(message)
            except ConnectionClosed:
                return talker.close_code or 0

    pages = [await open_(served.cast.boris, "/tickets", connect=False) for _ in range(5)]
    async with asyncio.timeout(GONE):
        codes = await asyncio.gather(*(flood(page) for page in pages))
    assert codes == [hub.Close.VIOLATION] * 5
    await desk.open()
    await good.equals_its_reload()
    assert len(served.relay.hub.sockets) == 1
