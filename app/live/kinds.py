"""Every kind of region."""

from functools import lru_cache

from app.desk.audience import Audience
from app.live.region import Region
from app.live.regions.count import CountRegion
from app.live.regions.customer import CustomerRegion
from app.live.regions.embed_keys import EmbedKeysRegion
from app.live.regions.first import FirstRegion
from app.live.regions.list import ListRegion
from app.live.regions.menus import MenusRegion
from app.live.regions.reads import ReadsRegion
from app.live.regions.removed import RemovedRegion
from app.live.regions.thread import ThreadRegion
from app.live.regions.ticket import TicketRegion

KINDS: tuple[type[Region], ...] = (
    ListRegion,
    CountRegion,
    TicketRegion,
    ThreadRegion,
    CustomerRegion,
    MenusRegion,
    FirstRegion,
    RemovedRegion,
    EmbedKeysRegion,
    ReadsRegion,
)
NAMED = {kind.name: kind for kind in KINDS}


@lru_cache(maxsize=1024)
def read(name: str, of: str, audience: Audience) -> Region:
    """The region that a token names. Raises KeyError, or ValueError for what are no parameters of its kind."""
    return NAMED[name].read(audience, of)
