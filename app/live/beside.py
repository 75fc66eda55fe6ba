"""What stands beside lists and threads on the pages of staff and changes as they do.

Menus of people and tags, the hint on an empty desk, a ticket that was just deleted, the keys of sites. Each is read as
parts: where they stand, their template, and the value that it shows.
"""

from dataclasses import dataclass

from app.desk import embeds, queries
from app.desk.events import Happened, What

KINDS = ("menus", "first", "removed", "keys")
COMING_AND_GOING = (What.TICKET_CREATED, What.TICKET_DELETED, What.TICKET_RESTORED)
PEOPLE = (What.PERSON_ADDED, What.PERSON_CHANGED, What.PERSON_DISABLED)

Parts = tuple[tuple[str, str, object], ...]


@dataclass(frozen=True)
class Key:
    """Of a site that embeds pages. revoked: when, in microseconds."""

    id: str
    name: str
    origins: tuple[str, ...]
    revoked: int | None


async def read(kind: str, of: str) -> Parts:
    """of: the number of the ticket that was deleted."""
    match kind:
        case "menus":
            people, tags = tuple(await queries.assignable()), tuple(await queries.tags())
            return (("#known-people", "live/people.html", people), ("#known-tags", "live/tags.html", tags))
        case "first":
            return (("#first", "tickets/first.html", not await queries.has_tickets()),)
        case "removed":
            return (("#removed", "tickets/removed.html", await queries.removed(int(of))),)
        case "keys":
            keys = tuple(Key(key.id, key.name, tuple(key.origins), key.revoked) for key in await embeds.keys())
            return (("#keyring", "admin/keyring.html", keys),)
    raise ValueError(kind)


def about(kind: str, of: str) -> str:
    """The topic that it is looked up by."""
    return {"removed": f"ticket {of}", "keys": "keys"}.get(kind, "staff")


def maybe_touches(kind: str, event: Happened) -> bool:
    """False only if this event cannot change what it shows."""
    if event.vague:
        return True
    match kind:
        case "menus":
            comes = event.what in COMING_AND_GOING and bool(event.fields.get("tags"))
            return comes or "tags" in event.changes or event.what in PEOPLE
        case "first" | "removed":
            return event.what in COMING_AND_GOING
    return bool(event.key)
