"""People and their sessions."""

import asyncio
import contextlib
import hashlib
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar, TypeVarTuple

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from tortoise.expressions import Q

from app import db
from app.config import Sessions
from app.desk import addresses, events, search, values
from app.desk.errors import Code, Invalid, Missing
from app.desk.events import What
from app.desk.letters import can_be_kept, is_visible, without_strays
from app.desk.models import Person, Session, from_row
from app.desk.roles import Role

Values = TypeVarTuple("Values")
Result = TypeVar("Result")

PASSWORD = (8, 128)  # characters, shortest and longest; ASVS 5.0 6.2.1 and 6.2.9, and a bound on the work of hashing
NAME = 100  # characters at most
SEEN_EVERY = 10 * 60 * 1_000_000  # microseconds between writes of last_seen
DAY = 24 * 60 * 60 * 1_000_000  # microseconds

_hasher = PasswordHasher()
_hashing = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")  # each hash takes 64 MiB for its time
WHERE_TO = ("stay", "next", "list")  # after a message: its ticket, the next one of the list, the list


def parse_name(text: str) -> str:
    """The name on one line, equal for what looks equal. Raises ValueError."""
    name = unicodedata.normalize("NFC", values.one_line(without_strays(text)))
    values.check_text(name, NAME)
    return name


async def by_email(text: str) -> Person | None:
    """Whoever has this address, however it is written; or who kept one as it was written before it got one form."""
    if not can_be_kept(text):
        return None
    typed = text.strip().lower()[: addresses.LONGEST + 1]
    found = await db.rows(
        "SELECT * FROM person WHERE email IN (?, ?) ORDER BY email <> ? LIMIT 1", [typed, addresses.same(text), typed]
    )
    return from_row(Person, found[0]) if found else None


async def add(email: str, name: str, role: str, password: str = "") -> Person:
    """A new person; without a password nobody can sign in as them. Raises Invalid."""
    errors: dict[str, Code] = {}
    email = values.collect(errors, "email", lambda: addresses.parse(email))
    name = values.collect(errors, "name", lambda: parse_name(name))
    if role not in set(Role):
        errors["role"] = Code.UNKNOWN
    hashed = await _hash(password, errors) if password else None
    if errors:
        raise Invalid(errors)
    async with db.transaction():
        if await by_email(email):
            raise Invalid({"email": Code.TAKEN})
        [journal] = await db.rows(
            "SELECT position FROM journal"
        )  # nothing that was said before they came is new to them
        person = await Person.create(
            email=email,
            name=name,
            role=Role(role),
            password=hashed,
            read_since=journal["position"],
            created=db.now(),
        )
        if person.is_staff:
            await events.record(What.PERSON_ADDED, person=person.id)
    return person


async def find_or_add_requester(email: str, name: str = "") -> Person:
    """The person with this address; a new requester, named by it if no name is given, if there is none."""
    known = await by_email(email)
    return known or await add(email, name if is_visible(name) else await _named_by(email), Role.REQUESTER)


async def _named_by(email: str) -> str:
    """The local part of an address; all of it where somebody has that name already: info@ is many people."""
    local = email.rpartition("@")[0][:NAME]
    taken = await db.rows("SELECT 1 FROM person WHERE name = ? LIMIT 1", [local])
    return addresses.shown(email)[:NAME] if taken or not is_visible(local) else local


async def authenticate(email: str, password: str) -> Person | None:
    """The person with this address and password, if they may sign in. Takes as long for unknown people."""
    person, nobodys = await by_email(email), await _in_thread(_nobodys)
    hashed = person.password if person and person.password else nobodys
    if not await _matches(hashed, password) or person is None or person.disabled:
        return None
    if _hasher.check_needs_rehash(hashed):
        person.password = await _in_thread(_hasher.hash, password)
        await person.save(update_fields=["password"])
    return person


async def set_password(person: Person, password: str) -> None:
    """Give a new password and end every session. Raises Invalid."""
    errors: dict[str, Code] = {}
    hashed = await _hash(password, errors)
    if errors:
        raise Invalid(errors)
    async with db.transaction():
        person.password = hashed
        await person.save(update_fields=["password"])
        await _end_all(person)


async def disable(email: str) -> Person:
    """Shut a person out at once. Raises Missing."""
    async with db.transaction():
        person = await by_email(email)
        if person is None:
            raise Missing
        person.disabled = True
        await person.save(update_fields=["disabled"])
        await events.record(What.PERSON_DISABLED, person=person.id)
        await _end_all(person)
    return person


async def enable(email: str) -> Person:
    """Let a person in again who was shut out. Raises Missing."""
    person = await by_email(email)
    if person is None:
        raise Missing
    await _set(person, "disabled", False)
    return person


async def set_role(person: Person, role: Role) -> None:
    """Change what a person may do; takes effect on open pages too."""
    came = person.is_staff
    await _set(person, "role", role)
    if person.is_staff and not came:  # what was said before counts as read
        await db.rows("UPDATE person SET read_since = (SELECT position FROM journal) WHERE id = ?", [person.id])


async def set_name(person: Person, name: str) -> None:
    """Change how a person is called and found, on open pages too. Raises Invalid."""
    errors: dict[str, Code] = {}
    name = values.collect(errors, "name", lambda: parse_name(name))
    if errors:
        raise Invalid(errors)
    async with db.transaction():
        await _set(person, "name", name)
        await search.rename(person.id)


async def _set(person: Person, field: str, value: Any) -> None:
    """Change a field that stands on others' pages, or that decides what is on one's own."""
    before = getattr(person, field)
    if value == before:
        return
    async with db.transaction():
        setattr(person, field, value)
        await person.save(update_fields=[field])
        await events.record(What.PERSON_CHANGED, person=person.id, changes={field: (before, value)})


async def set_preferences(
    person: Person,
    *,
    language: str,
    shortcuts: bool,
    reply_waits: bool | None = None,
    two_lines: bool | None = None,
    after_send: str | None = None,
    after_solve: str | None = None,
) -> None:
    """Keep what a person set for themself. language: empty for what the browser asks for. None: as it is.

    after_send, after_solve: one of WHERE_TO.
    """
    asked = {
        "language": language,
        "shortcuts": shortcuts,
        "reply_waits": reply_waits,
        "two_lines": two_lines,
        "after_send": after_send,
        "after_solve": after_solve,
    }
    changed = {name: value for name, value in asked.items() if value not in (None, getattr(person, name))}
    if not changed:
        return
    async with db.transaction():
        person.update_from_dict(changed)
        await person.save(update_fields=[*changed])
        await events.record(What.PREFERENCES_CHANGED, by=person, person=person.id)


async def begin_session(person: Person) -> str:
    """A new session; the result is what its cookie holds. Only its hash is kept."""
    token = secrets.token_urlsafe(32)
    now = db.now()
    await Session.create(id=session_id(token), person_id=person.id, created=now, last_seen=now)
    return token


async def forget_sessions(limits: Sessions) -> None:
    """Delete the sessions that hold no more, whoever's they were."""
    now = db.now()
    idle, old = now - limits.idle_days * DAY, now - limits.total_days * DAY
    await Session.filter(Q(last_seen__lt=idle) | Q(created__lt=old)).delete()


def session_id(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def of_session(session: str, limits: Sessions, *, seen: bool) -> Person | None:
    """Whose session this is, if it still holds; seen: whether they are here now (a heartbeat is not)."""
    found = await db.rows(
        "SELECT p.*, s.created AS begun, s.last_seen FROM session s JOIN person p ON p.id = s.person_id WHERE s.id = ?",
        [session],
    )
    now = db.now()
    if not found or found[0]["disabled"]:
        return None
    [row] = found
    if now - row["last_seen"] > limits.idle_days * DAY or now - row["begun"] > limits.total_days * DAY:
        return None
    if seen and now - row["last_seen"] > SEEN_EVERY:
        with contextlib.suppress(db.NotWritten):  # whoever is here may read on while nothing can be written
            async with db.transaction(wait=False):  # nor does whoever reads wait for those who write
                await Session.filter(id=session).update(last_seen=now)
    return from_row(Person, row)


async def end_session(session: str) -> None:
    """End one session, on its open pages too."""
    async with db.transaction():
        found = await Session.get_or_none(id=session)
        if found:
            await found.delete()
            await events.record(What.SESSION_ENDED, person=found.person_id, session=session)


async def _end_all(person: Person) -> None:
    for session in await Session.filter(person_id=person.id):
        await end_session(session.id)


async def _hash(password: str, errors: dict[str, Code]) -> str | None:
    shortest, longest = PASSWORD
    if not shortest <= len(password) <= longest:
        errors["password"] = Code.PASSWORD_LENGTH
        return None
    return await _in_thread(_hasher.hash, password)


@cache
def _nobodys() -> str:
    """Checked for unknown people; asked for whoever comes first, so that it takes as long for all of them."""
    return _hasher.hash(secrets.token_hex())


async def _matches(hashed: str, password: str) -> bool:
    try:
        return await _in_thread(_hasher.verify, hashed, password[: PASSWORD[1] + 1])
    except (Argon2Error, InvalidHashError):
        return False


async def _in_thread(work: Callable[[*Values], Result], *values: *Values) -> Result:
    return await asyncio.get_running_loop().run_in_executor(_hashing, work, *values)
