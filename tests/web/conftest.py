"""The log as `serve` writes it, and pages with their sockets."""

import io
import logging
import sys

import pytest

from app import logs
from tests.live.conftest import open_

__all__ = ["open_"]

CLIENTS = ("httpx", "httpcore", "websockets.client")  # the tests' own clients, in the same process


@pytest.fixture
def told(monkeypatch):
    """What the log writes to standard error, configured as `serve` does it for debugging."""
    loggers = [logging.getLogger(name) for name in CLIENTS]
    root, levels = logging.getLogger(), [logger.level for logger in loggers]
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure("debug")
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    yield written.getvalue
    root.handlers = handlers
    for logger, before in zip([root, *loggers], [level, *levels], strict=True):
        logger.setLevel(before)
