"""The table of jobs, as those who work on it see it.

A job is claimed by one statement, for a while (its lease) and under a number (its attempt). Whoever died leaves a lease
that runs out; whoever was only slow finds that the number is another one, and changes nothing any more: (id, attempt)
is the fence, since an id is never given twice and an attempt only goes up.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from app import db
from app.desk import outbox

SECOND = 1_000_000  # microseconds
LEASE = 60 * SECOND  # that an attempt may take
TRIES = 12  # attempts, the last two and a half hours after the first
FIRST_REST, LONGEST_REST = 5 * SECOND, 3600 * SECOND  # after the first attempt that failed, and after any

Data = Mapping[str, Any]

# Those that failed for good are due never: NULL is before no moment. A lease beyond all leases is of a wrong clock.
READY = (
    "SELECT id FROM job WHERE due <= ? AND (leased_until <= ? OR leased_until > ?) AND kind IN ({kinds}) "
    "ORDER BY due, id LIMIT ?"
)
CLAIM = "UPDATE job SET leased_until = ?, attempt = attempt + 1 WHERE id IN ({ready}) RETURNING id, kind, data, attempt"
OURS = "WHERE id = ? AND attempt = ?"


@dataclass(frozen=True)
class Job:
    """One attempt at a job."""

    id: int
    kind: str
    data: Data
    attempt: int


@dataclass(frozen=True)
class Again:
    """What a job may answer: it is not at its end. due: the moment for the next part of it, with this data."""

    due: int
    data: Data = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """A job as people see it. due: None if it has failed for good; error: of the last attempt that failed."""

    id: int
    kind: str
    data: str
    due: int | None
    attempt: int
    error: str


async def claim(kinds: Collection[str], most: int) -> list[Job]:
    """The first jobs that are due now, at most so many, ours until the lease runs out. Raises NotWritten."""
    now = db.now()
    ready = READY.format(kinds=", ".join("?" * len(kinds)))
    values = [now, now, now + 2 * LEASE, *kinds, most]
    if not await db.rows(ready, values):  # which is most often so, and writes nothing
        return []
    async with db.transaction():
        claimed = await db.rows(CLAIM.format(ready=ready), [now + LEASE, *values])
    jobs = [Job(row["id"], row["kind"], json.loads(row["data"]), row["attempt"]) for row in claimed]
    return sorted(jobs, key=lambda job: job.id)


async def done(job: Job, again: Again | None = None) -> bool:
    """The job is done, or goes on as another one. False, and nothing changed, if it is somebody else's by now.

    Raises NotWritten.
    """
    async with db.transaction():
        ours = await db.rows(f"DELETE FROM job {OURS} RETURNING id", [job.id, job.attempt])  # noqa: S608
        if ours and again:
            await outbox.put(job.kind, again.data, due=again.due)
    return bool(ours)


async def failed(job: Job, error: str) -> bool:
    """An attempt has failed: the next one is due after a rest that doubles, or never. Whether it is never.

    Raises NotWritten.
    """
    last = job.attempt >= TRIES
    rest = min(FIRST_REST * 2 ** (job.attempt - 1), LONGEST_REST)
    async with db.transaction():
        await db.rows(
            f"UPDATE job SET due = ?, leased_until = 0, error = ? {OURS}",  # noqa: S608
            [None if last else db.now() + rest, error, job.id, job.attempt],
        )
    return last


async def give_back(job: Job) -> None:
    """An attempt was broken off by the desk's end: the next desk begins anew at once."""
    await db.rows(f"UPDATE job SET leased_until = 0 {OURS}", [job.id, job.attempt])  # noqa: S608


async def stand(kinds: Collection[str]) -> None:
    """One job of each of these kinds, due now, whatever has become of those before. Raises NotWritten."""
    async with db.transaction():
        for kind in kinds:
            await db.rows("DELETE FROM job WHERE kind = ?", [kind])
            await outbox.put(kind)


# -- for people --------------------------------------------------------------------------------------------------------


async def listing() -> list[Kept]:
    """Every job: those that have failed for good first, then in the order in which they are due."""
    found = await db.rows(
        "SELECT id, kind, data, due, attempt, error FROM job ORDER BY CASE WHEN due IS NULL THEN 0 ELSE 1 END, due, id"
    )
    return [Kept(**row) for row in found]


async def retry(job: int) -> bool:
    """Put one that has failed for good anew, as another job; False if there is none such."""
    async with db.transaction():
        found = await db.rows("DELETE FROM job WHERE id = ? AND due IS NULL RETURNING kind, data", [job])
        for row in found:
            await outbox.put(row["kind"], json.loads(row["data"]))
    return bool(found)


async def drop(job: int) -> bool:
    """Give one up that has failed for good; False if there is none such."""
    return bool(await db.rows("DELETE FROM job WHERE id = ? AND due IS NULL RETURNING id", [job]))
