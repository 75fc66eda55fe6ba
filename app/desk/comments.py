"""What can be done with words: reply, note, edit, remove."""

from dataclasses import asdict

from app import db
from app.desk import applying, drafts, events, policy, read_up_to, rendering, search, sends, threads, tickets, waiting
from app.desk.actor import Actor
from app.desk.errors import Code, Conflict, Invalid, Missing, Overtaken, Refused, TooLate
from app.desk.events import What
from app.desk.models import Comment, Event, Kind, Person, Status, Ticket
from app.desk.rendering import Made
from app.desk.roles import Right
from app.desk.values import Message, Revision

SHOWN = 3  # messages of others, of those that a writer has not seen


async def write(actor: Actor, ticket_id: int, asked: Message, made: Made | None = None) -> Comment:
    """Add a reply (public) or a note (staff only), and set the status if one is named (staff only).

    The first reply of who answers opens a new ticket; one of who asks reopens a pending or solved one.
    What was sent before under this idempotency key (see sends) gives the comment that it made. made: of the body, by
    a caller who holds a transaction. Raises Missing, Refused, Invalid, Overtaken.
    """
    await tickets.visible(actor, ticket_id)
    made = made or await rendering.made(asked.body)
    async with db.transaction():
        ticket = await tickets.visible(actor, ticket_id)
        mark = sends.mark_of(asked.idempotency_key, ticket.id, asked.kind.value, asked.body)
        await drafts.sent(actor.id, drafts.of_message(ticket.id), asked.body, asked.draft, asked.idempotency_key)
        if earlier := await sends.before(actor, mark):
            return earlier
        if asked.status and not policy.may(actor, Right.CHANGE, ticket):
            raise Refused
        if not policy.may_write(actor, ticket, asked.kind):
            raise Refused
        if not policy.takes_more(ticket, asked.kind):
            raise Invalid({"body": Code.CLOSED})
        await _refuse_overtaken(actor, ticket, asked)
        number, now = await events.number(), db.now()
        public, asks = asked.kind is Kind.REPLY, policy.asks(actor, ticket)
        after = asked.status or _implied(ticket, asked.kind, asks=asks)
        comment = await Comment.create(
            ticket_id=ticket.id,
            author_id=actor.id,
            kind=asked.kind,
            body=asked.body,
            **asdict(made),
            event_id=number,
            created=now,
            key=mark,
        )
        heard = waiting.hear(ticket, made.html, now, asks=asks, after=after) if public else ()
        applying.touch(ticket, public=public)
        ticket.last_said = number
        await ticket.save(update_fields=["updated", "updated_public", "last_said", *heard])
        await read_up_to.note(actor, ticket.id, number)
        await search.add(comment)
        await _record(What.COMMENT_ADDED, actor, ticket, comment, taken=number)
        await rendering.owe(made)
        if after != ticket.status:
            await applying.apply(actor, ticket, {"status": (ticket.status.value, after.value)})
    return comment


async def _refuse_overtaken(actor: Actor, ticket: Ticket, asked: Message) -> None:
    """Raises Overtaken. In the transaction that writes: of two who reply at once, the second is told of the first."""
    if asked.seen is None or not policy.is_asked_first(actor, asked.kind):
        return
    said, more = await threads.since(ticket.id, asked.seen, but=actor.id, most=SHOWN)
    if said:
        raise Overtaken(said, more)


async def edit(actor: Actor, comment_id: int, asked: Revision) -> Comment:
    """Replace the text of a comment. One's own edits since are none of somebody else's.

    Raises Missing, Refused, Invalid, Conflict.
    """
    await editable(actor, comment_id)
    made = await rendering.made(asked.body)
    async with db.transaction():
        ticket, comment = await editable(actor, comment_id)
        await drafts.sent(actor.id, drafts.of_edit(comment.id), asked.body, asked.draft)
        if asked.body == comment.body:
            return comment
        if asked.version > comment.version:
            raise Invalid({"version": Code.UNKNOWN})
        if by := await _other_editor(actor, comment, asked.version):
            raise Conflict({"body": comment.body}, version=comment.version, by=by, mine={"body": asked.body})
        before = comment.body
        comment.body, comment.html, comment.renderer, comment.edited = asked.body, made.html, made.renderer, db.now()
        await _changed(What.COMMENT_EDITED, actor, ticket, comment, before=before)
        await rendering.owe(made)
    return comment


async def remove(actor: Actor, comment_id: int) -> Comment:
    """Take the text of a comment away, and what it said before, and leave a marker. Raises Missing, Refused."""
    async with db.transaction():
        ticket, comment = await editable(actor, comment_id)
        await events.forget_words(comment)
        await drafts.forget_edits(comment.id)
        comment.body, comment.html, comment.deleted = "", "", True
        await _changed(What.COMMENT_DELETED, actor, ticket, comment)
    return comment


async def editable(actor: Actor, comment_id: int) -> tuple[Ticket, Comment]:
    """A comment that they may edit now, and its ticket. Raises Missing, Refused (TooLate among it)."""
    comment = await Comment.get_or_none(id=comment_id)
    if comment is None:
        raise Missing
    ticket = await tickets.visible(actor, comment.ticket_id)
    if comment.deleted or not policy.may_see_comment(actor, ticket, comment):
        raise Missing
    if not policy.may_edit(actor, ticket, comment):
        raise Refused
    if code := policy.stays(actor, ticket, answered=await _is_answered(comment)):
        raise TooLate(code, ticket.id)
    return ticket, comment


async def _is_answered(comment: Comment) -> bool:
    """Whether somebody else replied after it, in public. /me.css says the same of a page."""
    later = Comment.filter(ticket_id=comment.ticket_id, kind=Kind.REPLY, deleted=False, event_id__gt=comment.event_id)
    return await later.exclude(author_id=comment.author_id).exists()


def _implied(ticket: Ticket, kind: Kind, *, asks: bool) -> Status:
    """The status that writing itself leads to. asks: whether who writes does, and answers nothing."""
    if kind is Kind.REPLY and not asks and ticket.status is Status.NEW:
        return Status.OPEN
    if kind is Kind.REPLY and asks and ticket.status in (Status.PENDING, Status.SOLVED):
        return Status.OPEN
    return ticket.status


async def _other_editor(actor: Actor, comment: Comment, seen: int) -> str:
    """The name of who else edited a comment after this version of it, the last one; empty if nobody did."""
    edits = Event.filter(ticket_id=comment.ticket_id, comment_id=comment.id, kind=What.COMMENT_EDITED.value)
    later = await edits.order_by("-id").limit(max(0, comment.version - seen))  # each of them made one version
    other = next((edit.actor_id for edit in later if edit.actor_id != actor.id), None)
    editor = await Person.get_or_none(id=other) if other else None
    return editor.name if editor else ""


async def _changed(what: What, actor: Actor, ticket: Ticket, comment: Comment, before: str = "") -> None:
    """before: what it said."""
    comment.version += 1
    await comment.save()
    await search.revise(comment)
    public = comment.kind is Kind.REPLY
    changed = await waiting.revise(ticket, comment) if public else ()
    applying.touch(ticket, public=public)
    ticket.last_said = await read_up_to.last_said(ticket)
    await ticket.save(update_fields=["updated", "updated_public", "last_said", *changed])
    await _record(what, actor, ticket, comment, before=before)


async def _record(
    what: What, actor: Actor, ticket: Ticket, comment: Comment, *, taken: int | None = None, before: str = ""
) -> None:
    await events.record(
        what,
        by=actor,
        ticket=ticket,
        tags=await applying.tags_of(ticket),
        comment=comment.id,
        public=comment.kind is Kind.REPLY,
        before=before,
        taken=taken,
    )
