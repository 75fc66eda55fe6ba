"""What can be done with words: reply, note, edit, remove."""

from dataclasses import asdict

from app import db
from app.desk import events, fields, policy, rendering, search, sends, tickets
from app.desk.errors import Code, Conflict, Invalid, Missing, Refused, TooLate
from app.desk.events import What
from app.desk.models import Comment, Event, Kind, Person, Status, Ticket
from app.desk.rendering import Made


async def write(
    person: Person,
    ticket_id: int,
    body: str,
    *,
    kind: str = "reply",
    status: str = "",
    key: str = "",
    made: Made | None = None,
) -> Comment:
    """Add a reply (public) or a note (staff only), and set the status if one is named (staff only).

    The first reply of who answers opens a new ticket; one of who asks reopens a pending or solved one.
    What was sent before under this key (see sends) gives the comment that it made. made: of the body, by a caller who
    holds a transaction. Raises Missing, Refused, Invalid.
    """
    errors: dict[str, Code] = {}
    body = fields.message(body)
    fields.collect(errors, "body", lambda: fields.check_text(body, fields.BODY))
    fields.collect(errors, "key", lambda: fields.check_key(key))
    if status:
        fields.collect(errors, "status", lambda: fields.parse_status(status))
    if kind not in set(Kind):
        errors["kind"] = Code.UNKNOWN
    await tickets.visible(person, ticket_id)
    if errors:
        raise Invalid(errors)
    made = made or await rendering.made(body)
    async with db.transaction():
        ticket = await tickets.visible(person, ticket_id)
        wanted, mark = Kind(kind), sends.mark_of(key, ticket.id, kind, body)
        if earlier := await sends.before(person, mark):
            return earlier
        if status and not policy.may_change(person, ticket):
            raise Refused
        if not policy.may_write(person, ticket, wanted):
            raise Invalid({"body": Code.CLOSED}) if wanted is Kind.REPLY else Refused
        number = await events.number()
        public = wanted is Kind.REPLY
        comment = await Comment.create(
            ticket_id=ticket.id,
            author_id=person.id,
            kind=wanted,
            body=body,
            **asdict(made),
            event_id=number,
            created=db.now(),
            key=mark,
        )
        tickets.touch(ticket, public=public)
        await ticket.save(update_fields=["updated", "updated_public"])
        await search.add(ticket.id, wanted, body)
        await _record(What.COMMENT_ADDED, person, ticket, comment, taken=number)
        await rendering.owe(made)
        after = status or _implied(person, ticket, wanted)
        if after != ticket.status:
            await tickets.apply(person, ticket, {"status": (ticket.status.value, after)})
    return comment


async def edit(person: Person, comment_id: int, body: str, version: str) -> Comment:
    """Replace the text of a comment seen at this version. One's own edits since are none of somebody else's.

    Raises Missing, Refused, Invalid, Conflict.
    """
    errors: dict[str, Code] = {}
    body = fields.message(body)
    fields.collect(errors, "body", lambda: fields.check_text(body, fields.BODY))
    seen = fields.collect(errors, "version", lambda: fields.parse_version(version))
    await editable(person, comment_id)
    if errors:
        raise Invalid(errors)
    made = await rendering.made(body)
    async with db.transaction():
        ticket, comment = await editable(person, comment_id)
        if body == comment.body:
            return comment
        if seen > comment.version:
            raise Invalid({"version": Code.UNKNOWN})
        if by := await _other_editor(person, comment, seen):
            raise Conflict({"body": comment.body}, version=comment.version, by=by, mine={"body": body})
        before = comment.body
        comment.body, comment.html, comment.renderer, comment.edited = body, made.html, made.renderer, db.now()
        await _changed(What.COMMENT_EDITED, person, ticket, comment, before=before)
        await rendering.owe(made)
    return comment


async def remove(person: Person, comment_id: int) -> Comment:
    """Take the text of a comment away, and what it said before, and leave a marker. Raises Missing, Refused."""
    async with db.transaction():
        ticket, comment = await editable(person, comment_id)
        await events.forget_words(comment)
        comment.body, comment.html, comment.deleted = "", "", True
        await _changed(What.COMMENT_DELETED, person, ticket, comment)
    return comment


async def editable(person: Person, comment_id: int) -> tuple[Ticket, Comment]:
    """A comment that this person may edit now, and its ticket. Raises Missing, Refused (TooLate among it)."""
    comment = await Comment.get_or_none(id=comment_id)
    if comment is None:
        raise Missing
    ticket = await tickets.visible(person, comment.ticket_id)
    if comment.deleted or not policy.may_see_comment(person, ticket, comment):
        raise Missing
    if not policy.may_edit(person, ticket, comment):
        raise Refused
    if code := policy.stays(person, ticket, answered=await _is_answered(comment)):
        raise TooLate(code, ticket.id)
    return ticket, comment


async def _is_answered(comment: Comment) -> bool:
    """Whether somebody else replied after it, in public. /me.css says the same of a page."""
    later = Comment.filter(ticket_id=comment.ticket_id, kind=Kind.REPLY, deleted=False, event_id__gt=comment.event_id)
    return await later.exclude(author_id=comment.author_id).exists()


def _implied(person: Person, ticket: Ticket, kind: Kind) -> Status:
    """The status that writing itself leads to. Staff may ask as well: of their own ticket they are the requester."""
    asks = person.id == ticket.requester_id
    if kind is Kind.REPLY and not asks and ticket.status is Status.NEW:
        return Status.OPEN
    if kind is Kind.REPLY and asks and ticket.status in (Status.PENDING, Status.SOLVED):
        return Status.OPEN
    return ticket.status


async def _other_editor(person: Person, comment: Comment, seen: int) -> str:
    """The name of who else edited a comment after this version of it, the last one; empty if nobody did."""
    edits = Event.filter(ticket_id=comment.ticket_id, comment_id=comment.id, kind=What.COMMENT_EDITED.value)
    later = await edits.order_by("-id").limit(max(0, comment.version - seen))  # each of them made one version
    other = next((edit.actor_id for edit in later if edit.actor_id != person.id), None)
    editor = await Person.get_or_none(id=other) if other else None
    return editor.name if editor else ""


async def _changed(what: What, person: Person, ticket: Ticket, comment: Comment, before: str = "") -> None:
    """before: what it said."""
    comment.version += 1
    await comment.save()
    await search.index(ticket.id)
    tickets.touch(ticket, public=comment.kind is Kind.REPLY)
    await ticket.save(update_fields=["updated", "updated_public"])
    await _record(what, person, ticket, comment, before=before)


async def _record(
    what: What, person: Person, ticket: Ticket, comment: Comment, *, taken: int | None = None, before: str = ""
) -> None:
    await events.record(
        what,
        by=person,
        ticket=ticket,
        tags=await tickets.tags_of(ticket),
        comment=comment.id,
        public=comment.kind is Kind.REPLY,
        before=before,
        taken=taken,
    )
