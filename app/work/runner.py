"""Does the jobs that are due, a few at once, each at least once.

One a process, beside the relay. A hint (a commit) has it look at once; without one it looks every second, so that it
needs no hint for what another process puts, or for a moment that comes.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from app import db
from app.config import Config
from app.work import queue
from app.work.queue import LEASE, SECOND, TRIES, Again, Data, Job

Work = Callable[[Data, Config], Awaitable[Again | None]]  # of a kind; may be done twice, and must not mind

AT_ONCE = 4  # jobs
LOOK = 1.0  # seconds between looks at the table when there is no hint
PATIENCE = 60.0  # seconds, where that fails
LONGEST_ERROR = 500  # characters that are kept of one
DIED = "the desk ended each time before it did"

log = logging.getLogger(__name__)


class Runner:
    """kinds: what there is to be done, by kind. A job of another kind is left for a version that knows it.

    standing: kinds of which one job begins with each start, whatever became of those before.
    """

    def __init__(self, kinds: Mapping[str, Work], config: Config, standing: Sequence[str] = ()) -> None:
        self._kinds, self._config, self._standing = kinds, config, standing
        self._working: dict[asyncio.Task[None], Job] = {}
        self._epoch = ""  # of the database whose standing jobs were begun
        self._hint = asyncio.Event()

    def hint(self) -> None:
        """Something was committed, or has been done."""
        self._hint.set()

    async def run(self) -> None:
        """Until cancelled. What fails is logged and tried again. What is at work then is given back."""
        try:
            while True:
                await self._wait(await self._look())
        finally:
            await self._break_off()

    async def _look(self) -> float:
        """Seconds until the next look, if nobody hints before."""
        try:
            [journal] = await db.rows("SELECT epoch FROM journal WHERE id = 1")
            if journal["epoch"] != self._epoch:  # it begins, or the database is another one, put in the place of ours
                await queue.stand(self._standing)
                self._epoch = journal["epoch"]
            await self.begin_due()
            return LOOK
        except db.NotWritten:  # which is logged there
            return PATIENCE
        except Exception:
            log.exception("jobs were not looked for; they are again in a while")
            return PATIENCE

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._hint.wait()
        except TimeoutError:
            pass
        self._hint.clear()

    async def begin_due(self) -> int:
        """Begin what is due, as far as there is room; how many."""
        room = AT_ONCE - len(self._working)
        jobs = await queue.claim(self._kinds, room) if room else []
        for job in jobs:
            task = asyncio.create_task(self._do(job))
            self._working[task] = job
            task.add_done_callback(self._is_over)
        return len(jobs)

    def _is_over(self, task: asyncio.Task[None]) -> None:
        del self._working[task]
        self.hint()

    async def work_off(self) -> None:
        """Until nothing is due and nothing at work."""
        while await self.begin_due() or self._working:
            await asyncio.gather(*self._working)

    async def _do(self, job: Job) -> None:
        """One attempt, within its lease."""
        try:
            if job.attempt > TRIES:
                raise RuntimeError(DIED)
            async with asyncio.timeout(0.9 * LEASE / SECOND):
                again = await self._kinds[job.kind](job.data, self._config)
            if await queue.done(job, again) and again and again.due <= db.now() + LOOK * SECOND:
                asyncio.get_running_loop().call_later(max(0, again.due - db.now()) / SECOND, self.hint)
        except Exception as error:  # noqa: BLE001 - one job's trouble is not the others'
            await self._note(job, error)

    async def _note(self, job: Job, error: Exception) -> None:
        """Keep an attempt's failure; what cannot be kept, the lease ends. The log tells the first and the last one."""
        words = " ".join(f"{type(error).__name__}: {error}".rstrip(": ").split())[:LONGEST_ERROR]
        try:
            last = await queue.failed(job, words)
        except db.NotWritten:
            return
        if last:
            log.error("job %s (%s) has failed for good: %s; see: python -m app jobs", job.id, job.kind, words)
        elif job.attempt == 1:
            log.warning("job %s (%s) failed and is tried again", job.id, job.kind, exc_info=error)

    async def _break_off(self) -> None:
        working = dict(self._working)
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        for task, job in working.items():
            if task.cancelled():
                with contextlib.suppress(Exception):  # the lease ends it
                    await queue.give_back(job)
