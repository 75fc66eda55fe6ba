"""A part of a thread: its messages and lines, and what leads to the parts before and after it."""

from dataclasses import dataclass
from typing import Self

from app.desk import threads
from app.desk.audience import Audience
from app.desk.threads import Said, Thread
from app.live.content import Content, Entry, Part
from app.live.region import OfTicket


@dataclass(frozen=True)
class Turn:
    """What leads from a part of a thread to the one before or after it. messages: so many are there; 0: it is the end.

    first: where that part begins; 0: it is the last one.
    """

    ticket: int
    first: int
    messages: int


@dataclass(frozen=True)
class ThreadRegion(OfTicket):
    """first: the place of the part's first message; 0: the last part, wherever it begins."""

    first: int = 0
    name = "thread"
    texts = True

    @property
    def of(self) -> str:
        return f"{self.ticket} {self.first}" if self.first else str(self.ticket)

    @classmethod
    def read(cls, audience: Audience, of: str) -> Self:
        ticket, _, first = of.partition(" ")
        return cls(int(ticket), audience, int(first or 0))

    async def compute(self) -> Content:
        thread = await threads.thread(self.audience, self.ticket, self.first)
        entries = [
            Entry(f"comment-{entry.id}", sort_key(entry.number), "tickets/comment.html", entry)
            if isinstance(entry, Said)
            else Entry(f"event-{entry.number}", sort_key(entry.number), "tickets/line.html", entry)
            for entry in thread.entries
        ]
        folder = "embed" if self.audience.embedded else "tickets"
        parts = (
            Part("#thread-before", f"{folder}/earlier.html", self._before(thread)),
            Part("#thread-after", f"{folder}/later.html", self._after(thread)),
        )
        return Content(target="#thread", moves=False, entries=tuple(entries), parts=parts, there=thread.count > 0)

    def _before(self, thread: Thread) -> Turn:
        beyond = thread.first > thread.count
        first = 0 if beyond else max(1, thread.first - threads.PART)
        return Turn(self.ticket, first, min(thread.first - 1, thread.count))

    def _after(self, thread: Thread) -> Turn:
        """The next part, or the last one if that holds all the rest."""
        following = thread.first + threads.PART
        first = following if following < threads.last_part(thread.count) else 0
        return Turn(self.ticket, first, max(0, thread.count - following + 1))


def sort_key(number: int) -> str:
    return f"{number:012d}"
