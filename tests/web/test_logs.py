"""What the log tells, and what it never tells, even at the debug level."""

import logging
import re
from urllib.parse import quote

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from app import db
from app.desk import people
from app.desk.audience import STAFF
from app.desk.models import Person
from app.live.tokens import Grant
from tests.conftest import SECRET
from tests.desk.acts import a_ticket
from tests.process import DeskProcess, cookies

from .reading import one, read, submit

PASSWORD = "correct horse battery"


async def test_tokens_cookies_and_passwords_are_in_no_line(served, told):
    await people.set_password(served.cast.anna, PASSWORD)
    visitor = served.stranger()
    form = one(read(await visitor.get("/login")), "form#login")
    await submit(visitor, form, email="anna@pult.example", password="wrong " + PASSWORD)
    await submit(visitor, form, email="anna@pult.example", password=PASSWORD)
    cookie = visitor.cookies["pult"]
    url = one(read(await visitor.get("/tickets")), "#live").get("hx-ws:connect")
    token = url.partition("token=")[2].partition("&")[0]
    address = f"ws://127.0.0.1:{served.port}{url}"
    async with connect(address, origin=served.url, additional_headers={"Cookie": f"pult={cookie}"}) as socket:
        await socket.recv()
    await visitor.post("/live/connection", data={"token": token})
    await visitor.get(f"/login?next=/tickets%3Ftoken%3D{token}")
    lines = told()
    assert "GET /tickets" in lines and "/api/v1/ws?token=[…]" in lines
    secrets = [PASSWORD, cookie, cookie.partition(".")[0], token, token.rpartition(".")[2]]
    assert [line for line in lines.splitlines() if any(secret in line for secret in secrets)] == []


async def test_a_bug_with_a_token_in_it_does_not_tell_the_token(told):
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl"
    try:
        raise ValueError(f"bad token {token}")
    except ValueError:
        logging.getLogger("app").exception("?token=abcdef&since=4 failed")
    assert token not in told() and "abcdef" not in told()
    assert "&since=4 failed" in told() and "bad token [token]" in told()


async def test_a_cookie_is_in_no_line_however_it_is_written(told):
    for line in ("cookie: a=b; pult=SECRET.x-y; c=d", "(b'cookie', b'__Host-pult=SECRET')", "Set-Cookie: pult=SECRET"):
        logging.getLogger("app").debug(line)
    logging.getLogger("app").debug("> Authorization: Bearer SECRET")
    assert told().count("[…]") == 4 and "SECRET" not in told()


async def test_what_people_send_begins_no_line_of_its_own(told):
    logging.getLogger("app").warning("refused %s", "a\r\n2026-11-24 ERROR app: made up")
    assert all(line.startswith((" ", "20")) for line in told().splitlines())
    assert "\n2026-11-24 ERROR" not in told() and "\r" not in told()


async def test_the_suite_notices_a_secret_in_any_line(served, log):
    """ASVS 16.2.5: what every test is checked by, tried with each kind of secret."""
    await people.set_password(served.cast.anna, PASSWORD)
    session = await people.begin_session(served.cast.anna)
    [auth] = served.app.extensions["QUART_AUTH"]
    cookie = auth.dump_token(session, served.app)
    token = served.relay.tokens.make(Grant(served.cast.anna.id, people.session_id(session), STAFF, (), "en"))
    hashed = (await Person.get(id=served.cast.anna.id)).password
    for secret in (PASSWORD, session, cookie, cookie.partition(".")[0], token, hashed, SECRET):
        assert log.leaks() == []
        log.add(f"2026-11-24 INFO app: a line with {secret} in it")
        assert log.leaks() != [], secret
        log.lines.clear()
    logging.getLogger("app").debug("a session: %s", session)  # what no shape gives away is known by its value
    assert [session in line for _, line in log.leaks()] == [True]
    log.lines.clear()


async def test_a_desk_in_a_process_of_its_own_tells_no_secret(config, log):
    """ASVS 16.2.5: as it is run, for debugging."""
    await db.connect(config.database)
    anna = await people.add("anna@pult.example", "Anna", "agent", PASSWORD)
    [cookie] = await cookies(config, anna)
    await db.disconnect()
    desk = DeskProcess(config, log, "debug")
    await desk.start()
    async with desk.client(cookie) as client:
        assert (await client.get("/tickets")).status_code == 200
    async with desk.client("nonsense") as client:
        client.cookies.clear()
        typed = {"email": "anna@pult.example", "password": PASSWORD, "next": "/settings"}
        assert (await client.post("/login", data=typed)).status_code == 303
        url = one(read(await client.get("/tickets")), "#live").get("hx-ws:connect")
        async with connect(f"{desk.url.replace('http', 'ws')}{url}", origin=desk.url) as socket:
            await socket.recv()
    written = await desk.stop()
    assert f"person {anna.id} signed in from 127.0.0.1" in written and "/api/v1/ws?token=[…]" in written


async def test_a_desk_that_shall_tell_of_trouble_alone_is_silent_without(config, log):
    desk = DeskProcess(config, log, "warning")
    await desk.start()
    assert " INFO " not in await desk.stop()


async def test_who_comes_in_and_who_does_not_is_told(served, told):
    """ASVS 16.3.1."""
    await people.set_password(served.cast.anna, PASSWORD)
    visitor, number = served.stranger(), served.cast.anna.id
    for email, password in (("anna@pult.example", "wrong horse"), (PASSWORD, ""), ("anna@pult.example", PASSWORD)):
        await visitor.post("/login", data={"email": email, "password": password})
    await visitor.post("/logout")
    assert events(told()) == [
        f"WARNING a sign-in as person {number} failed from 127.0.0.1",
        "WARNING a sign-in as nobody failed from 127.0.0.1",
        f"INFO person {number} signed in from 127.0.0.1",
        f"INFO person {number} signed out from 127.0.0.1",
    ]
    assert "@" not in told()


async def test_what_is_refused_is_told_by_whom_and_from_where(served, told):
    """ASVS 16.3.2."""
    await a_ticket(served.cast.dmitri)
    await a_ticket(served.cast.clara)
    clara, number = await served.client(served.cast.clara), served.cast.clara.id
    await clara.get("/tickets/1")
    await clara.get("/tickets/9")
    await clara.post("/tickets/2", data={"version": "1", "subject": "Mine"})
    await clara.post("/tickets/2", headers={"Origin": "https://evil.example"})
    await clara.get("/live/frame?token=x")
    assert events(told()) == [
        f"INFO nothing for person {number} from 127.0.0.1: GET /tickets/1",
        f"INFO nothing for person {number} from 127.0.0.1: GET /tickets/9",
        f"WARNING refused to person {number} from 127.0.0.1: POST /tickets/2",
        f"WARNING refused to person {number} from 127.0.0.1: POST /tickets/2",
        f"WARNING refused to person {number} from 127.0.0.1: GET /live/frame",
    ]


async def test_a_limit_that_is_hit_is_told(served, told):
    """ASVS 16.3.3, 6.3.1."""
    for _ in range(11):
        answer = await served.stranger().post("/login", data={"email": "anna@pult.example", "password": "x"})
    assert answer.status_code == 429
    assert events(told())[-1] == (
        "WARNING too many tries from 127.0.0.1: 10 per 10 minute for an account from an address"
    )


async def test_a_socket_that_is_refused_or_closed_for_what_it_says_is_told(served, open_, told):
    """ASVS 16.3.3."""
    page = await open_(served.cast.anna, "/tickets", connect=False)
    url = f"{served.url.replace('http', 'ws')}/api/v1/ws?token="
    with pytest.raises(InvalidStatus):
        await connect(f"{url}{page.token}", origin="https://evil.example")
    async with connect(f"{url}x", origin=served.url) as opened:
        await opened.wait_closed()
    async with connect(f"{url}{page.token}", origin=served.url) as opened:
        await opened.send("[]")
        await opened.wait_closed()
    assert events(told(), "app.security", "app.live.socket") == [
        r"WARNING refused a socket from 127.0.0.1 of the origin 'https://evil.example'",
        "INFO refused a socket: not valid, DecodeError",
        f"WARNING closed a socket of person {served.cast.anna.id}: it sends no object",
    ]


async def test_nothing_that_people_send_forges_a_line(served, told):
    """ASVS 16.4.1: in paths, in headers, in what a bug tells of it."""
    forged = "2026-11-24 12:00:00,000 INFO app.security: person 1 signed in"
    anna = await served.client(served.cast.anna)
    for end in ("\n", "\r\n", "\r", "\x1b[2K\x1b[1A", "\x85", "\u2028", "\x0b", "\x0c", "\x1c", "\u202e", "\x9b2J"):
        path = quote(f"/tickets/1{end}{forged}")
        await anna.get(path)
        await anna.put(path)
        logging.getLogger("app").warning("a name: %s", f"Eve{end}{forged}")
        try:
            raise ValueError(f"bad value{end}{forged}")
        except ValueError:
            logging.getLogger("app").exception("failed")
    assert [line for line in told().splitlines() if line.startswith(forged[:10]) and forged in line[:90]] == []
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]", told())
    assert all(line.startswith((" ", "20")) for line in told().splitlines())


def events(text: str, *loggers: str) -> list[str]:
    """Level and message of the lines about security."""
    found = (re.fullmatch(r"[\d-]+ [\d:,]+ (\w+) ([\w.]+): (.*)", line) for line in text.splitlines())
    return [f"{line[1]} {line[3]}" for line in found if line and line[2] in (loggers or ("app.security",))]
