"""Style sheets and scripts: joined where that saves requests, named by their content, kept by browsers for ever."""

import hashlib
import mimetypes
from dataclasses import dataclass

from quart import Blueprint, Response, abort, current_app

from app.config import ROOT

STATIC = ROOT / "static"
CSS = (
    "palette",
    "base",
    "forms",
    "layout",
    "search",
    "list",
    "ticket",
    "states",
    "keys",
    "embed",
    "print",
)  # in the order of their layers
LIBRARIES = ("htmx.min", "hx-ws.min", "hx-upsert.min")  # one response: htmx starts only after its extensions are there
FOR_EVER = "public, max-age=31536000, immutable"

blueprint = Blueprint("assets", __name__)


class MissingLibraries(Exception):
    """The browser libraries were not set up."""


@dataclass(frozen=True)
class Asset:
    body: bytes
    type: str
    hash: str


class Assets:
    """Every file that browsers load, read once at start."""

    def __init__(self) -> None:
        missing = [name for name in LIBRARIES if not (STATIC / "vendor" / f"{name}.js").exists()]
        if missing:
            raise MissingLibraries(f"static/vendor lacks {', '.join(missing)}; run: make setup")
        self._files = {
            "pult.css": _asset("pult.css", _join("css", CSS, "css")),
            "htmx.js": _asset("htmx.js", _join("vendor", LIBRARIES, "js")),
        }
        scripts = sorted((STATIC / "js").glob("*.js"))
        version = hashlib.sha256(b"".join(script.read_bytes() for script in scripts)).hexdigest()[:12]
        for script in scripts:  # modules import one another by relative names, so all of them share one version
            self._files[f"js/{script.name}"] = _asset(script.name, script.read_bytes(), version)
        for icon in sorted((STATIC / "icons").glob("*.svg")):
            self._files[f"icons/{icon.name}"] = _asset(icon.name, icon.read_bytes())

    def url(self, name: str) -> str:
        """Where the browser finds it. Raises KeyError for what there is not."""
        return f"/static/{self._files[name].hash}/{name}"

    def named(self, name: str) -> Asset:
        """Whatever its version. Raises KeyError for what there is not."""
        return self._files[name]

    def find(self, version: str, name: str) -> Asset | None:
        asset = self._files.get(name)
        return asset if asset and asset.hash == version else None


def _join(folder: str, names: tuple[str, ...], suffix: str) -> bytes:
    return b"\n".join((STATIC / folder / f"{name}.{suffix}").read_bytes() for name in names)


def _asset(name: str, body: bytes, version: str = "") -> Asset:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    charset = "" if kind.startswith("image/png") else "; charset=utf-8"
    return Asset(body, kind + charset, version or hashlib.sha256(body).hexdigest()[:12])


@blueprint.get("/static/<version>/<path:name>")
async def static(version: str, name: str) -> Response:
    assets: Assets = current_app.extensions["pult"].assets
    asset = assets.find(version, name) or abort(404)
    return Response(asset.body, content_type=asset.type, headers={"Cache-Control": FOR_EVER})
