"""The README's picture, of the demo as it is now: `make pictures`."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from urllib.parse import urlencode

from playwright.async_api import Browser

from app.config import ROOT
from tests.bench.browsers import chromium, signed_in
from tests.bench.servers import Server, desk, pult

PICTURES = ROOT / "docs" / "pictures"
SIZE = {"width": 1280, "height": 800}
TICKET = "status:pending larger plan"  # a search that finds one with a thread to look at
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


async def take(browser: Browser, server: Server) -> None:
    """A ticket as an agent sees it, in both colour schemes."""
    page = await signed_in(browser, server, "anna@pult.example")
    await page.set_viewport_size(SIZE)
    await page.goto(f"{server.url}/tickets?{urlencode({'q': TICKET})}")
    await page.click("#ticket-rows a")
    await page.wait_for_selector("#live[data-state=connected]", state="attached")
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.screenshot(path=PICTURES / f"ticket-{scheme}.png")


async def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as directory:
        database = Path(directory) / "demo.sqlite3"
        pult(database, "demo")
        with desk(database) as server:
            async with chromium() as browser:
                if browser is None:
                    raise SystemExit("no Chromium was found")
                await take(browser, server)


if __name__ == "__main__":
    asyncio.run(main())
