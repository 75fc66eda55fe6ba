"""The regions in memory, as of the last event that was read, and which of them an event may touch.

Regions are looked up by what they are about, so that an event costs nothing for regions that it cannot touch. One that
cannot be computed is logged and forgotten: it costs whoever shows it, and nobody else.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from app import db
from app.desk.events import Happened
from app.live import journal
from app.live.content import Content
from app.live.journal import Position
from app.live.region import Region
from app.live.shown import Shown

CHEAP = 0.003  # seconds that a region may take in the loop

log = logging.getLogger(__name__)


Contents = dict[Shown, Content | None]  # None: it failed


class Registry:
    """position: the event up to which everything here is true. version: grows with every change of what is shown.

    going_to: the position of the round that is under way, which has looked already at which regions its events touch;
    between rounds it is the position. waiting: regions with events that they were not computed for yet. broken: what
    could not be computed and is not here any more, for whoever has to tell the sockets that show it. What is computed
    is read in one snapshot with the position that it goes to.
    """

    def __init__(self) -> None:
        self.position = self.going_to = Position("", 0)
        self.version = 0
        self.waiting: set[Shown] = set()
        self.broken: set[Region] = set()
        self._shown: dict[Region, Shown] = {}
        self._about: defaultdict[str, set[Shown]] = defaultdict(set)

    def __getitem__(self, region: Region) -> Shown:
        return self._shown[region]

    def __contains__(self, region: Region) -> bool:
        return region in self._shown

    def __iter__(self) -> Iterator[Shown]:
        return iter(self._shown.values())

    def __len__(self) -> int:
        return len(self._shown)

    def start(self, stands: Position) -> None:
        self.position = self.going_to = stands

    def adopt(self, since: Position, contents: Mapping[Region, Content]) -> None:
        """Keep what a page was just rendered from, so that its socket starts from there and not from the whole.

        Only where no event can have come between: nothing that was read before the end of the round under way is kept
        anew, since that round will not bring it further. Of those that are here already, one that nobody shows is
        computed by that.
        """
        if since.epoch != self.going_to.epoch or since.number < self.going_to.number:
            return
        settled = since == self.going_to == self.position
        for region, content in contents.items():
            shown = self._shown.get(region)
            if shown is None:
                self.add(region, content, since.number)
            elif settled and shown.waiting and shown.unwatched_since is not None:
                self._update({shown: content})

    def at(self, since: Position, region: Region) -> Content | None:
        """What a region shows as of a position, if that is known here."""
        if since != self.position or not self.has(region) or self._shown[region].waiting:
            return None
        return self._shown[region].content

    def add(self, region: Region, content: Content, number: int) -> Shown:
        """Keep a region that shows this since the event with this number."""
        shown = self._shown[region] = Shown(region, content, number, unwatched_since=time.monotonic())
        self._find(shown)
        return shown

    def _find(self, shown: Shown) -> None:
        """Have it found by its topics as they are now."""
        for topic in shown.topics:
            self._about[topic].add(shown)

    def _lose(self, shown: Shown) -> None:
        for topic in shown.topics:
            self._about[topic].discard(shown)
            if not self._about[topic]:
                del self._about[topic]

    def forget(self, watched: Collection[Region], seconds: float) -> None:
        """Drop what was not watched for so long."""
        now = time.monotonic()
        for region, shown in list(self._shown.items()):
            if region in watched:
                shown.unwatched_since = None
            elif shown.unwatched_since is None:
                shown.unwatched_since = now
            elif now - shown.unwatched_since > seconds:
                self._drop(shown)

    def _drop(self, shown: Shown) -> None:
        del self._shown[shown.region]
        self.waiting.discard(shown)
        self._lose(shown)

    async def take(self, events: list[Happened]) -> set[Shown]:
        """Go on to the last of these events; the regions that were computed. One that rests is computed later."""
        self.going_to = Position(self.position.epoch, events[-1].id)
        touching: defaultdict[Shown, list[Happened]] = defaultdict(list)
        changing = {shown for shown in self.waiting if shown.content.topics}
        for event in events:
            for shown in self._possibly(event, changing):
                touching[shown].append(event)
                if shown.content.topics:
                    changing.add(shown)
        now = time.monotonic()
        contents = await _read(shown for shown in touching if not shown.rests(now))
        for shown, its in touching.items():
            shown.waiting += its
        self.waiting.update(touching)
        self.position = self.going_to
        return self._update(contents)

    def has(self, region: Region) -> bool:
        """Whether it is here as of the position, or as of an event before it. A page can have brought it from later."""
        return region in self and self._shown[region].floor <= self.position.number

    async def read(self, region: Region) -> None:
        """Keep what a region shows at the position, if it can be computed."""
        new = Shown(region, Content(), 0)
        content = (await _read([new]))[new]
        if self.has(region):
            return
        if region in self:
            self._drop(self._shown[region])
        if content is not None:
            self.add(region, content, self.position.number).cost = new.cost

    async def compute(self, due: list[Shown]) -> set[Shown]:
        """Compute these regions now; which of them could be."""
        return self._update(await _read(due))

    async def start_over(self, stands: Position) -> None:
        """Compute everything anew: what happened meanwhile is too much to look at, or the database is another one."""
        self.going_to = stands
        for shown in [shown for shown in self if shown.unwatched_since is not None]:
            self._drop(shown)
        computed = self._without_broken(await _read(self))
        for shown, content in computed.items():
            self._lose(shown)
            shown.reset(content, stands.number)
            self._find(shown)
        self.waiting.clear()
        self.position = stands
        self.version += 1

    def _possibly(self, event: Happened, changing: Collection[Shown]) -> Iterator[Shown]:
        """Each once. changing: those of which an event before it may have changed what they are found by."""
        found = [self] if event.vague else [self._about.get(topic, ()) for topic in event.topics]
        for shown in set[Shown](changing).union(*found):
            if event.id > shown.floor and shown.region.may_touch(event):
                yield shown

    def _update(self, contents: Contents) -> set[Shown]:
        computed = self._without_broken(contents)
        for shown, content in computed.items():
            self._lose(shown)
            shown.update(content)
            self._find(shown)
        self.waiting.difference_update(computed)
        self.version += 1
        return set(computed)

    def _without_broken(self, contents: Contents) -> dict[Shown, Content]:
        for shown, content in contents.items():
            if content is None:
                self._drop(shown)
                self.broken.add(shown.region)
        return {shown: content for shown, content in contents.items() if content is not None}


async def _read(wanted: Iterable[Shown]) -> Contents:
    """What regions show. None for one that fails, if the database as such can be read: that is logged."""
    wanted = list(wanted)
    if len(wanted) > 1:
        try:
            async with db.attempt():
                return {shown: await _content(shown) for shown in wanted}
        except Exception as error:  # noqa: BLE001 - one of them failed: going one by one it does so again
            log.debug("regions are computed one by one: %s", error)
    return await _read_one_by_one(wanted) if wanted else {}


async def _read_one_by_one(wanted: Iterable[Shown]) -> Contents:
    contents: Contents = {}
    failures: dict[Region, Exception] = {}
    for shown in wanted:
        try:
            async with db.attempt():
                contents[shown] = await _content(shown)
        except Exception as error:  # noqa: BLE001 - one region's trouble is not the others'
            contents[shown] = None
            failures[shown.region] = error
    await journal.position()
    for region, failure in failures.items():
        about = region.audience if region.of_ticket() is None else f"ticket {region.of_ticket()}"
        log.error("the %s of %s cannot be computed", region.name, about, exc_info=failure)
    return contents


async def _content(shown: Shown) -> Content:
    """What was cheap the last time is read in the loop, which has its turn afterwards: a thread is dearer."""
    began, is_cheap = time.monotonic(), 0 < shown.cost < CHEAP
    before = db.at_hand.set(is_cheap)
    try:
        return await shown.region.compute()
    finally:
        shown.cost = time.monotonic() - began
        db.at_hand.reset(before)
        if is_cheap:
            await asyncio.sleep(0)
