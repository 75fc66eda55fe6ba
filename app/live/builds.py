"""Which build of the desk makes the pages, numbered in the order in which builds came to this database.

What makes pages is their templates, scripts, styles and translations, and the code that fills them. The same content is
the same build, however often it is started; docs/decisions/builds.md says why its number is a moment.
"""

import hashlib
from functools import cache

from app import db
from app.config import ROOT

FOLDERS = ("app", "templates", "static")
KINDS = {".py", ".po", ".html", ".js", ".css", ".svg"}
APART = {"node_modules"}  # where libraries come from; those that pages load stand beside it


@cache
def content() -> str:
    """A name for all that makes pages, by what it is."""
    whole = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in KINDS and not APART.intersection(path.parts):
                part = path.read_bytes()
                whole.update(f"{path.relative_to(ROOT)} {len(part)}\n".encode() + part)
    return whole.hexdigest()[:32]


async def number() -> int:
    """Of this build: the moment at which it first served this database, in seconds since 1970, after all before it.

    Where the database takes nothing now, it is not remembered: the same build is then a newer one the next time.
    """
    name = content()
    if known := await db.rows("SELECT number FROM build WHERE content = ?", [name]):
        return int(known[0]["number"])
    [last] = await db.rows("SELECT coalesce(max(number), 0) AS number FROM build")
    fresh: int = max(db.now() // 1_000_000, last["number"] + 1)
    try:
        async with db.transaction():
            await db.insert_many("build", ("content", "number"), [(name, fresh)])
    except db.NotWritten:
        pass
    return fresh
