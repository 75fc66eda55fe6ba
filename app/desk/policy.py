"""Who may see and do what. Pure functions of people, tickets and comments: no database, no surprises."""

from dataclasses import dataclass

from app.desk.events import Happened
from app.desk.models import Comment, Kind, Person, Status, Ticket


@dataclass(frozen=True)
class Audience:
    """For whom something is shown: all staff see the same; a requester sees what is theirs.

    requester: the person's id; None is staff.
    """

    requester: int | None = None

    @property
    def is_staff(self) -> bool:
        return self.requester is None

    def __str__(self) -> str:
        return "staff" if self.is_staff else f"requester:{self.requester}"

    @classmethod
    def parse(cls, text: str) -> "Audience":
        """The audience that str() wrote. Raises ValueError for anything else."""
        if text == "staff":
            return cls()
        name, _, number = text.partition(":")
        if name != "requester" or not number.isdecimal():
            raise ValueError(text)
        return cls(int(number))


STAFF = Audience()


def audience_of(person: Person) -> Audience:
    return STAFF if person.is_staff else Audience(person.id)


def visible_to(audience: Audience, ticket: Ticket) -> bool:
    return not ticket.deleted and (audience.is_staff or ticket.requester_id == audience.requester)


def may_know(audience: Audience, event: Happened) -> bool:
    """Whether an event of a ticket may be told: a requester learns of public ones of what is, or just was, theirs."""
    if event.ticket is None:
        return False
    theirs = (event.fields["requester"], event.fields_before["requester"])
    return audience.is_staff or (event.public and audience.requester in theirs)


def may_see(person: Person, ticket: Ticket) -> bool:
    return not person.disabled and visible_to(audience_of(person), ticket)


def may_see_comment(person: Person, ticket: Ticket, comment: Comment) -> bool:
    return may_see(person, ticket) and (person.is_staff or comment.kind is Kind.REPLY)


def may_open(person: Person) -> bool:
    return not person.disabled


def may_change(person: Person, ticket: Ticket) -> bool:
    return person.is_staff and may_see(person, ticket)


def may_restore(person: Person) -> bool:
    return person.is_admin and not person.disabled


def may_write(person: Person, ticket: Ticket, kind: Kind) -> bool:
    """A note may be added to a closed ticket, a reply may not."""
    if not may_see(person, ticket):
        return False
    if kind is Kind.NOTE:
        return person.is_staff
    return ticket.status is not Status.CLOSED


def may_edit(person: Person, ticket: Ticket, comment: Comment) -> bool:
    mine = comment.author_id == person.id or person.is_admin
    return mine and not comment.deleted and may_see_comment(person, ticket, comment)


def may_be_assigned(person: Person) -> bool:
    return person.is_staff and not person.disabled
