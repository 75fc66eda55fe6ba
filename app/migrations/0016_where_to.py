"""Where a person goes after a message, and after one that solves its ticket."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("desk", "0015_drafts")]

    operations = [
        ops.AddField("Person", "after_send", fields.CharField(max_length=4, default="stay", db_default="stay")),
        ops.AddField("Person", "after_solve", fields.CharField(max_length=4, default="next", db_default="next")),
    ]
