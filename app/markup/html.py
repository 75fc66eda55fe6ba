"""Markdown as people type it, to HTML that is safe to show anywhere.

Two walls: markdown-it renders no raw HTML, and nh3 then lets through only what is listed here, so that no attribute
that htmx or a style sheet would act on can come from a person.
"""

import nh3
from markdown_it import MarkdownIt

TAGS = {
    *("p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "s", "a", "ul", "ol", "li"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "*": set()}  # "*" or titles pass, and a raw < may stand in one
SCHEMES = {"http", "https", "mailto", "tel"}

BRACKETS = 1000  # the parser looks through the whole text for the end of each: 100,000 take it ten seconds


def _parser(*without: str) -> MarkdownIt:
    return MarkdownIt("js-default", {"html": False, "linkify": True, "breaks": True}).disable(list(without))


_markdown = _parser("image")  # a picture from elsewhere would tell its server who reads the ticket
_without_brackets = _parser("image", "link")


def to_html(text: str) -> str:
    """Safe HTML of a Markdown text."""
    parser = _markdown if text.count("[") <= BRACKETS else _without_brackets
    return nh3.clean(
        parser.render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}, "p": {"dir": "auto"}},
    ).strip()
