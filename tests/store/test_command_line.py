"""The command line on PostgreSQL: the same commands, and words for those that are SQLite's own."""

import asyncio
import os

import pytest

from app.config import Config
from tests.cluster import name_of
from tests.conftest import SECRET
from tests.forked import run
from tests.process import DeskProcess


@pytest.fixture
def pult(empty):
    environment = {
        "PATH": os.environ["PATH"],
        "PULT_DATABASE__URL": empty.url,
        "PULT_SECURITY__SECRET_KEY": SECRET,
    }

    def command(*arguments: str, typed: str = "", **more: str) -> tuple[int, str, str]:
        done = run(arguments, environment | more, typed)
        return done.returncode, done.stdout, done.stderr

    return command


def test_a_desk_is_made_checked_and_filled(pult, cluster, empty):
    assert pult("check") == (0, "Everything is in order.\n", "")
    assert pult("migrate")[1].startswith("Applied: 0001_initial, ")
    assert pult("migrate") == (0, "The database is up to date.\n", "")
    add = ("user", "add", "vera@pult.example", "--name", "Vera", "--role", "admin", "--password-stdin")
    assert pult(*add, typed="a good long password\n") == (0, "Added vera@pult.example.\n", "")
    assert pult("user", "list")[1] == "vera@pult.example\tadmin\tactive\tVera\t1\n"
    for _ in range(2):
        assert pult("demo", "--tickets", "30")[0] == 0
    name = name_of(empty)
    assert cluster.ask("SELECT count(*), max(id) FROM ticket", name) == [["60", "60"]]
    assert cluster.ask("SELECT nextval('ticket_id_seq')", name) == [["61"]], "people's tickets follow"
    assert pult("check") == (0, "Everything is in order.\n", "")


def test_what_is_sqlites_own_is_refused_with_what_to_do_instead(pult, tmp_path):
    said = "this copies SQLite files; on PostgreSQL use pg_dump and pg_restore: see docs/operations.md\n"
    assert pult("backup", str(tmp_path / "copy")) == (1, "", said)
    assert pult("restore", str(tmp_path / "copy")) == (1, "", said)


def test_what_cannot_be_a_desk_is_said_in_one_line(pult, cluster, empty):
    away = pult("user", "list", PULT_DATABASE__URL=f"postgres://pult@/x?host={cluster.folder}/nowhere")
    assert away[0] == 1 and away[2].startswith("the database cannot be opened: ") and away[2].count("\n") == 1
    none = pult("migrate", PULT_DATABASE__URL=cluster.url("nosuch"))
    assert none == (1, "", 'the database cannot be opened: database "nosuch" does not exist\n')
    cluster.ask(f"ALTER DATABASE {name_of(empty)} SET synchronous_commit = off")
    refused = "synchronous_commit is off: what was acknowledged could be lost; set it to on\n"
    assert pult("check") == pult("migrate") == (1, "", refused)


async def test_a_desk_in_a_process_of_its_own_serves_and_hears_of_the_command_line(config: Config):
    desk = DeskProcess(config)
    await desk.start()
    try:
        async with desk.client("") as client, asyncio.timeout(30):
            while (await client.get("/readyz")).status_code != 200:
                await asyncio.sleep(0.05)
            assert await desk.pult("user", "list") == ""
    finally:
        log = await desk.stop()
    assert "Traceback" not in log
