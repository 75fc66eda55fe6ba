"""The doors of the live floor: the socket, and a new connection for a page that lost its own."""

from quart import Blueprint, Response, g, request, websocket

from app.desk import policy
from app.live import journal, socket
from app.live.tokens import BadToken, Grant
from app.web import pages
from app.web.auth import asker
from app.web.forms import text
from app.web.house import house
from app.web.security import same_origin

blueprint = Blueprint("live", __name__)


@blueprint.websocket("/api/v1/ws")
async def connect() -> tuple[str, int] | None:
    if not same_origin(websocket.headers.get("Origin"), websocket.scheme, websocket.host):
        return "", 403
    line = websocket.scope["pult.connection"]  # type: ignore[typeddict-item]
    await websocket.accept()
    await socket.serve(
        line,
        house().relay,
        house().config.sessions,
        token=websocket.args.get("token", ""),
        since=websocket.args.get("since", ""),
        epoch=websocket.args.get("epoch", ""),
    )
    return None


@blueprint.post("/live/connection")
async def connection() -> Response:
    """A new connect element for a page. It says what the page shows by its old token, which may have run out.

    401: the session is not the token's (any more). 403: it may not see this page (any more).
    """
    person = asker()
    try:
        grant = house().relay.tokens.read(text(await request.form, "token"), expired=True)
    except BadToken:
        return Response(status=401)
    if grant.session != g.session or grant.person != person.id:
        return Response(status=401)
    if grant.audience != policy.audience_of(person):
        return Response(status=403)
    fresh = Grant(person.id, g.session, grant.audience, grant.regions, grant.language)
    since = await journal.position()
    live = pages.Live({}, since, house().relay.tokens.make(fresh), grant.language)
    return await pages.fragment("live/connect.html", live=live)
