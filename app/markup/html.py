"""Markdown as people mean it, to HTML that is safe to show anywhere. What it is, and why: docs/decisions/markdown.md.

Two walls: the parser makes no other elements than those listed here, and nh3 then lets through nothing else, so that no
attribute that htmx or a style sheet would act on can come from a person.
"""

from itertools import islice

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

from . import lines, plain
from .blocks import blocks
from .inline import code, explicit_link, link, marks, text

DIRECTED = ("p", "blockquote", "li", "th", "td", "h1", "h2", "h3", "h4", "h5", "h6")
TAGS = {
    *("br", "hr", "pre", "code", "em", "strong", "s", "a", "ul", "ol", "table", "thead", "tbody", "tr"),
    *DIRECTED,
}
ATTRIBUTES = {"a": {"href"}, "li": {"value"}, "*": set()}  # "*" or titles pass, and a raw < may stand in one
SCHEMES = {"http", "https", "mailto", "tel"}
LINES = 3000
BLOCKS = 6000  # tokens: 1,200 items of a list, or as many cells of a table
LONGEST = (3, 10_000)  # times the text, and characters more


class TooMuch(Exception):
    """More markup than anybody writes."""


def to_html(typed: str) -> str:
    """Safe HTML of a text; of one with too much markup, or that would become many times as long, as it was typed."""
    try:
        html = safe(_markdown.render(lines(typed)))
    except TooMuch:
        return plain(typed)
    times, more = LONGEST
    return html if len(html) <= times * len(typed) + more else plain(typed)


def safe(html: str) -> str:
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        tag_attribute_values={tag: {"dir": {"auto"}} for tag in DIRECTED},
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    ).strip()


def _blocks(state: StateCore) -> None:
    rows = state.src.split("\n")
    if len(rows) > LINES:
        raise TooMuch
    state.tokens.extend(islice(blocks(rows), BLOCKS + 1))
    if len(state.tokens) > BLOCKS:
        raise TooMuch


def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero")
    parser.core.ruler.at("block", _blocks)
    parser.inline.ruler.enableOnly([])
    for rule in (text, marks, code, explicit_link, link):
        parser.inline.ruler.push(f"pult {rule.__name__}", rule)
    parser.inline.ruler2.enableOnly(["balance_pairs", "strikethrough", "emphasis", "fragments_join"])
    return parser


_markdown = _parser()
