"""Answers: whole pages with their live regions, plain pages, fragments; and the language they are in."""

import hashlib
import secrets
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from quart import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from app import db
from app.desk import filters
from app.desk.audience import Audience
from app.desk.errors import Missing
from app.desk.models import Person
from app.live import access, journal
from app.live.content import Content
from app.live.journal import Position
from app.live.region import Region
from app.live.regions.count import CountRegion
from app.live.render import LANGUAGES, Renderer
from app.live.tokens import Grant
from app.web.bearers import Guest
from app.web.state import state

COUNTED = {
    True: ("inbox", "mine", "unassigned", "pending"),
    False: ("open",),
}  # views with a live count, for staff or not

# What is the viewer's own, whose number stands for #. A requester's message stays as it is once it was answered (as
# comments.editable says), or its ticket closed.
OWN = """\
[data-author="#"] :is(.own, .restores) { display: inline-flex; }
[data-role="requester"] :is(
  [data-author="#"]:has(~ [data-kind="reply"]:not([data-author="#"], [data-deleted])),
  .ticket-page:has([data-status="closed"][data-ticket]) .comment
) .own { display: none; }
"""

OWN_VERSION = hashlib.sha256(OWN.encode()).hexdigest()[:8]  # browsers keep it for a day

blueprint = Blueprint("pages", __name__)


@dataclass(frozen=True)
class Live:
    """The regions of a page as its template shows them."""

    contents: dict[Region, Content]
    since: Position
    token: str
    language: str
    render: Renderer

    def entries(self, region: Region) -> Markup:
        return self.contents[region].html(self.render, self.language)

    def part(self, region: Region, target: str) -> Markup:
        return self.contents[region].part(target, self.render, self.language)

    def count(self, region: Region) -> Markup:
        return self.part(region, self.contents[region].parts[0].target)

    @property
    def url(self) -> str:
        query = {
            "token": self.token,
            "since": self.since.number,
            "epoch": self.since.epoch,
            "build": state().relay.build,
        }
        return f"/api/v1/ws?{urlencode(query)}"


def language() -> str:
    """The person's language, or an embedded page's, else the best of what the browser asks for, else English."""
    guest: Guest | None = g.get("guest")
    if guest and guest.language:
        return guest.language
    person: Person | None = g.get("person")
    if person and person.language in LANGUAGES:
        return person.language
    asked = (name.partition("-")[0].lower() for name, quality in request.accept_languages if quality)
    return next((name for name in asked if name in LANGUAGES), LANGUAGES[0])


async def look(person: Person, *wanted: Region) -> Live:
    """What these regions, and the counts beside every page, show now, with the right to watch them."""
    regions_ = (*wanted, *_counts(person).values())
    made_for = access.likeness(person)
    grant = Grant(person.id, g.session, person.audience, regions_, language(), made_for=made_for)
    return await watch(grant)


async def watch(grant: Grant) -> Live:
    """What the regions of a grant show now, with the token for it. Raises Lost if it may not watch them.

    All of it is as of one position; what is committed meanwhile reaches the page by its socket. Who the person is may
    have changed since they asked; then the page looks again as soon as it has one.
    """
    registry = state().relay.registry
    long = (region for region in grant.regions if region.is_long)
    to_read = any(registry.at(registry.position, region) is None for region in long)
    turn = state().long_reads if to_read else nullcontext()
    async with turn, db.snapshot():
        since = await journal.position()
        await access.check(replace(grant, made_for=""), state().config.sessions)
        contents = {region: registry.at(since, region) or await region.compute() for region in grant.regions}
    registry.adopt(since, contents)
    return Live(contents, since, state().relay.tokens.make(grant), grant.language, state().render)


async def page(template: str, live: Live, status: int = 200, *, path: str = "", **values: Any) -> Response:
    """A page of the desk, for the person who asks."""
    person: Person = g.person
    return await plain(
        template,
        status,
        path=path,
        live=live,
        counts=_counts(person),
        new_idempotency_key=new_idempotency_key,
        **values,
    )


async def plain(template: str, status: int = 200, *, path: str = "", **values: Any) -> Response:
    """A page that nothing is pushed to. path: where it can be had again, if it answers a form of another address."""
    here = path or request.full_path.rstrip("?")
    values = {"person": g.get("person"), "own": OWN_VERSION, "path": here, "base": "", "bearer": ""} | values
    html = state().render.page(template, language(), **values)
    return Response(html, status, content_type="text/html; charset=utf-8")


async def fragment(template: str, status: int = 200, **values: Any) -> Response:
    """A piece of a page, for htmx."""
    return await plain(template, status, new_idempotency_key=new_idempotency_key, **values)


def part_asked_for() -> int:
    """Where the part of a thread begins that the address asks for; 0: the last one. Raises Missing for no place."""
    text = request.args.get("from", "0")
    if not (text.isascii() and text.isdecimal() and len(text) < 8) or (text == "0" and "from" in request.args):
        raise Missing
    return int(text)


def after() -> str:
    """The ticket that took no more, if a new one is opened with the words that were typed for it."""
    ticket = request.args.get("after", "")
    return ticket if ticket.isascii() and ticket.isdecimal() and len(ticket) < 10 else ""


def done(where: str) -> Response | WerkzeugResponse:
    """A change was made: with JavaScript it arrives by frame like everyone's, without one looks at the page anew.

    where: with the place in the page of what was made, if anything was, by which its sender knows it when it comes.
    """
    made = where.partition("#")[2]
    return Response(status=204, headers={"Pult-Made": made} if made else None) if by_htmx() else redirect(where, 303)


def on_to(where: str) -> Response | WerkzeugResponse:
    """A change was made that leads to another page; scripts go there themselves, once they know that it was made."""
    return Response(status=204, headers={"HX-Redirect": where}) if by_htmx() else redirect(where, 303)


def by_htmx() -> bool:
    """Whether a script of the page asks: for a piece of it, in htmx's words."""
    return request.headers.get("HX-Request") == "true"


def new_idempotency_key() -> str:
    """An idempotency key for a form."""
    return secrets.token_urlsafe(12)


def _counts(person: Person) -> dict[str, Region]:
    return _counts_of(person.audience, person.id)


@lru_cache(maxsize=1000)
def _counts_of(audience: Audience, person: int) -> dict[str, Region]:
    """The same objects each time, which remember what they are asked for: their hash, their text."""
    return {view: CountRegion(filters.of_view(audience, person, view)) for view in COUNTED[audience.is_staff]}


@blueprint.get("/me.css")
async def me() -> Response:
    """Marks what is the viewer's own in fragments that are the same for everyone."""
    number = request.args.get("id", "")
    known = number.isascii() and number.isdecimal()
    return Response(
        OWN.replace("#", number) if known else "",
        content_type="text/css; charset=utf-8",
        headers={"Cache-Control": "private, max-age=86400"},
    )
