"""Texts that the renderer of this version has not made: made anew, a few at a time.

Those of an older version, at each start; those that could not be rendered when they were written, as long as there are
any. Meanwhile pages show what is there. Where something else comes of it an event says so, and open pages follow.
"""

import time
from typing import Any

from app import db
from app.config import Config
from app.desk import applying, events, rendering
from app.desk.events import What
from app.desk.models import Kind, Ticket
from app.desk.rendering import Made
from app.markup import VERSION
from app.work.queue import SECOND, Again, Data

FEW = 20  # texts in one transaction
LONGEST_STEP = 20.0  # seconds; what takes longer goes on as the next job, well within the lease of this one
PAUSE = SECOND // 10  # between two of them, in which others write
FIRST_REST, LONGEST_REST = 60 * SECOND, 600 * SECOND  # until those are looked at again that could not be made
NEVER = 2**31 - 1  # the number of no text, and of no renderer

OTHER = "SELECT min(renderer) AS other FROM comment WHERE renderer > ? AND renderer < ?"
TEXTS = "SELECT id, body, version FROM comment WHERE renderer = ? AND id < ? ORDER BY id DESC LIMIT ?"
SAME = "SELECT ticket_id, kind, html FROM comment WHERE id = ? AND version = ?"


async def renew(data: Data, _: Config) -> Again | None:
    """A few texts of another renderer, the newest first; then the next few, then those of the next renderer.

    data: renderer and before (the text that was the last one), in the midst of it; rest: before this look.
    """
    rest = data.get("rest", 0)
    renderer = data["renderer"] if "renderer" in data else await _other_than(-1)
    if renderer is None:
        return await _after_all(rest)
    found = await db.rows(TEXTS, [renderer, data.get("before", NEVER), FEW])
    made, until = list[tuple[dict[str, Any], Made]](), time.monotonic() + LONGEST_STEP
    for text in found:
        made.append((text, await rendering.made(text["body"])))
        if time.monotonic() > until:
            break
    async with db.transaction():
        for text, new in made:
            await _keep(text, new)
    where = {"before": made[-1][0]["id"]} if made else {"renderer": await _other_than(renderer)}
    return Again(db.now() + (PAUSE if found else 0), {"rest": rest, "renderer": renderer} | where)


async def _other_than(passed: int) -> int | None:
    """The next version, after this one, of which there are texts, and which is not ours."""
    for after, before in ((passed, VERSION), (max(passed, VERSION), NEVER)):
        [row] = await db.rows(OTHER, [after, before])
        if row["other"] is not None:
            return int(row["other"])
    return None


async def _after_all(rest: int) -> Again | None:
    """Once every text was looked at: what could not be made is tried again, less and less often."""
    if await _other_than(-1) is None:
        return None
    rest = min(2 * rest, LONGEST_REST) or FIRST_REST
    return Again(db.now() + rest, {"rest": rest})


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
        ticket=ticket,
        tags=await applying.tags_of(ticket),
        comment=text["id"],
        public=before[0]["kind"] == Kind.REPLY,
    )
