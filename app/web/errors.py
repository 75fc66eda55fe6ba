"""What went wrong, as pages in the person's language; and whether the desk is well."""

import logging
import secrets

from quart import Blueprint, Quart, Response, g, request
from tortoise.exceptions import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from app import db
from app.desk.errors import Missing, Refused
from app.desk.filters import NoSuchPage
from app.live.access import Lost
from app.live.hub import Close
from app.sqlite import trouble
from app.web import auth, embed, pages, trail
from app.web.bearers import Refusal
from app.web.house import house
from app.web.site_tokens import Wrong

WATCHED = {"live.connection", "live.frame", "embed.connection", "embed.frame"}
KNOWN = {400, 403, 404, 405, 413, 429, 503}

blueprint = Blueprint("errors", __name__)
log = logging.getLogger(__name__)


def set_up(app: Quart) -> None:
    app.register_error_handler(Missing, _missing)
    app.register_error_handler(NoSuchPage, _missing)
    app.register_error_handler(Lost, _lost)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(Exception, _broken)


async def show(status: int, reference: str = "") -> Response:
    """The page for an error; for htmx, a notice that leaves the page and what was typed as they are."""
    known = status if status in KNOWN else 500 if status >= 500 else 400
    if pages.by_htmx():
        answer = await pages.fragment("live/notice.html", status, error=known, reference=reference)
        answer.headers["HX-Retarget"] = "#notice"
        answer.headers["HX-Reswap"] = "innerHTML"
        return answer
    template = "embed/error.html" if embed.is_embedded() else "error.html"
    return await pages.plain(template, status, error=known, reference=reference, **embed.values())


async def _missing(_: Exception) -> Response:
    trail.missing()
    return await show(404)


async def _lost(lost: Lost) -> Response | WerkzeugResponse:
    """No right to watch. What a page's script asks for is answered by the bare status, by which it knows what to do."""
    if request.endpoint in WATCHED:
        trail.refused()
        # A site can bring any right of its page back by another token; a person's role has no such way.
        return Response(status=401 if lost.close == Close.ENDED or embed.is_embedded() else 403)
    if lost.close != Close.ENDED:
        return await _missing(lost)
    if embed.is_embedded():
        return await embed.ended(Refusal(Wrong("exp", "reached meanwhile", "ended")))
    return auth.to_login()


async def _refused(_: Exception) -> Response:
    trail.refused()
    return await show(403)


async def _http(error: HTTPException) -> Response:
    if error.code == 403:
        trail.refused()
    if error.response is not None and isinstance(error.response, Response):
        return error.response
    answer = await show(error.code or 500)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After", "Location"):
            answer.headers[name] = value
    return answer


async def _database(error: OperationalError) -> Response:
    """A full disk and the like is said as it is, in one line of the log; any other error of the database is a bug."""
    reason = trouble(error)
    if not reason:
        return await _broken(error)
    if not isinstance(error, db.NotWritten):
        log.error("%s %s failed: %s", request.method, request.path, reason)
    g.setdefault("person", None)
    return await show(503)


async def _broken(error: Exception) -> Response:
    """A bug of ours: a reference for the person, everything else for the log."""
    reference = secrets.token_hex(4)
    log.error("%s %s failed, reference %s", request.method, request.path, reference, exc_info=error)
    g.setdefault("person", None)
    return await show(500, reference)


@blueprint.get("/healthz")
async def healthz() -> Response:
    return Response("ok", content_type="text/plain")


@blueprint.get("/readyz")
async def readyz() -> Response:
    """Whether to send people here: 503 while stopping, without the database, or while the relay fails."""
    try:
        await db.rows("SELECT 1")
        ready = house().relay.healthy and not house().relay.stopping
    except Exception:
        log.exception("the database does not answer")
        ready = False
    return Response("ok" if ready else "not ready", 200 if ready else 503, content_type="text/plain")
