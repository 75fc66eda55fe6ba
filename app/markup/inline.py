"""What stands inside a line: emphasis at the edges of words, code, and links. A line is parsed by itself."""

import re
import unicodedata

from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.backticks import backtick
from markdown_it.rules_inline.state_inline import Delimiter

from .links import EXPLICIT, LINK, SPACELESS, trimmed

LENGTHS = {"*": (1, 2, 3), "_": (1,), "~": (2,)}  # of runs that are marks: __init__ has none
MOST = 8  # marks side by side
ENOUGH = 2000  # of them, and of pieces of code and links, in a text; what comes after is as it was typed

_RUN = re.compile(r"[*_~]+")
_LETTER = rf"[^\W_{SPACELESS}]"
_NEXT = re.compile(rf"(?<!{_LETTER})[*_~]|[*_~](?!{_LETTER})|[`\[]|{LINK.pattern}", re.IGNORECASE)  # marks in no word
_SPACELESS = re.compile(f"[{SPACELESS}]")
_WORD_GOES_ON = re.compile(_LETTER)
_BEFORE = "\"':;,¡¿–—"  # what else a mark may open after, beside brackets and quotation marks that open
_FIRST = "\"'¡¿#@`"  # what else marks may stand around, at its beginning, beside letters, digits, signs and brackets
_LAST = "\"'.,:;!?…%#+`"  # and at its end
_AFTER = re.compile(
    rf"[*_~]{{0,{MOST}}}(?:$|[\s{SPACELESS}]|['’][a-z]{{1,2}}\b|[-.,;:!?…)\]}}\"'«»“”„‘’‚‹›–—/]{{1,{MOST}}}+(?!\w))",
    re.IGNORECASE,
)


# Each rule answers whether it took something. silent: the parser's form; nothing looks ahead here.


def text(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """Up to what may be something else."""
    found = _NEXT.search(state.src, state.pos, state.posMax)
    end = found.start() if found else state.posMax
    return _as_typed(state, end) if end > state.pos else False


def marks(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """A run of * or _ or ~: which of them belong together the parser finds out."""
    mark, start, run = state.src[state.pos], state.pos, _RUN.match(state.src, state.pos, state.posMax)
    if run is None:
        return False
    if len(run[0]) > MOST:
        return _as_typed(state, run.end())
    end = start + len(run[0]) - len(run[0].lstrip(mark))
    opens, closes = _opens(state, start, end), _closes(state, start, end)
    if end - start not in LENGTHS[mark] or not (opens or closes) or _is_enough(state):
        return _as_typed(state, end)
    for part in ("~~",) if mark == "~" else mark * (end - start):
        state.push("text", "", 0).content = part
        length = 0 if mark == "~" else end - start
        state.delimiters.append(Delimiter(ord(mark), length, len(state.tokens) - 1, -1, opens, closes))
    state.pos = end
    return True


def code(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """Not after a letter: don`t and can`t are words."""
    if state.src[state.pos] != "`":
        return False
    in_word = state.pos > 0 and _WORD_GOES_ON.match(state.src[state.pos - 1])
    if in_word or _is_enough(state):
        end = state.pos
        while end < state.posMax and state.src[end] == "`":
            end += 1
        return _as_typed(state, end)
    return backtick(state, silent)


def explicit_link(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """[words](https://…)"""
    found = EXPLICIT.match(state.src, state.pos, state.posMax)
    if not found or state.linkLevel or _is_enough(state):
        return False
    end = state.posMax
    state.push("link_open", "a", 1).attrs["href"] = found["href"]
    state.linkLevel += 1
    state.pos, state.posMax = found.span("words")
    state.md.inline.tokenize(state)
    state.linkLevel -= 1
    state.push("link_close", "a", -1)
    state.pos, state.posMax = found.end(), end
    return True


def link(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """An address that was typed."""
    found = LINK.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    address = found["mail"] or trimmed(found["url"])
    if state.linkLevel or _is_enough(state):
        return _as_typed(state, state.pos + len(address))
    scheme = "mailto:" if found["mail"] else "" if ":" in address[:6] else "http://"
    state.push("link_open", "a", 1).attrs["href"] = scheme + address
    state.push("text", "", 0).content = address
    state.push("link_close", "a", -1)
    state.pos += len(address)
    return True


def _is_enough(state: StateInline) -> bool:
    """Whether the text has as many as it may; one more is counted."""
    made = int(state.env.get("made", 0)) + 1
    state.env["made"] = made
    return made > ENOUGH


def _as_typed(state: StateInline, end: int) -> bool:
    state.append_pending(state.src[state.pos : end])
    state.pos = end
    return True


def _opens(state: StateInline, start: int, end: int) -> bool:
    """Whether something may begin at a run of marks: before a word, and after none."""
    before, first = _beside(state.src, start, -1), _beside(state.src, end - 1, 1)
    if not (before.isspace() or before in _BEFORE or _is(before, "Ps Pi Pf") or _SPACELESS.match(before)):
        return False
    if not (first in _FIRST or _is(first, "L N M So Sc Ps Pi Pf") or _SPACELESS.match(first)):
        return False
    return state.src[start] != "_" or _is_closed(state, end)


def _closes(state: StateInline, start: int, end: int) -> bool:
    """Whether something may end at a run of marks: after a word, and before none."""
    last = _beside(state.src, start, -1)
    if not (last in _LAST or _is(last, "L N M So Sc Pe Pi Pf") or _SPACELESS.match(last)):
        return False
    return _AFTER.match(state.src, end, state.posMax) is not None


def _is_closed(state: StateInline, start: int) -> bool:
    """Whether the next _ of the line is one that closes: _STDIO_H_ is a name."""
    following = state.src.find("_", start, state.posMax)
    return following >= 0 and _closes(state, following, following + 1)


def _beside(line: str, at: int, step: int) -> str:
    """What stands beside a run of marks, and beside others next to it; a space at the end of the line."""
    for place in range(at + step, at + step * (MOST + 1), step):
        if not 0 <= place < len(line):
            return " "
        if line[place] not in LENGTHS:
            return line[place]
    return "*"


def _is(character: str, categories: str) -> bool:
    category = unicodedata.category(character)
    return any(category.startswith(one) for one in categories.split())
