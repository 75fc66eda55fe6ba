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
VECTORS = (  # of PostgreSQL: a row a ticket, which is looked up in the index of its words alone
    "CREATE TABLE search (ticket_id integer PRIMARY KEY, words tsvector NOT NULL)",
    "CREATE INDEX search_words ON search USING gin (words)",
    """
    CREATE FUNCTION search_found(asked tsquery, most integer) RETURNS SETOF integer
    LANGUAGE sql STABLE SET enable_seqscan = off SET enable_indexscan = off AS
    'SELECT ticket_id FROM search WHERE words @@ asked LIMIT most'
    """,
    """
    CREATE FUNCTION search_found_after(asked tsquery, number integer) RETURNS SETOF integer
    LANGUAGE sql STABLE SET enable_seqscan = off SET enable_indexscan = off AS
    'SELECT ticket_id FROM search WHERE words @@ asked AND ticket_id > number'
    """,
    """
    CREATE FUNCTION search_joined(before tsvector, more text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN
        RETURN before || more::tsvector;
    EXCEPTION WHEN program_limit_exceeded THEN
        RETURN before;
    END $$
    """,
)
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
    if client.capabilities.dialect == "postgres":  # nothing can be in it yet
        for statement in VECTORS:
            await client.execute_script(statement)
        return
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
