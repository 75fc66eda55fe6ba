"""The HTML of a comment is kept beside its words, and replies are counted by an index.

What stands there already is shown as it was typed, until a desk that serves makes it anew.
"""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

AS_TYPED = """
    UPDATE comment SET html = '<p dir="auto">' || replace(replace(replace(replace(
        body, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '\n', '<br>\n') || '</p>'
    WHERE body <> ''
"""


async def show_as_typed(apps, editor):
    await editor.client.execute_query(AS_TYPED)


class Migration(migrations.Migration):
    dependencies = [("desk", "0005_search_words")]

    operations = [
        ops.AddField("Comment", "html", fields.TextField(default="", db_default="")),
        ops.AddField("Comment", "renderer", fields.IntField(default=0, db_default=0)),
        ops.RunPython(show_as_typed),
        ops.AddIndex("Comment", Index(fields=("ticket_id", "kind", "event_id"))),
        ops.AddIndex("Comment", Index(fields=("renderer",))),
    ]
