"""What people paste into a support desk is shown as it was typed, to the last space."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.markup import lines, plain
from app.markup.html import to_html

from .reading import parsed, read, tags, typed_again

PASTED = {
    "a signature": "Thanks\n--\nAnna",
    "a line under words": "Name\n----\nx\n====\ny",
    "words between lines": "Above\n---\nbelow\n***\n___\n- - -\n* * *",
    "a log": "[ERROR]: timeout\n[12:03:44] *** restarting ***\n2024-01-02 03:04:05,678 WARN  [main] a_b_c - x=1",
    "entities": "&lt;b&gt; &amp; &nbsp; &copy; AT&T &#x27;",
    "paths": "\\\\server\\x C:\\Users\\_svc\\*.* \\_not\\_ C:\\_a\\_b_ /usr/lib/python3/__init__.py ~/_x_/y ~/.config",
    "globs": "*.py and *.js, src/*.py,lib/*.js **/*.ts !*.log /*comment*/ .*foo.*",
    "sums": "2*3*4 = 24, x**2 + y**2 = z**2, (a*b)*(c*d), 2*(3+4)*5, 5 * 3 * 2, (1)*(2)*(3), a*b*c, 3*x_1*y_2",
    "names": "snake_case __init__ __name__ == '__main__' _STDIO_H_ my__var _a MY_CONST_ $_GET[_x] a_*b_*c",
    "code": "def f(*args, **kwargs): int *p, **q; f(*a, *b); SELECT * FROM t WHERE a*b > 0; `unclosed ``and b",
    "stars": "Password: ******** Price* *** Rating: 4*, 5* ****** **",
    "tildes": "~~~ a ~ b ~~ c ~5 ~~~~",
    "apostrophes": "I don`t know, you can`t, it`s",
    "a stack trace": (
        'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\n    main()\n'
        "    ~~~~^^\nValueError: 1 > 2\n\tat com.example.Foo.bar(Foo.java:12)\n\t... 3 more"
    ),
    "YAML": "services:\n  web:\n    image: nginx:1.2\n    ports:\n      - 80:80\n      - 443:443\n  - x: 'y'",
    "YAML from its start": "---\nname: x\non:\n  - push\n  * alias\nkey: *ref\nother: &anchor",
    "a first indent": "    indented\n  less\nnone",
    "a tab": "\tone\n\t\ttwo\n a\tb",
    "a diff": "--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n def f():\n-    return 1\n+    return 2\n- a\n+ b\n  c",
    "a short diff": "- timeout: 30\n+ timeout: 60",
    "a shell": "$ ls *.txt > out && cat out | grep x\nroot@host:~# reboot\n# systemctl restart nginx\nPS C:\\> dir",
    "Python": ">>> x = 2**3\n>>> x * 2\n16\n>>> y",
    "comparisons": ">= 3.11\n>90?\n<= 2\n=> x\n-> y\n>/dev/null\n>:(\n<- z",
    "cron": "* * * * * /usr/bin/x\n*/5 * * * * y\n0 4 * * 1-5 z",
    "numbers": "1) one\n2) two\n01. zero one\n2024. A year.\n1.5 is more\n1.\n12.50 €",
    "bullets": "+ plus\n• dot\n-none\n*none\n-\n*\n-  two spaces",
    "comments": "# one\nkey = 1\n#two\n####### seven\n##\n#",
    "brackets": "[ ] todo [x] done [x](y) [a][b] [^1]: note [label]: https://a [](https://) ![alt](x.png)",
    "HTML": "<b>bold</b> <!-- no --> <br> </p> <https>",
    "columns": "id   name      sum\n--   ----      ---\n1    a  b      2",
    "a table of a database": " id | name\n----+------\n  1 | x\n(1 row)",
    "bars": "a | b\nc | d || e\n|x|\n||\n|",
    "escapes": "\\* \\_ \\` \\[ \\# 1\\. \\\\ \\n",
    "mail": "From: Anna <anna> wrote:\n_________\n----- Original Message -----",
    "other letters": "مرحبا\nשלום 2*3*4\n日本語 C:\\_x\nไทย __init__.py",
}


@pytest.mark.parametrize("name", PASTED)
def test_what_is_pasted_is_shown_to_the_last_space(name):
    typed = PASTED[name]
    assert read(typed) == typed
    assert set(tags(typed)) <= {"p", "a"}
    assert parsed(plain(typed)).text_content() == typed


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_every_kind_of_line_break_is_one(end):
    for made in (to_html, plain):
        assert made(f"a{end}b") == '<p dir="auto">a<br>\nb</p>'
    assert tags(f"- a{end}- b") == ["ul", "li", "p", "li", "p"]
    assert tags(f"a{end}{end}b") == ["p", "p"]


def test_spaces_inside_containers_are_as_typed_too():
    assert read("> a:\n>   b: 1\n>     c: 2\n>\n>\td").split("\n")[1:4] == ["a:", "  b: 1", "    c: 2"]
    assert "\n    two\n" in read("- one\n      two\n- three") and "  b  c" in read("- a\n    b  c")
    assert read("```\n  a\n\tb\n\n c\n```") == "  a\n\tb\n\n c\n"


LETTERS = st.sampled_from(
    [*"ab1 .\n\t*_~`#>-+|[]()!:;,=<&\\/\"'éж重שก🙂«»“”", "\n\n", "\n- ", "\n> ", "\n7. ", "```", "**"]
)
LARGER = st.sampled_from(
    [*PASTED.values(), "https://a.example/x", "[a](https://b.example)", "anna@pult.org", "|a|\n|-|\n"]
)
TEXTS = st.lists(LETTERS | LARGER, max_size=40).map("".join)
MARKUP = set("*_~`#>-|[]()")  # what syntax is made of


def kept(text: str) -> str:
    """What no syntax is made of."""
    return "".join(character for character in text if character not in MARKUP and not character.isspace())


@settings(max_examples=400, deadline=None)
@given(typed=TEXTS)
def test_nothing_that_was_typed_vanishes(typed):
    """Letters, digits, and signs that are no markup stand in the page, in their order."""
    typed = "".join(character for character in typed if character != "\x00")
    assert kept(typed_again(parsed(to_html(typed)))) == kept(lines(typed))


@settings(max_examples=400, deadline=None)
@given(typed=TEXTS)
def test_what_is_markup_for_one_is_none_for_two_sides_of_it(typed):
    """No mark vanishes alone: what is left out of the page stands on both sides of what it marks."""
    again, shown = typed_again(parsed(to_html(typed))), lines(typed)
    for mark in "*_~`":
        assert again.replace("_", "*").count(mark) <= shown.replace("_", "*").count(mark) or mark == "`"
    missing = {mark: shown.count(mark) - again.count(mark) for mark in "*_~"}
    assert missing["*"] + missing["_"] == 0 and missing["~"] == 0
