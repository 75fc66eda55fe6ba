"""The command line: keys of sites that embed pages of the desk."""

import click

from app import config as configuration
from app.cli.tools import Failed, desk_command, spoken, with_desk
from app.config import Config
from app.desk import embeds
from app.desk.errors import Missing


@click.group("embed-key")
def embed_key() -> None:
    """Keys of sites that embed pages of the desk."""


@embed_key.command("add")
@click.argument("name")
@click.option(
    "--origin", "origins", multiple=True, required=True, help="Of the pages that embed, such as https://shop.example."
)
def add_key(name: str, origins: tuple[str, ...]) -> None:
    """Add a key and print its id and secret."""

    async def add(config: Config) -> None:
        with spoken():
            key = await embeds.add_key(name, origins)
        click.echo(f"id: {key.id}")
        click.echo(f"secret: {embeds.secret(key.id, configuration.with_secret(config).security.secret_key)}")

    with_desk(add)


@embed_key.command("list")
@desk_command
async def list_keys() -> None:
    """List every key; secrets are not shown."""
    for key in await embeds.keys():
        click.echo(f"{key.id}\t{'revoked' if key.revoked else 'active'}\t{key.name}\t{' '.join(key.origins)}")


@embed_key.command("revoke")
@click.argument("id")
@desk_command
async def revoke_key(id: str) -> None:  # noqa: A002 - the word of the command line
    """End a key; its open pages close at once."""
    try:
        key = await embeds.revoke_key(id)
    except Missing:
        raise Failed(f"there is no key {id}") from None
    click.echo(f"Revoked {key.id}.")
