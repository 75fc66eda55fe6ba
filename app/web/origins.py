"""Which origin is ours, and what is said of one that is not."""

import logging
from dataclasses import dataclass

from app.config import origin as origin_of
from app.web.state import state

LONGEST = 300  # characters of an origin that is shown

log = logging.getLogger(__name__)


@dataclass
class Foreign(Exception):
    """What another site sent. came: its origin; empty if there is none that can be named. ours: that of this site."""

    came: str
    ours: str

    def tell(self) -> None:
        """Say it in the log: behind a proxy this is what a setting that lacks, or is wrong, looks like."""
        setting = "server.public_url" + (" is that" if state().config.server.public_url else " is not set")
        came = f"the origin {self.came}" if self.came else "another site"
        log.warning("sent from %s, and this is %s: %s (see docs/operations.md)", came, self.ours, setting)


def foreign(origin: str | None, scheme: str, host: str) -> Foreign | None:
    """What came from elsewhere, by its Origin header; None if it came from this site, exactly."""
    return None if same_origin(origin, scheme, host) else Foreign(_named(origin or ""), _ours(scheme, host))


def same_origin(origin: str | None, scheme: str, host: str) -> bool:
    """Whether an Origin header is that of this site, exactly: of the public address, or of the one that was asked."""
    if not origin or origin == "null":
        return False
    if public := state().config.server.public_url:
        return origin == public
    return origin == f"{_page_scheme(scheme)}://{host}"


def _page_scheme(scheme: str) -> str:
    return {"ws": "http", "wss": "https"}.get(scheme, scheme)


def _ours(scheme: str, host: str) -> str:
    return state().config.server.public_url or _named(f"{_page_scheme(scheme)}://{host}") or "?"


def _named(origin: str) -> str:
    """An origin as it can be shown: what browsers send, and nothing else that somebody may put there."""
    try:
        return origin_of(origin) if len(origin) <= LONGEST else ""
    except ValueError:
        return ""
