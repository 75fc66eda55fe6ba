"""The command line: python -m app …"""

import asyncio
import contextlib
import importlib.metadata
import os
import sys
from pathlib import Path

import click
import uvicorn

from app import config as configuration
from app import db, demo, demo_site, inspection, logs, memory, serving
from app.cli import embed_keys, jobs, move, people
from app.cli.tools import Failed, plainly, with_desk
from app.config import Config
from app.desk.models import Person
from app.store.sqlite import backup
from app.upgrade import bring_up

FILE = click.argument("file", type=click.Path(path_type=Path))
FORCE = click.option("--force", is_flag=True, help="Replace what is there.")


def _say_version(context: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's signature
    if asked:
        click.echo(f"Pult {importlib.metadata.version('pult')}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_say_version, help="Say which.")
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
    host = f"[{config.server.host}]" if ":" in config.server.host else config.server.host  # RFC 3986, 3.2.2
    try:
        listening = serving.listen(config)
    except OSError as error:
        raise Failed(f"cannot listen on {host}:{config.server.port}: {os.strerror(error.errno or 0)}") from None
    address = f"http://{host}:{listening.getsockname()[1]}"
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


main.add_command(move.move)
main.add_command(people.user)
main.add_command(embed_keys.embed_key)
main.add_command(jobs.jobs)


if __name__ == "__main__":
    main()
