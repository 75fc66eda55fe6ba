"""Searching as people do it: a field on every page, a list that says what was looked for."""

import pytest

from tests import forms
from tests.desk.acts import a_ticket

from .reading import one, read, rows, submit, text


@pytest.fixture
async def desk(served):
    await a_ticket(served.cast.clara, subject="Printer jams")
    await a_ticket(served.cast.dmitri, subject="VPN & <printer>")
    return served


async def test_every_page_has_the_field_and_it_leads_to_a_list(desk):
    anna = await desk.client(desk.cast.anna)
    for path in ("/tickets?view=mine", "/tickets/1", "/tickets/new", "/settings"):
        answer = await submit(anna, one(read(await anna.get(path)), "form.search"), q=" jams ")
        page = read(answer)
        assert rows(page) == [1] and text(page, "h1") == "Search jams 1"
        assert one(page, "#search").get("value") == "jams"


async def test_what_was_typed_stays_typed_whatever_it_is(desk):
    anna = await desk.client(desk.cast.anna)
    for typed in ('"><script>', "a & b", "<printer>", 'say "hello', "status:nonsense", "ёлка"):
        page = read(await anna.get("/tickets", params={"q": typed}))
        assert one(page, "#search").get("value") == typed
        assert one(page, ".filters [name=q]").get("value") == typed


async def test_nothing_found_says_what_was_looked_for_and_how_to_widen_it(desk):
    anna = await desk.client(desk.cast.anna)
    page = read(await anna.get("/tickets?q=walrus&view=inbox&priority=high"))
    assert "walrus" in text(page, "#list-foot h2")
    assert one(page, "#list-foot a").get("href") == "/tickets?q=walrus"
    page = read(await anna.get("/tickets?q=walrus"))
    assert not page.cssselect("#list-foot a")


async def test_filters_narrow_a_search_and_it_has_no_other_order(desk):
    anna = await desk.client(desk.cast.anna)
    page = read(await anna.get("/tickets?q=printer"))
    assert rows(page) == [2, 1] and not page.cssselect("[name=sort]")
    narrowed = await submit(anna, one(page, "form.filters"), status="new", priority="normal")
    assert rows(read(narrowed)) == [2, 1]
    await forms.change(desk.cast.anna, 2, "1", {"priority": "high"})
    assert rows(read(await submit(anna, one(page, "form.filters"), priority="high"))) == [2]


async def test_a_long_search_has_pages(desk):
    for _ in range(51):
        await a_ticket(desk.cast.clara, subject="Scanner")
    anna = await desk.client(desk.cast.anna)
    page = read(await anna.get("/tickets?q=scan"))
    assert rows(page) == list(range(53, 3, -1))
    assert rows(read(await anna.get(one(page, "#page-after").get("href")))) == [3]


async def test_what_can_be_searched_by_is_offered(desk):
    offered = {}
    for person in (desk.cast.anna, desk.cast.clara):
        page = read(await (await desk.client(person)).get("/tickets"))
        offered[person.role] = [hint.get("data-insert") for hint in page.cssselect("[data-insert]")]
    assert offered == {"agent": ["from:", "tag:", "status:", '"', "#"], "requester": ["status:", '"', "#"]}


async def test_a_requester_gets_no_frame_for_a_note_that_holds_their_words(desk, open_):
    page = await open_(desk.cast.clara, "/tickets?q=walrus")
    await page.caught_up()
    before = len(page.frames)
    await forms.write(desk.cast.anna, 1, "walrus", kind="note")
    await forms.change(desk.cast.anna, 1, "1", {"tags": "walrus"})
    await page.caught_up()
    assert all(frame.count("<hx-") == 1 for frame in page.frames[before:]) and not page.happened
    await forms.write(desk.cast.anna, 1, "walrus")
    await page.equals_its_reload()
    assert page.rows == [1]


async def test_the_words_of_others_and_of_staff_count_for_nothing(desk):
    words = {"note": "canarynote", "tag": "canarytag", "theirs": "canarytheirs"}
    await forms.write(desk.cast.anna, 1, words["note"], kind="note")
    await forms.change(desk.cast.anna, 1, "1", {"tags": words["tag"], "assignee": "me"})
    await forms.write(desk.cast.dmitri, 2, words["theirs"])
    clara = await desk.client(desk.cast.clara)
    for word in (*words.values(), "anna", "dmitri", "person", f"ᵖ{desk.cast.clara.id}", "pult.example", "normal"):
        page = read(await clara.get("/tickets", params={"q": word}))
        assert (rows(page), text(page, "#list-count")) == ([], "0"), word
    assert len(read(await clara.get("/tickets?q=printer")).cssselect("#ticket-rows > tr")) == 1
