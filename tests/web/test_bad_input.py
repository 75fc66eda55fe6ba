"""Whatever is sent: the right status, what was typed is kept, nothing is changed, and the log has no traceback."""

import asyncio
import os
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markupsafe import escape

from app.web import limits
from tests import forms
from tests.conftest import DEADLINE, Served
from tests.desk.acts import a_ticket, everything

from .embedding import a_site
from .reading import HTMX
from .rights import EMBEDDED_FIELDS, FIELDS, FORMS
from .test_sign_in import FOREIGN

ODD = [
    *(
        b"",
        b" ",
        b"\x00",
        b"a\x00b",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"%",
        b"%zz",
        b"\r\n",
        b"\x1b[2J",
    ),
    *("\u202eabc", "\u2028", "\ufeff", "\U0010ffff", "٣", "①", "ﷺ" * 50, "e" + "\u0301" * 200, "🙂" * 100, "ß" * 300),
    *("0", "1", "-1", "1e9", "NaN", "9" * 9, "9" * 10, "9" * 20, "9" * 5000, "0x1", "1_0", " 1", "1.0", "2147483648"),
    *(
        "me",
        "none",
        "urgent",
        "pending",
        "solved",
        "note",
        "reply",
        "en",
        "on",
        "2026-02-30",
        "2031-01-17",
        "10000-01-01",
    ),
    *("{{ 7*7 }}", "' OR 1=1 --", "<script>alert(1)</script>", '"><img src=x>', "../../etc/passwd", "a" * 40_000),
    *("clara@pult.example", "nobody@pult.example", "a@b@c", "[]", "{}", "null", "_method=DELETE", "//evil.example"),
]
value = st.sampled_from([odd if isinstance(odd, bytes) else odd.encode() for odd in ODD]) | st.binary(max_size=60)
value |= st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))
briefly = settings(
    max_examples=int(os.environ.get("PULT_SOAK", "0")) or 10,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def fields(*names: str) -> st.SearchStrategy[list[tuple[str, bytes]]]:
    """Some of these fields, each never, once or several times, in any order; and some that no form has."""
    name = st.sampled_from([*names, *(f"{name}[]" for name in names[:2]), "", "\x00", "é"])
    return st.lists(st.tuples(name, value), max_size=8)


def encoded(pairs: list[tuple[str, bytes]]) -> bytes:
    return "&".join(f"{quote_from_bytes(name.encode())}={quote_from_bytes(typed)}" for name, typed in pairs).encode()


URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}
NAMES = {
    **{route: {n.strip("!") for names in who.values() for n in (names or "").split()} for route, who in FIELDS.items()},
    "POST /login": {"email", "password", "next"},
    "POST /tickets/new": {"subject", "body"},
    "POST /undo": {"event", "list"},
    "POST /embed/tickets/new": {"subject", "body"},
    "POST /live/connection": {"token"},
    "POST /embed/session": {"token"},
    "POST /embed/connection": {"token"},
    **{route: set(names.split()) for route, names in EMBEDDED_FIELDS.items()},
}
PARAMETERS = (
    *("view", "status", "priority", "assignee", "requester", "tag", "q", "sort", "page", "deleted", "next", "id"),
    *("token", "since", "epoch"),
)


@pytest.fixture
async def desk(served: Served, monkeypatch) -> Served:
    """With a ticket that everybody here may write to, and no limit on tries."""
    await a_ticket(served.cast.clara)
    await forms.write(served.cast.anna, 1, "Hello")
    served.site = await a_site()
    for name in ("ACCOUNT_FROM_ADDRESS", "ACCOUNT", "ADDRESS"):
        monkeypatch.setattr(limits, name, limits.parse("100000 per minute"))
    monkeypatch.setattr(limits, "WORDS", {limits.ADDRESS: "an address"})
    return served


def path(route: str, comment: int = 1) -> str:
    return route.replace("<number:ticket>", "1").replace("<id>", "ek_x").replace("<number:comment>", str(comment))


def test_every_form_and_no_other_is_sent_here(desk):
    posts = {rule.rule for rule in desk.app.url_map.iter_rules() if "POST" in (rule.methods or set())}
    assert {f"POST {rule}" for rule in posts} == NAMES.keys() | {"POST /logout"}


@pytest.mark.parametrize("name", ["anna", "clara"])
@pytest.mark.parametrize("route", NAMES)
@briefly
@given(data=st.data(), htmx=st.booleans())
async def test_any_bytes_in_a_form(route, name, data, htmx, desk, log):
    """ASVS 2.2.2, 16.5.1: taken, or refused with nothing changed and what was typed still there."""
    pairs = data.draw(fields(*sorted(NAMES[route])))
    base = (
        [(field, typed.encode()) for field, typed in FORMS.get(route, {}).items()] if data.draw(st.booleans()) else []
    )
    client = desk.stranger() if route == "POST /login" else await desk.client(getattr(desk.cast, name))
    where = path(route.removeprefix("POST "), 1 if name == "clara" else 2)
    inside = {"Authorization": f"Bearer {desk.site.token()}"} if where.startswith("/embed/") else {}
    before = await everything()
    got = await client.post(where, content=encoded(pairs + base), headers=URLENCODED | inside | (HTMX if htmx else {}))
    assert got.status_code in (200, 204, 303, 401, 403, 404, 409, 422), (got.status_code, pairs)
    if got.status_code >= 400:
        assert await everything() == before
    if route == "POST /drafts":
        pass  # sent as one types: the words stand in their form
    elif got.status_code == 422 and "subject" in NAMES[route] | {"body"}:
        for field in {"subject", "body", "tags", "email"} & NAMES[route] & {field for field, _ in pairs + base}:
            typed = next(typed for name_, typed in pairs + base if name_ == field).decode("utf-8", "replace")
            if route == "POST /tickets/<number:ticket>" and name == "clara":
                continue
            if name == "anna" or field in ("subject", "body", "email"):
                assert str(escape(typed.replace("\r\n", "\n"))) in got.text, (field, typed)
    assert "Traceback" not in log.text
    await client.aclose()


@pytest.mark.parametrize("name", ["anna", "clara", "stranger"])
@briefly
@given(pairs=fields(*PARAMETERS))
@example(pairs=[("page", b"9" * 5000), ("status", b"\xff"), ("status", b"\x00")])
async def test_any_bytes_in_a_query(name, pairs, desk, log):
    """ASVS 2.2.2, 1.2.4: on every route that is looked at. No list, no error, no way to another site."""
    client = desk.stranger() if name == "stranger" else await desk.client(getattr(desk.cast, name))
    before = await everything()
    for rule in desk.app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.websocket:
            continue
        where = path(rule.rule).replace("<version>", "0").replace("<path:name>", "x")
        inside = {"Authorization": f"Bearer {desk.site.token()}"} if where.startswith("/embed/") else {}
        got = await client.get(f"{where}?{encoded(pairs).decode()}", headers=inside)
        assert got.status_code in (200, 204, 303, 401, 403, 404), (got.status_code, where, pairs)
        if got.status_code == 303:
            location = got.headers["location"]
            assert location.startswith("/") and not location.startswith(("//", "/\\")), location
    assert await everything() == before
    assert "Traceback" not in log.text
    await client.aclose()


@pytest.mark.parametrize("target", FOREIGN, ids=repr)
async def test_no_route_leads_to_another_site(target, desk):
    """ASVS 3.7.2: whatever `next` says, wherever it is said."""
    anna = await desk.client(desk.cast.anna)
    for rule in desk.app.url_map.iter_rules():
        for method in {"GET", "POST"} & set(rule.methods or ()):
            if rule.websocket or rule.rule in ("/logout", "/tickets/<number:ticket>/delete"):
                continue
            where = path(rule.rule).replace("<version>", "0").replace("<path:name>", "x")
            got = await anna.request(
                method, where, params={"next": target}, data={"next": target} if method == "POST" else None
            )
            location = got.headers.get("location", "/")
            assert location.startswith("/") and not location.startswith(("//", "/\\")), (where, location)
            assert "evil" not in location, (where, location)


# -- bodies and headers that no browser sends ------------------------------------------------------------------------

MULTIPART = "multipart/form-data; boundary=x"
BODIES = [
    ("a megabyte in a field", URLENCODED, b"subject=" + b"x" * 1_100_000, {413}),
    ("a megabyte without a name", URLENCODED, b"x" * 1_100_000, {413}),
    ("many fields", URLENCODED, b"&".join(b"f%d=1" % n for n in range(20_000)), {413, 422}),
    ("nothing", {}, b"", {422}),
    ("no type", {}, b"subject=x&body=y", {422}),
    ("plain text", {"Content-Type": "text/plain"}, b"subject=x&body=y", {422}),
    ("JSON", {"Content-Type": "application/json"}, b'{"subject":"x","body":"y"}', {422}),
    ("a nonsense type", {"Content-Type": "x/;;="}, b"subject=x", {422}),
    ("another encoding", {"Content-Type": "application/x-www-form-urlencoded; charset=utf-16"}, b"subject=x", {422}),
    ("an unknown encoding", {"Content-Type": "application/x-www-form-urlencoded; charset=none"}, b"subject=x", {422}),
    ("compressed", URLENCODED | {"Content-Encoding": "gzip"}, b"\x1f\x8b\x08garbage", {422}),
    ("no boundary", {"Content-Type": "multipart/form-data"}, b"--x\r\n\r\n", {400, 422}),
    ("garbage in parts", {"Content-Type": MULTIPART}, b"garbage", {400, 422}),
    (
        "parts that do not end",
        {"Content-Type": MULTIPART},
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb',
        {400, 422},
    ),
    (
        "a part without a name",
        {"Content-Type": MULTIPART},
        b"--x\r\nContent-Disposition: form-data\r\n\r\nb\r\n--x--",
        {400, 422},
    ),
    ("a part without a head", {"Content-Type": MULTIPART}, b"--x\r\n\r\nb\r\n--x--", {400, 422}),
    (
        "a file",
        {"Content-Type": MULTIPART},
        b'--x\r\nContent-Disposition: form-data; name="subject"; filename="../../a"\r\n\r\nb\r\n--x--',
        {422},
    ),
    (
        "many parts",
        {"Content-Type": MULTIPART},
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 5000 + b"--x--",
        {413, 422},
    ),
]


@pytest.mark.parametrize(("what", "headers", "body", "statuses"), BODIES, ids=[body[0] for body in BODIES])
async def test_bodies_that_no_browser_sends(what, headers, body, statuses, desk, log):
    """ASVS 2.2.2, 15.3.3: refused as what they are, by page and by fragment, and nothing is changed."""
    anna = await desk.client(desk.cast.anna)
    before = await everything()
    for more in ({}, HTMX):
        for where in ("/tickets", "/tickets/1/comments", "/tickets/1", "/comments/2"):
            got = await anna.post(where, content=body, headers=headers | more)
            assert got.status_code in statuses, (what, where, got.status_code)
    assert await everything() == before
    assert "Traceback" not in log.text
    assert (await anna.get("/tickets")).status_code == 200


async def raw(desk: Served, request: bytes, end: bytes = b"\r\n") -> bytes:
    """What the server answers to these bytes, until this end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    writer.write(request)
    try:
        async with asyncio.timeout(DEADLINE):
            return await reader.readuntil(end)
    except asyncio.IncompleteReadError as broken:
        return broken.partial
    finally:
        writer.transport.abort()


@pytest.mark.parametrize(
    "path", [b"/login?\xff\xfe", b"/login?a=\x80", b"/\xff", b"//evil.example", b"/tickets//1", b"/%00"]
)
async def test_an_address_of_any_bytes_is_no_error_and_no_way_elsewhere(path, desk, log):
    """ASVS 3.7.2."""
    answer = await raw(desk, b"GET " + path + b" HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"\r\n\r\n")
    assert answer.split(b" ")[1] in (b"200", b"303", b"400", b"404"), answer
    assert b"evil" not in answer.replace(path, b"").replace(quote_from_bytes(path, safe="").encode(), b"")
    assert "Traceback" not in log.text


LIES = [
    ("shorter than it says", b"Content-Length: 5\r\n\r\nsubject=x&body=y", (b"422", b"400")),
    ("no number", b"Content-Length: x\r\n\r\n", (b"400",)),
    ("less than nothing", b"Content-Length: -1\r\n\r\n", (b"400",)),
    ("two lengths", b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", (b"400",)),
    ("more than a request may have", b"Content-Length: 99999999999\r\n\r\nsubject=x", (b"413",)),
    ("length and chunks", b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (b"400", b"422")),
    ("chunks", b"Transfer-Encoding: chunked\r\n\r\n9\r\nsubject=x\r\n0\r\n\r\n", (b"422",)),
    (
        "too many chunks",
        b"Transfer-Encoding: chunked\r\n\r\n" + b"10000\r\n%s\r\n" % (b"x" * 65536) * 20 + b"0\r\n\r\n",
        (b"413",),
    ),
    ("no chunks", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", (b"400",)),
    ("an unknown coding", b"Transfer-Encoding: other\r\n\r\n", (b"400", b"422", b"501")),
]


@pytest.mark.parametrize(("what", "rest", "statuses"), LIES, ids=[lie[0] for lie in LIES])
async def test_requests_that_lie_about_their_length(what, rest, statuses, desk, log):
    cookie, before = await desk.cookie(desk.cast.anna), await everything()
    head = f"POST /tickets HTTP/1.1\r\nHost: 127.0.0.1:{desk.port}\r\nCookie: pult={cookie}\r\n".encode()
    head += b"Content-Type: application/x-www-form-urlencoded\r\n"
    answer = await raw(desk, head + rest)
    assert answer.split(b" ")[1:2] and answer.split(b" ")[1] in statuses, (what, answer)
    assert {table: rows for table, rows in (await everything()).items() if table != "session"} == {
        table: rows for table, rows in before.items() if table != "session"
    }
    assert "Traceback" not in log.text
    assert (await desk.stranger().get("/healthz")).text == "ok"


@pytest.mark.parametrize("chunked", [False, True])
async def test_who_is_told_that_it_is_too_large_before_it_has_all_come_hears_it(chunked, desk):
    """As behind a proxy that asks for a connection of its own for each request: nginx answered 502 for the desk."""
    size, piece = 1_300_000, b"x" * 10_000
    head = f"POST /tickets HTTP/1.1\r\nHost: 127.0.0.1:{desk.port}\r\nConnection: close\r\n"
    head += f"Cookie: pult={await desk.cookie(desk.cast.anna)}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    head += "Transfer-Encoding: chunked\r\n\r\n" if chunked else f"Content-Length: {size}\r\n\r\n"
    sent = b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    writer.write(head.encode())
    async with asyncio.timeout(DEADLINE):
        for _ in range(0, 1_100_000, len(piece)):
            writer.write(sent)
            await writer.drain()
        answer = await reader.readuntil(b"</html>")
        for _ in range(1_100_000, size, len(piece)):
            writer.write(sent)
            await writer.drain()
        writer.write(b"0\r\n\r\n" if chunked else b"")
        await reader.read()
    assert answer.startswith(b"HTTP/1.1 413 ")
    writer.close()


async def test_an_address_that_no_database_can_hold_is_nobodys(desk, log):
    stranger, anna = desk.stranger(), await desk.client(desk.cast.anna)
    for email in ("\x00", "anna\x00@pult.example"):
        answer = await stranger.post("/login", data={"email": email, "password": "whatever it is"})
        assert answer.status_code == 422
        ticket = await a_ticket(desk.cast.clara)
        answer = await anna.post(f"/tickets/{ticket.id}", data={"version": "1", "requester": email})
        assert answer.status_code == 422
    assert "Traceback" not in log.text


FORWARDED = [
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-For": "10.9.9.9"},
    {"Forwarded": "for=10.9.9.9;host=evil.example;proto=https"},
    {"X-Real-IP": "10.9.9.9"},
    {"X-Forwarded-Prefix": "/evil"},
    {"X-Original-URL": "/settings", "X-Rewrite-URL": "/settings"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"X-User": "vera@pult.example", "X-Remote-User": "vera@pult.example", "Authorization": "Basic dmVyYTp2ZXJh"},
    {"Host": "evil.example"},
]


@pytest.mark.parametrize("headers", FORWARDED, ids=lambda headers: next(iter(headers)))
async def test_headers_that_only_a_proxy_may_send_do_nothing(headers, desk, log):
    """ASVS 4.1.3, 15.3.4: the same bytes, and the same address in the log."""
    clara = await desk.client(desk.cast.clara)
    for client, where in ((clara, "/settings"), (clara, "/"), (clara, "/tickets/99"), (desk.stranger(), "/tickets/1")):
        plain, sent = await client.get(where), await client.get(where, headers=headers)
        assert sent.status_code == plain.status_code
        assert _same(sent.text) == _same(plain.text), where
        assert sent.headers.get("location") == plain.headers.get("location")
        assert "evil" not in sent.text and "strict-transport-security" not in sent.headers
    assert "10.9.9.9" not in log.text


def _same(text: str) -> str:
    """Without what is random."""
    start, _, rest = text.partition("/api/v1/ws?token=")
    return start + rest.partition("&")[2]


@pytest.mark.parametrize(
    "host", [b"", b"a b", b"evil.example:x", b"[::1", b"a\x00b", b"\xff", b"evil.example/", b"a" * 5000]
)
async def test_a_host_that_is_none_is_no_error_of_ours(host, desk, log):
    answer = await raw(desk, b"GET /login HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
    assert answer.split(b" ")[1] in (b"200", b"400"), answer
    assert "Traceback" not in log.text
