"""Rows on their way from one database to another: read by key, summed alike on every store, written.

What tables there are, others say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tortoise.exceptions import OperationalError

if TYPE_CHECKING:
    from app.store.dialect import Dialect

BATCH = 200  # rows that are in memory at once
SPELLING = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=bytes.hex)  # of what is summed

UNREADABLE = "Could not decode to UTF-8"  # says Python of what SQLite has, and then the whole text

Client = Any  # as app.store.dialect has it
Row = Mapping[str, Any]


class Misfit(Exception):
    """A row that cannot be in the other database. The message is one plain line, without a word of what is in it."""


@dataclass(frozen=True)
class Column:
    """kind: SQL's word, as PostgreSQL spells it. longest: letters of a text; 0: any number."""

    name: str
    kind: str
    longest: int = 0


@dataclass(frozen=True)
class Table:
    """primary_key: the column that tells its rows apart. is_counted: whether the database numbers them."""

    name: str
    primary_key: str
    is_counted: bool
    columns: tuple[Column, ...]

    @property
    def names(self) -> str:
        return ", ".join(f'"{column.name}"' for column in self.columns)


class Sum:
    """Of rows in the order of their keys: how many, and a checksum of all that is in them."""

    def __init__(self) -> None:
        self.rows = 0
        self._whole = hashlib.sha256()

    def add(self, values: Sequence[object]) -> None:
        self.rows += 1
        self._whole.update(SPELLING.encode(values).encode() + b"\n")

    @property
    def checksum(self) -> str:
        return self._whole.hexdigest()


async def carry(table: Table, source: Client, target: Client, words: Dialect) -> tuple[Sum, Sum]:
    """All rows of a table, which has none in the target, whose words these are; what left, and what arrived.

    Raises Misfit, OperationalError.
    """
    left = Sum()
    async for rows in _batches(table, source):
        for row in rows:
            left.add(_checked(table, row, words))
        await _write(table, target, words, rows)
    return left, await summed(table, target)


async def summed(table: Table, client: Client) -> Sum:
    found = Sum()
    async for rows in _batches(table, client):
        for row in rows:
            found.add([_canonical(column, row[column.name]) for column in table.columns])
    return found


async def _batches(table: Table, client: Client) -> AsyncIterator[list[Row]]:
    """In the order of their keys, which is the same on every store: of numbers, or of the bytes of texts."""
    after: list[object] = []
    while True:
        where = f'WHERE "{table.primary_key}" > ?' if after else ""
        sql = f'SELECT {table.names} FROM "{table.name}" {where} ORDER BY "{table.primary_key}" LIMIT {BATCH}'  # noqa: S608
        try:
            rows: list[Row] = await client.execute_query_dict(sql, after)
        except OperationalError as error:
            if not str(error).startswith(UNREADABLE):
                raise
            unreadable = await _unreadable(table, client, where, after)
            raise Misfit(f"{unreadable} cannot be read: a text in it is not UTF-8") from None  # that one holds the text
        if not rows:
            return
        yield rows
        after = [rows[-1][table.primary_key]]


async def _unreadable(table: Table, client: Client, where: str, after: list[object]) -> str:
    """The first row of a batch that cannot be read."""
    keys = f'SELECT "{table.primary_key}" FROM "{table.name}" {where} ORDER BY "{table.primary_key}" LIMIT {BATCH}'  # noqa: S608
    one = f'SELECT {table.names} FROM "{table.name}" WHERE "{table.primary_key}" = ?'  # noqa: S608 - names are our own
    named = f"a key of {table.name}"
    try:
        for row in await client.execute_query_dict(keys, after):
            named = _named(table, row)
            await client.execute_query_dict(one, [row[table.primary_key]])
    except OperationalError:
        pass
    return named


def _checked(table: Table, row: Row, words: Dialect) -> list[object]:
    """The canonical values of a row that fits."""
    values = []
    for column in table.columns:
        why = words.misfit(column, row[column.name])
        try:
            values.append(_canonical(column, row[column.name]))
        except (TypeError, ValueError):
            why = why or "it is no JSON"
        if why:
            raise Misfit(f"{_named(table, row)} does not fit: {column.name}: {why}")
    return values


def _canonical(column: Column, value: Any) -> object:
    """The same for the same value, however a store keeps it."""
    if value is None:
        return None
    if column.kind == "BOOL":
        return bool(value)
    return json.loads(value) if column.kind == "JSONB" else value


async def _write(table: Table, target: Client, words: Dialect, rows: Sequence[Row]) -> None:
    """Together; if that is refused, one by one, so that it can be told which is."""
    marks = ", ".join("?" * len(table.columns))
    sql = f'INSERT INTO "{table.name}" ({table.names}) VALUES ({marks})'  # noqa: S608 - names are our own
    try:
        async with target._in_transaction():  # a part of it, that can fail alone
            await target.execute_many(sql, [_values(table, row) for row in rows])
    except OperationalError as error:
        if words.trouble(error):
            raise
        if len(rows) == 1:
            raise Misfit(f"{_named(table, rows[0])} does not fit: {str(error).partition(chr(10))[0]}") from error
        for row in rows:
            await _write(table, target, words, [row])


def _values(table: Table, row: Row) -> list[object]:
    """As they are, but for what one store keeps as a number."""
    return [bool(row[c.name]) if c.kind == "BOOL" and row[c.name] is not None else row[c.name] for c in table.columns]


def _named(table: Table, row: Row) -> str:
    """A key that is a text may be a secret's hash: of it the beginning is enough to find the row."""
    return f"{table.name} {str(row[table.primary_key])[:12]}"
