"""Templates to HTML: one synchronous Jinja environment a language, for pages and frames alike.

What is live is rendered from a template and one frozen value, and remembered: a page, a reload and a frame that show
the same value show the same bytes.
"""

import io
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from app.config import ROOT
from app.desk import addresses

LANGUAGES = ("en", "ru")
REMEMBERED = 16_000_000  # bytes of rendered values; what they were rendered from takes as much again at most


class Renderer:
    """values: what every template may use beside its own values (such as asset)."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.rendered = 0  # how often a live value was rendered anew; the tests count it
        self._catalogues = {language: catalogue(language) for language in LANGUAGES}
        self._environments = {language: self._environment(language, values) for language in LANGUAGES}
        self._remembered = Remembered(self._render_value)

    def page(self, template: str, language: str, **values: Any) -> str:
        return self._environments[language].get_template(template).render(values)

    def value(self, template: str, value: object, language: str) -> Markup:
        """What is live, or dear. The template sees it as `it`, and nothing else about who looks or when."""
        return self._remembered(template, value, language)

    def forget(self) -> None:
        """What was remembered; it is rendered anew when somebody looks at it."""
        self._remembered = Remembered(self._render_value)

    def compile(self, template: str) -> None:
        """Raises jinja2.TemplateError if it is none."""
        for environment in self._environments.values():
            environment.get_template(template)

    def gettext(self, language: str) -> Callable[[str], str]:
        return self._catalogues[language].gettext

    def _render_value(self, template: str, value: object, language: str) -> Markup:
        self.rendered += 1
        text = self._environments[language].get_template(template).render(it=value)
        return Markup(text.strip())  # noqa: S704 - rendered with autoescape

    def _environment(self, language: str, values: Mapping[str, Any]) -> Environment:
        environment = Spoken(
            loader=FileSystemLoader(ROOT / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.globals.update(values, **_spoken(self._catalogues[language]), lang=language)
        environment.globals["piece"] = lambda template, it: self.value(template, it, language)
        environment.globals["icon"] = lambda name: self.value("icon.html", name, language)
        environment.filters.update(address=addresses.shown, moment=moment, utc=utc)
        return environment


class Spoken(Environment):
    """Templates in one language: what is the same in every page is done once, when they are compiled.

    A text without variables, an icon, the address of a file and an included template are put where they are named.
    """

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template: nodes.Template = _Settled(self).visit(super()._parse(source, name, filename))
        return template

    def included(self, name: str) -> list[nodes.Node]:
        source, filename, _ = cast(FileSystemLoader, self.loader).get_source(self, name)
        return self._parse(source, name, filename).body


class _Settled(NodeTransformer):
    def __init__(self, environment: Spoken) -> None:
        self._environment = environment
        self._said = cast(Mapping[str, Callable[..., Markup]], environment.globals)

    def visit_Include(self, node: nodes.Include) -> nodes.Node:  # noqa: N802 - as Jinja calls it
        match node.template:
            case nodes.Const(value=str(name)):
                return nodes.Scope(self._environment.included(name), lineno=node.lineno)
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - as Jinja calls it
        match node:
            case nodes.Call(
                node=nodes.Name(name="_" | "pgettext" | "asset" | "icon" as function),
                kwargs=[],
                dyn_args=None,
                dyn_kwargs=None,
            ):
                texts = [it.value for it in node.args if isinstance(it, nodes.Const)]
                if len(texts) == len(node.args):
                    return nodes.MarkSafe(nodes.Const(str(self._said[function](*texts))), lineno=node.lineno)
        return self.generic_visit(node)


class Remembered:
    """A function's last results, as much as REMEMBERED says: one message may be as large as a thousand others."""

    def __init__(self, function: Callable[..., Markup]) -> None:
        self._function = function
        self._results: OrderedDict[Hashable, Markup] = OrderedDict()
        self.size = 0  # bytes

    def __call__(self, *asked: Hashable) -> Markup:
        result = self._results.get(asked)
        if result is not None:
            self._results.move_to_end(asked)
            return result
        result = self._results[asked] = self._function(*asked)
        self.size += sys.getsizeof(result)
        while self.size > REMEMBERED:
            self.size -= sys.getsizeof(self._results.popitem(last=False)[1])
        return result


def _spoken(catalogue: NullTranslations) -> dict[str, Callable[..., Markup]]:
    """What templates say texts by. Jinja's own extension looks each text up anew, through two calls with the context.

    As in its new style: a text is markup, its variables are escaped, and % stands in it as %%.
    """

    @cache
    def pgettext(kind: str, text: str) -> Markup:
        return Markup(catalogue.pgettext(kind, text) if kind else catalogue.gettext(text)) % {}  # noqa: S704 - our own

    def gettext(text: str, **values: object) -> Markup:
        return Markup(catalogue.gettext(text)) % values if values else pgettext("", text)  # noqa: S704 - our own

    def ngettext(one: str, many: str, num: int, **values: object) -> Markup:
        return Markup(catalogue.ngettext(one, many, num)) % {"num": num, **values}  # noqa: S704 - our own

    return {"_": gettext, "gettext": gettext, "ngettext": ngettext, "pgettext": pgettext}


@cache
def catalogue(language: str) -> NullTranslations:
    """The translations of a language, read from its .po file once; English is what the templates say."""
    path = ROOT / "app" / "translations" / f"{language}.po"
    if not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def moment(microseconds: int) -> str:
    """For the datetime attribute of <time> (HTML: a global date and time)."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc(microseconds: int) -> str:
    """For people whose browser runs no script; others see their own zone and locale."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))
