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

LONG = 16  # pages with long reads at once: each holds a connection while it waits for its turn; no other page waits


@dataclass(frozen=True)
class State:
    config: Config
    render: Renderer
    relay: Relay
    assets: Assets
    sign_ins: SignInLimits
    limits: Limits
    bearers: Bearers
    long_reads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LONG))


def state() -> State:
    return cast(State, current_app.extensions["pult"])
