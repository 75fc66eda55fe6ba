"""Builds of the desk, in the order in which they came to serve this database."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("desk", "0007_words_and_addresses")]

    operations = [
        ops.CreateModel(
            name="Build",
            fields=[
                ("content", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("number", fields.BigIntField(unique=True)),
            ],
            options={
                "table": "build",
                "app": "desk",
                "pk_attr": "content",
                "table_description": "What made pages, and since when: of two, the later number is the newer one.",
            },
            bases=["Model"],
        ),
    ]
