"""What the composition root made, where the web floor reaches it."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

from quart import current_app

from app.config import Config
from app.live.relay import Relay
from app.live.render import Renderer
from app.web.assets import Assets
from app.web.bearers import Bearers
from app.web.limits import Limits, SignInLimits

READING = 16  # pages that are read at once; each holds a connection while a search of it waits for its turn


@dataclass(frozen=True)
class House:
    config: Config
    render: Renderer
    relay: Relay
    assets: Assets
    sign_ins: SignInLimits
    limits: Limits
    bearers: Bearers
    reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READING))


def house() -> House:
    return cast(House, current_app.extensions["pult"])
