"""What a SQLite file can be in trouble with: told apart from what a statement does wrong."""

import functools
import sqlite3
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar, cast

from tortoise.backends.sqlite.client import translate_exceptions
from tortoise.exceptions import OperationalError

P = ParamSpec("P")
T = TypeVar("T")

# The primary result codes of a storage that fails, or that others hold; not of a wrong statement. See
# https://sqlite.org/rescode.html
TROUBLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}


def translated(ask: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """The driver's errors as the ORM's, that of a damaged file too, which the ORM lets through."""
    asked = translate_exceptions(ask)

    @functools.wraps(ask)
    async def translating(*given: P.args, **named: P.kwargs) -> T:
        try:
            return cast(T, await asked(*given, **named))
        except sqlite3.DatabaseError as error:
            if type(error) is sqlite3.DatabaseError:
                raise OperationalError(error) from error
            raise

    return translating


def trouble(error: BaseException | None) -> str:
    """What is wrong with the storage, in SQLite's words, if that is what an error is about; else nothing.

    An error may hide behind another: after a full disk SQLite rolls back at once, and the ORM's savepoint is gone.
    """
    while error is not None:
        cause = error.args[0] if isinstance(error, OperationalError) and error.args else error
        if _code(cause) in TROUBLE:
            return str(cause)
        error = error.__context__
    return ""


def is_busy(error: sqlite3.Error) -> bool:
    """Whether somebody else holds the file."""
    return _code(error) == sqlite3.SQLITE_BUSY


def _code(error: object) -> int:
    """The primary result code; 0: it is not SQLite's error."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF
