"""Signing in and out, and where it leads."""

import time
from dataclasses import replace
from http.cookies import SimpleCookie
from types import SimpleNamespace

import pytest

from app.config import Sessions
from app.desk import people
from app.desk.models import Session
from app.web import auth
from tests.conftest import Served

from .reading import HTMX, one, read, submit

PASSWORD = "correct horse battery"
FOREIGN = [
    *("//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example"),
    *("/\t/evil.example", "/\n/evil.example"),
    *("https:evil.example", "https://evil.example", "javascript:alert(1)", "evil.example", " //evil.example"),
    *("//[", "http://[", "/\x00", "/\x7f", "/tickets\r\nSet-Cookie: a=b", ""),
]


@pytest.fixture
async def anna(served):
    await people.set_password(served.cast.anna, PASSWORD)
    return served.cast.anna


def typed(**fields: str) -> dict[str, str]:
    return {"email": "anna@pult.example", "password": PASSWORD} | fields


def cookie(response) -> SimpleCookie:
    [header] = response.headers.get_list("set-cookie")
    return SimpleCookie(header)


async def test_who_signs_in_gets_where_they_wanted(served, anna):
    visitor = served.stranger()
    sent_away = await visitor.get("/tickets?view=mine&page=2")
    assert sent_away.status_code == 303
    login = await visitor.get(sent_away.headers["location"])
    form = one(read(login), "form#login")
    assert form.fields["next"] == "/tickets?view=mine&page=2"
    arrived = await submit(visitor, form, email=" Anna@Pult.Example ", password=PASSWORD)
    assert (arrived.status_code, arrived.headers["location"]) == (303, "/tickets?view=mine&page=2")
    assert (await visitor.get(arrived.headers["location"])).status_code == 200


async def test_nobody_is_led_to_another_site(served, anna):
    client = await served.client(anna)
    for target in FOREIGN:
        answer = await client.get("/login", params={"next": target})
        assert (answer.status_code, answer.headers["location"]) == (303, "/"), target
    for target in ("//evil.example", "//[", "/\\evil.example"):
        answer = await served.stranger().post("/login", data=typed(next=target))
        assert (answer.status_code, answer.headers["location"]) == (303, "/"), target


async def test_a_path_with_other_letters_is_written_as_a_url(served):
    client = await served.client(served.cast.anna)
    answer = await client.get("/login", params={"next": "/tickets?tag=счёт"})
    assert answer.headers["location"] == "/tickets?tag=%D1%81%D1%87%D1%91%D1%82"


async def test_known_unknown_and_disabled_people_get_the_same_answer(served, anna):
    """ASVS 6.3.8."""
    await people.set_password(served.cast.boris, PASSWORD)
    await people.disable("boris@pult.example")
    answers = [
        await served.stranger().post("/login", data=typed(email=email, password=password))
        for email, password in (
            ("anna@pult.example", "not the password"),
            ("clara@pult.example", PASSWORD),  # has none
            ("boris@pult.example", PASSWORD),
            ("nobody@pult.example", PASSWORD),
            ("x" * 400, "y" * 400),
        )
    ]
    emails = ["anna@pult.example", "clara@pult.example", "boris@pult.example", "nobody@pult.example", "x" * 400]
    pages = {answer.text.replace(email, "…") for answer, email in zip(answers, emails, strict=True)}
    assert len(pages) == 1 and {answer.status_code for answer in answers} == {422}
    assert not any("set-cookie" in answer.headers for answer in answers)


async def test_a_wrong_password_leaves_the_email_and_the_way_on_but_not_the_password(served, anna):
    page = await served.stranger().post("/login", data=typed(password="wrong horse", next="/tickets/1"))
    form = one(read(page), "form#login")
    assert (form.fields["email"], form.fields["next"]) == ("anna@pult.example", "/tickets/1")
    assert "wrong horse" not in page.text
    assert one(form, '[role="alert"]').text_content()


async def test_the_cookie_is_for_this_site_and_not_for_scripts(served, anna):
    """ASVS 3.3.2, 3.3.4."""
    jar = cookie(await served.stranger().post("/login", data=typed()))
    flags = jar["pult"]
    assert (flags["httponly"], flags["samesite"], flags["path"], flags["domain"]) == (True, "Lax", "/", "")
    assert int(flags["max-age"]) == 90 * 24 * 60 * 60


async def test_on_https_the_cookie_is_bound_to_the_host(config):
    """ASVS 3.3.1."""
    server = replace(config.server, public_url="https://desk.example", proxies=("127.0.0.1",))
    desk = Served(replace(config, server=server))
    await desk.start()
    try:
        await people.set_password(desk.cast.anna, PASSWORD)
        proxied = {"Origin": "https://desk.example", "X-Forwarded-Proto": "https"}
        answer = await desk.stranger().post("/login", data=typed(), headers=proxied)
        flags = cookie(answer)["__Host-pult"]
        assert (flags["secure"], flags["path"], flags["domain"]) == (True, "/", "")
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    finally:
        await desk.stop()


async def test_a_cookie_holds_no_id_that_the_database_keeps(served, anna):
    value = cookie(await served.stranger().post("/login", data=typed()))["pult"].value
    [session] = await Session.all()
    assert session.id not in value


async def test_signing_in_begins_a_new_session_and_ends_the_one_before(served, anna):
    """ASVS 7.2.4."""
    planted = await served.cookie(served.cast.boris)
    visitor = served.stranger(cookies={"pult": planted})
    answer = await visitor.post("/login", data=typed())
    assert cookie(answer)["pult"].value != planted
    assert (await served.stranger(cookies={"pult": planted}).get("/tickets")).status_code == 303


async def test_a_copied_cookie_is_dead_after_signing_out(served):
    """ASVS 7.4.1."""
    copied = await served.cookie(served.cast.anna)
    anna = served.stranger(cookies={"pult": copied})
    form = one(read(await anna.get("/tickets")), 'form[action="/logout"]')
    answer = await submit(anna, form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert (await served.stranger(cookies={"pult": copied}).get("/tickets")).headers["location"].startswith("/login")


async def test_a_made_up_cookie_is_nobodys(served):
    for value in ("", "nonsense", "a.b.c", await people.begin_session(served.cast.anna)):
        assert (await served.stranger(cookies={"pult": value}).get("/tickets")).status_code == 303


async def test_a_cookie_that_was_read_before_grows_too_old_all_the_same(served, monkeypatch):
    client = await served.client(served.cast.anna)
    assert (await client.get("/tickets")).status_code == 200
    day = 24 * 60 * 60
    total = Sessions().total_days * day
    now = time.time()
    for moved, status in ((total - day, 200), (total + day, 303), (-day, 303)):
        monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda moved=moved: now + moved))
        assert (await client.get("/tickets")).status_code == status


async def test_a_disabled_person_is_out_at_once(served):
    anna = await served.client(served.cast.anna)
    await people.disable("anna@pult.example")
    assert (await anna.get("/tickets")).status_code == 303


async def test_strangers_are_sent_to_the_login_and_fragments_get_401(served):
    visitor = served.stranger()
    page = await visitor.get("/tickets/1")
    assert (page.status_code, page.headers["location"]) == (303, "/login?next=%2Ftickets%2F1")
    assert (await visitor.get("/tickets/1", headers=HTMX)).status_code == 401
    assert (await visitor.post("/tickets/1", headers=HTMX)).status_code == 401
    assert (await visitor.post("/live/connection")).status_code == 401
    posted = await visitor.post("/tickets/1/comments")
    assert (posted.status_code, posted.headers["location"]) == (303, "/login")


async def test_who_is_signed_in_does_not_see_the_login(served):
    anna = await served.client(served.cast.anna)
    answer = await anna.get("/login?next=/settings")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings")
