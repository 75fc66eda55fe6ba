"""kill -9 of what works: no job is lost, and doubled only what was under way; each ticket falls due once."""

import asyncio
import os
import random
import signal
import time
from datetime import UTC, datetime

import pytest

from app import db
from app.desk import midnight, outbox, people
from app.work.runner import AT_ONCE
from tests.conftest import DEADLINE
from tests.forked import _forks
from tests.whole import read
from tests.work import dying

JOBS = 200
TICKETS = 300
KILLS = 20
CLOCK_KILLS = 10

pytestmark = pytest.mark.sqlite  # it looks into the file all the time


async def test_jobs_survive_twenty_kills(config):
    await db.connect(config.database)
    await db.rows("CREATE TABLE done (id INTEGER PRIMARY KEY, job INT NOT NULL)")
    async with db.transaction():
        for n in range(JOBS):
            await outbox.put("row", {"n": n})
    await db.disconnect()
    expected = sorted([*range(JOBS), *(n + 1000 for n in range(0, JOBS, 3))])
    path, chance = config.database.path, random.Random(7)

    def rows() -> list[int]:
        return [row["job"] for row in read(path, "SELECT job FROM done")]

    for kill in range(KILLS + 1):
        worker = _forks.Process(target=dying.work, args=(str(path),), daemon=True)
        worker.start()
        share = len(rows()) + chance.randint(1, len(expected) // KILLS)
        until = time.monotonic() + DEADLINE
        while (len(rows()) < share) if kill < KILLS else read(path, "SELECT 1 FROM job"):
            assert time.monotonic() < until, "it does nothing"
            await asyncio.sleep(0.003)
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        if kill < KILLS and not read(path, "SELECT 1 FROM job"):
            break
    done = rows()
    assert sorted(set(done)) == expected, "lost"
    assert kill == KILLS and 0 < len(done) - len(expected) <= KILLS * AT_ONCE, "doubled beyond what was under way"


async def test_a_day_that_is_broken_off_ten_times_is_told_to_each_ticket_once_and_in_order(config):
    await db.connect(config.database)
    clara = await people.add("clara@pult.example", "Clara", "requester")
    chance = random.Random(7)
    rows = [("Printer", "open", 1, clara.id, f"2026-12-{chance.randint(1, 20):02}", 1, 0, 0, 0) for _ in range(TICKETS)]
    columns = (
        "subject",
        "status",
        "priority",
        "requester_id",
        "due",
        "version",
        "created",
        "updated",
        "updated_public",
    )
    async with db.transaction():
        await db.insert_many("ticket", columns, rows)
        await midnight.untold()
    await db.disconnect()
    path, moment = str(config.database.path), int(datetime(2026, 12, 15, tzinfo=UTC).timestamp() * 1_000_000)

    def told() -> list[int]:
        return [row["ticket_id"] for row in read(config.database.path, "SELECT ticket_id FROM event ORDER BY id")]

    kills = 0
    while not read(config.database.path, "SELECT 1 FROM clock WHERE told AND day = '2026-12-15'"):
        telling = _forks.Process(target=dying.tell, args=(path, moment), daemon=True)
        telling.start()
        share = len(told()) + chance.randint(1, TICKETS // CLOCK_KILLS // 4)
        while telling.is_alive() and (kills == CLOCK_KILLS or len(told()) < share):
            await asyncio.sleep(0.003)
        kills += telling.is_alive()
        telling.kill()
        telling.join()
    by_day = sorted((row[4], number) for number, row in enumerate(rows, 1) if row[4] <= "2026-12-15")
    assert told() == [number for _, number in by_day]
    [journal] = read(config.database.path, "SELECT position FROM journal")
    assert journal["position"] == len(by_day) and kills > CLOCK_KILLS // 2
