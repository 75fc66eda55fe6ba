"""Models and migrations say the same, and changing a table loses nothing that stands on it or refers to it."""

import re
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tortoise import Tortoise
from tortoise.exceptions import OperationalError
from tortoise.migrations.autodetector import MigrationAutodetector

from app import db
from app.config import Config, Database
from app.desk import filters, people, queries
from app.desk.audience import STAFF
from app.desk.models import Kind, Person
from app.store.sqlite.standing import STANDING
from app.upgrade import bring_up
from tests import forms

from .desk.acts import a_ticket, entries
from .past import MIGRATIONS, copied

HEAD = """
from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint
from app.desk.indexes import IndexWhere
from app.desk.models import Priority, Ticket

SENT = IndexWhere(fields=("created",), name="comment_sent", where="key IS NOT NULL")


class Migration(migrations.Migration):
    dependencies = [("desk", "{last}")]
    operations = [{operations}]
"""
UNIQUE_KEY = 'ops.AddConstraint("Comment", UniqueConstraint(fields=("author_id", "key")))'
THREAD = """
    *(ops.AddIndex("Comment", Index(fields=fields)) for fields in (("ticket_id", "event_id"), ("renderer",))),
    ops.AddIndex("Comment", Index(fields=("ticket_id", "kind", "event_id"))), ops.AddIndex("Comment", SENT)
""".strip()
NAMES = 'ops.AddIndex("Person", Index(fields=("name",)))'
TICKET_INDEXES = "*(ops.AddIndex('Ticket', index) for index in Ticket._meta.indexes)"


def in_file(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(sql).fetchall()


OURS = "tbl_name NOT LIKE 'tortoise%' AND tbl_name NOT LIKE 'search%'"  # no models: the ORM's own, and the index
COLUMNS = f"""
    SELECT t.name || '.' || c.name, c.type, c."notnull", c.dflt_value, c.pk, f."table", f."to", f.on_delete
    FROM sqlite_master t, pragma_table_info(t.name) c
    LEFT JOIN pragma_foreign_key_list(t.name) f ON f."from" = c.name WHERE t.type = 'table' AND {OURS}
"""


def schema(path: Path) -> set[tuple[object, ...]]:
    """Columns, references and indexes of a file that models stand for. A column that came later stands last in it."""
    indexes = in_file(path, f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND {OURS}")
    return {*in_file(path, COLUMNS), *indexes}


@pytest.fixture
async def old(config: Config) -> Config:
    """A desk with a ticket, a tag, comments, a session and events in it, closed."""
    await db.connect(config.database)
    anna = await people.add("anna@pult.example", "Anna", "agent")
    ticket = await a_ticket(anna, requester="clara@pult.example", tags="vpn", assignee="me", key="k1")
    await forms.write(anna, ticket.id, "A note.", kind=Kind.NOTE, key="k2")
    await people.begin_session(anna)
    await db.disconnect()
    return config


@pytest.fixture
def migrate(old, tmp_path, monkeypatch):
    """Run one migration more than the desk has, with these operations, on the old data."""

    async def run(operations: str) -> list[str]:
        package = copied(tmp_path / "later_migrations", MIGRATIONS)
        (package / "9999_later.py").write_text(HEAD.format(last=MIGRATIONS[-1], operations=operations))
        monkeypatch.syspath_prepend(tmp_path)
        for name in [name for name in sys.modules if name.startswith("later_migrations")]:
            del sys.modules[name]
        return await db.migrate(old.database, migrations="later_migrations")

    return run


def counts(path: Path) -> dict[str, int]:
    tables = ("person", "session", "ticket", "tag", "comment", "event")
    return {table: in_file(path, f"SELECT count(*) FROM {table}")[0][0] for table in tables}


async def test_the_migrations_make_what_the_models_declare(blank):
    config = db.tortoise_config(Database(path=blank))
    context = await Tortoise.init(config=config, init_connections=False)
    assert await MigrationAutodetector(context.apps, config["apps"]).changes() == []


async def test_a_migrated_file_is_the_one_that_the_models_would_make(blank, tmp_path):
    path = tmp_path / "made.sqlite3"
    await Tortoise.init(config=db.tortoise_config(Database(path=path)), _enable_global_fallback=True)
    await Tortoise.generate_schemas()
    await db.disconnect()
    assert schema(blank) == schema(path)
    ours = set(in_file(blank, STANDING)) - {("unique index on tortoise_migrations (app, name)",)}
    assert ours == set(in_file(path, STANDING)) != set()


async def test_migrating_twice_applies_nothing_the_second_time(tmp_path):
    database = Database(path=tmp_path / "deep" / "er" / "pult.sqlite3")
    assert await db.migrate(database) == MIGRATIONS
    epoch = in_file(database.path, "SELECT epoch, position FROM journal")
    assert await db.migrate(database) == []
    assert in_file(database.path, "SELECT epoch, position FROM journal") == epoch
    assert len(epoch) == 1 and len(epoch[0][0]) == 32 and epoch[0][1] == 0


PAST = """
    INSERT INTO person (id, email, name, role, created) VALUES (1, 'anna@pult.example', 'Anna', 'agent', 1);
    INSERT INTO person (id, email, name, role, created) VALUES (2, 'clara@pult.example', 'Clara', 'requester', 1);
    INSERT INTO ticket (id, subject, status, priority, requester_id, assignee_id, version, created, updated,
        updated_public) VALUES (1, 'Élan & <b>', 'open', 1, 2, 1, 1, 1, 1, 1);
    INSERT INTO tag (ticket_id, name) VALUES (1, 'vpn');
    INSERT INTO comment (id, ticket_id, author_id, kind, body, event_id, created) VALUES
        (1, 1, 2, 'reply', 'Ёлка' || char(10) || '  a < b & c', 1, 1), (2, 1, 1, 'note', 'walrus', 2, 1);
    INSERT INTO event (id, kind, at, actor_id, ticket_id, comment_id, public, data) VALUES
        (1, 'ticket_created', 1, 2, 1, 1, 1, '{"fields": {}}'), (2, 'comment_added', 1, 1, 1, 2, 0, '{"fields": {}}');
    UPDATE journal SET position = 2;
"""


@pytest.mark.parametrize("last", MIGRATIONS[:-1])
async def test_a_desk_of_any_day_is_brought_to_this_one_with_all_that_it_holds(last, tmp_path, past):
    database = Database(path=tmp_path / "old.sqlite3")
    shutil.copy(await past.until(last), database.path)
    with closing(sqlite3.connect(database.path)) as then:
        then.executescript(PAST)
        if "0002" <= last < "0011":
            then.execute("INSERT INTO search (rowid, subject, replies, notes) VALUES (1, '1 elan', 'елка', 'walrus')")
            then.commit()
    await bring_up(database)
    await db.connect(database)
    try:
        header = await queries.header(STAFF, 1)
        assert (header.subject, header.requester, header.assignee, header.tags) == (
            "Élan & <b>",
            "Clara",
            "Anna",
            ("vpn",),
        )
        assert [said.author for said in await entries(STAFF, 1)] == ["Clara", "Anna"]
        anna = await Person.get(id=1)
        for words in ("elan", "ёлка", "walrus", "#1"):
            found = await queries.page(filters.parse(anna, {"q": [words]}))
            assert [row.id for row in found.rows] == [1], words
    finally:
        await db.disconnect()


async def test_every_database_has_an_epoch_of_its_own(blank, tmp_path):
    database = Database(path=tmp_path / "other.sqlite3")
    await db.migrate(database)
    assert in_file(database.path, "SELECT epoch FROM journal") != in_file(blank, "SELECT epoch FROM journal")


@pytest.mark.parametrize(
    "operations",
    [
        f'ops.RemoveField("Person", "language"), {NAMES}',
        f'ops.AlterField("Person", "name", fields.CharField(max_length=500)), {NAMES}',
        f'ops.RemoveField("Ticket", "version"), {TICKET_INDEXES}',
        f'ops.AlterField("Ticket", "subject", fields.CharField(max_length=500)), {TICKET_INDEXES}',
        f'ops.AlterField("Comment", "kind", fields.CharField(max_length=9)), {THREAD}, {UNIQUE_KEY}',
    ],
)
async def test_a_table_built_anew_loses_no_row_that_refers_to_it(old, migrate, operations):
    before, standing = counts(old.database.path), set(in_file(old.database.path, STANDING))
    assert min(before.values()) > 0
    assert await migrate(operations) == ["9999_later"]
    assert counts(old.database.path) == before
    assert in_file(old.database.path, "PRAGMA foreign_key_check") == []
    assert set(in_file(old.database.path, STANDING)) == standing


@pytest.mark.parametrize(
    ("operations", "lost"),
    [
        (f'ops.AlterField("Comment", "kind", fields.CharField(max_length=9)), {THREAD}', "unique index on comment"),
        (
            f'ops.AlterField("Comment", "kind", fields.CharField(max_length=9)), {UNIQUE_KEY}',
            "index on comment (created) WHERE key IS NOT NULL, the index on comment (renderer), the index on comm",
        ),
        (
            'ops.RemoveField("Ticket", "due")',
            "index on ticket (an expression, due, id) WHERE deleted = FALSE, the index on ticket (an",
        ),
        (f'ops.RemoveField("Person", "language"), {NAMES}', "trigger remember on person"),
    ],
)
async def test_a_migration_that_would_lose_an_index_or_a_trigger_is_refused_and_changes_nothing(
    old, migrate, operations, lost
):
    path = old.database.path
    in_file(path, "CREATE TRIGGER remember AFTER UPDATE ON person BEGIN SELECT 1; END")
    before = schema(path), counts(path)
    with pytest.raises(OperationalError, match=re.escape(f"not migrated: it would lose the {lost}")):
        await migrate(operations)
    assert (schema(path), counts(path)) == before
    await db.connect(old.database)
    assert (await queries.header(STAFF, 1)).tags == ("vpn",)
    await db.disconnect()


async def test_a_migration_that_leaves_broken_references_is_refused_and_changes_nothing(old, migrate):
    path = old.database.path
    before = schema(path), counts(path)
    with pytest.raises(OperationalError, match="not migrated: it would leave 3 broken references"):
        await migrate("ops.RunSQL('DELETE FROM ticket')")
    assert (schema(path), counts(path)) == before


async def test_a_migration_that_fails_half_way_changes_nothing(old, migrate):
    path = old.database.path
    before = schema(path), counts(path)
    with pytest.raises(OperationalError, match="no such table"):
        await migrate("ops.RemoveField('Person', 'language'), ops.RunSQL('DELETE FROM nowhere')")
    assert (schema(path), counts(path)) == before
    assert await db.migrate(old.database) == []


async def test_an_older_database_is_not_opened_before_it_is_migrated(tmp_path):
    database = Database(path=tmp_path / "old.sqlite3")
    in_file(database.path, "CREATE TABLE something (id)")
    with pytest.raises(
        db.NotMigrated, match=f"the database lacks {len(MIGRATIONS)} migrations; run: python -m app migrate"
    ):
        await db.connect(database)
    await db.migrate(database)
    await db.connect(database)
    await db.disconnect()


async def test_the_database_of_a_later_version_is_refused_and_left_as_it_is(config):
    with closing(sqlite3.connect(config.database.path)) as connection, connection:
        connection.execute("INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('desk', '9999_later', 0)")
    assert await db.migrate(config.database) == []
    with pytest.raises(db.NotMigrated, match="written by a later Pult: 9999_later is not known here"):
        await db.connect(config.database)
