"""What a socket is behind by, as the frame that brings its page to now. Sockets in step get the same text."""

from collections.abc import Sequence

from app.live.frame import frame
from app.live.hub import Crowd, Socket
from app.live.journal import Position
from app.live.region import Region
from app.live.registry import Registry
from app.live.render import Renderer
from app.live.shown import Shown


class Frames:
    """Frames from the regions in memory."""

    def __init__(self, registry: Registry, render: Renderer) -> None:
        self._registry, self._render = registry, render
        self.build = 0

    def next(self, socket: Socket) -> str:
        """The frame from a socket's position to now; empty if nothing that it shows was touched."""
        crowd, position = socket.crowd, socket.position
        if crowd is None:
            return self.catch_up(socket, self._registry.position.epoch) if self.is_behind(socket) else ""
        if crowd.version != self._registry.version:
            crowd.version = self._registry.version
            crowd.frames, crowd.steps = {}, {}
        if position not in crowd.frames:
            crowd.frames[position] = self._shared(socket, crowd)
        return crowd.frames[position]

    def _shared(self, socket: Socket, crowd: Crowd) -> str:
        """A frame that those of a crowd share who were last touched by the same event, wherever they stand since."""
        shown, position = self._shown(crowd.regions), socket.position
        if self._needs_whole(shown, position, self._registry.position.epoch):
            return self._whole(shown, socket.language)
        if not any(region.touched_after(position) for region in shown):
            return ""
        since, happened = _touched_until(shown, position), _happened(shown, position)
        if (since, happened) not in crowd.steps:
            crowd.steps[since, happened] = self._step(shown, since, happened, socket.language)
        return crowd.steps[since, happened]

    def is_behind(self, socket: Socket, epoch: str = "") -> bool:
        """epoch: of the page's position, where that may be another than ours."""
        shown = self._shown(socket.regions)
        return self._needs_whole(shown, socket.position, epoch or self._registry.position.epoch) or any(
            region.touched_after(socket.position) for region in shown
        )

    def _needs_whole(self, shown: Sequence[Shown], position: int, epoch: str) -> bool:
        """Whether a page's position is of another database, before what is remembered, or one that was passed."""
        stands = self._registry.position
        known = epoch == stands.epoch and position <= stands.number
        return not known or any(position < region.floor or region.passed(position) for region in shown)

    def catch_up(self, socket: Socket, epoch: str, token: str = "") -> str:
        """The frame that brings a page from its position to now, even if that is nothing."""
        shown, position = self._shown(socket.regions), socket.position
        if self._needs_whole(shown, position, epoch):
            return self._whole(shown, socket.language, token)
        since, happened = _touched_until(shown, position), _happened(shown, position)
        return self._step(shown, since, happened, socket.language, token)

    def whole(self, socket: Socket) -> str:
        return self._whole(self._shown(socket.regions), socket.language)

    def pulse(self, socket: Socket, token: str) -> str:
        """Nothing but where the page is and a fresh token: also an answer that gives nothing away."""
        to = Position(self._registry.position.epoch, socket.position)
        return frame(to, since=_touched_until(self._shown(socket.regions), socket.position), token=token)

    def _step(
        self, shown: Sequence[Shown], since: int, happened: tuple[str, ...], language: str, token: str = ""
    ) -> str:
        changes = (html for region in shown for html in region.step(since, self._render, language))
        return frame(self._registry.position, since=since, token=token, happened=happened, changes=changes)

    def _whole(self, shown: Sequence[Shown], language: str, token: str = "") -> str:
        changes = (html for region in shown for html in region.whole(self._render, language))
        return frame(self._registry.position, since=0, whole=True, build=self.build, token=token, changes=changes)

    def _shown(self, regions: Sequence[Region]) -> list[Shown]:
        return [self._registry[region] for region in regions]


def _touched_until(shown: Sequence[Shown], position: int) -> int:
    """The last event up to a page's position that touched it: nothing that it shows happened between."""
    return max(region.touched_until(position) for region in shown)


def _happened(shown: Sequence[Shown], position: int) -> tuple[str, ...]:
    """What a page is to be told: each event once, however many of its regions tell of it."""
    names = {it.number: it.name for region in shown for it in region.happened_after(position)}
    return tuple(names[number] for number in sorted(names))
