"""Processes to be killed: one that does jobs, each of which leaves a row, and one that has a day begin."""

import asyncio
from datetime import UTC
from pathlib import Path

from app import db
from app.config import Config, Database
from app.work import clock, queue
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


def tell(path: str, moment: int) -> None:
    """Until every ticket is told which day it is at this moment, or killed."""
    asyncio.run(_tell(Path(path), moment))


async def _tell(path: Path, moment: int) -> None:
    await db.connect(Database(path=path))
    await clock.look(UTC, moment)
    await db.disconnect()
