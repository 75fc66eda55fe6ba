"""The index of SQLite: FTS5, one row a comment, and one for what stands above a ticket's comments.

A row's number is its ticket's, shifted, and its comment's: all rows of a ticket stand together, those of newer ones
after them. What is asked for is asked apart and met by ticket (docs/decisions/search.md).
"""

import asyncio
import itertools
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from app import db
from app.desk.asked import Asked, Phrase, Query
from app.desk.found import Found, Said, Step, Texts, steps, whose

SHIFT = 32  # bits of a row's number that are the comment's
FEW = 500  # rows that are looked at to tell what is rare; of a word that stands in fewer, all tickets are found at once
ALONE = 1500  # the same, of what alone is asked for: mostly enough for a count, which stops at a thousand
SOUGHT = 100  # tickets that the index is soon asked for one by one
DEAR = 25  # rows that are looked through in the time that one of these takes

FEW_ENDINGS = 16  # words
ENDINGS = """
    WITH RECURSIVE word(term) AS (
        SELECT (SELECT term FROM search_word WHERE term >= ? LIMIT 1) UNION ALL
        SELECT (SELECT term FROM search_word WHERE term >= word.term || char(1) LIMIT 1) FROM word
        WHERE word.term < ?
    )
    SELECT term FROM word WHERE term < ? LIMIT ?
"""  # a step finds the next word by a look into the index; the words themselves stand in it once for each place
MERGED = 20  # pages; others wait so long to write
PUBLIC = "{subject reply}"  # what a requester's words are looked for in

_BEGINNING = re.compile(r'"([^" ]+)"\*')
_WORD_OR_WORDS = re.compile(r'requester : ᵖ\d+|"[^" ]+"|\("[^" ]+"(?: OR "[^" ]+")*\)')


@dataclass(frozen=True)
class Hits:
    """How much of the index one thing is found in. rows: the newest; tickets: whose they are, as a JSON list."""

    match: str
    rows: int
    newest: int
    oldest: int
    tickets: str
    is_whole: bool

    def rows_each(self, newest: int) -> float:
        """How many rows there are for a ticket of the desk."""
        return self.rows / (newest - (0 if self.is_whole else self.oldest) + 1)


@dataclass(frozen=True)
class Meeting:
    """Of several things in one ticket.

    through: whose rows are looked through, the rarest first. sought: what each of the tickets that are left is looked
    up for. is_long: whether many rows may have to be passed over. known: what was found down to a ticket, as numbers
    with commas.
    """

    through: Sequence[str]
    sought: Sequence[str]
    is_long: bool
    known: dict[int, str]

    async def found(self, after: int, upto: int) -> Found:
        if after not in self.known:
            self.known[after] = await self._tickets(after, upto)
        tickets = ",".join(found for down_to, found in self.known.items() if found and down_to >= after)
        return Found(
            source="ticket t NOT INDEXED",  # but by its number
            where="t.id IN (SELECT value FROM json_each(?))",
            values=(f"[{tickets}]",),
            order="t.id DESC",
            is_long=False,
            most=tickets.count(",") + 1,
        )

    async def _tickets(self, after: int, upto: int) -> str:
        """Numbers of tickets after one and up to another. A beginning is not sought: it is put together each time."""
        chain, values = "", list[object]()
        for match in [*self.through, *(match for match in self.sought if "*" in match)]:
            among = f" AND rowid >> {SHIFT} IN ({chain})" if chain else ""
            chain = f"SELECT rowid >> {SHIFT} AS id FROM search WHERE search MATCH ? AND rowid BETWEEN ? AND ?{among}"  # noqa: S608
            values = [match, first_row(after + 1), first_row(upto + 1) - 1, *values]
        rows = f"rowid BETWEEN met.id << {SHIFT} AND (met.id << {SHIFT}) + {first_row(1) - 1}"
        has = f"EXISTS (SELECT 1 FROM search WHERE search MATCH ? AND {rows})"  # noqa: S608
        one_by_one = [match for match in self.sought if "*" not in match]
        [row] = await db.rows(
            f"SELECT group_concat(met.id) AS tickets FROM (SELECT DISTINCT id FROM ({chain}) AS r) AS met "  # noqa: S608
            f"WHERE {' AND '.join([has] * len(one_by_one)) or 'TRUE'}",
            [*values, *one_by_one],
            aside=self.is_long,
        )
        return row["tickets"] or ""


async def found(query: Query) -> Sequence[Step]:
    """The tickets of what is rare all at once; else the newest, and more and more of them."""
    matches = [await spelt_out(match) for match in matches_of(query)]
    hits: list[Hits] = []
    for match in matches:
        hits.append(await _hits(match, FEW if len(matches) > 1 else ALONE))
        if hits[-1].rows <= SOUGHT:
            break
    newest = max(it.newest for it in hits)
    rarest, *others = sorted(hits, key=lambda it: (not it.is_whole, it.rows_each(newest)))
    dear = DEAR * rarest.rows_each(newest)
    through = [rarest.match, *(it.match for it in others if it.rows_each(newest) <= dear)]
    sought = [it.match for it in others if it.rows_each(newest) > dear] + matches[len(hits) :]
    is_long = rarest.rows > SOUGHT or "*" in "".join(sought)
    down_to = [0] if rarest.is_whole else [*steps(newest, newest - max(it.oldest for it in hits) + 1)]
    known = {}
    if len(matches) == 1:  # it is found already; the first of it make a page
        tickets = sorted(set(json.loads(rarest.tickets)), reverse=True)
        first, more = tickets[:SOUGHT], tickets[SOUGHT:]
        known[down_to[0]] = _joined(more or first)
        if more:
            down_to.insert(0, first[-1] - 1)
            known[down_to[0]] = _joined(first)
    meeting = Meeting(through, sought, is_long, known)
    return [partial(meeting.found, after, upto) for upto, after in itertools.pairwise([newest, *down_to])]


def matches_of(query: Query) -> list[str]:
    """What FTS5 is asked, one thing after the other. https://sqlite.org/fts5.html#full_text_query_syntax"""
    if query.requester is None:
        return [_asked(asked) for asked in query.asked]
    return [f"requester : {whose(query.requester)}", *(f"{PUBLIC} : {_asked(asked)}" for asked in query.asked)]


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
        terms = [row["term"] for row in await db.rows(ENDINGS, [beginning, end, end, FEW_ENDINGS + 1])]
        if 1 <= len(terms) <= FEW_ENDINGS:
            spelt = " OR ".join(f'"{term}"' for term in terms)
            match = match.replace(f'"{beginning}"*', f"({spelt})")
    return match


def is_one_word(match: str) -> bool:
    """Whether a query, as it was spelt out, asks for one word, or any of some: each row that is looked at is found."""
    return _WORD_OR_WORDS.fullmatch(match) is not None


async def _hits(match: str, most: int) -> Hits:
    [row] = await db.rows(
        "SELECT count(*) AS n, max(ticket) AS newest, min(ticket) AS oldest, json_group_array(ticket) AS tickets "  # noqa: S608
        f"FROM (SELECT rowid >> {SHIFT} AS ticket FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?) AS few",
        [match, most + 1],
        aside=not is_one_word(match),
    )
    n = row["n"]
    return Hits(match, n, row["newest"] or 0, row["oldest"] or 0, row["tickets"], is_whole=n <= most)


def _joined(tickets: Sequence[int]) -> str:
    return ",".join(map(str, tickets))


def first_row(ticket: int) -> int:
    """The number of the row of what stands above a ticket's comments; that of a comment is so many more."""
    return ticket << SHIFT


async def write(first: int, last: int, rows: Collection[Texts]) -> None:
    await db.rows("DELETE FROM search WHERE rowid BETWEEN ? AND ?", [first_row(first), first_row(last + 1) - 1])
    values: list[list[object]] = []
    for row in rows:
        values.append([first_row(row.ticket), row.subject, "", "", row.requester])
        values += [_row(row.ticket, said) for said in sorted(row.said, key=lambda said: said.comment)]
    await db.insert_many("search", ("rowid", "subject", "reply", "note", "requester"), values)


def _row(ticket: int, said: Said) -> list[object]:
    reply, note = (said.words, "") if said.public else ("", said.words)
    return [first_row(ticket) + said.comment, "", reply, note, ""]


async def add(ticket: int, said: Said) -> None:
    await db.insert_many("search", ("rowid", "subject", "reply", "note", "requester"), [_row(ticket, said)])


async def revise(ticket: int, comment: int, said: Said | None) -> bool:
    await db.rows("DELETE FROM search WHERE rowid = ?", [first_row(ticket) + comment])
    if said:
        await add(ticket, said)
    return True


async def retitle(texts: Texts) -> bool:
    await db.rows(
        "UPDATE search SET subject = ?, requester = ? WHERE rowid = ?",
        [texts.subject, texts.requester, first_row(texts.ticket)],
    )
    return True


async def rename(requester: int, named: str) -> bool:
    theirs = f"SELECT id << {SHIFT} FROM ticket WHERE requester_id = ?"  # noqa: S608
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
