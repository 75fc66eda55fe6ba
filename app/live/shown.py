"""A region in memory, from one event to the next: what it shows, what was touched by which event, and how that is told.

What a region shows now is compared with what it showed: what differs is what the events between touched.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import takewhile

from app.desk.events import Happened
from app.live.content import Content, Part
from app.live.region import Region
from app.live.render import Renderer

RESTS = 10  # times as long as it took to compute it, so that one region takes a tenth of the time at most
LONGEST_REST = 1.0  # seconds
REMEMBERED = 500  # touches a region; who is further behind gets the whole


@dataclass(frozen=True)
class Happening:
    """What the scripts of pages are told of an event. name: as "ticket_updated:42"."""

    number: int
    name: str


@dataclass
class Touch:
    """A change of a region: the last event that may have made it, what differs since, and what happened.

    lost: those entries that left because the right to see them did.
    """

    number: int
    entries: frozenset[str]
    parts: frozenset[str]
    happened: tuple[Happening, ...]
    lost: frozenset[str]


@dataclass(eq=False)
class Shown:
    """A region in memory: what it shows, and what was touched by which event.

    floor: from here on the touches are complete; who is further behind gets the whole.
    """

    region: Region
    content: Content
    floor: int
    touches: list[Touch] = field(default_factory=list)
    computed: float = 0.0  # when, on the monotonic clock
    cost: float = 0.0  # seconds that it took
    waiting: list[Happened] = field(default_factory=list)  # events that it was not computed for yet
    unwatched_since: float | None = None
    _passed: list[tuple[int, int]] = field(default_factory=list)  # first and last of events that were taken at once
    _steps: dict[tuple[int, str], list[str]] = field(default_factory=dict)
    _dropped: int = 0

    @property
    def topics(self) -> frozenset[str]:
        """What it is found by."""
        return self.region.topics | self.content.topics

    def rests(self, now: float) -> bool:
        """Whether it is not computed now: nobody shows it, or it was a moment ago, and takes long."""
        return self.unwatched_since is not None or now < self.rested

    @property
    def rested(self) -> float:
        """When it may be computed again."""
        return self.computed + min(RESTS * self.cost, LONGEST_REST)

    def update(self, content: Content) -> None:
        """Take what the region shows after the events that were waiting."""
        events, self.waiting = self.waiting, []
        self.computed = time.monotonic()
        before, after = self.content, content
        entries, parts = _differences(before, after)
        happened = tuple(
            Happening(event.id, f"{event.what}:{event.ticket}")
            for event in events
            if self.region.tells(event, before, after)
        )
        lost = self._lost(events, before) - {entry.id for entry in after.entries}
        self.content = content
        if entries or parts or happened or lost:
            self._steps.clear()
            self._touch(Touch(events[-1].id, entries | lost, parts, happened, lost))
        if len(events) > 1:
            self._pass(events[0].id, events[-1].id)

    def _pass(self, first: int, last: int) -> None:
        self._passed.append((first, last))
        if len(self._passed) > REMEMBERED:
            self.floor = max(self.floor, self._passed.pop(0)[1])

    def passed(self, position: int) -> bool:
        """Whether it went past this position, from before to after: then it does not know what it showed there.

        Only a page stands at such a position, one that was read meanwhile; it gets the whole.
        """
        after = takewhile(lambda events: events[1] > position, reversed(self._passed))
        return any(first <= position for first, _ in after)

    def _touch(self, touch: Touch) -> None:
        self.touches.append(touch)
        if len(self.touches) > REMEMBERED:
            self._dropped = self.touches.pop(0).number
            self.floor = max(self.floor, self._dropped)

    def reset(self, content: Content, number: int) -> None:
        """Take what the region shows without knowing how it came to be."""
        self.content, self.floor, self._dropped = content, number, number
        self.touches.clear()
        self.waiting.clear()
        self._passed.clear()
        self._steps.clear()

    def _lost(self, events: Iterable[Happened], before: Content) -> frozenset[str]:
        """Rows of tickets that the audience may see no more; also what has just left, and may stand under a hand."""
        rows = frozenset(f"ticket-{event.ticket}" for event in events if self.region.audience.loses(event))
        left = frozenset[str]().union(*(touch.entries for touch in self.touches[-3:]))
        return rows & left.union(entry.id for entry in before.entries)

    def touched_after(self, position: int) -> bool:
        return bool(self.touches) and self.touches[-1].number > position

    def touched_until(self, position: int) -> int:
        """The last event up to this one that touched the region, as far as is remembered."""
        return next((touch.number for touch in reversed(self.touches) if touch.number <= position), self._dropped)

    def happened_after(self, position: int) -> Iterable[Happening]:
        """What a page that knows everything up to this event was not told yet."""
        return (happening for touch in self.touches for happening in touch.happened if happening.number > position)

    def step(self, position: int, render: Renderer, language: str) -> list[str]:
        """HTML that brings a page from this position to now. Remembered: sockets in step share it."""
        remembered = (position, language)
        if remembered not in self._steps:
            self._steps[remembered] = list(self._step(position, render, language))
        return self._steps[remembered]

    def _step(self, position: int, render: Renderer, language: str) -> Iterable[str]:
        touches = [touch for touch in self.touches if touch.number > position]
        touched = frozenset[str]().union(*(touch.entries for touch in touches))
        lost = frozenset[str]().union(*(touch.lost for touch in touches))
        shown = {entry.id for entry in self.content.entries}
        for name in sorted(touched):
            if self.content.moves or name not in shown:
                why = " lost:true" if name in lost - shown else ""
                yield f'<hx-partial hx-target="#{name}" hx-swap="delete{why}"></hx-partial>'
        rows = [
            render.value(entry.template, entry.value, language) for entry in self.content.entries if entry.id in touched
        ]
        if rows:
            sort = "desc" if self.content.descending else ""
            target = self.content.target
            yield f'<hx-upsert hx-target="{target}" key="data-key" sort="{sort}">{"".join(rows)}</hx-upsert>'
        parts = frozenset[str]().union(*(touch.parts for touch in touches))
        yield from (partial(part, render, language) for part in self.content.parts if part.target in parts)

    def whole(self, render: Renderer, language: str) -> Iterable[str]:
        """HTML that makes this region of a page what it is now, whatever it was."""
        if self.content.target:
            html = self.content.html(render, language)
            yield f'<hx-partial hx-target="{self.content.target}" hx-swap="innerMorph">{html}</hx-partial>'
        yield from (partial(part, render, language) for part in self.content.parts)


def _differences(before: Content, after: Content) -> tuple[frozenset[str], frozenset[str]]:
    """The ids of entries, and the targets of parts, in which they differ."""
    was = {entry.id: entry for entry in before.entries}
    now = {entry.id: entry for entry in after.entries}
    entries = frozenset(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))
    return entries, frozenset(part.target for part in after.parts if part not in before.parts)


def partial(part: Part, render: Renderer, language: str) -> str:
    html = render.value(part.template, part.value, language)
    return f"<hx-partial hx-target='{part.target}' hx-swap=\"{part.swap}\">{html}</hx-partial>"
