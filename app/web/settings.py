"""What a person sets for themself."""

from quart import Blueprint, Response, request
from werkzeug.wrappers import Response as WerkzeugResponse

from app.desk import people
from app.desk.errors import Code
from app.live.render import LANGUAGES
from app.web import pages
from app.web.auth import asker
from app.web.forms import Form, text

blueprint = Blueprint("settings", __name__)


@blueprint.get("/settings")
async def show() -> Response:
    person = asker()
    return await _settings(
        Form({"language": person.language} | {name: getattr(person, name) for name in (*_checks(), *_places())})
    )


@blueprint.post("/settings")
async def change() -> Response | WerkzeugResponse:
    typed = await request.form
    language, checked = text(typed, "language"), {name: name in typed for name in _checks()}
    places = {name: text(typed, name) for name in _places() if name in typed}
    wrong = {name: Code.UNKNOWN for name, place in places.items() if place not in people.WHERE_TO}
    if language not in ("", *LANGUAGES):
        wrong["language"] = Code.UNKNOWN
    if wrong:
        return await _settings(Form({"language": language} | checked | places, wrong))
    after_send, after_solve = places.get("after_send"), places.get("after_solve")
    await people.set_preferences(asker(), language=language, after_send=after_send, after_solve=after_solve, **checked)
    return pages.on_to("/settings?saved=1")


def _checks() -> tuple[str, ...]:
    """What their form has a box for. A requester answers nothing, and has rows of one line."""
    return ("shortcuts", "reply_waits", "two_lines") if asker().is_staff else ("shortcuts",)


def _places() -> tuple[str, ...]:
    """What their form has a menu for, of where one goes."""
    return ("after_send", "after_solve") if asker().is_staff else ()


async def _settings(form: Form) -> Response:
    if pages.by_htmx():
        return await pages.fragment("settings_form.html", form.status, form=form)
    return await pages.page(
        "settings.html", await pages.look(asker()), status=form.status, form=form, saved="saved" in request.args
    )
