"""Firefox as it is installed, driven by its own WebDriver BiDi (W3C): no driver between."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.conftest import DEADLINE

PROGRAMS = ("firefox-esr", "firefox")
NO_THIRD_PARTY_COOKIES = 'user_pref("network.cookie.cookieBehavior", 1);\n'


def program() -> str:
    return next((found for name in PROGRAMS if (found := shutil.which(name))), "")


class Firefox:
    def __init__(self, wire: ClientConnection) -> None:
        self._wire, self._calls = wire, 0

    async def call(self, method: str, **params: Any) -> Any:
        self._calls += 1
        await self._wire.send(json.dumps({"id": self._calls, "method": method, "params": params}))
        async with asyncio.timeout(3 * DEADLINE):
            while (answer := json.loads(await self._wire.recv())).get("id") != self._calls:
                pass
        assert answer["type"] == "success", answer
        return answer["result"]

    async def open(self, url: str) -> str:
        """Load this in the window; its browsing context."""
        [window] = (await self.call("browsingContext.getTree", maxDepth=0))["contexts"]
        await self.call("browsingContext.navigate", context=window["context"], url=url, wait="complete")
        return window["context"]

    async def frame(self, window: str) -> tuple[str, str]:
        """The context and the address of the one frame of a page."""
        tree = await self.call("browsingContext.getTree", root=window)
        [frame] = tree["contexts"][0]["children"]
        return frame["context"], frame["url"]

    async def look(self, context: str, expression: str) -> Any:
        """The value of an expression in a page: a text, a number, true or false."""
        done = await self.call("script.evaluate", expression=expression, target={"context": context}, awaitPromise=True)
        assert done["type"] == "success", done
        return done["result"].get("value")

    async def until(self, context: str, expression: str) -> Any:
        """The value of an expression once it is true."""
        async with asyncio.timeout(3 * DEADLINE):
            while not (value := await self.look(context, expression)):
                await asyncio.sleep(0.05)
        return value


@asynccontextmanager
async def launched(profile: Path) -> AsyncIterator[Firefox]:
    """Firefox with a profile of its own that keeps no cookies of third parties."""
    command = [program(), "--headless", "--no-remote", "--profile", _made(profile), "--remote-debugging-port", "0"]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr
    try:
        async with asyncio.timeout(6 * DEADLINE):
            while not (found := re.search(rb"BiDi listening on (ws://\S+)", await process.stderr.readline())):
                assert process.returncode is None, "Firefox did not start"
        reading = asyncio.create_task(process.stderr.read())  # what it says must not fill the pipe
        async with connect(f"{found[1].decode()}/session", max_size=None) as wire:
            firefox = Firefox(wire)
            await firefox.call("session.new", capabilities={})
            yield firefox
            await firefox.call("browser.close")
        await reading
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _made(profile: Path) -> str:
    profile.mkdir()
    (profile / "user.js").write_text(NO_THIRD_PARTY_COOKIES)
    return str(profile)
