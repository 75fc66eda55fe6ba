"""The line of the other tests does what it says, to a client that is no browser."""

import time

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidMessage

from tests.browser.proxy import Proxy


@pytest.fixture
async def proxy(served):
    line = Proxy(served.port)
    await line.start()
    yield line
    await line.stop()


@pytest.fixture
async def client(proxy):
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{proxy.port}", verify=False) as client:  # no TLS here
        yield client


async def test_it_answers_for_the_desk_what_and_as_often_as_it_is_told(proxy, client):
    proxy.answer("GET /healthz", 403, times=1)
    proxy.answer("POST /", 520, headers={"X-Proxy": "yes"})
    assert [(await client.get("/healthz")).status_code for _ in range(2)] == [403, 200]
    for _ in range(2):
        answer = await client.post("/login", data={"email": "x" * 20_000})
        assert (answer.status_code, answer.headers["x-proxy"]) == (520, "yes") and "not the desk" in answer.text
    assert (await client.get("/login")).status_code == 200
    proxy.be_honest()
    assert (await client.post("/login", data={"email": "x"})).status_code == 422
    assert proxy.asked.count("POST /login") == 3


async def test_it_loses_the_desks_answer(proxy, client, served, log):
    proxy.answer("POST /login", 504, passes=True)
    assert (await client.post("/login", data={"email": "x"})).status_code == 504
    assert any("a sign-in as nobody failed" in line for line in log.lines)


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
async def test_it_cuts_handshakes(part, proxy):
    origin = f"http://127.0.0.1:{proxy.port}"
    url = f"{origin.replace('http', 'ws')}/api/v1/ws?token=x"
    proxy.handshake = part
    if part < 1:
        with pytest.raises((InvalidHandshake, InvalidMessage, EOFError)):
            await connect(url, origin=origin)
    else:
        async with connect(url, origin=origin) as opened:
            await opened.wait_closed()
            assert opened.close_code == 1006  # not the desk's 4401
    proxy.be_honest()
    async with connect(url, origin=origin) as opened:
        await opened.wait_closed()
        assert opened.close_code == 4401


async def test_it_takes_its_time(proxy, client):
    await client.get("/healthz")
    proxy.delay, began = 0.15, time.monotonic()
    assert (await client.get("/healthz")).text == "ok"
    assert time.monotonic() - began >= 0.3
