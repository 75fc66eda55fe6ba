"""Who sends more than people do keeps every word, and is told beside them when to go on."""

from playwright.async_api import expect

from tests.browser.conftest import Running, open_page
from tests.live.actions import Desk
from tests.web.embedding import a_site


async def test_the_words_of_a_message_too_many_stay_in_their_form(browser, running: Running):
    desk, site = Desk(running.cast), await a_site()
    await desk.open()
    await running.stop()
    await running.start(PULT_LIMITS__MESSAGES="1")
    clara, guest = await running.context(browser, running.cast.clara), await running.context(browser)
    framed = await desk.open(by=running.cast.dmitri)
    frame = f"/embed/tickets/{framed.id}?token={site.token(sub='dmitri@pult.example')}"
    for context, path in ((clara, "/tickets/1"), (guest, frame)):
        page = await open_page(context, path)
        await page.fill("#comment-form textarea", "First words")
        await page.click("#comment-form .primary")
        await page.locator("#thread .prose", has_text="First words").wait_for()
        await page.fill("#comment-form textarea", "Second words,\non two lines")
        await page.click("#comment-form .primary")
        notice = page.locator(".notice.bad")
        await notice.wait_for()
        assert "Send it again in" in await notice.inner_text()
        await expect(page.locator("#comment-form textarea")).to_have_value("Second words,\non two lines")
        assert not await page.locator('[data-banner="unsent"]:visible').count()
    page = await open_page(clara, "/tickets/new")
    await page.fill("#new-ticket [name=subject]", "A subject")
    await page.fill("#new-ticket [name=body]", "Words")
    await page.click("#new-ticket .primary")
    await page.locator(".notice.bad").wait_for()
    assert await page.input_value("#new-ticket [name=subject]") == "A subject"
    assert page.url.endswith("/tickets/new")
