"""Style sheets and scripts: joined, packed once, named by their content, and kept by browsers for ever."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache

from quart import Blueprint, Response, abort, current_app, request

from app.config import ROOT
from app.web.bundle import bundle

STATIC = ROOT / "static"
CSS = (
    "palette",
    "base",
    "forms",
    "layout",
    "search",
    "filters",
    "list",
    "selection",
    "ticket",
    "thread",
    "composer",
    "states",
    "keys",
    "quick",
    "embed",
    "print",
)  # in the order of their layers
LIBRARIES = ("htmx.min", "hx-ws.min", "hx-upsert.min")  # one response: htmx starts only after its extensions are there
SCRIPTS = ("app", "embed", "embed-host", "login")  # each with the modules that it imports
FOR_EVER = "public, max-age=31536000, immutable"

blueprint = Blueprint("assets", __name__)


class MissingLibraries(Exception):
    """The browser libraries were not set up."""


@dataclass(frozen=True)
class Asset:
    body: bytes
    packed: bytes  # by gzip
    type: str
    hash: str


class Assets:
    """Every file that browsers load, read once at start."""

    def __init__(self) -> None:
        missing = [name for name in LIBRARIES if not (STATIC / "vendor" / f"{name}.js").exists()]
        if missing:
            raise MissingLibraries(f"static/vendor lacks {', '.join(missing)}; run: make setup")
        self._files = _files()

    def url(self, name: str) -> str:
        """Where the browser finds it. Raises KeyError for what there is not."""
        return f"/static/{self._files[name].hash}/{name}"

    def named(self, name: str) -> Asset:
        """Whatever its version. Raises KeyError for what there is not."""
        return self._files[name]

    def find(self, version: str, name: str) -> Asset | None:
        asset = self._files.get(name)
        return asset if asset and asset.hash == version else None


@cache
def _files() -> dict[str, Asset]:
    files = {
        "pult.css": _asset("pult.css", _join("css", CSS, "css")),
        "htmx.js": _asset("htmx.js", _join("vendor", LIBRARIES, "js")),
    }
    for name in SCRIPTS:
        files[f"js/{name}.js"] = _asset(f"{name}.js", bundle(STATIC / "js", name))
    for icon in sorted((STATIC / "icons").glob("*.svg")):
        files[f"icons/{icon.name}"] = _asset(icon.name, icon.read_bytes())
    return files


def _join(folder: str, names: tuple[str, ...], suffix: str) -> bytes:
    return b"\n".join((STATIC / folder / f"{name}.{suffix}").read_bytes() for name in names)


def _asset(name: str, body: bytes) -> Asset:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = gzip.compress(body, mtime=0)
    return Asset(body, packed, f"{kind}; charset=utf-8", hashlib.sha256(body).hexdigest()[:12])


@blueprint.get("/static/<version>/<path:name>")
async def static(version: str, name: str) -> Response:
    assets: Assets = current_app.extensions["pult"].assets
    return served(assets.find(version, name) or abort(404), FOR_EVER)


def served(asset: Asset, cache: str) -> Response:
    """A file, packed for whoever takes it so."""
    headers = {"Cache-Control": cache}
    if not request.accept_encodings.quality("gzip"):
        return Response(asset.body, content_type=asset.type, headers=headers)
    return Response(
        asset.packed,
        content_type=asset.type,
        headers={**headers, "Vary": "Accept-Encoding", "Content-Encoding": "gzip"},
    )
