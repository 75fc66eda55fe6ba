"""Jobs: put by the transaction that causes them, done at least once, by one at a time, and not for ever."""

import asyncio
import contextlib
import logging

import pytest

from app import db
from app.config import Config
from app.desk import outbox
from app.inspection import problems
from app.work import queue, runner
from app.work.queue import LEASE, SECOND, TRIES, Again
from app.work.runner import Runner

LATER = LEASE / SECOND + 1


class Notes:
    """A kind of job that notes what it was given; what it does besides, the test says."""

    def __init__(self) -> None:
        self.given: list[object] = []
        self.then = None

    async def __call__(self, data, config):
        self.given.append(data.get("n"))
        return await self.then(data) if self.then else None


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def at_work(desk, notes):
    return Runner({"note": notes}, Config())


async def left() -> list[tuple[str, int]]:
    return [(job.data, job.attempt) for job in await queue.listing()]


async def fails(data) -> None:
    raise ValueError(f"no\nuse: {data['n']}")


async def test_a_job_is_done_if_its_transaction_was_and_only_then(at_work, notes):
    with contextlib.suppress(ZeroDivisionError):
        async with db.transaction():
            await outbox.put("note", {"n": 1})
            raise ZeroDivisionError
    async with db.transaction():
        await outbox.put("note", {"n": 2})
        await outbox.put("note", {"n": "ё"})
    await at_work.work_off()
    assert (sorted(notes.given, key=str), await left()) == ([2, "ё"], [])


async def test_one_does_for_all_where_one_is_enough(desk):
    for _ in range(3):
        await outbox.put_once("note")
    assert await left() == [("{}", 0)]


async def test_one_that_somebody_is_at_may_have_looked_already(desk):
    await outbox.put_once("note")
    await queue.claim(["note"], 1)
    await outbox.put_once("note")
    assert await left() == [("{}", 1), ("{}", 0)]


async def test_one_that_waits_for_long_comes_within_a_minute(goes_on, desk):
    await outbox.put("note", due=db.now() + 600 * SECOND)
    await outbox.put_once("note")
    assert [job.due for job in await queue.listing()] == [db.now() + 60 * SECOND]


async def test_what_stands_is_begun_anew_with_a_database_that_is_put_in_the_place_of_ours(desk, notes):
    at_work = Runner({"note": notes}, Config(), ["note"])
    for _ in range(2):
        await at_work._look()
        await at_work.work_off()
    assert len(notes.given) == 1
    await db.rows("UPDATE journal SET epoch = 'of a copy' RETURNING id")
    await at_work._look()
    await at_work.work_off()
    assert len(notes.given) == 2


async def test_a_job_is_done_when_it_is_due_in_the_order_in_which_they_are(goes_on, at_work, notes, monkeypatch):
    monkeypatch.setattr(runner, "AT_ONCE", 1)
    for n, seconds in enumerate((20, 10, 0, 10, 3600)):
        await outbox.put("note", {"n": n}, due=db.now() + seconds * SECOND)
    await at_work.work_off()
    assert notes.given == [2]
    goes_on(30)
    await at_work.work_off()
    assert notes.given == [2, 1, 3, 0] and await left() == [('{"n": 4}', 0)]


async def test_a_job_of_a_kind_that_is_not_known_waits_for_who_knows_it(at_work, notes):
    await outbox.put("of tomorrow")
    await outbox.put("note")
    await at_work.work_off()
    assert [job.kind for job in await queue.listing()] == ["of tomorrow"]
    await Runner({"of tomorrow": notes}, Config()).work_off()
    assert len(notes.given) == 2 and await left() == []


async def test_looking_where_there_is_nothing_to_do_writes_nothing(goes_on, at_work, notes, monkeypatch):
    """A commit would be a hint to look again."""
    notes.then = fails
    await outbox.put("note", {"n": 1}, due=db.now() + SECOND)
    await outbox.put("of tomorrow")
    commits = []
    monkeypatch.setattr(db, "on_commit", [lambda: commits.append(1)])
    assert await at_work.begin_due() == 0 and commits == []
    goes_on(1)
    await at_work.work_off()
    assert notes.given == [1] and len(commits) == 2, "claimed, and failed"


async def test_nobody_has_a_job_that_another_has_until_the_lease_runs_out(goes_on, desk):
    for n in range(3):
        await outbox.put("note", {"n": n})
    mine = await queue.claim(["note"], 2)
    assert [job.data["n"] for job in mine] == [0, 1]
    assert [job.data["n"] for job in await queue.claim(["note"], 2)] == [2]
    assert await queue.claim(["note"], 2) == []
    goes_on(LATER)
    assert [(job.id, job.attempt) for job in await queue.claim(["note"], 9)] == [(1, 2), (2, 2), (3, 2)]


async def test_a_lease_of_a_clock_that_was_years_ahead_holds_nobody_up(goes_on, desk):
    await outbox.put("note")
    goes_on(10**9)
    assert await queue.claim(["note"], 1)
    goes_on(-(10**9))
    assert [job.attempt for job in await queue.claim(["note"], 1)] == [2]


async def test_who_was_too_slow_changes_nothing_any_more(goes_on, desk):
    """The fence: an attempt is one for ever, also when its job goes on as another, or was the last there was."""
    await outbox.put("note", {"n": 1})
    [slow] = await queue.claim(["note"], 1)
    goes_on(LATER)
    [other] = await queue.claim(["note"], 1)
    assert not await queue.done(slow) and not await queue.done(slow, Again(0, {"n": 2}))
    await queue.failed(slow, "too late")
    await queue.give_back(slow)
    assert [(job.attempt, job.error) for job in await queue.listing()] == [(2, "")]
    assert await queue.claim(["note"], 1) == [], "its lease is the other's"
    assert await queue.done(other, Again(0, {"n": 2}))
    assert not await queue.done(other) and await left() == [('{"n": 2}', 0)]
    [third] = await queue.claim(["note"], 1)
    assert await queue.done(third) and await left() == []
    await outbox.put("note", {"n": 3})
    for before in (slow, other, third):
        assert not await queue.done(before)
    assert await left() == [('{"n": 3}', 0)]


async def test_a_job_that_fails_rests_longer_each_time_and_is_then_kept_for_people(goes_on, at_work, notes, log):
    notes.then = fails
    await outbox.put("note", {"n": 7})
    await outbox.put("note", {"n": 8}, due=db.now() + 10**9 * SECOND)
    rests = []
    for attempt in range(1, TRIES + 1):
        await at_work.work_off()
        assert len(notes.given) == attempt
        [job, _] = await queue.listing()
        rests.append(job.due and (job.due - db.now()) // SECOND)
        if job.due:
            goes_on(rests[-1] - 1)
            await at_work.work_off()
            assert len(notes.given) == attempt, "too early"
            goes_on(1)
    assert rests == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, None]
    goes_on(10**6)
    await at_work.work_off()
    assert len(notes.given) == TRIES
    assert job.error == "ValueError: no use: 7"


async def test_the_log_tells_of_the_first_failure_and_of_the_last(goes_on, at_work, notes, caplog):
    notes.then = fails
    await outbox.put("note", {"n": 7})
    for _ in range(TRIES):
        await at_work.work_off()
        goes_on(3600)
    told = [(record.levelno, record.getMessage()) for record in caplog.records if record.name == "app.work.runner"]
    assert told == [
        (logging.WARNING, "job 1 (note) failed and is tried again"),
        (logging.ERROR, "job 1 (note) has failed for good: ValueError: no use: 7; see: python -m app jobs"),
    ]


async def test_one_jobs_trouble_is_not_the_others(goes_on, at_work, notes):
    notes.then = lambda data: fails(data) if data["n"] % 3 == 0 else asyncio.sleep(0)
    for n in range(20):
        await outbox.put("note", {"n": n})
    await at_work.work_off()
    assert sorted(notes.given) == list(range(20))
    assert await left() == [(f'{{"n": {n}}}', 1) for n in range(0, 20, 3)]


async def test_a_job_that_takes_longer_than_its_lease_is_broken_off(desk, notes, monkeypatch):
    monkeypatch.setattr(runner, "LEASE", SECOND // 50)
    notes.then = lambda _: asyncio.sleep(3600)
    await outbox.put("note")
    await Runner({"note": notes}, Config()).work_off()
    assert [(job.attempt, job.error) for job in await queue.listing()] == [(1, "TimeoutError")]


async def test_a_job_at_which_the_desk_dies_is_not_begun_for_ever(goes_on, at_work, notes):
    await outbox.put("note")
    for _ in range(TRIES):
        assert await queue.claim(["note"], 1)  # and nothing more is heard of whoever did
        goes_on(LATER)
    await at_work.work_off()
    [job] = await queue.listing()
    assert notes.given == [] and job.due is None and runner.DIED in job.error


async def test_few_are_at_work_at_once(at_work, notes):
    working, most = set(), []

    async def work(data):
        working.add(data["n"])
        most.append(len(working))
        await asyncio.sleep(0)
        working.discard(data["n"])

    notes.then = work
    for n in range(20):
        await outbox.put("note", {"n": n})
    await at_work.work_off()
    assert max(most) == runner.AT_ONCE and len(notes.given) == 20


async def test_a_slow_job_keeps_no_other_waiting(at_work, notes):
    release = asyncio.Event()

    async def slow(data):
        if data["n"] == 0:
            await release.wait()

    notes.then = slow
    for n in range(20):
        await outbox.put("note", {"n": n})
    working = asyncio.create_task(at_work.run())
    async with asyncio.timeout(10):
        while len(await left()) > 1:
            await asyncio.sleep(0.001)
    assert sorted(notes.given) == list(range(20))
    release.set()
    async with asyncio.timeout(10):
        while await left():
            await asyncio.sleep(0.001)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_who_is_stopped_gives_back_what_is_not_done_and_the_next_one_goes_on_at_once(goes_on, at_work, notes):
    begun = asyncio.Event()

    async def for_ever(_):
        begun.set()
        await asyncio.sleep(3600)

    notes.then = for_ever
    await outbox.put("note", {"n": 1})
    working = asyncio.create_task(at_work.run())
    await begun.wait()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert await left() == [('{"n": 1}', 1)]
    notes.then = None
    await Runner({"note": notes}, Config()).work_off()
    assert notes.given == [1, 1] and await left() == []


async def test_a_commit_is_hint_enough(at_work, notes, monkeypatch):
    """Without one it looks in an hour, here."""
    monkeypatch.setattr(runner, "LOOK", 3600)
    monkeypatch.setattr(db, "on_commit", [at_work.hint])
    working = asyncio.create_task(at_work.run())
    await asyncio.sleep(0)
    async with db.transaction():
        await outbox.put("note", {"n": 1})
    async with asyncio.timeout(10):
        while await left():
            await asyncio.sleep(0.001)
    assert notes.given == [1]
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_what_stands_begins_with_each_start_whatever_became_of_it(goes_on, desk, notes):
    notes.then = fails
    await outbox.put("note", {"n": 1})
    for _ in range(TRIES):
        await Runner({"note": notes}, Config()).work_off()
        goes_on(3600)
    notes.then = None
    working = asyncio.create_task(Runner({"note": notes}, Config(), ["note"]).run())
    async with asyncio.timeout(10):
        while len(notes.given) == TRIES or await left():
            await asyncio.sleep(0.001)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert notes.given == [1] * TRIES + [None]


async def test_what_failed_for_good_is_found_by_check_and_begun_anew_or_dropped_by_people(
    goes_on, at_work, notes, config
):
    notes.then = fails
    for n in (1, 2):
        await outbox.put("note", {"n": n})
    for _ in range(TRIES):
        await at_work.work_off()
        goes_on(3600)
    await outbox.put("note", {"n": 3}, due=db.now() + SECOND)
    found = [line for line in await problems(config) if line.startswith("job")]
    await db.connect(config.database)  # which check has closed
    assert found == [
        f"job {n} (note) has failed for good: ValueError: no use: {n}; see: python -m app jobs" for n in (1, 2)
    ]
    assert not await queue.retry(3) and not await queue.drop(3), "it waits, and is nobody's trouble"
    assert await queue.retry(1) and not await queue.retry(1)
    assert await queue.drop(2) and not await queue.drop(2)
    notes.then, notes.given = None, []
    goes_on(1)
    await at_work.work_off()
    assert (sorted(notes.given), await left()) == ([1, 3], [])
