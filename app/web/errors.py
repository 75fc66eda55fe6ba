"""What went wrong, as pages in the person's language; and whether the desk is well."""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from quart import Blueprint, Quart, Response, g, request
from tortoise.exceptions import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from app import db
from app.desk.errors import Code, Deleted, Missing, Refused, TooLate
from app.desk.filters import NoSuchPage
from app.live.access import Lost
from app.live.hub import Close
from app.web import audit, auth, embed, pages, tickets, typed
from app.web.bearers import Refusal
from app.web.forms import _
from app.web.limits import TooMany
from app.web.origins import Foreign
from app.web.site_tokens import Wrong
from app.web.state import state

WATCHED = {"live.connection", "live.frame", "embed.connection", "embed.frame"}


@dataclass(frozen=True)
class Said:
    """What went wrong, and what to do, in English; templates translate it. values: what the text names."""

    title: str
    text: str
    values: Mapping[str, str] = field(default_factory=dict)


SAID = {  # of a status
    400: Said(_("The request could not be understood."), _("Go back and try again.")),
    403: Said(_("This is not allowed."), _("You may see this, but not change it. Ask an admin of the desk.")),
    404: Said(_("Nothing is here."), _("The ticket or page does not exist, or is not for you to see.")),
    405: Said(_("The request could not be understood."), _("Go back and try again.")),
    413: Said(_("This is too large."), _("A request may have one megabyte. Shorten the text and send it again.")),
    429: Said(_("Too many tries."), _("Wait a minute and try again.")),
    500: Said(_("Something broke on our side."), _("What you typed is kept. Try again in a moment.")),
    503: Said(
        _("Nothing was saved."),
        _(
            "The desk's database takes no changes now, for instance because its disk is full. Go back, your text is "
            "still there, and try again soon. If that does not help, tell whoever runs this desk."
        ),
    ),
}
REMOVED = _("This ticket was deleted.")
REMOVED_TEXT = _(
    "Ticket #%(number)s is hidden everywhere. Its page says who deleted it; restored, it takes this again."
)
STAYS = _("This message stays as it is.")
STAYS_TEXTS = {
    Code.CLOSED_TO_EDITS: _("Its ticket is closed."),
    Code.ANSWERED: _("It was answered. Write what you want to add as a new message."),
}
TOO_MUCH = _("Too much at once.")
TOO_MUCH_TEXT = _("Nothing was changed, and what you typed is here. Send it again in %(wait)s s.")
FOREIGN = _("This came from another address.")
FROM_ELSEWHERE = _("It was sent from another site, and this desk is at %(ours)s. Open it there and send it again.")
FROM_WHERE = {  # by whether the desk's public address is set
    True: _(
        "It was sent from %(came)s, and this desk is at %(ours)s. Open it there and send it again. If people should "
        "open it at %(came)s, whoever runs the desk sets server.public_url to that."
    ),
    False: _(
        "It was sent from %(came)s, and this desk was asked as %(ours)s. If people open it at %(came)s, whoever runs "
        "the desk sets server.public_url to that: behind a proxy the desk cannot know it."
    ),
}

blueprint = Blueprint("errors", __name__)
log = logging.getLogger(__name__)


def set_up(app: Quart) -> None:
    app.register_error_handler(Missing, _missing)
    app.register_error_handler(Deleted, _deleted)
    app.register_error_handler(NoSuchPage, _missing)
    app.register_error_handler(Lost, _lost)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(TooLate, _too_late)
    app.register_error_handler(Foreign, _foreign)
    app.register_error_handler(TooMany, _too_many)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(Exception, _broken)


async def show(status: int, said: Said | None = None, reference: str = "") -> Response:
    """The page for an error, with what was typed; for htmx, a notice that leaves the page and all in it as it is."""
    said = said or SAID.get(status) or SAID[500 if status >= 500 else 400]
    if pages.by_htmx():
        answer = await pages.fragment("live/notice.html", status, said=said, reference=reference)
        answer.headers["HX-Retarget"] = "#notice"
        answer.headers["HX-Reswap"] = "innerHTML"
        return answer
    template = "embed/error.html" if embed.is_embedded() else "error.html"
    values = {"said": said, "reference": reference, "typed": await typed.words(), **embed.around()}
    return await pages.plain(template, status, **values)


async def _missing(_error: Exception) -> Response:
    audit.missing()
    return await show(404)


async def _deleted(deleted: Deleted) -> Response:
    """Staff are told of a deleted ticket, by its address and by whatever form was sent to it."""
    audit.missing()
    if pages.by_htmx():
        return await show(404, Said(REMOVED, REMOVED_TEXT, {"number": str(deleted.ticket)}))
    return await tickets.removed_page(auth.asker(), deleted.ticket, await typed.words())


async def _lost(lost: Lost) -> Response | WerkzeugResponse:
    """No right to watch. What a page's script asks for is answered by the bare status, by which it knows what to do."""
    if request.endpoint in WATCHED:
        audit.refused()
        # A site can bring any right of its page back by another token; a person's role has no such way.
        return Response(status=401 if lost.close == Close.ENDED or embed.is_embedded() else 403)
    if lost.close != Close.ENDED:
        return await _missing(lost)
    if embed.is_embedded():
        return await embed.ended(Refusal(Wrong("exp", "reached meanwhile", "ended")))
    return auth.to_login()


async def _refused(_error: Exception) -> Response:
    audit.refused()
    return await show(403)


async def _too_late(late: TooLate) -> Response:
    audit.refused()
    return await show(403, Said(STAYS, STAYS_TEXTS[late.code]))


async def _foreign(foreign: Foreign) -> Response:
    """A write from elsewhere, or what looks like one because the desk does not know by what address people open it."""
    audit.refused()
    foreign.tell()
    text = FROM_WHERE[bool(state().config.server.public_url)] if foreign.came else FROM_ELSEWHERE
    return await show(403, Said(FOREIGN, text, {"came": foreign.came, "ours": foreign.ours}))


async def _too_many(problem: TooMany) -> Response:
    answer = await show(429, Said(TOO_MUCH, TOO_MUCH_TEXT, {"wait": str(problem.wait)}))
    answer.headers["Retry-After"] = str(problem.wait)
    return answer


async def _http(error: HTTPException) -> Response:
    if error.code == 403:
        audit.refused()
    if error.response is not None and isinstance(error.response, Response):
        return error.response
    answer = await show(error.code or 500)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After", "Location"):
            answer.headers[name] = value
    return answer


async def _database(error: OperationalError) -> Response:
    """A full disk and the like is said as it is, in one line of the log; any other error of the database is a bug."""
    reason = db.trouble(error)
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
    return await show(500, reference=reference)


@blueprint.get("/healthz")
async def healthz() -> Response:
    return Response("ok", content_type="text/plain")


@blueprint.get("/readyz")
async def readyz() -> Response:
    """Whether to send people here: 503 while stopping, without the database, or while the relay fails."""
    try:
        await db.rows("SELECT 1")
        ready = state().relay.healthy and not state().relay.stopping
    except Exception:
        log.exception("the database does not answer")
        ready = False
    return Response("ok" if ready else "not ready", 200 if ready else 503, content_type="text/plain")
