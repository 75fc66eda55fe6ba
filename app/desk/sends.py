"""One send of a form is one message, or one ticket, however often it arrives.

A form carries an idempotency key. The same words under the same key are the same send: a line that was lost, a double
click, a page from history. Other words under it are another send: whoever pressed Stop, corrected and pressed Send
again, or wrote on before the first answer came. Nothing typed is lost, and nothing sent is doubled.
"""

import hashlib

from app import db
from app.desk.actor import Actor
from app.desk.models import Comment


async def before(actor: Actor, mark: str | None) -> Comment | None:
    """What this send has made already."""
    return await Comment.get_or_none(author_id=actor.id, key=mark) if mark else None


def mark_of(idempotency_key: str, *words: object) -> str | None:
    """What is kept of a send. idempotency_key: of its form; words: all that was typed into it. None without a key."""
    return hashlib.sha256(repr((idempotency_key, words)).encode()).hexdigest() if idempotency_key else None


async def forget(before: int, most: int) -> int:
    """Of the sends before this moment keep no key; how many it were, at most so many at once."""
    async with db.transaction():
        forgotten = await db.rows(
            "UPDATE comment SET key = NULL WHERE id IN "
            "(SELECT id FROM comment WHERE key IS NOT NULL AND created < ? ORDER BY created LIMIT ?) RETURNING id",
            [before, most],
        )
    return len(forgotten)
