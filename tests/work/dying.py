"""A process that does jobs, to be killed: each of its jobs leaves a row that says who did it."""

import asyncio
from pathlib import Path

from app import db
from app.config import Config, Database
from app.work import queue
from app.work.queue import SECOND, Again, Data
from app.work.runner import Runner

LEASE = 0.5  # seconds


async def leave_a_row(data: Data, _: Config) -> Again | None:
    """In two steps, between which it may die; every third job goes on as another one, once."""
    async with db.transaction():
        await db.rows("INSERT INTO done (job) VALUES (?)", [data["n"]])
    await asyncio.sleep(0.002)
    return Again(0, {"n": data["n"] + 1000}) if data["n"] % 3 == 0 and data["n"] < 1000 else None


def work(path: str) -> None:
    """Until killed."""
    queue.LEASE = int(LEASE * SECOND)
    asyncio.run(_work(Path(path)))


async def _work(path: Path) -> None:
    await db.connect(Database(path=path))
    await Runner({"row": leave_a_row}, Config()).run()
