"""move: the desk into another database."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import click

from app import config as configuration
from app import moving
from app.cli.tools import Failed, plainly
from app.config import Config, ConfigError, Database, kept_secret, secret_file


class Interrupted(Failed):
    """Before anything was kept. Its exit status is 128 and the signal's number, as shells have it."""

    def __init__(self, number: int) -> None:
        super().__init__("interrupted: nothing was moved")
        self.exit_code = 128 + number  # type: ignore[misc]


@click.command()
@click.option(
    "--to", envvar="PULT_MOVE_TO", show_envvar=True, required=True, help="The other database, as database.url has it."
)
def move(*, to: str) -> None:
    """Carry the desk to another database, which is empty; this one stays as it is."""
    with plainly():
        config = configuration.load()
        other = _other(config, to)
        _check_secret(config, other.database)
        _say(f"From {config.database.place} to {other.database.place}")
        _to_its_end(moving.move(config.database, other.database, _say))
    _say("Moved. Give database.url the other address before the desk is served again.")


def _other(config: Config, to: str) -> Config:
    """The settings of the desk when it has been moved, with the key that it has now."""
    secret_key = config.security.secret_key or kept_secret(config.database)
    given = {"PULT_DATABASE__URL": to} | ({"PULT_SECURITY__SECRET_KEY": secret_key} if secret_key else {})
    try:
        return configuration.load(environ=os.environ | given)
    except ConfigError as error:
        raise Failed(f"--to: {error}") from None


def _check_secret(config: Config, target: Database) -> None:
    """With another key everyone would sign in anew, and sites that embed the desk would be refused. Raises Failed."""
    secret_key, kept, file = config.security.secret_key, kept_secret(config.database), secret_file(config.database)
    if secret_key and kept and secret_key != kept:
        raise Failed(
            f"security.secret_key is not the key in {file}; set it to that, or move the file away if it is old"
        )
    if secret_key or not kept:
        return
    if not target.is_file:
        raise Failed(f"security.secret_key must be set to the key of this desk, which stands in {file}")
    if kept_secret(target) != kept:
        raise Failed(f"copy the key of this desk first: {file} to {secret_file(target)}")


def _say(line: str) -> None:
    """Whoever reads no further, as `head`, or has no room for it, stops no move by that."""
    try:
        click.echo(line)
    except OSError:
        with Path(os.devnull).open("w") as nothing:
            os.dup2(nothing.fileno(), sys.stdout.fileno())  # else what is left of it fails when Python ends


def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """A signal, or many, only ask it to stop: how it ended is known always. Raises Interrupted."""
    told: list[int] = []

    async def run() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def stop(number: int) -> None:
            told.append(number)
            if task:
                task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop, number)
        await work

    try:
        asyncio.run(run())
    except asyncio.CancelledError:
        raise Interrupted(told[0]) from None
