"""The door of the live floor: who gets in, and what may be said."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.desk import tickets
from app.desk.models import Session
from app.live import hub, relay, socket
from tests.conftest import DEADLINE, Served
from tests.live import applier
from tests.live.actions import Desk
from tests.live.pages import close_code, open_page


@pytest.fixture
async def desk(served):
    desk = Desk(served.cast)
    await desk.open()
    return desk


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
        assert served.relay.registry
        await page.cut()
        async with asyncio.timeout(DEADLINE):
            while served.relay.registry:
                await asyncio.sleep(0.05)

    async def test_a_page_that_does_not_answer_is_dropped(self, served, open_, monkeypatch):
        monkeypatch.setattr(relay, "SILENCE", 0.5)
        page = await open_(served.cast.anna, "/tickets", connect=False)
        page.say = lambda **_: asyncio.sleep(0)
        await page.connect()
        assert await close_code(page) == hub.Close.OVERLOAD
