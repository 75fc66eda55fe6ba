"""A busy desk: verbs that are done at once, and pages that are opened meanwhile."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from app.desk.models import Person, Ticket
from tests.live.actions import VERBS, Desk, attempt
from tests.live.conftest import Open
from tests.live.pages import OpenPage

WAVE = 0.2  # seconds within which everybody does something
GONE = ("it is deleted", "it is deleted and restored", "many are deleted together and it is taken back")
ACTS = [name for name in VERBS if name not in GONE]  # whose pages are there


@dataclass
class Storm:
    """Waves in which tickets are worked on and, at the same time, looked at. places: (who, address) of other pages."""

    desk: Desk
    open_: Open
    places: Sequence[tuple[Person, str]]

    async def wave(self, tickets: int) -> list[OpenPage]:
        """The pages that were opened: of each ticket that something is done to one, and as many others."""
        among = await Ticket.all().order_by("-id").limit(40)
        done = await asyncio.gather(*map(self._work, self.desk.chance.sample(among, tickets)))
        return [page for pages in done for page in pages]

    async def _work(self, ticket: Ticket) -> tuple[OpenPage, OpenPage]:
        chance, cast = self.desk.chance, self.desk.cast
        when = chance.random() * WAVE
        _, its, other = await asyncio.gather(
            self._act(ticket, when),
            self._look(chance.choice([cast.vera, cast.boris]), f"/tickets/{ticket.id}", when),
            self._look(*chance.choice(self.places), when),
        )
        return its, other

    async def _act(self, ticket: Ticket, when: float) -> None:
        await asyncio.sleep(when)
        await attempt(self.desk, self.desk.chance.choice(ACTS), ticket)

    async def _look(self, who: Person, path: str, when: float) -> OpenPage:
        """From a little before that moment to a little after."""
        await asyncio.sleep(max(0, when + (self.desk.chance.random() - 0.8) * WAVE / 5))
        return await self.open_(who, path)


async def false_for_good(pages: Sequence[OpenPage]) -> list[str]:
    """The addresses of pages that differ from their reload when all has reached them. Each is loaded once."""
    for page in pages:
        await page.caught_up()
    fresh = {}
    for page in pages:
        address = id(page.client), page.path
        fresh[address] = fresh.get(address) or await page.reloaded()
    return [page.path for page in pages if page.shown() != fresh[id(page.client), page.path]]
