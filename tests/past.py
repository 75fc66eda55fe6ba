"""Databases as older versions left them."""

import shutil
from pathlib import Path

import pytest

from app import db
from app.config import ROOT, Database
from app.store.sqlite import standing

MIGRATIONS = sorted(db.known_migrations())


def copied(package: Path, names: list[str]) -> Path:
    """A package of these migrations."""
    package.mkdir()
    for name in ("__init__", *names):
        shutil.copy(ROOT / "app" / "migrations" / f"{name}.py", package)
    return package


class Past:
    """Each is built once, on what the one before it left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def until(self, last: str) -> Path:
        """An empty database that has the migrations up to this one; to be copied, and left as it is."""
        path = self._folder / f"{last}.sqlite3"
        if not path.exists():
            names = [name for name in MIGRATIONS if name <= last]
            if names[:-1]:
                shutil.copy(await self.until(names[-2]), path)
            package = copied(self._folder / f"until_{last}", names)
            with pytest.MonkeyPatch.context() as then:
                then.syspath_prepend(self._folder)
                then.setattr(standing, "declared", lambda _: set())  # what today's models declare was not asked for
                await db.migrate(Database(path=path), migrations=package.name)
        return path
