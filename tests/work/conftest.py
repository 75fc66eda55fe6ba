"""A desk whose moments are the test's own."""

from collections.abc import Callable

import pytest

import tests.desk.conftest  # noqa: F401 - examples are the same in every run there, and here
from app import db
from app.work.queue import SECOND

SetClock = Callable[[float], int]


@pytest.fixture
def goes_on(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Time stands still, and goes on by so many seconds when it is told to."""
    moment = [db.now()]
    monkeypatch.setattr(db, "now", lambda: moment[0])

    def go_on(seconds: float) -> int:
        moment[0] += int(seconds * SECOND)
        return moment[0]

    return go_on
