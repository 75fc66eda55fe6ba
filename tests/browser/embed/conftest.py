"""A desk with a ticket, and another site that frames it."""

import pytest

from tests.browser.conftest import PATIENCE
from tests.browser.embed.framing import Framed, Shop
from tests.live.actions import Desk
from tests.web.embedding import a_site


@pytest.fixture
async def desk(running):
    desk = Desk(running.cast)
    desk.ticket = await desk.open(subject="Teapot", body="It drips.")
    return desk


@pytest.fixture
async def framed(browser, running, desk):
    async with Shop() as shop:
        context = await browser.new_context()
        context.set_default_timeout(PATIENCE)
        yield Framed(running, shop, await a_site(shop.url), context)
        await context.close()
