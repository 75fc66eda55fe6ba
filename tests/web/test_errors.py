"""What goes wrong, as people see it."""

import pytest

from app import create_app
from app.desk import people
from app.web import pages
from tests.desk.acts import a_ticket

from .reading import HTMX, RUSSIAN, one, read, read_fragment, text

SECRET = "internal-detail"


@pytest.fixture
def broken(monkeypatch):
    """Every page of the desk has a bug."""

    async def fail(*_: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(pages, "look", fail)


async def all_four(client, **options):
    """Not found, wrong method, too large, refused."""
    return (
        (404, await client.get("/nothing", **options)),
        (404, await client.get("/tickets/99", **options)),
        (405, await client.put("/tickets", **options)),
        (413, await client.post("/tickets", data={"body": "x" * 1_100_000}, **options)),
        (403, await client.post("/tickets/1", data={"version": "1"}, **options)),
    )


async def test_an_error_is_a_page_with_a_way_on(served):
    await a_ticket(served.cast.clara)
    for status, answer in await all_four(await served.client(served.cast.clara)):
        assert answer.status_code == status
        page = read(answer)
        assert (page.get("lang"), one(page, "main a").get("href")) == ("en", "/tickets")
        assert text(page, "h1")


async def test_it_speaks_what_the_browser_asks_for(served):
    await a_ticket(served.cast.clara)
    clara = await served.client(served.cast.clara)
    titles = [text(read(answer), "h1") for _, answer in await all_four(clara, headers=RUSSIAN)]
    assert titles == [
        "Здесь ничего нет.",
        "Здесь ничего нет.",
        "Не удалось понять запрос.",
        "Слишком большой объём.",
        "Это действие недоступно.",
    ]
    assert text(read(await served.stranger().get("/nothing", headers=RUSSIAN)), "h1") == "Здесь ничего нет."


async def test_or_what_the_person_chose(served):
    await people.set_preferences(served.cast.anna, language="ru", shortcuts=True)
    anna = await served.client(served.cast.anna)
    page = read(await anna.get("/nothing", headers={"Accept-Language": "en"}))
    assert (page.get("lang"), text(page, "h1")) == ("ru", "Здесь ничего нет.")


async def test_whatever_a_browser_asks_for_it_gets_a_language(served):
    visitor = served.stranger()
    for asked, language in {
        "ru": "ru",
        "RU-ru": "ru",
        "uk,ru;q=0.8,en;q=0.5": "ru",
        "en;q=0.1,ru": "ru",
        "en-GB,ru;q=0.9": "en",
        "ru;q=0,en": "en",
        "ru;q=0": "en",  # anything but Russian
        "de": "en",
        "*": "en",
        ",;q=x,-,_": "en",
        "": "en",
    }.items():
        answer = await visitor.get("/login", headers={"Accept-Language": asked})
        assert (answer.status_code, read(answer).get("lang")) == (200, language), asked


async def test_for_htmx_an_error_is_a_notice_that_leaves_the_page_alone(served):
    await a_ticket(served.cast.clara)
    for status, answer in await all_four(await served.client(served.cast.clara), headers=HTMX):
        assert answer.status_code == status
        assert (answer.headers["hx-retarget"], answer.headers["hx-reswap"]) == ("#notice", "innerHTML")
        assert "<html" not in answer.text and read_fragment(answer).text_content()


async def test_a_wrong_method_says_which_are_right(served):
    answer = await (await served.client(served.cast.anna)).put("/tickets")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


async def test_a_bug_gives_a_reference_that_the_log_has_and_nothing_internal(served, broken, caplog):
    anna = await served.client(served.cast.anna)
    for headers in ({}, HTMX, RUSSIAN):
        caplog.clear()
        answer = await anna.get("/tickets", headers=headers)
        assert answer.status_code == 500
        [logged] = [record for record in caplog.records if record.name == "app.web.errors"]
        reference = logged.args[2]
        assert reference in answer.text and SECRET in str(logged.exc_info[1])
        for internal in (SECRET, "RuntimeError", "Traceback", "app/", "werkzeug"):
            assert internal not in answer.text
        assert answer.headers["content-security-policy"]
    assert text(read(answer), "h1") == "Что-то сломалось на нашей стороне."


async def test_a_bug_on_the_way_to_the_login_is_a_page_too(served, monkeypatch):
    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError(SECRET)

    cookies = {"pult": await served.cookie(served.cast.anna)}
    monkeypatch.setattr(people, "of_session", fail)
    answer = await served.stranger(cookies=cookies).get("/tickets")
    assert (answer.status_code, bool(text(read(answer), "h1")), SECRET in answer.text) == (500, True, False)


async def test_whether_the_desk_is_well_is_told_to_everyone(served, monkeypatch):
    visitor = served.stranger()
    assert [(await visitor.get(path)).text for path in ("/healthz", "/readyz")] == ["ok", "ok"]
    monkeypatch.setattr(served.relay, "stopping", True)
    assert [(await visitor.get(path)).status_code for path in ("/healthz", "/readyz")] == [200, 503]


async def test_without_a_database_the_desk_is_not_ready(config):
    client = create_app(config).test_client()
    assert (await client.get("/readyz")).status_code == 503


async def test_a_page_that_answers_a_form_leads_back_to_itself_and_not_to_the_forms_address(served):
    await a_ticket(served.cast.anna)
    anna = await served.client(served.cast.anna)
    for posted, where in {
        "/tickets": "/tickets/new",
        "/tickets/1": "/tickets/1",
        "/tickets/1/comments": "/tickets/1",
        "/comments/1": "/comments/1/edit",
        "/settings": "/settings",
    }.items():
        page = read(await anna.post(posted, data={"language": "xx"}))
        assert one(page, '[data-banner="stopped"] a').get("href") == where
        assert one(page, '[data-banner="ended"] a').get("href") == f"/login?next={where}"
        assert (await anna.get(where)).status_code == 200
    page = read(await anna.get("/tickets?view=all&page=2"))
    assert one(page, '[data-banner="stopped"] a').get("href") == "/tickets?view=all&page=2"
