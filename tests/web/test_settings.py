"""What a person sets for themself."""

from app.desk.models import Person

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
