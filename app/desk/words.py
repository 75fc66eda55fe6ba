"""The words of a text, as the search's index keeps them and as they are looked for.

Text and query go through one function, fold(), so that what makes no difference to people makes none: case, accents,
the letter ё, other forms of a letter or a digit, what cannot be seen. What a word is, the index decides; but languages
that write their words without spaces get them cut into pairs of letters, of which any part of them is a row.
"""

import re
import unicodedata
from collections.abc import Iterator

from app.desk.letters import without_ignored

LONGEST_SIGN = 6  # letters: a kilometre in Japanese; what stands for whole sentences is not looked for by their words
_SHORT_I = "\N{CYRILLIC SMALL LETTER I}\N{COMBINING BREVE}"  # й is a letter of its own, no и with an accent
_SIGNS = (
    range(0x80, 0x3400),
    range(0xF900, 0x10000),
    range(0x1F100, 0x1F300),
)  # where there are any with words in them
_DIGITS = (range(0x660, 0x1A9A), range(0xA620, 0xABFA), range(0x104A0, 0x1E95A))  # of other scripts than Latin
_LATIN = (range(0x80, 0x2B0), range(0x1E00, 0x1F00), range(0x2C60, 0x2C80), range(0xA720, 0xA800))
_ACCENTS = (  # marks that people leave out; those of Thaana, India and beyond are vowels, and in kana other sounds
    *(range(0x300, 0x7A6), range(0x7EB, 0x900), range(0x1AB0, 0x1B00), range(0x1DC0, 0x1E00), range(0x20D0, 0x2100)),
    *(range(0x302A, 0x3030), range(0xA66F, 0xA6A0), range(0xFE20, 0xFE30)),
)
_NUKTAS = range(0x900, 0xE00)
_NUKTA = 7  # the combining class of the dot below letters of India, which people leave out too
_LIGATURES = {"æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ŋ": "n", "ı": "i", "ȷ": "j", "ĸ": "k", "ـ": "", "\x00": " "}

_UNSPACED = (  # Han, Hangul and kana; Thai, Lao, Myanmar, Khmer, and what else is written so in South-East Asia
    "\u1100-\u11ff\u2e80-\u2fd5\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u3041-\u309f\u30a1-\u30fa\u30fc-\u318e"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7fb\uf900-\ufaff\U0001b000-\U0001b16f"
    "\U00020000-\U0003ffff"
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e80-\u0edf\u1000-\u1049\u1050-\u109f\u1780-\u17d3\u17d7\u17dc\u1950-\u19df"
    "\u1a20-\u1a7c\u1b00-\u1b4b\ua980-\ua9c0\ua9e0-\ua9fe\uaa60-\uaac2\uaadb-\uaadd"
)
_FIRST_UNSPACED = "\u0e01"
_RUN = re.compile(f"[{_UNSPACED}]+")
_PLAIN = re.compile("[\x00-\x7fА-Яа-яЁё«»–—“”„‘’]*")
_ORDINAL = re.compile("([ªº])(?=[0-9])")  # nº4711
_RAISED = re.compile(r"(?<![^\W\d_])([^\W\d_]+)[⁰¹²³⁴-⁹₀-₉]+")  # m², CO₂, and a word with the number of a footnote¹


def is_plain(text: str) -> bool:
    """Whether each of its letters is folded to one letter: most texts are, and those are folded ten times as fast."""
    return text.isascii() or _PLAIN.fullmatch(text) is not None


def fold(text: str) -> str:
    """The text without what makes no difference to who looks for it."""
    if is_plain(text):
        return text.lower().replace("ё", "е").replace("\x00", " ")
    apart = _ORDINAL.sub(r"\1 ", without_ignored(text).translate(_APART))
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", apart).casefold())
    kept = parts.replace(_SHORT_I, "\N{CYRILLIC SMALL LETTER SHORT I}").translate(_ALIKE)
    return unicodedata.normalize("NFC", kept)


def indexed(text: str) -> str:
    """The words of a text as the index keeps them. Words with a raised number stand there without it as well."""
    if is_plain(text):
        return fold(text)
    bare = [found[1] for found in _RAISED.finditer(text)]
    return _cut(fold("\n".join([text, *bare])))


def asked(text: str, *, begins: bool) -> tuple[list[str], bool]:
    """The words of what is looked for in their order, and whether the index is to look for what begins with the last.

    begins: whether a word may go on. One letter begins half of all words, and a number is typed whole: they do so only
    before a star.
    """
    words = split(fold(text))
    if not words:
        return [], False
    runs = list(_RUN.finditer(words[-1]))
    parts = split(_cut(" ".join(words)))
    if runs and runs[-1].end() == len(words[-1]):  # its letters may stand anywhere in a longer run
        return (parts, True) if len(runs[-1][0]) == 1 else (parts[:-1], False)
    long = len(parts[-1]) > 1 and not parts[-1].isdecimal()
    return parts, text.endswith("*") or (begins and long)


def is_unspaced(word: str) -> bool:
    """Whether it is of a script that is written without spaces between its words."""
    return _RUN.fullmatch(word) is not None


def split(folded: str) -> list[str]:
    """Its words: rows of letters, digits and marks."""
    return "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in folded).split()


def _cut(folded: str) -> str:
    return _RUN.sub(_pairs, folded) if folded and max(folded) >= _FIRST_UNSPACED else folded


def _pairs(run: re.Match[str]) -> str:
    """Each letter with the next one; the last one alone."""
    letters = run[0]
    return f" {' '.join(letters[at : at + 2] for at in range(len(letters)))} "


def _apart() -> Iterator[tuple[int, str]]:
    """Signs that are words or numbers of their own, not of the word they stand at: № ½ ①; and ™, which is none."""
    for code in (code for some in _SIGNS for code in some):
        how = unicodedata.decomposition(chr(code)).partition(" ")[0]
        category = unicodedata.category(chr(code))
        if how[:1] == "<" and (category[0] == "S" or (category == "No" and how not in ("<super>", "<sub>"))):
            yield code, " " if how == "<super>" else f" {unicodedata.normalize('NFKC', chr(code))} "
        elif len(unicodedata.normalize("NFKC", chr(code))) > LONGEST_SIGN:
            yield code, " "


def _alike() -> Iterator[tuple[int, str]]:
    """What a letter, a digit or a mark is as good as."""
    for code in (code for some in _ACCENTS for code in some):
        if unicodedata.category(chr(code)) in ("Mn", "Me"):
            yield code, ""
    for code in _NUKTAS:
        if unicodedata.combining(chr(code)) == _NUKTA:
            yield code, ""
    for code in (code for some in _DIGITS for code in some):
        if unicodedata.category(chr(code)) == "Nd":
            yield code, str(unicodedata.decimal(chr(code)))
    for code in (code for some in _LATIN for code in some):
        name = unicodedata.name(chr(code), "")
        if found := re.fullmatch("LATIN SMALL LETTER ([A-Z]) WITH .+", name):
            yield code, found[1].lower()
    yield from ((ord(letter), other) for letter, other in _LIGATURES.items())
    yield from ((code, " ") for code in range(0xD800, 0xE000))


_APART = dict(_apart())
_ALIKE = dict(_alike())
