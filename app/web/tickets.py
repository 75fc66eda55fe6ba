"""Lists and tickets."""

from dataclasses import asdict, dataclass, replace
from typing import Any, cast

from quart import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from app.db import NotWritten
from app.desk import filters, queries, tickets, values
from app.desk.drafts import NEW_TICKET, of_message
from app.desk.errors import Conflict, Invalid, Missing
from app.desk.filters import Filter
from app.desk.models import Person
from app.desk.queries import Header
from app.live.content import Content
from app.live.region import Region
from app.live.regions.first import FirstRegion
from app.live.regions.list import ListRegion
from app.live.regions.menus import MenusRegion
from app.live.regions.removed import RemovedRegion
from app.live.regions.thread import ThreadRegion
from app.live.regions.ticket import TicketRegion
from app.web import drafts, pages
from app.web.auth import asker
from app.web.forms import Form, only, refused

FIELDS = ("subject", "status", "priority", "assignee", "tags", "due", "requester")  # that a form may change
MENUS = MenusRegion()
ASKED = ("subject", "body", "key", "draft")
OPENING = {False: ASKED, True: (*ASKED, "priority", "requester", "assignee", "tags")}  # by whether they are staff

blueprint = Blueprint("tickets", __name__)


@dataclass(frozen=True)
class Choices:
    """What forms and filters offer. A requester has no menus."""

    statuses: tuple[str, ...] = queries.STATUSES
    sorts: tuple[str, ...] = filters.REQUESTER_SORTS
    priorities: tuple[str, ...] = ()
    people: tuple[tuple[int, str], ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class FilterBar:
    """What a list is filtered by, for a person. called: what those are called whom it is filtered by."""

    filter: Filter
    choices: Choices
    person: int
    called: tuple[tuple[int, str], ...]

    @property
    def names(self) -> dict[int, str]:
        return dict(self.called)


@blueprint.get("/")
async def front() -> WerkzeugResponse:
    return redirect("/tickets", 303)


@blueprint.get("/tickets")
async def show_list() -> Response:
    person = asker()
    filter_ = filters.parse(person, request.args.to_dict(flat=False))
    region, first = ListRegion(filter_), FirstRegion()
    deleted = request.args.get("deleted", "") if person.is_staff else ""
    known = deleted.isascii() and deleted.isdecimal() and len(deleted) < 10
    removed = RemovedRegion(int(deleted)) if known else None
    beside = (first, removed) if removed else (first,)
    live = await pages.look(person, region, *(beside if person.is_staff else ()), *_menus(person))
    return await pages.page(
        "tickets/list.html",
        live,
        region=region,
        first=first,
        removed=removed,
        menus=MENUS,
        filter=filter_,
        bar=FilterBar(
            replace(filter_, page=1), _choices(live.contents.get(MENUS)), person.id, _called(live.contents[region])
        ),
    )


@blueprint.get("/tickets/new")
async def show_new() -> Response:
    person, after = asker(), pages.after()
    blank = Form({"priority": "normal", "key": pages.new_key()})
    return await _new(person, await drafts.drafted(person, of_message(int(after)) if after else NEW_TICKET, blank))


@blueprint.post("/tickets/new")
async def begin() -> Response:
    """The form with words in it that were typed elsewhere; nothing is made."""
    typed = only(await request.form, ("subject", "body", "draft"))
    return await _new(asker(), Form({"priority": "normal", "key": pages.new_key()} | typed))


@blueprint.post("/tickets")
async def create() -> Response | WerkzeugResponse:
    person = asker()
    typed = only(await request.form, OPENING[person.is_staff])
    try:
        opening = replace(
            values.opening(typed, person.id), draft=drafts.version_of(typed), after=int(pages.after() or 0) or None
        )
        ticket = await tickets.open_ticket(person, opening)
    except (Invalid, NotWritten) as problem:
        return await _new(person, refused(typed, problem))
    return pages.on_to(f"/tickets/{ticket.id}")


@blueprint.get("/tickets/<number:ticket>")
async def show(ticket: int) -> Response:
    return await ticket_page(asker(), ticket, first=pages.part_asked_for())


@blueprint.post("/tickets/<number:ticket>")
async def change(ticket: int) -> Response | WerkzeugResponse:
    person = asker()
    typed = {"version": ""} | only(await request.form, ("version", *FIELDS))
    await tickets.changeable(person, ticket)
    try:
        await tickets.change(person, ticket, values.change(typed, person.id))
    except (Invalid, Conflict, NotWritten) as problem:
        return await _changed_in_vain(person, ticket, refused(typed, problem))
    return pages.done(f"/tickets/{ticket}")


@blueprint.post("/tickets/<number:ticket>/delete")
async def delete(ticket: int) -> Response | WerkzeugResponse:
    await tickets.delete(asker(), ticket)
    return pages.on_to(f"/tickets?deleted={ticket}")


@blueprint.post("/tickets/<number:ticket>/restore")
async def restore(ticket: int) -> Response | WerkzeugResponse:
    await tickets.restore(asker(), ticket)
    return pages.done(f"/tickets/{ticket}")


async def ticket_page(
    person: Person, ticket: int, *, first: int = 0, fields: Form | None = None, composer: Form | None = None
) -> Response:
    """The page of a ticket; the forms on it are given where one of them could not be taken. Raises Missing.

    first: where the part of its thread begins; 0: the last one.
    """
    audience = person.audience
    header_region, thread = TicketRegion(ticket, audience), ThreadRegion(ticket, audience, first)
    live = await pages.look(person, header_region, thread, *_menus(person))
    if not live.contents[header_region].there:
        await tickets.visible(person, ticket)
        raise Missing
    header = cast(Header, live.contents[header_region].parts[0].value)
    form = fields or Form({})
    blank = Form({"kind": "reply", "key": pages.new_key()})
    composer = composer or await drafts.drafted(person, of_message(ticket), blank)
    return await pages.page(
        "tickets/ticket.html",
        live,
        status=max(form.status, composer.status),
        path=f"/tickets/{ticket}" + (f"?from={first}" if first else ""),
        header=header,
        header_html=live.count(header_region),
        thread=thread,
        form=_filled(form, header),
        composer=replace(composer, values={"seen": live.since.number, **composer.values}),
        menus=MENUS,
        choices=_choices(live.contents.get(MENUS)),
    )


async def removed_page(person: Person, ticket: int, typed: str) -> Response:
    """For staff, where a deleted ticket was: live, so that it comes back with it. typed: what was sent to it."""
    header = TicketRegion(ticket, person.audience)
    live = await pages.look(person, header)
    path = f"/tickets/{ticket}"
    return await pages.page(
        "tickets/removed_page.html", live, 404, path=path, header=header, ticket=ticket, typed=typed
    )


async def _changed_in_vain(person: Person, ticket: int, form: Form) -> Response:
    if not pages.by_htmx():
        return await ticket_page(person, ticket, fields=form)
    header = await queries.header(person.audience, ticket)
    if header is None:
        await tickets.visible(person, ticket)
        raise Missing
    shown, choices = _filled(form, header), _choices(await MENUS.compute())
    return await pages.fragment("tickets/fields.html", form.status, header=header, form=shown, choices=choices)


async def _new(person: Person, form: Form) -> Response:
    shown: dict[str, Any] = {"form": form, "after": pages.after()}
    if pages.by_htmx():
        choices = _choices(await MENUS.compute() if person.is_staff else None)
        return await pages.fragment("tickets/new_form.html", form.status, choices=choices, **shown)
    live = await pages.look(person, *_menus(person))
    choices = _choices(live.contents.get(MENUS))
    return await pages.page(
        "tickets/new.html", live, form.status, path="/tickets/new", menus=MENUS, choices=choices, **shown
    )


def _menus(person: Person) -> tuple[Region, ...]:
    return (MENUS,) if person.is_staff else ()


def _called(listed: Content) -> tuple[tuple[int, str], ...]:
    """What those are called whom a list is filtered by, as it says itself."""
    [called] = [part.value for part in listed.parts if part.target == "#list-people"] or [()]
    return cast(tuple[tuple[int, str], ...], called)


def _choices(menus: Content | None) -> Choices:
    if menus is None:
        return Choices()
    people, tags = (cast(tuple[Any, ...], part.value) for part in menus.parts)
    return Choices(sorts=filters.STAFF_SORTS, priorities=queries.PRIORITIES, people=people, tags=tags)


def _filled(form: Form, header: Header) -> Form:
    """A form with the ticket's own fields, as forms have them, wherever nothing was typed."""
    now = asdict(header)
    own = {
        **{name: now[name] or "" for name in ("subject", "status", "priority", "due", "version")},
        "assignee": str(header.assignee_id or ""),
        "tags": ", ".join(header.tags),
    }
    return replace(form, values={**own, **form.values})
