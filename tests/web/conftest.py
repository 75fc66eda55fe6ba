"""The log as text, and pages with their sockets."""

from collections.abc import Callable

import pytest

from tests.live.conftest import open_
from tests.log import Log

__all__ = ["open_"]


@pytest.fixture
def told(log: Log) -> Callable[[], str]:
    """What the log of this test tells."""
    return lambda: log.text
