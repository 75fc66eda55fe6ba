"""Logging: to standard error, one line an event, and never a token in it, whoever wrote the line."""

import logging
import logging.config
import re

_SECRETS = re.compile(r"((?:token|password|secret|pult)=)[^&;\s\"']+", re.IGNORECASE)  # pult: the session cookie
_HEADERS = re.compile(r"\b(cookie|authorization): .+", re.IGNORECASE)  # as servers tell them when debugging
_JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]+")

QUIET = {"uvicorn.error": "INFO", "tortoise": "WARNING", "aiosqlite": "WARNING"}  # below, they tell what people wrote


class Redacting(logging.Formatter):
    """Takes secrets out of the finished line, tracebacks included; a line break in a message starts no new line."""

    def format(self, record: logging.LogRecord) -> str:
        line = _SECRETS.sub(r"\1[…]", _HEADERS.sub(r"\1: […]", super().format(record)))
        line = _JWT.sub("[token]", line)
        first, *rest = line.split("\n")
        return "\n    ".join([first.replace("\r", " "), *rest])


def configure(level: str) -> None:
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": Redacting, "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"level": level.upper(), "handlers": ["stderr"]},
            "loggers": {name: {"level": least} for name, least in QUIET.items()},
        }
    )
