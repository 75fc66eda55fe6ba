"""The desk's database, asked beside the desk by a client that is not ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.cluster import Cluster, is_installed, psql

WORDS = {  # each word, and in how many rows of the index it stands
    "sqlite": """
        CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'search', 'row');
        SELECT term, doc FROM temp.vocabulary WHERE length(term) > 4
    """,
    "postgres": "SELECT word, ndoc FROM ts_stat('SELECT words FROM search') WHERE length(word) > 4",
}


def sqlite(path: Path) -> str:
    """The URL of a desk in a file."""
    return f"sqlite://{path}"


@contextmanager
def postgres() -> Iterator[str | None]:
    """The URL of an empty database of a server of its own, which keeps what it says; None where none is installed."""
    if not is_installed():
        yield None
        return
    cluster = Cluster(fsync="on", full_page_writes="on")
    try:
        cluster.start()
        yield cluster.database().url
    finally:
        cluster.throw_away()


def rows(database: str, sql: str) -> list[tuple[Any, ...]]:
    """What the last of these statements finds; on PostgreSQL texts of numbers, see numbers()."""
    kind, _, path = database.partition("://")
    if kind != "sqlite":
        return [tuple(line.split("|")) for line in psql(database, sql).splitlines()]
    *first, last = [statement for statement in sql.split(";") if statement.strip()]
    with closing(sqlite3.connect(path)) as connection:
        for statement in first:
            connection.execute(statement)
        return connection.execute(last).fetchall()


def numbers(database: str, sql: str) -> list[tuple[int, ...]]:
    return [tuple(map(int, row)) for row in rows(database, sql)]


def position(database: str) -> int:
    """The number of the last event."""
    [(number,)] = numbers(database, "SELECT position FROM journal")
    return number


def open_tickets(database: str) -> list[int]:
    """Tickets that take comments, all over the desk."""
    sql = "SELECT id FROM ticket WHERE status IN ('open', 'pending') AND NOT deleted ORDER BY id"
    return [number for (number,) in numbers(database, sql)]


def words(database: str) -> tuple[str, str]:
    """A word that stands in a few tickets, and one that stands in about a tenth of them."""
    [(tickets,)] = numbers(database, "SELECT count(*) FROM ticket")
    found = [(word, int(number)) for word, number in rows(database, WORDS[database.partition("://")[0]])]
    plain = [(word, number) for word, number in found if word.isascii() and not word.startswith("person")]
    rare = min(plain, key=lambda pair: (abs(pair[1] - 3), pair[0]))
    common = min(plain, key=lambda pair: (abs(pair[1] - tickets / 10), pair[0]))
    assert 1 <= rare[1] <= 10, rare
    assert 0.05 <= common[1] / tickets <= 0.2, (common, tickets)
    return rare[0], common[0]
