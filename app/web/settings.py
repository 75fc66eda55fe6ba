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
    return await _settings(Form({"language": asker().language, "shortcuts": asker().shortcuts}))


@blueprint.post("/settings")
async def change() -> Response | WerkzeugResponse:
    typed = await request.form
    language, shortcuts = text(typed, "language"), "shortcuts" in typed
    if language not in ("", *LANGUAGES):
        return await _settings(Form({"language": language, "shortcuts": shortcuts}, {"language": Code.UNKNOWN}))
    await people.set_preferences(asker(), language=language, shortcuts=shortcuts)
    return pages.on_to("/settings?saved=1")


async def _settings(form: Form) -> Response:
    if pages.by_htmx():
        return await pages.fragment("settings_form.html", form.status, form=form)
    return await pages.page(
        "settings.html", await pages.look(asker()), status=form.status, form=form, saved="saved" in request.args
    )
