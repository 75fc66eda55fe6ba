"""What is rendered is remembered by its size: large messages fill no memory, ordinary ones are rendered once."""

import sys

from jinja2 import DictLoader, Environment
from markupsafe import Markup

from app.live import render
from app.live.render import Remembered, Renderer, Spoken


def test_so_many_bytes_are_remembered_and_the_last_used_longest(monkeypatch):
    monkeypatch.setattr(render, "REMEMBERED", 10_000)
    made = []

    def make(name: str, size: int) -> Markup:
        made.append(name)
        return Markup("x" * size)

    remembered = Remembered(make)
    for name in "abcdefgh":
        assert remembered(name, 1000) == "x" * 1000
        remembered("a", 1000)
    assert made == [*"abcdefgh"] and remembered.size < 10_000
    remembered("large", 5000)
    remembered("a", 1000)
    assert made[8:] == ["large"]
    remembered("b", 1000)
    assert made[9:] == ["b"]
    assert len(remembered("larger than all", 20_000)) == 20_000
    assert remembered.size == 0
    remembered("a", 1000)
    assert made[-1] == "a" and remembered.size == sys.getsizeof(Markup("x" * 1000))


def test_a_text_without_variables_is_translated_once_and_is_what_it_would_be_each_time():
    asked = []

    def gettext(text: str, **values: object) -> Markup:
        asked.append(text)
        said = {"Send": "Отправить", "a & b": "а &amp; <b>б</b>"}
        return Markup(said.get(text, text)) % values

    spoken = render.Spoken(autoescape=True)
    spoken.globals["_"] = gettext
    template = spoken.from_string(
        """{{ _("Send") }}<i title="{{ _('Send') }}">{{ _("a & b") }}</i>{% set word = _("Send") %}{{ word }}"""
        """{{ {"x": _("Send")}["x"] }}{{ _("%(n)s new", n=n) }}{{ _(text) }}"""
    )
    once = len(asked)
    for _ in range(2):
        assert template.render(n="<3>", text="Send") == (
            'Отправить<i title="Отправить">а &amp; <b>б</b></i>ОтправитьОтправить&lt;3&gt; newОтправить'
        )
    assert (once, asked[once:]) == (5, ["%(n)s new", "Send"] * 2)


def test_an_included_template_says_what_it_says_by_itself():
    """It is put in its place when the template around it is compiled; what it sets stays its own."""
    pages = DictLoader(
        {
            "page": "{% set x = 'outer' %}{% with y = 1 %}{% include 'piece' %}{% endwith %}, {{ x }}",
            "piece": "{% if y %}{% set x = 'inner' %}{{ x }} {{ y }} {{ z }}{% endif %}\n",
        }
    )
    html = {made: made(loader=pages).get_template("page").render(z="<z>") for made in (Spoken, Environment)}
    assert html[Spoken] == html[Environment]


def test_a_page_asks_for_no_icon_and_no_file_again():
    asked = []

    def asset(name):
        asked.append(name)
        return f"/static/1/{name}"

    renderer = Renderer({"asset": asset})
    environment = renderer._environments["en"]
    page = environment.from_string('{{ asset("a.css") }}{% for n in (1, 2) %}{{ icon("menu") }}{% endfor %}')
    assert asked == ["a.css"]
    renderer.forget()
    rendered = renderer.rendered
    assert page.render() == page.render() == "/static/1/a.css" + 2 * renderer.value("icon.html", "menu", "en")
    assert renderer.rendered == rendered + 1
