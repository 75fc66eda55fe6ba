"""Links to what is surely one. README.md, deploy.sh and 1.2.3.4:80 are none, nor what comes after an address."""

import re
import unicodedata

# Scripts that put no space between words: an address in Latin letters ends before them.
SPACELESS = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
BRACKETS = {")": "(", "]": "[", "}": "{"}
STAY = "/#%&@-"  # punctuation that an address may end with
ENDS = "~"  # and what else it may not: marks stand around it

_HOST = rf"(?:[a-z0-9][a-z0-9.-]*+(?=[{SPACELESS}]|\W|_|$)|[^\W_][\w.-]*+)"
_REST = r"(?::[0-9]{1,5})?(?:[/?#][^\s<>\"`|\\^{}\x00-\x1f\x7f«»“”„‟‹›、-】〔〕（）！，．：；？…]*+)?"
_LABEL = r"[a-z0-9\u00a1-\u2e7f](?:[a-z0-9\u00a1-\u2e7f-]{0,61}[a-z0-9\u00a1-\u2e7f])?"
_BEFORE = r"(?<![a-z0-9_@/.-])"

LINK = re.compile(
    rf"(?P<url>{_BEFORE}(?:https?://{_HOST}|www\.(?:{_LABEL}\.)+[a-z\u00a1-\u2e7f]{{2,63}}(?![a-z0-9_-])){_REST})"
    rf"|(?P<mail>(?<![a-z0-9._%+/@:-])[a-z0-9][a-z0-9._%+'-]{{0,63}}@(?![0-9]x\.)"
    rf"(?:{_LABEL}\.)+[a-z\u00a1-\u2e7f]{{2,63}}(?![a-z0-9_/@-]|:[\w/]|\.[a-z0-9]))",
    re.IGNORECASE,
)
EXPLICIT = re.compile(
    r"\[(?=\s*[^\[\]\s])(?P<words>[^\[\]]*+)\]"
    r"\((?P<href>(?:https?://|mailto:|tel:)(?:[^\s<>()]|\([^\s<>()]*+\))++)\)",
    re.IGNORECASE,
)


def trimmed(address: str) -> str:
    """An address without the punctuation of the sentence that it stands in."""
    end = len(address)
    spare = {closing: address.count(closing) - address.count(opening) for closing, opening in BRACKETS.items()}
    while end and _ends(address[end - 1], spare):
        end -= 1
    return address[:end]


def _ends(last: str, spare: dict[str, int]) -> bool:
    """Whether this is no part of an address that it stands at the end of. spare: brackets that nothing opens in it."""
    if last in BRACKETS:
        spare[last] -= 1
        return spare[last] >= 0
    return last in ENDS or (unicodedata.category(last)[0] == "P" and last not in STAY)
