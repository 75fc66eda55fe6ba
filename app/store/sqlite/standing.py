"""The indexes and triggers of a database, in words: what a migration that builds a table anew could lose."""

import sqlite3
from contextlib import closing

from app.store.dialect import Client

# Primary keys are left out: they are columns.
STANDING = """
    SELECT iif(i."unique", 'unique index on ', 'index on ') || t.name || ' (' ||
        (SELECT group_concat(coalesce(c.name, 'an expression'), ', ') FROM pragma_index_info(i.name) c) || ')' ||
        iif(i.partial, substr(m.sql, instr(m.sql, ' WHERE ')), '') AS words
    FROM sqlite_master t, pragma_index_list(t.name) i LEFT JOIN sqlite_master m ON m.name = i.name
    WHERE t.type = 'table' AND i.origin <> 'pk'
    UNION SELECT 'trigger ' || name || ' on ' || tbl_name FROM sqlite_master WHERE type = 'trigger'
"""


def declared(schema: str) -> set[str]:
    """Of a database that these statements make."""
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript(schema)
        return {words for (words,) in made.execute(STANDING)}


async def present(client: Client) -> set[str]:
    return {row["words"] for row in await client.execute_query_dict(STANDING)}
