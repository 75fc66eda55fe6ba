"""The index of SQLite: FTS5, one row a ticket, with a column for each thing that its words are of."""

import asyncio
import re
from collections.abc import Collection, Sequence

from app import db
from app.desk import words
from app.desk.asked import Asked, Phrase, Query
from app.desk.found import Found, Texts, whose

FEW = 16  # words
ENDINGS = """
    WITH RECURSIVE word(term) AS (
        SELECT (SELECT term FROM search_word WHERE term >= ? LIMIT 1) UNION ALL
        SELECT (SELECT term FROM search_word WHERE term >= word.term || char(1) LIMIT 1) FROM word
        WHERE word.term < ?
    )
    SELECT term FROM word WHERE term < ? LIMIT ?
"""  # a step finds the next word by a look into the index; the words themselves stand in it once for each place
MERGED = 20  # pages; others wait so long to write
PUBLIC = "{subject replies}"  # what a requester's words are looked for in

_BEGINNING = re.compile(r'"([^" ]+)"\*')
_WORD_OR_WORDS = re.compile(r'"[^" ]+"|\("[^" ]+"(?: OR "[^" ]+")*\)')


async def found(query: Query) -> Sequence[Found]:
    """All of it at once, joined to the tickets in the order of their numbers."""
    spelt = await spelt_out(match(query))
    return [
        Found(
            source="search CROSS JOIN ticket t ON t.id = search.rowid",
            where="search MATCH ?",
            values=(spelt,),
            order="search.rowid DESC",
            is_long=not is_one_word(spelt),
        )
    ]


def match(query: Query) -> str:
    """What FTS5 is asked. https://sqlite.org/fts5.html#full_text_query_syntax"""
    all_of_it = " AND ".join(map(_asked, query.asked))
    if query.requester is None:
        return all_of_it
    return f"requester : {whose(query.requester)} AND {PUBLIC} : ({all_of_it})"


def _asked(asked: Asked) -> str:
    any_of_it = " OR ".join(map(_phrase, asked.phrases))
    any_of_it = f"({any_of_it})" if len(asked.phrases) > 1 else any_of_it
    return f"requester : {any_of_it}" if asked.of_requester else any_of_it


def _phrase(phrase: Phrase) -> str:
    return f'"{" ".join(phrase.words)}"{"*" if phrase.begins else ""}'


async def spelt_out(match: str) -> str:
    """The same query of the index, with beginnings of words replaced by the words that begin so, where they are few.

    What a word stands in, the index tells one by one. What a beginning stands in it puts together before it tells any:
    3 ms for a word in a tenth of a million tickets, instead of 0.2.
    """
    for beginning in dict.fromkeys(_BEGINNING.findall(match)):
        end = beginning + "\U0010ffff"
        terms = [row["term"] for row in await db.rows(ENDINGS, [beginning, end, end, FEW + 1])]
        if 1 <= len(terms) <= FEW:
            spelt = " OR ".join(f'"{term}"' for term in terms)
            match = match.replace(f'"{beginning}"*', f"({spelt})")
    return match


def is_one_word(match: str) -> bool:
    """Whether a query, as it was spelt out, asks for one word, or any of some: each row that is looked at is found."""
    return _WORD_OR_WORDS.fullmatch(match) is not None


async def write(first: int, last: int, rows: Collection[Texts]) -> None:
    """The rows of these tickets anew."""
    await db.rows("DELETE FROM search WHERE rowid BETWEEN ? AND ?", [first, last])
    values = [[row.ticket, row.subject, "\n".join(row.replies), "\n".join(row.notes), row.requester] for row in rows]
    await db.insert_many("search", ("rowid", "subject", "replies", "notes", "requester"), values)


async def add(ticket: int, body: str, *, public: bool) -> None:
    """One more message at the end of its row, as write() would have it."""
    column = "replies" if public else "notes"
    said = words.indexed(body)
    await db.rows(
        f"UPDATE search SET {column} = iif({column} = '', ?, {column} || char(10) || ?) WHERE rowid = ?",  # noqa: S608
        [said, said, ticket],
    )


async def rename(requester: int, named: str) -> bool:
    """What a person is found by, in the rows of their tickets; whether that was all there is to do."""
    theirs = "SELECT id FROM ticket WHERE requester_id = ?"
    await db.rows(f"UPDATE search SET requester = ? WHERE rowid IN ({theirs})", [named, requester])  # noqa: S608
    return True


async def merge(*, begin: bool) -> bool:
    """Put some of the index's parts together, up to MERGED pages; whether more is left to do. begin: all into one."""
    async with db.transaction():
        [before] = await db.rows("SELECT total_changes() AS n")
        await db.rows("INSERT INTO search(search, rank) VALUES ('merge', ?)", [-MERGED if begin else MERGED])
        [after] = await db.rows("SELECT total_changes() AS n")
    return bool(after["n"] - before["n"] > 1)  # https://sqlite.org/fts5.html#the_merge_command


async def put_together(pause: float = 0) -> None:
    """Make one part of the index's many, as a desk's next thousand writes would. pause: seconds that others have."""
    more = await merge(begin=True)
    while more:
        await asyncio.sleep(pause)
        more = await merge(begin=False)
