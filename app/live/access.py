"""Whether the holder of a page's token may still watch what it shows: looked up anew, by the rules of the desk."""

import time

from app.config import Sessions
from app.desk import embeds, people, policy
from app.desk.models import Person
from app.live.tokens import Grant


async def holder(grant: Grant, limits: Sessions) -> Person | None:
    """The person of a token, if their session, or the key and the time of their embed, still hold."""
    if grant.key:
        return await embeds.person_of(grant.person, grant.key) if time.time() < grant.until else None
    person = await people.of_session(grant.session, limits, seen=False)
    return person if person and person.id == grant.person else None


def may_watch(grant: Grant, person: Person) -> bool:
    """Whether the page is still for this person: another role sees another one."""
    if grant.key:
        return grant.audience.embedded and grant.audience.requester == person.id and policy.may_be_embedded(person)
    return grant.audience == policy.audience_of(person)
