"""A desk on PostgreSQL, whatever store the run is on."""

from collections.abc import Iterator

import pytest

from app.config import Database
from tests.cluster import Cluster
from tests.live.conftest import open_

__all__ = ["open_"]


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    copy = cluster.copy()
    yield copy
    cluster.drop(copy)
