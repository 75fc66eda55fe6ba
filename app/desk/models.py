"""What the desk keeps. Moments are integers: microseconds since 1970, UTC (see db.now)."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Any, TypeVar

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from app.desk.audience import STAFF, Audience, Seen
from app.desk.indexes import OF_TICKETS, IndexWhere
from app.desk.roles import ROLES, Right, Role

M = TypeVar("M", bound=Model)
LARGEST_ID = 2**31 - 1  # of people, tickets and comments


def from_row(model: type[M], row: Mapping[str, Any]) -> M:
    """The instance of a row with all columns of a model, and maybe others. The ORM's own takes ten times as long."""
    return model._init_from_db(**row)


class Status(StrEnum):
    NEW = "new"
    OPEN = "open"
    PENDING = "pending"  # waiting for the requester
    SOLVED = "solved"
    CLOSED = "closed"  # takes no more replies until it is reopened

    @property
    def is_done(self) -> bool:
        return self in (Status.SOLVED, Status.CLOSED)


class Priority(IntEnum):
    LOW = 0
    NORMAL = 1
    HIGH = 2
    URGENT = 3

    @property
    def word(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "Priority":
        """The priority that a form or URL names. Raises KeyError for any other word."""
        return cls[word.upper()] if word.islower() else cls["?"]


class DueState(StrEnum):
    """What the desk's day makes of a ticket's: see desk.days."""

    NOT_YET = ""  # or it is due on no day, or done
    TODAY = "today"
    OVERDUE = "overdue"


class Kind(StrEnum):
    REPLY = "reply"  # public
    NOTE = "note"  # staff only


class Person(Model):
    id = fields.IntField(primary_key=True)
    email = fields.CharField(max_length=254, unique=True)  # lower case
    name = fields.CharField(max_length=100)
    role = fields.CharEnumField(Role, max_length=10)
    password = fields.CharField(max_length=200, null=True)  # argon2 hash; nobody can sign in without one
    language = fields.CharField(max_length=5, default="", db_default="")  # empty: what the browser asks for
    shortcuts = fields.BooleanField(default=True, db_default=True)  # single keys; WCAG 2.1.4 asks for a switch
    reply_waits = fields.BooleanField(default=False, db_default=False)  # a reply sets its ticket pending, if not undone
    two_lines = fields.BooleanField(default=False, db_default=False)  # a row of a list has
    after_send = fields.CharField(max_length=4, default="stay", db_default="stay")  # where they go after a message,
    after_solve = fields.CharField(max_length=4, default="next", db_default="next")  # and after one that solves
    disabled = fields.BooleanField(default=False, db_default=False)
    read_since = fields.BigIntField(default=0, db_default=0)  # see desk.reads
    created = fields.BigIntField()

    class Meta:
        table = "person"
        indexes = (Index(fields=("name",)), Index(fields=("role",)))

    @property
    def rights(self) -> frozenset[Right]:
        return frozenset() if self.disabled else ROLES[self.role].rights

    @property
    def audience(self) -> Audience:
        return STAFF if self.is_staff else Audience(self.id)

    @property
    def audiences(self) -> frozenset[Audience]:
        """All that may be shown to them."""
        return frozenset({self.audience})

    @property
    def is_staff(self) -> bool:
        return ROLES[self.role].sees_all

    def sees(self, ticket: Seen) -> bool:
        return self.audience.sees(ticket)


class Session(Model):
    id = fields.CharField(primary_key=True, max_length=64)  # SHA-256 of what the cookie holds
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "desk.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    created = fields.BigIntField()
    last_seen = fields.BigIntField()

    class Meta:
        table = "session"


class Ticket(Model):
    id = fields.IntField(primary_key=True)  # the number that people say
    subject = fields.CharField(max_length=200)
    status = fields.CharEnumField(Status, max_length=10)
    priority = fields.IntEnumField(Priority)
    requester: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "desk.Person", related_name=False, on_delete=fields.RESTRICT
    )
    requester_id: int
    assignee: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "desk.Person", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    assignee_id: int | None
    due = fields.CharField(max_length=10, null=True)  # a day, YYYY-MM-DD
    due_state = fields.CharField(max_length=10, default="", db_default="")  # a DueState, as of the desk's day
    version = fields.IntField()  # counts changes of the ticket's own fields
    created = fields.BigIntField()
    updated = fields.BigIntField()  # any change: for staff
    updated_public = fields.BigIntField()  # replies and public fields: for requesters
    waiting_since = fields.BigIntField(null=True)  # these four: see desk.waiting
    heard = fields.BigIntField(default=0, db_default=0)
    last_words = fields.TextField(default="", db_default="")
    last_by_staff = fields.BooleanField(default=False, db_default=False)
    last_said = fields.BigIntField(default=0, db_default=0)  # the number of its last message's event: see desk.reads
    deleted = fields.BooleanField(default=False, db_default=False)

    class Meta:
        table = "ticket"
        indexes = OF_TICKETS


class ReadUpTo(Model):
    """Up to which of a ticket's messages a person has read them."""

    id = fields.IntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "desk.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    ticket: fields.ForeignKeyRelation[Ticket] = fields.ForeignKeyField(
        "desk.Ticket", related_name=False, on_delete=fields.CASCADE
    )
    ticket_id: int
    number = fields.BigIntField()  # of a message's event; of what was marked unread, the one before it

    class Meta:
        table = "read_up_to"
        unique_together = (("person_id", "ticket_id"),)
        indexes = (Index(fields=("person_id", "number")),)


class Tag(Model):
    id = fields.IntField(primary_key=True)
    ticket: fields.ForeignKeyRelation[Ticket] = fields.ForeignKeyField(
        "desk.Ticket", related_name=False, on_delete=fields.RESTRICT
    )
    ticket_id: int
    name = fields.CharField(max_length=30)

    class Meta:
        table = "tag"
        unique_together = (("ticket_id", "name"),)
        indexes = (Index(fields=("name", "ticket_id")),)


class Comment(Model):
    id = fields.IntField(primary_key=True)
    ticket: fields.ForeignKeyRelation[Ticket] = fields.ForeignKeyField(
        "desk.Ticket", related_name=False, on_delete=fields.RESTRICT
    )
    ticket_id: int
    author: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "desk.Person", related_name=False, on_delete=fields.RESTRICT
    )
    author_id: int
    kind = fields.CharEnumField(Kind, max_length=5)
    body = fields.TextField()  # Markdown, as typed; empty once deleted
    html = fields.TextField(default="", db_default="")  # of the body, safe to show; see desk.rendering
    renderer = fields.IntField(default=0, db_default=0)  # the version that made it; 0: it is the text as typed
    event_id = fields.BigIntField()  # the number of the event that added it: its place in the thread
    version = fields.IntField(default=1, db_default=1)
    created = fields.BigIntField()
    edited = fields.BigIntField(null=True)
    deleted = fields.BooleanField(default=False, db_default=False)
    key = fields.CharField(max_length=64, null=True)  # idempotency: one send of a form is one comment

    class Meta:
        table = "comment"
        unique_together = (("author_id", "key"),)
        indexes = (
            Index(fields=("ticket_id", "event_id")),  # places in a thread: for staff,
            Index(fields=("ticket_id", "kind", "event_id")),  # and for who sees replies only
            Index(fields=("renderer",)),
            IndexWhere(fields=("created",), name="comment_sent", where="key IS NOT NULL"),
        )


class EmbedKey(Model):
    """A site that may embed pages. Its secret is made of its id, and kept nowhere."""

    id = fields.CharField(primary_key=True, max_length=40)
    name = fields.CharField(max_length=100)
    origins: list[str] = fields.JSONField()  # of the pages that may frame ours
    created = fields.BigIntField()
    revoked = fields.BigIntField(null=True)

    class Meta:
        table = "embed_key"


class Event(Model):
    """One thing that happened, written by the transaction that made it happen."""

    id = fields.BigIntField(primary_key=True, generated=False)  # gapless, in commit order
    kind = fields.CharField(max_length=30)
    at = fields.BigIntField()
    actor_id = fields.IntField(null=True)  # a person; nobody: the command line
    ticket_id = fields.IntField(null=True)
    comment_id = fields.IntField(null=True)
    person_id = fields.IntField(null=True)  # whose rights it is about
    public = fields.BooleanField()  # whether the ticket's requester may know
    data: dict[str, Any] = fields.JSONField()

    class Meta:
        table = "event"
        indexes = (Index(fields=("ticket_id", "id")),)


class Job(Model):
    """Something to be done, written by the transaction that causes it."""

    id = fields.IntField(primary_key=True)  # never given twice, so that (id, attempt) is one attempt for ever
    kind = fields.CharField(max_length=30)
    data = fields.TextField()  # JSON
    due = fields.BigIntField(null=True)  # when it may be done; NULL: it has failed for good
    attempt = fields.IntField(default=0, db_default=0)
    leased_until = fields.BigIntField(default=0, db_default=0)  # until then somebody is at it
    error = fields.TextField(default="", db_default="")  # of the last attempt that failed

    class Meta:
        table = "job"
        indexes = (Index(fields=("due", "id")),)


class Follower(Model):
    """Who acts on events, and the last of those that are dealt with."""

    name = fields.CharField(primary_key=True, max_length=30)
    position = fields.BigIntField()

    class Meta:
        table = "follower"


class Clock(Model):
    """One row: the desk's day, and whether every ticket has been told of it."""

    id = fields.IntField(primary_key=True)
    day = fields.CharField(max_length=10)  # YYYY-MM-DD; empty: no desk has served yet
    told = fields.BooleanField()

    class Meta:
        table = "clock"


class Build(Model):
    """What made pages, and since when: of two, the later number is the newer one."""

    content = fields.CharField(primary_key=True, max_length=32)
    number = fields.BigIntField(unique=True)

    class Meta:
        table = "build"


class Journal(Model):
    """One row: the database's own id and the number of its last event."""

    id = fields.IntField(primary_key=True)
    epoch = fields.CharField(max_length=32)
    position = fields.BigIntField()

    class Meta:
        table = "journal"
