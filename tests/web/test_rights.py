"""Every line of rights.py is true, and every route has one (ASVS 8.2.1, 8.2.2, 8.2.3, 8.3.1, 15.3.3)."""

import re
from dataclasses import dataclass, replace

import httpx
import pytest
from lxml.html import document_fromstring
from tortoise import Tortoise
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from app import create_app
from app.desk import comments, embeds, people, tickets
from app.desk.audience import STAFF
from app.desk.drafts import Draft
from app.desk.models import Person
from app.live import kinds
from app.web import security
from tests import forms
from tests.conftest import DEADLINE, Served
from tests.desk.acts import a_ticket, everything, position
from tests.live.applier import span
from tests.live.pages import open_page

from .embedding import Site, a_site
from .reading import HTMX, one
from .rights import EMBEDDED, EMBEDDED_FIELDS, FIELDS, FORMS, NOTHING_KEPT, PEOPLE, Decision, decisions

NEEDED = {  # argument of a route -> the things that must be decided on
    "ticket": {"ticket", "deleted ticket", "nothing"},
    "comment": {
        *("her reply", "her answered reply", "her closed reply"),
        "anna's reply",
        "anna's note",
        "deleted reply",
        "in deleted ticket",
        "nothing",
    },
    "id": {"key", "nothing"},
}
STRANGE = "4711"  # a value that nothing has


@dataclass
class Room:
    """The desk with everybody of the table."""

    served: Served
    eve: Person
    eves: dict[str, str]  # what her page would say when it connects
    site: Site | None = None  # another site, when something is inside it
    last: httpx.AsyncClient | None = None  # of the page that a connection was made for

    def person(self, name: str) -> Person | None:
        return None if name == "stranger" else self.eve if name == "eve" else getattr(self.served.cast, name)

    async def client(self, name: str) -> httpx.AsyncClient:
        person = self.person(name)
        return self.served.stranger() if person is None else await self.served.client(person)

    async def form(self, thing: str) -> dict[str, str]:
        """A new thing of this kind: what stands for it in a form."""
        anna, clara = self.served.cast.anna, self.served.cast.clara
        match thing.partition(", ")[0]:
            case "a row" | "a deleted row" as kind:
                ticket = await a_ticket(clara)
                if kind == "a deleted row":
                    await tickets.delete(anna, ticket.id)
                return {"ticket": f"{ticket.id}:1"}
            case "no row":
                return {"ticket": "999999:1"}
            case "anna's change" | "anna's deletion" | "her reopening" as kind:
                ticket = await a_ticket(clara)
                if kind == "anna's deletion":
                    return {"event": str(await tickets.delete(anna, ticket.id))}
                await forms.change(anna, ticket.id, "1", {"status": "solved"})
                if kind == "her reopening":
                    await forms.write(clara, ticket.id, "It broke again.")
                return {"event": str(await position())}
        return {"event": "999999"} if thing == "no event" else {}

    async def make(self, thing: str) -> dict[str, int | str]:
        """A new thing of this kind: what stands for it in a path."""
        cast = self.served.cast
        match thing.partition(", ")[0]:
            case "ticket":
                return {"ticket": (await a_ticket(cast.clara)).id}
            case "closed ticket" | "deleted ticket" as kind:
                ticket = await a_ticket(cast.clara)
                if kind == "closed ticket":
                    await forms.change(cast.anna, ticket.id, "1", {"status": "closed"})
                else:
                    await tickets.delete(cast.anna, ticket.id)
                return {"ticket": ticket.id}
            case "nothing":
                return {"ticket": 999_999, "comment": 999_999, "id": "ek_nothing"}
            case "key":
                return {"id": (await a_site()).key.id}
            case "-" | "token of their page" | "token of another's page" | "staff token in session":
                return {"version": "0", "name": "pult.css"}
            case "token of clara":
                return {}
        return await self.make_comment(thing)

    async def make_comment(self, thing: str) -> dict[str, int | str]:
        cast = self.served.cast
        ticket = await a_ticket(cast.clara)
        author = cast.clara if thing.startswith("her ") else cast.anna
        comment = await forms.write(author, ticket.id, "Hello", kind="note" if "note" in thing else "reply")
        if thing == "her answered reply":
            await forms.write(cast.anna, ticket.id, "Hello Clara")
        if thing == "her closed reply":
            await forms.change(cast.anna, ticket.id, "1", {"status": "closed"})
        if thing == "deleted reply":
            await comments.remove(author, comment.id)
        if thing == "in deleted ticket":
            await tickets.delete(cast.anna, ticket.id)
        return {"comment": comment.id}

    def path(self, route: str, thing: dict[str, int | str]) -> str:
        rule = next(rule for rule in self.served.app.url_map.iter_rules() if rule.rule == route)
        built = rule.build({name: thing[name] for name in rule.arguments})
        assert built
        return built[1]

    async def connection(self, name: str, kind: str) -> dict[str, str]:
        """What a page says when it connects, with a token of this kind."""
        if name in ("eve", "stranger"):
            return {"token": "", "since": "0", "epoch": ""} if name == "stranger" else self.eves
        other = {"token of another's page": "boris" if name == "anna" else "anna"}.get(kind, name)
        page = await open_page(self.served, await self.client(other), "/tickets", connect=False)
        tokens = self.served.relay.tokens
        token = page.token
        if kind == "staff token in session" and name in ("clara", "dmitri"):
            grant = tokens.read(token)
            regions = tuple(kinds.read(region.name, region.of, STAFF) for region in grant.regions)
            token = tokens.make(replace(grant, audience=STAFF, regions=regions))
        self.last = page.client if other == name else None
        return {"token": token, "since": str(page.cursor), "epoch": page.epoch, "build": str(page.build)}


@pytest.fixture
async def room(served: Served) -> Room:
    """Eve was an agent with an open page; she is disabled now."""
    eve = await people.add("eve@pult.example", "Eve", "agent")
    page = await open_page(served, await served.client(eve), "/tickets", connect=False)
    await people.disable("eve@pult.example")
    return Room(
        served, eve, {"token": page.token, "since": str(page.cursor), "epoch": page.epoch, "build": str(page.build)}
    )


def test_every_route_has_its_decisions(config):
    """ASVS 8.2.1: a new route, or a new kind of thing in a path, is decided on before it passes."""
    rules = list(create_app(config).url_map.iter_rules())
    declared: dict[tuple[str, str], set[str]] = {}
    for line in decisions() + decisions(EMBEDDED):
        declared.setdefault((line.method, line.route), set()).add(line.thing)
    routes = {
        (method, rule.rule): rule.arguments
        for rule in rules
        for method in ({"SOCKET"} if rule.websocket else (rule.methods or set()) - {"HEAD", "OPTIONS"})
    }
    assert declared.keys() == routes.keys()
    for route, things in declared.items():
        for argument in routes[route] & NEEDED.keys():
            assert things >= NEEDED[argument], route
    posted = {f"{method} {rule}" for method, rule in routes if method == "POST"}
    assert FIELDS.keys() | EMBEDDED_FIELDS.keys() | NOTHING_KEPT == posted


@pytest.mark.parametrize("line", decisions(), ids=str)
async def test_everybody_gets_what_is_decided(line: Decision, room: Room):
    """ASVS 8.2.1, 8.2.2: the status, and that whoever is refused changes nothing."""
    for name in PEOPLE:
        assert await answer(line, name, room) == line.cells[name], (name, str(line))


async def answer(line: Decision, name: str, room: Room) -> str:
    """What this person gets, as the table says it; fails if somebody who is refused changes something."""
    in_form = await room.form(line.thing)
    thing = {} if in_form else await room.make(line.thing)
    room.last = None
    sent = line.form | in_form
    if "token" in line.thing:
        sent |= await room.connection(name, line.thing)
    if line.method == "SOCKET":
        return await socket(room, sent)
    client = room.last or await room.client(name)
    path, before = room.path(line.route, thing), await everything()
    options = {"params" if line.method == "GET" else "data": sent}
    got = await client.request(line.method, path, **options)
    refused = said(got) not in ("200", "204", "303")
    if refused or line.method == "GET":
        assert await everything() == before, (name, str(line))
    if refused and line.route != "/login":
        by_htmx = await client.request(line.method, path, headers=HTMX, **options)
        assert by_htmx.status_code == (401 if said(got) == "login" else got.status_code), (name, str(line))
        assert await everything() == before, (name, str(line))
    if line.method == "GET":
        head = await client.head(path, **options)
        assert (head.status_code, head.content) == (got.status_code, b""), (name, str(line))
    return said(got)


def said(got: httpx.Response) -> str:
    if got.status_code == 401 and 'id="login"' in got.text:
        return "login"
    to_login = got.status_code == 303 and got.headers["location"].startswith("/login?") and got.request.method == "GET"
    if to_login or (got.status_code == 303 and got.headers["location"] == "/login" and "/logout" not in str(got.url)):
        return "login"
    return str(got.status_code)


async def socket(room: Room, sent: dict[str, str]) -> str:
    url = httpx.URL(f"{room.served.url.replace('http', 'ws')}/api/v1/ws", params=sent)
    async with connect(str(url), origin=room.served.url, open_timeout=DEADLINE) as opened:  # type: ignore[arg-type]
        try:
            return "open" if span(str(await opened.recv())) else "nothing"
        except ConnectionClosed:
            return str(opened.close_code)


@pytest.mark.parametrize("line", decisions(EMBEDDED), ids=str)
async def test_inside_other_sites_everybody_gets_what_is_decided(line: Decision, room: Room):
    """ASVS 8.2.2, 8.3.1: by the token alone; another's cookie changes nothing."""
    site, revoked = await a_site(), await a_site()
    for name in line.cells:
        thing = await room.make(line.thing)
        token = _token(name, site, revoked)
        sent = dict(line.form)
        if line.thing == "token of clara":
            sent |= await _embedded_connection(room, site, name)
        client, plain = await room.client("anna"), room.served.stranger()
        await embeds.revoke_key(revoked.key.id)
        await plain.get("/embed/tickets", params={"token": token})  # its person is made, if there is none yet
        path, before = room.path(line.route, thing), await everything()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        options = {"params" if line.method == "GET" else "data": sent, "headers": headers}
        got = await client.request(line.method, path, **options)
        assert str(got.status_code) == line.cells[name], (name, str(line))
        assert "set-cookie" not in got.headers
        if got.status_code >= 400 or line.method == "GET":
            assert await everything() == before, (name, str(line))
            assert (await plain.request(line.method, path, **options)).status_code == got.status_code


def _token(name: str, site: Site, revoked: Site) -> str:
    match name:
        case "read":
            return site.token(actions=["read"])
        case "create":
            return site.token(actions=["create"])
        case "lock":
            return site.token(filter={"status": "pending"})
        case "one":
            return site.token(resource="ticket:888888", actions=["read", "comment"])
        case "dmitri":
            return site.token(sub="dmitri@pult.example", name="Dmitri")
        case "agent":
            return site.token(sub="anna@pult.example", name="Anna")
        case "revoked":
            return revoked.token()
    return "" if name == "cookie" else site.token()


async def _embedded_connection(room: Room, site: Site, name: str) -> dict[str, str]:
    page = await room.served.stranger().get("/embed/tickets", params={"token": site.token()})
    url = httpx.URL(one(document_fromstring(page.text), "#live").get("hx-ws:connect"))
    return dict(url.params)


async def test_options_are_told_to_whoever_may_be_there(room):
    """On every route: what its page may be asked, or the sign-in."""
    for rule in room.served.app.url_map.iter_rules():
        if rule.websocket:
            continue
        if rule.rule.startswith("/embed/"):
            continue
        path = room.path(rule.rule, {"ticket": 1, "comment": 1, "version": "0", "name": "x", "id": "x"})
        for name in ("vera", "clara", "eve", "stranger"):
            got = await (await room.client(name)).options(path)
            public = rule.endpoint in security.PUBLIC or name in ("vera", "clara")
            assert (got.status_code == 200) is public, (name, path)
            assert got.content == b"" or not public


# -- fields -----------------------------------------------------------------------------------------------------------

VALUES = {
    "subject": "Another subject",
    "body": "Another text",
    "priority": "urgent",
    "status": "pending",
    "assignee": "me",
    "requester": "dmitri@pult.example",
    "tags": "vip",
    "due": "2031-01-17",
    "key": "a-key",
    "seen": "1",
    "kind": "note",
    "version": "99",
    "language": "en",
    "shortcuts": "on",
    "name": "Another name",
    "origins": "https://another.example",
    "upto": "999999",
    "reply_waits": "on",
    "two_lines": "on",
    "after_send": "list",
    "after_solve": "stay",
    "add-tags": "another",
    "remove-tags": "new",
    "delete": "1",
    "ticket": "999999:1",
    "event": "999999",
}
OF_ROUTE = {"POST /drafts": {"ticket": "999999"}}
KEY_ID = re.compile(r"ek_[\w-]+")
MOVES = {
    "id",
    "event_id",
    "ticket_id",
    "comment_id",
    "created",
    "updated",
    "updated_public",
    "edited",
    "at",
    "position",
    "revoked",
    "heard",
    "waiting_since",
    "last_said",
    "number",
}
THINGS = {":ticket>": "ticket", ":comment>": "her reply", "<id>": "key"}
IN_FORMS = {"POST /tickets/bulk": "a row", "POST /undo": "anna's change"}
KNOWN_AS = {"vera": ("admin", "staff"), "anna": ("agent", "staff"), "clara": ("requester",)}
TRIED = [(route, name) for route in FIELDS for name in KNOWN_AS]


def every_field() -> set[str]:
    """Each column of each table, and each field of each form."""
    columns = {name for model in Tortoise.apps.get_models_iterable() for name in model._meta.fields_map}
    listed = {name.strip("!") for who in FIELDS.values() for names in who.values() for name in (names or "").split()}
    return (
        columns | listed | {"role", "password", "email", "next", "token", "author", "_method", "is_staff", "is_admin"}
    )


@pytest.mark.parametrize(("route", "name"), TRIED, ids=str)
async def test_a_form_obeys_the_fields_that_are_decided_and_no_other(route, name, room):
    """ASVS 15.3.3, 8.2.3: each field that is decided alone, and all others at once."""
    await check_fields(route, name, next(FIELDS[route][who] for who in KNOWN_AS[name] if who in FIELDS[route]), room)


@pytest.mark.parametrize("route", EMBEDDED_FIELDS)
async def test_a_form_inside_another_site_obeys_as_little(route, room):
    """ASVS 15.3.3."""
    await check_fields(route, "embedded", EMBEDDED_FIELDS[route], room)


async def check_fields(route: str, name: str, decided: str | None, room: Room) -> None:
    form = FORMS.get(route, {})
    plain_status, plain = await outcome(route, name, form, room)
    if decided is None:
        assert plain_status in (403, 404) and plain == {}, "the form itself is refused"
        everything_at_once = {field: VALUES.get(field, STRANGE) for field in every_field()}
        assert await outcome(route, name, everything_at_once, room) == (plain_status, {})
        return
    named = {field.strip("!") for field in decided.split()}
    values = {field: VALUES.get(field, STRANGE) for field in every_field()} | OF_ROUTE.get(route, {})
    others = {field: values[field] for field in every_field() - named}
    assert await outcome(route, name, form | others, room) == (plain_status, plain), "it obeys one of them"
    obeyed, refusing = set(), set()
    for field in sorted(named):
        got_status, got = await outcome(route, name, form | {field: values[field]}, room)
        if got_status in (403, 404):
            assert got == {}
            refusing.add(field)
        elif (got_status, got) != (plain_status, plain):
            obeyed.add(field)
    assert obeyed == {field for field in decided.split() if not field.startswith("!")}
    assert refusing == {field[1:] for field in decided.split() if field.startswith("!")}


def moves(table: str) -> set[str]:
    return MOVES | {"version"} if table == "draft" else MOVES  # when it was kept


async def outcome(route: str, name: str, form: dict[str, str], room: Room) -> tuple[int, dict[str, list[str]]]:
    """The status, and the rows that the form made or changed, without what is different each time."""
    method, _, rule = route.partition(" ")
    kind = next((thing for argument, thing in THINGS.items() if argument in rule), "-")
    if rule.endswith("/restore"):
        kind = "deleted ticket"
    if kind == "her reply" and name == "anna":
        kind = "anna's reply"
    path = room.path(rule, await room.make(kind))
    form = await room.form(IN_FORMS.get(route, "")) | form
    options = {}
    if name == "embedded":
        client = room.served.stranger()
        room.site = room.site or await a_site()
        options = {"headers": {"Authorization": f"Bearer {room.site.token()}"}}
    else:
        client = await room.client(name)
    if rule == "/settings":
        unset = {"language": "", "shortcuts": False, "reply_waits": False, "two_lines": False}
        unset |= {"after_send": "stay", "after_solve": "next"}
        await people.set_preferences(await Person.get(id=room.person(name).id), **unset)
    await Draft.all().delete()  # what is kept of one form stands in the way of another
    before = await everything()
    got = await client.request(method, path, data=form, **options)
    after = await everything()
    rows = {table: [row for row in after[table] if row not in before[table]] for table in after}
    assert not any(
        value in (STRANGE, int(STRANGE)) for found in rows.values() for row in found for value in row.values()
    )
    changed = {
        table: sorted(
            KEY_ID.sub("key", repr([pair for pair in row.items() if pair[0] not in moves(table)])) for row in found
        )
        for table, found in rows.items()
        if found and table not in ("journal", "search")
    }
    return got.status_code, changed
