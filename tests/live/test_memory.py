"""What many open pages needed is given back when they are gone, once and not at every coming and going."""

import asyncio

from app import memory
from tests.conftest import DEADLINE
from tests.live.actions import Desk


def test_it_is_over_long_after_most_are_gone_and_only_once():
    peak = memory.HighWaterMark()
    seen = [(0, 0), (500, 1), (1000, 2), (600, 3), (499, 4), (450, 8), (501, 8.5), (400, 9), (400, 14), (400, 14.5)]
    assert [peak.is_long_over(there, when) for there, when in seen] == [False] * 8 + [True, False]
    assert not any(peak.is_long_over(there, 20 + there / 10) for there in (400, 399, 398))
    assert [peak.is_long_over(0, when) for when in (60, 61, 100, 200)] == [False, False, True, False]


def test_few_are_not_worth_a_look():
    peak = memory.HighWaterMark()
    assert not any(peak.is_long_over(there, 10 * turn) for turn, there in enumerate([99, 0, 0, 99, 0, 0]))


async def test_a_desk_gives_back_what_a_crowd_needed_and_goes_on(served, open_, monkeypatch):
    monkeypatch.setattr(memory, "MANY", 3)
    monkeypatch.setattr(memory, "LONG", 0.1)
    given_back, real = [], memory.give_back
    monkeypatch.setattr(memory, "give_back", lambda: given_back.append(real()))
    seen, look = set(), memory.HighWaterMark.is_long_over
    monkeypatch.setattr(
        memory.HighWaterMark, "is_long_over", lambda it, there, now: seen.add(there) or look(it, there, now)
    )
    ticket = await Desk(served.cast).open()
    stays, *leave = [await open_(served.cast.anna, "/tickets") for _ in range(4)]
    async with asyncio.timeout(DEADLINE):
        while 4 not in seen:
            await asyncio.sleep(0.02)
    for page in leave:
        await page.socket.close()
    async with asyncio.timeout(DEADLINE):
        while not given_back:
            await asyncio.sleep(0.02)
    await Desk(served.cast).change(ticket, priority="urgent")
    await stays.equals_its_reload()
    assert len(given_back) == 1
