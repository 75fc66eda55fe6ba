"""A PostgreSQL server of the tests' own: made, started and thrown away by them, on a socket that nobody else knows."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from app.config import Database
from app.upgrade import bring_up

USER = "pult"
BLANK = "blank"  # a migrated, empty database, of which each test has a copy
LONGEST = 30  # seconds of a start or an end
PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: float(place.parent.name), reverse=True)
SETTINGS = {"listen_addresses": "", "fsync": "off", "full_page_writes": "off", "max_connections": "100"}


def is_installed() -> bool:
    return bool(shutil.which("initdb") or PLACES)


def _program(name: str) -> str:
    return shutil.which(name) or str(PLACES[0] / name)


def _who() -> str | None:
    """As whom it runs: root is refused by the server."""
    if os.geteuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class Cluster:
    """One server. Its databases are UTF8 in the order of their bytes, as the desk wants them."""

    def __init__(self, within: Path | None = None, **settings: str) -> None:
        """within: a directory, instead of the system's for temporary files."""
        self.folder = Path(tempfile.mkdtemp(prefix="pult-pg-", dir=within))
        self._who = _who()
        self._settings = SETTINGS | settings
        self._data = self.folder / "data"
        self._server: subprocess.Popen[bytes] | None = None
        self._names = 0
        if self._who:
            shutil.chown(self.folder, self._who)
        kinds = ["--encoding=UTF8", "--lc-collate=C", "--lc-ctype=C.UTF-8", "--auth=trust", f"--username={USER}"]
        self._run("initdb", "--no-sync", f"--pgdata={self._data}", *kinds)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [_program(program), *arguments], user=self._who, cwd="/", capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr}")

    @property
    def pid(self) -> int:
        assert self._server
        return self._server.pid

    def start(self) -> None:
        given = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [_program("postgres"), "-D", str(self._data), "-k", str(self.folder), *given],
                user=self._who,
                cwd="/",
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + LONGEST
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.02)

    def _answers(self) -> bool:
        asked = [_program("pg_isready"), "-q", "-h", str(self.folder)]
        return subprocess.run(asked, cwd="/", check=False).returncode == 0

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """how: SIGINT lets sessions end, SIGQUIT is a crash of all of them."""
        if self._server:
            self._server.send_signal(how)
            self._server.wait(LONGEST)
            self._server = None

    @property
    def is_running(self) -> bool:
        return self._server is not None and self._server.poll() is None

    def throw_away(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder)

    def ask(self, sql: str, database: str = "postgres") -> list[list[str]]:
        """Each row's values as texts, by a client that is not ours."""
        return [line.split("|") for line in psql(self.url(database), sql).splitlines()]

    def url(self, name: str, user: str = USER) -> str:
        return f"postgres://{user}@/{name}?host={self.folder}"

    def database(self, *options: str) -> Database:
        """A new one, empty or (TEMPLATE blank) a copy."""
        self._names += 1
        name = f"test{self._names}"
        self.ask(" ".join([f"CREATE DATABASE {name}", *options]))
        return Database(url=self.url(name))

    def blank(self) -> None:
        """Make the one that is copied."""
        self.ask(f"CREATE DATABASE {BLANK}")
        asyncio.run(bring_up(Database(url=self.url(BLANK))))

    def copy(self) -> Database:
        return self.database(f"TEMPLATE {BLANK}")

    def drop(self, database: Database) -> None:
        self.ask(f"DROP DATABASE {name_of(database)} WITH (FORCE)")


def psql(url: str, sql: str) -> str:
    """What a client that is not ours says."""
    done = subprocess.run([_program("psql"), "-XAtqd", url, "-c", sql], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


def name_of(database: Database) -> str:
    return database.url.partition("@/")[2].partition("?")[0]


def dump(cluster: Cluster, arguments: Sequence[str]) -> None:
    """pg_dump, pg_restore: the programs that come with the server."""
    cluster._run(arguments[0], "-h", str(cluster.folder), "-U", USER, *arguments[1:])
