"""What a region shows at one moment, as values and the templates that they are shown by."""

from dataclasses import dataclass

from markupsafe import Markup

from app.live.render import Renderer


@dataclass(frozen=True)
class Entry:
    """One of many things in an order: a row, a comment. id and sort_key are those of its element."""

    id: str
    sort_key: str
    template: str
    value: object


@dataclass(frozen=True)
class Part:
    """A place of its own. swap: how htmx puts it there."""

    target: str
    template: str
    value: object
    swap: str = "innerMorph"


@dataclass(frozen=True)
class Content:
    """What a region shows now.

    moves: whether a sort key can change. there: False if there is no such thing. topics: what it is found by
    besides the region's own, because of what it shows.
    """

    target: str = ""
    descending: bool = False
    moves: bool = True
    entries: tuple[Entry, ...] = ()
    parts: tuple[Part, ...] = ()
    there: bool = True
    topics: frozenset[str] = frozenset()

    def html(self, render: Renderer, language: str) -> Markup:
        """The entries as the page shows them."""
        rows = (render.value(entry.template, entry.value, language) for entry in self.entries)
        return Markup("\n".join(rows))  # noqa: S704 - each of them is markup; Markup.join would ask each again

    def part(self, target: str, render: Renderer, language: str) -> Markup:
        [part] = [part for part in self.parts if part.target == target]
        return render.value(part.template, part.value, language)
