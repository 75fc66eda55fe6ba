"""What stands before every route: who is public, cross-site writes, and the headers of every answer."""

from quart import Quart, Response, g, request
from werkzeug.wrappers import Response as WerkzeugResponse

from app.web import auth, embed, owner
from app.web.origins import Foreign, foreign
from app.web.state import state

PUBLIC = {
    "auth.show_login",
    "auth.login",
    "auth.logout",
    "assets.static",
    "errors.healthz",
    "errors.readyz",
    "pages.me",
    *embed.PUBLIC,
}
SAFE = {"GET", "HEAD", "OPTIONS"}

_SELF = ("script-src", "style-src", "img-src", "connect-src", "form-action")
_NONE = ("default-src", "base-uri", "object-src")
MARK = ("Pult", "1")  # on every answer of ours, and on no proxy's: by it a page knows what may take a form's place
POLICY = "; ".join([f"{name} 'none'" for name in _NONE] + [f"{name} 'self'" for name in _SELF])


def set_up(app: Quart) -> None:
    app.before_request(_guard)
    app.after_request(_headers)


def cross_site() -> Foreign | None:
    """What a browser says of a write that comes from another site. Who is no browser says neither.

    Origin first, then Fetch Metadata (OWASP, Cross-Site Request Forgery Prevention; Go's CrossOriginProtection).
    """
    if request.method in SAFE:
        return None
    origin = request.headers.get("Origin")
    if origin == "null" and embed.is_embedded():  # what browsers make of it under the referrer policy of those pages
        origin = None
    if origin is not None:
        return foreign(origin, request.scheme, request.host)
    same = request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none")
    return None if same else foreign("", request.scheme, request.host)


async def _guard() -> Response | WerkzeugResponse | None:
    g.person, g.session = None, ""
    if request.endpoint == "assets.static":
        return None
    if not embed.is_embedded():  # where no cookie is read
        await auth.recognise()
    if found := cross_site():
        if embed.is_embedded():
            await embed.let_frame()
        raise found
    if embed.is_embedded():
        return None
    public = request.endpoint is None or request.endpoint in PUBLIC
    if answer := await owner.check(public=public):
        return answer
    if g.person is None:
        return None if public else auth.to_login()
    if request.method == "POST":
        await state().limits.admit(g.person.id, request.endpoint or "")
    return None


async def _headers(response: Response) -> Response:
    headers = response.headers
    headers[MARK[0]] = MARK[1]
    framed_by = " ".join(g.get("framed_by", ())) or "'none'"
    headers["Content-Security-Policy"] = f"{POLICY}; frame-ancestors {framed_by}"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer" if embed.is_embedded() else "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    open_to_all = embed.is_embedded() or request.endpoint == "assets.static"  # nothing of anybody stands in a file
    headers["Cross-Origin-Resource-Policy"] = "cross-origin" if open_to_all else "same-origin"
    if embed.is_embedded():  # sites that are isolated themselves frame only what says that it is as strict
        headers["Cross-Origin-Embedder-Policy"] = "require-corp"
    headers.setdefault("Cache-Control", "no-store")
    if state().config.server.public_url.startswith("https:"):
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response
