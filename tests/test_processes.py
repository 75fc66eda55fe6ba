"""The process that renders lives no longer than the desk that began it, however that ends."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from app import db
from app.desk.models import Comment
from app.markup import VERSION

from .conftest import DEADLINE
from .process import DeskProcess, populated


def children(parent: int) -> list[int]:
    """The processes that another began, also such as wait to be buried."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            pass  # it ended meanwhile
    return found


def there_is(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes where Linux tells of them")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_the_renderer_ends_with_the_desk(how, config, log):
    [cookie] = await populated(config, 1)
    desk = DeskProcess(config, log, anew=how != signal.SIGKILL)  # it ends by itself, as a Python that was begun does
    await desk.start()
    assert children(desk.process.pid) == []
    async with desk.client(cookie) as agent:
        for number in range(3):
            assert (await agent.post("/tickets", data={"subject": "x", "body": f"**{number}**"})).status_code == 303
    [renderer] = children(desk.process.pid)
    os.kill(desk.process.pid, how)
    await desk.ended()
    async with asyncio.timeout(DEADLINE):
        while there_is(renderer):
            await asyncio.sleep(0.01)
    await db.connect(config.database)
    assert {comment.renderer for comment in await Comment.all()} == {VERSION}
    await db.disconnect()
