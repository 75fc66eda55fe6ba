"""A desk in a process of its own, as it is run: it can be killed, and started again on the same database."""

import asyncio
import os
import re
import signal
import sys
import tempfile
from asyncio.subprocess import Process

import httpx

from app import create_app, db
from app.config import ROOT, Config
from app.desk import people
from app.desk.models import Person
from app.live.journal import Position

from .conftest import DEADLINE, SECRET, UNLIMITED, browser
from .forked import Forked, pipe, run
from .log import Log
from .whole import read


class DeskProcess:
    def __init__(self, config: Config, log: Log | None = None, level: str = "warning", *, anew: bool = False) -> None:
        """anew: begun as anybody begins it, not forked; for what a signal does to a Python that ends by itself."""
        self.config, self.log, self.level, self.anew = config, log, level, anew
        self.process: Forked | Process
        self.url = ""

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            **UNLIMITED,
            "PULT_DATABASE__URL": self.config.database.url,
            "PULT_SECURITY__SECRET_KEY": SECRET,
            "PULT_SERVER__PORT": "0",
            "PYTHONDONTWRITEBYTECODE": "1",  # where files may not grow, half of it would be left for everyone
            "PULT_SERVER__LOG_LEVEL": self.level,
        }

    async def start(self) -> None:
        """Returns when it listens: who connects from then on is served."""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - until it has ended
        said, saying = pipe()
        with saying:
            if self.anew:
                self.process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "app", "serve"),
                    cwd=ROOT,
                    env=self.environment,
                    stdout=saying,
                    stderr=self._errors,
                )
            else:
                self.process = Forked(["serve"], self.environment, stdout=saying, stderr=self._errors)
        self._said = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(self._said), said)
        async with asyncio.timeout(6 * DEADLINE):
            address = re.search(rb"http://[\d.:]+", await self._said.readline())
        if not address:
            raise AssertionError(f"the desk did not start: {await self.ended()}")
        self.url = address[0].decode()

    async def stop(self) -> str:
        """What it wrote to its log."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> str:
        """Until it is gone; what it wrote to its log."""
        async with asyncio.timeout(6 * DEADLINE):
            await self._said.read()
            await self.process.wait()
        with self._errors:
            self._errors.seek(0)
            written = self._errors.read().decode()
        if self.log is not None:
            self.log.add(written)
        return written

    async def relayed(self) -> Position:
        """Where the journal stands; nobody outside sees how far the relay is."""
        [row] = read(self.config.database, "SELECT epoch, position FROM journal")
        return Position(row["epoch"], row["position"])

    def client(self, cookie: str) -> httpx.AsyncClient:
        return browser(self.url, cookies={"pult": cookie})

    async def pult(self, *arguments: str) -> str:
        """A command beside it, which succeeds; what it said."""
        done = await asyncio.to_thread(run, arguments, self.environment)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout


async def cookies(config: Config, *those: Person) -> list[str]:
    """A session cookie for each. The database is open in this process meanwhile."""
    app = create_app(config)
    [auth] = app.extensions["QUART_AUTH"]
    return [auth.dump_token(await people.begin_session(person), app) for person in those]


async def populated(config: Config, names: int) -> list[str]:
    """Session cookies of so many agents, who are all in a database that is closed afterwards."""
    await db.connect(config.database)
    try:
        agents = [await people.add(f"agent{n}@pult.example", f"Agent {n}", "agent") for n in range(names)]
        return await cookies(config, *agents)
    finally:
        await db.disconnect()
