"""The cast and the ways to start the desk: the database alone, or served for real on a free port."""

import asyncio
import contextlib
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any

import httpx
import pytest
import uvicorn
from argon2 import PasswordHasher
from jinja2.bccache import Bucket, BytecodeCache
from quart_auth import QuartAuth
from werkzeug.routing import Rule

from app import db, serving
from app.config import Config, Database, Limits, Live, Security, Server
from app.desk import days, people
from app.desk.models import Person
from app.desk.roles import Role
from app.live import journal, render
from app.live.journal import Position
from app.live.relay import Relay
from app.live.render import Renderer
from app.upgrade import bring_up
from app.work import clock
from tests import known
from tests.cluster import Cluster, is_installed
from tests.log import SECRET, Log, kept
from tests.past import Past

# For a desk in a process of its own.
UNLIMITED = {f"PULT_LIMITS__{name}": "0" for name in ("MESSAGES", "CHANGES", "PAGES")}
PROMISE = 2.0  # seconds until an open page is true again
DEADLINE = 5 * PROMISE  # what a test waits for it at most

ON_POSTGRES = bool(os.environ.get("PULT_TEST_POSTGRES"))  # the store of this run; see pytest_collection_modifyitems

# httpx looks for this four times a request, each time on the whole path. There is none: asyncio is what it takes then.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]

# A password costs the desk 64 MiB and tens of milliseconds on purpose; tests that are about that use their own.
people._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
people._nobodys()  # the one of this hasher, whichever test is the first that asks

__all__ = ["SECRET"]


@dataclass(frozen=True)
class Cast:
    """Who is in every test: an admin, two agents, two requesters. Each one's email is their name @pult.example."""

    vera: Person  # admin
    anna: Person  # agent
    boris: Person  # agent
    clara: Person  # requester
    dmitri: Person  # requester

    @property
    def everyone(self) -> list[Person]:
        return [self.vera, self.anna, self.boris, self.clara, self.dmitri]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On PostgreSQL (PULT_TEST_POSTGRES=1) what is about SQLite itself is left out, by its name."""
    for item in items:
        if ON_POSTGRES and item.get_closest_marker("sqlite"):
            item.add_marker(pytest.mark.skip("it is about SQLite"))


@pytest.fixture(scope="session")
def _kept() -> Iterator[Log]:
    with kept() as log:
        yield log


@pytest.fixture(autouse=True)
def log(_kept: Log) -> Iterator[Log]:
    """What this test writes to the log, as `serve` does for debugging; no line may hold a secret (ASVS 16.2.5)."""
    _kept.forget()
    yield _kept
    assert _kept.leaks() == []


@pytest.fixture(autouse=True)
def _known() -> Iterator[None]:
    """What is in memory is what is in the database, also where the answer that says so is looked at by nobody."""
    yield
    different, known.different[:] = known.different[:], []
    assert different == []


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file, made once and copied for each test."""
    path = tmp_path_factory.mktemp("blank") / "blank.sqlite3"
    asyncio.run(bring_up(Database(path=path)))
    return path


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of this run's own, with a migrated, empty database to be copied."""
    if not is_installed():
        pytest.skip("PostgreSQL is not installed")
    own = Cluster()
    try:
        own.start()
        own.blank()
        yield own
    finally:
        own.throw_away()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of the test's own, migrated and empty, of the store that this run is on."""
    if ON_POSTGRES:
        cluster: Cluster = request.getfixturevalue("cluster")
        copy = cluster.copy()
        yield copy
        cluster.drop(copy)
        return
    path = tmp_path / "pult.sqlite3"
    shutil.copy(request.getfixturevalue("blank"), path)
    yield Database(url=f"sqlite://{path}", path=path)


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    return Past(tmp_path_factory.mktemp("past"))


@pytest.fixture
def config(database: Database) -> Config:
    """Settings with a database of the test's own."""
    return Config(
        server=Server(port=0, log_level="debug"),
        database=database,
        security=Security(SECRET),
        live=Live(heartbeat_seconds=20),
        limits=Limits(messages=0, changes=0),
    )


@pytest.fixture
async def desk(config: Config) -> AsyncIterator[Cast]:
    """The database, open, with the cast in it. Nothing is served."""
    await db.connect(config.database)
    yield await make_cast()
    await db.disconnect()


async def make_cast() -> Cast:
    roles = {
        "vera": Role.ADMIN,
        "anna": Role.AGENT,
        "boris": Role.AGENT,
        "clara": Role.REQUESTER,
        "dmitri": Role.REQUESTER,
    }
    return Cast(
        **{name: await people.add(f"{name}@pult.example", name.capitalize(), role) for name, role in roles.items()}
    )


class Promptly(uvicorn.Server):
    """Uvicorn looks ten times a second whether it shall stop and whether everybody has left; this one waits."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    def stop(self) -> None:
        self._told.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in self.servers:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(serving.GRACE):
                while self.server_state.connections or self.server_state.tasks:
                    await asyncio.sleep(0.001)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()


class Remembered(BytecodeCache):
    """Templates are compiled once for all the desks of a run."""

    def __init__(self) -> None:
        self._code: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get(bucket.key + bucket.checksum)

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code
        self._code[bucket.key + bucket.checksum] = bucket.code


def remembered(compile_builder: Callable[..., Callable[..., Any]]) -> Callable[..., Callable[..., Any]]:
    """Werkzeug compiles two functions a route; what they are depends on nothing of an app."""
    known: dict[tuple[object, ...], Callable[..., Any]] = {}

    def compiled(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:  # noqa: FBT001, FBT002 - as it is there
        key = (rule.rule, rule.subdomain, rule.host, repr(rule.defaults), append_unknown)
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    return compiled


Rule._compile_builder = remembered(Rule._compile_builder)  # type: ignore[method-assign]
render.Environment = partial(render.Environment, bytecode_cache=Remembered())  # type: ignore[misc, assignment]


def browser(url: str, **options: object) -> httpx.AsyncClient:
    """A client of a desk, which follows no redirects.

    There is no TLS here, and reading the system's certificates takes 30 ms a client. Uvicorn closes what was idle for
    5 s, which is httpx's time too: a request that is sent in that moment would fail.
    """
    limits = httpx.Limits(keepalive_expiry=2)
    return httpx.AsyncClient(base_url=url, timeout=DEADLINE, verify=False, limits=limits, **options)  # type: ignore[arg-type]


async def once(zone: tzinfo) -> None:
    """The clock of a desk in a test: from then on it is the test that moves it."""
    await clock.look(zone, db.now())


class Served:
    """A desk served by uvicorn in the test's own event loop, and its people's clients."""

    def __init__(self, config: Config) -> None:
        self.settings = serving.settings(config)
        self._listening = serving.listen(config)
        self.port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = Promptly(self.settings)
        self.app = self.settings.app
        self.cast: Cast
        self._clients: list[httpx.AsyncClient] = []

    async def start(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "run", once)
            self._running = asyncio.create_task(self.server.serve(sockets=[self._listening]))
            while not self.server.started:
                if self._running.done():
                    self._running.result()
                    raise RuntimeError("the desk did not start")
                await asyncio.sleep(0.002)
        while not await days.today():
            await asyncio.sleep(0.002)
        self.cast = await make_cast()

    async def stop(self) -> None:
        for client in self._clients:
            await client.aclose()
        self.server.stop()
        await self._running

    async def relayed(self) -> Position:
        """Where the journal stands, once the relay is there too."""
        stands = await journal.position()
        async with asyncio.timeout(DEADLINE):
            while self.relay.position.epoch != stands.epoch or self.relay.position.number < stands.number:
                await asyncio.sleep(0.005)
        return stands

    @property
    def relay(self) -> Relay:
        return self.app.extensions["pult"].relay

    @property
    def render(self) -> Renderer:
        return self.app.extensions["pult"].render

    async def cookie(self, person: Person) -> str:
        """The value of a session cookie for a new session of this person."""
        [auth] = self.app.extensions["QUART_AUTH"]
        assert isinstance(auth, QuartAuth)
        return auth.dump_token(await people.begin_session(person), self.app)

    def stranger(self, **options: object) -> httpx.AsyncClient:
        """A client that nobody has signed in with. It follows no redirects."""
        client = browser(self.url, **options)
        self._clients.append(client)
        return client

    async def client(self, person: Person) -> httpx.AsyncClient:
        """A client in which this person is signed in."""
        return self.stranger(cookies={"pult": await self.cookie(person)})


@pytest.fixture
async def served(config: Config) -> AsyncIterator[Served]:
    """The whole desk on a free port of the loopback, with the cast in its database."""
    desk = Served(config)
    await desk.start()
    yield desk
    await desk.stop()


@pytest.fixture
def quick(config: Config) -> Config:
    """Settings under which the time-outs of the live floor come at once."""
    return replace(config, live=Live(heartbeat_seconds=0.2, token_seconds=60, forget_seconds=0.2))
