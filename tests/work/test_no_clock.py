"""What pages show depends on the database alone: what a moment brings is written, and nobody asks what time it is."""

import ast
import re

import pytest

from app.config import ROOT

SHOWING = ("queries", "filters", "threads", "policy", "search", "names", "days", "midnight")
FILES = [ROOT / "app" / "desk" / f"{name}.py" for name in SHOWING]
FILES += [path for path in (ROOT / "app" / "live" / "regions").glob("*.py") if path.stem != "__init__"]
FILES.append(ROOT / "app" / "live" / "content.py")
CLOCKS = {"time", "datetime", "calendar"}
SQL = re.compile(r"\bCURRENT_|\bnow\s*\(|'now'|\bjulianday\b|\bstrftime\b", re.IGNORECASE)


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_what_computes_what_pages_show_has_no_clock(file):
    module = ast.parse(file.read_text())
    for node in ast.walk(module):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in node.names} | {getattr(node, "module", "")}
            assert not names & CLOCKS, node.lineno
        if isinstance(node, ast.Attribute):
            assert node.attr != "now", node.lineno
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not SQL.search(node.value), node.lineno


def test_no_template_asks_for_the_time():
    for template in (ROOT / "templates").rglob("*.html"):
        for code in re.findall(r"{[{%](.*?)[%}]}", template.read_text(), re.DOTALL):
            outside = re.sub(r'"[^"]*"|\'[^\']*\'', "", code)
            assert not re.search(r"\b(now|today|time|datetime)\b", outside), template
