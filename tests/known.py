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
different: list[str] = []  # what was not what is in the database; a test in which that happens fails
_known: WeakKeyDictionary[Registry, dict[tuple[Position, Region], Content]] = WeakKeyDictionary()


def none(registry: Registry, since: Position, region: Region) -> None:
    """In the place of Registry.at."""
    if content := at(registry, since, region):
        _known.setdefault(registry, {})[since, region] = content


def compared(registry: Registry, since: Position, contents: Mapping[Region, Content]) -> None:
    """In the place of Registry.adopt."""
    kept = _known.get(registry, {})
    for region, content in contents.items():
        if kept.pop((since, region), content) != content:
            different.append(f"the {region.name} of {region.of!r} at {since}")
    assert not different
    adopt(registry, since, contents)


Registry.at, Registry.adopt = none, compared  # type: ignore[method-assign]
