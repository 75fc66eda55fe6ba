"""Who may go on watching: what ended is closed, by what the journal says and by the clock's beat."""

import logging
from collections.abc import Iterable

from app.config import Sessions
from app.desk.events import Happened, What
from app.live import access
from app.live.hub import Hub, Socket

OWN = (What.PERSON_CHANGED, What.PERSON_DISABLED, What.PREFERENCES_CHANGED)  # what a person may see, and how

log = logging.getLogger(__name__)


class Guard:
    def __init__(self, hub: Hub, limits: Sessions) -> None:
        self._hub, self._limits = hub, limits

    async def check(self, sockets: Iterable[Socket]) -> None:
        """Drop those that have lost their right. Of whom it cannot be told has to come back, and is asked again."""
        for socket in list(sockets):
            try:
                await access.check(socket.grant, self._limits)
            except access.Lost as lost:
                self._hub.drop(socket, lost.close)
            except Exception:
                log.exception("the rights of person %s cannot be looked up", socket.grant.person)
                self._hub.fail([socket])

    async def check_after(self, events: list[Happened]) -> None:
        """Those whose right one of these events may have ended."""
        if any(event.vague and event.ticket is None and event.person is None for event in events):
            await self.check(self._hub.sockets)  # a key of a site, or whatever it was about
            return
        sessions = {event.session for event in events if event.what == What.SESSION_ENDED}
        keys = {event.embed_key for event in events if event.what == What.KEY_REVOKED}
        changed = {event.person for event in events if event.vague or event.what in OWN} - {None}
        if sessions or keys or changed:
            await self.check(
                socket
                for socket in self._hub.sockets
                if socket.grant.session in sessions or socket.grant.embed_key in keys or socket.grant.person in changed
            )
