"""How a draft is kept: what a form says of one, who may keep it, and which of two is the later."""

from collections.abc import Mapping
from dataclasses import dataclass

from app import db
from app.desk import drafts, policy, tickets, values
from app.desk.actor import Actor
from app.desk.drafts import Draft
from app.desk.errors import Code, Invalid, Missing, Refused
from app.desk.models import LARGEST_ID, Comment, Kind
from app.desk.roles import Right

OTHERS = {  # fields beside the message, by what is written
    "reply": ("status", "subject"),
    "note": ("status",),
    "ticket": ("subject", "priority", "requester", "assignee", "tags"),
    "edit": ("of",),  # the version of the message that is edited
}
TYPED = ("subject", "requester", "tags")  # those of them that are words
LONGEST = 2000  # characters of one of them


@dataclass(frozen=True)
class Sketch:
    """What is to be kept. version: of the draft that it goes on from; 0: of none."""

    kind: str
    body: str
    others: Mapping[str, str]
    ticket: int | None = None
    comment: int | None = None
    seen: int | None = None
    key: str = ""
    version: int = 0

    @property
    def place(self) -> str:
        if self.comment is not None:
            return drafts.of_edit(self.comment)
        return drafts.NEW_TICKET if self.ticket is None else drafts.of_message(self.ticket)

    @property
    def is_empty(self) -> bool:
        return not any(text.strip() for text in (self.body, *(self.others.get(name, "") for name in TYPED)))


@dataclass
class Later(Exception):
    """Its person wrote something else there meanwhile, on another page or device; that is what is kept."""

    draft: Draft


def read(form: Mapping[str, str]) -> Sketch:
    """Raises Invalid."""
    errors: dict[str, Code] = {}
    kind = form.get("kind") or "reply"
    if kind not in OTHERS:
        raise Invalid({"kind": Code.UNKNOWN})
    body, key = form.get("body", ""), form.get("key", "")
    others = {name: form[name] for name in OTHERS[kind] if form.get(name) or (name == "status" and name in form)}
    values.collect(errors, "body", lambda: _check(body, values.BODY))
    values.collect(errors, "key", lambda: values.check_idempotency_key(key))
    for name, text in others.items():
        values.collect(errors, name, lambda text=text: _check(text, LONGEST))  # type: ignore[misc]
    ticket = values.collect(errors, "ticket", lambda: _number(form.get("ticket", ""), kind in ("reply", "note")))
    comment = values.collect(errors, "comment", lambda: _number(form.get("comment", ""), kind == "edit"))
    seen = values.collect(errors, "seen", lambda: values.parse_event(form["seen"])) if form.get("seen") else None
    version = values.collect(errors, "version", lambda: values.parse_event(form.get("version") or "0"))
    if errors:
        raise Invalid(errors)
    if kind == "edit":
        return Sketch(kind, body, others, comment=comment, version=version)
    return Sketch(kind, body, others, ticket, seen=seen, key=key, version=version)


async def keep(actor: Actor, asked: Sketch) -> int:
    """Keep a draft of theirs; one without words is none any more. Its version now, 0 if none is kept.

    Raises Missing, Refused, Later.
    """
    async with db.transaction():
        ticket = await _ticket(actor, asked)
        if actor.id is None:
            raise Refused
        draft = await drafts.of(actor.id, asked.place)
        if draft and draft.version != asked.version:
            raise Later(draft)
        if asked.is_empty:
            if draft:
                await draft.delete()
            return 0
        draft = draft or Draft(person_id=actor.id, place=asked.place, version=0)
        draft.ticket_id, draft.comment_id = ticket, asked.comment
        draft.kind, draft.body, draft.others = asked.kind, asked.body, dict(asked.others)
        draft.seen, draft.key = asked.seen, asked.key
        version: int = max(db.now(), draft.version + 1)
        draft.version = version
        await draft.save()
    return version


async def _ticket(actor: Actor, asked: Sketch) -> int | None:
    """Of which it is, if of any. What could not be sent now, since its ticket is closed, is kept all the same."""
    if asked.comment is not None:
        comment = await Comment.get_or_none(id=asked.comment)
        if comment is None:
            raise Missing
        its = await tickets.visible(actor, comment.ticket_id)
        if comment.deleted or not policy.may_see_comment(actor, its, comment):
            raise Missing
        if not policy.may_edit(actor, its, comment):
            raise Refused
        return its.id
    ticket = await tickets.visible(actor, asked.ticket) if asked.ticket is not None else None
    if asked.kind == "ticket" or ticket is None:
        allowed = policy.may(actor, Right.OPEN)
    else:
        allowed = policy.may_write(actor, ticket, Kind(asked.kind))
    if not allowed:
        raise Refused
    return None if ticket is None else ticket.id


def _check(text: str, longest: int) -> None:
    if len(text) > longest:
        raise ValueError(Code.TOO_LONG)
    if "\x00" in text:
        raise ValueError(Code.UNKNOWN)


def _number(text: str, needed: bool) -> int | None:  # noqa: FBT001 - two short calls
    if not text and not needed:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= LARGEST_ID):
        raise ValueError(Code.UNKNOWN)
    return int(text)
