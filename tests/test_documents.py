"""What the documents say of the tests is true."""

import ast
import re

import pytest

from app.config import ROOT

ROW = re.compile(r"^\| (\d[\d., ]+) \| .* \| `(tests/[\w/]+\.py)(?:::(\w+))?` \|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs" / "security.md").read_text())


def test_every_line_of_the_table_is_read():
    table = (ROOT / "docs" / "security.md").read_text().partition("|---|---|---|\n")[2].partition("\n\n")[0]
    assert len(ROWS) == len(table.splitlines()) > 30


@pytest.mark.parametrize(("numbers", "file", "name"), ROWS, ids=lambda value: value)
def test_a_requirement_names_a_test_that_carries_its_number(numbers, file, name):
    module = ast.parse((ROOT / file).read_text())
    functions = {
        node.name: node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    said = ast.get_docstring(functions[name] if name else module) or ""
    for number in numbers.split(", "):
        assert re.search(rf"\b{re.escape(number)}\b(?!\.\d)", said), (number, file, name)
