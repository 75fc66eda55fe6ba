"""Jobs, where readers of the journal stand, the desk's day, and what that makes of the days on which tickets are due.

The day begins empty: a desk that serves says which it is, and tells all tickets that are due by then.
"""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class IndexWhere(Index):
    """Of the rows that meet a condition."""

    def __init__(self, *, fields: tuple[str, ...], name: str, where: str) -> None:
        super().__init__(fields=fields, name=name)
        self.extra = f" WHERE {where}"


DUE = "deleted = FALSE AND due_state <> ''"


async def begin_clock(apps, editor):
    await editor.client.execute_query("INSERT INTO clock (id, day, told) VALUES (1, '', TRUE)")


class Migration(migrations.Migration):
    dependencies = [("desk", "0008_builds")]

    operations = [
        ops.CreateModel(
            name="Job",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=30)),
                ("data", fields.TextField(unique=False)),
                ("due", fields.BigIntField(null=True)),
                ("attempt", fields.IntField(default=0, db_default=0)),
                ("leased_until", fields.BigIntField(default=0, db_default=0)),
                ("error", fields.TextField(default="", db_default="", unique=False)),
            ],
            options={
                "table": "job",
                "app": "desk",
                "indexes": [Index(fields=["due", "id"])],
                "pk_attr": "id",
                "table_description": "Something to be done, written by the transaction that causes it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Follower",
            fields=[
                ("name", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=30)),
                ("position", fields.BigIntField()),
            ],
            options={
                "table": "follower",
                "app": "desk",
                "pk_attr": "name",
                "table_description": "Who acts on events, and the last of those that are dealt with.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Clock",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("day", fields.CharField(max_length=10)),
                ("told", fields.BooleanField()),
            ],
            options={
                "table": "clock",
                "app": "desk",
                "pk_attr": "id",
                "table_description": "One row: the desk's day, and whether every ticket has been told of it.",
            },
            bases=["Model"],
        ),
        ops.AddField("Ticket", "due_state", fields.CharField(default="", db_default="", max_length=10)),
        ops.AddIndex("Ticket", IndexWhere(fields=("due_state", "id"), name="ticket_due_state", where=DUE)),
        ops.AddIndex("Comment", IndexWhere(fields=("created",), name="comment_sent", where="key IS NOT NULL")),
        ops.RunPython(begin_clock),
    ]
