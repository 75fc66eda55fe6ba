"""What the log tells, and what it never tells, even at the debug level."""

import logging

from websockets.asyncio.client import connect

from app.desk import people

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
