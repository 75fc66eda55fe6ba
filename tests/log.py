"""The log of every test as `serve` writes it for debugging, and what must stand in no line of it."""

import functools
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from argon2 import PasswordHasher
from itsdangerous.encoding import base64_encode
from quart_auth import QuartAuth

from app import logs

SECRET = "a secret for tests, long enough for HS256"
CLIENTS = ("httpx", "httpcore", "websockets.client", "hypothesis")  # the tests' own tools, in the same process
SHAPES = {
    "a token": re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]+"),
    "a hash": re.compile(r"\$argon2\w+\$"),
    "the secret key": re.compile(re.escape(SECRET)),
}


class Log(logging.Handler):
    """Lines since the last test, and the passwords and sessions that were made meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logs.Redacting(logs.LINE))
        self.lines: list[str] = []
        self.known: dict[str, str] = {}  # secret -> what it is

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def add(self, text: str) -> None:
        """What a desk in a process of its own wrote."""
        self.lines.extend(text.splitlines())

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    def leaks(self) -> list[tuple[str, str]]:
        """(what, line) for each line that holds a secret."""
        shapes = SHAPES | {
            f"{what} {number}": re.compile(re.escape(secret))
            for number, (secret, what) in enumerate(self.known.items())
            if len(secret) >= 8
        }
        text = self.text
        told = {what: shape for what, shape in shapes.items() if shape.search(text)}
        return [(what, line) for line in self.lines for what, shape in told.items() if shape.search(line)]

    def forget(self) -> None:
        self.lines.clear()
        self.known.clear()


@contextmanager
def kept() -> Iterator[Log]:
    """Keep the log of this process: from its root, and what the libraries that make secrets make."""
    log, root, hash_, dump = Log(), logging.getLogger(), PasswordHasher.hash, QuartAuth.dump_token
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    for name, level in (logs.QUIET | dict.fromkeys(CLIENTS, "WARNING")).items():
        logging.getLogger(name).setLevel(level)

    def told(make: Callable[..., str], what: str) -> Callable[..., str]:
        @functools.wraps(make)
        def making(self: Any, given: str, *more: Any, **options: Any) -> str:
            made = make(self, given, *more, **options)
            log.known[given] = what
            if what == "a session":  # as it stands in a cookie, under whatever signature
                log.known[base64_encode(f'"{given}"').decode()] = what
            return made

        return making

    PasswordHasher.hash, QuartAuth.dump_token = told(hash_, "a password"), told(dump, "a session")  # type: ignore[method-assign]
    try:
        yield log
    finally:
        PasswordHasher.hash, QuartAuth.dump_token = hash_, dump  # type: ignore[method-assign]
        root.removeHandler(log)
