"""Who asks: the session behind the cookie, signing in and out."""

from urllib.parse import urlencode

from quart import Blueprint, Quart, Response, g, redirect, request
from quart_auth import AuthUser, QuartAuth, current_user, login_user, logout_user
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response as WerkzeugResponse

from app.config import Config
from app.desk import people
from app.desk.errors import Code
from app.desk.models import Person
from app.web import pages, trail
from app.web.forms import Form, text
from app.web.house import house

blueprint = Blueprint("auth", __name__)


def set_up(app: Quart, config: Config) -> None:
    """The cookie: a random session id, signed; the session itself is a row."""
    secure = config.server.public_url.startswith("https:")
    app.secret_key = config.security.secret_key
    QuartAuth(
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
    g.person = await people.of_session(g.session, house().config.sessions, seen=True) if g.session else None


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
    if g.person:
        return redirect(local_path(request.args.get("next", "/")), 303)
    return await pages.plain("login.html", form=Form({"next": request.args.get("next", "")}))


@blueprint.post("/login")
async def login() -> Response | WerkzeugResponse:
    typed = await request.form
    address, email = request.remote_addr or "", text(typed, "email")
    await house().sign_ins.admit(address, email)
    person = await people.authenticate(email, text(typed, "password"))
    if person is None:
        trail.sign_in_failed(await people.by_email(email))
        kept = Form({"email": email, "next": text(typed, "next")}, {"email": Code.WRONG_SIGN_IN})
        return await pages.plain("login.html", 422, form=kept)
    await house().sign_ins.succeeded(address, email)
    if g.session:
        await people.end_session(g.session)
    login_user(AuthUser(await people.begin_session(person)), remember=True)
    trail.signed_in(person)
    return redirect(local_path(text(typed, "next")), 303)


@blueprint.post("/logout")
async def logout() -> Response | WerkzeugResponse:
    if g.session:
        await people.end_session(g.session)
        trail.signed_out()
    logout_user()
    return pages.on_to("/login")
