"""Markdown here is what people mean: what is marked on purpose shows so, next to what stands as it was typed."""

import hashlib

import pytest

from app.markup import VERSION, plain
from app.markup.html import to_html

from .reading import parsed, read, tags
from .test_as_typed import PASTED
from .test_links import LINKS, NONE
from .test_safety import ATTACKS

MARKED = {
    "*important*": "em",
    "_important_": "em",
    "**bold**": "strong",
    "~~gone~~": "s",
    "`code`": "code",
    "***both***": "em strong",
    "**_both_**": "strong em",
    "_**both**_": "em strong",
    "*~~both~~*": "em s",
    "*two words*": "em",
    "**two *and* one**": "strong em",
}
AROUND = [
    "{}",
    "{}.",
    "({})",
    '"{}"',
    "«{}»",
    "„{}“",
    "“{}”",
    "a {}, b",
    "— {} —",
    "a: {}!",
    "{}?!",
    "¿{}?",
    "{}…",
    "{} {}",
]


@pytest.mark.parametrize("marked", MARKED)
def test_marks_at_the_edges_of_words_work_next_to_any_punctuation(marked):
    words = marked.strip("*_~`")
    for around in AROUND:
        typed = around.format(marked, marked)
        assert tags(typed) == ["p", *MARKED[marked].split() * around.count("{}")], typed
        assert read(typed).replace("*", "") == around.format(words, words).replace("*", ""), typed


@pytest.mark.parametrize(
    "typed",
    [
        *("это *важно* и **нужно**", "«**важно**», ~~нет~~!", "это — *важно*."),
        *(
            "这是**重要**的",
            "这是*重要*的。",
            "请看**“重要”**的。",
            "これは**重要**です",
            "**重要。**请看",
            "「*重要*」",
        ),
        *("زر *مهم* الآن", "זה **חשוב** מאוד", "นี่คือ *สำคัญ* มาก", "यह **ज़रूरी** है"),
        *(
            "**John**'s",
            "**Ben’s** and *Ann*’s",
            "**100 %**",
            "*C++*",
            "**#5**",
            "**«да»**",
            "*🙂*",
            "*a.*",
            "**Note:** x",
        ),
    ],
)
def test_words_of_every_script_can_be_marked(typed):
    assert {"em", "strong"} & set(tags(typed)) and "*" not in read(typed)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("- a\n- b", "ul(li(p(a)) li(p(b)))"),
        ("* a\n* b", "ul(li(p(a)) li(p(b)))"),
        ("- a\n  - b\n    - c\n- d", "ul(li(p(a) ul(li(p(b) ul(li(p(c)))))) li(p(d)))"),
        ("- a\n    - b", "ul(li(p(a) ul(li(p(b)))))"),
        ("- name: web\n  ports:\n    - 80:80", "ul(li(p(name: web|ports:|  - 80:80)))"),
        ("1. a\n  - b\n2. c", "ol(li(p(a) ul(li(p(b)))) li(p(c)))"),
        ("- a\n\n- b", "ul(li(p(a)) li(p(b)))"),
        ("- a\n\n  b\n- c", "ul(li(p(a) p(b)) li(p(c)))"),
        ("- a\n  b", "ul(li(p(a|b)))"),
        ("- a\nb", "ul(li(p(a))) p(b)"),  # nothing goes on lazily
        ("  - a\n  - b", "ul(li(p(a)) li(p(b)))"),
        ("Shopping:\n- a\n- b", "p(Shopping:) ul(li(p(a)) li(p(b)))"),
        ("- [ ] a", "ul(li(p([ ] a)))"),
        ("- a\n* b", "ul(li(p(a))) ul(li(p(b)))"),
        ("> a", "blockquote(p(a))"),
        (">a\n>b", "blockquote(p(a|b))"),
        ("> question\nanswer", "blockquote(p(question)) p(answer)"),
        ("hello\n> question\nanswer", "p(hello) blockquote(p(question)) p(answer)"),
        (">> a\n> b\nc", "blockquote(blockquote(p(a)) p(b)) p(c)"),
        (">>> a\n>> b\n> c", "blockquote(blockquote(blockquote(p(a)) p(b)) p(c))"),
        ("> a\n>\n> b", "blockquote(p(a) p(b))"),
        ("> - a\n> - b", "blockquote(ul(li(p(a)) li(p(b))))"),
        ("- > a", "ul(li(blockquote(p(a))))"),
        ("## a", "h2(a)"),
        ("x\n### a\ny", "p(x) h3(a) p(y)"),
        ("# a", "h1(a)"),
        ("# a\n\nb", "h1(a) p(b)"),
        ("## I love C#", "h2(I love C#)"),
        ("a\n\n---\n\nb", "p(a) hr() p(b)"),
        ("```\na\n\n  b\n```\nc", "pre(code(a||  b|)) p(c)"),
        ("Look:\n```py\na\n```", "p(Look:) pre(code(a|))"),
        ("```a\nb```\nc", "pre(code(a|b|)) p(c)"),  # as in a chat
        ("```Error at 1\nb\n```", "pre(code(Error at 1|b|))"),
        ("```\na", "pre(code(a|))"),
        ("````\n```\na\n```\n````", "pre(code(```|a|```|))"),
        ("- a\n  ```\n  b\n  ```", "ul(li(p(a) pre(code(b|))))"),
        ("|a|b|\n|-|:-:|\n|1|2|", "table(thead(tr(th(a) th(b))) tbody(tr(td(1) td(2))))"),
        (
            "a | b\n--|--\n1 | 2 | 3\n4|\nend",
            "table(thead(tr(th(a) th(b))) tbody(tr(td(1) td(2) td(3)) tr(td(4)))) p(end)",
        ),
        ("Prices:\n|a|\n|-|", "p(Prices:) table(thead(tr(th(a))))"),
    ],
)
def test_blocks(typed, shown):
    assert " ".join(map(drawn, parsed(to_html(typed)))) == shown


def drawn(element) -> str:
    if element.tag == "br":
        return ""
    blocks = [drawn(child) for child in element if child.tag != "br"]
    words = element.text_content().replace("\n", "|") if not blocks else " ".join(blocks)
    return f"{element.tag}({words})"


def test_numbers_of_a_list_are_as_typed():
    [first] = parsed(to_html("7. seven\n9. nine\n9. again\n\n0. null\n120. more")).iterchildren()
    assert [item.get("value") for item in first] == ["7", "9", "9", "0", "120"]
    assert read("1) one") == "1) one" and read("01. one") == "01. one"


def test_each_block_has_its_own_direction():
    """What a quote or an item begins with gives it its own."""
    typed = "p\n\n> q\n>\n> r\n\n- i\n\n  j\n\n## h\n\n|a|\n|-|\n|b|"
    found = [(one.tag, one.get("dir")) for one in parsed(to_html(typed)).iter() if one.tag not in ("div", "ul")]
    auto = ["p", "blockquote", "p", "li", "p", "h2", "th", "td"]
    assert [tag for tag, dir_ in found if dir_ == "auto"] == auto
    assert [tag for tag, dir_ in found if not dir_] == ["p", "p", "table", "thead", "tr", "tbody", "tr"]


def test_what_stands_too_deep_is_as_typed():
    assert tags("> " * 20 + "a") == ["blockquote"] * 8 + ["p"] and read("> " * 20 + "a").strip() == "> " * 12 + "a"
    nested = "\n".join("  " * depth + f"- {depth}" for depth in range(20))
    assert tags(nested).count("ul") == 8 and read(nested).count("- ") == 12


HOSTILE = {
    "items": "- a\n",
    "numbers": "1. a\n",
    "nested": "".join("  " * depth + "- a\n" for depth in range(9)),
    "emphasis": "*a* ",
    "marks": "*_~~",
    "open marks": "*a ",
    "brackets": "[",
    "links": "www.a.bc ",
    "explicit": "[a](https://a.b) ",
    "quotes": "> " * 40 + "\n",
    "cells": "|a",
    "rows": "|a|\n|-|\n",
    "table": None,
    "ticks": "`a``b```c ",
    "ampersands": "&",
    "paragraphs": "a\n\n",
    "brackets after an address": None,
    "mails": "a@a.",
    "prompts": ">>>\n",
    "fences": "```\na\n```\n",
    "spaces": "a" + " " * 50,
    "tabs": "\t\t\ta\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_made_of_a_text_is_a_few_times_as_long_at_most(name):
    typed = {"table": "|a|\n|-|\n" + "|a|b|c\n" * 5000, "brackets after an address": "https://a.b/" + ")" * 30_000}
    text = (HOSTILE[name] * 30_000 if HOSTILE[name] else typed[name])[:30_000]
    assert len(to_html(text)) <= max(3 * len(text) + 10_000, len(plain(text))) <= 151_000


MADE = {2: "fa2fd9c7038599eb"}  # version -> what it makes of everything in these tests, as a digest


def test_who_changes_what_is_made_of_a_text_raises_the_version():
    """Else desks would go on showing what the older rules made of it; also for another version of a library."""
    typed = [*PASTED.values(), *MARKED, *ATTACKS, *LINKS, *NONE, *(kind or "" for kind in HOSTILE.values())]
    digest = hashlib.sha256("\n".join(map(to_html, typed)).encode()).hexdigest()[:16]
    assert {VERSION: digest} == MADE
