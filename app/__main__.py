"""The command line: python -m app …"""

import asyncio
import contextlib
import functools
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, ParamSpec

import click
import tortoise.exceptions
import uvicorn

from app import backup, db, demo, demo_site, inspection, logs, memory, serving
from app import config as configuration
from app.config import Config, ConfigError
from app.desk import addresses, embeds, people
from app.desk.errors import Code, Invalid, Missing
from app.desk.models import Person, Role
from app.upgrade import bring_up
from app.web.assets import MissingLibraries

P = ParamSpec("P")
FILE = click.argument("file", type=click.Path(path_type=Path))
FORCE = click.option("--force", is_flag=True, help="Replace what is there.")
EXPECTED = (
    ConfigError,
    backup.NotCopied,
    db.DatabaseInUse,
    db.NotMigrated,
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
        raise Failed(str(error)) from error


def with_desk(work: Callable[[Config], Awaitable[None]]) -> None:
    """Do something with the database of this configuration, making or migrating it first if nobody serves it."""

    async def run() -> None:
        config = configuration.load()
        if not config.database.path.exists():
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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Pult, a live support desk."""


@main.command()
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes.")
@click.option("--migrate/--no-migrate", default=True, help="Apply pending migrations first.")
@click.option("--demo", "with_demo", is_flag=True, help="Fill a new database with demo people and tickets.")
def serve(*, host: str | None, port: int | None, workers: int | None, migrate: bool, with_demo: bool) -> None:
    """Run the desk."""
    with plainly():
        given = {"host": host, "port": port, "workers": workers}
        config = configuration.load(overrides={name: value for name, value in given.items() if value is not None})
        with contextlib.closing(db.hold(config.database)):
            anybody = asyncio.run(_prepare(config, migrate=migrate, with_demo=with_demo))
            _serve(configuration.with_secret(config), with_demo=with_demo, anybody=anybody)


async def _prepare(config: Config, *, migrate: bool, with_demo: bool) -> bool:
    """Whether there is anybody who could sign in."""
    if migrate:
        await bring_up(config.database)
    await db.connect(config.database)
    try:
        if with_demo:
            if not await Person.exists():
                await demo.fill(tickets=demo.TICKETS, seed=demo.SEED)
            await demo.print_sign_ins()
        return await Person.exists()
    finally:
        await db.disconnect()


def _serve(config: Config, *, with_demo: bool, anybody: bool) -> None:
    logs.configure(config.server.log_level)
    settings = serving.settings(config)
    try:
        listening = serving.listen(config)
    except OSError as error:
        raise Failed(
            f"cannot listen on {config.server.host}:{config.server.port}: {os.strerror(error.errno or 0)}"
        ) from None
    address = f"http://{config.server.host}:{listening.getsockname()[1]}"
    with demo_site.beside(config, address) if with_demo else contextlib.nullcontext("") as shop:
        click.echo(f"Pult serves {config.server.public_url or address}  (stop with Ctrl+C)")
        if shop:
            click.echo(f"A shop that embeds it: {shop}")
        if not anybody:
            click.echo("Nobody can sign in yet: python -m app user add you@example.com --name You --role admin")
        sys.stdout.flush()
        memory.settle()
        uvicorn.Server(settings).run(sockets=[listening])


@main.command()
def migrate() -> None:
    """Bring the database to the current schema."""
    with plainly():
        config = configuration.load()
        with contextlib.closing(db.hold(config.database)):
            applied = asyncio.run(bring_up(config.database))
    click.echo(f"Applied: {', '.join(applied)}" if applied else "The database is up to date.")


@main.command("demo")
@click.option("--tickets", type=click.IntRange(0, 10_000_000), default=demo.TICKETS, show_default=True)
@click.option("--seed", type=int, default=demo.SEED, show_default=True)
def demo_(*, tickets: int, seed: int) -> None:
    """Add demo people, tickets and comments."""

    async def run(config: Config) -> None:
        await demo.fill(tickets=tickets, seed=seed, beside=db.is_served(config.database))
        await demo.print_sign_ins()

    with_desk(run)


@main.command("backup")
@FILE
@FORCE
def backup_(*, file: Path, force: bool) -> None:
    """Copy the database to FILE, also while a desk serves it."""
    with plainly():
        backup.back_up(configuration.load().database, file, force=force)
    click.echo(f"Backed up to {file}.")


@main.command()
@FILE
@FORCE
def restore(*, file: Path, force: bool) -> None:
    """Make the database what the backup in FILE holds, also while a desk serves it."""
    with plainly():
        config = configuration.load()
        asyncio.run(backup.restore(config.database, file, bring_up, force=force))
    click.echo(f"Restored {file}.")


@main.command()
def check() -> None:
    """Say what is wrong with the configuration, the database, the templates and the translations."""
    with plainly():
        problems = asyncio.run(inspection.problems(configuration.load()))
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise SystemExit(1)
    click.echo("Everything is in order.")


@main.group()
def user() -> None:
    """People who may sign in."""


@user.command()
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@desk_command
async def add(*, email: str, name: str, role: str, password_stdin: bool) -> None:
    """Add a person."""
    with spoken():
        person = await people.add(email, name, role, read_password(stdin=password_stdin))
    click.echo(f"Added {addresses.shown(person.email)}.")


@user.command("list")
@desk_command
async def list_() -> None:
    """List everyone: email, role, state, name, and the number by which the log tells of them."""
    for person in await Person.all().order_by("email"):
        state = "disabled" if person.disabled else "active"
        click.echo(f"{addresses.shown(person.email)}\t{person.role.value}\t{state}\t{person.name}\t{person.id}")


@user.command()
@click.argument("email")
@desk_command
async def disable(email: str) -> None:
    """Shut a person out at once, on open pages too."""
    with spoken(email):
        person = await people.disable(email)
    click.echo(f"Disabled {addresses.shown(person.email)}.")


@user.command()
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@desk_command
async def password(*, email: str, password_stdin: bool) -> None:
    """Give a person a new password; ends their sessions."""
    with spoken(email):
        person = await people.by_email(email)
        if person is None:
            raise Missing
        await people.set_password(person, read_password(stdin=password_stdin))
    click.echo(f"The password of {addresses.shown(person.email)} is changed.")


@main.group("embed-key")
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


WORDS: dict[Code, str] = {
    Code.EMPTY: "it must not be empty",
    Code.TOO_LONG: "it is too long",
    Code.UNKNOWN: "it is none of the possible values",
    Code.TAG_TOO_LONG: "a tag is too long",
    Code.TOO_MANY_TAGS: "there are too many tags",
    Code.NOT_A_TAG: "a tag holds a character that cannot stand in one",
    Code.NOT_A_DAY: "give a day as YYYY-MM-DD",
    Code.NOT_AN_EMAIL: "this is not an email address",
    Code.NOT_AN_ORIGIN: "give origins such as https://shop.example.com, without a path",
    Code.TAKEN: "somebody has this email address already",
    Code.PASSWORD_LENGTH: f"it must have {people.PASSWORD[0]} to {people.PASSWORD[1]} characters",
    Code.WRONG_SIGN_IN: "this email and password do not fit together",
    Code.CLOSED: "this ticket is closed and takes no more replies",
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


def read_password(*, stdin: bool) -> str:
    """Raises Invalid for none: without one nobody can sign in as the person."""
    if stdin:
        line = sys.stdin.readline().rstrip("\r\n")
        if not line:
            raise Invalid({"password": Code.PASSWORD_LENGTH})
        return line
    if not os.isatty(sys.stdin.fileno()):
        raise click.UsageError("give the password with --password-stdin")
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return answer


if __name__ == "__main__":
    main()
