"""Lines to blocks: code, quotes, headings, tables, lists; and paragraphs for all that is none of them.

People paste logs, paths, diffs and mails into a support desk. Where it is not sure that something is meant as markup it
is text, and text stands as it was typed. An indented line begins nothing inside a paragraph; nothing goes on lazily:
what is not marked as part of a quote or an item is none.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from markdown_it.token import Token

DEEPEST = 8  # quotes and lists in each other; what is deeper is text
ROOM = 3  # spaces before a block
LANGUAGES = {  # behind the marks of code they are no part of it
    *("bash", "bat", "c", "c#", "c++", "conf", "console", "cpp", "cs", "css", "csv", "diff", "dockerfile", "env"),
    *("go", "graphql", "hcl", "html", "http", "ini", "java", "javascript", "js", "json", "json5", "jsonc", "jsx"),
    *("kotlin", "latex", "less", "log", "lua", "make", "makefile", "markdown", "md", "nginx", "objc", "patch", "perl"),
    *("php", "plain", "plaintext", "powershell", "proto", "ps", "ps1", "py", "python", "r", "rb", "rs", "ruby"),
    *("rust", "sass", "scala", "scss", "sh", "shell", "sql", "svelte", "swift", "tex", "text", "toml", "ts", "tsx"),
    *("txt", "typescript", "vb", "vim", "vue", "xml", "yaml", "yml", "zsh"),
}
DIRECTED = {"p", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"}

_ITEM = re.compile(r"(?:(?P<bullet>[-*])|(?P<number>0|[1-9][0-9]{0,2})\.) (?=\S)(?![-*] |[0-9]{1,3}\. )")
_QUOTE = re.compile(r">(?![0-9=&<|:/\\.,;)]) ?")
_CODE = re.compile(r"(`{3,})([^`]*)")
_HEADING = re.compile(r"(#{1,6}) +(?=[^#\s])(.*)")
_RULE = re.compile(r"-{3,}\s*")
_DASHES = re.compile(r"\s*:?-+:?\s*")

Found = tuple[list[Token], int]  # a block, and the line after it


@dataclass(frozen=True)
class Text:
    """Lines, maybe of an item. depth: how many quotes and items they stand in.

    typed: of each, whether it is certainly no markup.
    """

    lines: Sequence[str]
    depth: int
    item: bool
    typed: Sequence[bool]

    def is_blank(self, at: int) -> bool:
        """Also what is before the first line, and after the last."""
        return not 0 <= at < len(self.lines) or not self.lines[at].strip()

    def is_alone(self, at: int) -> bool:
        return self.is_blank(at - 1) and self.is_blank(at + 1)

    def start(self, at: int, room: int = ROOM) -> str:
        """A line without its indent; empty if that is too much for a block."""
        line = self.lines[at]
        return line.lstrip(" ") if _indent(line) <= room and not self.typed[at] else ""


def blocks(lines: Sequence[str], depth: int = 0, *, item: bool = False) -> Iterator[Token]:
    """The tokens of lines. What they stand in, if anything, takes its direction from the first of them."""
    text, led = Text(lines, depth, item, [*_typed(lines)]), depth > 0
    at = 0
    while at < len(lines):
        if text.is_blank(at):
            at += 1
            continue
        tokens, at = next(filter(None, (rule(text, at) for rule in RULES)), None) or _paragraph(text, at)
        if tokens[0].tag in DIRECTED and not led:
            tokens[0].attrs["dir"] = "auto"
        led = False
        yield from tokens


def _typed(lines: Sequence[str]) -> Iterator[bool]:
    """Of each line, whether it is of a diff or of Python's prompt: items and quotes look like these."""
    for of, group in groupby(lines, lambda line: line[:1] if line[:1] in (">", "") else line[:1] in "+-@ \t"):
        run = [*group]
        changed = of is True and any(line.startswith(("+", "@@ ")) for line in run)
        prompt = of == ">" and all(line.startswith(">>>") for line in run)
        yield from [changed or prompt] * len(run)


def _paragraph(text: Text, at: int) -> Found:
    end = at + 1
    while not text.is_blank(end) and not _interrupts(text, end):
        end += 1
    words = list[Token]()
    for line in text.lines[at:end]:
        words += [_inline(line.rstrip()), Token("line_break", "br", 0, block=True)]
    return _element("p", words[:-1]), end


def _interrupts(text: Text, at: int) -> bool:
    """Whether a line that follows one of a paragraph begins a block of its own.

    In an item an item that is indented more does, unless it looks like YAML.
    """
    line = text.start(at, room=0)
    heading = _HEADING.match(line)
    further = ROOM if text.item and not text.lines[at - 1].rstrip().endswith(":") else 0
    return bool(
        _CODE.fullmatch(line)
        or (text.depth < DEEPEST and (_QUOTE.match(line) or _ITEM.match(text.start(at, further))))
        or (heading and len(heading[1]) > 1)
        or _columns(text, at, room=0)
    )


def _code(text: Text, at: int) -> Found | None:
    """To the line that ends with as many marks, or to the end."""
    opened = _CODE.fullmatch(text.start(at))
    if not opened:
        return None
    marks, info = opened[1], opened[2].strip()
    code = [] if not info or info.lower() in LANGUAGES else [opened[2]]
    indent = _indent(text.lines[at])
    for end in range(at + 1, len(text.lines)):
        line = text.lines[end].rstrip()
        before = line.rstrip("`")
        if len(line) - len(before) >= len(marks):
            code += [_without(before, indent)] if before.strip() else []
            return [_fence(code)], end + 1
        code.append(_without(text.lines[end], indent))
    return [_fence(code)], len(text.lines)


def _fence(code: Sequence[str]) -> Token:
    return Token("fence", "code", 0, content="".join(f"{line}\n" for line in code), block=True)


def _quote(text: Text, at: int) -> Found | None:
    inside, end = [], at
    while text.depth < DEEPEST and end < len(text.lines) and (mark := _QUOTE.match(line := text.start(end))):
        inside.append(line[mark.end() :])
        end += 1
    quote = _element("blockquote", blocks(inside, text.depth + 1))
    return (quote, end) if quote else None


def _list(text: Text, at: int) -> Found | None:
    """Items that follow each other, of one kind; numbers are as typed."""
    first = mark = _item(text, at)
    if not first:
        return None
    items = list[Token]()
    while mark and mark["bullet"] == first["bullet"]:
        indent = _indent(text.lines[at])
        inside, at = _inside(text, at, indent, indent + mark.end(), mark)
        number = {"value": mark["number"]} if mark["number"] else {}
        items += _element("li", blocks(inside, text.depth + 1, item=True), dir="auto", **number)
        mark = _item(text, at)
    return _element("ul" if first["bullet"] else "ol", items), at


def _item(text: Text, at: int) -> re.Match[str] | None:
    return _ITEM.match(text.start(at)) if text.depth < DEEPEST and at < len(text.lines) else None


def _inside(text: Text, at: int, indent: int, offset: int, mark: re.Match[str]) -> tuple[list[str], int]:
    """The lines of an item, and the next one: what is indented as far as its words, or is an item a step further in."""
    inside = [text.start(at)[mark.end() :]]
    for end in range(at + 1, len(text.lines)):
        line = text.lines[end]
        if text.is_blank(end):
            inside.append("")
        elif _indent(line) >= offset or (_indent(line) >= indent + 2 and _ITEM.match(line.lstrip())):
            inside.append(_without(line, offset))
        else:
            return inside, end
    return inside, len(text.lines)


def _heading(text: Text, at: int) -> Found | None:
    """A single # begins a comment or a prompt as well: it is a heading only where it stands alone."""
    found = _HEADING.fullmatch(text.start(at, room=0))
    if not found or (len(found[1]) == 1 and not text.is_alone(at)):
        return None
    tag = f"h{len(found[1])}"
    return _element(tag, [_inline(found[2].strip())]), at + 1


def _rule(text: Text, at: int) -> Found | None:
    if not _RULE.fullmatch(text.start(at, room=0)) or not text.is_alone(at):
        return None
    return [Token("rule", "hr", 0, block=True)], at + 1


def _table(text: Text, at: int) -> Found | None:
    """A row has as many cells as it has; none is left out, and none made up."""
    if not _columns(text, at):
        return None
    head, body, end = _row("th", text.start(at)), list[Token](), at + 2
    while not text.is_blank(end) and "|" in text.start(end):
        body += _row("td", text.start(end))
        end += 1
    return _element("table", [*_element("thead", head), *_element("tbody", body)]), end


def _columns(text: Text, at: int, room: int = ROOM) -> int:
    """Of the table that begins here; 0: none does."""
    if text.is_blank(at + 1) or "|" not in text.start(at, room) or "|" not in text.start(at + 1, room):
        return 0
    dashes = _cells(text.start(at + 1))
    return len(dashes) if all(map(_DASHES.fullmatch, dashes)) and len(_cells(text.start(at))) == len(dashes) else 0


def _row(tag: Literal["th", "td"], line: str) -> list[Token]:
    cells = list[Token]()
    for cell in _cells(line):
        cells += _element(tag, [_inline(cell.strip())], dir="auto")
    return _element("tr", cells)


def _cells(line: str) -> list[str]:
    return line.strip().removeprefix("|").removesuffix("|").split("|")


def _element(tag: str, inside: Iterable[Token], **attributes: str) -> list[Token]:
    """What stands inside, between the tags; empty lists of it are left out."""
    tokens = [*inside]
    opening = Token(f"{tag}_open", tag, 1, attrs={**attributes}, block=True)
    return [opening, *tokens, Token(f"{tag}_close", tag, -1, block=True)] if tokens else []


def _inline(words: str) -> Token:
    return Token("inline", "", 0, content=words)


def _indent(line: str) -> int:
    """Columns before the first word; a tab goes on to the next fourth one."""
    start = line[: len(line) - len(line.lstrip())]
    return len(start.expandtabs(4))


def _without(line: str, columns: int) -> str:
    """The line without so much of its indent, if it has that."""
    words = line.lstrip()
    left = _indent(line) - columns
    return line if left == _indent(line) else " " * max(0, left) + words


RULES: tuple[Callable[[Text, int], Found | None], ...] = (_code, _quote, _list, _heading, _rule, _table)
