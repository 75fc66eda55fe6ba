"""Drafts: what somebody began to write and did not send. Theirs alone, and gone in the transaction that sends it.

They are no events: nobody else is shown anything of them.
"""

from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from app.desk.models import Comment, Person, Ticket

NEW_TICKET = "ticket"  # the place of a ticket that is not opened yet


def of_message(ticket: int) -> str:
    """The place where one writes to a ticket: one field, be it for a reply or a note."""
    return f"message {ticket}"


def of_edit(comment: int) -> str:
    return f"edit {comment}"


class Draft(Model):
    """ticket, comment: with which it goes, where they are deleted for good."""

    id = fields.IntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "desk.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    ticket: fields.ForeignKeyNullableRelation[Ticket] = fields.ForeignKeyField(
        "desk.Ticket", related_name=False, null=True, on_delete=fields.CASCADE
    )
    ticket_id: int | None
    comment: fields.ForeignKeyNullableRelation[Comment] = fields.ForeignKeyField(
        "desk.Comment", related_name=False, null=True, on_delete=fields.CASCADE
    )
    comment_id: int | None
    place = fields.CharField(max_length=30)
    kind = fields.CharField(max_length=6)  # reply, note, ticket, edit
    body = fields.TextField()  # as typed
    others: dict[str, str] = fields.JSONField()  # the form's other fields, as typed
    seen = fields.BigIntField(null=True)  # as of a message
    key = fields.CharField(
        max_length=64, default="", db_default=""
    )  # of the form, so that sent from two devices it is one
    version = fields.BigIntField()  # the moment at which it was saved; a later one is larger

    class Meta:
        table = "draft"
        unique_together = (("person_id", "place"),)
        indexes = (Index(fields=("ticket_id",)), Index(fields=("comment_id",)))

    @property
    def in_form(self) -> dict[str, Any]:
        """What stands in its form."""
        seen = {} if self.seen is None else {"seen": self.seen}
        key = {"key": self.key} if self.key else {}
        return {**self.others, "kind": self.kind, "body": self.body, "draft": self.version, **seen, **key}


async def of(person: int, place: str) -> Draft | None:
    return await Draft.get_or_none(person_id=person, place=place)


async def sent(person: int | None, place: str, body: str, version: int, key: str = "") -> None:
    """Inside the transaction that sends it: what was sent is no draft any more.

    version: of the draft that the form held; what was written elsewhere since is another, unless it says the same or is
    of the same form and on its way to what was sent.
    """
    draft = await of(person, place) if person else None
    if draft is None:
        return
    words = draft.body.strip()
    on_its_way = bool(key) and draft.key == key and body.strip().startswith(words)
    if draft.version <= version or on_its_way or words == body.strip():
        await draft.delete()


async def forget_edits(comment: int) -> None:
    """Inside the transaction that takes a message away: nobody's other words for it stay."""
    await Draft.filter(place=of_edit(comment)).delete()
