"""Texts that the renderer of this version has not made: made anew in the background, a few at a time.

Meanwhile pages show what is there. Where something else comes of it an event says so, and open pages follow.
"""

import asyncio
import logging
from typing import Any

from app import db
from app.desk import events, rendering, tickets
from app.desk.events import What
from app.desk.models import LARGEST_ID, Kind, Ticket
from app.desk.rendering import Made
from app.markup import VERSION

FEW = 20  # texts in one transaction
PAUSE = 0.1  # seconds between two of them, in which others write
LOOK = 60.0  # seconds between two looks: what could not be rendered when it was written may be now

OTHERS = (
    "SELECT DISTINCT renderer FROM comment WHERE renderer < ? UNION SELECT renderer FROM comment WHERE renderer > ?"
)
TEXTS = "SELECT id, body, version FROM comment WHERE renderer = ? AND id < ? ORDER BY id DESC LIMIT ?"
SAME = "SELECT ticket_id, kind, html FROM comment WHERE id = ? AND version = ?"

log = logging.getLogger(__name__)


async def run() -> None:
    """Until cancelled. What fails is logged and tried again."""
    while True:
        try:
            await renew()
        except Exception:
            log.exception("texts were not rendered anew")
        await asyncio.sleep(LOOK)


async def renew() -> None:
    """Look at every text of another version once, the newest first."""
    for other in await db.rows(OTHERS, [VERSION, VERSION]):
        last = LARGEST_ID
        while found := await db.rows(TEXTS, [other["renderer"], last, FEW]):
            made = [(text, await rendering.made(text["body"])) for text in found]
            async with db.transaction():
                for text, new in made:
                    await _keep(text, new)
            last = found[-1]["id"]
            await asyncio.sleep(PAUSE)


async def _keep(text: dict[str, Any], new: Made) -> None:
    """What was edited meanwhile is made already."""
    before = await db.rows(SAME, [text["id"], text["version"]])
    if not before or not new.renderer:
        return
    await db.rows("UPDATE comment SET html = ?, renderer = ? WHERE id = ?", [new.html, new.renderer, text["id"]])
    if new.html == before[0]["html"]:
        return
    ticket = await Ticket.get(id=before[0]["ticket_id"])
    await events.record(
        What.COMMENT_RENDERED,
        by=None,
        ticket=ticket,
        tags=await tickets.tags_of(ticket),
        comment=text["id"],
        public=before[0]["kind"] == Kind.REPLY,
    )
