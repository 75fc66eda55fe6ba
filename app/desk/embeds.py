"""Pages inside other sites: the keys of those sites, for whom they may speak, and what can be done there."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app import db
from app.config import origin
from app.desk import addresses, comments, events, people, policy, rendering, tickets, values
from app.desk.actor import DESK, Actor
from app.desk.audience import Audience, Seen
from app.desk.errors import Code, Invalid, Missing, Refused
from app.desk.events import What
from app.desk.filters import UNDONE
from app.desk.letters import can_be_kept
from app.desk.models import Comment, EmbedKey, Person, Status, Ticket
from app.desk.roles import Right
from app.desk.values import Message, Opening

NAME = 100  # characters
ORIGINS = 20  # a key
ACTIONS = {"read": Right.READ, "comment": Right.REPLY, "create": Right.OPEN}  # what a site can let its page do
VIEWS = {
    "all": frozenset(Status),
    "open": UNDONE,
    "solved": frozenset({Status.SOLVED, Status.CLOSED}),
}


@dataclass(frozen=True)
class Embed:
    """What one embedded page may show and do: a part of what its requester may.

    ticket: the only one; None for all of the requester's. actions: of ACTIONS. only: statuses that it is locked to.
    until: when the embedder's token ends, seconds since 1970.
    """

    key: str
    person: int
    ticket: int | None
    actions: tuple[str, ...]
    only: tuple[str, ...]
    until: float

    @classmethod
    def read(cls, claim: Mapping[str, Any]) -> "Embed":
        """What asdict() wrote into a token of ours. Raises TypeError or KeyError for anything else."""
        return cls(**{**claim, "actions": tuple(claim["actions"]), "only": tuple(claim["only"])})

    @property
    def audience(self) -> Audience:
        return Audience(self.person, embedded=True, only=self.only)

    def may(self, action: str, ticket: int | None = None) -> bool:
        """Whether this can be done there; ticket: to which one, if it is there already."""
        return action in self.actions and self.ticket in (None, ticket)


# -- keys --


async def add_key(name: str, origins: Sequence[str], by: Actor = DESK) -> EmbedKey:
    """A key for a site whose pages have one of these origins. Raises Refused, Invalid."""
    if not policy.may(by, Right.KEYS_MANAGE):
        raise Refused
    errors: dict[str, Code] = {}
    name = values.one_line(name)
    values.collect(errors, "name", lambda: values.check_text(name, NAME))
    found = values.collect(errors, "origins", lambda: parse_origins(origins))
    if errors:
        raise Invalid(errors)
    async with db.transaction():
        key = await EmbedKey.create(id=f"ek_{secrets.token_hex(8)}", name=name, origins=found, created=db.now())
        await events.record(What.KEY_ADDED, by=by, embed_key=key.id)
    return key


def parse_origins(texts: Sequence[str]) -> list[str]:
    """Origins as browsers send them, each once. Raises ValueError with a code."""
    if not texts:
        raise ValueError(Code.EMPTY)
    if len(texts) > ORIGINS:
        raise ValueError(Code.TOO_LONG)
    try:
        return list(dict.fromkeys(origin(text) for text in texts))
    except ValueError:
        raise ValueError(Code.NOT_AN_ORIGIN) from None


async def revoke_key(id: str, by: Actor = DESK) -> EmbedKey:  # noqa: A002 - the word of the command line
    """End a key, on open pages too. Raises Refused, Missing."""
    if not policy.may(by, Right.KEYS_MANAGE):
        raise Refused
    async with db.transaction():
        key = await known_key(id)
        if key is None:
            raise Missing
        if key.revoked is None:
            key.revoked = db.now()
            await key.save(update_fields=["revoked"])
            await events.record(What.KEY_REVOKED, by=by, embed_key=key.id)
    return key


async def keys() -> list[EmbedKey]:
    """All of them, the newest first."""
    return await EmbedKey.all().order_by("-created", "id")


async def known_key(id: str) -> EmbedKey | None:  # noqa: A002
    """Also one that is revoked."""
    return await EmbedKey.get_or_none(id=id) if id and can_be_kept(id) else None


async def valid_key(id: str) -> EmbedKey | None:  # noqa: A002
    key = await known_key(id)
    return key if key and key.revoked is None else None


def secret(key: str, desk_secret: str) -> str:
    """What an embedder signs with: nothing that could be stolen from the database, and another one for each id."""
    made = hmac.digest(desk_secret.encode(), f"pult embed key {key}".encode(), hashlib.sha256)
    return urlsafe_b64encode(made).rstrip(b"=").decode()


# -- for whom a site speaks --


async def admit(key: EmbedKey, claims: Mapping[str, Any], until: float) -> Embed:
    """What a site's token asks for, with its person found by email, or made. Raises Invalid.

    claims: of a token whose signature, audience and times were checked; here it is what they mean. until: when it ends.
    """
    errors: dict[str, Code] = {}
    email = values.collect(errors, "sub", lambda: addresses.parse(_text(claims.get("sub"))))
    name = values.one_line(_text(claims.get("name")))[: people.NAME]
    ticket = values.collect(errors, "resource", lambda: _parse_resource(_text(claims.get("resource"))))
    actions = values.collect(errors, "actions", lambda: _parse_actions(claims.get("actions")))
    only = values.collect(errors, "filter", lambda: _parse_lock(claims.get("filter", {})))
    if errors:
        raise Invalid(errors)
    person = await people.by_email(email) or await _add_requester(email, name)
    return Embed(key.id, person.id, ticket, actions, only, until)


async def _add_requester(email: str, name: str) -> Person:
    """Only who is new takes the write lock: everyone else can look while nothing can be written."""
    async with db.transaction():
        return await people.find_or_add_requester(email, name)


async def person_of(person: int, key: str) -> Person | None:
    """The requester for whom a key speaks, while it may."""
    if await valid_key(key) is None:
        return None
    found = await Person.get_or_none(id=person)
    return found if found and not found.disabled else None


# -- what can be done there --


@dataclass(frozen=True)
class Speaker:
    """A requester inside another site, who acts there: a part of what they may at the desk."""

    id: int
    embed: Embed
    rights: frozenset[Right]

    def sees(self, ticket: Seen) -> bool:
        return self.embed.ticket in (None, ticket.id) and self.embed.audience.sees(ticket)


async def reply(embed: Embed, ticket: int, asked: Message) -> Comment:
    """A reply of the requester, to a ticket that the page may show. Raises Missing, Refused, Invalid."""
    await tickets.visible(await speaker(embed, "comment", ticket), ticket)
    made = await rendering.made(asked.body)
    async with db.transaction():  # and they may still
        return await comments.write(await speaker(embed, "comment", ticket), ticket, asked, made)


async def open_ticket(embed: Embed, asked: Opening) -> Ticket:
    """A new ticket of the requester. Raises Refused, Invalid."""
    await speaker(embed, "create")
    made = await rendering.made(asked.body)
    async with db.transaction():
        return await tickets.open_ticket(await speaker(embed, "create"), asked, made)


async def speaker(embed: Embed, action: str, ticket: int | None = None) -> Speaker:
    """Who acts. Raises Refused, or Missing where the page is not even to show that ticket.

    They find a ticket that they may write to, also where their page shows none.
    """
    person = await person_of(embed.person, embed.key)
    if person is None or not policy.may(person, Right.BE_EMBEDDED):
        raise Refused
    if not embed.may(action, ticket):
        raise Refused if embed.may("read", ticket) else Missing
    return Speaker(person.id, embed, person.rights & {Right.READ, *(ACTIONS[action] for action in embed.actions)})


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _parse_resource(text: str) -> int | None:
    if text == "tickets":
        return None
    name, _, number = text.partition(":")
    if name != "ticket" or not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise ValueError(Code.UNKNOWN)
    return int(number)


def _parse_actions(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(action in tuple(ACTIONS) for action in value):
        raise ValueError(Code.UNKNOWN)
    return tuple(action for action in ACTIONS if action in value)


def _parse_lock(value: object) -> tuple[str, ...]:
    """The statuses that a filter claim leaves, from {"view": "open", "status": ["new", "open"]}; empty for all."""
    if not isinstance(value, dict) or set(value) - {"view", "status"}:
        raise ValueError(Code.UNKNOWN)
    asked = value.get("status", list(Status))
    asked = [asked] if isinstance(asked, str) else asked
    view = value.get("view", "all")
    if not isinstance(asked, list) or not isinstance(view, str) or view not in VIEWS:
        raise ValueError(Code.UNKNOWN)
    if not all(isinstance(status, str) and status in set(Status) for status in asked):
        raise ValueError(Code.UNKNOWN)
    left = tuple(status.value for status in Status if status in asked and status in VIEWS[view])
    if not left:
        raise ValueError(Code.EMPTY)
    return () if len(left) == len(Status) else left
