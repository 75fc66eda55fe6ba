"""What is to be done after a change: a job, written by the change's own transaction. Who does it: app/work."""

import json
from collections.abc import Mapping
from typing import Any

from app import db

RENDER = "render"  # again: a text that could not be rendered when it was written

SOON = 60_000_000  # microseconds

PUT = "INSERT INTO job (kind, data, due) VALUES (?, ?, ?)"


async def put(kind: str, data: Mapping[str, Any] | None = None, *, due: int = 0) -> None:
    """A job of this kind (see app.work.kinds), inside the caller's transaction.

    data: what JSON can say. due: the moment (microseconds) from which on it may be done; at once if that has passed.
    """
    await db.rows(PUT, [kind, json.dumps(dict(data or {})), due or db.now()])


async def put_once(kind: str) -> None:
    """The same, without data, where no job of this kind waits: one does for all, and comes within a minute.

    One that somebody is at may have looked already.
    """
    waits = "kind = ? AND due IS NOT NULL AND leased_until = 0"
    if not await db.rows(f"SELECT 1 FROM job WHERE {waits} LIMIT 1", [kind]):  # noqa: S608 - our own
        await put(kind)
    soon = db.now() + SOON
    await db.rows(f"UPDATE job SET due = ? WHERE {waits} AND due > ?", [soon, kind, soon])  # noqa: S608 - our own
