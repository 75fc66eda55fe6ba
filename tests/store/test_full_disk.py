"""A disk of the server that is full: 503 in words, reads go on, nothing acknowledged is lost, and over when it is."""

import asyncio
import errno
import os
import random
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.cluster import Cluster, is_installed
from tests.conftest import PROMISE
from tests.live.actions import Desk
from tests.store.test_faults import NOTHING_SAVED, until
from tests.web.reading import RUSSIAN
from tests.whole import assert_whole, read

SIZE = "160m"  # of the disk; a new server takes 60
PART = 1 << 20


class Disk:
    """One that is small, and that something else can fill to its last byte."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._other = place / "other"

    @contextmanager
    def filled(self) -> Iterator[None]:
        try:
            with self._other.open("wb", buffering=0) as other:
                size = PART
                while size:
                    try:
                        other.write(bytes(size))
                    except OSError as error:
                        if error.errno != errno.ENOSPC:
                            raise
                        size //= 2
            assert os.statvfs(self.place).f_bavail == 0
            yield
        finally:
            self._other.unlink()


@pytest.fixture(scope="module")
def disk():
    place = Path(tempfile.mkdtemp(prefix="pult-disk-"))  # where the server may go, as whom it runs
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=777", "pult-test", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        if mounted.returncode:
            pytest.skip(f"no disk of its own can be mounted here: {mounted.stderr.strip()}")
        yield Disk(place)
    finally:
        if not mounted.returncode:
            subprocess.run(["umount", str(place)], check=True)
        place.rmdir()


@pytest.fixture(scope="module")
def cluster(disk):
    if not is_installed():
        pytest.skip("PostgreSQL is not installed")
    own = Cluster(disk.place, min_wal_size="32MB", max_wal_size="32MB")
    try:
        own.start()
        own.blank()
        yield own
    finally:
        own.throw_away()


def long(number: int) -> str:
    """Words that nothing makes shorter, so that they take pages of their own."""
    return random.Random(number).randbytes(8_000).hex()


@pytest.fixture
async def pages(served, open_):
    await Desk(served.cast).open(served.cast.anna)
    return [await open_(served.cast.anna, path) for path in ("/tickets", "/tickets/1", "/tickets?q=reply")]


async def true_again(served, pages, database, acknowledged) -> None:
    async with asyncio.timeout(PROMISE):
        await served.relayed()
        for page in pages:
            await page.equals_its_reload()
    kept = {row["body"] for row in read(database, "SELECT body FROM comment")}
    assert set(acknowledged) <= kept
    assert_whole(database)


async def replies(client, first: int, most: int) -> tuple[list[str], list[httpx.Response]]:
    """What was acknowledged, and all answers."""
    acknowledged, answers = [], []
    for number in range(first, first + most):
        form = {"body": long(number), "kind": "reply", "key": f"k{number}"}
        answers.append(await client.post("/tickets/1/comments", data=form, headers=RUSSIAN))
        if answers[-1].status_code == 303:
            acknowledged.append(form["body"])
    return acknowledged, answers


async def test_a_full_disk_says_so_is_read_and_takes_again_what_comes_when_there_is_room(
    served, pages, disk, database, caplog
):
    client = await served.client(served.cast.boris)
    acknowledged, _ = await replies(client, 0, 3)
    assert len(acknowledged) == 3
    with disk.filled():
        more, answers = await replies(client, 3, 10)
        assert {answer.status_code for answer in answers[-5:]} == {503}
        assert all(NOTHING_SAVED in answer.text for answer in answers if answer.status_code != 303)
        assert "No space left on device" in caplog.text
        for page in pages:
            assert (await client.get(page.path)).status_code == 200, "what can be read is read"
            await page.equals_its_reload()
    last, answers = await replies(client, 13, 3)
    assert [answer.status_code for answer in answers] == [303] * 3, "nobody has to do anything"
    await true_again(served, pages, database, [*acknowledged, *more, *last])
    assert not [record for record in caplog.records if record.exc_info and "a reference" in record.getMessage()]


def fill_the_log(cluster: Cluster) -> None:
    """Segment after segment, until there is no place for the next one."""
    with suppress(RuntimeError):
        while True:
            cluster.ask("SELECT pg_logical_emit_message(TRUE, 'test', 'one'), pg_switch_wal()")


async def test_a_log_that_has_no_room_ends_the_server_and_loses_nothing(served, pages, disk, cluster, database):
    """The server does that by itself, and cannot begin again before there is room and somebody starts it."""
    client = await served.client(served.cast.boris)
    acknowledged, _ = await replies(client, 0, 3)
    with disk.filled():
        fill_the_log(cluster)
        await until(lambda: not cluster.is_running)
        more, answers = await replies(client, 3, 3)
        assert (more, {answer.status_code for answer in answers}) == ([], {503})
        assert (await client.get("/readyz")).status_code == 503
    await asyncio.to_thread(cluster.start)
    last, answers = await replies(client, 6, 3)
    assert [answer.status_code for answer in answers] == [303] * 3
    await true_again(served, pages, database, [*acknowledged, *last])
