"""The tokens of a frame in another site: refused, renewed before they end, and given by hand."""

import asyncio
import time

from app.desk import embeds
from tests.browser.embed.framing import equals_its_reload, live
from tests.conftest import DEADLINE
from tests.web.embedding import a_site


async def test_a_key_that_is_revoked_shows_our_page_and_goes_on_with_a_token_of_another(framed, desk):
    token, other = framed.site.token(), await a_site(framed.shop.url, name="Rotated")
    await embeds.revoke_key(framed.site.key.id)
    frame = await framed.show(framed.frame(token=token))
    await frame.locator("h1:text-is('This view has ended.')").wait_for()
    assert await frame.locator("#embed, #ticket-rows, .number").count() == 0
    framed.shop.fresh = other.token()
    frame = await framed.show(framed.frame(token=token, more='data-pult-token="/pult-token"'))
    await frame.locator("#ticket-1").wait_for()
    await live(frame)


async def test_a_site_whose_clock_is_five_minutes_off_is_served(framed, desk):
    """Also with tokens of a minute, which have ended, or have not begun, by the desk's clock."""
    for off in (-280, 280):
        now = int(time.time()) + off
        frame = await framed.show(framed.frame("/embed/tickets/1", iat=now, exp=now + 60))
        await live(frame)
        said = await desk.say(desk.ticket)
        await frame.locator(f"#comment-{said.id}").wait_for()
        assert not await framed.told("session-ended"), off


async def test_a_developer_is_told_in_the_console_why_a_token_is_refused(framed, desk):
    heard = []
    framed.context.on("console", lambda message: heard.append(message.text))
    frame = await framed.show(framed.frame(aud="pult"))
    await frame.locator("h1:text-is('Nothing is here.')").wait_for()
    assert [text for text in heard if text.startswith("Pult ")] == [
        'Pult shows nothing for this token. aud: not "embed"'
    ]


async def test_a_site_is_asked_for_a_new_token_before_the_old_one_ends(framed, desk):
    now = int(time.time())
    framed.shop.fresh = framed.site.token()
    frame = await framed.show(
        framed.frame("/embed/tickets/1", more='data-pult-token="/pult-token"', iat=now, exp=now + 62)
    )
    await live(frame)
    await frame.locator("#comment-body").fill("half an answer")
    before = await frame.locator("#comment-form [name=bearer]").input_value()
    async with asyncio.timeout(DEADLINE):
        while await frame.locator("#comment-form [name=bearer]").input_value() == before:
            await asyncio.sleep(0.05)
    await live(frame)
    assert framed.shop.asked == 1 and await framed.told("token-wanted") and not await framed.told("session-ended")
    assert await frame.locator("#comment-body").input_value() == "half an answer"
    await frame.locator("#comment-form .primary").click()
    await frame.locator("#thread article:has-text('half an answer')").wait_for()


async def test_when_the_token_ended_the_page_says_so_keeps_what_was_typed_and_goes_on_with_a_new_one(framed, desk):
    now = int(time.time())
    frame = await framed.show(framed.frame("/embed/tickets/1", iat=now, exp=now + 8))
    await live(frame)
    await frame.locator("#comment-body").fill("half an answer")
    await frame.locator('[data-banner="ended"]:visible').wait_for()
    assert len(await framed.told("session-ended")) >= 1
    await desk.say(desk.ticket)
    token = framed.site.token(resource="tickets")
    hand = (
        "([type, token, origin]) => document.querySelector('iframe').contentWindow.postMessage({ type, token }, origin)"
    )
    await framed.page.evaluate(hand, ["pult:token", token, framed.running.url])
    await live(frame)
    await frame.locator('[data-banner="ended"]').wait_for(state="hidden")
    await equals_its_reload(framed, frame, "/embed/tickets/1")
    assert await frame.locator("#comment-body").input_value() == "half an answer"


async def test_a_page_that_is_loaded_again_without_its_token_asks_for_one(framed, desk):
    frame = await framed.show(framed.frame())
    await live(frame)
    framed.shop.fresh = framed.site.token()
    key = framed.site.key.id
    html = (
        f'<iframe data-pult data-pult-token="/pult-token" src="{framed.running.url}/embed/tickets?key={key}"></iframe>'
    )
    frame = await framed.show(html)
    await live(frame)
    assert await frame.locator("#ticket-1").count() == 1
