"""Whether the holder of a grant may still watch what it shows: the one answer, for pages, sockets, polls and rounds.

It is looked up anew each time, by the rules of the desk.
"""

import hashlib
import time
from dataclasses import dataclass

from app.config import Sessions
from app.desk import embeds, people, policy
from app.desk.embeds import Embed
from app.desk.models import Person
from app.desk.roles import Right
from app.live.hub import Close
from app.live.region import Region
from app.live.tokens import Grant


@dataclass
class Lost(Exception):
    """The right to watch is not there, or not any more.

    close: Close.ENDED where another session, or another token of the site, may bring it back; else Close.GONE.
    """

    close: int

    def __str__(self) -> str:
        return "of a session that has ended" if self.close == Close.ENDED else "of what they were before"


async def check(grant: Grant, limits: Sessions) -> None:
    """Raises Lost. What counts is the session, or the site's token, that a grant names; never how old the grant is."""
    person = await _holder(grant, limits)
    if person is None:
        raise Lost(Close.ENDED)
    if any(region.of_person() not in (None, person.id) for region in grant.regions):
        raise Lost(Close.GONE)
    if grant.embed:
        shows = all(_lets_show(grant.embed, region) for region in grant.regions)
        holds = shows and grant.audience == grant.embed.audience and policy.may(person, Right.BE_EMBEDDED)
    else:
        same = not grant.made_for or grant.made_for == likeness(person)
        holds = same and grant.audience in person.audiences
    if not holds:
        raise Lost(Close.GONE)


def likeness(person: Person) -> str:
    """What a page of the desk shows of who looks at it: another role, name or language makes it another page."""
    chosen = (person.shortcuts, person.reply_waits, person.two_lines, person.after_send, person.after_solve)
    parts = (person.role.value, person.name, person.email, person.language, *map(str, chosen))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


async def _holder(grant: Grant, limits: Sessions) -> Person | None:
    """Whose session, or whose embed by a site that still speaks for them, a grant is of."""
    if grant.embed:
        return await embeds.person_of(grant.person, grant.embed.key) if time.time() < grant.embed.until else None
    person = await people.of_session(grant.session, limits, seen=False)
    return person if person and person.id == grant.person else None


def _lets_show(embed: Embed, region: Region) -> bool:
    """Whether this is a part of what the site's token lets its page show: its tickets, to be read."""
    return region.audience == embed.audience and embed.may("read", region.of_ticket())
