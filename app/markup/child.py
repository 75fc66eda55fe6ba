"""The process that renders: a text comes in, its HTML goes out, one after the other, until the desk hangs up.

An empty message tells that it is ready; one that begins with a "!" why a text has no HTML.
"""

import resource
import signal
import socket
import sys
from types import FrameType

from .html import to_html
from .wire import receive, send

SECONDS = 0.5  # of the processor a text; however busy the machine is, the same texts are rendered
MEMORY = 512 * 1024 * 1024  # bytes


class TooMuch(Exception):
    """A text took longer than any that people write."""


def serve() -> None:
    """Answer what comes in by the socket that is the standard input."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    signal.signal(signal.SIGVTALRM, _stop)
    desk = socket.socket(fileno=sys.stdin.fileno())
    send(desk, "")
    while (text := receive(desk)) is not None:
        send(desk, render(text))


def render(text: str) -> str:
    """Its HTML."""
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        return to_html(text)
    except Exception as error:  # noqa: BLE001 - the desk logs what it was, and nothing of the text
        return f"!{type(error).__name__}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise TooMuch
