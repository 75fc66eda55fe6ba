"""A desk carried from one database to another, of whatever store: all of it, or nothing."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from graphlib import TopologicalSorter
from re import fullmatch
from typing import Any

from tortoise import Tortoise
from tortoise.models import Model

from app import db
from app.config import Database
from app.desk import search
from app.store import dialect as stores
from app.store import rows
from app.store.cancelling import finish
from app.store.rows import Column, Table
from app.upgrade import fill

Client = Any

FOREIGN = "the other database holds something else; a desk wants one of its own"


class NotMoved(Exception):
    """Nothing is in the other database that was not there before. The message is one plain line."""


class Unsure(Exception):
    """Nobody can tell whether all of it is in the other database, or nothing. The message is one plain line."""


async def move(source: Database, target: Database, tell: Callable[[str], None]) -> None:
    """Make the target what the source is at one moment, which stays as it is; the journal gets an epoch of its own.

    tell: told of each table when it has arrived; must not raise. Whoever is cancelled, however often, comes to an end
    first. Raises NotMoved, Unsure, db.DatabaseInUse, db.NotMigrated, db.Unsuitable, OperationalError, OSError.
    """
    if not await db.exists(source):
        raise NotMoved("there is no desk in the database that database.url names")
    if source.is_file and target.is_file and source.path == target.path:
        raise NotMoved("that is the database in which the desk is already")
    if not stores.of(target).is_free(target):
        raise NotMoved(FOREIGN)
    with closing(db.hold(source)), closing(db.hold(target)):
        attempt = Attempt(target, is_new=not await db.exists(target))
        try:
            await _move(source, attempt, tell)
        except BaseException:
            ending = asyncio.ensure_future(_has_arrived(attempt))
            with suppress(asyncio.CancelledError):
                await finish(ending)
            if ending.result():
                return  # it was stopped, or lost its connection, when all of it was done
            raise


class Attempt:
    """is_new: nothing was there before. epoch: by which it is known. is_whole: whether only the commit lacks."""

    def __init__(self, target: Database, *, is_new: bool) -> None:
        self.target, self.is_new, self.epoch = target, is_new, secrets.token_hex(16)
        self.is_whole = False


async def _move(source: Database, attempt: Attempt, tell: Callable[[str], None]) -> None:
    target = attempt.target
    async with db.making(target) as into:
        await _refuse_served(target, into, "the other database")
        await _refuse_full(into)
        await db.bring_schema()
        async with db.beside(source, unwritten=True) as leaving:
            await _refuse_served(source, leaving, "the database that is to be moved")
            await _refuse_damaged(stores.of(source), leaving)
            await _carry(leaving, into, stores.of(source), tell)
            await db.rows("UPDATE journal SET epoch = ?", [attempt.epoch])
            await search.forget()
            await fill(await search.left() or 0)
            await _refuse_served(source, leaving, "the database that is to be moved")
        attempt.is_whole = True


async def _has_arrived(attempt: Attempt) -> bool:
    """What has not is taken away. Raises Unsure."""
    target = attempt.target
    try:
        async with db.beside(target) as there:
            [journal] = await there.execute_query_dict("SELECT epoch FROM journal")
            arrived = bool(journal["epoch"] == attempt.epoch)
    except db.NotMigrated:
        arrived = False
    except Exception as error:
        if attempt.is_whole:
            raise Unsure(
                "the other database does not tell whether the desk is in it; ask it by moving again"
            ) from error
        arrived = False
    if attempt.is_new and not arrived:
        stores.of(target).unmake(target)
    return arrived


async def _refuse_served(database: Database, client: Client, named: str) -> None:
    """Where a file is served, it could not be held."""
    if await stores.of(database).is_heard(client):
        raise db.DatabaseInUse(f"a desk serves {named}; stop it first")


async def _refuse_damaged(words: stores.Dialect, leaving: Client) -> None:
    """Both sums are of what can be read: rows that an index lacks, by which they are read, would be in neither."""
    if found := await words.damage(leaving):
        raise NotMoved(f"the database that is to be moved is damaged: {found[0].splitlines()[-1]}")


async def _refuse_full(into: Client) -> None:
    there = await db.dialect().tables(into) - {"tortoise_migrations"}
    if not there:
        return
    if not {"journal", "person"} <= there:
        raise NotMoved(FOREIGN)
    await db.rows("UPDATE journal SET position = position")  # whoever is writing there comes to an end first
    desks = await db.rows("SELECT position FROM journal WHERE position > 0 OR EXISTS (SELECT 1 FROM person)")
    if desks:
        raise NotMoved("there is a desk in the other database already; it must be empty")


async def _carry(leaving: Client, into: Client, words: stores.Dialect, tell: Callable[[str], None]) -> None:
    """words: the source's."""
    carried = list(tables())
    for table in reversed(carried):  # what migrations put there, and a desk that was served and never used
        await db.rows(f"DELETE FROM {table.name}")  # noqa: S608 - names are our own
    for table in carried:
        try:
            left, arrived = await rows.carry(table, leaving, into, db.dialect())
        except rows.Misfit as error:
            raise NotMoved(str(error)) from error
        if (left.rows, left.checksum) != (arrived.rows, arrived.checksum):
            raise NotMoved(f"{table.name}: {left.rows} rows left and {arrived.rows} arrived, which are not the same")
        if table.is_counted:
            await db.dialect().follow(into, table.name, await words.last_number(leaving, table.name))
        tell(f"{table.name}\t{arrived.rows}\t{arrived.checksum[:16]}")


def tables() -> Iterator[Table]:
    """Of all that the desk keeps, each after those that it refers to. The search's index is made anew instead."""
    models = {model._meta.db_table: model for model in Tortoise.apps["desk"].values()}
    order = TopologicalSorter({name: sorted(_referred(model)) for name, model in sorted(models.items())})
    for name in order.static_order():
        yield _table(models[name])


def _referred(model: type[Model]) -> set[str]:
    return {model._meta.fields_map[name].related_model._meta.db_table for name in model._meta.fk_fields}  # type: ignore[attr-defined]


def _table(model: type[Model]) -> Table:
    known = model._meta
    columns = []
    for name, column in known.fields_db_projection.items():
        spelt = fullmatch(r"(\w+)(?:\((\d+)\))?", known.fields_map[name].get_for_dialect("postgres", "SQL_TYPE"))
        if not spelt:
            raise LookupError(f"{known.db_table}.{column} is of a type that nobody can carry")
        columns.append(Column(column, spelt[1], int(spelt[2] or 0)))
    return Table(known.db_table, known.db_pk_column, known.pk.generated, tuple(columns))
