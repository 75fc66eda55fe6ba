"""What people paste is found by what they type, in any script; what no word separates is found inside."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import db
from app.desk import search_fts5, words
from app.desk.asked import parse

from .acts import a_ticket
from .test_search import found

ALIKE = (  # ways to write the same, each of which finds all of them
    ("Łódź", "lodz", "ŁO\u0301DZ\u0301", "łódź"),
    ("Ørsted", "orsted", "ORSTED"),
    ("Đakovo", "dakovo"),
    ("Ħamrun", "hamrun"),
    ("Diyarbakır", "DIYARBAKIR", "diyarbakir"),
    ("İzmir", "izmir", "IZMIR"),
    ("Straße", "STRASSE", "strasse"),
    ("Þingvellir", "thingvellir"),
    ("Encyclopædia", "encyclopaedia"),
    ("œuvre", "OEUVRE"),
    ("Ёжик", "ежик", "ЕЖИК"),
    ("wal\u00adrus", "walrus", "w\u200balrus", "wal\u2060rus", "wal\ufeffrus", "\u202awalrus\u202c", "walrus\ufe0f"),
    ("１２３４５", "12345", "١٢٣٤٥", "१२३४५", "𝟏𝟐𝟑𝟒𝟓"),
    ("ＶＰＮ", "vpn", "𝗩𝗣𝗡"),
    ("ﬁreﬂy", "firefly"),
    ("CO₂", "co2"),
    ("km²", "km2"),
    ("مُحَمَّد", "محمد", "محمـــد"),
    ("أحمد", "احمد"),
    ("שָׁלוֹם", "שלום"),
    ("हिन्दी", "हिन्दी"),
    ("फ़ाइल", "फाइल"),
    ("Ελλάδα", "ΕΛΛΑΔΑ", "ελλαδα"),
    ("ガギ", "ｶﾞｷﾞ"),
    ("한글", "\u1112\u1161\u11ab\u1100\u1173\u11af"),
)
INSIDE = (  # a text, what finds it, and what does not
    ("Rechnung №4711", ("4711", "no", '"№ 4711"'), ("471", "711")),
    ("N.º4711, nº815", ("4711", "815", "nº815"), ("n815",)),
    ("Windows™ 11, Office® and Dymo℠", ("windows", '"windows 11"', "office", "dymo"), ("windowstm", "tm")),
    ("5㎏ at 20℃, 2½ cups ①first", ("5", "kg", "20", "first", "2½"), ("21",)),
    ("a footnote¹ and another²", ("footnote", "another", "footnote¹", '"a footnote1 and"'), ("1",)),
    ("C++, c#, .NET and r&d", ("c++", "c#", ".net", "r&d"), ("c++ java",)),
    ("ask o'neil+desk@pult.example", ("o'neil", "o’neil+desk@pult.example", "desk@pult.example"), ("oneil",)),
    ("call +49 (30) 1234-567", ("+49", "1234-567", '"30 1234 567"'), ("1234567",)),
    (r"C:\Users\_svc\app.log", (r"C:\Users\_svc", "app.log", "_svc", "users"), ("usersvc",)),
    ("from 192.168.0.17:8080", ("192.168.0.17", "0.17:8080", "192.168.0.17:8080"), ("192.168.0.1",)),
    ("self.snake_case(__init__)", ("snake_case", "case", "__init__", "snake"), ("snakecase",)),
    ("done 🎉done👍🏽 1️⃣", ("done", "1"), ("🎉",)),
    (
        "日本語のプリンターが壊れた",
        ("日本", "本語", "プリンター", "壊れた", "語", "た", "日本語のプリンター"),
        ("日語", "た日"),
    ),
    ("请重启打印机，然后再试", ("打印机", "打印", "重启", "再试", "印机，然后"), ("重印", "机后")),
    ("iPhone16を修理したい", ("iphone16", "修理", "iPhone16を修理"), ("iphone を買",)),
    ("เครื่องพิมพ์ไม่ทำงาน", ("เครื่องพิมพ์", "พิมพ์", "ทำงาน", "ไม่"), ("พิมพ์ทำงาน",)),
    ("ເຄື່ອງພິມບໍ່ເຮັດວຽກ", ("ພິມ", "ເຮັດວຽກ"), ("ພິມວຽກ",)),
    ("ម៉ាស៊ីនបោះពុម្ពខូច", ("បោះពុម្ព", "ខូច"), ("ពុម្ពម៉ាស៊ីន",)),
    ("ပရင်တာပျက်နေတယ်", ("ပရင်တာ", "ပျက်"), ("ပျက်ပရင်",)),
    ("프린터를 고쳐 주세요", ("프린터", "고쳐", "주세요"), ("터린",)),
    ("prin\u200bter status:500 at tag: x", ("printer", "status:500", "tag:", '"status 500 at"'), ("status:501",)),
    (
        "He said it is printing",
        ("“it is”", "«said it»", "„He said“", "‹is printing›", "‘it is’", "「said it」"),
        ("“is it”",),
    ),
    ("don’t print", ("don't", "don’t print"), ("‘print don’",)),
)


async def test_any_spelling_finds_every_spelling(desk):
    numbers = [[(await a_ticket(desk.clara, subject=f"x {one}")).id for one in group] for group in ALIKE]
    for group, tickets in zip(ALIKE, numbers, strict=True):
        for asked in group:
            assert sorted(await found(desk.anna, asked)) == tickets, (asked, group)
            assert sorted(await found(desk.clara, f'"{asked}"')) == tickets, (asked, group)


async def test_a_word_is_found_wherever_it_ends_for_people(desk):
    for text, finds, misses in INSIDE:
        number = (await a_ticket(desk.clara, subject="x", body=text)).id
        for asked in finds:
            assert number in await found(desk.anna, asked), (text, asked)
        for asked in misses:
            assert number not in await found(desk.anna, asked), (text, asked)


LETTERS = "abж日本語ドのกี่"
LATIN = "[abж]"  # what has spaces between its words
texts = st.lists(st.text(LETTERS, min_size=1, max_size=5), min_size=1, max_size=5).map(" ".join)
asked_for = st.text(LETTERS, min_size=1, max_size=4)


def plainly(asked: str, text: str) -> bool:
    """Whether it stands in the text: words with spaces between them as a whole, others anywhere."""

    def apart(some: str) -> str:
        return re.sub(rf"(?<={LATIN})(?=[^abж ])|(?<=[^abж ])(?={LATIN})", " ", some)

    begin, end = (f"(?<!{LATIN})" if asked[0] in LATIN else "", f"(?!{LATIN})" if asked[-1] in LATIN else "")
    return bool(re.search(begin + re.escape(apart(asked)) + end, apart(text)))


@pytest.mark.sqlite
@given(said=st.lists(texts, min_size=3, max_size=3), asked=st.lists(asked_for, min_size=4, max_size=4))
async def test_what_is_asked_for_is_found_exactly_where_it_stands(said, asked, desk):
    rows = [[number, words.indexed(text)] for number, text in enumerate(said)]
    await db.rows("DELETE FROM search")
    await db.insert_many("search", ["rowid", "reply"], rows)
    for one in asked:
        [match] = search_fts5.matches_of(parse(f'"{one}"', requester=None))
        hits = await db.rows("SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid", [match])
        assert [said[hit["rowid"]] for hit in hits] == [text for text in said if plainly(one, text)], (one, said)


PLAIN = "Aa \x00_Zz1АаЙйЁёЯяЩъ«»–—“”„‘’"


@given(text=st.text(PLAIN))
def test_what_is_folded_fast_is_folded_alike(text):
    assert words.is_plain(text)
    with pytest.MonkeyPatch.context() as slow:
        slow.setattr(words, "is_plain", lambda _: False)
        folded, indexed = words.fold(text), words.indexed(text)
    assert (words.fold(text), words.indexed(text)) == (folded, indexed) and len(folded) == len(text)


@given(text=st.text(st.characters(codec="utf-8")))
def test_folding_is_done_once(text):
    assert words.fold(words.fold(text)) == words.fold(text)


@given(text=st.text(st.characters(codec="utf-8")) | st.text("ᵖP1p ", max_size=4))
def test_no_text_holds_the_word_that_tells_whose_a_ticket_is(text):
    assert "ᵖ" not in words.indexed(text) and "ᵖ" not in "".join(words.asked(text, begins=True)[0])


def test_words_keep_their_letters():
    assert words.fold("Ёжик Йогурт ÅNGSTRÖM Straße ﬁn") == "ежик йогурт angstrom strasse fin"


@pytest.mark.parametrize("asked", ["\u200b", "\u2800", "\u00ad\u3164", "™", "…"])
async def test_what_holds_no_word_finds_nothing_that_is_not_all(asked, desk):
    await a_ticket(desk.clara)
    assert await found(desk.anna, asked, view="all") == ([1] if not asked.strip("\u200b\u2800\u00ad\u3164") else [])
