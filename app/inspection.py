"""What `check` looks at: everything that can be wrong before the desk serves."""

from babel.messages.pofile import read_po
from jinja2 import TemplateError

from app import db
from app.config import ROOT, Config, with_secret
from app.desk import search
from app.live.render import LANGUAGES, Renderer, templates
from app.web.assets import Assets, MissingLibraries
from app.web.shortcuts import shortcuts
from app.work import queue


async def problems(config: Config) -> list[str]:
    """One plain line each; empty if everything is in order."""
    config = with_secret(config)
    return [*await _database(config), *_templates(), *_translations()]


async def _database(config: Config) -> list[str]:
    if not await db.exists(config.database):
        return []  # made in the current schema at the first start
    try:
        await db.connect(config.database)
    except db.NotMigrated as error:
        return [str(error)]
    try:
        found = await db.damage()
        unfilled = (
            [] if await search.left() is None else ["the search's index is not filled; run: python -m app migrate"]
        )
        return [f"database: {line}" for line in found] + unfilled + await _jobs()
    finally:
        await db.disconnect()


async def _jobs() -> list[str]:
    """One that has failed for good is tried no more until somebody says so."""
    failed = [job for job in await queue.listing() if job.due is None]
    return [f"job {job.id} ({job.kind}) has failed for good: {job.error}; see: python -m app jobs" for job in failed]


def _templates() -> list[str]:
    """Every template compiles, in every language."""
    try:
        render = Renderer({"asset": Assets().url, "shortcuts": shortcuts})
    except MissingLibraries as error:
        return [str(error)]
    found = []
    for template in templates():
        name = template.relative_to(ROOT / "templates").as_posix()
        try:
            render.compile(name)
        except (TemplateError, ValueError, TypeError) as error:  # the latter two: of a % in a text
            found.append(f"template {name}: {error}")
    return found


def _translations() -> list[str]:
    """Every catalogue translates everything that it lists, in every plural form."""
    found = []
    for language in LANGUAGES[1:]:
        with (ROOT / "app" / "translations" / f"{language}.po").open("rb") as source:
            catalogue = read_po(source, locale=language)
        for message in catalogue:
            said = message.string if isinstance(message.string, tuple) else (message.string,)
            if message.id and (not all(said) or message.fuzzy):
                found.append(f"translation {language}: {message.id!r} is not translated")
            found += [f"translation {language}: {message.id!r}: {error}" for error in message.check(catalogue)]
    return found
