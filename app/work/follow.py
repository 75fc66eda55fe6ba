"""What acts on events: each follower reads the journal from where it stands, and says which jobs an event causes.

The jobs are put, and the place is moved, in one transaction: so each event causes its jobs once, whatever dies when. A
place is kept when there were jobs, and now and then; events that caused none may be read again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from app import db
from app.desk import events, outbox
from app.desk.events import Happened
from app.work.queue import Data

MOST = 100  # events in one step
KEPT = 1000  # events after which a place is kept though nothing was to be done
LOOK = 1.0  # seconds between looks at the journal when there is no hint
PATIENCE = 10.0  # seconds before a step that failed is tried again

Caused = tuple[str, Data]  # a job's kind and data

log = logging.getLogger(__name__)


class Passed(Exception):
    """Another process follows under the same name."""


@dataclass(frozen=True)
class Follower:
    """name: under which its place is kept. causes: the jobs that an event causes; it reads, and changes nothing."""

    name: str
    causes: Callable[[Happened], Awaitable[Iterable[Caused]]]


class Follow:
    """One follower at its work."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._epoch = ""
        self._at = self._kept = 0  # the last event that is dealt with, and the same as the database knows it
        self._hint = asyncio.Event()

    def hint(self) -> None:
        """Something was committed."""
        self._hint.set()

    async def run(self) -> None:
        """Until cancelled. What fails is logged, and tried again from the place that is kept."""
        while True:
            rest = LOOK
            try:
                while await self.step():
                    pass
            except Exception:
                self._epoch, rest = "", PATIENCE
                log.exception("%s does not follow the journal; it goes on in a moment", self._follower.name)
            try:
                async with asyncio.timeout(rest):
                    await self._hint.wait()
            except TimeoutError:
                pass
            self._hint.clear()

    async def step(self) -> bool:
        """Deal with the next few events; whether there were any."""
        [journal] = await db.rows("SELECT epoch, position FROM journal WHERE id = 1")
        if journal["epoch"] != self._epoch:  # it begins, or the database is another one
            self._at = self._kept = await self._place()
            self._epoch = journal["epoch"]
        rows = await db.rows("SELECT * FROM event WHERE id > ? ORDER BY id LIMIT ?", [self._at, MOST])
        caused: list[Caused] = []
        for event in map(events.read, rows):
            caused += await self._follower.causes(event)
        reached = rows[-1]["id"] if rows else self._at
        if caused or reached - self._kept >= KEPT:
            await self._keep(reached, caused)
        self._at = reached
        return bool(rows)

    async def _place(self) -> int:
        """Where it stands; a new one begins where the journal is, since what was before is not its affair."""
        name = self._follower.name
        async with db.transaction():
            found = await db.rows("SELECT position FROM follower WHERE name = ?", [name])
            if not found:
                found = await db.rows("SELECT position FROM journal WHERE id = 1")
                await db.rows("INSERT INTO follower (name, position) VALUES (?, ?)", [name, found[0]["position"]])
        return int(found[0]["position"])

    async def _keep(self, reached: int, caused: Sequence[Caused]) -> None:
        """Raises Passed if another process has been here meanwhile: it has put these jobs already."""
        async with db.transaction():
            moved = await db.rows(
                "UPDATE follower SET position = ? WHERE name = ? AND position = ? RETURNING position",
                [reached, self._follower.name, self._kept],
            )
            if not moved:
                raise Passed(self._follower.name)
            for kind, data in caused:
                await outbox.put(kind, data)
        self._kept = reached
