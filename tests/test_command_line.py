"""The command line as scripts meet it: what it does, its exit status, and one plain line where something is wrong."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO

import httpx
import pytest

from app import db
from app.config import ROOT, Config, Database
from app.desk import outbox, people
from app.desk.events import What
from app.inspection import problems

from .desk.acts import journal
from .forked import LONGEST, Forked, pipe, run

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(config: Config) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PULT_DATABASE__URL": f"sqlite://{config.database.path}"}


@pytest.fixture
def pult(environment) -> Command:
    """A command in a process of its own, on the test's database; forked, which says and does the same in less time."""

    def command(
        *arguments: str, typed: str = "", umask: int | None = None, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        return run(arguments, environment | environ, typed, umask and partial(os.umask, umask))

    return command


@pytest.fixture
def begun(environment) -> Command:
    """A command begun as anybody begins it."""

    def command(*arguments: str, typed: str = "", cwd: Path = ROOT, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            env=environment | environ,
            cwd=cwd,
            input=typed,
            capture_output=True,
            check=False,
            text=True,
            timeout=LONGEST,
        )

    return command


@contextmanager
def serving(
    environment: dict[str, str], *arguments: str, first: Callable[[], object] | None = None
) -> Iterator[IO[bytes]]:
    """A desk that serves; what it says as it begins. It is told to stop, and does."""
    with tempfile.TemporaryFile() as errors, ExitStack() as open_:
        said, saying = map(open_.enter_context, pipe())
        desk = Forked(["serve", *arguments], environment, stdout=saying, stderr=errors, first=first)
        saying.close()
        yield said
        desk.send_signal(signal.SIGTERM)
        assert desk.ended() == -signal.SIGTERM


def failed(result: subprocess.CompletedProcess[str], words: str) -> None:
    """It failed, and said so in one plain line."""
    assert result.returncode == 1, result.stderr
    assert result.stderr.count("\n") == 1 and words in result.stderr, result.stderr
    assert result.stdout == "" and "Traceback" not in result.stderr


def misused(result: subprocess.CompletedProcess[str], words: str) -> None:
    assert result.returncode == 2 and words in result.stderr and "Traceback" not in result.stderr, result.stderr


async def test_people_are_added_listed_and_shut_out(begun, pult, config):
    added = pult(
        "user", "add", "Eva@Pult.example", "--name", "Ева", "--role", "agent", "--password-stdin", typed="swordfish\n"
    )
    assert (added.returncode, added.stdout, added.stderr) == (0, "Added eva@pult.example.\n", "")
    changed = begun("user", "password", "eva@pult.example", "--password-stdin", typed="пароль с пробелами \r\n")
    assert (changed.returncode, changed.stdout) == (0, "The password of eva@pult.example is changed.\n")
    await db.connect(config.database)
    assert await people.authenticate("eva@pult.example", "swordfish") is None
    assert await people.authenticate("eva@pult.example", "пароль с пробелами ")
    await db.disconnect()
    assert pult("user", "disable", "eva@pult.example").stdout == "Disabled eva@pult.example.\n"
    assert begun("user", "list").stdout == "eva@pult.example\tagent\tdisabled\tЕва\t1\n"


async def test_people_get_another_role_and_name_and_come_back(pult, config):
    add = ("user", "add", "eva@pult.example", "--name", "Eva", "--role", "admin", "--password-stdin")
    pult(*add, typed="swordfish\n")
    disabled = pult("user", "disable", "Eva@pult.example")
    assert disabled.stdout.splitlines() == [
        "Disabled eva@pult.example.",
        "Nobody is an admin now; make one: user role eva@pult.example admin",
    ]
    changed = pult("user", "password", "eva@pult.example", "--password-stdin", typed="another one\n")
    assert (changed.returncode, changed.stdout.splitlines()) == (
        0,
        [
            "The password of eva@pult.example is changed.",
            "They are disabled and cannot sign in before: user enable eva@pult.example",
        ],
    )
    for _ in range(2):
        assert pult("user", "enable", "eva@pult.example").stdout == "Enabled eva@pult.example.\n"
    assert pult("user", "name", "eva@pult.example", " Eva  Stern ").stdout == (
        "The name of eva@pult.example is Eva Stern.\n"
    )
    role = pult("user", "role", "eva@pult.example", "agent")
    assert (
        role.stdout.splitlines()[0] == "The role of eva@pult.example is agent." and "Nobody is an admin" in role.stdout
    )
    assert pult("user", "list").stdout == "eva@pult.example\tagent\tactive\tEva Stern\t1\n"
    await db.connect(config.database)
    eva = await people.authenticate("eva@pult.example", "another one")
    whats = [event.what for event in await journal(0)]
    await db.disconnect()
    assert eva and whats == [
        What.PERSON_ADDED,
        What.PERSON_DISABLED,
        *([What.PERSON_CHANGED] * 3),
    ], "what was so already is no event"


def test_what_is_wrong_with_a_person_is_said_in_a_line(pult):
    add = ("user", "add", "a@b", "--role", "admin", "--password-stdin")
    failed(pult(*add, "--name", " ", typed="short\n"), "name: it must not be empty; password: it must have 8 to")
    failed(pult(*add, "--name", "N", typed="\n"), "password: it must have 8 to 128 characters")
    for command in (
        ("disable", "a@b"),
        ("enable", "a@b"),
        ("role", "a@b", "agent"),
        ("name", "a@b", "Eva"),
        ("password", "a@b", "--password-stdin"),
    ):
        failed(pult("user", *command, typed="long enough\n"), "there is nobody with the email a@b")
    pult("user", "add", "a@b.example", "--name", "A", "--role", "agent", "--password-stdin", typed="long enough\n")
    failed(pult("user", "name", "a@b.example", " "), "name: it must not be empty")
    failed(pult("user", "name", "a@b.example", "n" * 101), "name: it is too long")


def test_a_command_used_wrongly_says_how_it_is_used(pult):
    misused(pult("user", "add", "a@b", "--name", "N", "--role", "owner"), "'owner' is not one of")
    misused(pult("user", "add", "a@b", "--name", "N", "--role", "agent"), "give the password with --password-stdin")
    misused(pult("user", "role", "a@b", "owner"), "'owner' is not one of")
    misused(pult("user", "role", "a@b"), "Missing argument")


def test_which_version_it_is(begun):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    said = begun("--version")
    assert (said.returncode, said.stdout, said.stderr) == (0, f"Pult {version}\n", "")


def modes(folder: Path) -> dict[str, str]:
    return {file.name: oct(file.stat().st_mode & 0o777) for file in folder.iterdir() if file.is_file()}


def test_nobody_else_on_the_machine_reads_what_the_desk_keeps(pult, environment, tmp_path):
    """With a umask as most people have; the database, what SQLite and the desk put beside it, and copies."""
    folder, mask = tmp_path / "desk", 0o022
    url = {"PULT_DATABASE__URL": f"sqlite://{folder}/pult.sqlite3"}

    def done(*arguments: str) -> None:
        assert pult(*arguments, umask=mask, **url).returncode == 0

    done("user", "list")
    (folder / "pult.secret").write_text("k" * 40)
    (folder / "pult.secret").chmod(0o644)
    before = folder.stat().st_mode
    for made in (0o600, 0o644):
        for file in folder.iterdir():
            file.chmod(made)
        with serving(environment | url, "--port", "0", first=partial(os.umask, mask)) as said:
            address = re.search(rb"http://\S+", said.readline())[0].decode()
            assert httpx.get(f"{address}/readyz").status_code == 200  # it has opened the database
            done("backup", "--force", str(folder / "copy"))
            assert {"pult.sqlite3", "pult.sqlite3-wal", "pult.secret", "pult.sqlite3.lock"} <= modes(folder).keys()
            assert set(modes(folder).values()) == {"0o600"}, modes(folder)
    done("restore", "--force", str(folder / "copy"))
    (folder / "pult.sqlite3").unlink()
    done("restore", str(folder / "copy"))
    assert set(modes(folder).values()) == {"0o600"}, modes(folder)
    assert folder.stat().st_mode == before
    (folder / "notes.txt").write_text("no database")
    pult("user", "list", PULT_DATABASE__URL=f"sqlite://{folder}/notes.txt")
    assert modes(folder)["notes.txt"] != "0o600", "what is no database of ours is left as it is"


def test_an_address_of_many_colons_is_one_that_browsers_take(environment, tmp_path):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    there = environment | {"PULT_DATABASE__URL": f"sqlite://{tmp_path}/six.sqlite3"}
    with serving(there, "--host", "::1", "--port", "0") as said:
        address = re.match(rb"Pult serves (http://\[::1\]:\d+) ", said.readline())[1].decode()
        with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
            assert client.get(f"{address}/healthz").text == "ok"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PULT_SERVER__PORT": "x"}, "server.port must be a number, not 'x'"),
        ({"PULT_DATABASE__URL": f"sqlite://{ROOT}/Makefile"}, "cannot be opened: file is not a database"),
    ],
)
def test_a_desk_that_cannot_start_says_why_in_a_line(pult, environ, words):
    failed(pult("user", "list", **environ), words)


async def test_a_command_makes_a_new_database_where_there_is_none(pult, tmp_path):
    path = tmp_path / "deep" / "new.sqlite3"
    listed = pult("user", "list", PULT_DATABASE__URL=f"sqlite://{path}")
    assert (listed.returncode, listed.stdout, listed.stderr) == (0, "", "")
    assert await db.migrate(Database(path=path)) == []


async def test_migrate_says_what_it_applied_and_an_older_database_what_it_lacks(pult, tmp_path):
    path = tmp_path / "old.sqlite3"
    path.touch()
    url, lacks = (
        f"sqlite://{path}",
        f"the database lacks {len(db.known_migrations())} migrations; run: python -m app migrate",
    )
    failed(pult("user", "list", PULT_DATABASE__URL=url), lacks)
    assert await problems(Config(database=Database(path=path))) == [lacks]
    assert pult("migrate", PULT_DATABASE__URL=url).stdout == f"Applied: {', '.join(sorted(db.known_migrations()))}\n"


def test_a_desk_is_backed_up_and_restored(pult, tmp_path):
    copy, new = tmp_path / "copy", f"sqlite://{tmp_path}/new.sqlite3"
    add = ("user", "add", "eva@pult.example", "--name", "Eva", "--role", "agent", "--password-stdin")
    pult(*add, typed="swordfish\n")
    made = pult("backup", str(copy))
    assert (made.returncode, made.stdout, made.stderr) == (0, f"Backed up to {copy}.\n", "")
    failed(pult("backup", str(copy)), "already; --force replaces it")
    restored = pult("restore", str(copy), PULT_DATABASE__URL=new)
    assert (restored.returncode, restored.stdout, restored.stderr) == (0, f"Restored {copy}.\n", "")
    assert "eva@pult.example" in pult("user", "list", PULT_DATABASE__URL=new).stdout
    failed(pult("restore", str(copy)), "already; --force replaces what it holds")
    failed(pult("restore", "--force", f"{ROOT}/Makefile"), "Makefile cannot be copied: file is not a database")
    misused(pult("restore"), "Missing argument 'FILE'")


async def test_jobs_are_listed_and_those_that_failed_for_good_begun_anew_or_dropped(pult, begun, config):
    await db.connect(config.database)
    for kind in ("render", "forget", "mail"):
        await outbox.put(kind, {"n": "ё"}, due=1_800_000_000_000_000)
    await db.rows("UPDATE job SET due = NULL, attempt = 12, error = 'OSError: gone' WHERE kind <> 'forget'")
    await db.disconnect()
    listed = begun("jobs")
    assert (listed.returncode, listed.stderr, listed.stdout.splitlines()) == (
        0,
        "",
        [
            '1\trender\tfailed\t12\t{"n": "\\u0451"}\tOSError: gone',
            '3\tmail\tfailed\t12\t{"n": "\\u0451"}\tOSError: gone',
            '2\tforget\t2027-01-15 08:00:00\t0\t{"n": "\\u0451"}',
        ],
    )
    checked = pult("check")
    assert checked.returncode == 1 and "job 3 (mail) has failed for good: OSError: gone; see: python -m app jobs" in (
        checked.stderr.splitlines()
    )
    assert pult("jobs", "retry", "3").stdout == "Job 3 begins anew.\n"
    assert pult("jobs", "drop", "1").stdout == "Job 1 is dropped.\n"
    for command in ("retry", "drop"):
        failed(pult("jobs", command, "2"), "no job 2 has failed for good")
        misused(pult("jobs", command, "x"), "'x' is not a valid integer")
    assert pult("check").returncode == 0
    assert [line.split("\t")[:2] for line in pult("jobs").stdout.splitlines()] == [["4", "mail"], ["2", "forget"]]


def test_serve_on_a_taken_port_fails(pult):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = pult("serve", "--port", port)
    failed(result, f"cannot listen on 127.0.0.1:{port}: Address already in use")


def test_a_desk_without_people_says_how_to_begin(environment, tmp_path):
    with serving(environment | {"PULT_DATABASE__URL": f"sqlite://{tmp_path}/own.sqlite3"}, "--port", "0") as said:
        assert said.readline().startswith(b"Pult serves http://127.0.0.1:")
        assert b"python -m app user add" in said.readline()


@pytest.mark.parametrize(
    ("said", "runs"),
    [
        ([], ["sqlite://demo.sqlite3", "serve --demo"]),
        (["EMPTY=1"], ["-m app serve"]),
        (["PORT=9000", "HOST=::1"], ["--demo --host ::1 --port 9000"]),
    ],
)
def test_make_run_is_the_demo_in_a_database_of_its_own_or_ones_own_desk(said, runs):
    asked = ["make", "--dry-run", "run", *said]
    alone = {"PATH": os.environ["PATH"]}  # whatever the make was told, and says, that runs the tests
    told = subprocess.run(asked, cwd=ROOT, env=alone, capture_output=True, check=True, text=True)
    command = " ".join(told.stdout.replace("\\\n", " ").splitlines()[-1].split())
    assert all(words in command for words in runs), command
    assert ("demo" in command) is ("EMPTY=1" not in said)


def test_serve_prints_its_address_and_the_demo_sign_ins_and_serves(environment, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "app", "serve", "--demo", "--port", str(port)]
    there = environment | {"PULT_DATABASE__URL": f"sqlite://{tmp_path}/demo.sqlite3"}
    with subprocess.Popen(
        command, env=there, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as desk:
        said = [desk.stdout.readline() for _ in range(8)]
        assert said[0] == "Demo sign-ins, all with the password pult-demo:\n"
        assert re.match(r"  admin +admin@pult\.example +pult-demo  Vera Lind\n", said[1])
        assert said[6] == f"Pult serves http://127.0.0.1:{port}  (stop with Ctrl+C)\n"
        shop = re.fullmatch(r"A shop that embeds it: (http://localhost:\d+)\n", said[7])[1]
        account = httpx.get(shop).text
        frame = re.search(rf'src="(http://127.0.0.1:{port}/embed/tickets\?token=[^"]+)"', account)[1]
        with httpx.Client(transport=httpx.HTTPTransport(retries=8), base_url=f"http://127.0.0.1:{port}") as client:
            assert client.get("/healthz").text.strip() == "ok"
            signed = client.post("/login", data={"email": "anna@pult.example", "password": "pult-demo"})
            assert signed.headers["location"] == "/"
            embedded = client.get(frame)
            assert embedded.status_code == 200 and shop in embedded.headers["content-security-policy"]
        desk.send_signal(signal.SIGTERM)
        _, errors = desk.communicate(timeout=20)
    assert "Traceback" not in errors


def test_check_finds_nothing_wrong_with_this_desk(pult):
    result = pult("check")
    assert (result.returncode, result.stdout, result.stderr) == (0, "Everything is in order.\n", "")


def test_check_finds_broken_templates_and_missing_translations(begun, tmp_path):
    """In a copy of the desk, in which somebody was careless."""
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "app", copy / "app")  # with what is compiled already
    shutil.copytree(ROOT / "templates", copy / "templates")
    (copy / "static").symlink_to(ROOT / "static")
    shutil.copy(ROOT / "config.toml", copy)
    (copy / "templates" / "careless.html").write_text("<p>{% if %}</p>")
    (copy / "templates" / "percent.html").write_text("<p>{{ _('100 %') }}</p>")
    with (copy / "app" / "translations" / "ru.po").open("a") as catalogue:
        catalogue.write('\nmsgid "Careless"\nmsgstr ""\n\nmsgid "%(n)s rows"\nmsgstr "%(m)s"\n')
    result = begun("check", cwd=copy)
    assert (result.returncode, result.stdout) == (1, "")
    template, percent, *translations = result.stderr.splitlines()
    assert template.startswith("template careless.html: Expected an expression")
    assert percent.startswith("template percent.html: ")
    assert "translation ru: 'Careless' is not translated" in translations
    assert any(line.startswith("translation ru: '%(n)s rows': ") for line in translations)
