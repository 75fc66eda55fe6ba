"""What the commands share: an open desk, and errors as one plain line."""

import asyncio
import contextlib
import functools
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, ParamSpec

import click
import tortoise.exceptions

from app import config as configuration
from app import db, moving
from app.config import Config, ConfigError
from app.desk import people
from app.desk.errors import Code, Invalid, Missing
from app.store.sqlite import backup
from app.upgrade import bring_up
from app.web.assets import MissingLibraries

P = ParamSpec("P")

EXPECTED = (
    ConfigError,
    backup.NotCopied,
    db.DatabaseInUse,
    db.NotMigrated,
    db.Unsuitable,
    moving.NotMoved,
    moving.Unsure,
    MissingLibraries,
    OSError,
    tortoise.exceptions.OperationalError,
)


class Failed(click.ClickException):
    """One plain line on standard error, exit status 1."""

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


@contextlib.contextmanager
def plainly() -> Iterator[None]:
    try:
        yield
    except EXPECTED as error:
        raise Failed(" ".join(_words(error).split("\n"))) from error


def _words(error: Exception) -> str:
    """Some of the system's, of a server that does not answer, have none."""
    said = str(error)
    return said if said and not said.endswith(": ") else f"{said}{_reason(error)}"


def _reason(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return "it does not answer" if isinstance(error, TimeoutError) else type(error).__name__


def with_desk(work: Callable[[Config], Awaitable[None]]) -> None:
    """Do something with the database of this configuration, making or migrating it first if nobody serves it."""

    async def run() -> None:
        config = configuration.load()
        if not await db.exists(config.database):
            with contextlib.closing(db.hold(config.database)):
                await bring_up(config.database)
        await db.connect(config.database)
        try:
            await work(config)
        finally:
            await db.disconnect()

    with plainly():
        asyncio.run(run())


def desk_command(function: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """A command that runs inside an open desk."""

    @functools.wraps(function)
    def command(*args: P.args, **kwargs: P.kwargs) -> None:
        with_desk(lambda _: function(*args, **kwargs))

    return command


WORDS: dict[Code, str] = {
    Code.EMPTY: "it must not be empty",
    Code.TOO_LONG: "it is too long",
    Code.UNKNOWN: "it is none of the possible values",
    Code.TAG_TOO_LONG: "a tag is too long",
    Code.TOO_MANY_TAGS: "there are too many tags",
    Code.NOT_A_TAG: "a tag holds a character that cannot stand in one",
    Code.NOT_A_DAY: "give a day as YYYY-MM-DD, from 1970 on",
    Code.NOT_AN_EMAIL: "this is not an email address",
    Code.NOT_AN_ORIGIN: "give origins such as https://shop.example.com, without a path",
    Code.TAKEN: "somebody has this email address already",
    Code.PASSWORD_LENGTH: f"it must have {people.PASSWORD[0]} to {people.PASSWORD[1]} characters",
    Code.WRONG_SIGN_IN: "this email and password do not fit together",
    Code.CLOSED: "this ticket is closed and takes no more replies",
    Code.CLOSED_TO_EDITS: "the ticket is closed, and its messages stay as they are",
    Code.ANSWERED: "the message was answered, and stays as it is",
    Code.NO_TICKETS: "no ticket is named",
    Code.TOO_MANY_TICKETS: "at most 500 tickets can be changed at once",
    Code.NOTHING_ASKED: "nothing is named that is to be changed",
    Code.NOT_WRITTEN: "nothing was saved: the database takes no changes now",
}


@contextlib.contextmanager
def spoken(email: str = "") -> Iterator[None]:
    """Domain errors as one plain line."""
    try:
        yield
    except Missing:
        raise Failed(f"there is nobody with the email {email}") from None
    except Invalid as problem:
        raise Failed("; ".join(f"{name}: {WORDS[code]}" for name, code in problem.errors.items())) from None
