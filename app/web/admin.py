"""What admins manage: the keys of sites that embed pages."""

from quart import Blueprint, Response, request
from werkzeug.wrappers import Response as WerkzeugResponse

from app.db import NotWritten
from app.desk import embeds, policy
from app.desk.errors import Invalid, Refused
from app.desk.roles import Right
from app.live.regions.embed_keys import EmbedKeysRegion
from app.web import pages
from app.web.auth import asker
from app.web.forms import Form, only, refused
from app.web.state import state

blueprint = Blueprint("admin", __name__)


@blueprint.get("/keys")
async def show_keys() -> Response:
    return await _keys(Form({}), shown=request.args.get("shown", ""))


@blueprint.post("/keys")
async def add_key() -> Response | WerkzeugResponse:
    typed = only(await request.form, ("name", "origins"))
    try:
        key = await embeds.add_key(typed.get("name", ""), typed.get("origins", "").split(), by=asker())
    except (Invalid, NotWritten) as problem:
        return await _keys(refused(typed, problem))
    return pages.on_to(f"/keys?shown={key.id}")


@blueprint.post("/keys/<id>/revoke")
async def revoke_key(id: str) -> Response | WerkzeugResponse:  # noqa: A002 - the word of the path
    await embeds.revoke_key(id, by=asker())
    return pages.on_to("/keys")


async def _keys(form: Form, shown: str = "") -> Response:
    """shown: the id of a key whose secret is to be seen: the new one's."""
    person = asker()
    if not policy.may(person, Right.KEYS_MANAGE):
        raise Refused
    if pages.by_htmx():
        return await pages.fragment("admin/new_key.html", form.status, form=form)
    key, keys = await embeds.valid_key(shown), EmbedKeysRegion()
    secret = embeds.secret(key.id, state().config.security.secret_key) if key else ""
    live = await pages.look(person, keys)
    return await pages.page("admin/keys.html", live, form.status, form=form, keys=keys, shown=key, secret=secret)
