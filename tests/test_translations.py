"""The catalogues say everything that the templates and the code say, and say it whole."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment

from app.config import ROOT
from app.live.render import LANGUAGES, Renderer, templates

NAMES = {
    "Pult",
    "Ctrl",
    "Shift",
    "Enter",
    "settings",
    "keys",
    "true",
}  # what stands in templates and is no text of a language
SPOKEN = ("aria-label", "placeholder", "title", "alt", "data-confirm")  # attributes that people read or hear

TRANSLATED = pytest.mark.parametrize("language", LANGUAGES[1:])


@cache
def said() -> dict[tuple[str | None, Any], str]:
    """(context, message) -> the file that says it, as `make translations` finds them."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    options = {mapping["pattern"]: mapping for mapping in mappings}
    return {
        (context, message): file
        for file, _, message, _, context in extract_from_dir(ROOT, method_map=methods, options_map=options)
    }


@cache
def catalogue(language: str) -> Catalog:
    with (ROOT / "app" / "translations" / f"{language}.po").open("rb") as source:
        return read_po(source, locale=language)


def messages(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def forms(texts: object) -> tuple[str, ...]:
    """A message or translation as the tuple of its plural forms."""
    return tuple(texts) if isinstance(texts, tuple | list) else (str(texts),)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[a-z]|%[a-z]", text))


@TRANSLATED
def test_everything_said_is_in_the_catalogue(language):
    known = {(message.context, message.id) for message in messages(language)}
    assert {what: file for what, file in said().items() if what not in known} == {}, "run: make translations"


@TRANSLATED
def test_the_catalogue_holds_nothing_that_is_no_longer_said(language):
    assert [message.id for message in messages(language) if (message.context, message.id) not in said()] == []
    assert not catalogue(language).obsolete


@TRANSLATED
def test_every_message_is_translated_in_all_its_plural_forms(language):
    for message in messages(language):
        wanted = catalogue(language).num_plurals if message.pluralizable else 1
        assert len(forms(message.string)) == wanted and all(forms(message.string)), message.id
        assert not message.fuzzy, message.id


@TRANSLATED
def test_translations_keep_the_placeholders(language):
    for message in messages(language):
        wanted = placeholders(forms(message.id)[-1])
        assert [placeholders(form) for form in forms(message.string)] == [wanted] * len(forms(message.string))
        assert list(message.check(catalogue(language))) == []


@TRANSLATED
def test_translations_assume_nobodys_gender(language):
    assert [message.id for message in messages(language) if re.search(r"\w\(\w+\)", str(message.string))] == []


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 обращение"), (3, "3 обращения"), (5, "5 обращений"), (21, "21 обращение")]
)
def test_russian_counts_in_three_forms(count, words):
    foot = {"shown": count, "first": 1, "count": count, "before": "", "after": "", "view": "all", "filtered": False}
    assert f"<span>{words}</span>" in Renderer({}).page("tickets/foot.html", "ru", it=foot)


SAID = [path for path in templates() if path.parent.name != "demo"]  # a page of another site speaks as that site does


@pytest.mark.parametrize("template", SAID, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_templates_say_nothing_that_is_not_marked(template: Path):
    html = "".join(
        text if kind == "data" else "¤" if kind in ("variable_begin", "block_begin") else ""
        for _, kind, text in Environment().lex(template.read_text())
    )
    texts = [re.sub(r'<[^>]*>|[\w-]+="[^"]*"', " ", html)]
    texts += [value for name in SPOKEN for value in re.findall(rf'\b{name}="([^"¤]+)"', html)]
    words = {word for text in texts for word in re.findall(r"[^\W\d_]{2,}", re.sub(r"&\w+;", " ", text))}
    assert words <= NAMES
