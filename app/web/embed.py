"""Pages inside other sites: a requester's list and threads, for a signed token and without any cookie.

Every route here asks for a bearer and looks at nothing else; security.py reads no session for them.
"""

import time
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from quart import Blueprint, Response, abort, g, request
from werkzeug.wrappers import Response as WerkzeugResponse

from app.db import NotWritten
from app.desk import embeds, filters, threads, tickets, values
from app.desk.embeds import Embed
from app.desk.errors import Invalid, Missing
from app.live.access import Lost
from app.live.hub import Close
from app.live.region import Region
from app.live.regions.list import ListRegion
from app.live.regions.thread import ThreadRegion
from app.live.regions.ticket import TicketRegion
from app.live.tokens import BadToken, Grant
from app.web import audit, live, pages, typed
from app.web.assets import served
from app.web.bearers import LIFE, Guest, Refusal
from app.web.colours import accent_sheet
from app.web.forms import Form, only, refused, text
from app.web.state import state

PUBLIC = {"embed.host_script", "embed.accent"}

blueprint = Blueprint("embed", __name__, url_prefix="/embed")


def is_embedded() -> bool:
    """Whether this request is for something inside another site."""
    return request.path.startswith("/embed/")


def around() -> dict[str, Any]:
    """What the layout of embedded pages needs; nothing of a guest where there is none."""
    if not is_embedded():
        return {}
    guest: Guest | None = g.get("guest")
    return {
        "base": "/embed",
        "guest": guest,
        "key": g.get("embed_key", ""),
        "origins": g.get("framed_by", ()),
        "bearer": state().bearers.make(guest) if guest else "",
        "life": _life(guest) if guest else 0,
        "left": int(guest.embed.until - time.time()) if guest else 0,
    }


@blueprint.before_request
async def _admit() -> Response | None:
    """Let in whom the token of the request lets in; a new one comes before the page's own."""
    if request.endpoint in PUBLIC:
        return None
    try:
        g.guest, key = await state().bearers.read(await _token())
    except Refusal as refusal:
        return await ended(refusal)
    g.embed_key, g.framed_by = key.id, key.origins
    if request.method == "POST":
        await state().limits.admit(g.guest.embed.person, request.endpoint or "")
    return None


async def let_frame() -> None:
    """Have the answer seen in the frame, whatever it says, if the request's token is of a site."""
    with suppress(Refusal):
        _, key = await state().bearers.read(await _token())
        g.embed_key, g.framed_by = key.id, key.origins


async def _token() -> str:
    """The token that a request comes with. Only a page that renews its bearer sends two: a new one of its site's."""
    form = await request.form if request.method == "POST" else {}
    new = text(form, "token") if request.endpoint == "embed.session" else ""
    return new or _held() or text(form, "bearer") or request.args.get("token", "")


def _held() -> str:
    """The bearer in the request's header."""
    kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return bearer.strip() if kind.lower() == "bearer" else ""


async def ended(refusal: Refusal) -> Response:
    """No way in: a page that asks the site around it for another token, if it is one that may, or might, frame ours.

    A page whose token was taken out of its address still names its key there, when it is loaded again. A revoked key
    frames this page alone, which shows nothing of anybody: the browser would say that the desk refuses to connect.
    """
    key = refusal.key or await embeds.known_key(request.args.get("key", "")[:40])
    if key:
        g.embed_key, g.framed_by = key.id, key.origins
    why = {"Pult-Refused": str(refusal.wrong)}  # for who writes the site: docs/embedding.md lists them
    audit.refused(f"{refusal.wrong}, {key.id if key else 'no key'}")
    if pages.by_htmx() or request.path in ("/embed/session", "/embed/connection", "/embed/frame"):
        return Response(status=401, headers=why)
    page = await pages.plain("embed/ended.html", 401, refusal=refusal, typed=await typed.words(), **around())
    page.headers.update(why)
    return page


# -- pages --


@blueprint.get("/tickets")
async def show_list() -> Response:
    embed = _embed()
    filter_ = filters.parse_embedded(embed.audience, request.args.to_dict(flat=False))
    region = ListRegion(filter_)
    return await _page("embed/list.html", region, region=region, filter=filter_)


@blueprint.get("/tickets/<number:ticket>")
async def show(ticket: int) -> Response:
    return await _ticket_page(ticket, first=pages.part_asked_for())


@blueprint.get("/comments/<number:comment>")
async def show_comment(comment: int) -> Response | WerkzeugResponse:
    """To the part of its ticket that shows a message."""
    embed = _embed()
    ticket, first = await threads.part_of(embed.audience, comment)
    if not embed.may("read", ticket):
        raise Missing
    return _on_to(f"/embed/tickets/{ticket}", f"#comment-{comment}", **({"from": str(first)} if first else {}))


@blueprint.get("/tickets/new")
async def show_new() -> Response:
    made = request.args.get("made", "")
    return await _new(Form({"key": pages.new_idempotency_key()}), made if made.isdecimal() and len(made) < 11 else "")


@blueprint.post("/tickets/new")
async def begin() -> Response:
    """As for pages of the desk: the form with words in it that were typed elsewhere."""
    return await _new(Form({"key": pages.new_idempotency_key()} | only(await request.form, ("subject", "body"))))


@blueprint.post("/tickets")
async def create() -> Response | WerkzeugResponse:
    embed, typed = _embed("create"), only(await request.form, ("subject", "body", "key"))
    try:
        ticket = await embeds.open_ticket(embed, values.opening(typed, None))
    except (Invalid, NotWritten) as problem:
        return await _new(refused(typed, problem))
    if embed.may("read") and (not embed.only or ticket.status in embed.only):
        return _on_to(f"/embed/tickets/{ticket.id}")
    return _on_to("/embed/tickets/new", made=str(ticket.id))


@blueprint.post("/tickets/<number:ticket>/comments")
async def write(ticket: int) -> Response | WerkzeugResponse:
    embed, typed = _embed(), only(await request.form, ("body", "key"))
    await tickets.visible(await embeds.speaker(embed, "comment", ticket), ticket)
    try:
        comment = await embeds.reply(embed, ticket, values.message(typed))
    except (Invalid, NotWritten) as problem:
        form = refused({"kind": "reply", **typed}, problem)
        if pages.by_htmx():
            shown = {"composer": form, "ticket": ticket, **around()}
            return await pages.fragment("tickets/composer.html", form.status, **shown)
        return await _ticket_page(ticket, form)
    where = f"#comment-{comment.id}"
    return pages.done(where) if pages.by_htmx() else _on_to(f"/embed/tickets/{ticket}", where)


# -- what an open page asks for --


@blueprint.post("/session")
async def session() -> Response:
    """A new bearer, for one that still holds or for a new token of the site; of the same page and person, else 403."""
    if not _same_page(_held()):
        audit.refused()
        abort(Response(status=403))
    answer = {name: around()[name] for name in ("bearer", "life", "left")}
    return Response(urlencode(answer), content_type="application/x-www-form-urlencoded")


@blueprint.post("/connection")
async def connection() -> Response:
    """As /live/connection is for pages of the desk."""
    return await live.new_connection(_granted(text(await request.form, "token")))


@blueprint.get("/frame")
async def frame() -> Response:
    """As /live/frame is for pages of the desk."""
    return await live.next_frame(_granted(request.args.get("token", "")))


# -- for everyone --


@blueprint.get("/host.js")
async def host_script() -> Response:
    """What embedders may load into their page, at an address that stays."""
    return served(state().assets.named("js/embed-host.js"), "public, max-age=3600")


@blueprint.get("/accent.css")
async def accent() -> Response:
    """The accent that a site signed for, as a style sheet: the policy of our pages allows no style in them."""
    sheet = accent_sheet(request.args.get("colour", ""))
    return Response(sheet, content_type="text/css; charset=utf-8", headers={"Cache-Control": "public, max-age=86400"})


# -- what they share --


def _embed(action: str = "") -> Embed:
    """What this page may do. Raises Missing where the action, beyond any one ticket, is not among it."""
    guest: Guest = g.guest
    if action and not guest.embed.may(action):
        raise Missing
    return guest.embed


async def _ticket_page(ticket: int, composer: Form | None = None, *, first: int = 0) -> Response:
    embed = _embed()
    header, thread = TicketRegion(ticket, embed.audience), ThreadRegion(ticket, embed.audience, first)
    shown = await pages.watch(_grant(embed, header, thread))
    if not shown.contents[header].there:
        raise Missing
    composer = composer or Form({"kind": "reply", "key": pages.new_idempotency_key()})
    more = {"header": header, "thread": thread, "ticket": ticket, "composer": composer}
    return await _show("embed/ticket.html", shown, composer.status, **more)


async def _new(form: Form, made: str = "") -> Response:
    _embed("create")
    shown = "embed/new_form.html" if pages.by_htmx() else "embed/new.html"
    after = pages.after()
    return await pages.plain(
        shown, form.status, form=form, made=made, after=after, new_idempotency_key=pages.new_idempotency_key, **around()
    )


async def _page(template: str, *wanted: Region, **more: Any) -> Response:
    return await _show(template, await pages.watch(_grant(_embed(), *wanted)), **more)


async def _show(template: str, shown: pages.Live, status: int = 200, **more: Any) -> Response:
    return await pages.plain(
        template, status, live=shown, new_idempotency_key=pages.new_idempotency_key, **around(), **more
    )


def _grant(embed: Embed, *wanted: Region) -> Grant:
    return Grant(embed.person, "", embed.audience, wanted, pages.language(), embed)


def _granted(token: str) -> Grant:
    """What the token of a page of this guest says, by the right that their bearer has now. Raises Lost."""
    embed = _embed()
    try:
        grant = state().relay.tokens.read(token, expired=True)
    except BadToken:
        raise Lost(Close.ENDED) from None
    if (grant.embed_key, grant.person) != (embed.key, embed.person):
        raise Lost(Close.ENDED)
    return replace(grant, embed=embed)


def _same_page(held: str) -> bool:
    """Whether the bearer that a page holds, even if it ran out, is of the same person and view as its new token."""
    before, now = state().bearers.remembered(held), _embed()
    return before is None or replace(before, until=now.until) == now


def _life(guest: Guest) -> int:
    return max(0, int(min(LIFE, guest.embed.until - time.time())))


def _on_to(path: str, fragment: str = "", **more: str) -> Response | WerkzeugResponse:
    """To another page: a plain link carries its right in its address."""
    query = urlencode({"token": state().bearers.make(g.guest), **more})
    return pages.on_to(f"{path}?{query}{fragment}")
