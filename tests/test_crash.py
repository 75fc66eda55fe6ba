"""The desk's process dies, and people hang up, while others write: what was acknowledged is there, and nothing half."""

import asyncio
import random
import signal
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from app.config import Config

from .conftest import Served
from .desk.acts import a_ticket
from .log import Log
from .process import DeskProcess, populated
from .whole import assert_whole, read

KILLS = 20
WRITES = 1000  # acknowledged ones in all
CLIENTS = 4


@dataclass
class Writes:
    """What clients sent, by the key of each form, and where the desk said that it is."""

    of_round: int = 0
    enough: int = 0
    sent: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)  # key -> path and fields
    acknowledged: dict[str, str] = field(default_factory=dict)  # key -> the Location that was answered

    async def send(self, client: httpx.AsyncClient, path: str, form: dict[str, str]) -> None:
        self.sent[form["key"]] = (path, form)
        answer = await client.post(path, data=form)
        assert answer.status_code == 303, answer.status_code
        self.acknowledged[form["key"]] = answer.headers["location"]

    @property
    def unanswered(self) -> dict[str, tuple[str, dict[str, str]]]:
        return {key: form for key, form in self.sent.items() if key not in self.acknowledged}


async def write_until_it_dies(client: httpx.AsyncClient, writes: Writes, name: str, desk: DeskProcess) -> None:
    """Open tickets, reply, and reply with a new status, one after another. Who brings the last wanted answer kills."""
    chance, number = random.Random(name), 0
    tickets: list[str] = []
    try:
        while True:
            number += 1
            form = {"key": f"{name}-{number}", "body": f"{name}-{number}"}
            if not tickets or chance.random() < 0.2:
                await writes.send(client, "/tickets", {**form, "subject": "Opened in a hurry"})
                tickets.append(writes.acknowledged[form["key"]])
            else:
                status = chance.choice(["", "", "pending", "open", "solved"])
                await writes.send(client, f"{chance.choice(tickets)}/comments", {**form, "status": status})
            if len(writes.acknowledged) == writes.enough:
                desk.process.send_signal(signal.SIGKILL)
    except httpx.TransportError:
        assert desk.process.returncode is not None or len(writes.acknowledged) >= writes.enough


def assert_kept(path: Path, writes: Writes) -> None:
    """Every acknowledged write is there once, where the answer said; nothing is there that nobody sent.

    What the desk keeps of a key is its own affair: every body is its form's key.
    """
    rows = read(path, "SELECT id, ticket_id, key, body FROM comment")
    found = {row["body"]: row for row in rows}
    assert len(found) == len({row["key"] for row in rows}) == len(rows), "a key made two messages"
    assert set(writes.acknowledged) <= set(found) <= set(writes.sent)
    for key, where in writes.acknowledged.items():
        ticket = f"/tickets/{found[key]['ticket_id']}"
        assert where in (ticket, f"{ticket}#comment-{found[key]['id']}")


async def test_a_thousand_writes_and_twenty_kills_lose_nothing_and_double_nothing(config: Config, log: Log):
    """ASVS 2.3.3: kill -9, a restart on what is left, and every form that got no answer sent again, twenty times."""
    path, who = config.database.path, await populated(config, CLIENTS)
    desk, writes = DeskProcess(config, log), Writes()
    chance = random.Random(16)
    lost_answers = 0
    for round_ in range(KILLS):
        await desk.start()
        clients = [desk.client(cookie) for cookie in who]
        for key, (where, form) in writes.unanswered.items():
            await writes.send(clients[int(key[0])], where, form)
        rest = WRITES - len(writes.acknowledged)
        writes.enough = len(writes.acknowledged) + (
            rest if round_ == KILLS - 1 else max(1, rest // (KILLS - round_) + chance.randrange(-9, 10))
        )
        async with asyncio.TaskGroup() as working:
            for number, client in enumerate(clients):
                working.create_task(write_until_it_dies(client, writes, f"{number}-{round_}", desk))
        written = await desk.ended()
        assert desk.process.returncode == -signal.SIGKILL and "Traceback" not in written, written
        for client in clients:
            await client.aclose()
        lost_answers += len(writes.unanswered)
        assert_whole(path)
        assert_kept(path, writes)
    assert len(writes.acknowledged) >= WRITES
    assert lost_answers > KILLS, "the kills fell between writes, where nothing can be lost"


async def test_who_hangs_up_leaves_a_whole_reply_or_none(served: Served):
    """Replies with a new status, which are two events in one transaction, each cut off at another moment."""
    ticket = await a_ticket(served.cast.clara)
    cookie = await served.cookie(served.cast.anna)
    chance = random.Random(3)

    async def hang_up(number: int) -> None:
        status = ("pending", "open", "solved")[number % 3]
        body = f"key=cut-{number}&body=Cut-{number}&status={status}"
        request = (
            f"POST /tickets/{ticket.id}/comments HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n"
            f"Cookie: pult={cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(request.encode())
        await asyncio.sleep(chance.random() * 0.02)  # anywhere between sending and the answer
        writer.transport.abort()

    for burst in range(10):
        await asyncio.gather(*(hang_up(20 * burst + number) for number in range(20)))
    anna = await served.client(served.cast.anna)
    last = {"key": "last", "body": "Whole", "status": "closed"}
    assert (await anna.post(f"/tickets/{ticket.id}/comments", data=last)).status_code == 303
    path = served.app.extensions["pult"].config.database.path
    written = [row["body"] for row in read(path, "SELECT body FROM comment WHERE body LIKE 'Cut-%'")]
    assert 0 < len(written) <= 200 and len(set(written)) == len(written)
    assert_whole(path)
    for number in range(200):  # sent again: the same key
        form = {"key": f"cut-{number}", "body": f"Cut-{number}"}
        answer = await anna.post(f"/tickets/{ticket.id}/comments", data=form)
        assert answer.status_code == (303 if form["body"] in written else 422), "the ticket is closed by now"
    assert_whole(path)
