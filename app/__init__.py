"""Pult, a live support desk. This is the composition root: the only file that knows every part."""

import asyncio

from quart import Quart

from app import db
from app.config import Config, with_secret
from app.desk import search
from app.live.bus import MemoryBus
from app.live.relay import Relay
from app.live.render import Renderer
from app.live.tokens import Tokens
from app.web import (
    admin,
    assets,
    auth,
    bulk,
    comments,
    drafts,
    embed,
    errors,
    live,
    packing,
    pages,
    security,
    settings,
    shortcuts,
    tickets,
)
from app.web.bearers import Bearers
from app.web.connection import App
from app.web.limits import Limits, SignInLimits
from app.web.state import State
from app.work import clock, kinds
from app.work.follow import Follow
from app.work.runner import Runner

LARGEST_REQUEST = 1024 * 1024  # bytes


def create_app(config: Config) -> Quart:
    """The desk as an ASGI application; the database must have been migrated."""
    config = with_secret(config)
    files = assets.Assets()
    bus = MemoryBus()
    render = Renderer({"asset": files.url, "shortcuts": shortcuts.shortcuts, "zone": config.desk.time_zone})
    relay = Relay(config, bus, render, Tokens(config.security.secret_key, config.live.token_seconds))
    app = App(__name__, secure=config.server.public_url.startswith("https:"))
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    bearers = Bearers(config.security.secret_key)
    long_reads = asyncio.Semaphore(db.long_reads(config.database))
    app.extensions["pult"] = State(
        config, render, relay, files, SignInLimits(), Limits(config.limits), bearers, long_reads
    )
    auth.set_up(app, config)
    security.set_up(app)
    packing.set_up(app)
    errors.set_up(app)
    for part in (auth, tickets, bulk, comments, drafts, live, pages, settings, admin, embed, assets, errors):
        app.register_blueprint(part.blueprint)

    @app.while_serving
    async def _serving():  # type: ignore[no-untyped-def]
        await db.connect(config.database)
        await search.fill()
        runner = Runner(kinds.KINDS, config, kinds.STANDING)
        follows = [Follow(follower) for follower in kinds.FOLLOWERS]
        hints = (bus.announce, runner.hint, *(follow.hint for follow in follows))

        def tell() -> None:
            for hint in hints:
                hint()

        async with db.hearing(config.database, tell):
            await relay.start()
            parts = (relay.run(), runner.run(), clock.run(config.desk.zone), *(follow.run() for follow in follows))
            running = [asyncio.create_task(part) for part in parts]
            yield
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        await relay.stop()
        await db.disconnect()

    return app
