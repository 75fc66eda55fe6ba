"""Nobody keeps the desk busy alone: how much one person may write and change, and that nothing typed is lost by it."""

import asyncio
import html
from dataclasses import replace
from types import SimpleNamespace

import pytest
from limits.aio import strategies
from limits.aio.storage import memory

from app.config import Limits
from app.desk.models import Comment
from app.web import limits
from app.web.typed import READ
from tests import forms
from tests.conftest import Served
from tests.desk.acts import a_ticket, everything

from .embedding import a_site
from .reading import HTMX, RUSSIAN
from .rights import FORMS

MESSAGES, CHANGES = 20, 5


@pytest.fixture
def clock(monkeypatch):
    """The clock that windows go by, as seconds in .now."""
    clock = SimpleNamespace(now=1000.0, time=lambda: clock.now)
    for module in (limits, memory, strategies):
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
async def desk(config, clock):
    """With a ticket of Clara's on which she and Anna wrote."""
    served = Served(replace(config, limits=Limits(MESSAGES, CHANGES)))
    await served.start()
    await a_ticket(served.cast.clara)
    await forms.write(served.cast.clara, 1, "Hello")
    await forms.write(served.cast.anna, 1, "Hello")
    yield served
    await served.stop()


async def test_as_many_as_are_allowed_pass_at_once_and_no_more(desk, clock, told):
    """ASVS 2.4.1."""
    clara = await desk.client(desk.cast.clara)

    async def burst(number: int) -> list[int]:
        sent = (clara.post("/tickets/1/comments", data={"body": f"{n}"}, headers=HTMX) for n in range(number))
        return sorted(answer.status_code for answer in await asyncio.gather(*sent))

    assert await burst(MESSAGES + 10) == [204] * MESSAGES + [429] * 10
    assert await Comment.filter(author_id=desk.cast.clara.id).count() == 2 + MESSAGES
    line = f"too much of person {desk.cast.clara.id} from 127.0.0.1: more than 20 messages a minute"
    assert told().count(line) == 10
    clock.now += 59.5
    [late] = [await clara.post("/tickets/1/comments", data={"body": "x"}, headers=HTMX)]
    assert (late.status_code, late.headers["Retry-After"]) == (429, "1")
    clock.now += 1
    assert await burst(MESSAGES + 1) == [204] * MESSAGES + [429]


async def test_what_one_person_sends_is_nothing_to_another_and_the_same_from_inside_another_site(desk):
    clara, dmitri, guest = await desk.client(desk.cast.clara), await desk.client(desk.cast.dmitri), desk.stranger()
    guest.headers["Authorization"] = f"Bearer {(await a_site()).token()}"
    sent = {"subject": "x", "body": "y"}
    for n in range(MESSAGES):
        client, path = ((clara, "/tickets"), (guest, "/embed/tickets/1/comments"))[n % 2]
        assert (await client.post(path, data=sent)).status_code == 303
    for client, path in ((clara, "/tickets"), (guest, "/embed/tickets"), (guest, "/embed/tickets/1/comments")):
        assert (await client.post(path, data=sent)).status_code == 429
    assert (await dmitri.post("/tickets", data=sent)).status_code == 303


async def test_no_limit_is_none(config):
    served = Served(replace(config, limits=Limits(messages=0, changes=0)))
    await served.start()
    clara = await served.client(served.cast.clara)
    for _ in range(30):
        assert (await clara.post("/settings", data={"language": "en"})).status_code == 303
        assert (await clara.post("/tickets", data={"subject": "x", "body": "y"})).status_code == 303
    await served.stop()


async def test_a_form_that_was_refused_counts_and_what_a_page_asks_for_by_itself_does_not(desk):
    clara = await desk.client(desk.cast.clara)
    for _ in range(MESSAGES):
        assert (await clara.post("/tickets", data={"subject": "", "body": ""})).status_code == 422
    assert (await clara.post("/tickets", data={"subject": "", "body": ""})).status_code == 429
    for _ in range(3 * MESSAGES):
        assert (await clara.post("/live/connection", data={"token": "x"})).status_code == 401
        assert (await clara.get("/tickets/1")).status_code == 200
    assert (await clara.post("/logout")).status_code == 303


async def test_what_asks_for_a_connection_has_a_limit_of_its_own(desk, monkeypatch):
    monkeypatch.setattr(limits, "CONNECTIONS", 5)
    clara = await desk.client(desk.cast.clara)
    asked = [await clara.post("/live/connection", data={"token": "x"}, headers=HTMX) for _ in range(6)]
    assert [answer.status_code for answer in asked] == [401] * 5 + [429] and asked[-1].headers["Retry-After"] == "60"
    assert (await clara.post("/tickets/1/comments", data={"body": "x"}, headers=HTMX)).status_code == 204


async def exhaust(client, base: str = "") -> None:
    for _ in range(MESSAGES):
        await client.post(f"{base}/tickets", data={"subject": "", "body": ""})
    for _ in range(CHANGES if not base else 0):
        await client.post("/settings", data={"language": "?"})


TYPED = {  # into each form: by whom, and what
    "/tickets": ("anna", {"subject": "My <subject>", "body": "My\nwords", "tags": "vpn", "requester": "eva@x.example"}),
    "/tickets/1": ("anna", {"subject": "My <subject>", "priority": "urgent", "version": "2"}),
    "/tickets/1/comments": ("anna", {"body": "My <words>\n two", "kind": "note", "status": "solved", "key": "k1"}),
    "/comments/3": ("anna", {"body": "My <words>", "version": "1"}),
    "/settings": ("clara", {"language": "ru"}),
    "/keys": ("vera", {"name": "My <shop>", "origins": "https://shop.example"}),
    "/embed/tickets": ("guest", {"subject": "My <subject>", "body": "My\nwords"}),
    "/embed/tickets/1/comments": ("guest", {"body": "My <words>", "key": "k1"}),
}


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
async def test_over_a_limit_every_form_keeps_its_words_and_nothing_is_changed(headers, language, desk):
    clients = {name: await desk.client(getattr(desk.cast, name)) for name in ("anna", "clara", "vera")}
    clients["guest"] = desk.stranger()
    clients["guest"].headers["Authorization"] = f"Bearer {(await a_site()).token()}"
    for name, client in clients.items():
        client.headers.update(RUSSIAN if language == "ru" else {})
        await exhaust(client, "/embed" if name == "guest" else "")
    before = await everything()
    for path, (name, typed) in TYPED.items():
        answer = await clients[name].post(path, data=typed, headers=headers)
        assert answer.status_code == 429 and answer.headers["Retry-After"] == "60", path
        assert ("через 60 с." if language == "ru" else "in 60 s.") in html.unescape(answer.text), path
        if headers:  # the page keeps its form
            assert answer.headers["HX-Retarget"] == "#notice", path
            continue
        kept = html.unescape(answer.text)
        assert all(typed[name] in kept for name in READ if name in typed), path
    assert await everything() == before


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
async def test_over_a_limit_no_route_changes_anything(headers, desk, monkeypatch):
    """Whatever route is added next: it is counted, unless it is among those that are not."""
    vera, guest = await desk.client(desk.cast.vera), desk.stranger()
    guest.headers["Authorization"] = f"Bearer {(await a_site()).token()}"
    await exhaust(vera)
    await exhaust(guest, "/embed")
    monkeypatch.setattr(limits, "DRAFTS", 1)
    monkeypatch.setattr(limits, "READS", 1)
    await vera.post("/drafts", data={"kind": "ticket", "body": "Half"})
    await vera.post("/tickets/1/read", data={"upto": "1"})
    before = await everything()
    for rule in desk.app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.endpoint in limits.UNCOUNTED | limits.CONNECT:
            continue
        path = rule.rule.replace("<number:ticket>", "1").replace("<number:comment>", "3").replace("<id>", "ek_x")
        client = guest if path.startswith("/embed/") else vera
        answer = await client.post(path, data=FORMS.get(f"POST {rule.rule}", {}), headers=headers)
        assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0, path
        assert "60 s" in answer.text, path
    assert await everything() == before
