"""Who gets in by an embedder's token, and who does not."""

import base64
import contextlib
import json
import re
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace

import jwt
import pytest

from app import db
from app.config import ROOT
from app.desk import embeds, people
from app.desk.models import Person
from app.desk.roles import Role
from app.web import site_tokens
from app.web.bearers import Bearers
from app.web.site_tokens import REQUIRED
from tests.conftest import SECRET
from tests.desk.acts import a_ticket

from .embedding import SHOP, Site, a_site
from .reading import one, read, rows


@pytest.fixture
async def desk(served):
    await a_ticket(served.cast.clara)
    await a_ticket(served.cast.dmitri)
    return served


@pytest.fixture
async def site(desk):
    return await a_site()


async def status(desk, token: str, path: str = "/embed/tickets") -> int:
    return (await desk.stranger().get(path, params={"token": token})).status_code


async def test_a_good_token_shows_its_persons_tickets(desk, site):
    page = read(await desk.stranger().get("/embed/tickets", params={"token": site.token()}))
    assert rows(page) == [1]


async def test_a_site_may_let_its_page_write_where_it_shows_nothing(desk, site):
    there = {"bearer": site.token(actions=["comment"]), "body": "Sent by the site's own form", "key": "k"}
    assert await status(desk, there["bearer"], "/embed/tickets/1") == 404
    posted = [await desk.stranger().post(f"/embed/tickets/{number}/comments", data=there) for number in (2, 1)]
    assert [answer.status_code for answer in posted] == [404, 303]


@pytest.mark.parametrize("odd", ["\x00", "ek\x00", "\ud800", "é" * 30])
async def test_a_key_that_no_database_can_hold_is_none(odd, desk, site, log):
    assert await status(desk, site.token(header={"kid": odd})) == 401
    if odd != "\ud800":  # which no address can say
        assert (await desk.stranger().get("/embed/tickets", params={"key": odd})).status_code == 401
        vera = await desk.client(desk.cast.vera)
        assert (await vera.get("/keys", params={"shown": odd})).status_code == 200
    assert "Traceback" not in log.text


# What a token says, or what it says at this moment: a test runs minutes after it was collected.
Claims = dict[str, object] | Callable[[int], dict[str, object]]


def said(claims: Claims) -> dict[str, object]:
    return claims(int(time.time())) if callable(claims) else claims


@pytest.mark.parametrize(
    "claims",
    [
        lambda now: {"exp": now - 310, "iat": now - 600},
        lambda now: {"exp": now - 1, "iat": now - 3601},
        lambda now: {"exp": now + 3600, "iat": now + 400},
        lambda now: {"iat": now - 1, "exp": now + 3601},
        lambda now: {"iat": now + 7200, "exp": now + 7300},
        lambda now: {"exp": now - 1, "iat": now + 5},
        *({name: None} for name in ("sub", "name", "aud", "resource", "actions", "iat", "exp")),
        {"aud": "live"},
        {"aud": "embed-page"},
        {"aud": ["embed", "live"]},
        lambda now: {"nbf": now + 3600},
        {"sub": "nobody"},
        {"sub": ["clara@pult.example"]},
        {"sub": ""},
        {"resource": "ticket:"},
        {"resource": "ticket:x"},
        {"resource": "ticket:-1"},
        {"resource": "ticket:1 "},
        {"resource": "all"},
        {"resource": 1},
        {"actions": []},
        {"actions": "read"},
        {"actions": ["read", "delete"]},
        {"actions": [["read"]]},
        {"filter": "open"},
        {"filter": {"assignee": "1"}},
        {"filter": {"tag": "vpn"}},
        {"filter": {"status": "nonsense"}},
        {"filter": {"status": [1]}},
        {"filter": {"view": "inbox"}},
        {"filter": {"view": ["open"]}},
        {"filter": {"view": "open", "status": ["solved"]}},
        {"exp": "soon"},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"exp": 10**400},
        lambda now: {"exp": [now]},
        {"iat": "x"},
        {"iat": True},
        {"nbf": "x"},
        {"aud": []},
        {"aud": ["live"]},
        {"aud": [["embed"]]},
        {"aud": {"embed": 1}},
    ],
)
async def test_a_token_that_says_what_it_must_not_gets_nobody_in(claims, desk, site, log):
    claims = said(claims)
    token = site.token(**claims)
    answer = await desk.stranger().get("/embed/tickets", params={"token": token})
    assert answer.status_code == 401
    page, why = read(answer), answer.headers["pult-refused"]
    assert not page.cssselect("#ticket-rows, [name=bearer], #embed")
    assert await Person.filter(email="").count() == 0
    claim = why.partition(":")[0]
    assert claim in {*claims, "exp", "token"} and one(page, "html").get("data-refused") == why
    told = [line for line in log.lines if " app.security: " in line]
    assert [f": {why}, {site.key.id}" in line for line in told] == [True], "who signs it is told, and where to look"
    assert "@" not in told[0] and token not in log.text


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["embed"]},
        lambda now: {"iat": now + 280, "exp": now + 280 + 3600},  # a clock that is fast
        lambda now: {"iat": now + 280, "exp": now + 310},
        lambda now: {"iat": now + 280, "exp": now + 600, "nbf": now + 280},
        lambda now: {"iat": now - 300, "exp": now + 60},  # one that is slow
        lambda now: {"iat": now - 300, "exp": now - 240},
        lambda now: {"iat": now - 300, "exp": now - 240, "nbf": now - 300},
        lambda now: {"iat": str(now), "exp": str(now + 60)},
        lambda now: {"iat": now + 0.5, "exp": now + 60.5},
    ],
)
async def test_a_token_of_a_clock_that_is_five_minutes_off_gets_its_person_in(claims, desk, site):
    claims = said(claims)
    answer = await desk.stranger().get("/embed/tickets", params={"token": site.token(**claims)})
    assert answer.status_code == 200 and "pult-refused" not in answer.headers
    [life, left] = [int(one(read(answer), "html").get(f"data-{name}")) for name in ("life", "left")]
    signed = float(claims["exp"]) - float(claims["iat"]) if "exp" in claims else 600
    assert 0 < life <= left <= signed + 1


@pytest.mark.parametrize(("signed", "after"), [(60, 360), (600, 900), (3600, 3600)])
def test_a_token_is_taken_for_five_minutes_more_and_never_for_more_than_an_hour(signed, after):
    """Whatever the clocks say, in sum."""
    made = int(time.time())
    token = jwt.encode({**dict.fromkeys(REQUIRED, ""), "aud": "embed", "iat": made, "exp": made + signed}, SECRET)
    for now in range(made - 300, made + after):
        _, until = site_tokens.read(token, SECRET, now)
        assert now < until <= min(now + signed, made + after)
    for outside in (-301, after):
        with pytest.raises(site_tokens.Wrong):
            site_tokens.read(token, SECRET, made + outside)


async def test_why_a_token_is_refused_is_told_to_its_site_and_is_in_the_documents(desk, site, log):
    """Each reason once, on the page, in the header and in the log, without the token and whom it is for."""
    revoked, documents = await a_site(), (ROOT / "docs" / "embedding.md").read_text()
    now = int(time.time())
    await embeds.revoke_key(revoked.key.id)
    await people.disable("dmitri@pult.example")
    guest, _ = await Bearers(SECRET).read(site.token())
    bearer = Bearers(SECRET).make(replace(guest, embed=replace(guest.embed, until=now - 5)))
    tried = {
        "token: missing": "",
        "token: longer than 4096 characters": "A" * 5000,
        "token: not a JWT": "x",
        "token: not made by this desk": site.token(aud="embed-page"),
        "kid: not a key of this desk": site.token(header={"kid": "canary"}),
        "kid: a revoked key": revoked.token(),
        "alg: not HS256": jwt.encode({"aud": "embed"}, site.secret * 2, "HS512", headers={"kid": site.key.id}),
        "signature: not made with this key's secret": site.token(secret=revoked.secret),
        'aud: not "embed"': site.token(aud="pult"),
        "name: missing": site.token(name=None),
        "iat: not a number of seconds": site.token(iat="x"),
        "iat: … s ahead of the desk's clock": site.token(iat=now + 400, exp=now + 500),
        "nbf: … s ahead of the desk's clock": site.token(nbf=now + 400),
        "exp: not after iat": site.token(iat=now, exp=now),
        "exp: more than an hour after iat": site.token(iat=now, exp=now + 3601),
        "exp: … s ago by the desk's clock": site.token(iat=now - 900, exp=now - 400),
        "exp: of a page's own bearer, which has ended": bearer,
        "sub: not an email address": site.token(sub="canary"),
        "sub: one of the desk's staff": site.token(sub="anna@pult.example"),
        "sub: disabled at the desk": site.token(sub="dmitri@pult.example"),
        "resource: not one of the possible values": site.token(resource="canary"),
        "actions: not one of the possible values": site.token(actions=["canary"]),
        "filter: not one of the possible values": site.token(filter={"canary": "1"}),
        "filter: leaves nothing": site.token(filter={"view": "open", "status": "closed"}),
    }
    for why, token in tried.items():
        log.lines.clear()
        answer = await desk.stranger().post("/embed/session", data={"token": token})
        assert answer.status_code == 401 and re.sub(r"\b\d+(?= s )", "…", answer.headers["pult-refused"]) == why
        [line] = [line for line in log.lines if " app.security: " in line]
        key = revoked.key.id if "revoked" in why else "no key" if why[:3] in ("tok", "kid") else site.key.id
        assert line.endswith(f": {answer.headers['pult-refused']}, {site.key.id if 'made by' in why else key}")
        assert "canary" not in line and "@" not in line
        assert f"`{why}`" in documents or f"`<claim>: {why.partition(': ')[2]}`" in documents, why


@pytest.mark.sqlite
async def test_looking_needs_no_write_unless_somebody_is_new(desk, site, config):
    """Another process writes, or the disk is full: who is known to the desk can look all the same."""
    known, new = site.token(), site.token(sub="zoe@shop.example")
    with contextlib.closing(sqlite3.connect(config.database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        for path in ("/embed/tickets", "/embed/tickets/1", "/embed/tickets/new"):
            assert await status(desk, known, path) == 200
        assert time.monotonic() - began < db.BUSY_SECONDS
        assert await status(desk, new) == 503
        other.execute("ROLLBACK")
    assert await status(desk, new) == 200


async def test_a_token_that_is_signed_otherwise_gets_nobody_in(desk, site):
    other = await a_site("http://other.example", name="Other")
    claims = jwt.decode(site.token(), options={"verify_signature": False})

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    unsigned = f"{part({'alg': 'none', 'kid': site.key.id})}.{part(claims)}."
    forged = [
        "",
        "x",
        "a.b.c",
        unsigned,
        unsigned + "x",
        site.token()[:-2],
        site.token(secret=other.secret),
        site.token(secret=SECRET),
        site.token(secret=site.key.id * 3),
        other.token(header={"kid": site.key.id}),
        site.token(header={"kid": other.key.id}),
        *(site.token(header={"kid": kid}) for kid in ("", "x", "../../dev/null", "' OR 1=1 --", "ek_" + "0" * 16)),
        site.token(header={"kid": "k" * 5000}),
        jwt.encode(claims, site.secret * 2, "HS512", headers={"kid": site.key.id}),
        jwt.encode(claims, site.secret * 2, "HS384", headers={"kid": site.key.id}),
        site.token(header={"jku": "https://evil.example", "x5u": "https://evil.example"}, secret="made up" * 6),
        "A" * 3000,
        f"{site.token()}.{site.token()}",
    ]
    for token in forged:
        assert await status(desk, token) == 401, token
    assert await status(desk, "A" * 60_000) in (401, 414, 400)


async def test_no_other_token_of_ours_opens_an_embed_and_no_embed_token_anything_else(desk, site):
    anna = await desk.client(desk.cast.anna)
    live = one(read(await anna.get("/tickets")), "#live").get("hx-ws:connect").partition("token=")[2].partition("&")[0]
    assert await status(desk, live) == 401
    bearer = one(
        read(await desk.stranger().get("/embed/tickets", params={"token": site.token()})), "#embed [name=token]"
    )
    for token in (site.token(), bearer.get("value")):
        visitor = desk.stranger(headers={"Authorization": f"Bearer {token}"}, cookies={"pult": token})
        assert (await visitor.get("/tickets")).status_code == 303
        assert (await visitor.post("/live/connection", data={"token": token})).status_code == 401


async def test_a_signed_in_person_is_nobody_on_an_embed(desk, site):
    for person in (desk.cast.vera, desk.cast.clara):
        client = await desk.client(person)
        for path in ("/embed/tickets", "/embed/tickets/1", "/embed/tickets/new", "/embed/frame"):
            answer = await client.get(path)
            assert (answer.status_code, "set-cookie" in answer.headers) == (401, False), path


async def test_nobody_on_the_staff_can_be_spoken_for(desk, site):
    for name in ("vera", "anna"):
        answer = await desk.stranger().get("/embed/tickets", params={"token": site.token(sub=f"{name}@pult.example")})
        assert answer.status_code == 401 and "customers" in answer.text
    bearer = Bearers(SECRET)
    guest, _ = await bearer.read(site.token())
    await people.set_role(desk.cast.clara, Role.AGENT)
    assert await status(desk, bearer.make(guest)) == 401


async def test_a_new_person_is_made_once_and_named_as_the_site_says(desk, site):
    for name in ("  Zoë \n Laurent ", "Somebody else"):
        assert await status(desk, site.token(sub="ZOE@shop.example", name=name)) == 200
    [zoe] = await Person.filter(email="zoe@shop.example")
    assert (zoe.name, zoe.role, zoe.password) == ("Zoë Laurent", Role.REQUESTER, None)
    assert await status(desk, site.token(sub="nameless@shop.example", name="")) == 200
    assert (await Person.get(email="nameless@shop.example")).name == "nameless"


async def test_a_disabled_person_and_a_revoked_key_get_nobody_in(desk, site):
    token = site.token()
    guest, _ = await Bearers(SECRET).read(token)
    bearer = Bearers(SECRET).make(guest)
    assert [await status(desk, each) for each in (token, bearer)] == [200, 200]
    await people.disable("clara@pult.example")
    assert [await status(desk, each) for each in (token, bearer)] == [401, 401]
    dmitris = site.token(sub="dmitri@pult.example")
    assert await status(desk, dmitris) == 200
    await embeds.revoke_key(site.key.id)
    assert await status(desk, dmitris) == 401


async def test_a_bearer_lives_no_longer_than_its_sites_token(desk, site):
    now = int(time.time())
    guest, _ = await Bearers(SECRET).read(site.token(exp=now + 60))
    claims = jwt.decode(Bearers(SECRET).make(guest), options={"verify_signature": False})
    assert claims["exp"] <= now + 60
    guest, _ = await Bearers(SECRET).read(site.token(exp=now + 3600))
    claims = jwt.decode(Bearers(SECRET).make(guest), options={"verify_signature": False})
    assert claims["exp"] <= now + 15 * 60 + 5
    assert SECRET not in str(claims) and site.secret not in str(claims)


async def test_a_bearer_is_renewed_while_its_site_allows_it(desk, site):
    visitor = desk.stranger()
    guest, _ = await Bearers(SECRET).read(site.token())
    bearer = Bearers(SECRET).make(guest)
    answer = await visitor.post("/embed/session", headers={"Authorization": f"Bearer {bearer}"})
    renewed = dict(part.split("=") for part in answer.text.split("&"))
    assert answer.status_code == 200 and await status(desk, renewed["bearer"]) == 200
    again = await visitor.post(
        "/embed/session", data={"token": site.token()}, headers={"Authorization": f"Bearer {bearer}"}
    )
    assert again.status_code == 200
    others = [site.token(sub="dmitri@pult.example"), site.token(resource="ticket:1"), site.token(actions=["read"])]
    for token in others:
        answer = await visitor.post(
            "/embed/session", data={"token": token}, headers={"Authorization": f"Bearer {bearer}"}
        )
        assert answer.status_code == 403, "a page goes on as what it was, or is loaded anew"
    assert (await visitor.post("/embed/session")).status_code == 401
    assert (await visitor.post("/embed/session", data={"token": "x"})).status_code == 401


async def test_the_secret_is_another_for_each_key_and_is_not_kept(desk, site):
    other = await a_site()
    assert site.secret != other.secret and len(site.secret) == 43
    assert site.secret not in json.dumps(await embeds.db.rows("SELECT * FROM embed_key"))
    assert Site(site.key).secret == site.secret


async def test_origins_are_what_browsers_send(desk):
    key = await embeds.add_key(
        " My  shop ", ["HTTPS://Shop.Example:443/", "https://shop.example", SHOP, "http://[::1]:80"]
    )
    assert (key.name, key.origins) == ("My shop", ["https://shop.example", SHOP, "http://[::1]"])
    for origins, code in (
        ([], "empty"),
        (["shop.example"], "not_an_origin"),
        (["https://shop.example/path"], "not_an_origin"),
        (["https://*.example"], "not_an_origin"),
        (["https://a.example; script-src *"], "not_an_origin"),
        (["https://a.example https://b.example"], "not_an_origin"),
        (["javascript:alert(1)"], "not_an_origin"),
        (["null"], "not_an_origin"),
        (["https://a,b"], "not_an_origin"),
        (["https://a.example:99999"], "not_an_origin"),
        (["https://x.example"] * 21, "too_long"),
    ):
        with pytest.raises(embeds.Invalid) as problem:
            await embeds.add_key("Shop", origins)
        assert problem.value.errors == {"origins": code}, origins
