"""What is kept for a while only: sessions that hold no more, and the keys of what was sent long ago."""

from app import db
from app.config import Config
from app.desk import people, sends
from app.work.queue import SECOND, Again, Data

FEW = 500  # keys in one transaction
PAUSE = SECOND // 10  # between two of them, in which others write
EVERY = 3600 * SECOND


async def forget(_: Data, config: Config) -> Again:
    """Every hour, for ever. A form is sent again by whoever filled it in, so its key is kept as long as a session."""
    await people.forget_sessions(config.sessions)
    forgotten = await sends.forget(db.now() - config.sessions.total_days * people.DAY, FEW)
    return Again(db.now() + (PAUSE if forgotten == FEW else EVERY))
