"""Who asks: the session behind the cookie, signing in and out."""

import time
from dataclasses import replace
from functools import lru_cache
from urllib.parse import urlencode

from itsdangerous import BadSignature
from quart import Blueprint, Quart, Response, current_app, g, redirect, request
from quart_auth import AuthUser, QuartAuth, current_user, login_user, logout_user
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response as WerkzeugResponse

from app import db
from app.config import Config
from app.desk import people
from app.desk.errors import Code
from app.desk.models import Person
from app.web import audit, pages
from app.web.forms import Form, text
from app.web.state import state
from app.web.typed import Unsent

blueprint = Blueprint("auth", __name__)


class Cookies(QuartAuth):
    """Reads a cookie once, as browsers send the same one all day; whether it is too old is asked each time."""

    def load_token(self, token: str, app: Quart | None = None) -> str | None:
        try:
            session, signed = _signed(str((app or current_app).secret_key), str(self.salt), token)
        except BadSignature:
            return None
        return session if 0 <= time.time() - signed <= float(self.duration or 0) else None


@lru_cache(maxsize=1000)
def _signed(key: str, salt: str, token: str) -> tuple[str, float]:
    """What a cookie says, and when it was signed, in seconds since 1970. Raises BadSignature."""
    session, at = QuartAuth.serializer_class(key, salt).loads(token, return_timestamp=True)
    return session, at.timestamp()


def set_up(app: Quart, config: Config) -> None:
    """The cookie: a random session id, signed; the session itself is a row."""
    secure = config.server.public_url.startswith("https:")
    app.secret_key = config.security.secret_key
    Cookies(
        app,
        cookie_name="__Host-pult" if secure else "pult",
        cookie_secure=secure,
        cookie_http_only=True,
        cookie_samesite="Lax",
        duration=config.sessions.total_days * 24 * 60 * 60,
        salt="pult session",
    )


async def recognise() -> None:
    """Find out who asks, once a request: g.person (or None) and g.session."""
    g.session = people.session_id(current_user.auth_id) if current_user.auth_id else ""
    g.person = await people.of_session(g.session, state().config.sessions, seen=True) if g.session else None


def asker() -> Person:
    """Who asks, on routes that are not public."""
    person: Person = g.person
    return person


def to_login() -> Response | WerkzeugResponse:
    """What people get who are not signed in: the login and then where they wanted to go; 401 for fragments."""
    if request.headers.get("HX-Request") or request.path.startswith("/live/"):
        return Response(status=401)
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect("/login" + ("?" + urlencode({"next": here}) if here != "/" else ""), 303)


def local_path(target: str) -> str:
    """The target if it is a path of this site, else the front page (no open redirect: ASVS 5.0 3.7.2)."""
    local = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return iri_to_uri(target) if local else "/"


@blueprint.get("/login")
async def show_login() -> Response | WerkzeugResponse:
    """A page whose session ended asks for a piece of it, and says whose page it is: 204 once they are signed in."""
    kept = Form({name: request.args.get(name, "") for name in ("next", "as")})
    if pages.by_htmx():
        return _beside(kept) or await login_page(kept)
    if g.person:
        return redirect(local_path(kept.value("next")), 303)
    return await login_page(kept)


@blueprint.post("/login")
async def login() -> Response | WerkzeugResponse:
    typed = await request.form
    kept = Form({name: text(typed, name) for name in ("email", "next", "as")})
    if not await sign_in(kept.value("email"), text(typed, "password")):
        return await login_page(replace(kept, errors={"email": Code.WRONG_SIGN_IN}), 422)
    if pages.by_htmx():
        return _beside(kept) or await login_page(kept, 409)
    return redirect(local_path(kept.value("next")), 303)


async def sign_in(email: str, password: str) -> bool:
    """Begin a session in the place of the one there was, if email and password fit. Raises TooManyRequests."""
    address = request.remote_addr or ""
    await state().sign_ins.admit(address, email)
    person = await people.authenticate(email, password)
    if person is None:
        audit.sign_in_failed(await people.by_email(email))
        return False
    await state().sign_ins.succeeded(address, email)
    if g.session:
        await people.end_session(g.session)
    async with db.transaction():
        session = await people.begin_session(person)
    login_user(AuthUser(session), remember=True)
    g.person, g.session = person, people.session_id(session)
    audit.signed_in(person)
    return True


async def login_page(form: Form, status: int = 200, *, unsent: Unsent | None = None, asks: bool = False) -> Response:
    """The sign-in: with a form that could not be sent without it, or for a page that stays beside it.

    asks: whoever signed in is asked whether to send the form.
    """
    beside = pages.by_htmx()
    template = "login_form.html" if beside else "login.html"
    return await pages.plain(template, status, form=form, unsent=unsent, asks=asks, beside=beside)


def _beside(kept: Form) -> Response | None:
    """What a page is told that stays as it was: whether its own person is signed in."""
    return Response(status=204) if g.person and str(g.person.id) == kept.value("as") else None


@blueprint.post("/logout")
async def logout() -> Response | WerkzeugResponse:
    if g.session:
        await people.end_session(g.session)
        audit.signed_out()
    logout_user()
    return pages.on_to("/login")
