"""The token that opens a socket: once, for a minute, for whom it was signed."""

import asyncio

import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from app.desk import people
from app.desk.audience import STAFF, Audience
from app.live import hub
from app.live.tokens import Grant
from tests.conftest import DEADLINE, SECRET, Served
from tests.live.actions import Desk


@pytest.fixture
async def desk(served):
    desk = Desk(served.cast)
    await desk.open()
    return desk


async def refused_with(served: Served, token: str, **query: str) -> int:
    """The code with which the server closes a socket at once that opens with this token."""
    url = f"{served.url.replace('http', 'ws')}/api/v1/ws?token={token}&since=0&epoch=x"
    async with connect(url, origin=served.url) as opened, asyncio.timeout(DEADLINE):
        with pytest.raises(ConnectionClosed):
            await opened.recv()
        assert opened.close_reason == ""
        return opened.close_code or 0


async def test_a_token_opens_one_socket_once(desk, served, open_):
    page = await open_(desk.cast.anna, "/tickets", connect=False)
    token = page.token
    await page.connect()
    await page.caught_up()
    assert await refused_with(served, token) == hub.Close.ENDED


def changed(
    token: str, key: bytes | None, algorithm: str = "HS256", headers: dict | None = None, **claims: object
) -> str:
    now = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(
        {name: value for name, value in (now | claims).items() if value is not None}, key, algorithm, headers
    )


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1},
        {"exp": None},
        {"aud": "embed"},
        {"aud": None},
        {"sub": "999"},
        {"sub": "x"},
        {"sub": None},
        {"sid": "0" * 64},
        {"sid": None},
        {"jti": None},
        {"iat": None},
        {"lang": None},
        {"regions": None},
        {"regions": "list"},
        {"regions": [["list"]]},
        {"audience": "everyone"},
        {"audience": "requester:x"},
        {"audience": None},
        {"nbf": 99_999_999_999},
        {"iat": 99_999_999_999},
    ],
)
async def test_a_token_that_says_something_else_is_refused(claims, desk, served, open_):
    """ASVS 9.2.1, 9.2.3, 4.4.4."""
    page = await open_(desk.cast.anna, "/tickets", connect=False)
    key = served.relay.tokens._key
    assert await refused_with(served, changed(page.token, key, **claims)) == hub.Close.ENDED


async def test_a_token_that_ran_out_still_gets_its_page_a_new_connection(desk, served, open_):
    page = await open_(desk.cast.anna, "/tickets", connect=False)
    page.token = changed(page.token, served.relay.tokens._key, exp=1, jti="old")
    assert await refused_with(served, page.token) == hub.Close.ENDED
    await desk.open()
    await page.reconnect()
    await page.equals_its_reload()


@pytest.mark.parametrize(
    "claims", [{"regions": [["presence", "1"]]}, {"regions": "list"}, {"audience": "team:3"}, {"lang": None}]
)
async def test_a_token_in_the_words_of_another_version_ends_no_session(claims, desk, served, open_):
    """Its page asks its own address again (static/js/again.js)."""
    page = await open_(desk.cast.anna, "/tickets", connect=False)
    token = changed(page.token, served.relay.tokens._key, **claims)
    assert (await page.client.post("/live/connection", data={"token": token})).status_code == 403
    query = {"token": token, "since": page.cursor, "epoch": page.epoch}
    assert (await page.client.get("/live/frame", params=query)).status_code == 403


async def test_a_token_signed_otherwise_is_refused(desk, served, open_):
    """ASVS 9.1.1, 9.1.2, 9.1.3."""
    page = await open_(desk.cast.anna, "/tickets", connect=False)
    key = served.relay.tokens._key
    forged = [
        "",
        "x",
        "a.b.c",
        page.token[:-2],
        page.token + "A",
        changed(page.token, SECRET.encode()),
        changed(page.token, b"another secret that is long enough for it"),
        changed(page.token, None, "none"),
        changed(page.token, key * 2, "HS512"),
        changed(
            page.token,
            b"another secret that is long enough for it",
            headers={"kid": "../../dev/null", "jku": "http://x"},
        ),
        "A" * 3000,
    ]
    for token in forged:
        assert await refused_with(served, token) == hub.Close.ENDED, token


async def test_a_requester_with_a_staff_token_is_shown_that_the_page_is_not_theirs(desk, served):
    token = await people.begin_session(desk.cast.clara)
    grant = Grant(desk.cast.clara.id, people.session_id(token), STAFF, (), "en")
    assert await refused_with(served, served.relay.tokens.make(grant)) == hub.Close.GONE


async def test_audiences_are_written_and_read_alike():
    for audience in (STAFF, Audience(7)):
        assert Audience.parse(str(audience)) == audience
    for text in ("", "x", "requester", "requester:", "requester:-1", "staff:1"):
        with pytest.raises(ValueError):  # noqa: PT011
            Audience.parse(text)
