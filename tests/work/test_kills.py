"""kill -9 of a process that does jobs: nothing is lost, and doubled only what it was at."""

import asyncio
import os
import random
import signal
import time

from app import db
from app.desk import outbox
from app.work.runner import AT_ONCE
from tests.conftest import DEADLINE
from tests.forked import _forks
from tests.whole import read
from tests.work import dying

JOBS = 400
KILLS = 20


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
            await asyncio.sleep(0.001)
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        if kill < KILLS and not read(path, "SELECT 1 FROM job"):
            break
    done = rows()
    assert sorted(set(done)) == expected, "lost"
    assert kill == KILLS and 0 < len(done) - len(expected) <= KILLS * AT_ONCE, "doubled beyond what was under way"
