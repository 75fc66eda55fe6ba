"""What a person sets for themself."""

from app.desk.models import Person, Ticket
from tests.desk.acts import a_ticket

from .reading import RUSSIAN, fields, one, read, submit, text


async def form(client):
    return one(read(await client.get("/settings")), 'form[action="/settings"]')


async def test_a_person_chooses_a_language_by_nothing_but_html(served):
    clara = await served.client(served.cast.clara)
    assert fields(await form(clara)) == {"as": str(served.cast.clara.id), "language": "", "shortcuts": "on"}
    answer = await submit(clara, await form(clara), language="ru")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings?saved=1")
    page = read(await clara.get("/tickets", headers={"Accept-Language": "en"}))
    assert (page.get("lang"), text(page, "title")) == ("ru", "Открытые · Pult")
    assert fields(await form(clara))["language"] == "ru"


async def test_without_a_choice_the_browser_decides(served):
    clara = await served.client(served.cast.clara)
    await submit(clara, await form(clara), language="en")
    assert read(await clara.get("/tickets", headers=RUSSIAN)).get("lang") == "en"
    await submit(clara, await form(clara), language="")
    assert read(await clara.get("/tickets", headers=RUSSIAN)).get("lang") == "ru"


async def test_an_unknown_language_is_422(served):
    clara = await served.client(served.cast.clara)
    for language in ("xx", "RU", "ru ", "../ru"):
        answer = await clara.post("/settings", data={"language": language})
        assert (answer.status_code, bool(read(answer).cssselect("main .wrong"))) == (422, True), language
    assert (await Person.get(id=served.cast.clara.id)).language == ""


async def test_staff_choose_that_a_reply_sets_its_ticket_pending_and_a_note_does_not(served):
    cast, anna = served.cast, await served.client(served.cast.anna)
    ticket = await a_ticket(cast.clara)
    composer = one(read(await anna.get(f"/tickets/{ticket.id}")), "#comment-form")
    assert fields(composer)["status"] == ""
    await submit(anna, await form(anna), reply_waits="on")
    composer = one(read(await anna.get(f"/tickets/{ticket.id}")), "#comment-form")
    assert fields(composer)["status"] == "pending"
    await submit(anna, composer, kind="note", body="For us.")
    assert (await Ticket.get(id=ticket.id)).status == "new"
    await submit(anna, composer, kind="reply", body="For you.")
    assert (await Ticket.get(id=ticket.id)).status == "pending"
    refused = one(read(await submit(anna, composer, kind="reply", body=" ", status="")), "#comment-form")
    assert fields(refused)["status"] == "", "what was chosen stays"


async def test_rows_have_two_lines_for_whoever_wants_them_and_requesters_are_not_asked(served):
    anna, clara = await served.client(served.cast.anna), await served.client(served.cast.clara)
    assert read(await anna.get("/tickets")).get("data-rows") is None
    await submit(anna, await form(anna), two_lines="on")
    assert read(await anna.get("/tickets")).get("data-rows") == "two"
    assert fields(await form(anna))["two_lines"] == "on"
    assert not {"two_lines", "reply_waits"} & fields(await form(clara)).keys()


async def test_staff_choose_where_they_go_after_a_message(served):
    """Without scripts nobody knows which ticket is the next one of the list."""
    anna = await served.client(served.cast.anna)
    ticket = await a_ticket(served.cast.clara)

    async def goes(**typed: str) -> str:
        composer = one(read(await anna.get(f"/tickets/{ticket.id}")), "#comment-form")
        answer = await anna.post("/tickets/1/comments", data=fields(composer) | typed)
        return answer.headers["location"].partition("#")[0]

    assert await goes(body="One") == "/tickets/1" and await goes(body="Two", solve="1") == "/tickets/1"
    await submit(anna, await form(anna), after_send="list", after_solve="stay")
    assert await goes(body="Three") == "/tickets" and await goes(body="Four", solve="1") == "/tickets/1"
    answer = await anna.post("/tickets/1/comments", data={"body": "Five", "then": "stay"})
    assert answer.headers["location"].startswith("/tickets/1#")
    answer = await anna.post("/settings", data={"language": "", "after_send": "elsewhere"})
    assert (answer.status_code, bool(read(answer).cssselect("main .wrong"))) == (422, True)
