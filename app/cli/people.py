"""The command line: people who may sign in."""

import os
import sys

import click

from app.cli.tools import desk_command, spoken
from app.desk import addresses, people
from app.desk.errors import Code, Invalid, Missing
from app.desk.models import Person
from app.desk.roles import Role


@click.group()
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
    if person.role is Role.ADMIN:
        await _say_whether_one_is_left(person)


@user.command()
@click.argument("email")
@desk_command
async def enable(email: str) -> None:
    """Let a person in again who was shut out."""
    with spoken(email):
        person = await people.enable(email)
    click.echo(f"Enabled {addresses.shown(person.email)}.")


@user.command()
@click.argument("email")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@desk_command
async def role(email: str, role: str) -> None:
    """Change what a person may do, on open pages too."""
    with spoken(email):
        person = await _known(email)
        before = person.role
        await people.set_role(person, Role(role))
    click.echo(f"The role of {addresses.shown(person.email)} is {role}.")
    if before is Role.ADMIN:
        await _say_whether_one_is_left(person)


@user.command()
@click.argument("email")
@click.argument("name")
@desk_command
async def name(email: str, name: str) -> None:
    """Change how a person is called, on open pages too."""
    with spoken(email):
        person = await _known(email)
        await people.set_name(person, name)
    click.echo(f"The name of {addresses.shown(person.email)} is {person.name}.")


@user.command()
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@desk_command
async def password(*, email: str, password_stdin: bool) -> None:
    """Give a person a new password; ends their sessions."""
    with spoken(email):
        person = await _known(email)
        await people.set_password(person, read_password(stdin=password_stdin))
    click.echo(f"The password of {addresses.shown(person.email)} is changed.")
    if person.disabled:
        click.echo(f"They are disabled and cannot sign in before: user enable {addresses.shown(person.email)}")


async def _known(email: str) -> Person:
    """Raises Missing."""
    person = await people.by_email(email)
    if person is None:
        raise Missing
    return person


async def _say_whether_one_is_left(changed: Person) -> None:
    """After an admin is none any more: nobody would notice before somebody needs one."""
    if not await Person.filter(role=Role.ADMIN, disabled=False).exists():
        click.echo(f"Nobody is an admin now; make one: user role {addresses.shown(changed.email)} admin")


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
