"""jobs: what is to be done, and what has failed for good."""

from datetime import UTC, datetime

import click

from app.cli.tools import Failed, desk_command
from app.work import queue
from app.work.queue import Kept

NUMBER = click.argument("number", type=click.IntRange(1, 2**31 - 1))


@click.group(invoke_without_command=True)
@click.pass_context
def jobs(context: click.Context) -> None:
    """What the desk has still to do, one line each: number, kind, when, attempts, data, the last error."""
    if context.invoked_subcommand is None:
        desk_command(_list)()


async def _list() -> None:
    for job in await queue.listing():
        click.echo("\t".join([str(job.id), job.kind, _when(job), str(job.attempt), job.data, job.error]).rstrip())


def _when(job: Kept) -> str:
    return "failed" if job.due is None else f"{datetime.fromtimestamp(job.due / 1_000_000, UTC):%Y-%m-%d %H:%M:%S}"


@jobs.command()
@NUMBER
@desk_command
async def retry(number: int) -> None:
    """Begin a job anew that has failed for good."""
    if not await queue.retry(number):
        raise Failed(f"no job {number} has failed for good")
    click.echo(f"Job {number} begins anew.")


@jobs.command()
@NUMBER
@desk_command
async def drop(number: int) -> None:
    """Give up a job that has failed for good."""
    if not await queue.drop(number):
        raise Failed(f"no job {number} has failed for good")
    click.echo(f"Job {number} is dropped.")
