"""SQLite's index of the search has a row for each comment, and begins anew, for search.fill() to fill.

A row's number is that of its ticket, shifted by 32 bits, and that of the comment; of the ticket's own words, nothing
more. PostgreSQL's index stays what it is.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

INDEX = (
    "DROP TABLE search_word",
    "DROP TABLE search",
    """
    CREATE VIRTUAL TABLE search USING fts5(
        subject, reply, note, requester,
        tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'", prefix = "2"
    )
    """,
    "CREATE VIRTUAL TABLE search_word USING fts5vocab('search', 'instance')",
    "INSERT INTO search(search, rank) VALUES ('automerge', 8)",  # as 0005 has it, and for its reasons
    "UPDATE search_filled SET spelling = 0, upto = 0",
)


async def begin_index(apps, editor):
    if editor.client.capabilities.dialect == "postgres":
        return
    for statement in INDEX:
        await editor.client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("desk", "0010_order_by_number")]

    operations = [ops.RunPython(begin_index)]
