"""The keys of sites that embed pages."""

from dataclasses import dataclass

from app.desk import embeds
from app.desk.events import EMBED_KEYS, Happened
from app.live.content import Content, Part
from app.live.region import OfStaff


@dataclass(frozen=True)
class Site:
    """A site that embeds pages, as its key names it. revoked: when, in microseconds."""

    id: str
    name: str
    origins: tuple[str, ...]
    revoked: int | None


@dataclass(frozen=True)
class EmbedKeysRegion(OfStaff):
    name = "keys"

    @property
    def topics(self) -> frozenset[str]:
        return frozenset({EMBED_KEYS})

    async def compute(self) -> Content:
        keys = tuple(Site(key.id, key.name, tuple(key.origins), key.revoked) for key in await embeds.keys())
        return Content(parts=(Part("#keyring", "admin/keyring.html", keys),))

    def may_touch(self, event: Happened) -> bool:
        return event.vague or bool(event.embed_key)
