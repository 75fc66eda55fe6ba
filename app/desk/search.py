"""Full-text search: what people type, to a query that is always safe, and the index that answers it.

The index is SQLite's FTS5, one row a ticket. What its words are, desk/words says, for text and query alike.
"""

import asyncio
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app import db
from app.desk import addresses, letters, words
from app.desk.models import Kind, Status
from app.desk.values import read_tags, refused_tags

LONGEST = 200  # characters of what is typed; the rest is not looked at
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
SPELLING = 1  # of the index's rows; raised with every change of what index() writes, so that old ones are written anew
BATCH = 200  # tickets a transaction, which take a tenth of a second
PUBLIC = "{subject replies}"  # what a requester's words are looked for in

_PART = re.compile(r'(?:(from|tag|status):)?("[^"]*"?|\S+)', re.IGNORECASE)
_NUMBER = re.compile(r"[#№＃](\d+)")
_BEGINNING = re.compile(r'"([^" ]+)"\*')
_WORD_OR_WORDS = re.compile(r'"[^" ]+"|\("[^" ]+"(?: OR "[^" ]+")*\)')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»‹›＂〝〞〟「」『』", '"'))
_SINGLE_QUOTES = re.compile(r"(?<![^\s:])[‘‚‛]([^‘’]*)[’‘](?!\S)")  # within a word it is an apostrophe


@dataclass(frozen=True)
class Query:
    """What is looked for; all of it must be met.

    match: of the index, empty for anything. number: of one ticket. status: any of these. tags: all of these.
    """

    match: str = ""
    number: int | None = None
    status: frozenset[str] = frozenset()
    tags: tuple[str, ...] = ()


def tidy(text: str) -> str:
    """What was typed as lists keep it: one line, not too long; nothing, if there is nothing to see."""
    if not letters.is_visible(text):
        return ""
    shown = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in letters.without_strays(text))
    return " ".join(shown.split())[:LONGEST].rstrip()


def parse(text: str, *, requester: int | None) -> Query:
    """The query of a tidy text, for staff or for one requester.

    Words in any order, the last one a beginning unless it is quoted, others with a *; "quoted words" in theirs; #42 a
    ticket's number; for staff from: (name or email), tag: and status: too; for a requester status: alone is more than
    words. What follows an operator and is none of its values is looked for as it stands: people paste logs.
    """
    matches: list[str] = []
    status, tags = set[str](), list[str]()
    number = None
    parts = list(_PART.finditer(_SINGLE_QUOTES.sub(r'"\1"', text).translate(_QUOTES)))
    for part in parts:
        operator, value = (part[1] or "").lower(), part[2].strip('"')
        begins = part is parts[-1] and not re.fullmatch('".*"', part[2])
        if operator == "status" and value.lower() in set(Status):
            status.add(value.lower())
        elif operator == "tag" and requester is None and (found := _tags(value)):
            tags += found
        elif operator == "from" and requester is None and (phrase := _phrase(value, begins=begins)):
            alike = _phrase(addresses.same(value), begins=begins)
            matches.append(f"requester : {phrase}" if alike in ("", phrase) else f"requester : ({phrase} OR {alike})")
        elif not operator and (named := _NUMBER.fullmatch(value)):
            number = int(named[1][:10])
        elif phrase := _phrase(part[0], begins=begins):
            matches.append(phrase)
    match = " AND ".join(matches)
    if requester is not None and match:
        match = f"requester : {_whose(requester)} AND {PUBLIC} : ({match})"
    return Query(match, number, frozenset(status), tuple(tags))


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


async def merge(*, begin: bool) -> bool:
    """Put some of the index's parts together, up to MERGED pages; whether more is left to do. begin: all into one."""
    async with db.transaction():
        [before] = await db.rows("SELECT total_changes() AS n")
        await db.rows("INSERT INTO search(search, rank) VALUES ('merge', ?)", [-MERGED if begin else MERGED])
        [after] = await db.rows("SELECT total_changes() AS n")
    return bool(after["n"] - before["n"] > 1)  # https://sqlite.org/fts5.html#the_merge_command


async def left() -> int | None:
    """How many tickets may have rows in the index that were not written by this spelling; None: all were."""
    upto = await _filled()
    if upto is None:
        return None
    [tickets] = await db.rows("SELECT count(*) AS n FROM ticket WHERE id > ?", [upto])
    return int(tickets["n"])


async def fill(filled: Callable[[int], None] = lambda _: None) -> None:
    """Write the rows of those tickets, from where it was stopped last; the database is free in between.

    filled: told how many more tickets are done.
    """
    upto = await _filled()
    while upto is not None:
        batch = await db.rows("SELECT id FROM ticket WHERE id > ? ORDER BY id LIMIT ?", [upto, BATCH])
        async with db.transaction():
            if batch:
                await index(batch[0]["id"], batch[-1]["id"])
            upto = batch[-1]["id"] if batch else None
            await db.rows("UPDATE search_filled SET spelling = ?, upto = ?", [SPELLING, upto])
        filled(len(batch))
        await asyncio.sleep(0)
    await put_together()


async def _filled() -> int | None:
    """The last of the tickets, by number, whose rows are of this spelling; None: there is no other left."""
    [state] = await db.rows("SELECT spelling, upto FROM search_filled")
    upto: int | None = state["upto"] if state["spelling"] == SPELLING else 0
    return upto


async def put_together(pause: float = 0) -> None:
    """Make one part of the index's many, as a desk's next thousand writes would. pause: seconds that others have."""
    more = await merge(begin=True)
    while more:
        await asyncio.sleep(pause)
        more = await merge(begin=False)


async def index(first: int, last: int | None = None) -> None:
    """Bring the rows of tickets (one, or from the first to the last) up to date, inside the caller's transaction."""
    between = [first, last or first]
    tickets = await db.rows(
        "SELECT t.id, t.subject, p.id AS person, p.name, p.email FROM ticket t "
        "JOIN person p ON p.id = t.requester_id WHERE t.id BETWEEN ? AND ?",
        between,
    )
    said: dict[tuple[int, str], list[str]] = defaultdict(list)
    for comment in await db.rows(
        "SELECT ticket_id, kind, body FROM comment WHERE ticket_id BETWEEN ? AND ? AND NOT deleted "
        "ORDER BY ticket_id, event_id",
        between,
    ):
        said[comment["ticket_id"], comment["kind"]].append(comment["body"])
    rows = []
    for ticket in tickets:
        texts = (
            words.indexed(f"{ticket['id']} {ticket['subject']}"),
            *("\n".join(map(words.indexed, said[ticket["id"], kind])) for kind in (Kind.REPLY, Kind.NOTE)),
            _requester(ticket),
        )
        rows.append([ticket["id"], *texts])
    await db.rows("DELETE FROM search WHERE rowid BETWEEN ? AND ?", between)
    await db.insert_many("search", ("rowid", "subject", "replies", "notes", "requester"), rows)


async def add(ticket: int, kind: Kind, body: str) -> None:
    """Add the newest comment of a ticket to its row: as index() would have it, without a look at all the others."""
    column = "replies" if kind is Kind.REPLY else "notes"
    await db.rows(
        f"UPDATE search SET {column} = iif({column} = '', ?, {column} || char(10) || ?) WHERE rowid = ?",  # noqa: S608
        [words.indexed(body), words.indexed(body), ticket],
    )


async def rename(requester: int) -> None:
    """Bring the words that a person is found by up to date in the rows of their tickets, inside a transaction."""
    [row] = await db.rows("SELECT id AS person, name, email FROM person WHERE id = ?", [requester])
    theirs = "SELECT id FROM ticket WHERE requester_id = ?"
    await db.rows(f"UPDATE search SET requester = ? WHERE rowid IN ({theirs})", [_requester(row), requester])  # noqa: S608


def _phrase(text: str, *, begins: bool) -> str:
    """The words of a text in a row; nothing, if it holds no letter or digit. begins: whether the last one may go on."""
    row, star = words.asked(text, begins=begins)
    return f'"{" ".join(row)}"{"*" if star else ""}' if row else ""


def _tags(text: str) -> list[str]:
    """The tags of this text; none, if it is not one that a ticket can have."""
    tags = read_tags(text)
    return [] if refused_tags(tags) else tags


def _requester(row: dict[str, Any]) -> str:
    """What a requester is found by: who they are, their name, and their address, in both its forms if it has two."""
    named = " ".join(dict.fromkeys((row["name"], row["email"], addresses.shown(row["email"]))))
    return f"{_whose(row['person'])} {words.indexed(named)}"


def _whose(person: int) -> str:
    """A word of the index that stands in the rows of one requester, so that few rows are looked at for them.

    Its first letter is one of those that words.fold() makes plain, so no text holds it and no query asks for it.
    """
    return f"ᵖ{person}"
