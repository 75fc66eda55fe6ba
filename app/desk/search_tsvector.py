"""The index of PostgreSQL: a tsvector a ticket, of the words that we cut ourselves, and a GIN over it.

The server's planner is asked for no plan: it thinks that half a percent of all tickets have a word that it knows
nothing of, and would walk through a million of them for one that nobody wrote. search_found() looks into the index.
"""

from collections.abc import Collection, Iterable, Sequence

from app import db
from app.desk import words
from app.desk.asked import Asked, Phrase, Query
from app.desk.found import Found, Said, Step, Texts, steps, whose

FEW = 1000  # tickets that are named one by one
FIRST = 4096  # tickets, the newest, that are looked through first
SUBJECT, REPLIES, NOTES, REQUESTER = "ABCD"
PUBLIC = SUBJECT + REPLIES  # what a requester's words are looked for in

# https://www.postgresql.org/docs/current/textsearch-limitations.html
LAST_PLACE, MOST_PLACES = 16383, 250  # in a vector, and of one word
LARGEST = 900_000  # bytes of a vector's words and places
LONGEST_WORD = 255  # letters; nobody types more


async def found(query: Query) -> Sequence[Step]:
    """A few tickets by their numbers; else the newest of many, and more and more of them."""
    asked = tsquery(query)
    few = await db.rows("SELECT search_found(?::text::tsquery, ?) AS id", [asked, FEW + 1])
    if len(few) <= FEW:
        return [_step("t.id = ANY(?::integer[])", [row["id"] for row in few])]
    [last] = await db.rows("SELECT max(ticket_id) AS id FROM search")
    after = "t.id IN (SELECT search_found_after(?::text::tsquery, ?::integer))"
    return [_step(after, asked, number) for number in steps(last["id"], FIRST)]


def _step(where: str, *values: object) -> Step:
    async def found() -> Found:
        return Found(source="ticket t", where=where, values=values, order="t.id DESC", is_long=False)

    return found


def tsquery(query: Query) -> str:
    """https://www.postgresql.org/docs/current/datatype-textsearch.html#DATATYPE-TSQUERY"""
    public = PUBLIC if query.requester is not None else ""
    all_of_it = " & ".join(_asked(asked, public) for asked in query.asked)
    return all_of_it if query.requester is None else f"'{whose(query.requester)}':{REQUESTER} & {all_of_it}"


def _asked(asked: Asked, weights: str) -> str:
    weights = REQUESTER if asked.of_requester else weights
    return f"({' | '.join(_phrase(phrase, weights) for phrase in asked.phrases)})"


def _phrase(phrase: Phrase, weights: str) -> str:
    row = [f"'{word[:LONGEST_WORD]}'" + (f":{weights}" if weights else "") for word in phrase.words]
    if phrase.begins:
        row[-1] += "*" if weights else ":*"
    return f"({' <-> '.join(row)})"


def vector(*texts: tuple[str, str]) -> str:
    """A tsvector's text, of folded texts and what each is of. A place lies between two of them: no phrase goes across.

    Of what is too large the places go first, by which phrases are found, and then the last words.
    """
    places = _places(texts)
    if sum(map(_size, places.items())) > LARGEST:
        places = {word: list({place[-1]: place for place in known}.values()) for word, known in places.items()}
    room, lexemes = LARGEST, []
    for word, known in places.items():
        room -= _size((word, known))
        if room < 0:
            break
        lexemes.append(f"'{word}':{','.join(known)}")
    return " ".join(lexemes)


def _places(texts: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Of each word, the first ones, and one at least of each kind."""
    places: dict[str, list[str]] = {}
    kinds: set[tuple[str, str]] = set()
    at = 1
    for kind, text in texts:
        for whole in words.split(text):
            at += 1
            word = whole[:LONGEST_WORD]
            known = places.setdefault(word, [])
            if len(known) < MOST_PLACES or (word, kind) not in kinds:
                known.append(f"{min(at, LAST_PLACE)}{kind}")
                kinds.add((word, kind))
        at += 1
    return places


def _size(entry: tuple[str, list[str]]) -> int:
    word, known = entry
    return len(word.encode()) + 2 * len(known) + 4


async def write(first: int, last: int, rows: Collection[Texts]) -> None:
    """The rows of these tickets anew."""
    await db.rows("DELETE FROM search WHERE ticket_id BETWEEN ? AND ?", [first, last])
    for row in rows:
        texts = (
            (SUBJECT, row.subject),
            (REQUESTER, row.requester),  # before what may be too much: by this requesters find their own
            *((REPLIES, said.words) for said in row.said if said.public),
            *((NOTES, said.words) for said in row.said if not said.public),
        )
        await db.rows(
            "INSERT INTO search (ticket_id, words) VALUES (?, ?::text::tsvector)", [row.ticket, vector(*texts)]
        )


async def add(ticket: int, said: Said) -> None:
    """One more message after all that its row has; what has no room is not found."""
    more = vector((REPLIES if said.public else NOTES, said.words))
    await db.rows("UPDATE search SET words = search_joined(words, ?) WHERE ticket_id = ?", [more, ticket])


async def revise(ticket: int, comment: int, said: Said | None) -> bool:
    """A vector does not tell which of its words are of which message."""
    return False


async def retitle(texts: Texts) -> bool:
    return False


async def rename(requester: int, named: str) -> bool:
    """It stands among all other words."""
    return False


async def put_together(pause: float = 0) -> None:
    """The server does that by itself."""
