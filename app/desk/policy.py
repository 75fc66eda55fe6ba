"""Who may do what. Pure functions of who acts, tickets and comments: no database, no surprises.

What each role may do is a table: app/desk/roles.py. Who is shown what: app/desk/audience.py.
"""

from app.desk.actor import Actor
from app.desk.errors import Code
from app.desk.models import Comment, Kind, Status, Ticket
from app.desk.roles import Right


def may(actor: Actor, right: Right, ticket: Ticket | None = None) -> bool:
    """Whether who acts has this right, and sees the ticket to which it is applied."""
    return right in actor.rights and (ticket is None or actor.sees(ticket))


def asks(actor: Actor, ticket: Ticket) -> bool:
    """Whether what they say in public on a ticket is a question to the desk, and no answer of it.

    Staff may ask as well: of their own ticket they are the requester. app.desk.waiting says the same in SQL.
    """
    return actor.id == ticket.requester_id or Right.READ_INTERNAL not in actor.rights


def may_see_comment(actor: Actor, ticket: Ticket, comment: Comment) -> bool:
    return may(actor, Right.READ if comment.kind is Kind.REPLY else Right.READ_INTERNAL, ticket)


def may_write(actor: Actor, ticket: Ticket, kind: Kind) -> bool:
    """Whether a message of this kind is theirs to add, where the ticket takes_more()."""
    return may(actor, Right.REPLY if kind is Kind.REPLY else Right.NOTE, ticket)


def takes_more(ticket: Ticket, kind: Kind) -> bool:
    """A note may be added to a closed ticket, a reply may not."""
    return kind is Kind.NOTE or ticket.status is not Status.CLOSED


def is_asked_first(actor: Actor, kind: Kind) -> bool:
    """Whether a message of theirs waits for a word where others said something since: a reply in the desk's name."""
    return kind is Kind.REPLY and may(actor, Right.READ_INTERNAL)


def may_edit(actor: Actor, ticket: Ticket, comment: Comment) -> bool:
    """Whether a message is theirs to change; for how long, says stays()."""
    right = Right.EDIT if comment.author_id == actor.id else Right.EDIT_OTHERS
    return may(actor, right, ticket) and not comment.deleted and may_see_comment(actor, ticket, comment)


def stays(actor: Actor, ticket: Ticket, *, answered: bool) -> Code | None:
    """Why a requester's message cannot be changed any more, if so. answered: by a later reply of somebody else."""
    if may(actor, Right.READ_INTERNAL):
        return None
    if ticket.status is Status.CLOSED:
        return Code.CLOSED_TO_EDITS
    return Code.ANSWERED if answered else None


def may_restore(actor: Actor, deleted_by: int | None) -> bool:
    """deleted_by: who deleted the ticket last, if anybody did."""
    return may(actor, Right.DELETE if deleted_by == actor.id else Right.RESTORE)
