"""What people do in these tests, in few words, and what the journal says of it."""

from collections.abc import Iterable

from app import db
from app.config import Config
from app.desk import events, threads
from app.desk.audience import Audience
from app.desk.events import Happened, What
from app.desk.models import Comment, Kind, Person, Ticket
from app.desk.threads import Line, Said
from app.markup import VERSION, plain
from app.work import renewal
from app.work.queue import SECOND, Again
from tests import forms

CAME = 3  # the events by which the staff of the cast came


async def a_ticket(person: Person, **asked: str) -> Ticket:
    """A ticket that this person opens, like any other but for what is asked."""
    return await forms.open_ticket(person, **({"subject": "Printer", "body": "It does not print."} | asked))


async def a_long_thread(by: Person, ticket: Ticket, messages: int) -> list[int]:
    """So many replies more, in one go; all comments of the ticket, in order."""
    async with db.transaction():
        for number in range(messages):
            place = await events.record(What.COMMENT_ADDED, by=by, ticket=ticket, comment=0, public=True)
            said = {"body": f"Message {number}", "html": plain(f"Message {number}"), "renderer": VERSION}
            await Comment.create(
                ticket_id=ticket.id, author_id=by.id, kind=Kind.REPLY, event_id=place, created=db.now(), **said
            )
    return await Comment.filter(ticket_id=ticket.id).order_by("event_id").values_list("id", flat=True)


async def renewed() -> None:
    """Every text of another renderer is looked at once, as the job does it, without its pauses."""
    part: Again | None = Again(0)
    while part and part.due <= db.now() + SECOND:
        part = await renewal.renew(part.data, Config())


async def entries(audience: Audience, ticket: int) -> tuple[Said | Line, ...]:
    """What a thread of a hundred messages at most shows."""
    return (await threads.thread(audience, ticket)).entries


async def bodies(thread: Iterable[Said | Line]) -> list[str]:
    """What the comments of a thread say, as it was typed."""
    return [(await Comment.get(id=entry.id)).body for entry in thread if isinstance(entry, Said)]


async def journal(after: int = CAME) -> list[Happened]:
    """What was recorded after this number, in order; all since the cast came."""
    return [events.read(row) for row in await db.rows("SELECT * FROM event WHERE id > ? ORDER BY id", [after])]


async def position() -> int:
    """The number of the last event, as live pages read it."""
    [row] = await db.rows("SELECT position FROM journal")
    return row["position"]


async def everything() -> dict[str, list[dict[str, object]]]:
    """All that the desk keeps, to see that nothing changed."""
    tables = (
        "person",
        "session",
        "ticket",
        "tag",
        "comment",
        "event",
        "journal",
        "embed_key",
        "search",
        "clock",
        "read_up_to",
        "draft",
    )
    return {table: await db.rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables}
