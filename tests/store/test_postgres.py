"""PostgreSQL under people who hang up, beside other processes, and set up as it should not be."""

import asyncio
import contextvars
import sys
import time
from contextlib import suppress

import asyncpg
import pytest
from tortoise.exceptions import OperationalError

from app import db
from app.config import Database
from app.desk import embeds
from app.desk.models import Person, Ticket
from app.store.postgres.client import READERS, Client, numbered
from app.store.postgres.listening import listen
from tests.cluster import dump, name_of
from tests.desk.acts import CAME, a_ticket, journal, position

PATIENCE = 5  # seconds that a query may take before we say that the database hangs
LEFT_OPEN = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"

CUT_OFF = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"


async def stands() -> None:
    """Every connection of the pools can be had, and no transaction is open."""
    client = db.get_connection("default")
    async with asyncio.timeout(PATIENCE):
        taken = [await client.taken(client.reader) for _ in range(READERS)]
        for connection in taken:
            await client.given_back(client.reader, connection)
        async with db.transaction():
            await db.rows("UPDATE journal SET position = position RETURNING id")
    assert await db.rows(LEFT_OPEN) == [{"n": 0}]


@pytest.mark.parametrize("times", [1, 2])
async def test_a_transaction_can_be_cancelled_at_any_moment(desk, times):
    """Cancelled once by a client that hangs up; twice if the desk stops in the same moment."""
    cancelled = 0
    for delay in range(0, 12_000, 100):  # microseconds
        opening = asyncio.create_task(a_ticket(desk.clara))
        until = time.perf_counter() + delay / 1_000_000
        while time.perf_counter() < until:
            await asyncio.sleep(0)
        for _ in range(times):
            opening.cancel()
            await asyncio.sleep(0)
        with suppress(asyncio.CancelledError):
            await opening
        cancelled += opening.cancelled()
    await stands()
    assert cancelled > 10
    assert await Ticket.all().count() == len(await journal()) == await position() - CAME >= 120 - cancelled


async def test_reads_and_snapshots_can_be_cancelled_at_any_moment(desk):
    async def look() -> None:
        async with db.snapshot():
            await position()
            await Person.all().count()
        await position()

    for delay in range(0, 4_000, 40):  # microseconds
        looking = [asyncio.create_task(look()) for _ in range(3)]
        await asyncio.sleep(delay / 1_000_000)
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)
    await stands()


@pytest.mark.parametrize("asked", ["SELECT {} + 1 AS what", "SELECT {} + 1 AS what WHERE ? = 1"])
async def test_a_read_left_at_any_step_leaves_nothing_for_the_next(asked, desk):
    """Cancelled, or refused its values, between being parsed and being run: the driver tells the server nothing."""
    connection = db.get_connection("default")
    steps = 0
    for steps in range(1, 200):
        reading = asyncio.create_task(db.rows(asked.format(steps), ["no number"] if "?" in asked else []))
        for _ in range(steps):
            await asyncio.sleep(0)
        reading.cancel()
        [done] = await asyncio.gather(reading, return_exceptions=True)
        async with db.snapshot():
            assert await position() == CAME
        assert connection.reader.get_size() == 1, "nor is it opened anew"
        if not isinstance(done, asyncio.CancelledError):
            assert not db.trouble(done) if isinstance(done, Exception) else done == [{"what": steps + 1}]
            break
    assert 3 < steps < 199


async def test_who_writes_stands_in_line_and_nobody_who_reads_waits(desk, database):
    """Another process holds the journal's row: a writer waits, one that does not want to is told, a page is read."""
    other = await asyncpg.connect(database.url)
    await other.execute("BEGIN; SELECT position FROM journal WHERE id = 1 FOR UPDATE")
    waiting = asyncio.create_task(a_ticket(desk.clara))
    while not db.get_connection("default").writing.locked():
        await asyncio.sleep(0)
    with pytest.raises(db.NotWritten, match="this process writes"):
        async with db.transaction(wait=False):
            pytest.fail("two write")
    async with asyncio.timeout(1):
        async with db.snapshot():
            assert await position() == CAME
    assert not waiting.done()
    await other.execute("COMMIT")
    assert (await waiting).id == 1
    await other.execute("BEGIN; SELECT position FROM journal WHERE id = 1 FOR UPDATE")
    with pytest.raises(db.NotWritten, match="another process writes"):
        async with db.transaction(wait=False):
            pytest.fail("two write")
    await other.close()


async def test_a_snapshot_is_of_the_moment_of_its_first_read_and_nobody_writes_by_it(desk):
    async with db.snapshot():
        assert await position() == CAME
        await asyncio.create_task(a_ticket(desk.clara), context=contextvars.Context())
        assert (await position(), await Ticket.all().count()) == (CAME, 0)
        with pytest.raises(RuntimeError, match="cannot write"):
            await a_ticket(desk.clara)
    assert await Ticket.all().count() == 1


async def test_a_commit_of_what_an_error_has_ended_is_none(desk):
    with pytest.raises(Exception, match="an error had ended the transaction"):  # noqa: PT012 - it is the commit
        async with db.transaction():
            await a_ticket(desk.clara)
            with suppress(Exception):
                await db.rows("SELECT no_such_column FROM ticket")
    assert await Ticket.all().count() == 0
    await stands()


async def test_a_commit_is_heard_of_by_every_process_and_again_after_the_connection_was_lost(desk, database, cluster):
    heard = asyncio.Event()
    listening = asyncio.create_task(listen(database.url, heard.set))
    async with asyncio.timeout(PATIENCE):
        for _ in range(2):
            await heard.wait()  # it is connected
            heard.clear()
            await a_ticket(desk.clara)
            await heard.wait()
            heard.clear()
            cluster.ask(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pult listens'"
            )
    listening.cancel()


@pytest.mark.parametrize(
    ("sql", "numbers"),
    [
        ("SELECT 1", "SELECT 1"),
        ("a = ? AND b IN (?, ?)", "a = $1 AND b IN ($2, $3)"),
        ("a = '?' AND b = ? AND c <> 'it''s ?'", "a = '?' AND b = $1 AND c <> 'it''s ?'"),
        ("id = $1", "id = $1"),
    ],
)
def test_marks_are_numbered_where_they_are_no_text(sql, numbers):
    assert numbered(sql) == numbers


async def test_a_database_that_sorts_by_a_language_is_refused(cluster):
    sorts = cluster.database("TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'")
    with pytest.raises(db.Unsuitable, match="LC_COLLATE 'C'"):
        await db.migrate(sorts)
    cluster.drop(sorts)


async def test_a_server_that_forgets_what_it_acknowledged_is_refused(cluster, database):
    cluster.ask(f"ALTER DATABASE {name_of(database)} SET synchronous_commit = off")
    with pytest.raises(db.Unsuitable, match="synchronous_commit"):
        await db.connect(database)


async def test_two_desks_that_start_at_once_migrate_one_after_the_other(cluster):
    empty = cluster.database()
    code = f"import asyncio\nfrom app import config, db\nasyncio.run(db.migrate(config.Database(url={empty.url!r})))"
    both = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, stderr=asyncio.subprocess.PIPE)
        for _ in range(2)
    ]
    assert [(await process.communicate())[1] for process in both] == [b"", b""]
    await db.connect(empty)
    assert (await db.rows("SELECT position FROM journal")) == [{"position": 0}]
    await db.disconnect()
    cluster.drop(empty)


async def test_what_was_dumped_is_a_desk_again_with_an_epoch_of_its_own(desk, database, cluster, tmp_path):
    """As docs/operations.md has it."""
    await a_ticket(desk.clara, subject="In the copy")
    await embeds.add_key("Shop", ("https://shop.example",), by=desk.vera)
    [before] = await db.rows("SELECT epoch, position FROM journal")
    await db.disconnect()
    folder = cluster.folder / "dump"
    dump(cluster, ["pg_dump", "--format=custom", f"--file={folder}", name_of(database)])
    again = cluster.database()
    dump(cluster, ["pg_restore", "--no-owner", f"--dbname={name_of(again)}", str(folder)])
    cluster.ask("UPDATE journal SET epoch = md5(random()::text)", name_of(again))
    await db.connect(again)
    [after] = await db.rows("SELECT epoch, position FROM journal")
    assert after["position"] == before["position"] and after["epoch"] != before["epoch"] and len(after["epoch"]) == 32
    assert (await a_ticket(desk.clara)).id == 2, "numbers go on"
    await db.disconnect()
    cluster.drop(again)
    await db.connect(database)


async def test_a_role_that_may_not_write_reads_and_is_told(desk, database, cluster):
    name = name_of(database)
    cluster.ask("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN")
    cluster.ask("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", name)
    await db.disconnect()
    await db.connect(Database(url=cluster.url(name, "reader")))
    assert await position() == CAME
    with pytest.raises(db.NotWritten, match="permission denied"):
        await a_ticket(desk.clara)
    await db.disconnect()
    await db.connect(database)


async def test_a_role_that_may_not_sign_in_any_more_is_trouble_and_goes_on_when_it_may(desk, database, cluster):
    name = name_of(database)
    cluster.ask("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN")
    cluster.ask("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", name)
    await db.disconnect()
    await db.connect(Database(url=cluster.url(name, "reader")))
    cluster.ask("ALTER ROLE reader NOLOGIN")
    cluster.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")
    with pytest.raises(OperationalError) as refused:
        await position()
    assert "not permitted to log in" in db.trouble(refused.value), "which pages say as 503"
    cluster.ask("ALTER ROLE reader LOGIN")
    assert await position() == CAME
    await db.disconnect()
    await db.connect(database)


async def test_who_is_stopped_while_they_close_leave_no_session(database, cluster):
    """At each step of the loop; both pools have a connection."""
    others = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name_of(database)}'"
    stopped, steps = 0, 1.0
    while True:
        client = Client(connection_name="beside", **db.stores.of(database).connection(database)["credentials"])
        await client.create_connection(with_db=True)
        for pool in (client.reader, client.writer):
            await client.given_back(pool, await client.taken(pool))
        closing = asyncio.create_task(client.close())
        for _ in range(int(steps)):
            await asyncio.sleep(0)
        closing.cancel()
        with suppress(asyncio.CancelledError):
            await closing
        async with asyncio.timeout(PATIENCE):
            while await asyncio.to_thread(cluster.ask, others) != [["0"]]:
                await asyncio.sleep(0.01)
        if not closing.cancelled():
            break  # it was done before
        stopped, steps = stopped + 1, steps * 1.5
    assert stopped > 3
