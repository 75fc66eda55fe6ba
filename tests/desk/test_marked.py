"""What was found is marked in the text as it was typed, and a piece of it says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.desk import filters, marked, queries, words
from app.desk.asked import parse
from app.desk.letters import without_ignored
from app.desk.models import Person
from app.desk.queries import LONGEST_SAID
from tests import forms

from .acts import a_ticket
from .test_words import ALIKE

LETTERS = "abё еЁй日本語ド\u0301ﬁ\u200b\n.<&_"
texts = st.lists(st.text(LETTERS, min_size=1, max_size=12), min_size=1, max_size=60).map(" ".join)


def around(text: str, q: str) -> marked.Piece | None:
    return marked.around(text, marked.sought(parse(q, requester=None)))


def shown(text: str, q: str) -> str:
    piece = around(text, q)
    return "".join(f"[{part}]" if found else part for part, found in piece.pieces) if piece else ""


@pytest.mark.parametrize(
    ("text", "q", "piece"),
    [
        ("Paper in the Büro, floor two", "buro", "Paper in the [Büro], floor two"),
        ("Обычно СЧЁТ приходит.\nЙод и Ёлка.", "счет елк", "Обычно [СЧЁТ] приходит.\nЙод и [Ёлка]."),
        ("floor two, a paper on floor", '"floor two" pap', "[floor two], a [paper] on floor"),
        ("support the port", "port", "support the [port]"),
        ("これは日本語のプリンターが壊れた", "日本語 プリンター", "これは[日本語]の[プリンター]が壊れた"),
        ("wal\u00adrus & <b>", "walrus", "[wal\u00adrus] & <b>"),
        ("anna says x", "from:anna x", "anna says [x]"),
        ("nothing of it", "walrus", ""),
        ("walrus", "tag:walrus", ""),
    ],
)
def test_the_words_that_are_looked_for_are_marked(text, q, piece):
    assert shown(text, q) == piece


def test_a_long_text_is_cut_between_words_around_the_first_of_them():
    for word, other in (("lever", "paper"), ("рычаг", "бумагё")):
        text = f"{other} " * 3000 + f"the {word.upper()} here " + f"{other} " * 3000
        piece = around(text, word)
        whole = "".join(part for part, _ in piece.pieces)
        assert whole in text and not piece.begins and (word.upper(), True) in piece.pieces
        assert set(whole.split()) == {other, "the", word.upper(), "here"} and len(whole) <= marked.BEFORE + marked.AFTER


@given(text=texts, q=st.text(LETTERS, min_size=1, max_size=6))
def test_what_is_shown_is_a_piece_of_what_was_typed_and_what_is_marked_is_what_was_asked_for(text, q):
    query = parse(q, requester=None)
    piece = marked.around(text, marked.sought(query))
    if piece is None:
        return
    assert "".join(part for part, _ in piece.pieces) in text
    asked = {word for asked in query.asked for phrase in asked.phrases for word in phrase.words}
    found = [part for part, is_found in piece.pieces if is_found]
    assert found
    for part in found:
        assert any(word in words.fold(part) for word in asked), (part, asked)


@pytest.mark.parametrize(
    "text", ["\N{DEVANAGARI VOWEL SIGN AA}" * 10_000, "\N{DEVANAGARI VOWEL SIGN AA} " * 5_000 + "z"]
)
def test_looking_for_a_phrase_of_marks_ends(text):
    """Each could be a word, or stand between two: there are more ways to read such a text than anybody can try."""
    q = " ".join(["\N{DEVANAGARI VOWEL SIGN AA}"] * 95 + ["z"])
    assert around(text, f'"{q}"') is around(text, q.replace(" ", "_")) is None
    assert around("a - " * 2_500, '"a a a a a a a a a b"') is None


def test_every_spelling_is_marked_whole():
    for group in ALIKE:
        for asked in group:
            for typed in group:
                piece = without_ignored(shown(f"see {typed} there", f'"{asked}"'))
                assert piece == f"see [{without_ignored(typed)}] there", (asked, typed)


async def row(person: Person, q: str) -> queries.Row:
    [found] = (await queries.page(filters.parse(person, {"q": [q]}))).rows
    return found


def text_of(piece: marked.Piece | None) -> str:
    return "".join(part for part, _ in piece.pieces) if piece else ""


async def test_a_requester_is_shown_nothing_of_a_note(desk):
    ticket = await a_ticket(desk.clara, subject="Printer jams", body="The lever is stuck")
    await forms.write(desk.anna, ticket.id, "a lever that nobody knows", kind="note")
    assert text_of((await row(desk.anna, "lever")).said) == "a lever that nobody knows"
    assert text_of((await row(desk.clara, "lever")).said) == "The lever is stuck"
    await forms.write(desk.anna, ticket.id, "printer, said in secret", kind="note")
    theirs = await row(desk.clara, "printer")
    assert theirs.said is None and theirs.named == (("Printer", True), (" jams", False))
    assert text_of((await row(desk.anna, "printer")).said) == "printer, said in secret"


@pytest.mark.parametrize(
    ("body", "is_marked"),
    [
        (" " * LONGEST_SAID + "walrus", False),
        ("`" + "\n" * LONGEST_SAID + "walrus`", False),
        ("walrus " + "x" * LONGEST_SAID, True),
        ("walrus" + "、字" * LONGEST_SAID, True),
        ("walrus".rjust(LONGEST_SAID, "-"), True),
        ("walrus here".rjust(LONGEST_SAID + len(" here"), "-"), True),
        ("walruses, a walrus".rjust(LONGEST_SAID + len("es, a walrus")), False),
    ],
    ids=["indent", "lines", "one long word", "no spaces", "not cut", "cut after a word", "cut in a word"],
)
async def test_of_a_long_message_the_beginning_is_looked_at_and_no_part_of_a_word(desk, body, is_marked):
    ticket = await a_ticket(desk.clara, body="an older walrus")
    await forms.write(desk.anna, ticket.id, body)
    piece = text_of((await row(desk.anna, '"walrus"')).said)
    assert "walrus" in piece and (piece != "an older walrus") is is_marked


async def test_a_list_that_nobody_searches_reads_no_message(desk):
    await a_ticket(desk.clara, subject="Printer", body="status:open printer")
    for asked in ({"view": ["all"]}, {"q": ["status:new"]}, {"q": ["from:clara"]}, {"q": ["#1"]}):
        [found] = (await queries.page(filters.parse(desk.anna, asked))).rows
        assert found.said is None and found.named == ()
