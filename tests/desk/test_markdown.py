"""Markdown as people type it shows as it should, and nothing that people type can act (ASVS 1.3.1)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from app.markup.html import to_html

ALLOWED = {"a": {"href", "rel", "target"}, "ol": {"start"}, "p": {"dir"}}
SCHEMES = {"http", "https", "mailto", "tel"}

# Known attacks: the OWASP filter evasion sheet, PortSwigger's cheat sheet, Markdown renderers' own past holes.
ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)//",
    '<IMG """><SCRIPT>alert(1)</SCRIPT>">',
    "<svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext></mtext><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='javascript:alert(1)'></object>",
    "<embed src='data:text/html,<script>alert(1)</script>'>",
    "<form action=/logout method=post><button>Click</button></form>",
    "<base href='//evil.example/'>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css'</style>",
    "<div style='position:fixed;inset:0'>x</div>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='#' hx-post='/logout' hx-trigger='load'>x</a>",
    "<div hx-get='/me' data-hx-get='/me' hx-on:click='alert(1)' hx-trigger='load'>x</div>",
    "<div hx-ws:connect='//evil.example' ws-connect='//evil.example' sse-connect='//evil.example'>x</div>",
    "<hx-partial hx-target='body'>x</hx-partial>",
    "<template id=live><p>x</p></template>",
    "<p id='live' class='note' data-state='connected' name='cookie'>x</p>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](&#x6A&#x61&#x76&#x61script:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](sms:+1900) [x](irc://evil.example) [x](market://x)",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    '[x](https://a.example/ "onmouseover=alert(1)")',
    '[x](https://a.example/"onmouseover="alert(1))',
    "[x](https://a.example/'><script>alert(1)</script>)",
    "![x](https://evil.example/pixel.png)",
    "![x](javascript:alert(1))",
    '![x](https://a.example/x.png "a<b")',
    '[x](https://a.example "<img src=x onerror=alert(1)>")',
    "`<script>alert(1)</script>`",
    "```html\" onload=alert(1)\n<script>alert(1)</script>\n```",
    "```\"><script>\n</code></pre><script>alert(1)</script>\n```",
    "https://a.example/<script>alert(1)</script>",
    "www.a.example\"onclick=\"alert(1)",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?><x y='z'>",
    "|a|b|\n|-|:-:|\n|<img src=x onerror=alert(1)>|[x](javascript:1)|",
    "# x {#live .note onclick=alert(1)}",
    "\x00<script>alert(1)</script>",
    "\u2028<svg onload=alert(1)>\ufeff",
]  # fmt: skip
words = st.sampled_from(
    [
        *ATTACKS,
        *("<", ">", '"', "'", "`", "```", "](", "[", "![", ")", "&", ";", "\n", "\n\n", " ", "\t", "*", "|", "-", "#"),
        *("javascript:", "data:", "https://", "onerror=", "style=", "hx-get=", "id=", "x", "ж", "\\", "1.", "&#x3c;"),
    ]
)  # fmt: skip
typed = st.one_of(
    st.lists(words, max_size=12).map("".join), st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
)


def is_harmless(shown: str) -> None:
    """Nothing but the listed elements with the listed attributes, whose values no browser could misread."""
    for element in html.fragment_fromstring(shown.replace("\x00", ""), create_parent="main").iter():
        assert isinstance(element.tag, str), f"a comment or an instruction in {shown!r}"
        if element.tag == "main":
            continue
        assert element.tag not in ("script", "style", "img", "iframe", "svg", "form", "input", "template", "base")
        assert set(element.attrib) <= ALLOWED.get(element.tag, set()), shown
        if element.tag == "a" and "href" in element.attrib:
            address = re.sub(r"[\x00-\x20]", "", element.attrib["href"])  # which browsers pass over
            scheme = re.match(r"([a-z][a-z0-9+.-]*):", address.lower())
            assert scheme is None or scheme[1] in SCHEMES, shown
            assert element.attrib["rel"] == "noopener noreferrer nofollow" and element.attrib["target"] == "_blank"
    for tag in re.findall(r"<[a-z][^>]*>", shown):
        for value in re.findall(r'="([^"]*)"', tag):
            assert "<" not in value, shown


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_known_attack_is_only_text(attack):
    for text in (attack, f"Hello\n\n> {attack}", f"- {attack}\n  {attack}", f"**{attack}**"):
        is_harmless(to_html(text))


@given(text=typed)
def test_whatever_is_typed_is_harmless(text):
    is_harmless(to_html(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Hello\nthere", '<p dir="auto">Hello<br>\nthere</p>'),
        (
            "**bold** *em* ~~gone~~ `code`",
            '<p dir="auto"><strong>bold</strong> <em>em</em> <s>gone</s> <code>code</code></p>',
        ),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. c", '<ol start="3">\n<li>c</li>\n</ol>'),
        ("> said", '<blockquote>\n<p dir="auto">said</p>\n</blockquote>'),
        ("```py\nx < 1\n```", "<pre><code>x &lt; 1\n</code></pre>"),
        ("1 < 2 & 3", '<p dir="auto">1 &lt; 2 &amp; 3</p>'),
        ("<b>not bold</b>", '<p dir="auto">&lt;b&gt;not bold&lt;/b&gt;</p>'),
    ],
)
def test_markdown_shows_as_it_should(text, shown):
    assert to_html(text).strip() == shown


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("[here](https://a.example/x?y=1&z=2)", "https://a.example/x?y=1&z=2"),
        ("See https://a.example/x.", "https://a.example/x"),
        ("<https://a.example>", "https://a.example"),
        ("mail anna@pult.org", "mailto:anna@pult.org"),
        ("[call](tel:+4930123)", "tel:+4930123"),
    ],
)
def test_a_link_opens_elsewhere_and_tells_nothing(text, href):
    [link] = html.fragment_fromstring(to_html(text), create_parent=True).iter("a")
    assert dict(link.attrib) == {"href": href, "rel": "noopener noreferrer nofollow", "target": "_blank"}


def test_a_picture_becomes_a_link_so_that_its_server_hears_nothing():
    shown = to_html("![Screen](https://a.example/x.png)")
    [link] = html.fragment_fromstring(shown, create_parent=True).iter("a")
    assert link.attrib["href"] == "https://a.example/x.png" and link.text == "Screen"


def test_a_table_shows_as_a_table():
    shown = to_html("|a|b|\n|-|:-:|\n|1|2|")
    assert "<table>" in shown and shown.count("<td>") == 2 and "style" not in shown


def test_a_text_made_to_keep_the_desk_busy_is_shown_without_looking_for_its_links():
    """The parser takes many seconds for a hundred thousand brackets, in which nobody else would be served."""
    link = "[x](https://a.example) "
    assert to_html(link * 1000).count("<a") == 1000 and "[" not in to_html(link * 1000)
    assert to_html(link * 1001).count("[x](") == 1001
