"""The promise on a busy desk. Short here; `make soak` lets it blow (PULT_SOAK: how many waves a seed)."""

import os
import random
from itertools import product

import pytest

from app.desk.events import What
from app.live import journal
from tests.live.actions import Desk
from tests.live.reads import suspend
from tests.live.storm import Storm, false_for_good

WAVES = int(os.environ.get("PULT_SOAK", "0")) or 2
TICKETS = 8  # a wave; twice as many pages are opened

# Open all along. The queries of the last four are not over at once, so that rounds take their time.
STANDING = ("/tickets", "/tickets?view=mine", "/tickets?q=v", "/tickets?view=all&tag=vpn&sort=updated")
STANDING += ("/tickets?view=all&priority=high", "/tickets?view=all&assignee=none")
THEIRS = ("/tickets", "/tickets?view=all&sort=-created", "/tickets?q=vpn")


@pytest.mark.parametrize("seed", range(2))
async def test_pages_opened_while_people_work_are_true_and_told_everything_once(seed, served, open_, monkeypatch):
    cast, desk = served.cast, Desk(served.cast, random.Random(seed))
    for number in range(16):
        await desk.open(cast.anna, requester="clara@pult.example", **({"tags": "vpn"} if number % 2 else {}))
    suspend(monkeypatch, desk.chance, longest=0.01)
    standing = [await open_(cast.anna, path) for path in STANDING]
    watching = await open_(cast.anna, "/tickets/1")
    await watching.ask(action="subscribe", ticket=2)
    began = watching.cursor
    storm = Storm(desk, open_, [*product([cast.vera, cast.boris], STANDING), *product([cast.clara], THEIRS)])
    false, opened = [], 0
    for _ in range(WAVES):
        pages = await storm.wave(TICKETS)
        false += await false_for_good([*pages, *standing, watching])
        opened += len(pages)
        for page in pages:
            await page.cut()
        async with served.relay._lock:
            for _ in range(2):
                served.relay.registry.forget(served.relay.hub.shown(), -1)  # as a minute later
    print(f"{len(false)} of {opened} pages stayed false")  # noqa: T201
    assert not false
    await watching.caught_up()
    events = [it for it in await journal.after(began, 100_000) if it.ticket in (1, 2) and it.id <= watching.cursor]
    told = [it for it in events if it.what != What.COMMENT_RENDERED]  # which changes a text's HTML, and nothing of it
    assert watching.happened == [f"{it.what}:{it.ticket}" for it in told]
