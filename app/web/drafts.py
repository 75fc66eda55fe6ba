"""Drafts: kept as one types, and put into forms that are shown."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from quart import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from app.desk import drafting, drafts, values
from app.desk.drafting import Later
from app.desk.errors import Invalid, Missing
from app.desk.models import Person
from app.web import pages
from app.web.auth import asker
from app.web.forms import WRONG, Form, only

NAMES = ("ticket", "comment", "kind", "seen", "body", "key", "version")
OTHERS = tuple({name for names in drafting.OTHERS.values() for name in names})

blueprint = Blueprint("drafts", __name__)


@blueprint.post("/drafts")
async def keep() -> Response | WerkzeugResponse:
    """As one types: 204 with the draft's version in a header, or 409 with what was written elsewhere later."""
    if "discard" in request.args:
        return await _discard()
    typed = only(await request.form, (*NAMES, *OTHERS))
    try:
        version = await drafting.keep(asker(), drafting.read(typed))
    except Later as later:
        return await pages.fragment("drafts/later.html", 409, draft=later.draft)
    except Invalid as problem:
        said = "\n".join(WRONG[code] for code in problem.errors.values())
        return Response(said, 422, content_type="text/plain; charset=utf-8")
    return Response(status=204, headers={"Pult-Draft": str(version)})


async def _discard() -> WerkzeugResponse | Response:
    """Without scripts: by the button beside the draft, in its form, whose own version is the draft's."""
    asked = {name: request.args[name] for name in ("kind", "ticket", "comment") if name in request.args}
    try:
        sketch = drafting.read({**asked, "version": only(await request.form, ("draft",)).get("draft", "")})
    except Invalid:
        raise Missing from None
    with suppress(Later):  # it is shown by the page
        await drafting.keep(asker(), sketch)
    if sketch.comment is not None:
        return redirect(f"/comments/{sketch.comment}/edit", 303)
    return redirect("/tickets/new" if sketch.ticket is None else f"/tickets/{sketch.ticket}", 303)


async def drafted(person: Person, place: str, blank: Form) -> Form:
    """A form with what its person began to write in it, if they did."""
    draft = await drafts.of(person.id, place)
    return replace(blank, values={**blank.values, **draft.in_form}, drafted=True) if draft else blank


def version_of(form: Mapping[str, str]) -> int:
    """Of the draft that a form held; 0 for none, and for what is no version."""
    try:
        return values.parse_event(form.get("draft", "0"))
    except ValueError:
        return 0
