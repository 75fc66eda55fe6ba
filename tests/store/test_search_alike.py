"""The same questions find the same tickets, and as many of them, on both stores."""

import random
import shutil

import pytest

from app import db
from app.config import Database
from app.desk import filters, people, queries, search_tsvector, tickets
from app.desk.found import Said
from app.desk.models import Person
from tests import forms
from tests.conftest import make_cast
from tests.desk.acts import a_ticket

QUESTIONS = 200
WORDS = (
    *("printer", "paper", "Büro", "error", "VPN", "invoice", "jam", "pre", "prefix", "preface", "wort", "Wörter"),
    *("счёт", "ёлка", "йод", "привет", "при", "日本語のプリンター", "กี่วัน", "m²", "№4711", "a@b.example", "x/y", "1e5"),
    *("it's", "don’t", "re-open", "ﬁne", "ÅNGSTRÖM", "500", "4", "42", "C++", "node.js", "under_score", "2026-11-28"),
)


def text(chance: random.Random, most: int) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(1, most)))


async def corpus() -> list[Person]:
    """Two hundred messages of two requesters in fifty tickets; who asks."""
    cast, chance = await make_cast(), random.Random(1)
    for number in range(1, 51):
        by = chance.choice([cast.clara, cast.dmitri])
        await a_ticket(by, subject=text(chance, 4), body=text(chance, 30))
        for _ in range(chance.randint(0, 5)):
            await forms.write(cast.anna, number, text(chance, 20), kind=chance.choice(["reply", "note"]))
        if chance.random() < 0.3:
            await forms.change(cast.anna, number, "1", {"tags": chance.choice(["vpn", "net work"])})
    await people.set_name(cast.dmitri, "Wörter von Prefix")
    await tickets.delete(cast.vera, 7)
    return [cast.anna, cast.clara, cast.dmitri]


def questions() -> list[str]:
    chance = random.Random(2)

    def one() -> str:
        word = chance.choice(WORDS)
        begun = word[: chance.randint(1, len(word))]
        row = text(chance, 3)
        more = (word, begun, f"{begun}*", f'"{row}"', f'"{row[:-1]}', row, f"from:{begun}", "from:clara@pult.example")
        return chance.choice(
            (*more, "tag:vpn", 'tag:"net work"', "status:open", f"#{chance.randint(1, 60)}", "*", "!?")
        )

    return [" ".join(one() for _ in range(chance.choice([1, 1, 2, 3]))) for _ in range(QUESTIONS)]


async def answers(database: Database) -> list[tuple[str, str, list[int], int]]:
    await db.connect(database)
    try:
        found = []
        for person in await corpus():
            for asked in questions():
                filter_ = filters.parse(person, {"q": [asked], "view": ["all"]})
                page = await queries.page(filter_)
                found.append((person.name, asked, [row.id for row in page.rows], page.count))
        return found
    finally:
        await db.disconnect()


async def test_the_same_questions_find_the_same_tickets(blank, database, tmp_path):
    path = tmp_path / "pult.sqlite3"
    shutil.copy(blank, path)
    by_fts5 = await answers(Database(path=path))
    by_tsvector = await answers(database)
    assert [pair for pair in zip(by_fts5, by_tsvector, strict=True) if pair[0] != pair[1]] == []
    assert sum(bool(ids) for _, _, ids, _ in by_fts5) > QUESTIONS


async def test_a_word_in_very_many_tickets_is_looked_for_among_the_newest_first(desk, monkeypatch):
    """Where many are found, the last pages and the whole count take more and more of the older ones."""
    monkeypatch.setattr(search_tsvector, "FEW", 10)
    monkeypatch.setattr(search_tsvector, "FIRST", 4)
    for number in range(1, 131):
        await a_ticket(desk.clara, subject=f"{'even' if number % 2 == 0 else 'odd'} printer")
    for asked, expected in (
        ("printer", range(130, 0, -1)),
        ("odd", range(129, 0, -2)),
        ("even pri", range(130, 0, -2)),
    ):
        filter_ = filters.parse(desk.anna, {"q": [asked]})
        first, second = await queries.page(filter_), await queries.page(filters.replace(filter_, page=2))
        assert [row.id for row in (*first.rows, *second.rows)] == [*expected][:100]
        assert first.count == second.count == await queries.count(filter_) == len(expected)


async def test_a_ticket_of_more_words_than_the_index_holds_takes_replies(desk):
    """A tsvector has room for one megabyte."""
    ticket = await a_ticket(desk.clara, subject="Endless")
    for first in range(0, 160_000, 10_000):
        async with db.transaction():
            body = " ".join(f"word{number}" for number in range(first, first + 10_000))
            await search_tsvector.add(ticket.id, Said(first, public=True, words=body))
    await forms.write(desk.anna, ticket.id, "walrus")
    whole = search_tsvector.vector(("A", "endless"), ("B", " ".join(f"word{number}" for number in range(160_000))))
    [made] = await db.rows("SELECT length(?::text::tsvector) AS words", [whole])
    assert 40_000 < made["words"] < 160_000
    page = await queries.page(filters.parse(desk.anna, {"q": ["endless word1"]}))
    assert [row.id for row in page.rows] == [ticket.id]


@pytest.mark.parametrize(
    ("texts", "vector"),
    [
        ([("A", "a b a")], "'a':2A,4A 'b':3A"),
        ([("A", "a"), ("B", "a")], "'a':2A,4B"),  # no phrase goes from one to the other
        ([("B", "a_b c-d")], "'a':2B 'b':3B 'c':4B 'd':5B"),
        ([("C", "")], ""),
    ],
)
def test_a_vector_is_of_the_words_that_we_cut(texts, vector):
    assert search_tsvector.vector(*texts) == vector
