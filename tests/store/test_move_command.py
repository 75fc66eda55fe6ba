"""pult move, as whoever runs a desk meets it: one plain line where something is wrong, and no secret in any."""

import os
import resource
import shutil
import signal
from collections.abc import Callable
from functools import partial

import pytest

from app.cli.tools import Failed, plainly
from app.store.postgres.dialect import reached
from tests.cluster import name_of
from tests.conftest import SECRET
from tests.forked import Forked, pipe, run
from tests.stopped import held_while_it_moves
from tests.store.moves import TABLES, has_anything, kept
from tests.whole import read


@pytest.fixture
def environment(file) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PULT_DATABASE__URL": file.url,
        "PULT_SECURITY__SECRET_KEY": SECRET,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture
def move(environment) -> Callable[..., tuple[int, str, str]]:
    def command(*arguments: str, first: Callable[[], object] | None = None, **more: str) -> tuple[int, str, str]:
        given = {name: value for name, value in (environment | more).items() if value}
        done = run(["move", *arguments], given, first=first)
        return done.returncode, done.stdout, done.stderr

    return command


async def test_the_command_tells_each_table_and_says_what_is_to_be_done(move, file, empty, cluster):
    status, said, errors = move("--to", empty.url)
    assert (status, errors) == (0, "")
    first, *told, last = said.splitlines()
    assert first == f"From {file.path} to {name_of(empty)} on {cluster.folder}"
    assert {line.split("\t")[0] for line in told} == set(TABLES)
    assert "ticket\t5\t" in said and last.startswith("Moved. Give database.url the other address")
    assert kept(empty) == kept(file)
    assert move("--to", empty.url)[0] == 1


async def test_the_address_may_come_from_the_environment_and_its_password_is_told_nowhere(
    move, file, database, cluster
):
    cluster.ask("ALTER ROLE pult PASSWORD 'hunter2'")
    url = database.url.replace("pult@", "pult:hunter2@")
    done = move(PULT_MOVE_TO=url)
    assert done[0] == 0 and kept(database) == kept(file)
    wrong = [
        move(PULT_MOVE_TO=url),
        move(PULT_MOVE_TO=f"{url}/nowhere"),
        move(PULT_MOVE_TO=url.replace("@/", "@hunter2@/")),
        move(PULT_MOVE_TO=url.replace("postgres", "mysql")),
        move(PULT_MOVE_TO=url.replace(name_of(database), "nosuch")),
        move(PULT_MOVE_TO=f"{url}&sslmode=hunter"),
        move(PULT_DATABASE__URL=url.replace(name_of(database), "nosuch"), PULT_MOVE_TO=url),
    ]
    for status, said, errors in wrong:
        assert (status, errors.count("\n")) == (1, 1) and "Moved" not in said, errors
    assert "hunter2" not in str([done, *wrong]) and SECRET not in str([done, *wrong])
    assert "--to: database.url cannot be read" in wrong[2][2] and "--to: database.url must be" in wrong[3][2]
    assert 'database "nosuch" does not exist' in wrong[4][2]
    status, _, errors = move()
    assert status == 2 and "--to" in errors and "PULT_MOVE_TO" in errors


async def test_the_key_must_be_the_desks_own(move, file, database, new):
    beside = file.path.with_suffix(".secret")
    beside.write_text("k" * 40)
    stands = f"security.secret_key must be set to the key of this desk, which stands in {beside}\n"
    assert move("--to", database.url, PULT_SECURITY__SECRET_KEY="") == (1, "", stands)
    status, said, errors = move("--to", database.url)
    assert (status, said) == (1, "") and errors.startswith(f"security.secret_key is not the key in {beside}; set it to")
    assert move("--to", new.url, PULT_SECURITY__SECRET_KEY="") == (
        *(1, ""),
        f"copy the key of this desk first: {beside} to {new.path.with_suffix('.secret')}\n",
    )
    assert read(database, "SELECT id FROM person") == [] and not new.path.parent.exists()
    assert move("--to", database.url, PULT_SECURITY__SECRET_KEY="k" * 40)[0] == 0
    new.path.parent.mkdir()
    shutil.copy(beside, new.path.with_suffix(".secret"))
    assert move("--to", new.url, PULT_SECURITY__SECRET_KEY="")[0] == 0
    beside.unlink()
    no_key = "--to: security.secret_key must be set: on PostgreSQL there is no file to keep one beside\n"
    assert move("--to", database.url, PULT_SECURITY__SECRET_KEY="") == (1, "", no_key)


async def test_a_target_that_is_away_unsuitable_or_full_is_said_in_one_line(move, file, empty, new, cluster):
    away = move("--to", f"postgres://pult@/x?host={cluster.folder}/nowhere")
    assert away[0] == 1 and away[2].startswith("the database cannot be opened: ")
    sorts = cluster.database("TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'")
    unsuitable = move("--to", sorts.url)
    cluster.drop(sorts)
    assert unsuitable[0] == 1 and "LC_COLLATE 'C'" in unsuitable[2]
    cluster.ask(f"ALTER DATABASE {name_of(empty)} SET default_transaction_read_only = on")
    only_read = move("--to", empty.url)
    assert only_read[0] == 1 and "read-only transaction" in only_read[2]
    full = move("--to", new.url, first=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (151_200, 151_200)))
    assert full[0] == 1 and "disk" in full[2]
    assert [path.name for path in new.path.parent.iterdir()] == ["pult.sqlite3.lock"]
    for _, _, errors in (away, unsuitable, only_read, full):
        assert errors.count("\n") == 1, errors


async def test_files_that_are_spoilt_are_said_in_one_line(move, file, empty):
    beside = file.path.with_suffix(".secret")
    for secret, words in ((b"\xff" * 40, "is no text"), (b"short", "is shorter than 32 characters")):
        beside.write_bytes(secret)
        assert move("--to", empty.url) == (1, "", f"the secret key in {beside} {words}\n")
    beside.unlink()
    whole = file.path.read_bytes()
    for begin in (100, 4096):
        file.path.write_bytes(whole[:begin] + b"\x55" * 8192 + whole[begin + 8192 :])
        status, said, errors = move("--to", empty.url)
        assert (status, said.count("\n"), errors.count("\n")) == (1, 1, 1), errors


def test_a_server_that_does_not_answer_is_told_with_words():
    with pytest.raises(Failed, match=r"^the database cannot be opened: it does not answer$"), plainly(), reached():
        raise TimeoutError


async def test_a_move_goes_on_where_nobody_reads_what_it_says(environment, file, empty, tmp_path):
    said, saying = pipe()
    said.close()
    with (tmp_path / "errors").open("w+") as errors:
        with saying:
            process = Forked(["move"], environment | {"PULT_MOVE_TO": empty.url}, stdout=saying, stderr=errors)
        assert process.ended() == 0
        errors.seek(0)
        assert errors.read() == ""
    assert kept(empty) == kept(file)


@pytest.mark.parametrize(
    ("target", "how"),
    [
        *(("empty", signal.SIGINT), ("new", signal.SIGINT), ("new", signal.SIGTERM)),
        *(("database", signal.SIGKILL), ("new", signal.SIGKILL)),
    ],
    indirect=["target"],
)
async def test_a_move_that_is_stopped_leaves_nothing(environment, move, file, target, cluster, how, tmp_path):
    said, saying = pipe()
    with (tmp_path / "errors").open("w+") as errors, said:
        with saying:
            process = Forked(
                ["move"],
                environment | {"PULT_MOVE_TO": target.url},
                stdout=saying,
                stderr=errors,
                first=held_while_it_moves,
            )
        while said.readline() != b"It moves.\n":
            pass
        for _ in range(3):  # as whoever is impatient
            process.send_signal(how)
        assert process.ended() == (-how if how is signal.SIGKILL else 128 + how)
        errors.seek(0)
        assert errors.read() == ("" if how is signal.SIGKILL else "interrupted: nothing was moved\n")
    if how is not signal.SIGKILL:
        assert not has_anything(cluster, target)
    assert move("--to", target.url)[0] == 0, "and is begun anew"
    assert kept(target) == kept(file)
