"""A desk on PostgreSQL, whatever store the run is on."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.config import Database
from tests.cluster import Cluster
from tests.live.conftest import open_
from tests.store.moves import a_file, fill

__all__ = ["open_"]


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    copy = cluster.copy()
    yield copy
    cluster.drop(copy)


@pytest.fixture(scope="session")
def filled(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The desk that moves, made once."""
    path = tmp_path_factory.mktemp("filled") / "filled.sqlite3"
    shutil.copy(blank, path)
    asyncio.run(fill(a_file(path)))
    return path


@pytest.fixture
def file(filled: Path, tmp_path: Path) -> Database:
    shutil.copy(filled, tmp_path / "pult.sqlite3")
    return a_file(tmp_path / "pult.sqlite3")


@pytest.fixture
def new(tmp_path: Path) -> Database:
    """A file that is not there yet."""
    return a_file(tmp_path / "new" / "pult.sqlite3")


@pytest.fixture
def begun(blank: Path, tmp_path: Path) -> Database:
    """One that was migrated and never used."""
    shutil.copy(blank, tmp_path / "begun.sqlite3")
    return a_file(tmp_path / "begun.sqlite3")


@pytest.fixture
def empty(cluster: Cluster) -> Iterator[Database]:
    """A PostgreSQL database as whoever runs the server makes it."""
    made = cluster.database()
    yield made
    cluster.drop(made)


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Database:
    """The one that a test names: @pytest.mark.parametrize("target", ["database", "new"], indirect=True)."""
    named: Database = request.getfixturevalue(request.param)
    return named
