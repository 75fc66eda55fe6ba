"""Any word finds its ticket, whoever may see it; nothing that is typed is an error."""

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.desk import asked, comments, filters, queries, search, search_fts5, tickets
from app.desk.errors import Invalid
from app.desk.models import Person, Ticket
from tests import forms

from .acts import a_ticket

ODD = st.text(
    st.one_of(
        st.characters(codec="utf-8"), st.sampled_from("\"*:(){}^-+#'\\ \u0301й\u202e\x00ANDORNOTfromtag“«№™²日本กี่")
    )
)


async def found(person: Person, q: str, **more: str) -> list[int]:
    """The tickets of the page that a search leads to, in its order."""
    filter_ = filters.parse(person, {"q": [q], **{name: [value] for name, value in more.items()}})
    page = await queries.page(filter_)
    assert page.count == len(page.rows) == await queries.count(filter_)
    return [row.id for row in page.rows]


@pytest.fixture
async def full(desk):
    """Three tickets of Clara's and one of Dmitri's."""
    await a_ticket(desk.clara, subject="Printer jams", body="Paper in the Büro, floor two")
    await a_ticket(desk.clara, subject="Счёт за октябрь", body="Обычно счёт приходит первого числа. Йод и ёлка.")
    await a_ticket(
        desk.anna,
        subject="VPN",
        body="error at tag: from: x, status:500",
        requester="clara@pult.example",
        tags="net work, vpn",
    )
    await a_ticket(desk.dmitri, subject="Printer again", body="it does not print")
    await forms.write(desk.anna, 1, "a secretive remark", kind="note")
    await forms.write(desk.anna, 1, "Please pull the lever")
    return desk


@pytest.mark.parametrize(
    ("q", "numbers"),
    [
        ("printer", [4, 1]),
        ("PRINTER", [4, 1]),
        ("pri", [4, 1]),
        ("printer pap", [1]),
        ("pap printer", []),
        ("paper printer", [1]),
        ("buro", [1]),
        ("BÜRO", [1]),
        ("счет", [2]),
        ("СЧЁТ октяб", [2]),
        ("елка", [2]),
        ("йод", [2]),
        ("иод", []),
        ("lever", [1]),
        ("secretive", [1]),
        ('"floor two"', [1]),
        ('"two floor"', []),
        ('"floor tw"', []),
        ('"floor tw', [1]),
        ("4", [4]),
        ("#4", [4]),
        ("#4 vpn", []),
        ("#99999999999999", []),
        ("dmitri", [4]),
        ("from:dmitri", [4]),
        ("from:DMI", [4]),
        ("from:clara@pult.example printer", [1]),
        ("from:nobody", []),
        ("tag:vpn", [3]),
        ("TAG:VPN", [3]),
        ('tag:"net work" tag:vpn', [3]),
        ("tag:vpn tag:other", []),
        ("status:open printer", [1]),
        ("status:open status:new printer", [4, 1]),
        ("status:nonsense", []),
        ("status:", [3]),
        ("status:500", [3]),
        ("status:500 printer", []),
        ("error tag: from: status:", [3]),
        ("from:. vpn", [3]),
        ("tag:, error", [3]),
        ("print*", [4, 1]),
        ("print* pap", [1]),
        ("pap* print*", [1]),
        ("prin*er", []),
        ('"print*"', [4]),
        ("50*", [3]),
        ("j*", [1]),
        ("*", []),
        ("№4", [4]),
        ("＃４", [4]),
        ("#٤", [4]),
        ("№4 vpn", []),
        ("“floor two”", [1]),
        ("«two floor»", []),
        ("from:«Dmitri» „printer again“", [4]),
        ("tag:‹net work›", [3]),
        ("pers", []),
        ("person", []),
        ("person4", []),
        ("ᵖ4", []),
        ("person1", []),
        ("!?", []),
        ("", [4, 3, 2, 1]),  # no search: by what was heard last
        ("  ", [4, 3, 2, 1]),
        ("p", []),
    ],
)
async def test_staff_find_by_words_and_operators(q, numbers, full):
    more = {} if q.strip() else {"view": "all"}
    assert await found(full.anna, q, **more) == numbers


@pytest.mark.parametrize(
    ("q", "numbers"),
    [
        ("printer", [1]),
        ("lever", [1]),
        ("secretive", []),
        ("dmitri", []),
        ("clara", []),
        ("vpn", [3]),
        ("work", []),
        ("tag:vpn", []),
        ("from:clara", []),
        ("person5", []),
        ('requester : "dmitri"', []),
        ('x" OR notes : "secretive', []),
        ("status:open", [1]),
        ("#1", [1]),
        ("#4", []),
        ("4", []),
    ],
)
async def test_a_requester_finds_their_own_by_what_they_may_know(q, numbers, full):
    assert await found(full.clara, q) == numbers


async def test_newest_numbers_come_first_whatever_the_order_is(full):
    await forms.write(full.anna, 1, "touched")
    for sort in filters.STAFF_SORTS:
        assert await found(full.anna, "printer", sort=sort) == [4, 1]


async def test_a_search_looks_in_everything_unless_a_view_is_named(full):
    await forms.change(full.anna, 1, "2", {"status": "closed"})
    assert await found(full.anna, "printer") == [4, 1]
    assert await found(full.anna, "printer", view="inbox") == [4]
    assert await found(full.anna, "printer", status="closed") == [1]


async def test_what_changes_is_found_by_what_it_is_now(full):
    await forms.change(full.anna, 1, "2", {"subject": "Scanner"})
    assert await found(full.anna, "jams") == [] and await found(full.anna, "scanner") == [1]
    note = await forms.write(full.anna, 4, "walrus", kind="note")
    assert await found(full.anna, "walrus") == [4]
    await forms.edit(full.anna, note.id, "seal", "1")
    assert await found(full.anna, "walrus") == [] and await found(full.anna, "seal") == [4]
    await comments.remove(full.anna, note.id)
    assert await found(full.anna, "seal") == []
    await forms.change(full.anna, 4, "1", {"requester": "clara@pult.example"})
    assert await found(full.anna, "from:dmitri") == [] and await found(full.clara, "again") == [4]
    assert await found(full.dmitri, "again") == []
    await tickets.delete(full.anna, 4)
    assert await found(full.anna, "again") == [] and await found(full.clara, "again") == []
    await tickets.restore(full.vera, 4)
    assert await found(full.anna, "again") == [4]


@pytest.mark.sqlite
async def test_what_is_refused_is_not_found_later(full):
    before = await search_rows()
    with pytest.raises(Exception, match="empty"):
        await forms.write(full.anna, 1, "")
    with pytest.raises(Exception, match="unknown"):
        await forms.change(full.anna, 1, "2", {"subject": "Walrus", "status": "x"})
    assert await search_rows() == before


async def search_rows() -> list[dict[str, object]]:
    return await queries.db.rows("SELECT rowid, * FROM search ORDER BY rowid")


@pytest.mark.sqlite
@given(said=st.lists(st.tuples(ODD, st.sampled_from(["reply", "note"])), min_size=1, max_size=4))
async def test_filling_the_index_anew_changes_nothing(full, said):
    for body, kind in said:
        with contextlib.suppress(Invalid):
            await forms.write(full.anna, 1, body, kind=kind)
    before = await search_rows()
    await queries.db.rows("DELETE FROM search")
    await search.index(1, 1000)
    assert await search_rows() == before


async def written() -> int:
    [row] = await queries.db.rows("SELECT total_changes() AS n")
    return int(row["n"])


@pytest.mark.sqlite
async def test_a_comment_costs_the_index_the_same_however_many_there_are(full):
    costs = []
    for number in range(40):
        async with queries.db.transaction():
            before = await written()
            said = await forms.write(full.anna, 1, f"lever {number}")
            added = await written()
            await forms.edit(full.anna, said.id, f"handle {number}", "1")
            await comments.remove(full.anna, said.id)
            ticket = await Ticket.get(id=1)
            await forms.change(full.anna, 1, str(ticket.version), {"subject": f"Number {number}"})
            costs.append((added - before, await written() - added))
    assert max(costs[20:]) <= max(costs[:5]), costs


async def test_words_are_found_in_several_messages_and_phrases_in_one(full):
    assert await found(full.anna, "paper lever secretive dmitri") == []
    assert await found(full.anna, "paper lever secretive clara") == [1]
    assert await found(full.clara, "paper lever jams") == [1] and await found(full.clara, "paper secretive") == []
    assert await found(full.anna, '"floor two" "the lever"') == [1]
    assert await found(full.anna, '"two please"') == [] and await found(full.anna, '"jams paper"') == []


@pytest.mark.sqlite
async def test_where_it_looks_first_makes_no_difference_to_what_it_finds(full, monkeypatch):
    for number in range(5, 125):
        body = " ".join(word for n, word in ((2, "even"), (3, "third"), (30, "seldom")) if number % n == 0)
        await a_ticket(full.clara if number % 4 else full.dmitri, subject=f"Printer {number}", body=body or "odd")
        await forms.write(full.anna, number, f"{'late' if number < 60 else 'soon'} print{number} printer", kind="reply")
    asked_for = ("printer", "even", "even third", "seldom printer", "late even", "print* third", "pri", "odd soon even")
    more = ("from:dmitri printer", '"late print*"', "printer even third soon", "status:new printer", "nowhere printer")
    both = {person.name: person for person in (full.anna, full.clara)}
    looked_for = list(itertools.product(both, asked_for + more, "12"))
    answers = [await rows(both[name], q, page) for name, q, page in looked_for]
    assert sum(len(ids) for ids, _ in answers) > 500
    for setting, value in (("FEW", 3), ("ALONE", 7), ("SOUGHT", 1), ("DEAR", 0), ("FEW_ENDINGS", 1)):
        monkeypatch.setattr(search_fts5, setting, value)
        again = [await rows(both[name], q, page) for name, q, page in looked_for]
        assert [one for one in zip(looked_for, answers, again, strict=True) if one[1] != one[2]] == [], setting


async def rows(person: Person, q: str, page: str) -> tuple[list[int], int]:
    filter_ = filters.parse(person, {"q": [q], "view": ["all"], "page": [page]})
    shown = await queries.page(filter_)
    return [row.id for row in shown.rows], shown.count


MANY = [f"pre{letter}{n}" for letter in "abcdefghij" for n in "xyz"]  # more than are spelt out
WORDS = (*MANY, "wort", "worte", "wörter", "при", "привет")
BEGINNINGS = ("pr", "pre", "prea", "preax", "wo", "wor", "wört", "worter", "пр", "при", "x", "z9")


@pytest.mark.sqlite
async def test_a_beginning_finds_the_same_whether_it_is_spelt_out_or_not(desk):
    for word in WORDS:
        await a_ticket(desk.clara, subject=f"All {word}", body="as ever")
    sql = "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC"
    for words in ("{}", "all {}", "from:anna {}", "from:{}", '"all {}', "{} all"):
        for beginning in BEGINNINGS:
            for requester in (None, desk.clara.id):
                for match in search_fts5.matches_of(asked.parse(words.format(beginning), requester=requester)):
                    spelt = await search_fts5.spelt_out(match)
                    assert await queries.db.rows(sql, [spelt]) == await queries.db.rows(sql, [match])


@pytest.mark.sqlite
async def test_a_beginning_of_few_words_is_spelt_out(desk):
    for word in WORDS:
        await a_ticket(desk.clara, subject=f"All {word}", body="as ever")
    for beginning, spelt in (("wor", '("wort" OR "worte" OR "worter")'), ("pre", '"pre"*'), ("x", '"x"')):
        [match] = search_fts5.matches_of(asked.parse(beginning, requester=None))
        match = await search_fts5.spelt_out(match)
        assert match == spelt and search_fts5.is_one_word(match) is ("*" not in spelt)


@given(q=ODD)
async def test_any_text_is_a_search(q, full):
    for person in (full.anna, full.clara):
        numbers = await found(person, q, view="all")
        assert set(numbers) <= ({1, 2, 3, 4} if person.is_staff else {1, 2, 3})
        filter_ = filters.parse(person, {"q": [q]})
        assert filters.read(person.audience, str(filter_)) == filter_
