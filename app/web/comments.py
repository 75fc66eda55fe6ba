"""Replies and notes."""

from dataclasses import replace

from quart import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from app.db import NotWritten
from app.desk import comments, threads, tickets, values
from app.desk.drafts import of_edit
from app.desk.errors import Conflict, Invalid, Missing, Overtaken, TooLate
from app.desk.models import Person, Status
from app.live.regions.ticket import TicketRegion
from app.web import audit, drafts, pages
from app.web.auth import asker
from app.web.forms import Form, only, refused, text
from app.web.tickets import ticket_page

SOLVING = {"status": Status.SOLVED.value}  # by the button that sends and solves

blueprint = Blueprint("comments", __name__)


@blueprint.post("/tickets/<number:ticket>/comments")
async def write(ticket: int) -> Response | WerkzeugResponse:
    person = asker()
    typed = await request.form
    named = {"kind": "reply"} | only(typed, ("body", "kind", "status", "key", "seen", "draft"))
    sent = _without_preset(person, named) | (SOLVING if "solve" in typed else {})
    if "anyway" in typed and "shown" not in typed:  # whatever was said meanwhile, be it shown or not
        sent["seen"] = ""
    await tickets.visible(person, ticket)
    try:
        comment = await comments.write(person, ticket, replace(values.message(sent), draft=drafts.version_of(sent)))
    except (Invalid, Overtaken, NotWritten) as problem:
        form = refused(sent, problem)
        if pages.by_htmx():
            return await pages.fragment("tickets/composer.html", form.status, composer=form, ticket=ticket)
        return await ticket_page(person, ticket, composer=form)
    where = text(typed, "then") or (person.after_solve if "solve" in typed else person.after_send)
    goes = person.is_staff and where == "list" and not pages.by_htmx()  # which is the next, scripts know
    return redirect("/tickets", 303) if goes else pages.done(f"/tickets/{ticket}#comment-{comment.id}")


def _without_preset(person: Person, sent: dict[str, str]) -> dict[str, str]:
    """What a form for replies was preset to is nothing that a note asks for; scripts take it back themselves."""
    preset = person.reply_waits and (sent["kind"], sent.get("status")) == ("note", "pending")
    return sent | {"status": ""} if preset and not pages.by_htmx() else sent


@blueprint.get("/comments/<number:comment>")
async def show(comment: int) -> WerkzeugResponse:
    """To the part of its ticket that shows a message."""
    return redirect(await _address(asker(), comment), 303)


@blueprint.get("/comments/<number:comment>/edit")
async def show_edit(comment: int) -> Response:
    _, found = await comments.editable(asker(), comment)
    plain = Form({"body": found.body, "version": found.version})
    form = await drafts.drafted(asker(), of_edit(comment), plain)
    version = {"version": form.value("of") or found.version}  # of the message that the draft is another text for
    return await _editor(comment, found.ticket_id, replace(form, values={**form.values, **version}), plain=plain)


@blueprint.post("/comments/<number:comment>")
async def edit(comment: int) -> Response | WerkzeugResponse:
    sent = only(await request.form, ("body", "version", "draft"))
    try:
        ticket, _ = await comments.editable(asker(), comment)
        await comments.edit(asker(), comment, replace(values.revision(sent), draft=drafts.version_of(sent)))
    except TooLate as late:
        return await _too_late(comment, sent, late)
    except (Invalid, Conflict, NotWritten) as problem:
        theirs = (await comments.editable(asker(), comment))[1].html if isinstance(problem, Conflict) else ""
        return await _editor(comment, ticket.id, refused(sent, problem), theirs)
    return pages.done(await _address(asker(), comment))


@blueprint.post("/comments/<number:comment>/delete")
async def delete(comment: int) -> Response | WerkzeugResponse:
    await comments.remove(asker(), comment)
    return pages.done(await _address(asker(), comment))


async def _address(person: Person, comment: int) -> str:
    """Where a message is shown. Raises Missing."""
    ticket, first = await threads.part_of(person.audience, comment)
    return f"/tickets/{ticket}{f'?from={first}' if first else ''}#comment-{comment}"


async def _too_late(comment: int, sent: dict[str, str], late: TooLate) -> Response:
    """What was typed, and why the message stays as it is."""
    audit.refused()
    return await _editor(comment, late.ticket, Form(sent, {"body": late.code}), status=403)


async def _editor(
    comment: int, ticket: int, form: Form, theirs: str = "", status: int = 0, plain: Form | None = None
) -> Response:
    """theirs: the HTML that somebody else made of the message meanwhile. status: instead of the form's own.

    plain: the form without a draft in it.
    """
    shown = {"comment": comment, "ticket": ticket, "form": form, "theirs": theirs, "plain": plain or form}
    if pages.by_htmx():
        return await pages.fragment("comments/editor.html", status or form.status, **shown)
    header = TicketRegion(ticket, asker().audience)
    live = await pages.look(asker(), header)
    if not live.contents[header].there:
        raise Missing
    path = f"/comments/{comment}/edit"
    return await pages.page("comments/edit.html", live, status or form.status, path=path, header=header, **shown)
