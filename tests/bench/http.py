"""A small HTTP client: raw requests over connections that stay open, so that little of the machine is its own."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from tests.bench.servers import Server

CONNECTIONS = 4
DEMO = {"email": "anna@pult.example", "password": "pult-demo"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class Client:
    """Asks one server, with the cookie of whoever is signed in. accepts: a value for Accept-Encoding."""

    server: Server
    cookie: str = ""
    accepts: str = ""

    def get(self, path: str) -> bytes:
        return self._request("GET", path, b"")

    def post(self, path: str, **form: str) -> bytes:
        return self._request("POST", path, urlencode(form).encode(), "application/x-www-form-urlencoded")

    def say(self, path: str, text: str) -> bytes:
        return self._request("POST", path, text.encode(), "text/plain")

    def _request(self, method: str, path: str, body: bytes, kind: str = "") -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.server.port}"]
        lines += [f"Cookie: {self.cookie}"] if self.cookie else []
        lines += [f"Accept-Encoding: {self.accepts}"] if self.accepts else []
        lines += [f"Content-Type: {kind}"] if kind else []
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body

    async def ask(self, request: bytes) -> Answer:
        [answer] = await self.ask_all([request])
        return answer

    async def ask_all(self, requests: Iterable[bytes], connections: int = CONNECTIONS) -> list[Answer]:
        """The answers to requests, in no order, several at a time."""
        waiting = iter(requests)
        answers: list[Answer] = []

        async def work() -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
            for request in waiting:
                writer.write(request)
                answers.append(await _answer(reader))
            writer.close()

        await asyncio.gather(*(work() for _ in range(connections)))
        return answers


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    status = int(first.split()[1])
    length = int(headers.get("content-length", 0))
    return Answer(status, headers, await reader.readexactly(length))


async def signed_in(server: Server, **changes: str) -> Client:
    """A client in which one of the demo's people is signed in."""
    answer = await Client(server).ask(Client(server).post("/login", **(DEMO | changes)))
    assert answer.status == 303, answer.status
    return Client(server, answer.headers["set-cookie"].partition(";")[0])
