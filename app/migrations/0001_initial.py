"""The first schema, and the journal's one row."""

import functools
import secrets
from enum import IntEnum, StrEnum
from json import dumps, loads

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Role(StrEnum):
    ADMIN = "admin"
    AGENT = "agent"
    REQUESTER = "requester"


class Status(StrEnum):
    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    SOLVED = "solved"
    CLOSED = "closed"


class Priority(IntEnum):
    LOW = 0
    NORMAL = 1
    HIGH = 2
    URGENT = 3


class Kind(StrEnum):
    REPLY = "reply"
    NOTE = "note"


async def begin_journal(apps, editor):
    epoch = secrets.token_hex(16)
    sql = f"INSERT INTO journal (id, epoch, position) VALUES (1, '{epoch}', 0)"  # noqa: S608 - hexadecimal
    await editor.client.execute_query(sql)


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Event",
            fields=[
                ("id", fields.BigIntField(primary_key=True, unique=True, db_index=True, generated=False)),
                ("kind", fields.CharField(max_length=30)),
                ("at", fields.BigIntField()),
                ("actor_id", fields.IntField(null=True)),
                ("ticket_id", fields.IntField(null=True)),
                ("comment_id", fields.IntField(null=True)),
                ("person_id", fields.IntField(null=True)),
                ("public", fields.BooleanField()),
                ("data", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
            ],
            options={
                "table": "event",
                "app": "desk",
                "indexes": [Index(fields=["ticket_id", "id"])],
                "pk_attr": "id",
                "table_description": "One thing that happened, written by the transaction that made it happen.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Journal",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("epoch", fields.CharField(max_length=32)),
                ("position", fields.BigIntField()),
            ],
            options={
                "table": "journal",
                "app": "desk",
                "pk_attr": "id",
                "table_description": "One row: the database's own id and the number of its last event.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Person",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("email", fields.CharField(unique=True, max_length=254)),
                ("name", fields.CharField(max_length=100)),
                (
                    "role",
                    fields.CharEnumField(
                        description="ADMIN: admin\nAGENT: agent\nREQUESTER: requester", enum_type=Role, max_length=10
                    ),
                ),
                ("password", fields.CharField(null=True, max_length=200)),
                ("language", fields.CharField(default="", db_default="", max_length=5)),
                ("shortcuts", fields.BooleanField(default=True, db_default=True)),
                ("disabled", fields.BooleanField(default=False, db_default=False)),
                ("created", fields.BigIntField()),
            ],
            options={"table": "person", "app": "desk", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                (
                    "person",
                    fields.ForeignKeyField(
                        "desk.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("created", fields.BigIntField()),
                ("last_seen", fields.BigIntField()),
            ],
            options={"table": "session", "app": "desk", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Ticket",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("subject", fields.CharField(max_length=200)),
                (
                    "status",
                    fields.CharEnumField(
                        description="NEW: new\nOPEN: open\nPENDING: pending\nSOLVED: solved\nCLOSED: closed",
                        enum_type=Status,
                        max_length=10,
                    ),
                ),
                (
                    "priority",
                    fields.IntEnumField(
                        description="LOW: 0\nNORMAL: 1\nHIGH: 2\nURGENT: 3", enum_type=Priority, generated=False
                    ),
                ),
                (
                    "requester",
                    fields.ForeignKeyField(
                        "desk.Person",
                        source_field="requester_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "assignee",
                    fields.ForeignKeyField(
                        "desk.Person",
                        source_field="assignee_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("due", fields.CharField(null=True, max_length=10)),
                ("version", fields.IntField()),
                ("created", fields.BigIntField()),
                ("updated", fields.BigIntField()),
                ("updated_public", fields.BigIntField()),
                ("deleted", fields.BooleanField(default=False, db_default=False)),
            ],
            options={
                "table": "ticket",
                "app": "desk",
                "indexes": [
                    Index(fields=["deleted", "updated"]),
                    Index(fields=["deleted", "status", "updated"]),
                    Index(fields=["assignee_id", "updated"]),
                    Index(fields=["requester_id", "updated_public"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Comment",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "ticket",
                    fields.ForeignKeyField(
                        "desk.Ticket",
                        source_field="ticket_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "author",
                    fields.ForeignKeyField(
                        "desk.Person",
                        source_field="author_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharEnumField(description="REPLY: reply\nNOTE: note", enum_type=Kind, max_length=5)),
                ("body", fields.TextField(unique=False)),
                ("event_id", fields.BigIntField()),
                ("version", fields.IntField(default=1, db_default=1)),
                ("created", fields.BigIntField()),
                ("edited", fields.BigIntField(null=True)),
                ("deleted", fields.BooleanField(default=False, db_default=False)),
                ("key", fields.CharField(null=True, max_length=64)),
            ],
            options={
                "table": "comment",
                "app": "desk",
                "unique_together": (("author_id", "key"),),
                "indexes": [Index(fields=["ticket_id", "event_id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Tag",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "ticket",
                    fields.ForeignKeyField(
                        "desk.Ticket",
                        source_field="ticket_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=30)),
            ],
            options={
                "table": "tag",
                "app": "desk",
                "unique_together": (("ticket_id", "name"),),
                "indexes": [Index(fields=["name", "ticket_id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.RunPython(begin_journal),
    ]
