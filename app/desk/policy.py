"""Who may see and do what. Pure functions of people, tickets and comments: no database, no surprises."""

import re
from dataclasses import dataclass

from app.desk.errors import Code
from app.desk.events import Happened, What
from app.desk.models import Comment, Kind, Person, Status, Ticket


@dataclass(frozen=True)
class Audience:
    """For whom something is shown: all staff see the same; a requester sees what is theirs.

    requester: the person's id; None is staff. embedded: a requester inside another site, who sees the same and can do
    less. only: the statuses that an embedder locked its view to; empty for all.
    """

    requester: int | None = None
    embedded: bool = False
    only: tuple[str, ...] = ()

    @property
    def is_staff(self) -> bool:
        return self.requester is None

    def __str__(self) -> str:
        if self.is_staff:
            return "staff"
        return f"{'embed' if self.embedded else 'requester'}:{self.requester}:{','.join(self.only)}".rstrip(":")

    @classmethod
    def parse(cls, text: str) -> "Audience":
        """The audience that str() wrote. Raises ValueError for anything else."""
        if text == "staff":
            return cls()
        found = re.fullmatch(r"requester:([0-9]+)|embed:([0-9]+)(?::([a-z,]+))?", text)
        if not found:
            raise ValueError(text)
        if found[1]:
            return cls(int(found[1]))
        return cls(int(found[2]), embedded=True, only=tuple(found[3].split(",")) if found[3] else ())


STAFF = Audience()


def audience_of(person: Person) -> Audience:
    return STAFF if person.is_staff else Audience(person.id)


def visible_to(audience: Audience, ticket: Ticket) -> bool:
    theirs = audience.is_staff or ticket.requester_id == audience.requester
    return theirs and not ticket.deleted and (not audience.only or ticket.status in audience.only)


def may_know(audience: Audience, event: Happened) -> bool:
    """Whether an event of a ticket may be told: a requester learns of public ones of what is, or just was, theirs."""
    if event.ticket is None:
        return False
    if audience.is_staff:
        return True
    moments = (event.fields, event.fields_before)
    theirs = any(audience.requester == moment["requester"] for moment in moments)
    return event.public and theirs and (not audience.only or any(m["status"] in audience.only for m in moments))


def loses(audience: Audience, event: Happened) -> bool:
    """Whether the audience may see the event's ticket no more after it."""
    if event.ticket is None:
        return False
    theirs = audience.is_staff or event.fields.get("requester") == audience.requester
    allowed = not audience.only or event.fields.get("status") in audience.only
    return event.what is What.TICKET_DELETED or not theirs or not allowed


def may_see(person: Person, ticket: Ticket) -> bool:
    return not person.disabled and visible_to(audience_of(person), ticket)


def may_see_comment(person: Person, ticket: Ticket, comment: Comment) -> bool:
    return may_see(person, ticket) and (person.is_staff or comment.kind is Kind.REPLY)


def may_open(person: Person) -> bool:
    return not person.disabled


def may_change(person: Person, ticket: Ticket) -> bool:
    return person.is_staff and may_see(person, ticket)


def may_be_embedded(person: Person) -> bool:
    """Another site may speak for a requester, never for staff: a message of theirs would be one of the desk."""
    return not person.is_staff and not person.disabled


def may_manage(person: Person) -> bool:
    """Keys for other sites."""
    return person.is_admin and not person.disabled


def may_know_deleted(person: Person) -> bool:
    """That a ticket is deleted, when and by whom."""
    return person.is_staff and not person.disabled


def may_restore(person: Person, deleted_by: int | None = None) -> bool:
    """deleted_by: who deleted the ticket last, if anybody did."""
    return may_know_deleted(person) and (person.is_admin or person.id == deleted_by)


def may_write(person: Person, ticket: Ticket, kind: Kind) -> bool:
    """A note may be added to a closed ticket, a reply may not."""
    if not may_see(person, ticket):
        return False
    if kind is Kind.NOTE:
        return person.is_staff
    return ticket.status is not Status.CLOSED


def may_edit(person: Person, ticket: Ticket, comment: Comment) -> bool:
    """Whether a message is theirs to change; for how long, says stays()."""
    mine = comment.author_id == person.id or person.is_admin
    return mine and not comment.deleted and may_see_comment(person, ticket, comment)


def stays(person: Person, ticket: Ticket, *, answered: bool) -> Code | None:
    """Why a requester's message cannot be changed any more, if so. answered: by a later reply of somebody else."""
    if person.is_staff:
        return None
    if ticket.status is Status.CLOSED:
        return Code.CLOSED_TO_EDITS
    return Code.ANSWERED if answered else None


def may_be_assigned(person: Person) -> bool:
    return person.is_staff and not person.disabled
