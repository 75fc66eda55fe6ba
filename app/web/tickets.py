"""Lists and tickets."""

from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode

from quart import Blueprint, Response, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as WerkzeugResponse

from app.db import NotWritten
from app.desk import addresses, filters, queries, reading, tickets, values
from app.desk.drafts import NEW_TICKET, of_message
from app.desk.errors import Conflict, Invalid, Missing
from app.desk.filters import Filter
from app.desk.models import Person
from app.desk.queries import Header
from app.live.content import Content
from app.live.region import Region
from app.live.regions.customer import CustomerRegion
from app.live.regions.first import FirstRegion
from app.live.regions.list import ListRegion
from app.live.regions.menus import MenusRegion
from app.live.regions.reads import ReadsRegion
from app.live.regions.removed import RemovedRegion
from app.live.regions.thread import ThreadRegion
from app.live.regions.ticket import TicketRegion
from app.web import drafts, pages
from app.web.auth import asker
from app.web.forms import Form, only, refused, text
from app.web.told import LEFT, Told, mark, of_address, of_event

FIELDS = ("subject", "status", "priority", "assignee", "tags", *values.MARKING, "due", "requester")  # of a form
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
class Fields:
    """What the form of a ticket's fields shows, the same to everyone to whom nothing was refused."""

    header: Header
    form: Form
    choices: Choices


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

    @property
    def usual(self) -> str:
        return filters.usual_sort(self.filter.audience, self.filter.view)


@blueprint.get("/")
async def front() -> WerkzeugResponse:
    return redirect("/tickets", 303)


@blueprint.get("/tickets")
async def show_list() -> Response:
    return await list_page(asker(), request.args)


async def list_page(person: Person, asked: MultiDict[str, str], bulk: Form | None = None, **said: Told) -> Response:
    """asked: what stands in its address. bulk: the form for many of its tickets, if that could not be taken; or what
    is said of one: told."""
    filter_ = filters.parse(person, asked.to_dict(flat=False))
    region, first = ListRegion(filter_), FirstRegion()
    deleted = asked.get("deleted", "") if person.is_staff else ""
    known = deleted.isascii() and deleted.isdecimal() and len(deleted) < 10
    removed = RemovedRegion(int(deleted)) if known else None
    reads = ReadsRegion(person.id)
    beside = (first, reads, removed) if removed else (first, reads)
    told = said.get("told") or (await of_address(person, asked) if person.is_staff else None)
    live = await pages.look(person, region, *(beside if person.is_staff else ()), *_menus(person))
    bulk, listed = bulk or Form({}), address_of(asked)
    return await pages.page(
        "tickets/list.html",
        live,
        status=max(bulk.status, 409 if "told" in said else 200),
        path=f"/tickets?{listed}".rstrip("?") if request.method == "POST" else "",
        told=told,
        bulk=bulk,
        listed=listed,
        choices=_choices(live.contents.get(MENUS)),
        region=region,
        first=first,
        reads=reads,
        removed=removed,
        menus=MENUS,
        filter=filter_,
        bar=FilterBar(
            replace(filter_, page=1), _choices(live.contents.get(MENUS)), person.id, _called(live.contents[region])
        ),
    )


def address_of(asked: MultiDict[str, str]) -> str:
    """What stands in the address of a list, without what was done there."""
    return urlencode([(name, value) for name, value in asked.items(multi=True) if name not in (*LEFT, "done")])


@blueprint.get("/tickets/new")
async def show_new() -> Response:
    person, after = asker(), pages.after()
    blank = Form({"priority": "normal", "key": pages.new_idempotency_key()})
    return await _new(person, await drafts.drafted(person, of_message(int(after)) if after else NEW_TICKET, blank))


@blueprint.post("/tickets/new")
async def begin() -> Response:
    """The form with words in it that were typed elsewhere; nothing is made."""
    typed = only(await request.form, ("subject", "body", "draft"))
    return await _new(asker(), Form({"priority": "normal", "key": pages.new_idempotency_key()} | typed))


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
        event = await tickets.change(person, ticket, values.change(typed, person.id))
    except (Invalid, Conflict, NotWritten) as problem:
        return await _changed_in_vain(person, ticket, refused(typed, problem))
    return mark(pages.done(f"/tickets/{ticket}"), await of_event(person, event))


@blueprint.post("/tickets/<number:ticket>/delete")
async def delete(ticket: int) -> Response | WerkzeugResponse:
    event = await tickets.delete(asker(), ticket)
    return mark(pages.on_to(f"/tickets?deleted={ticket}"), await of_event(asker(), event))


@blueprint.post("/tickets/<number:ticket>/restore")
async def restore(ticket: int) -> Response | WerkzeugResponse:
    event = await tickets.restore(asker(), ticket)
    return mark(pages.done(f"/tickets/{ticket}"), await of_event(asker(), event))


@blueprint.post("/tickets/<number:ticket>/read")
async def read(ticket: int) -> Response | WerkzeugResponse:
    """Said by a page that was shown, and not only loaded."""
    up_to = text(await request.form, "upto")
    await reading.read(asker(), ticket, int(up_to) if up_to.isascii() and up_to.isdecimal() and len(up_to) < 16 else 0)
    return pages.done(f"/tickets/{ticket}")


@blueprint.post("/tickets/<number:ticket>/unread")
async def unread(ticket: int) -> Response | WerkzeugResponse:
    await reading.unread(asker(), ticket)
    return pages.done("/tickets")


async def ticket_page(
    person: Person, ticket: int, *, first: int = 0, fields: Form | None = None, composer: Form | None = None
) -> Response:
    """The page of a ticket; the forms on it are given where one of them could not be taken. Raises Missing.

    first: where the part of its thread begins; 0: the last one.
    """
    audience = person.audience
    header_region, thread = TicketRegion(ticket, audience), ThreadRegion(ticket, audience, first)
    customer = CustomerRegion(ticket, audience)
    live = await pages.look(person, header_region, thread, *((customer, MENUS) if person.is_staff else ()))
    if not live.contents[header_region].there:
        await tickets.visible(person, ticket)
        raise Missing
    header = cast(Header, live.contents[header_region].parts[0].value)
    form = fields or Form({})
    blank = Form({"kind": "reply", "key": pages.new_idempotency_key()})
    composer = composer or await drafts.drafted(person, of_message(ticket), blank)
    return await pages.page(
        "tickets/ticket.html",
        live,
        status=max(form.status, composer.status),
        path=f"/tickets/{ticket}" + (f"?from={first}" if first else ""),
        header=header,
        header_html=live.count(header_region),
        thread=thread,
        customer=customer,
        fields=_fields(person, header, form, live.contents.get(MENUS)),
        composer=replace(composer, values={"seen": live.since.number, **composer.values}),
        menus=MENUS,
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
    shown = _fields(person, header, form, await MENUS.compute())
    return await pages.fragment("tickets/fields.html", form.status, fields=shown)


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


def _fields(person: Person, header: Header, form: Form, menus: Content | None) -> Fields:
    """A form with the ticket's own fields, as forms have them, wherever nothing was typed."""
    filled = {
        **{name: getattr(header, name) or "" for name in ("subject", "status", "priority", "due", "version")},
        "assignee": str(header.assignee_id or ""),
        "requester": addresses.shown(header.requester_email or ""),
        "tags": ", ".join(header.tags),
        **form.values,
    }
    if filled["assignee"] == "me":
        filled["assignee"] = str(person.id)
    return Fields(header, replace(form, values=filled), _choices(menus))
