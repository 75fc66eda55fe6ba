"""Reads that take a moment, as they do on a busy disk or behind others' long searches."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app import db
from app.live.content import Content
from app.live.kinds import KINDS
from app.live.region import Region

COMPUTE = {kind: kind.compute for kind in KINDS}


async def compute(region: Region) -> Content:
    """What it shows, whatever the test lets happen before or after."""
    return await COMPUTE[type(region)](region)


def let_compute(monkeypatch: pytest.MonkeyPatch, how: Callable[[Region], Awaitable[Content]]) -> None:
    """Let every region be computed by this."""
    for kind in KINDS:
        monkeypatch.setattr(kind, "compute", how)


def suspend(monkeypatch: pytest.MonkeyPatch, chance: random.Random, longest: float) -> None:
    """Let every read wait before and after it looks, up to so many seconds, as chance says."""
    read = db.rows

    async def moment() -> None:
        kind = chance.random()
        if kind > 0.3:
            await asyncio.sleep(0 if kind > 0.7 else chance.random() * longest)

    async def slowly(*given: Any, **options: Any) -> list[dict[str, Any]]:
        if db._inside.get():  # a transaction's statements follow each other; what takes a moment is its end
            return await read(*given, **options)
        await moment()
        found = await read(*given, **options)
        await moment()
        return found

    monkeypatch.setattr(db, "rows", slowly)
