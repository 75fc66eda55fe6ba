"""Up to which message each of the staff has read a ticket. What was said until now counts as read by everybody."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

LAST = """
    UPDATE ticket SET last_said = coalesce(
        (SELECT max(c.event_id) FROM comment c WHERE c.ticket_id = ticket.id AND c.deleted = FALSE), 0)
"""


async def begin(apps, editor):
    if await editor.client.execute_query_dict("SELECT 1 FROM ticket LIMIT 1"):
        await editor.client.execute_query(LAST)
    await editor.client.execute_query("UPDATE person SET read_since = (SELECT position FROM journal)")


class Migration(migrations.Migration):
    dependencies = [("desk", "0013_who_waits")]

    operations = [
        ops.AddField("Ticket", "last_said", fields.BigIntField(default=0, db_default=0)),
        ops.AddField("Person", "read_since", fields.BigIntField(default=0, db_default=0)),
        ops.CreateModel(
            name="ReadUpTo",
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
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("number", fields.BigIntField()),
            ],
            options={
                "table": "read_up_to",
                "app": "desk",
                "unique_together": (("person_id", "ticket_id"),),
                "indexes": [Index(fields=["person_id", "number"])],
                "pk_attr": "id",
                "table_description": "Up to which of a ticket's messages a person has read them.",
            },
            bases=["Model"],
        ),
        ops.RunPython(begin),
    ]
