"""A long thread in a browser: who comes for a message is taken to its part, who writes to where it is read."""

import pytest

from tests.browser.conftest import equals_its_reload, open_page
from tests.desk.acts import a_long_thread
from tests.live.actions import Desk
from tests.web.embedding import a_site


@pytest.fixture
async def said(running):
    """A ticket of 130 messages; their ids in order."""
    desk = Desk(running.cast)
    return await a_long_thread(running.cast.anna, await desk.open(), 129)


async def test_a_page_goes_to_the_part_that_has_its_message_and_stays_where_none_has(browser, running, said):
    context = await running.context(browser, running.cast.anna)
    page = await open_page(context, f"/tickets/1#comment-{said[2]}")
    await page.wait_for_url(f"**/tickets/1?from=1#comment-{said[2]}")
    await page.wait_for_selector(f"#comment-{said[2]}:target")
    await page.evaluate(f"location.hash = '#comment-{said[-1]}'")
    await page.wait_for_url(f"**/tickets/1#comment-{said[-1]}")
    await page.wait_for_selector(f"#comment-{said[-1]}:target")
    async with page.expect_response(lambda answer: "/comments/999" in answer.url) as asked:
        await page.evaluate("location.hash = '#comment-999'")
    assert (await asked.value).status == 404
    assert page.url.endswith("/tickets/1#comment-999")
    await equals_its_reload(page)


async def test_who_writes_in_an_early_part_is_taken_to_the_newest_messages(browser, running, said):
    page = await open_page(await running.context(browser, running.cast.clara), "/tickets/1?from=1")
    await page.fill("#comment-body", "From far above")
    await page.press("#comment-body", "Control+Enter")
    await page.wait_for_url("**/tickets/1")
    await page.wait_for_selector("#thread > :last-child:has-text('From far above')")
    await equals_its_reload(page)


async def test_keys_go_on_to_the_part_before_and_back(browser, running, said):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1?from=100")
    await page.press("body", "k")  # the last message
    await page.press("body", "Home")
    for _ in range(32):
        await page.keyboard.press("k")
    assert await page.evaluate("document.activeElement.id") == "page-before"
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/tickets/1?from=1")


async def test_an_embed_does_the_same_by_its_bearer(browser, running, said):
    token = (await a_site()).token()
    page = await open_page(await running.context(browser), f"/embed/tickets/1?token={token}#comment-{said[2]}")
    await page.wait_for_selector(f"#comment-{said[2]}")
    await page.wait_for_url("**/embed/tickets/1?key=*&from=1#comment-*")
    await page.wait_for_selector('#live[data-state="connected"]', state="attached")
    await equals_its_reload(page)
    await page.fill("#comment-body", "From inside")
    await page.press("#comment-body", "Control+Enter")
    await page.wait_for_selector("#thread > :last-child:has-text('From inside')")
    assert "from=" not in page.url
