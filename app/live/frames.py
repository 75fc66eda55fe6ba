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
            crowd.frames[position] = self._shared(socket, crowd) if self.is_behind(socket) else ""
        return crowd.frames[position]

    def _shared(self, socket: Socket, crowd: Crowd) -> str:
        """A frame that those of a crowd share who were last touched by the same event, wherever they stand since."""
        if self.needs_whole(socket, self._registry.position.epoch):
            return self._whole(socket.regions, socket.language)
        since, happened = self._touched_until(socket), self._happened(socket)
        if (since, happened) not in crowd.steps:
            crowd.steps[since, happened] = self._step(socket.regions, since, happened, socket.language)
        return crowd.steps[since, happened]

    def is_behind(self, socket: Socket, epoch: str = "") -> bool:
        """epoch: of the page's position, where that may be another than ours."""
        return self.needs_whole(socket, epoch or self._registry.position.epoch) or any(
            shown.touched_after(socket.position) for shown in self._shown(socket.regions)
        )

    def needs_whole(self, socket: Socket, epoch: str) -> bool:
        """Whether the page's position is of another database, before what is remembered, or one that was passed."""
        stands = self._registry.position
        known = epoch == stands.epoch and socket.position <= stands.number
        return not known or any(
            socket.position < shown.floor or shown.passed(socket.position) for shown in self._shown(socket.regions)
        )

    def catch_up(self, socket: Socket, epoch: str, token: str = "") -> str:
        """The frame that brings a page from its position to now, even if that is nothing."""
        if self.needs_whole(socket, epoch):
            return self._whole(socket.regions, socket.language, token)
        since, happened = self._touched_until(socket), self._happened(socket)
        return self._step(socket.regions, since, happened, socket.language, token)

    def whole(self, socket: Socket) -> str:
        return self._whole(socket.regions, socket.language)

    def pulse(self, socket: Socket, token: str) -> str:
        """Nothing but where the page is and a fresh token: also an answer that gives nothing away."""
        to = Position(self._registry.position.epoch, socket.position)
        return frame(to, since=self._touched_until(socket), token=token)

    def _step(
        self, regions: Sequence[Region], since: int, happened: tuple[str, ...], language: str, token: str = ""
    ) -> str:
        changes = (html for shown in self._shown(regions) for html in shown.step(since, self._render, language))
        return frame(self._registry.position, since=since, token=token, happened=happened, changes=changes)

    def _whole(self, regions: Sequence[Region], language: str, token: str = "") -> str:
        changes = (html for region in self._shown(regions) for html in region.whole(self._render, language))
        return frame(self._registry.position, since=0, whole=True, build=self.build, token=token, changes=changes)

    def _touched_until(self, socket: Socket) -> int:
        """The last event up to the socket's position that touched its page: nothing that it shows happened between."""
        return max(shown.touched_until(socket.position) for shown in self._shown(socket.regions))

    def _happened(self, socket: Socket) -> tuple[str, ...]:
        """What its page is to be told: each event once, however many of its regions tell of it."""
        shown = self._shown(socket.regions)
        names = {it.number: it.name for region in shown for it in region.happened_after(socket.position)}
        return tuple(names[number] for number in sorted(names))

    def _shown(self, regions: Sequence[Region]) -> list[Shown]:
        return [self._registry[region] for region in regions]
