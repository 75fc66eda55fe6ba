"""Builds of the desk: in which order they are, and what a page gets that another one made."""

import pytest

from app import db
from app.live import builds
from tests.live import applier
from tests.live.actions import Desk

PATHS = ("/tickets", "/tickets/1", "/tickets?q=vpn")


def span(frame: str) -> str:
    return applier.span(frame)["data-span"]


async def test_a_page_of_an_older_build_is_brought_whole_and_one_of_a_newer_build_by_steps(served, open_):
    desk, ours = Desk(served.cast), served.relay.build
    ticket = await desk.open(subject="VPN")
    for person in (served.cast.anna, served.cast.clara):
        for path in PATHS:
            page = await open_(person, path, connect=False)
            assert page.build == ours
            for build, wanted in ((ours, "step"), (ours + 1, "step"), (ours - 1, "whole"), (0, "whole")):
                page.build = build
                await desk.say(ticket)
                await page.connect()
                await page.equals_its_reload()
                assert span(page.frames[0]) == wanted and page.build == max(build, ours)
                await page.cut()
                await page.reconnect()  # and what it is now, it says from now on
                assert span(page.frames[-1]) == "step"
                await page.cut()
                page.frames.clear()


async def test_a_page_of_an_older_build_that_polls_is_brought_whole_once(served, open_):
    page = await open_(served.cast.anna, "/tickets", connect=False)
    assert await page.poll() == 204
    page.build -= 1
    assert [await page.poll(), await page.poll()] == [200, 204]
    assert span(page.frames[0]) == "whole" and page.build == served.relay.build
    for build in ("", "x", "-1", "9" * 20):
        query = {"token": page.token, "since": page.cursor, "epoch": page.epoch, "build": build}
        answer = await page.client.get("/live/frame", params=query)
        assert span(answer.text) == "whole", build


async def test_builds_are_in_the_order_in_which_they_came(desk, monkeypatch):
    async def of(content: str) -> int:
        monkeypatch.setattr(builds, "content", lambda: content)
        return await builds.number()

    one, other = await of("one"), await of("other")
    assert one < other
    assert [await of("one"), await of("other")] == [one, other]
    monkeypatch.setattr(db, "now", lambda: 1)  # a clock that was set back
    assert await of("third") > other


async def test_a_desk_that_cannot_write_has_a_build_all_the_same(desk, monkeypatch):
    monkeypatch.setattr(builds, "content", lambda: "one")
    first = await builds.number()
    monkeypatch.setattr(builds, "content", lambda: "other")

    async def full(*_: object) -> None:
        raise db.NotWritten("database or disk is full")

    monkeypatch.setattr(db, "insert_many", full)
    assert await builds.number() > first
    assert [row["content"] for row in await db.rows("SELECT content FROM build")] == ["one"]


@pytest.mark.parametrize("name", ["templates/tickets/row.html", "static/js/app.js", "app/live/kinds.py"])
def test_another_content_is_another_build(name, tmp_path, monkeypatch):
    names = set()
    for text in ("one", "one", "other"):
        for folder in builds.FOLDERS:
            (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(builds, "ROOT", tmp_path)
        names.add(builds.content.__wrapped__())
    assert len(names) == 2
