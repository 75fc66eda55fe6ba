"""Many tickets at once, and taking back what one has just done."""

from urllib.parse import parse_qsl

from quart import Blueprint, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as WerkzeugResponse

from app.db import NotWritten
from app.desk import bulk, undo, values
from app.desk.bulk import Result
from app.desk.errors import Invalid
from app.desk.models import Person
from app.desk.values import MARKING
from app.web import pages, told
from app.web.auth import asker
from app.web.errors import Said, show
from app.web.forms import WRONG, Form, _, only, refused
from app.web.state import state
from app.web.tickets import address_of, list_page

FIELDS = ("status", "priority", "assignee", "tags", *MARKING, "due", "requester")
LISTED = 2000  # characters of a list's address at most
IN_VAIN = _("Nothing was changed.")

blueprint = Blueprint("bulk", __name__)


@blueprint.post("/tickets/bulk")
async def change() -> Response | WerkzeugResponse:
    """list: what stood in the address of the list, where it leads back to without scripts."""
    person, form = asker(), await request.form
    bulk.refuse_who_may_not(person)
    typed = only(form, FIELDS)
    try:
        seen = values.seen(form.getlist("ticket"))
        asked = None if form.get("delete") == "1" else values.change_of_many(typed, person.id)
        await state().limits.admit_more(person.id, len(seen))
        result = await (bulk.change(person, seen, asked) if asked else bulk.delete(person, seen))
    except (Invalid, NotWritten) as problem:
        return await _in_vain(person, form, refused(typed, problem))
    return await _answer(person, "changed" if asked else "deleted", result, _listed(form))


@blueprint.post("/undo")
async def take_back() -> Response | WerkzeugResponse:
    """event: what the header Pult-Event of the answer said. list: as above."""
    person, form = asker(), await request.form
    first, last = told.events_of(form.get("event", ""))
    await state().limits.admit_more(person.id, last - first + 1)
    return await _answer(person, "undone", await undo.undo(person, first, last), _listed(form))


async def _answer(
    person: Person, what: str, result: Result, listed: MultiDict[str, str]
) -> Response | WerkzeugResponse:
    done = await told.of_result(person, what, result)
    if not result.changed and (result.left or what == "undone"):
        if pages.by_htmx():
            return told.mark(await show(409, Said(IN_VAIN, "%(words)s", {"words": f"{done.words()}."})), done)
        return await list_page(person, listed, told=done)
    return told.mark(pages.done(told.place(done, address_of(listed))), done)


async def _in_vain(person: Person, form: MultiDict[str, str], wrong: Form) -> Response:
    """The form with what was typed and selected, in its list."""
    if pages.by_htmx():
        [code, *_rest] = wrong.errors.values()
        about = "".join(wrong.about.values())
        return await show(wrong.status, Said(IN_VAIN, WRONG[code], {"about": about}))
    kept = Form({**wrong.values, "ticket": form.getlist("ticket")[: values.MOST]}, wrong.errors, about=wrong.about)
    return await list_page(person, _listed(form), bulk=kept)


def _listed(form: MultiDict[str, str]) -> MultiDict[str, str]:
    return MultiDict(parse_qsl(form.get("list", "")[:LISTED]))
