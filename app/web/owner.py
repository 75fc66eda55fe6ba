"""Whose form a request brings. It is looked at before any route sees the form.

A form says for whom it was made (`as`). It does nothing in anybody else's name: not in nobody's, once the session
ended, and not in that of another person who has signed in in the same browser meanwhile. A script that sent it gets a
status and keeps its page. Without scripts the answer is the sign-in with all that was typed, at the form's own
address: signing in as its person sends it, once, since it has its key or its version. Other sites' forms were refused
before, so nobody is made to send what others wrote. A form that does not say whose it is (a script's) is taken from
whoever is signed in, but after a sign-in on the way that person is asked.
"""

from quart import Response, g, request
from werkzeug.datastructures import MultiDict

from app.desk.errors import Code
from app.web import auth, pages
from app.web.forms import Form
from app.web.typed import Unsent

SIGN_IN = "signing-in"  # a field that says that email and password are among the others, and come last


async def check(*, public: bool) -> Response | None:
    """The answer instead of the route's, to a form that is not this person's. Raises TooManyRequests."""
    if request.method != "POST" or request.endpoint in (None, "auth.login"):
        return None
    typed = await request.form
    unsent = _unsent(typed)
    if SIGN_IN in typed and not public:
        email = typed.getlist("email")[-1:]
        if not await auth.sign_in("".join(email), "".join(typed.getlist("password")[-1:])):
            wrong = Form({"email": "".join(email)}, {"email": Code.WRONG_SIGN_IN})
            return await auth.login_page(wrong, 422, unsent=unsent)
        if not typed.get("as"):
            return await auth.login_page(Form({}), unsent=unsent, asks=True)
    if g.person is None:
        if public or pages.by_htmx() or unsent.is_empty or request.path.startswith("/live/"):
            return None
        return await auth.login_page(Form({}), 401, unsent=unsent)
    if typed.get("as", "") in ("", str(g.person.id)):
        return None
    if pages.by_htmx():
        return await pages.fragment("live/another.html", 409)
    return await auth.login_page(Form({}), 409, unsent=unsent)


def _unsent(typed: MultiDict[str, str]) -> Unsent:
    """The form without the sign-in that stands in it; a password is not shown again."""
    fields = list(typed.items(multi=True))
    if SIGN_IN in typed:
        last = max((place for place, (name, _) in enumerate(fields) if name == "email"), default=-1)
        fields = [field for place, field in enumerate(fields) if place != last and field[0] != SIGN_IN]
    return Unsent(request.path, tuple(field for field in fields if field[0] != "password" and field != ("as", "")))
