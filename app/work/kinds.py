"""Every kind of job and what does it, and whoever puts jobs for what happens."""

from app.desk import outbox
from app.work.follow import Follower
from app.work.forgetting import forget
from app.work.renewal import renew
from app.work.runner import Work

KINDS: dict[str, Work] = {
    "forget": forget,
    outbox.RENDER: renew,
}
STANDING = ("forget", outbox.RENDER)  # begun with each start of the desk
FOLLOWERS: tuple[Follower, ...] = ()
