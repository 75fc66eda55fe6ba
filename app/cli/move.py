"""move: the desk into another database."""

import asyncio
import os

import click

from app import config as configuration
from app import moving
from app.cli.tools import Failed, plainly
from app.config import Config, ConfigError, Database, kept_secret, secret_file


class Interrupted(Failed):
    exit_code = 130  # 128 and the number of SIGINT, as shells have it


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
        try:
            asyncio.run(moving.move(config.database, other.database, click.echo))
        except KeyboardInterrupt:
            raise Interrupted("interrupted: nothing was moved") from None
    click.echo("Moved. Give database.url the other address before the desk is served again.")


def _other(config: Config, to: str) -> Config:
    """The settings of the desk when it has been moved, with the key that it has now."""
    key = config.security.secret_key or kept_secret(config.database)
    given = {"PULT_DATABASE__URL": to} | ({"PULT_SECURITY__SECRET_KEY": key} if key else {})
    try:
        return configuration.load(environ=os.environ | given)
    except ConfigError as error:
        raise Failed(f"--to: {error}") from None


def _check_secret(config: Config, target: Database) -> None:
    """With another key everyone would sign in anew, and sites that embed the desk would be refused. Raises Failed."""
    key, kept, file = config.security.secret_key, kept_secret(config.database), secret_file(config.database)
    if key and kept and key != kept:
        raise Failed(
            f"security.secret_key is not the key in {file}; set it to that, or move the file away if it is old"
        )
    if key or not kept:
        return
    if not target.is_file:
        raise Failed(f"security.secret_key must be set to the key of this desk, which stands in {file}")
    if kept_secret(target) != kept:
        raise Failed(f"copy the key of this desk first: {file} to {secret_file(target)}")
