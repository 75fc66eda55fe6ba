"""Copies of the database: taken from a running desk, and put back under one, by SQLite's own means.

A copy is made in a directory of its own beside where it goes, and gets its name when it is whole and verified. A
database that exists gets its new content by one transaction of SQLite's backup API: whoever has it open, a serving desk
too, reads either the old or the new, and so does whoever opens it after a kill. https://sqlite.org/backup.html
"""

import os
import secrets
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from app import db
from app.config import Database

STEP = 1024  # pages between two moments at which a copy can be stopped; it reads one snapshot all along
PATIENCE = 30  # seconds to wait for others' transactions before a database is replaced

TABLES = "SELECT count(*) FROM sqlite_master WHERE name IN ('journal', 'tortoise_migrations')"
MARKS = "SELECT epoch FROM journal WHERE id = 1"
APPLIED = "SELECT name FROM tortoise_migrations"


class NotCopied(Exception):
    """Nothing was backed up or restored. The message is one plain line."""


def back_up(database: Database, target: Path, *, force: bool) -> None:
    """A verified copy, with an epoch of its own, readable by its owner alone. Never waits for writers, nor they for it.

    force: replace a file that is there already. Raises NotCopied, OSError.
    """
    _check_store(database)
    if not database.path.exists():
        raise NotCopied(f"there is no database {database.path}")
    if target.exists() and not (force and target.is_file()):
        raise NotCopied(f"there is {target} already" + ("" if force else "; --force replaces it"))
    if target.exists() and target.samefile(database.path):
        raise NotCopied(f"{target} is the database itself")
    with _copied(database.path, target) as copy:
        _place(copy, target)


async def restore(
    database: Database, source: Path, bring_up: Callable[[Database], Awaitable[object]] = db.migrate, *, force: bool
) -> None:
    """Make the database what the copy says, brought up to what this version needs, with an epoch of its own.

    force: replace the content of a database that is there, also while a desk serves it. Of its sessions stay those that
    the copy knows: what was ended since it was taken stays ended. Raises NotCopied, OSError, db.DatabaseInUse.
    """
    _check_store(database)
    _check_asked(database.path, source, force=force)
    with _copied(source, database.path) as copy:
        await bring_up(Database(path=copy))
        _put(database, copy)


def _check_store(database: Database) -> None:
    if not database.is_file:
        raise NotCopied("this copies SQLite files; on PostgreSQL use pg_dump and pg_restore: see docs/operations.md")


def _check_asked(path: Path, source: Path, *, force: bool) -> None:
    if not source.is_file():
        raise NotCopied(f"there is no file {source}")
    if path.exists() and source.samefile(path):
        raise NotCopied(f"{source} is the database itself")
    if path.exists() and not force:
        raise NotCopied(f"there is a database {path} already; --force replaces what it holds")
    path.parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def _copied(source: Path, target: Path) -> Iterator[Path]:
    """A whole copy beside the target, in a directory that nobody else can read and that goes away afterwards."""
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.resolve().parent) as directory:
        copy = Path(directory) / "copy.sqlite3"
        copy.touch(0o600)
        try:
            with closing(_open(source)) as reading, closing(sqlite3.connect(copy)) as writing:
                reading.execute("BEGIN")
                _check_kind(reading)  # the first read: the snapshot that the whole copy is of
                reading.backup(writing, pages=STEP, sleep=0)
                writing.execute(
                    "PRAGMA journal_mode = DELETE"
                )  # one file, that can be read where nothing can be written
                writing.execute("UPDATE journal SET epoch = ?", [secrets.token_hex(16)])
                writing.commit()
                _check_whole(writing)
        except sqlite3.Error as error:
            raise NotCopied(f"{source} cannot be copied: {error}") from error
        yield copy


def _open(path: Path) -> sqlite3.Connection:
    """What is there already, never a new file."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None)


def _check_kind(connection: sqlite3.Connection) -> None:
    """Raises NotCopied for another program's database, or a later Pult's."""
    [tables] = connection.execute(TABLES).fetchone()
    if tables != 2 or not connection.execute(MARKS).fetchone():
        raise NotCopied("this is no database of Pult")
    if unknown := _applied(connection) - db.known_migrations():
        raise NotCopied(f"it was written by a later Pult: {', '.join(sorted(unknown))} is not known here")


def _check_whole(connection: sqlite3.Connection) -> None:
    found = [line for (line,) in connection.execute("PRAGMA integrity_check")]
    if found != ["ok"]:
        raise NotCopied(f"the database is damaged: {found[0]}")
    if broken := connection.execute("PRAGMA foreign_key_check").fetchall():
        raise NotCopied(f"the database is damaged: {len(broken)} broken references")


def _applied(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute(APPLIED)}


def _put(database: Database, copy: Path) -> None:
    """The copy's content into the database, or the copy in its place where there is none."""
    if database.path.exists() and database.path.stat().st_size:
        _replace(database, copy)
    else:
        with closing(db.hold(database)):
            _begin(database.path, copy)


def _replace(database: Database, copy: Path) -> None:
    """Everything in the database by everything in the copy, in one transaction."""
    until = time.monotonic() + PATIENCE

    def give_up(status: int, *_: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > until:
            raise NotCopied(f"others keep {database.path} locked")

    try:
        with closing(_open(database.path)) as live, closing(sqlite3.connect(copy, isolation_level=None)) as new:
            if _schema(live) != _schema(new):
                db.hold(database).close()  # the process that serves it would not know this schema
            new.execute("PRAGMA journal_mode = DELETE")
            _end_sessions(new, known=_sessions(live))
            _same_pages(new, live)
            new.backup(live, pages=STEP, progress=give_up, sleep=0.01)
            live.execute("PRAGMA wal_checkpoint(PASSIVE)")  # else the next writer would have to
    except sqlite3.Error as error:
        raise NotCopied(f"{database.path} cannot be replaced: {error}") from error


def _schema(connection: sqlite3.Connection) -> set[str]:
    with suppress(sqlite3.DatabaseError):
        return _applied(connection)
    return set()


def _sessions(connection: sqlite3.Connection) -> list[tuple[str]]:
    """None where the database is too damaged to tell: then everyone signs in anew."""
    with suppress(sqlite3.DatabaseError):
        return connection.execute("SELECT id FROM session").fetchall()
    return []


def _end_sessions(connection: sqlite3.Connection, *, known: list[tuple[str]]) -> None:
    connection.execute("CREATE TEMP TABLE known (id TEXT PRIMARY KEY)")
    connection.executemany("INSERT INTO known VALUES (?)", known)
    connection.execute("DELETE FROM session WHERE id NOT IN (SELECT id FROM known)")


def _same_pages(connection: sqlite3.Connection, other: sqlite3.Connection) -> None:
    """SQLite replaces a database in WAL mode only by one with pages of the same size."""
    [size] = other.execute("PRAGMA page_size").fetchone()
    if connection.execute("PRAGMA page_size").fetchone() != (size,):
        connection.execute(f"PRAGMA page_size = {int(size)}")
        connection.execute("VACUUM")


def _begin(path: Path, copy: Path) -> None:
    """The copy becomes the database where there was none."""
    for left in (Path(f"{path}-wal"), Path(f"{path}-journal")):
        if left.exists():
            raise NotCopied(f"{left} is left of another database, which it would be mixed up with; move it away")
    _place(copy, path)


def _place(copy: Path, target: Path) -> None:
    """Give a copy its name, for good."""
    with copy.open("rb") as written:
        os.fsync(written.fileno())
    copy.replace(target.resolve())
    directory = os.open(target.resolve().parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
