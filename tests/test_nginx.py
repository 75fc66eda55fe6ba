"""The desk behind nginx, with the configuration that docs/operations.md gives."""

import asyncio
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from app.config import ROOT, Config, Live, Server
from tests.conftest import DEADLINE, Served
from tests.live import applier
from tests.live.actions import Desk
from tests.live.pages import token_of

pytestmark = pytest.mark.skipif(
    not (shutil.which("nginx") and shutil.which("openssl")), reason="no nginx, or no openssl, is installed here"
)
DOCUMENT = (ROOT / "docs" / "operations.md").read_text()
NAME = "desk.example.com"
SAME = {"Origin": f"https://{NAME}"}
TIME_OUT = 1  # seconds without a word from the desk after which this nginx cuts a socket
AROUND = """
{user}
daemon off;
pid {place}/nginx.pid;
error_log {place}/error.log;
worker_processes 1;
events {{ }}
http {{
    access_log {place}/access.log;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
{servers}
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def servers(place: Path, *, desk: int, tls: int, plain: int) -> str:
    """The document's configuration, with our ports and certificate, and a time-out that a test can wait for."""
    [text] = re.findall(r"```nginx\n(.*?)```", DOCUMENT, re.DOTALL)
    for old, new in (
        (r"listen 443 ssl;\n    http2 on;", f"listen 127.0.0.1:{tls} ssl http2;"),
        (r"listen 80;", f"listen 127.0.0.1:{plain};"),
        (r"ssl_certificate .*;", f"ssl_certificate {place}/cert.pem;"),
        (r"ssl_certificate_key .*;", f"ssl_certificate_key {place}/key.pem;"),
        (r"http://127\.0\.0\.1:8000", f"http://127.0.0.1:{desk}"),
        (r"proxy_read_timeout 75s", f"proxy_read_timeout {TIME_OUT}s"),
    ):
        text, found = re.subn(old, new, text)
        assert found, old
    return text


@dataclass(frozen=True)
class Behind:
    """A desk behind nginx. port: of TLS; plain: of what leads there."""

    served: Served
    port: int
    plain: int
    trust: ssl.SSLContext

    def client(self, cookie: str = "") -> httpx.AsyncClient:
        # The name leads nowhere: it is connected to by address, with the name for certificate and Host.
        return httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{self.port}",
            verify=self.trust,
            headers={"Host": NAME},
            cookies={"__Host-pult": cookie} if cookie else {},
            timeout=DEADLINE,
        )


@pytest.fixture
def config(config: Config) -> Config:
    server = Server(port=0, log_level="debug", public_url=f"https://{NAME}", proxies=("127.0.0.1",))
    return replace(config, server=server, live=Live(heartbeat_seconds=TIME_OUT / 5))


@pytest.fixture
async def behind(served: Served, tmp_path: Path) -> AsyncIterator[Behind]:
    make = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={NAME} -keyout key.pem -out cert.pem"
    names = f"subjectAltName=DNS:{NAME},IP:127.0.0.1"
    made = await asyncio.create_subprocess_exec(
        *make.split(), "-addext", names, cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    assert await made.wait() == 0
    tls, plain = free_port(), free_port()
    user = "user root;" if os.geteuid() == 0 else ""  # else root's nginx has "nobody" put large bodies aside
    inner = servers(tmp_path, desk=served.port, tls=tls, plain=plain)
    (tmp_path / "nginx.conf").write_text(AROUND.format(user=user, place=tmp_path, servers=inner))
    command = ["nginx", "-p", str(tmp_path), "-e", f"{tmp_path}/error.log", "-c", f"{tmp_path}/nginx.conf"]
    nginx = await asyncio.create_subprocess_exec(*command)
    async with asyncio.timeout(DEADLINE):
        while True:
            assert nginx.returncode is None, (tmp_path / "error.log").read_text()
            try:
                _, opened = await asyncio.open_connection("127.0.0.1", tls)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            opened.close()
            break
    yield Behind(served, tls, plain, ssl.create_default_context(cafile=tmp_path / "cert.pem"))
    nginx.terminate()
    await nginx.wait()


async def test_the_desk_lives_behind_the_nginx_of_the_document(behind, log):
    """Sign-in, headers, addresses, sockets and their time-outs, polls, large requests, a desk that is away."""
    desk = Desk(behind.served.cast)
    ticket = await desk.open()
    async with behind.client() as stranger:
        await a_wrong_sign_in_is_told_of_by_the_visitors_address(stranger, log)
        assert (await stranger.get(f"http://127.0.0.1:{behind.plain}/tickets")).headers["location"] == (
            f"https://{NAME}/tickets"
        )
    async with behind.client(await behind.served.cookie(desk.cast.anna)) as anna:
        page = await anna.get(f"/tickets/{ticket.id}")
        assert page.status_code == 200 and "max-age" in page.headers["strict-transport-security"]
        assert page.http_version == "HTTP/1.1" and page.headers["pult"] == "1"
        await a_socket_outlives_the_proxys_time_out_and_brings_a_change_at_once(behind, page.text, desk, ticket)
        await a_write_of_this_origin_is_taken_and_another_is_not(anna, ticket.id)
        too_large = await anna.post(
            "/tickets", data={"subject": "s", "body": "b" * 1_200_000, "key": "k"}, headers=SAME
        )
        assert too_large.status_code == 413 and too_large.headers["pult"] == "1", "the desk says it, not nginx"
        await behind.served.stop()
        away = await anna.get("/tickets")
        assert away.status_code == 502 and "pult" not in away.headers


async def a_wrong_sign_in_is_told_of_by_the_visitors_address(stranger, log) -> None:
    typed = {"email": "anna@pult.example", "password": "wrong"}
    lie = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http"} | SAME
    assert (await stranger.post("/login", data=typed, headers=lie)).status_code == 422
    assert "failed from 127.0.0.1" in log.text and "203.0.113.7" not in log.text


async def a_socket_outlives_the_proxys_time_out_and_brings_a_change_at_once(behind, page, desk, ticket) -> None:
    start = token_of(applier.parse(page))
    url = f"wss://{NAME}/api/v1/ws?token={start['token']}&since={start['since']}&epoch={start['epoch']}"
    there = {"host": "127.0.0.1", "port": behind.port, "ssl": behind.trust}
    async with connect(url, origin=f"https://{NAME}", **there) as socket_:
        until = asyncio.get_running_loop().time() + 1.5 * TIME_OUT
        while asyncio.get_running_loop().time() < until:
            await socket_.recv()  # a heartbeat
            await socket_.send(json.dumps({"action": "pong"}))
        await desk.change(ticket, subject="Over nginx")
        async with asyncio.timeout(DEADLINE):
            while "Over nginx" not in str(await socket_.recv()):
                pass


async def a_write_of_this_origin_is_taken_and_another_is_not(anna, ticket: int) -> None:
    said = {"body": "By way of nginx", "kind": "note", "key": "nginx"}
    other = {"Origin": f"https://{NAME}:8443"}
    assert (await anna.post(f"/tickets/{ticket}/comments", data=said, headers=other)).status_code == 403
    assert (await anna.post(f"/tickets/{ticket}/comments", data=said, headers=SAME)).status_code == 303
