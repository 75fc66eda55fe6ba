"""The beginning of what a message says, in one line of plain words."""

import re
from html import unescape

from app.desk import marked

LONGEST = 160  # characters: no more have room in a row
LOOKED_AT = 4000  # characters of a message's HTML

_BLOCK = re.compile(r"</?(?:p|h[1-6]|ul|ol|li|blockquote|pre|table|thead|tbody|tr|th|td|hr|br)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>?")  # the last one may have been cut


def of(html: str) -> str:
    """What HTML of ours says, in which no text holds a <; whole words, and a sign where it goes on."""
    words = " ".join(unescape(_TAG.sub("", _BLOCK.sub(" ", html[:LOOKED_AT]))).split())
    end = marked.end_of(words, LONGEST)
    return words if end == len(words) else f"{words[:end].rstrip()}…"
