"""The index of the full-text search, with everything that is there already in it."""

import unicodedata

from tortoise import migrations
from tortoise.migrations import operations as ops

BATCH = 500  # tickets at once in memory
TABLE = """
    CREATE VIRTUAL TABLE search USING fts5(
        subject, replies, notes, requester, tokenize = "unicode61 remove_diacritics 0", prefix = "2"
    )
"""
TICKETS = """
    SELECT t.id, t.subject, p.id AS person, p.name, p.email FROM ticket t JOIN person p ON p.id = t.requester_id
    WHERE t.id BETWEEN ? AND ?
"""
WORDS = "SELECT body FROM comment WHERE ticket_id = ? AND kind = ? AND NOT deleted ORDER BY event_id"
INSERT = "INSERT INTO search (rowid, subject, replies, notes, requester) VALUES (?, ?, ?, ?, ?)"
SHORT_I = "\N{CYRILLIC SMALL LETTER I}\N{COMBINING BREVE}"


def fold(text):
    """Without case and accents, except that й is no и."""
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = parts.replace(SHORT_I, "\N{CYRILLIC SMALL LETTER SHORT I}")
    return "".join(c for c in kept if unicodedata.category(c) not in ("Mn", "Cs")).replace("\x00", " ")


async def make_index(apps, editor):
    client = editor.client
    await client.execute_query(TABLE)
    [tickets] = await client.execute_query_dict("SELECT coalesce(max(id), 0) AS last FROM ticket")
    for first in range(1, tickets["last"] + 1, BATCH):
        for ticket in await client.execute_query_dict(TICKETS, [first, first + BATCH - 1]):
            said = [await client.execute_query_dict(WORDS, [ticket["id"], kind]) for kind in ("reply", "note")]
            texts = (
                f"{ticket['id']} {ticket['subject']}",
                *("\n".join(row["body"] for row in rows) for rows in said),
                f"person{ticket['person']} {ticket['name']} {ticket['email']}",
            )
            await client.execute_query(INSERT, [ticket["id"], *map(fold, texts)])


class Migration(migrations.Migration):
    dependencies = [("desk", "0001_initial")]

    operations = [ops.RunPython(make_index)]
