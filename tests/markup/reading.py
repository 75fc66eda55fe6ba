"""What a person reads in HTML of ours, and what they could have typed to get it."""

from lxml import html
from lxml.html import HtmlElement

from app.markup.html import to_html

MARKS = {"em": ("*", "*"), "strong": ("**", "**"), "s": ("~~", "~~"), "code": ("`", "`"), "pre": ("```", "```")}
STARTS = {"blockquote": "> ", "hr": "---", "th": "|", "td": "|"} | {f"h{n}": "#" * n + " " for n in range(1, 7)}


def parsed(shown: str) -> HtmlElement:
    return html.fragment_fromstring(shown.replace("\x00", ""), create_parent="div")


def read(typed: str) -> str:
    """The words, with their line breaks, of a text."""
    return str(parsed(to_html(typed)).text_content())


def tags(typed: str) -> list[str]:
    """The elements that are made of a text, without line breaks."""
    return [element.tag for element in parsed(to_html(typed)).iter() if element.tag not in ("div", "br")]


def typed_again(element: HtmlElement) -> str:
    """The words with a mark for each element, numbers of items and addresses of links in their places."""
    before, after = MARKS.get(element.tag, (STARTS.get(element.tag, ""), ""))
    if element.tag == "li":
        before = f"{number}. " if (number := element.get("value")) else "- "
    inside = (element.text or "") + "".join(typed_again(child) + (child.tail or "") for child in element)
    if element.tag == "a" and element.get("href") not in (inside, f"http://{inside}", f"mailto:{inside}"):
        before, after = "[", f"]({element.get('href')})"
    return before + inside + after
