"""Letters as people see them: which cannot be seen at all, and whether a text holds any that can."""

import re
import unicodedata

# What Unicode calls default ignorable (DerivedCoreProperties.txt), annotations, and signs whose glyph is a blank.
_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_BLANK = "\u2800\ufffc\U00013441\U00013442\U00016fe4\U0001d159"
_NO_CHARACTER = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_JOINING = "\u034f\u17b4\u17b5\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef"
_IGNORED = re.compile(f"[{_IGNORABLE}{_NO_CHARACTER}]")
_NEVER_KEPT = re.compile("[\x00\ud800-\udfff]")
_STRAY = re.compile(f"(?![{_JOINING}])[{_IGNORABLE}{_NO_CHARACTER}]")


def can_be_kept(text: str) -> bool:
    """Whether every store can hold it: no NUL, and no half of a character."""
    return _NEVER_KEPT.search(text) is None


def is_visible(text: str) -> bool:
    """Whether there is anything to see: white space, controls, and marks without a letter are nothing."""
    return any(_is_drawn(c) for c in without_ignored(text))


def without_ignored(text: str) -> str:
    """The text without the characters that take no room."""
    return text if text.isascii() else _IGNORED.sub("", text)


def without_strays(text: str) -> str:
    """The same, but with those that letters or emoji are joined or varied by."""
    return text if text.isascii() else _STRAY.sub("", text)


def _is_drawn(character: str) -> bool:
    category = unicodedata.category(character)
    return (category[0] in "LNPS" and character not in _BLANK) or category in ("Cn", "Co")
