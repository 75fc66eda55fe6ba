"""What pages may be shown of what the desk has in memory. Here it is read all the same, and compared: in every test.

So a page that is loaded in a test is what the database says, and what is in memory is that too.
"""

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from app.live.content import Content
from app.live.journal import Position
from app.live.region import Region
from app.live.registry import Registry

at, adopt = Registry.at, Registry.adopt
_known: WeakKeyDictionary[Registry, dict[tuple[Position, Region], Content]] = WeakKeyDictionary()


def none(registry: Registry, since: Position, region: Region) -> None:
    """In the place of Registry.at."""
    if content := at(registry, since, region):
        _known.setdefault(registry, {})[since, region] = content


def compared(registry: Registry, since: Position, contents: Mapping[Region, Content]) -> None:
    """In the place of Registry.adopt."""
    kept = _known.get(registry, {})
    for region, content in contents.items():
        known = kept.pop((since, region), content)
        assert known == content, f"in memory the {region.name} of {region.of!r} is not what it is at {since}"
    adopt(registry, since, contents)


Registry.at, Registry.adopt = none, compared  # type: ignore[method-assign]
