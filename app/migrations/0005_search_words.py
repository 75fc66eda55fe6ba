"""The words of the search's index, one by one; and merges of its parts that come seldom enough.

An index of 100,000 tickets that merges four parts at a time, as it does by itself, makes a comment cost 40 % more.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops


async def spell(apps, editor):
    if editor.client.capabilities.dialect == "postgres":
        return
    await editor.client.execute_query("CREATE VIRTUAL TABLE search_word USING fts5vocab('search', 'instance')")
    await editor.client.execute_query("INSERT INTO search(search, rank) VALUES ('automerge', 8)")


class Migration(migrations.Migration):
    dependencies = [("desk", "0004_list_indexes")]

    operations = [ops.RunPython(spell)]
