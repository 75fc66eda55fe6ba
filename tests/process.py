"""A desk in a process of its own, as it is run: it can be killed, and started again on the same database."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process

import httpx

from app import create_app, db
from app.config import ROOT, Config
from app.desk import people
from app.desk.models import Person
from app.live.journal import Position

from .conftest import DEADLINE, SECRET, UNLIMITED, browser
from .log import Log
from .whole import read


class DeskProcess:
    def __init__(self, config: Config, log: Log | None = None, level: str = "warning") -> None:
        self.config, self.log, self.level = config, log, level
        self.process: Process
        self.url = ""

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            **UNLIMITED,
            "PULT_DATABASE__URL": f"sqlite://{self.config.database.path}",
            "PULT_SECURITY__SECRET_KEY": SECRET,
            "PULT_SERVER__PORT": "0",
            "PYTHONDONTWRITEBYTECODE": "1",  # where files may not grow, half of it would be left for everyone
            "PULT_SERVER__LOG_LEVEL": self.level,
        }

    async def start(self) -> None:
        """Returns when it listens: who connects from then on is served."""
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", "serve"), cwd=ROOT, env=self.environment, stdout=PIPE, stderr=PIPE
        )
        assert self.process.stdout
        async with asyncio.timeout(6 * DEADLINE):
            said = await self.process.stdout.readline()
        found = re.search(rb"http://[\d.:]+", said)
        if not found:
            _, errors = await self.process.communicate()
            raise AssertionError(f"the desk did not start: {errors.decode()}")
        self.url = found[0].decode()

    async def stop(self) -> str:
        """What it wrote to its log."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> str:
        """Until it is gone; what it wrote to its log."""
        async with asyncio.timeout(6 * DEADLINE):
            _, errors = await self.process.communicate()
        if self.log is not None:
            self.log.add(errors.decode())
        return errors.decode()

    async def relayed(self) -> Position:
        """Where the journal stands; nobody outside sees how far the relay is."""
        [row] = read(self.config.database.path, "SELECT epoch, position FROM journal")
        return Position(row["epoch"], row["position"])

    def client(self, cookie: str) -> httpx.AsyncClient:
        return browser(self.url, cookies={"pult": cookie})

    async def pult(self, *arguments: str) -> str:
        """A command beside it, which succeeds; what it said."""
        command = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", *arguments), cwd=ROOT, env=self.environment, stdout=PIPE, stderr=PIPE
        )
        said, errors = await command.communicate()
        assert (command.returncode, errors) == (0, b""), errors.decode()
        return said.decode()


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
