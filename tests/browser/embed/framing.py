"""Another site with frames of the desk in its page, in a browser."""

import asyncio

import pytest
import uvicorn
from quart import Quart, Response, request

from tests.browser.conftest import LIVE
from tests.conftest import DEADLINE
from tests.web.embedding import Site

USUAL = "allow-scripts allow-forms allow-same-origin allow-popups"
TOP = """
<!doctype html><title>Shop</title><script src="{desk}/embed/host.js" defer></script>
<script>
  window.told = [];
  addEventListener("message", ({{ data, origin }}) => told.push({{ ...data, origin }}));
</script>
<div style="height: 100px">A shop</div>{frames}
"""
FRAME = (
    '<iframe data-pult {more} sandbox="{sandbox}" style="width: {width}px" '
    'src="{desk}{path}{joint}token={token}"></iframe>'
)
FRESH = f"""
async (_, url) => {{
  const html = await (await fetch(url)).text();
  return {LIVE.replace("(document)", "")}(new DOMParser().parseFromString(html, "text/html"));
}}
"""


class Shop:
    """Another site, on localhost where the desk is on 127.0.0.1, with whatever frames a test wants in its page."""

    def __init__(self) -> None:
        self.html = ""
        self.headers: dict[str, str] = {}  # of its page
        self.fresh = ""  # the token that its server gives out
        self.asked = 0
        self.referrers: list[str] = []
        site = Quart(__name__, static_folder=None)

        @site.get("/")
        async def page() -> Response:
            return Response(self.html, content_type="text/html", headers=self.headers)

        @site.get("/pult-token")
        async def token() -> Response:
            self.asked += 1
            return Response(self.fresh, content_type="text/plain")

        @site.get("/elsewhere")
        async def elsewhere() -> Response:
            self.referrers.append(request.headers.get("Referer", ""))
            return Response("elsewhere")

        self._server = uvicorn.Server(uvicorn.Config(site, log_config=None, lifespan="off"))
        self._listening = uvicorn.Config(site, host="127.0.0.1", port=0, log_config=None).bind_socket()
        self.url = f"http://localhost:{self._listening.getsockname()[1]}"

    async def __aenter__(self) -> "Shop":
        self._running = asyncio.create_task(self._server.serve(sockets=[self._listening]))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = True
        await self._running


class Framed:
    """The shop's page in a browser, and the desk in it."""

    def __init__(self, running, shop: Shop, site: Site, context) -> None:
        self.running, self.shop, self.site, self.context = running, shop, site, context

    def html(self, *frames: str) -> str:
        return TOP.format(desk=self.running.url, frames="".join(frames))

    async def show(self, *frames: str):
        self.shop.html = self.html(*frames)
        self.page = await self.context.new_page()
        self.page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
        await self.page.goto(self.shop.url)
        return self.page.frame_locator("iframe")

    def frame(self, path="/embed/tickets", sandbox=USUAL, width=600, more="", token="", **claims) -> str:
        values = {"path": path, "sandbox": sandbox, "width": width, "more": more, "desk": self.running.url}
        joint = "&" if "?" in path else "?"
        return FRAME.format(**values, joint=joint, token=token or self.site.token(**claims))

    async def told(self, what: str) -> list[dict]:
        return await self.page.evaluate(f"told.filter((one) => one.type === 'pult:{what}')")


async def live(frame) -> None:
    await frame.locator('#live[data-state="connected"]').wait_for(state="attached")


async def equals_its_reload(framed: Framed, frame, path: str, **claims) -> None:
    """Against a fresh load of the same view, fetched as its site would."""
    element = frame.locator("html")
    async with asyncio.timeout(DEADLINE):
        while True:
            shown = await element.evaluate(f"() => {LIVE}")
            fresh = await element.evaluate(
                FRESH,
                f"{framed.running.url}{path}{'&' if '?' in path else '?'}token={framed.site.token(**claims)}",
            )
            if shown == fresh:
                return
            await asyncio.sleep(0.05)
