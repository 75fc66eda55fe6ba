"""For whom something is shown. Its one rule is said here in three ways: of a ticket, in SQL, and of an event."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

COLUMNS = {"requester": "requester_id", "status": "status"}


class Seen(Protocol):
    """Of a ticket what decides who sees it."""

    @property
    def id(self) -> int: ...
    @property
    def requester_id(self) -> int: ...
    @property
    def status(self) -> str: ...
    @property
    def deleted(self) -> bool: ...


class Whose(Protocol):
    """The same of a moment of its, as an event keeps it."""

    @property
    def requester(self) -> int: ...
    @property
    def status(self) -> str: ...


class Told(Protocol):
    """Of an event what decides who is told of it."""

    @property
    def ticket(self) -> int | None: ...
    @property
    def public(self) -> bool: ...
    @property
    def filed(self) -> Whose | None: ...
    @property
    def moments(self) -> Sequence[Whose]: ...
    @property
    def is_deletion(self) -> bool: ...


@dataclass(frozen=True)
class Audience:
    """All staff see the same; a requester sees what is theirs; so does one inside another site, who can do less.

    requester: the person's id; None is staff. embedded: whether inside another site. only: the statuses that an
    embedder locked its view to; empty for all.
    """

    requester: int | None = None
    embedded: bool = False
    only: tuple[str, ...] = ()

    @property
    def is_staff(self) -> bool:
        return self.requester is None

    def sees(self, ticket: Seen) -> bool:
        return not ticket.deleted and self._meets(ticket.requester_id, ticket.status)

    def sql(self) -> tuple[str, list[Any]]:
        """Which tickets t it sees, as a condition, and its values."""
        parts, values = ["NOT t.deleted"], list[Any]()
        for name, allowed in self.conditions:
            parts.append(f"t.{COLUMNS[name]} IN ({', '.join('?' * len(allowed))})")
            values.extend(sorted(allowed))
        return " AND ".join(parts), values

    def may_know(self, event: Told) -> bool:
        """Whether it may be told of a ticket's event: a requester of public ones of what is, or just was, theirs."""
        if event.ticket is None or self.is_staff:
            return event.ticket is not None
        return event.public and any(self._meets(moment.requester, moment.status) for moment in event.moments)

    def loses(self, event: Told) -> bool:
        """Whether it sees the event's ticket no more after it."""
        if event.ticket is None:
            return False
        if event.is_deletion or event.filed is None:
            return event.is_deletion or bool(self.conditions)
        return not self._meets(event.filed.requester, event.filed.status)

    @property
    def conditions(self) -> tuple[tuple[str, frozenset[Any]], ...]:
        """What a ticket must be to be seen, deleted ones apart: field, and the values that it may have."""
        theirs = () if self.is_staff else (("requester", frozenset({self.requester})),)
        return (*theirs, ("status", frozenset(self.only))) if self.only else theirs

    def _meets(self, requester: int | None, status: str | None) -> bool:
        fields = {"requester": requester, "status": status}
        return all(fields[name] in allowed for name, allowed in self.conditions)

    def __str__(self) -> str:
        if self.is_staff:
            return "staff"
        return f"{'embed' if self.embedded else 'requester'}:{self.requester}:{','.join(self.only)}".rstrip(":")

    @classmethod
    def parse(cls, text: str) -> "Audience":
        """The audience that str() wrote. Raises ValueError for anything else."""
        if text == "staff":
            return cls()
        found = re.fullmatch(r"requester:([0-9]+)|embed:([0-9]+)(?::([a-z,]+))?", text)
        if not found:
            raise ValueError(text)
        if found[1]:
            return cls(int(found[1]))
        return cls(int(found[2]), embedded=True, only=tuple(found[3].split(",")) if found[3] else ())


STAFF = Audience()
