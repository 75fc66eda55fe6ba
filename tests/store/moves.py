"""The desk that moves in these tests, and what it is compared by."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from app import db, moving
from app.config import Database
from app.desk import drafting, embeds, outbox, people, queries, search, tickets
from app.desk.filters import parse
from app.desk.models import Job, Person, Tag
from tests import forms
from tests.cluster import Cluster, name_of
from tests.conftest import make_cast
from tests.desk.acts import a_ticket
from tests.whole import read

ODD = "naïve ﬁne 日本語 \U0001f600 a\tb\r\n'quoted' \"and\" \\ back \u2028 \ue000 \x01 ₽"
WORDS = ("naive", "日本", "printer", '"it does not"', "from:clara", "tag:vpn", "walrus", "status:open", "#2")
DERIVED = "search"  # what begins so is made anew of the rest
JSON = ("data", "origins", "others")


def a_file(path: Path) -> Database:
    return Database(url=f"sqlite://{path}", path=path)


async def fill(database: Database) -> None:
    """A desk in which every table has rows, odd ones, and some that are gone."""
    await db.connect(database)
    cast = await make_cast()
    for number in range(1, 6):
        await a_ticket(cast.clara if number % 2 else cast.dmitri, subject=f"Printer {number}", body=ODD * number)
    await forms.write(cast.anna, 1, "walrus", kind="note", key="k1")
    edited = await forms.write(cast.anna, 2, "It does print.", kind="reply")
    await forms.edit(cast.anna, edited.id, "It does not print: нет", "1")
    await forms.change(
        cast.anna, 2, "2", {"tags": "vpn, net work", "due": "2026-12-24", "assignee": str(cast.boris.id)}
    )
    await forms.change(cast.vera, 3, "1", {"tags": "gone"})
    await Tag.filter(name="gone").delete()
    await tickets.delete(cast.vera, 4)
    await people.set_name(cast.dmitri, ODD.split("\t")[0])
    await people.disable("boris@pult.example")
    await people.begin_session(cast.anna)
    await embeds.add_key("Shop", ("https://shop.example", "https://bücher.example"), by=cast.vera)
    for kind in ("render", "mail", "mail"):
        await outbox.put(kind, {"n": ODD}, due=2**52 + 1)
    await Job.filter(id=3).delete()  # its number is never given again
    await db.rows("UPDATE job SET due = NULL, attempt = 12, error = 'gone' WHERE id = 2")
    await db.rows("INSERT INTO follower (name, position) VALUES ('mail', 7)")
    await db.rows("INSERT INTO build (content, number) VALUES ('of a build', 1790000000)")
    half = {"ticket": "1", "kind": "note", "body": ODD, "status": "solved", "seen": "3", "version": "0"}
    await drafting.keep(cast.anna, drafting.read(half))
    await drafting.keep(cast.clara, drafting.read({"kind": "ticket", "body": "Half", "subject": ODD}))
    await db.rows("UPDATE clock SET day = '2026-12-24', told = TRUE")
    await db.disconnect()


def kept(database: Database, *, epoch: bool = False) -> dict[str, list[dict[str, object]]]:
    """All rows of every table that is moved, by another program; what is JSON, as what it says."""

    def said(name: str, value: object) -> object:
        return json.loads(value) if name in JSON and isinstance(value, str) else value

    found = {
        table: [
            {name: said(name, value) for name, value in row.items()}
            for row in read(database, f'SELECT * FROM "{table}"')
        ]
        for table in TABLES
    }
    if not epoch:
        found["journal"][0].pop("epoch")
    return {table: sorted(rows, key=lambda row: str(next(iter(row.values())))) for table, rows in found.items()}


TABLES = (
    *("person", "session", "ticket", "tag", "comment", "event", "journal", "embed_key", "job", "follower", "clock"),
    *("build", "read_up_to", "draft"),
)


async def found(database: Database) -> list[tuple[str, str, list[int]]]:
    """What staff and a requester find."""
    await db.connect(database)
    try:
        asked = []
        for email in ("anna@pult.example", "clara@pult.example"):
            person = await people.by_email(email)
            assert person
            for words in WORDS:
                page = await queries.page(parse(person, {"q": [words], "view": ["all"]}))
                asked.append((email, words, [row.id for row in page.rows]))
        assert await search.left() is None
        return asked
    finally:
        await db.disconnect()


async def numbers(database: Database) -> list[int]:
    """Those that new rows get: a ticket, a tag, a person, a job, an event."""
    await db.connect(database)
    try:
        cast = await Person.get(email="clara@pult.example")
        ticket = await a_ticket(cast)
        tag = await Tag.create(ticket_id=ticket.id, name="new")
        person = await people.add("eva@pult.example", "Eva", "requester")
        await outbox.put("mail")
        [job] = await db.rows("SELECT max(id) AS id FROM job")
        [journal] = await db.rows("SELECT position FROM journal")
        return [ticket.id, tag.id, person.id, job["id"], journal["position"]]
    finally:
        await db.disconnect()


async def moved(source: Database, target: Database) -> list[str]:
    said: list[str] = []
    await moving.move(source, target, said.append)
    return said


def spoilt(database: Database, *statements: str) -> None:
    """As no desk of today writes it."""
    with closing(sqlite3.connect(database.path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def tables_of(cluster: Cluster, database: Database) -> list[list[str]]:
    return cluster.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name_of(database))


def has_anything(cluster: Cluster, database: Database) -> bool:
    """Whether anything was kept."""
    return database.path.exists() if database.is_file else bool(tables_of(cluster, database))
