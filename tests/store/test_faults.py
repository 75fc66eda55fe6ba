"""A server that is restarted, cuts everyone off or takes nothing: 503 in words, nothing lost, and over when it is."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from app import db
from app.desk.models import Comment
from tests.cluster import name_of
from tests.conftest import PROMISE
from tests.live.actions import Desk
from tests.web.reading import RUSSIAN
from tests.whole import assert_whole

NOTHING_SAVED = "Ничего не сохранено"
PATIENCE = 10  # seconds

# Another process, that is frozen while it writes.
FROZEN = """
import asyncio, sys
from app import db
from app.config import Database

async def main():
    await db.connect(Database(url=sys.argv[1]))
    try:
        async with db.transaction():
            await db.rows("UPDATE journal SET position = position RETURNING id")
            print("writes", flush=True)
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    except db.NotWritten:
        print("not written", flush=True)
    async with db.transaction():
        await db.rows("UPDATE journal SET position = position RETURNING id")
    print("writes again", flush=True)
    await db.disconnect()

asyncio.run(main())
"""


@asynccontextmanager
async def under_load(client: httpx.AsyncClient) -> AsyncIterator[tuple[list[str], set[int]]]:
    """One who replies and one who reads, all the time: what was acknowledged, and the statuses of every answer."""
    acknowledged: list[str] = []
    statuses: set[int] = set()
    over = False

    async def reply() -> None:
        number = 0
        while not over:
            number += 1
            form = {"body": f"Reply {number}", "kind": "reply", "key": f"k{number}"}
            answer = await client.post("/tickets/1/comments", data=form, headers=RUSSIAN)
            statuses.add(answer.status_code)
            if answer.status_code == 303:
                acknowledged.append(form["body"])
            else:
                assert NOTHING_SAVED in answer.text
            await asyncio.sleep(0.005)

    async def look() -> None:
        while not over:
            statuses.add((await client.get("/tickets")).status_code)
            await asyncio.sleep(0.005)

    both = [asyncio.create_task(reply()), asyncio.create_task(look())]
    try:
        yield acknowledged, statuses
    finally:
        over = True
        await asyncio.gather(*both)


async def until(condition) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


async def restarted(cluster, _name) -> None:
    """As if it had crashed: no session may end what it does."""
    await asyncio.to_thread(cluster.stop, signal.SIGQUIT)
    await asyncio.sleep(0.3)
    await asyncio.to_thread(cluster.start)


async def cut_off(cluster, name) -> None:
    await asyncio.to_thread(
        cluster.ask, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    )


@pytest.mark.parametrize("fault", [restarted, cut_off])
async def test_nothing_acknowledged_is_lost_and_pages_are_true_again(served, open_, cluster, database, caplog, fault):
    await Desk(served.cast).open(served.cast.anna)
    pages = [await open_(served.cast.anna, path) for path in ("/tickets", "/tickets/1", "/tickets?q=reply")]
    async with under_load(await served.client(served.cast.boris)) as (acknowledged, statuses):
        await until(lambda: len(acknowledged) > 3)
        await fault(cluster, name_of(database))
        before = len(acknowledged)
        await until(lambda: len(acknowledged) > before + 3)
    assert statuses <= {200, 303, 503}
    async with asyncio.timeout(PROMISE):
        await served.relayed()
    for page in pages:
        await page.equals_its_reload()
    kept = {comment.body for comment in await Comment.all()}
    assert set(acknowledged) <= kept
    assert_whole(database)
    ours = [record for record in caplog.records if record.exc_info and "a reference" in record.getMessage()]
    assert ours == [], "trouble of the server is no bug of ours"


async def test_who_is_frozen_while_they_write_hold_up_the_others_for_two_seconds(served, database):
    await Desk(served.cast).open(served.cast.anna)
    client = await served.client(served.cast.boris)
    frozen = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", FROZEN, database.url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert frozen.stdout
    assert await frozen.stdout.readline() == b"writes\n"
    frozen.send_signal(signal.SIGSTOP)
    try:
        replying = asyncio.create_task(client.post("/tickets/1/comments", data={"body": "Waited", "key": "w"}))
        assert (await client.get("/tickets")).status_code == 200
        assert not replying.done(), "who reads waits for nobody"
        async with asyncio.timeout(PATIENCE):
            assert (await replying).status_code == 303
    finally:
        frozen.send_signal(signal.SIGCONT)
    said, errors = await frozen.communicate(b"\n")
    assert (said, frozen.returncode) == (b"not written\nwrites again\n", 0), errors
    assert_whole(database)


async def test_a_database_that_is_read_only_says_so_and_is_read(served, cluster, database):
    await Desk(served.cast).open(served.cast.anna)
    client = await served.client(served.cast.anna)
    name = name_of(database)
    cluster.ask(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await cut_off(cluster, name)
    for path, form in (
        ("/tickets", {"subject": "Тема", "body": "Слова"}),
        ("/tickets/1/comments", {"body": "Слова", "key": "k"}),
        ("/tickets/1", {"version": "1", "subject": "Другое"}),
        ("/tickets/1/delete", {}),
    ):
        answer = await client.post(path, data=form, headers=RUSSIAN)
        assert answer.status_code == 503 and NOTHING_SAVED in answer.text, path
    assert (await client.get("/tickets/1")).status_code == 200, "what can be read is read"
    cluster.ask(f"ALTER DATABASE {name} RESET default_transaction_read_only", "postgres")
    await cut_off(cluster, name)
    assert (await client.post("/tickets", data={"subject": "Тема", "body": "Слова"})).status_code == 303
    assert_whole(database)


async def test_a_server_that_is_away_is_told_by_readyz(served, cluster):
    client = served.stranger()
    assert (await client.get("/readyz")).status_code == 200
    await asyncio.to_thread(cluster.stop)
    try:
        assert (await client.get("/readyz")).status_code == 503
        answer = await client.get("/tickets", headers=RUSSIAN)
        assert answer.status_code in (303, 503)
        with pytest.raises(db.NotWritten):
            async with db.transaction():
                pass
    finally:
        await asyncio.to_thread(cluster.start)
    async with asyncio.timeout(PATIENCE):
        while (await client.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.05)
