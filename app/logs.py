"""Logging: to standard error, one line an event, and never a token in it, whoever wrote the line."""

import logging
import logging.config
import re

LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# Below these levels they tell what people wrote, or every step they take.
QUIET = {"uvicorn.error": "INFO", "tortoise": "WARNING", "aiosqlite": "WARNING"}

_SECRETS = re.compile(r"((?:token|password|secret|pult)=)[^&;\s\"']+", re.IGNORECASE)  # pult: the session cookie
_HEADERS = re.compile(r"\b(cookie|authorization): .+", re.IGNORECASE)  # as servers tell them when debugging
_JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]+")
_HASH = re.compile(r"\$argon2\w+\$[^\s\"']+")
# What moves the cursor, colours, ends a line or turns its direction, wherever the log is read.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class Redacting(logging.Formatter):
    """Takes secrets out of the finished line, tracebacks included, and lets nothing that people send look like a line.

    A message is one line, whatever is in it; what follows it, such as a traceback, is indented.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = _SECRETS.sub(r"\1[…]", _HEADERS.sub(r"\1: […]", super().format(record)))
        line = _HASH.sub("[hash]", _JWT.sub("[token]", line))
        return _CONTROLS.sub(_spelt, line).replace("\n", "\n    ")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        return super().formatMessage(record).rstrip("\n").replace("\n", "\\n")


def _spelt(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def _weight(level: str) -> int:
    return logging.getLevelNamesMapping()[level]


def configure(level: str) -> None:
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": Redacting, "format": LINE}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"level": level.upper(), "handlers": ["stderr"]},
            "loggers": {name: {"level": max(level.upper(), least, key=_weight)} for name, least in QUIET.items()},
        }
    )
