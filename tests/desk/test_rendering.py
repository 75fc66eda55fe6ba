"""Texts are rendered in a process of its own, which may hang, die and be made to work hard: nobody else notices."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from app.desk import rendering
from app.desk.rendering import Lane, Made
from app.markup import VERSION, child, plain

LONG = "word " * 1000
BOLD = '<p dir="auto"><strong>bold</strong></p>'


@pytest.fixture
def lane(monkeypatch):
    """One of our own, whose process ends with the test."""
    monkeypatch.setattr(rendering, "PATIENCE", 30.0)  # this machine may be busy
    monkeypatch.setattr(rendering, "START", 60.0)
    lane = Lane()
    yield lane
    lane.end()


async def rendered(lane: Lane, text: str) -> Made:
    [made] = await lane.make([text])
    return made


def process(lane: Lane) -> int:
    assert lane._child
    return lane._child._process.pid


def memory(pid: int) -> int:
    """kB that a process holds."""
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1])


def there_is(pid: int) -> bool:
    """Whether a process runs, or waits to be buried."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_one_process_begins_with_the_first_text_and_serves_all_that_follow(lane, log):
    assert lane._child is None
    assert await rendered(lane, "**bold**") == Made(BOLD, VERSION)
    first = process(lane)
    assert first != os.getpid() and os.getpgid(first) == first  # Ctrl+C does not reach it
    texts = ["", "x" * 30_000, "🙂" * 30_000, "no \ud800 character"]
    assert await lane.make(texts) == [Made(plain(text), VERSION) for text in texts]
    assert "a text of 14 characters is shown as it was typed: UnicodeEncodeError" in log.text
    answers = await asyncio.gather(*(rendered(lane, f"**{number}**") for number in range(20)))
    assert [made.html for made in answers] == [f'<p dir="auto"><strong>{number}</strong></p>' for number in range(20)]
    assert process(lane) == first
    lane.end()
    assert not there_is(first)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_process_that_was_killed_is_replaced_and_no_text_suffers(lane, how, log):
    await rendered(lane, "x")
    killed = process(lane)
    os.kill(killed, how)
    assert await rendered(lane, "**bold**") == Made(BOLD, VERSION)
    assert process(lane) != killed and not there_is(killed)
    assert f"a process that renders ended with {-how}" in log.text


async def test_a_text_that_takes_too_long_is_shown_as_typed_and_the_next_is_not_touched(lane, monkeypatch, log):
    await rendered(lane, "x")
    hung = process(lane)
    monkeypatch.setattr(rendering, "PATIENCE", 0.2)
    os.kill(hung, signal.SIGSTOP)  # it neither reads nor answers
    text = "secret **words**\n" * 9000  # more than a pipe holds
    assert await rendered(lane, text) == Made(plain(text), 0)
    assert not there_is(hung)
    monkeypatch.setattr(rendering, "PATIENCE", 30.0)
    assert await rendered(lane, "**bold**") == Made(BOLD, VERSION)
    assert "was not rendered: TimeoutError" in log.text and "secret" not in log.text


async def test_where_no_process_can_begin_texts_are_shown_as_typed(lane, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere")
    assert await rendered(lane, "a < **b**\nc") == Made('<p dir="auto">a &lt; **b**<br>\nc</p>', 0)
    monkeypatch.setattr(sys, "executable", "/bin/false")  # begins, and ends at once
    assert (await rendered(lane, "x")).renderer == 0
    assert lane._child is None


async def test_who_writes_two_lines_does_not_wait_for_a_text_that_takes_long(monkeypatch):
    slow, quick = Lane(), Lane()
    monkeypatch.setattr(rendering, "_slow", slow)
    monkeypatch.setattr(rendering, "_quick", quick)
    monkeypatch.setattr(rendering, "PATIENCE", 30.0)
    try:
        await rendering.made(LONG)
        assert quick._child is None
        os.kill(process(slow), signal.SIGSTOP)
        waiting = asyncio.create_task(rendering.made(LONG))
        assert (await rendering.made("**bold**")).html == BOLD
        assert not waiting.done()
        os.kill(process(slow), signal.SIGCONT)
        assert (await waiting).renderer == VERSION
    finally:
        slow.end()
        quick.end()


async def test_what_a_hostile_text_takes_is_given_back(lane):
    hostile = [("- a\n" * 7500), ("[" * 30_000), ("> " * 15_000), ("|a" * 15_000), ("*a* `b` ~~c~~ " * 2000)]
    await lane.make(hostile * 2)
    before = memory(process(lane))
    await lane.make(hostile * 4)
    assert memory(process(lane)) < before + 3000


def test_a_text_has_so_much_of_the_processor_and_no_more(monkeypatch):
    monkeypatch.setattr(child, "SECONDS", 0.05)
    handler = signal.signal(signal.SIGVTALRM, child._stop)
    try:
        monkeypatch.setattr(child, "to_html", spin)
        begun = time.process_time()
        assert child.render("a **b**") == "!TooMuch"
        assert time.process_time() - begun < 2
        monkeypatch.setattr(child, "to_html", lambda _: [] * 2**62 + ["x"] * 2**62)  # more than there is
        assert child.render("a") == "!MemoryError"
        assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)
    finally:
        signal.signal(signal.SIGVTALRM, handler)


def spin(_: str) -> str:
    while True:
        pass
