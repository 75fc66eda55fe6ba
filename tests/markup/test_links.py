"""Links lead to what is surely an address, and hold nothing of the sentence around it."""

import pytest

from app.markup.html import to_html

from .reading import parsed, read

# What is typed -> where its one link leads; the words of the link are the address as it was typed.
LINKS = {
    "https://a.example": "https://a.example",
    "See https://a.example/x.": "https://a.example/x",
    "HTTP://A.example/X?y=1&z=2#w": "HTTP://A.example/X?y=1&z=2#w",
    "(https://a.example/x)": "https://a.example/x",
    "https://a.example/x_(y) z": "https://a.example/x_(y)",
    "(see https://a.example/x_(y))": "https://a.example/x_(y)",
    "[https://a.example/x]": "https://a.example/x",
    "<https://a.example>": "https://a.example",
    "https://a.example/x/": "https://a.example/x/",
    "https://a.example/?a[]=1": "https://a.example/?a[]=1",
    "https://a.example/x,y;z!": "https://a.example/x,y;z",
    "https://a.example/__init__/_x_/*y*/~z~": "https://a.example/__init__/_x_/*y*/~z",
    "http://localhost:8000/x": "http://localhost:8000/x",
    "https://10.0.0.1:8080/": "https://10.0.0.1:8080/",
    "https://ru.wikipedia.org/wiki/Привет, там": "https://ru.wikipedia.org/wiki/Привет",
    "https://пример.рф/путь": "https://пример.рф/путь",
    "https://bücher.example": "https://bücher.example",
    "https://zh.wikipedia.org/wiki/中文。": "https://zh.wikipedia.org/wiki/中文",
    "请看https://a.example，谢谢": "https://a.example",
    "访问https://a.example查看": "https://a.example",
    "www.example.com.": "http://www.example.com",
    "www.example.com/x?y": "http://www.example.com/x?y",
    "anna@pult.org": "mailto:anna@pult.org",
    "Anna <anna.berg+x@mail.pult.org>,": "mailto:anna.berg+x@mail.pult.org",
    "o'neil@pult.org?": "mailto:o'neil@pult.org",
    "anna@bücher.example": "mailto:anna@bücher.example",
    "mail anna@pult.org: now": "mailto:anna@pult.org",
    "**https://a.example/x**": "https://a.example/x",
    "*anna@pult.org*": "mailto:anna@pult.org",
    "~~https://a.example~~": "https://a.example",
    "|https://a.example|": "https://a.example",
    "“https://a.example”": "https://a.example",
    "„https://a.example“": "https://a.example",
    "«https://a.example»": "https://a.example",
    "»https://a.example«": "https://a.example",
    "‹https://a.example›": "https://a.example",
    "‘https://a.example’": "https://a.example",
    "'https://a.example'": "https://a.example",
    '"https://a.example"': "https://a.example",
    "「https://a.example」": "https://a.example",
    "『https://a.example』": "https://a.example",
    "《https://a.example》": "https://a.example",
    "（https://a.example）": "https://a.example",
    "【https://a.example】": "https://a.example",
    "https://a.example…": "https://a.example",
    "https://a.example—x": "https://a.example",
}
EXPLICIT = {
    "[here](https://a.example/x?y=1&z=2)": ("here", "https://a.example/x?y=1&z=2"),
    "[two **words**](https://a.example/x_(y)).": ("two words", "https://a.example/x_(y)"),
    "[call](tel:+4930123)": ("call", "tel:+4930123"),
    "[write](mailto:anna@pult.org)": ("write", "mailto:anna@pult.org"),
    "![Screen](https://a.example/x.png)": ("Screen", "https://a.example/x.png"),  # a picture's server hears nothing
    "[https://b.example](https://a.example)": ("https://b.example", "https://a.example"),
}
NONE = [
    *("README.md", "setup.py", "deploy.sh", "file.zip", "example.com", "a.example/x", "1.2.3.4:80", "10.0.0.1"),
    *(
        "node.js",
        "foo.bar()",
        "https://",
        "https:// x",
        "http://.",
        "www.",
        "www.x",
        "wwww.example.com",
        "xhttps://a.b",
    ),
    *("user@host", "react@18.2.0", "icon@2x.png", "@types/node", "git@github.com:a/b.git", "a@b", "@anna", "x@1.2.3.4"),
    *(
        "ftp://a.example",
        "//a.example",
        "file:///etc",
        "javascript:alert(1)",
        "mailto:",
        "tel:+49",
        "a/www.example.com",
    ),
    *("[x](a.example)", "[x](javascript:alert(1))", "[x](/y)", "[x]", "[](https://)", "[x] (y)", "`https://a.example`"),
]


@pytest.mark.parametrize("typed", LINKS)
def test_an_address_is_a_link_and_nothing_around_it(typed):
    [link] = parsed(to_html(typed)).iter("a")
    assert dict(link.attrib) == {"href": LINKS[typed], "rel": "noopener noreferrer nofollow", "target": "_blank"}
    assert link.text_content() in typed and LINKS[typed].endswith(link.text_content())
    assert read(typed) == typed.replace("**", "").replace("~~", "") or typed.startswith("*")


@pytest.mark.parametrize("typed", EXPLICIT)
def test_words_lead_where_they_are_made_to(typed):
    [link] = parsed(to_html(typed)).iter("a")
    assert (link.text_content(), link.get("href")) == EXPLICIT[typed]


@pytest.mark.parametrize("typed", NONE)
def test_what_is_not_surely_an_address_is_text(typed):
    assert [link.get("href") for link in parsed(to_html(f"a {typed} b")).iter("a")] == []
    assert read(f"a {typed} b") == f"a {typed.strip('`')} b"
