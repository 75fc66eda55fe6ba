"""Time, as somebody who acts on the desk: what comes with a moment is written by it, like what people do.

The desk's day begins at midnight of desk.time_zone, and the database keeps it. Each look compares it with the clock:
so a desk that was off for days catches up at once, straight to what is so now, and does nothing twice. A clock that is
set back, or another time zone, takes a day back with all that it did; but what is only corrected a little around
midnight does not have a day begin twice.
"""

import asyncio
import logging
from datetime import date, datetime, timedelta, tzinfo

from app import db
from app.desk import days, midnight

LOOK = 60.0  # seconds between looks at most: whoever sets the machine's clock tells nobody
SOON = 0.01  # seconds between looks at least
CORRECTED = 3600.0  # seconds that a clock may go back without the day going back

log = logging.getLogger(__name__)


async def run(zone: tzinfo) -> None:
    """Until cancelled. What fails is logged and tried again."""
    while True:
        try:
            await look(zone, db.now())
        except db.NotWritten:  # which is logged there
            pass
        except Exception:
            log.exception("what the day brings was not written; it is tried again")
        await asyncio.sleep(until_midnight(zone, db.now()))


async def look(zone: tzinfo, now: int) -> None:
    """Have the desk's day begin if it has, and be told. now: microseconds."""
    kept, day = await days.today(), day_of(zone, now)
    if day > kept or (day < kept and now / 1_000_000 < begins(zone, kept) - CORRECTED):
        log.info("the desk's day is %s", day)
        await midnight.begin(day)
    await midnight.tell()


def until_midnight(zone: tzinfo, now: int) -> float:
    """Seconds until the next look."""
    tomorrow = date.fromisoformat(day_of(zone, now)) + timedelta(days=1)
    return min(LOOK, max(SOON, begins(zone, tomorrow.isoformat()) - now / 1_000_000))


def day_of(zone: tzinfo, now: int) -> str:
    return datetime.fromtimestamp(now / 1_000_000, zone).date().isoformat()


def begins(zone: tzinfo, day: str) -> float:
    """The first moment of a day, in seconds since 1970; of one that has no midnight, when its clocks went on."""
    return datetime.fromisoformat(day).replace(tzinfo=zone).timestamp()
