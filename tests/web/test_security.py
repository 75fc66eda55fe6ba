"""What stands before every page: who may ask, from where, and the headers of every answer."""

import sqlite3
import warnings
from dataclasses import replace

import asyncpg
import pytest
from tortoise.exceptions import OperationalError
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from werkzeug.routing import Rule

from app.desk import people
from app.web import embed, limits, pages, security
from tests.conftest import ON_POSTGRES, Served
from tests.desk.acts import a_ticket, everything

from .embedding import SHOP, a_site
from .reading import HTMX, RUSSIAN

SAMPLES = {
    "ticket": 1,
    "comment": 1,
    "version": "0",
    "name": "pult.css",
    "id": "ek_1",
}  # for the variable parts of paths
SELF = {"script-src", "style-src", "img-src", "connect-src", "form-action"}  # what the policy opens to this site
NONE = {"default-src", "frame-ancestors", "base-uri", "object-src"}


def path(rule: Rule) -> str:
    built = rule.build({name: SAMPLES[name] for name in rule.arguments})
    assert built
    return built[1]


def routes(served: Served) -> list[tuple[str, str, str]]:
    """(endpoint, method, path) of everything that can be asked for."""
    return [
        (rule.endpoint, method, path(rule))
        for rule in served.app.url_map.iter_rules()
        for method in sorted(rule.methods or ())
        if not rule.websocket
    ]


@pytest.fixture
async def desk(served):
    """With a ticket in it that has a comment."""
    await a_ticket(served.cast.clara)
    return served


async def test_every_route_is_public_by_decision_or_sends_strangers_away(desk):
    before, visitor = await everything(), desk.stranger()
    for endpoint, method, where in routes(desk):
        if endpoint in security.PUBLIC:
            continue
        answer = await visitor.request(method, where)
        if where.startswith(("/live/", "/embed/")):
            assert answer.status_code == 401, (method, where)
        else:
            assert answer.status_code == 303, (method, where)
            assert answer.headers["location"].startswith("/login"), (method, where)
        assert (await visitor.request(method, where, headers=HTMX)).status_code == 401, (method, where)
    assert await everything() == before


async def test_every_public_route_exists(desk):
    assert {endpoint for endpoint, _, _ in routes(desk)} >= security.PUBLIC


async def test_looking_changes_nothing(desk):
    """ASVS 3.5.3."""
    clients = [await desk.client(person) for person in desk.cast.everyone] + [desk.stranger()]
    before = await everything()
    looks = [where for _, method, where in routes(desk) if method == "GET"]
    assert len(looks) > 8
    for client in clients:
        for where in looks:
            for method in ("GET", "HEAD", "OPTIONS"):
                answer = await client.request(method, where, params={"ticket": "1", "deleted": "1", "id": "1"})
                assert answer.status_code < 500, (method, where)
    assert await everything() == before


async def test_every_answer_carries_the_headers_of_the_contract(desk):
    """ASVS 3.4.3, 3.4.4, 3.4.5, 3.4.6, 3.4.8."""
    anna, clara = await desk.client(desk.cast.anna), await desk.client(desk.cast.clara)
    asked = [(method, where) for endpoint, method, where in routes(desk) if endpoint != "auth.logout"]
    asked += [("GET", "/nothing"), ("PUT", "/tickets"), ("GET", "/tickets/99"), ("GET", "/static/0/x.css")]
    for client, as_asked in ((clara, {}), (anna, HTMX), (desk.stranger(), {})):
        for method, where in asked:
            headers = (await client.request(method, where, headers=as_asked)).headers
            policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
            assert policy == dict.fromkeys(SELF, "'self'") | dict.fromkeys(NONE, "'none'"), (method, where)
            assert headers["pult"] == "1", (method, where)
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == ("no-referrer" if where.startswith("/embed/") else "same-origin")
            assert headers["cross-origin-opener-policy"] == "same-origin"
            assert headers["cache-control"], (method, where)
            assert "strict-transport-security" not in headers and "server" not in headers


async def test_every_answer_says_that_it_is_the_desks(desk, monkeypatch):
    """Whatever its status, so that nothing else is ever taken for one."""
    anna, clara, site = await desk.client(desk.cast.anna), await desk.client(desk.cast.clara), await a_site()
    visitor, embedded = desk.stranger(), {"Authorization": f"Bearer {site.token()}"}
    too_large = {"data": {"body": "x" * 1_100_000}}

    cause = sqlite3.OperationalError("database or disk is full")
    cause.sqlite_errorcode = sqlite3.SQLITE_FULL
    full = OperationalError(asyncpg.DiskFullError("no space left on device") if ON_POSTGRES else cause)

    async def fail(*_: object) -> None:
        raise desk.failure

    async def answers():
        yield 200, await anna.get("/tickets")
        yield 200, await visitor.get("/embed/tickets", headers=embedded)
        yield 204, await anna.post("/tickets/1", data={"version": "1", "priority": "high"}, headers=HTMX)
        yield 303, await visitor.get("/tickets")
        yield 303, await anna.post("/tickets/1/comments", data={"body": "Hello"})
        for where in ("/tickets/1/comments", "/live/connection", "/embed/tickets", "/embed/session"):
            yield 401, await visitor.post(where, headers=HTMX)
        yield 401, await visitor.get("/embed/tickets")
        yield 403, await clara.post("/tickets/1", data={"version": "1"})
        yield 403, await anna.post("/tickets", headers={"Origin": "https://evil.example"})
        yield 404, await anna.get("/tickets/99")
        yield 405, await anna.put("/tickets")
        yield 409, await conflict()
        yield 413, await anna.post("/tickets/1/comments", **too_large)
        yield 413, await visitor.post("/embed/tickets", headers=embedded, **too_large)
        yield 422, await anna.post("/tickets/1/comments", data={"body": ""}, headers=HTMX)
        monkeypatch.setattr(limits, "ADDRESS", limits.parse("1 per hour"))
        monkeypatch.setattr(limits, "WORDS", limits.WORDS | {limits.ADDRESS: "an address"})
        await visitor.post("/login")
        yield 429, await visitor.post("/login")
        monkeypatch.setattr(pages, "watch", fail)
        for desk.failure, status in ((RuntimeError(), 500), (full, 503)):
            yield status, await anna.get("/tickets")
            yield status, await visitor.get("/embed/tickets", headers=embedded)

    async def conflict():
        boris = await desk.client(desk.cast.boris)
        await boris.post("/tickets/1", data={"version": "2", "subject": "His"})
        return await anna.post("/tickets/1", data={"version": "2", "subject": "Hers"})

    async for status, answer in answers():
        assert (answer.status_code, answer.headers.get("pult")) == (status, "1"), answer.request


async def test_nothing_of_a_signed_in_person_is_kept_by_browsers(desk):
    """ASVS 14.3.2."""
    anna = await desk.client(desk.cast.anna)
    for endpoint, method, where in routes(desk):
        if method == "GET" and endpoint not in ("assets.static", "pages.me", *embed.PUBLIC):
            assert (await anna.get(where)).headers["cache-control"] == "no-store", where
    assert (await anna.get("/me.css?id=1")).headers["cache-control"].startswith("private")


async def test_every_write_from_another_site_is_refused(desk):
    """ASVS 3.5.1."""
    clients = [await desk.client(desk.cast.anna), desk.stranger()]
    before = await everything()
    for _, method, where in routes(desk):
        if method == "POST":
            for client in clients:
                for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site", **HTMX}):
                    assert (await client.post(where, headers=headers)).status_code == 403, (where, headers)
    assert await everything() == before


async def test_another_site_is_whatever_is_not_exactly_this_one(desk):
    anna = await desk.client(desk.cast.anna)
    host = desk.url.removeprefix("http://")
    origins = ["null", "", f"https://{host}", f"http://{host}.evil.example", f"http://evil@{host}", f"http://{host}/"]
    origins += [desk.url.upper(), "http://localhost", f"http://127.0.0.1:{desk.port + 1}", f"{desk.url} {desk.url}"]
    origins += ["http://[", "http://[x]", f"{desk.url}]", "http://\N{FULLWIDTH SOLIDUS}.example".encode()]
    foreign = [{"Origin": origin} for origin in origins]
    foreign += [{"Sec-Fetch-Site": site} for site in ("cross-site", "same-site", "nonsense", "")]
    foreign += [{"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}]
    for headers in foreign:
        answer = await anna.post("/tickets/1/comments", data={"body": "Hello"}, headers=headers)
        assert answer.status_code == 403, headers


async def test_a_write_from_this_site_or_from_no_browser_passes(desk):
    anna = await desk.client(desk.cast.anna)
    for headers in (
        {},
        {"Origin": desk.url},
        {"Origin": desk.url, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ):
        answer = await anna.post("/tickets/1/comments", data={"body": "Hello"}, headers=headers)
        assert answer.status_code == 303, headers


async def test_other_sites_may_lead_here(desk):
    anna = await desk.client(desk.cast.anna)
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert (await anna.get("/tickets/1", headers=headers)).status_code == 200


async def test_with_a_public_address_only_that_is_this_site(config):
    """ASVS 3.4.1."""
    server = replace(config.server, public_url="https://desk.example", proxies=("127.0.0.1",))
    desk = Served(replace(config, server=server))
    await desk.start()
    try:
        visitor = desk.stranger(headers={"X-Forwarded-Proto": "https"})
        for origin, status in (
            ("https://desk.example", 303),
            ("http://desk.example", 403),
            ("https://desk.example:8443", 403),
            (desk.url, 403),
        ):
            assert (await visitor.post("/logout", headers={"Origin": origin})).status_code == status, origin
        page = await visitor.get("/login")
        assert page.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    finally:
        await desk.stop()


@pytest.mark.parametrize(
    ("public", "host", "origin"),
    [
        ("", "desk.example", "https://desk.example"),  # a proxy that speaks TLS passes the name on
        ("", "127.0.0.1:8000", "https://desk.example"),  # or does not
        ("https://desk.example", "192.168.1.5:8000", "http://192.168.1.5:8000"),  # opened by its other address
        ("https://desk.example", "desk.example", "http://desk.example"),
        ("https://desk.example", "desk.example", "https://desk.example:8443"),
    ],
)
async def test_what_looks_like_another_site_names_the_address_and_the_setting(public, host, origin, config, log):
    desk = Served(replace(config, server=replace(config.server, public_url=public)))
    await desk.start()
    site, ours = await a_site(), public or f"http://{host}"
    try:
        for as_asked, words in (
            ({}, "came from another address"),
            (RUSSIAN, "пришёл с другого адреса"),
            (HTMX, "came"),
        ):
            headers = {"Host": host, "Origin": origin, **as_asked}
            for client, path in ((desk.stranger(), "/login"), (await desk.client(desk.cast.anna), "/tickets/1")):
                log.lines.clear()
                answer = await client.post(path, data={"email": "anna@pult.example"}, headers=headers)
                assert answer.status_code == 403 and words in answer.text
                assert origin in answer.text and ours in answer.text
                assert ("server.public_url" in answer.text) and "Ask an admin" not in answer.text
                [line] = [line for line in log.lines if "app.web.origins" in line]
                assert origin in line and ours in line and "server.public_url" in line
        bearer = {"Authorization": f"Bearer {site.token()}", "Host": host, "Origin": origin}
        framed = await desk.stranger().post("/embed/tickets", headers=bearer)
        assert framed.status_code == 403 and origin in framed.text
        assert SHOP in framed.headers["content-security-policy"], "it is seen in the frame"
        log.lines.clear()
        with pytest.raises(InvalidStatus):
            await connect(f"{desk.url.replace('http', 'ws')}/api/v1/ws?token=x", origin=origin, additional_headers={})
        assert any("app.web.origins" in line and origin in line and "server.public_url" in line for line in log.lines)
    finally:
        await desk.stop()


async def test_nothing_of_an_address_but_an_address_is_shown(desk, log):
    anna = await desk.client(desk.cast.anna)
    for origin in (
        "https://<script>alert(1)</script>",
        "https://evil.example/<b>path</b>",
        'https://evil.example" onload="x',
        "<b>bold</b>",
        "https://" + "e" * 3000 + ".example",
        "javascript:alert(1)",
        "null",
        "",
    ):
        answer = await anna.post("/tickets/1", data={"version": "1"}, headers={"Origin": origin})
        assert answer.status_code == 403 and "from another site" in answer.text, origin
        assert "<script>alert" not in answer.text and "<b>" not in answer.text and "eeee" not in answer.text
        assert "onload" not in answer.text
        answer = await anna.post("/tickets/1", headers={"Sec-Fetch-Site": "cross-site", "Host": "<i>x</i>"})
        assert answer.status_code == 403 and "<i>" not in answer.text


async def test_a_proxy_that_speaks_plainly_brings_no_false_warning(config, log):
    """The public address says that people come by TLS; tests fail with any warning."""
    desk = Served(replace(config, server=replace(config.server, public_url="https://desk.example")))
    await desk.start()
    try:
        await people.set_password(desk.cast.anna, "correct horse")
        visitor = desk.stranger(headers={"Origin": "https://desk.example"})
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            signed = await visitor.post("/login", data={"email": "anna@pult.example", "password": "correct horse"})
        assert signed.status_code == 303 and signed.headers["location"] == "/"
        assert "__Host-pult=" in signed.headers["set-cookie"] and "Secure" in signed.headers["set-cookie"]
        assert "Secure cookies" not in log.text
    finally:
        await desk.stop()


async def test_a_marker_style_holds_nothing_but_a_number(served):
    visitor = served.stranger()
    assert '[data-author="7"]' in (await visitor.get("/me.css?id=7")).text
    for number in ("", "x", '1"]', "٣", "-1", "1 2"):
        answer = await visitor.get("/me.css", params={"id": number})
        assert (answer.status_code, answer.text) == (200, ""), number
    assert (await visitor.get("/me.css", params={"id": "9" * 5000})).status_code == 200
