"""Full-text search: what people type, to a query that is always safe, and the index that answers it.

The index is SQLite's FTS5, one row a ticket. Text and query go through one function, fold(), so that case, accents and
the letter ё make no difference; what a word is, the index alone decides.
"""

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass

from app import db
from app.desk.models import Kind

LONGEST = 200  # characters of what is typed; the rest is not looked at
TABLE = """
    CREATE VIRTUAL TABLE search USING fts5(
        subject, replies, notes, requester, tokenize = "unicode61 remove_diacritics 0", prefix = "2"
    )
"""  # prefix: two letters begin too many words to be put together for each query
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

_PART = re.compile(r'(?:(from|tag|status):)?("[^"]*"?|\S+)', re.IGNORECASE)
_BEGINNING = re.compile(r'"([^\W_]+)"\*')
_WORD_OR_WORDS = re.compile(r'"[^\W_]+"|\("[^\W_]+"(?: OR "[^\W_]+")*\)')
_LAST = re.compile(r"[^\W_]+$")  # one letter begins half of all words, and a number is typed whole: neither goes on
_SHORT_I = "\N{CYRILLIC SMALL LETTER I}\N{COMBINING BREVE}"  # й is a letter of its own, no и with an accent


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
    """What was typed as lists keep it: one line, not too long."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST].rstrip()


def parse(text: str, *, requester: int | None) -> Query:
    """The query of a tidy text, for staff or for one requester.

    Words in any order, the last one a beginning unless it is quoted; "quoted words" in theirs; #42 a ticket's number;
    for staff from: (name or email), tag: and status: too; for a requester status: alone is more than words.
    """
    words, status, tags = [], set(), []
    number = None
    parts = list(_PART.finditer(text))
    for part in parts:
        operator, value = (part[1] or "").lower(), part[2].strip('"')
        if operator == "status":
            status.add(value.lower())
        elif operator == "tag" and requester is None:
            tags.append(value.lower())
        elif value.startswith("#") and value[1:].isascii() and value[1:].isdecimal() and not operator:
            number = int(value[1:11])
        else:
            asked = operator == "from" and requester is None
            phrase = value if asked or not operator else f"{operator} {value}"
            begins = part is parts[-1] and not re.fullmatch('".*"', part[2])
            words += _phrase(phrase, column="requester : " if asked else "", begins=begins)
    match = " AND ".join(words)
    if requester is not None and match:
        match = f"requester : {_person(requester)} AND {PUBLIC} : ({match})"
    return Query(match, number, frozenset(status), tuple(tags))


def fold(text: str) -> str:
    """The text without what makes no difference to who looks for it: case, accents, ё for е."""
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    if not parts.isascii():
        kept = parts.replace(_SHORT_I, "\N{CYRILLIC SMALL LETTER SHORT I}")
        parts = "".join(c for c in kept if unicodedata.category(c) not in ("Mn", "Cs"))
    return parts.replace("\x00", " ")


async def spelt_out(match: str) -> str:
    """The same query of the index, with a word's beginning replaced by the words that begin so, if they are few.

    What a word stands in, the index tells one by one. What a beginning stands in it puts together before it tells any:
    3 ms for a word in a tenth of a million tickets, instead of 0.2.
    """
    beginning = _BEGINNING.search(match)
    if not beginning:
        return match
    end = beginning[1] + "\U0010ffff"
    words = [row["term"] for row in await db.rows(ENDINGS, [beginning[1], end, end, FEW + 1])]
    if not 1 <= len(words) <= FEW:
        return match
    spelt = " OR ".join(f'"{word}"' for word in words)
    return match.replace(beginning[0], f"({spelt})")


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
            f"{ticket['id']} {ticket['subject']}",
            *("\n".join(said[ticket["id"], kind]) for kind in (Kind.REPLY, Kind.NOTE)),
            f"{_person(ticket['person'])} {ticket['name']} {ticket['email']}",
        )
        rows.append([ticket["id"], *map(fold, texts)])
    await db.rows("DELETE FROM search WHERE rowid BETWEEN ? AND ?", between)
    await db.insert_many("search", ("rowid", "subject", "replies", "notes", "requester"), rows)


async def add(ticket: int, kind: Kind, body: str) -> None:
    """Add the newest comment of a ticket to its row: as index() would have it, without a look at all the others."""
    column = "replies" if kind is Kind.REPLY else "notes"
    await db.rows(
        f"UPDATE search SET {column} = iif({column} = '', ?, {column} || char(10) || ?) WHERE rowid = ?",  # noqa: S608
        [fold(body), fold(body), ticket],
    )


def _phrase(text: str, *, column: str, begins: bool) -> list[str]:
    """The text as words in a row; begins: whether the last one may go on. Nothing, if it holds no letter or digit."""
    folded = fold(text).replace('"', " ")
    if not any(c.isalnum() for c in folded):
        return []
    last = _LAST.search(folded)
    star = "*" if begins and last and len(last[0]) > 1 and not last[0].isdecimal() else ""
    return [f'{column}"{folded}"{star}']


def _person(person: int) -> str:
    """A word of the index that stands in the rows of one requester: few rows are looked at for them."""
    return f"person{person}"
