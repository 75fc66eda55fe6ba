"""The door of the live floor: who gets in, what may be said, who is shown out and how."""

import asyncio
import json
import time

import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.desk import people, tickets
from app.desk.models import Role, Session
from app.desk.policy import STAFF, Audience
from app.live import hub, relay, socket
from app.live import tokens as live_tokens
from app.live.tokens import Grant
from tests.conftest import DEADLINE, SECRET, Served
from tests.live import applier
from tests.live.actions import Desk
from tests.live.pages import OpenPage, open_page
from tests.process import DeskProcess

PROMPTLY = 5 * 1.0  # seconds; rights follow within one


@pytest.fixture
async def desk(served):
    desk = Desk(served.cast)
    await desk.open()
    return desk


async def close_code(page: OpenPage) -> int:
    """The code with which the server closes this page's socket."""
    async with asyncio.timeout(PROMPTLY):
        while not page.closed:
            await page.news()
    return page.closed


async def refused_with(served: Served, token: str, **query: str) -> int:
    """The code with which the server closes a socket at once that opens with this token."""
    url = f"{served.url.replace('http', 'ws')}/api/v1/ws?token={token}&since=0&epoch=x"
    async with connect(url, origin=served.url) as opened, asyncio.timeout(DEADLINE):
        with pytest.raises(ConnectionClosed):
            await opened.recv()
        assert opened.close_reason == ""
        return opened.close_code or 0


async def test_the_first_frame_follows_the_accept_at_once_with_a_fresh_token(desk, open_):
    page = await open_(desk.cast.anna, "/tickets", connect=False)
    first = page.token
    await page.connect()
    await page.caught_up()
    span = applier.span(page.frames[0])
    assert span["data-token"] != first and span["data-to"] == str(page.cursor) and span["data-epoch"] == page.epoch


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:{port}.evil.example",
        "http://127.0.0.1:{port}@evil.example",
        "http://localhost:{port}",
        "HTTP://127.0.0.1:{port}",
        "http://127.0.0.1:{port}/",
        "http://xn--127.0.0.1:{port}",
    ],
)
async def test_another_origin_is_refused_before_the_accept(origin, desk, served, open_):
    """ASVS 4.4.2."""
    page = await open_(desk.cast.anna, "/tickets", connect=False)
    url = f"{served.url.replace('http', 'ws')}/api/v1/ws?token={page.token}&since=0&epoch=x"
    with pytest.raises(InvalidStatus) as refusal:
        await connect(url, origin=origin and origin.format(port=served.port))
    assert refusal.value.response.status_code == 403
    await page.connect()  # the token was not used up
    await page.caught_up()


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


VIOLATIONS = [
    "",
    "x",
    "[]",
    "1",
    "null",
    "{}",
    '{"action":"hello"}',
    '{"action":"pong","more":1}',
    '{"action":"subscribe"}',
    '{"action":"subscribe","ticket":"1"}',
    '{"action":"subscribe","ticket":1.0}',
    '{"action":"subscribe","ticket":true}',
    '{"action":"subscribe","ticket":0}',
    '{"action":"subscribe","ticket":-1}',
    '{"action":"subscribe","ticket":99999999999}',
    '{"action":"subscribe","ticket":NaN}',
    '{"action":"subscribe","ticket":Infinity}',
    '{"action":"subscribe","ticket":1,"ticket":2}',
    '{"action":"pong","action":"ping"}',
    '{"action":["pong"]}',
    "[" * 4000,
    '{"a":' * 600 + "1" + "}" * 600,
    b"",
    b'{"action":"pong"}',
]


@pytest.mark.parametrize("message", VIOLATIONS, ids=lambda message: repr(message)[:40])
async def test_what_pages_do_not_say_closes_with_1008_and_no_word(message, desk, open_):
    page = await open_(desk.cast.anna, "/tickets")
    await page.caught_up()
    frames = len(page.frames)
    await page.socket.send(message)
    assert await close_code(page) == hub.Close.VIOLATION
    assert page.socket.close_reason == "" and len(page.frames) == frames


async def test_a_message_of_4097_bytes_closes_with_1009(desk, open_):
    page = await open_(desk.cast.anna, "/tickets")
    await page.socket.send('{"action":"pong"' + " " * (4097 - 17) + "}")
    assert await close_code(page) == 1009


async def test_a_page_that_talks_without_end_is_closed(desk, open_):
    page = await open_(desk.cast.anna, "/tickets")
    for _ in range(100):
        try:
            await page.say(action="pong")
        except ConnectionClosed:
            break
    assert await close_code(page) == hub.Close.VIOLATION


async def test_a_page_with_all_its_subscriptions_may_be_cut_as_often_as_it_likes(desk, open_, monkeypatch):
    """They are asked for again after each cut, and each answer brings a token to be answered: none of it is its own."""
    monkeypatch.setattr(socket, "RATE", 0.0)
    page = await open_(desk.cast.anna, "/tickets")
    tickets_ = range(1, socket.WATCHED + 1)
    for _ in range(3):
        for ticket in tickets_:
            await page.say(action="subscribe", ticket=ticket)
        await page.caught_up()
        await desk.say(await tickets.visible(desk.cast.anna, 1))
        await page.equals_its_reload()
        await page.cut()
        await page.reconnect()
    for _ in range(int(socket.BURST)):  # all that it may say of its own accord is left
        await page.ask(action="ping")
    assert not page.closed


async def test_what_a_page_says_of_its_own_accord_counts_whatever_it_subscribes_to(desk, open_, monkeypatch):
    monkeypatch.setattr(socket, "RATE", 0.0)
    page = await open_(desk.cast.anna, "/tickets")
    for said in range(2 * int(socket.BURST)):
        if not page.closed:
            await page.ask(action="unsubscribe" if said % 2 else "subscribe", ticket=1)
    assert page.closed == hub.Close.VIOLATION


async def test_signing_out_closes_the_pages_of_that_session_only(desk, served, open_):
    page = await open_(desk.cast.anna, "/tickets")
    other = await open_(desk.cast.boris, "/tickets")
    await page.client.post("/logout", headers={"Origin": served.url})
    assert await close_code(page) == hub.Close.ENDED
    assert (await page.client.post("/live/connection", data={"token": page.token})).status_code == 401
    await other.equals_its_reload()


async def test_disabling_a_person_closes_their_pages(desk, open_):
    """ASVS 7.4.2."""
    page = await open_(desk.cast.clara, "/tickets")
    await people.disable("clara@pult.example")
    assert await close_code(page) == hub.Close.ENDED


async def test_disabling_a_person_by_the_command_line_closes_their_pages(desk, config, open_):
    page = await open_(desk.cast.clara, "/tickets")
    await DeskProcess(config).pult("user", "disable", "clara@pult.example")
    assert await close_code(page) == hub.Close.ENDED


async def test_a_new_password_ends_every_session(desk, open_):
    """ASVS 7.4.3."""
    page = await open_(desk.cast.anna, "/tickets")
    await people.set_password(desk.cast.anna, "another password")
    assert await close_code(page) == hub.Close.ENDED


async def test_a_change_of_role_closes_the_pages_of_the_old_one(desk, open_):
    """ASVS 8.3.2."""
    page = await open_(desk.cast.anna, "/tickets")
    await people.set_role(desk.cast.anna, Role.REQUESTER)
    assert await close_code(page) == hub.Close.GONE
    assert (await page.client.post("/live/connection", data={"token": page.token})).status_code == 403


async def test_losing_a_ticket_empties_its_page_and_getting_it_back_fills_it(desk, open_):
    theirs = await open_(desk.cast.clara, "/tickets/1")
    new = await open_(desk.cast.dmitri, "/tickets")
    ticket = await tickets.visible(desk.cast.anna, 1)
    await desk.change(ticket, requester="dmitri@pult.example")
    await theirs.equals_its_reload()
    assert theirs.css("#ticket[data-gone]") and not theirs.css("#thread > *")
    await new.equals_its_reload()
    assert new.rows == [1]
    await desk.change(ticket, requester="clara@pult.example")
    await theirs.equals_its_reload()
    assert not theirs.css("#ticket[data-gone]") and theirs.css("#thread > article")


async def test_a_ticket_that_is_deleted_under_ones_hands_says_by_whom_to_staff_alone(desk, open_):
    """And comes back where it was, when it is restored."""
    staff = [await open_(person, "/tickets/1") for person in (desk.cast.anna, desk.cast.boris, desk.cast.vera)]
    theirs = await open_(desk.cast.clara, "/tickets/1")
    for by in (desk.cast.anna, desk.cast.boris):
        await tickets.delete(by, 1)
        late = await open_(desk.cast.vera, "/tickets")
        for page in (*staff, theirs):
            await page.equals_its_reload()
        shown = {page.css("#ticket[data-gone]")[0].text_content() for page in staff}
        assert len(shown) == 1 and by.name in shown.pop()
        [told] = [frame for frame in theirs.applied[-2:] if "data-gone" in frame]
        assert not any(word in told for word in ("Anna", "Boris", "This ticket was", "/restore"))
        await tickets.restore(desk.cast.vera, 1)
        for page in (*staff, theirs, late):
            await page.equals_its_reload()
        assert all(page.css("#thread > article") for page in (*staff, theirs))


async def test_a_new_connection_is_for_the_session_that_the_token_is_of(desk, served, open_):
    """ASVS 4.4.3."""
    page = await open_(desk.cast.anna, "/tickets")
    boris = await served.client(desk.cast.boris)
    for client, token in ((boris, page.token), (page.client, "x"), (page.client, "")):
        assert (await client.post("/live/connection", data={"token": token})).status_code == 401
    assert (await served.stranger().post("/live/connection", data={"token": page.token})).status_code == 401


async def test_a_page_that_slept_goes_on_in_the_session_that_its_person_has_now(desk, served, open_, monkeypatch):
    """However old its token is: nobody is told that their session ended while it has not."""
    page = await open_(desk.cast.anna, "/tickets/1")
    await page.cut()
    grant = served.relay.tokens.read(page.token)
    real = time.time
    monkeypatch.setattr(live_tokens.time, "time", lambda: real() - 3 * 24 * 3600)
    page.token = served.relay.tokens.make(grant)
    monkeypatch.undo()
    await people.end_session(grant.session)
    assert (await page.client.post("/live/connection", data={"token": page.token})).status_code == 401
    page.client = await served.client(desk.cast.anna)  # she signed in again, beside it
    await page.reconnect()
    await desk.say(await tickets.visible(desk.cast.anna, 1))
    await page.equals_its_reload()


async def test_a_right_that_ends_while_a_socket_is_let_in_closes_it(desk, served, open_):
    """No round tells a socket that is not known yet."""
    pages = [await open_(desk.cast.anna, "/tickets", connect=False), await open_(desk.cast.boris, "/tickets")]
    async with served.relay._lock:
        coming = asyncio.create_task(pages[0].connect())
        async with asyncio.timeout(DEADLINE):
            while served.relay.tokens.read(pages[0].token).jti not in served.relay.tokens._used:
                await asyncio.sleep(0.005)
        await people.disable("anna@pult.example")
    await coming
    assert await close_code(pages[0]) == hub.Close.ENDED
    assert not pages[0].frames
    await pages[1].equals_its_reload()


async def test_subscribing_is_answered_with_the_same_bytes_whatever_the_ticket_is(desk, open_):
    await desk.open(desk.cast.dmitri)
    await desk.open()
    page = await open_(desk.cast.clara, "/tickets")
    await page.caught_up()
    answers = []
    for ticket in (1, 2, 3, 4, 77_777):
        answer = await page.ask(action="subscribe", ticket=ticket)
        span = applier.span(answer)
        del span["data-token"]
        answers.append((answer.count("<hx-"), json.dumps(span)))
    assert len(set(answers)) == 1 and answers[0][0] == 1


async def test_a_subscription_brings_what_happens_to_its_ticket_until_it_ends(desk, open_):
    ticket = await desk.open(desk.cast.dmitri)
    page = await open_(desk.cast.anna, "/tickets?view=mine")
    await page.ask(action="subscribe", ticket=ticket.id)
    await desk.say(ticket, kind="note")
    await page.caught_up()
    assert page.happened == [f"comment_added:{ticket.id}"]
    await page.ask(action="unsubscribe", ticket=ticket.id)
    await desk.say(ticket, kind="note")
    await page.caught_up()
    assert page.happened == [f"comment_added:{ticket.id}"]


async def test_more_subscriptions_than_any_page_needs_close_the_socket(desk, open_, monkeypatch):
    monkeypatch.setattr(socket, "WATCHED", 3)
    page = await open_(desk.cast.anna, "/tickets")
    for ticket in (1, 2, 3):
        await page.ask(action="subscribe", ticket=ticket)
    await page.ask(action="unsubscribe", ticket=3)
    await page.ask(action="subscribe", ticket=4)
    await page.say(action="subscribe", ticket=5)
    assert await close_code(page) == hub.Close.VIOLATION


async def test_stopping_the_desk_sends_every_page_to_the_next_process(config):
    served = Served(config)
    await served.start()
    client = await served.client(served.cast.anna)
    page = await open_page(served, client, "/tickets")
    await page.caught_up()
    await served.stop()
    assert page.closed == hub.Close.RESTART


class TestUnderShortTimes:
    """With time-outs of fractions of a second."""

    @pytest.fixture
    def config(self, quick):
        return quick

    async def test_heartbeats_bring_fresh_tokens(self, served, open_):
        page = await open_(served.cast.anna, "/tickets")
        tokens = set()
        async with asyncio.timeout(DEADLINE):
            while len(tokens) < 4:
                await page.news()
                tokens.add(page.token)

    async def test_a_session_that_ran_out_is_closed_at_the_next_heartbeat(self, served, open_):
        """ASVS 7.3.1."""
        page = await open_(served.cast.anna, "/tickets")
        await page.caught_up()
        await Session.filter(person_id=served.cast.anna.id).update(last_seen=0)
        assert await close_code(page) == hub.Close.ENDED

    async def test_a_region_that_nobody_shows_is_forgotten(self, served, open_):
        page = await open_(served.cast.anna, "/tickets")
        await page.caught_up()
        assert served.relay.kept
        await page.cut()
        async with asyncio.timeout(DEADLINE):
            while served.relay.kept:
                await asyncio.sleep(0.05)

    async def test_a_page_that_does_not_answer_is_dropped(self, served, open_, monkeypatch):
        monkeypatch.setattr(relay, "SILENCE", 0.5)
        page = await open_(served.cast.anna, "/tickets", connect=False)
        page.say = lambda **_: asyncio.sleep(0)
        await page.connect()
        assert await close_code(page) == hub.Close.OVERLOAD


async def test_audiences_are_written_and_read_alike():
    for audience in (STAFF, Audience(7)):
        assert Audience.parse(str(audience)) == audience
    for text in ("", "x", "requester", "requester:", "requester:-1", "staff:1"):
        with pytest.raises(ValueError):  # noqa: PT011
            Audience.parse(text)
