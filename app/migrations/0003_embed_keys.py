"""Keys of the sites that embed pages."""

import functools
from json import dumps, loads

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("desk", "0002_search")]

    operations = [
        ops.CreateModel(
            name="EmbedKey",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ("name", fields.CharField(max_length=100)),
                ("origins", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("created", fields.BigIntField()),
                ("revoked", fields.BigIntField(null=True)),
            ],
            options={
                "table": "embed_key",
                "app": "desk",
                "pk_attr": "id",
                "table_description": "A site that may embed pages. Its secret is made of its id, and kept nowhere.",
            },
            bases=["Model"],
        ),
    ]
