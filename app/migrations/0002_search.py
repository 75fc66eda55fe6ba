"""The index of the full-text search, with everything that is there already in it."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from app import db
from app.desk import search

BATCH = 500  # tickets at once in memory


async def make_index(apps, editor):
    await editor.client.execute_query(search.TABLE)
    [tickets] = await db.rows("SELECT coalesce(max(id), 0) AS last FROM ticket")
    for first in range(1, tickets["last"] + 1, BATCH):
        await search.index(first, first + BATCH - 1)


class Migration(migrations.Migration):
    dependencies = [("desk", "0001_initial")]

    operations = [ops.RunPython(make_index)]
