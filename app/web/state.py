"""What the composition root made, where the web floor reaches it."""

import asyncio
from dataclasses import dataclass
from typing import cast

from quart import current_app

from app.config import Config
from app.live.relay import Relay
from app.live.render import Renderer
from app.web.assets import Assets
from app.web.bearers import Bearers
from app.web.limits import Limits, SignInLimits


@dataclass(frozen=True)
class State:
    """long_reads: held by each page that may read for long. It has a connection meanwhile; no other page waits."""

    config: Config
    render: Renderer
    relay: Relay
    assets: Assets
    sign_ins: SignInLimits
    limits: Limits
    bearers: Bearers
    long_reads: asyncio.Semaphore


def state() -> State:
    return cast(State, current_app.extensions["pult"])
