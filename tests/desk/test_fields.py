"""What people type into fields: what is nothing to the eye is nothing, and a tag is what people call one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.desk import embeds, filters, letters, people, queries, values
from app.desk.audience import STAFF
from app.desk.errors import Code, Invalid
from tests import forms

from .acts import a_ticket, everything

NOTHING = (  # to see
    *(
        "",
        " ",
        "\t\r\n",
        "\u200b",
        "\u200c\u200d",
        "\u2800",
        "\u3164",
        "\u00ad",
        "\u115f",
        "\u1160",
        "\uffa0",
        "\u034f",
    ),
    *(
        "\u2060\u2061\u2062\u2063\u2064",
        "\ufe00\ufe0f",
        "\ufeff",
        "\u202a\u202e\u202c",
        "\u2066\u2069",
        "\u061c",
        "\u180e",
    ),
    *("\u0301", "\u20e3", "\u00a0\u1680\u2003\u202f\u205f\u3000", "\u17b4\u17b5", "\U000e0061\U000e007f", "\U0001d159"),
    *(
        "\x00\x07\x1b",
        "\x85\u2028\u2029",
        "\ufffc",
        "\uffff",
        "\ufdd0",
        "\U0001bca0",
        " \u200b\u2800\u3164\u00ad\u0301\n",
    ),
)
SOMETHING = (
    ".",
    "-",
    "👍",
    "🇬🇧",
    "1️⃣",
    "e\u0301",
    "\u0301e",
    "ไ",
    "हि",
    "…",
    "\ue000",
    "�",
    "\U0003abcd",
    "a\u200b",
    "。",
)


@pytest.mark.parametrize("nothing", NOTHING, ids=ascii)
async def test_what_cannot_be_seen_is_no_text_anywhere(nothing, desk):
    await a_ticket(desk.clara)
    said = await forms.write(desk.anna, 1, "Hello")
    before = await everything()
    for field, attempt in (
        ("subject", a_ticket(desk.clara, subject=nothing)),
        ("body", a_ticket(desk.clara, body=nothing)),
        ("subject", forms.change(desk.anna, 1, "2", {"subject": nothing})),
        ("body", forms.write(desk.clara, 1, nothing)),
        ("body", forms.write(desk.anna, 1, nothing, kind="note")),
        ("body", forms.edit(desk.anna, said.id, nothing, "1")),
        ("name", people.add("eva@pult.example", nothing, "agent")),
        ("name", embeds.add_key(nothing, ["https://shop.example"])),
    ):
        with pytest.raises(Invalid) as problem:
            await attempt
        assert problem.value.errors == {field: Code.EMPTY}
    assert await everything() == before
    assert (await people.find_or_add_requester("eva@pult.example", nothing)).name == "eva"
    assert values.read_tags(f"vpn, {nothing},,") == ["vpn"]


@pytest.mark.parametrize("something", SOMETHING, ids=ascii)
async def test_the_shortest_words_are_words(something, desk):
    ticket = await a_ticket(desk.clara, subject=something, body=something, tags=something)
    assert (await queries.header(STAFF, ticket.id)).subject == something
    assert len(values.read_tags(something)) == 1 and values.refused_tags(values.read_tags(something)) is None


@given(text=st.text(st.characters(codec="utf-8")))
def test_what_is_left_out_was_not_seen(text):
    assert letters.is_visible(letters.without_ignored(text)) == letters.is_visible(text)
    assert letters.is_visible(letters.without_strays(text)) == letters.is_visible(text)


TAGS = {  # as typed: as kept
    "C++, c#, .NET, R&D": ["c++", "c#", ".net", "r&d"],
    "#vip @home *now* <b>, 50% don't _x_": ["#vip @home *now* <b>", "50% don't _x_"],
    "🔥, ❤️, 👩‍👩‍👧, 🏴󠁧󠁢󠁥󠁮󠁧󠁿": ["🔥", "❤️", "👩‍👩‍👧", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"],
    "हिन्दी, ไทยที่, 日本語, العربية, עברית": ["हिन्दी", "ไทยที่", "日本語", "العربية", "עברית"],
    "Café, cafe\u0301, CAFE\u0301": ["café"],
    "İstanbul, I\u0307STANBUL, istanbul": ["istanbul"],
    "ÄÖÜ, Straße, ΣΊΣΥΦΟΣ": ["äöü", "straße", "σίσυφος"],
    "vpn\u200b, \u202avpn\u202c, v\u00adpn, \ufeffVPN": ["vpn"],
    "a，b、c;d；e\nf\r\ng،h\u2028i": list("abcdefghi"),
    " two   words ,two\u00a0words": ["two words"],
    ",, ;，\n": [],
}


@pytest.mark.parametrize("typed", TAGS)
async def test_a_tag_is_what_people_call_one_and_has_one_form(typed, desk):
    ticket = await a_ticket(desk.anna, tags=typed)
    kept = (await queries.header(STAFF, ticket.id)).tags
    assert kept == tuple(sorted(TAGS[typed])) and values.read_tags(", ".join(kept)) == list(kept)
    for tag in kept:
        for asked in ({"tag": [tag.upper() if tag.upper().lower() == tag else tag]}, {"q": [f'tag:"{tag}"']}):
            page = await queries.page(filters.parse(desk.anna, {"view": ["all"]} | asked))
            assert [row.id for row in page.rows] == [ticket.id], asked


@pytest.mark.parametrize(
    ("typed", "code", "about"),
    [
        (f"vpn, {'t' * 31}", Code.TAG_TOO_LONG, "t" * 30 + "…"),
        ("vpn, " + "é" * 31, Code.TAG_TOO_LONG, "é" * 30 + "…"),
        ('vpn, say "it"', Code.NOT_A_TAG, 'say "it"'),
        ("vpn, be\x07ll", Code.NOT_A_TAG, "be�ll"),
        (",".join(f"t{n:02}" for n in range(22)), Code.TOO_MANY_TAGS, "t20, t21"),
    ],
)
async def test_a_refused_tag_is_named_with_the_reason(typed, code, about, desk):
    await a_ticket(desk.clara)
    for attempt in (a_ticket(desk.anna, tags=typed), forms.change(desk.anna, 1, "1", {"tags": typed})):
        with pytest.raises(Invalid) as problem:
            await attempt
        assert (problem.value.errors, problem.value.about) == ({"tags": code}, {"tags": about})
