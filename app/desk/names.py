"""What staff call one another: by name, and where two have the same one, by as much of their address as it takes.

Only for staff: requesters learn no address of theirs.
"""

from collections.abc import Collection

from app import db


def told_apart(person: str) -> str:
    """SQL of what somebody is called. person: the alias of their row, which may be missing."""
    local = "rtrim(rtrim({0}.email, replace({0}.email, '@', '')), '@')".format  # what stands before the @
    namesake = f"FROM person o WHERE o.name = {person}.name AND o.id <> {person}.id AND o.role <> 'requester'"
    return (
        f"CASE WHEN {person}.role = 'requester' OR NOT EXISTS (SELECT 1 {namesake}) THEN {person}.name "
        f"WHEN EXISTS (SELECT 1 {namesake} AND {local('o')} = {local(person)}) "
        f"THEN {person}.name || ' (' || {person}.email || ')' "
        f"ELSE {person}.name || ' (' || {local(person)} || ')' END"
    )


async def of(people: Collection[int]) -> dict[int, str]:
    """What each of these is called, by their number."""
    if not people:
        return {}
    marks = ", ".join("?" * len(people))
    sql = f"SELECT p.id, {told_apart('p')} AS name FROM person p WHERE p.id IN ({marks})"  # noqa: S608 - our own words
    return {row["id"]: row["name"] for row in await db.rows(sql, [*people])}
