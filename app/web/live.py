"""Where the live floor is reached: the socket, and a new connection for a page that lost its own."""

from dataclasses import replace
from functools import partial

from quart import Blueprint, Response, g, request, websocket

from app.live import access, journal, socket
from app.live.access import Lost
from app.live.hub import Close
from app.live.tokens import BadToken, Grant, OtherWords
from app.web import audit, pages
from app.web.auth import asker
from app.web.connection import Connection
from app.web.forms import text
from app.web.origins import foreign
from app.web.state import state

blueprint = Blueprint("live", __name__)


@blueprint.websocket("/api/v1/ws")
async def connect() -> tuple[str, int] | None:
    if found := foreign(websocket.headers.get("Origin"), websocket.scheme, websocket.host):
        audit.foreign_socket()
        found.tell()
        return "", 403
    line: Connection = websocket.scope["pult.connection"]  # type: ignore[typeddict-item]
    await websocket.accept()
    given = {name: websocket.args.get(name, "") for name in ("token", "since", "epoch", "build")}
    line.life = partial(socket.serve, line, state().relay, **given)
    return None


@blueprint.post("/live/connection")
async def connection() -> Response:
    """A new connect element for a page. It says what the page shows by its old token, which may have run out.

    What counts is the session: a page that slept, or whose person signed in anew, goes on in the session that there is
    now. 401: there is none, or it is another person's. 403: the page is not for this person as they are now (any more),
    or of another version of the desk; it asks its own address again.
    """
    return await new_connection(_granted(text(await request.form, "token")))


@blueprint.get("/live/frame")
async def frame() -> Response:
    """One frame for a page that no socket gets through to, or 204; its next token in a header. Statuses as above."""
    return await next_frame(_granted(request.args.get("token", "")))


async def new_connection(grant: Grant) -> Response:
    """A connect element for a page, if it may watch this. Raises Lost."""
    await access.check(grant, state().config.sessions)
    relay, render = state().relay, state().render
    live = pages.Live({}, await journal.position(), relay.tokens.make(grant), grant.language, render)
    return await pages.fragment("live/connect.html", live=live)


async def next_frame(grant: Grant) -> Response:
    """What such a page is behind by, from the position in the URL. Raises Lost."""
    since, build = (request.args.get(name, "") for name in ("since", "build"))
    position = socket.position_of(since, build, state().relay)
    frame = await state().relay.poll(grant, position, request.args.get("epoch", ""))
    answer = Response(frame, 200 if frame else 204, content_type="text/html; charset=utf-8")
    answer.headers["Pult-Token"] = state().relay.tokens.make(grant)
    return answer


def _granted(token: str) -> Grant:
    """What the token of a page of this person says, in the session that they have now. Raises Lost."""
    try:
        grant = state().relay.tokens.read(token, expired=True)
    except OtherWords:
        raise Lost(Close.GONE) from None
    except BadToken:
        raise Lost(Close.ENDED) from None
    if grant.embed or grant.person != asker().id:
        raise Lost(Close.ENDED)
    return replace(grant, session=g.session)
