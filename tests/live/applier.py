"""What htmx 4.0.1 with hx-upsert does to a page with a frame, in Python; checked against Chromium in tests/browser."""

import copy
import re
from collections.abc import Iterator
from functools import cache

from lxml import etree, html
from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement

from tests.live import paint

# What a page and its reload may differ in: tokens and positions, keys of forms, seconds that a bearer has left, and a
# secret that somebody asked to see. Attributes; none: the element with all that is in it.
THEIR_OWN = (
    ("#live", ()),
    ("input[name=key], input[name=seen], input[name=draft], input[name=bearer], #embed input[name=token]", ("value",)),
    ("html", ("data-life", "data-left")),
    ("#secret", ()),
)

_ELEMENT = re.compile(r"<(hx-partial|hx-upsert)([^>]*)>(.*?)</\1>", re.DOTALL)
_TAG = re.compile(r"(<[^<]*>)")  # in canonical XML, where no value and no text holds a <
_ATTRIBUTE = re.compile(r"""([\w-]+)=(?:"([^"]*)"|'([^']*)')""")


def parse(text: str) -> HtmlElement:
    return html.document_fromstring(text)


def elements(frame: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """The elements of a frame: name, attributes, inner HTML. Fails if there is anything else in it."""
    end = 0
    for match in _ELEMENT.finditer(frame):
        assert match.start() == end, f"not an element of a frame: {frame[end : match.start()][:80]!r}"
        end = match.end()
        name, attributes, inner = match.groups()
        yield name, {key: double or single for key, double, single in _ATTRIBUTE.findall(attributes)}, inner
    assert end == len(frame), f"not an element of a frame: {frame[end:][:80]!r}"


def span(frame: str) -> dict[str, str]:
    """What a frame says of itself: the attributes of its first element."""
    return next(elements(frame))[1]


def apply(page: HtmlElement, frame: str) -> None:
    """Change the page as the browser would."""
    for name, attributes, inner in elements(frame):
        targets = found(page, attributes["hx-target"])
        if name == "hx-upsert":
            upsert(page, targets[0], fragment(inner), attributes)
            continue
        for target in targets:
            swap(target, attributes["hx-swap"].split()[0], fragment(inner))


def swap(target: HtmlElement, style: str, content: list[HtmlElement | str]) -> None:
    match style:
        case "none":
            pass
        case "delete":
            target.drop_tree()
        case "innerMorph":
            for child in list(target):
                target.remove(child)
            target.text = None
            for part in content:
                if isinstance(part, str):
                    target.text = part
                else:
                    target.append(part)
        case "outerMorph":
            [element] = [part for part in content if not isinstance(part, str)]
            element.tail = target.tail
            target.getparent().replace(target, element)
        case _:
            raise AssertionError(f"frames do not use {style}")


def upsert(
    page: HtmlElement, target: HtmlElement, content: list[HtmlElement | str], attributes: dict[str, str]
) -> None:
    """Replace by id where it stands; else insert before the first with a higher key (lower, if descending)."""
    descending = attributes["sort"] == "desc"
    for element in content:
        assert not isinstance(element, str)
        element.tail = None
        known = page.xpath("//*[@id=$id]", id=element.get("id"))
        if known:
            known[0].getparent().replace(known[0], element)
            continue
        key = int(element.get(attributes["key"]))
        later = (
            child
            for child in target
            if (key > int(child.get("data-key")) if descending else key < int(child.get("data-key")))
        )
        before = next(later, None)
        if before is None:
            target.append(element)
        else:
            before.addprevious(element)


def fragment(inner: str) -> list[HtmlElement | str]:
    if inner.lstrip().startswith("<tr"):
        return list(html.fromstring(f"<table><tbody>{inner}</tbody></table>").iter("tr"))
    return html.fragments_fromstring(inner)


def document(page: HtmlElement, selector: str = "html") -> list[str]:
    """All that a page shows, a line a tag or text; equal for equal pages. selector: of what is looked at."""
    whole = copy.deepcopy(page)
    paint.paint(whole)
    for their, attributes in THEIR_OWN:
        for element in found(whole, their):
            for name in attributes:
                element.attrib.pop(name, None)
            if not attributes:
                element.drop_tree()
    return [line for element in found(whole, selector) for line in _lines(element)]


def _lines(element: HtmlElement) -> list[str]:
    canonical = etree.tostring(element, method="c14n", with_comments=False, with_tail=False).decode()
    parts = (part if part[:1] == "<" else " ".join(part.split()) for part in _TAG.split(canonical))
    return [part for part in parts if part]


_compiled = cache(CSSSelector)


def found(page: HtmlElement, selector: str) -> list[HtmlElement]:
    """What cssselect() finds, which compiles the selector each time."""
    return list(_compiled(selector)(page))
