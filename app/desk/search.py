"""Full-text search: which index the store has, and what each ticket is found by in it.

What its words are, desk/words says, for text and query alike; what is asked, desk/asked.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, Protocol, cast

from app import db
from app.desk import addresses, search_fts5, search_tsvector, words
from app.desk.asked import Query
from app.desk.found import Said, Step, Texts, whose
from app.desk.models import Comment, Kind

SPELLING = 1  # of the index's rows; raised with every change of what index() writes, so that old ones are written anew
BATCH = 200  # tickets a transaction, which take a tenth of a second


class Index(Protocol):
    """Of the words of all tickets. Its verbs are called inside the caller's transaction.

    Those that answer whether that was all there is to do have written nothing if it was not: the rows of whole tickets
    are to be written then.
    """

    async def found(self, query: Query) -> Sequence[Step]:
        """What the query asks of the index. It is enough to look further where the step before had too few."""

    async def write(self, first: int, last: int, rows: Collection[Texts]) -> None:
        """The rows of these tickets anew."""

    async def add(self, ticket: int, said: Said) -> None:
        """One more message, as write() would have it."""

    async def revise(self, ticket: int, comment: int, said: Said | None) -> bool:
        """A message as it is now; None: it is gone. Whether that was all."""

    async def retitle(self, texts: Texts) -> bool:
        """What stands above a ticket's messages as it is now. Whether that was all."""

    async def rename(self, requester: int, named: str) -> bool:
        """What a person is found by, in the rows of their tickets. Whether that was all."""

    async def put_together(self, pause: float = 0) -> None: ...


INDEXES = {"fts5": search_fts5, "tsvector": search_tsvector}


def _index() -> Index:
    return cast(Index, INDEXES[db.dialect().index])


async def found(query: Query) -> Sequence[Step]:
    """What the index finds, see Index.found; nothing: it is not asked."""
    return await _index().found(query) if query.asked else ()


async def put_together(pause: float = 0) -> None:
    """Make one part of the index's many, as a desk's next thousand writes would. pause: seconds that others have."""
    await _index().put_together(pause)


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


async def forget() -> None:
    """Nothing of the index counts as written, inside a transaction: fill() writes all of it."""
    await db.rows("UPDATE search_filled SET spelling = 0")


async def _filled() -> int | None:
    """The last of the tickets, by number, whose rows are of this spelling; None: there is no other left."""
    [state] = await db.rows("SELECT spelling, upto FROM search_filled")
    upto: int | None = state["upto"] if state["spelling"] == SPELLING else 0
    return upto


async def index(first: int, last: int | None = None) -> None:
    """Bring the rows of tickets (one, or from the first to the last) up to date, inside the caller's transaction."""
    between = [first, last or first]
    said: dict[int, list[Said]] = defaultdict(list)
    for comment in await db.rows(
        "SELECT id, ticket_id, kind, body FROM comment WHERE ticket_id BETWEEN ? AND ? AND NOT deleted "
        "ORDER BY ticket_id, event_id",
        between,
    ):
        said[comment["ticket_id"]].append(_said(comment["id"], comment["kind"], comment["body"]))
    rows = [replace(texts, said=said[texts.ticket]) for texts in await _titles(*between)]
    await _index().write(between[0], between[1], rows)


async def add(comment: Comment) -> None:
    """Add the newest comment of a ticket: found as index() would have it, without a look at all others."""
    await _index().add(comment.ticket_id, _said(comment.id, comment.kind, comment.body))


async def revise(comment: Comment) -> None:
    """Bring a comment's words up to date."""
    said = None if comment.deleted else _said(comment.id, comment.kind, comment.body)
    if not await _index().revise(comment.ticket_id, comment.id, said):
        await index(comment.ticket_id)


async def retitle(ticket: int) -> None:
    """Bring a ticket's own words up to date: its subject and its requester."""
    for texts in await _titles(ticket, ticket):
        if not await _index().retitle(texts):
            await index(ticket)


async def rename(requester: int) -> None:
    """Bring the words that a person is found by up to date in the rows of their tickets, inside a transaction."""
    [row] = await db.rows("SELECT id AS person, name, email FROM person WHERE id = ?", [requester])
    if await _index().rename(requester, _requester(row)):
        return
    for ticket in await db.rows("SELECT id FROM ticket WHERE requester_id = ?", [requester]):
        await index(ticket["id"])


async def _titles(first: int, last: int) -> list[Texts]:
    """What stands above the messages of these tickets."""
    tickets = await db.rows(
        "SELECT t.id, t.subject, p.id AS person, p.name, p.email FROM ticket t "
        "JOIN person p ON p.id = t.requester_id WHERE t.id BETWEEN ? AND ? ORDER BY t.id",
        [first, last],
    )
    return [Texts(row["id"], words.indexed(f"{row['id']} {row['subject']}"), _requester(row)) for row in tickets]


def _said(comment: int, kind: str, body: str) -> Said:
    return Said(comment, public=kind == Kind.REPLY, words=words.indexed(body))


def _requester(row: dict[str, Any]) -> str:
    """What a requester is found by: who they are, their name, and their address, in both its forms if it has two."""
    named = " ".join(dict.fromkeys((row["name"], row["email"], addresses.shown(row["email"]))))
    return f"{whose(row['person'])} {words.indexed(named)}"
