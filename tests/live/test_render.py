"""What is rendered is remembered by its size: large messages fill no memory, ordinary ones are rendered once."""

import sys

from markupsafe import Markup

from app.live import render
from app.live.render import Remembered


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
