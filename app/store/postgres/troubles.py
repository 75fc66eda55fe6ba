"""What a PostgreSQL server, or the way to it, can be in trouble with: told apart from what a statement does wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from tortoise.exceptions import IntegrityError, OperationalError

# Classes of SQLSTATE, and single ones, of a server that is away, full, busy or not to be written to; not of a wrong
# statement. See https://www.postgresql.org/docs/current/errcodes-appendix.html
CLASSES = ("08", "28", "40", "53", "57", "58")  # 28: the role may not sign in any more
SINGLE = {
    "25006",  # read-only
    "25P03",  # this process was frozen while it wrote
    "25P04",  # a transaction took longer than the server allows
    "3D000",  # the database is not there, as while it is made anew
    "55000",  # it takes no connections now
    "42501",  # the role may not write
    "55P03",  # another process does not let go
    "XX001",  # damaged
}
# What the driver says of a connection that was cut under it, in one way or another.
CUT = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
LOST = (*CUT, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)


@contextmanager
def translated() -> Iterator[None]:
    """The driver's errors as the ORM's, which hold them."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        raise IntegrityError(error) from error
    except (asyncpg.PostgresError, *CUT) as error:
        raise OperationalError(error) from error


def trouble(error: BaseException | None) -> str:
    """What is wrong with the server or the way to it, in its words, if that is what an error is about; else nothing."""
    while error is not None:
        cause = error.args[0] if isinstance(error, OperationalError) and error.args else None
        if isinstance(cause, BaseException) and _is_trouble(cause):
            return str(cause) or type(cause).__name__
        error = error.__context__
    return ""


def is_lost(error: OperationalError) -> bool:
    """Whether a statement may have failed because its connection did, so that another may be asked."""
    cause = error.args[0] if error.args else None
    return isinstance(cause, LOST) and not isinstance(cause, TimeoutError | asyncpg.QueryCanceledError | ValueError)


def _is_trouble(cause: BaseException) -> bool:
    code = getattr(cause, "sqlstate", None) or ""
    cut = isinstance(cause, CUT) and not isinstance(cause, ValueError)  # which is what it says of a value it refuses
    return cut or code[:2] in CLASSES or code in SINGLE
