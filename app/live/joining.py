"""What is wanted of a round by those who come meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.live.hub import Socket
from app.live.region import Region
from app.live.tokens import Grant


@dataclass(eq=False)
class Wanted:
    """Of a round: regions to have in memory after it, and a grant that must hold then. refused: why it was."""

    regions: Sequence[Region]
    grant: Grant | None = None
    refused: Exception | None = None

    def answer(self) -> None:
        """Raises Lost, Broken."""
        if self.refused:
            raise self.refused


@dataclass(eq=False, kw_only=True)
class Arrival(Wanted):
    """Of a socket, that joins at the end of a round."""

    socket: Socket
    epoch: str
    is_done: bool = False

    def leave(self, arriving: list[Arrival]) -> None:
        if self in arriving:
            arriving.remove(self)
        self.is_done = True
