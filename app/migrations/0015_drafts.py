"""What people began to write and did not send."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("desk", "0014_read_up_to")]

    operations = [
        ops.CreateModel(
            name="Draft",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
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
                (
                    "ticket",
                    fields.ForeignKeyField(
                        "desk.Ticket",
                        source_field="ticket_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "comment",
                    fields.ForeignKeyField(
                        "desk.Comment",
                        source_field="comment_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("place", fields.CharField(max_length=30)),
                ("kind", fields.CharField(max_length=6)),
                ("body", fields.TextField(unique=False)),
                ("others", fields.JSONField()),
                ("seen", fields.BigIntField(null=True)),
                ("key", fields.CharField(default="", db_default="", max_length=64)),
                ("version", fields.BigIntField()),
            ],
            options={
                "table": "draft",
                "app": "desk",
                "unique_together": (("person_id", "place"),),
                "indexes": [Index(fields=["ticket_id"]), Index(fields=["comment_id"])],
                "pk_attr": "id",
                "table_description": "ticket, comment: with which it goes, where they are deleted for good.",
            },
            bases=["Model"],
        ),
    ]
