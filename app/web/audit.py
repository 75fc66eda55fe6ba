"""The audit log: who came in, who could not, what was refused, which limits were hit.

People are told by their number, never by name or email. What was typed into the sign-in is in no line, not even the
email: people type their password into that field, and a log outlives the mistake. An attack is found by
the address, and by the number where the email is somebody's.
"""

import logging

from quart import g, request, websocket

from app.desk.models import Person

log = logging.getLogger("app.security")


def signed_in(person: Person) -> None:
    log.info("person %s signed in from %s", person.id, request.remote_addr)


def signed_out() -> None:
    log.info("%s signed out from %s", _who(), request.remote_addr)


def sign_in_failed(tried: Person | None) -> None:
    """tried: whose email was typed."""
    whom = f"person {tried.id}" if tried else "nobody"
    log.warning("a sign-in as %s failed from %s", whom, request.remote_addr)


def limited(limit: str) -> None:
    log.warning("too many tries from %s: %s", request.remote_addr, limit)


def too_much(limit: str) -> None:
    log.warning("too much of %s from %s: more than %s", _who(), request.remote_addr, limit)


def missing() -> None:
    """Something that is not there for this person. The line is the same whether there is such a thing or not."""
    log.info("nothing for %s from %s: %s %s", _who(), request.remote_addr, request.method, request.path)


def refused(why: str = "") -> None:
    """why: in words that hold no secret, and nothing that was typed."""
    because = f": {why}" if why else ""
    log.warning("refused to %s from %s: %s %s%s", _who(), request.remote_addr, request.method, request.path, because)


def foreign_socket() -> None:
    address = websocket.remote_addr
    log.warning("refused a socket from %s of the origin %r", address, websocket.headers.get("Origin", "")[:200])


def _who() -> str:
    person: Person | None = g.get("person")
    if guest := g.get("guest"):
        return f"person {guest.embed.person} inside another site"
    return f"person {person.id}" if person else "a stranger"
