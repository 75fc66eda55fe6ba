"""What people write, as HTML that is safe to show anywhere.

This package imports nothing of the desk: it runs in a process of its own (child.py), since a text can be made to keep a
renderer busy. What stands in this file is all that the desk itself needs of it.
"""

import re

VERSION = 2  # of the rules: whoever changes what they make of any text raises it, and every text is rendered anew

_BREAK = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")


def lines(text: str) -> str:
    """The text with every kind of line break as the plain one."""
    return _BREAK.sub("\n", text)


def plain(text: str) -> str:
    """The text as it was typed, with its line breaks."""
    if not text:
        return ""
    escaped = lines(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<p dir="auto">{escaped.replace(chr(10), f"<br>{chr(10)}")}</p>'
