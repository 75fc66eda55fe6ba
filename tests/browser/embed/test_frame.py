"""The desk inside another site, in real Chromium: no third-party cookies, sandboxed frames."""

import contextlib

import pytest
from playwright.async_api import Error

from app.desk import embeds, people
from app.desk.models import Comment
from tests.browser.embed.framing import equals_its_reload, live
from tests.web.embedding import a_site


async def test_a_customer_reads_writes_and_opens_a_ticket_live(framed, desk):
    frame = await framed.show(framed.frame())
    await live(frame)
    await desk.change(desk.ticket, subject="A green teapot")
    await frame.locator("text=A green teapot").click()
    await live(frame)
    reply = await desk.say(desk.ticket)
    await frame.locator(f"#comment-{reply.id}").wait_for()
    await frame.locator("#comment-body").fill("Thank you")
    await frame.locator("#comment-body").press("Control+Enter")
    await frame.locator("#thread article:has-text('Thank you')").wait_for()
    assert await frame.locator("#comment-body").input_value() == ""
    said = await Comment.get(body="Thank you")
    assert (said.author_id, said.kind) == (desk.cast.clara.id, "reply")
    await equals_its_reload(framed, frame, "/embed/tickets/1")
    await frame.locator(".back").click()
    await frame.locator('[formaction="/embed/tickets/new"]').click()
    await frame.locator("[name=subject]").fill("Another teapot")
    await frame.locator("[name=body]").fill("Blue")
    await frame.locator("#new-ticket .primary").click()
    await frame.locator("h1:text-is('Another teapot')").wait_for()
    await frame.locator(".back").click()
    await live(frame)
    await equals_its_reload(framed, frame, "/embed/tickets")


async def test_no_cookie_and_no_token_is_left_anywhere(framed, desk):
    addresses, headers = [], []
    framed.context.on("request", lambda request: headers.append((request.url, request.headers)))
    await desk.say(desk.ticket, by=desk.cast.clara)
    link = await framed.show(framed.frame("/embed/tickets/1"))
    await live(link)
    addresses.append(framed.page.frames[1].url)
    await link.locator("#comment-body").fill(f"see {framed.shop.url}/elsewhere")
    await link.locator("#comment-form .primary").click()
    async with framed.context.expect_page() as opened:
        await link.locator(f'#thread a[href="{framed.shop.url}/elsewhere"]').click()
    await (await opened.value).wait_for_load_state()
    assert framed.shop.referrers == [""]
    await link.locator(".back").click()
    await live(link)
    addresses.append(framed.page.frames[1].url)
    assert all("token" not in address and f"key={framed.site.key.id}" in address for address in addresses)
    assert await framed.context.cookies() == []
    for url, sent in headers:
        assert "cookie" not in sent and "token=" not in sent.get("referer", ""), url


async def test_who_may_not_frame_it_sees_nothing(framed, running):
    stranger = await a_site("https://other.example", name="Other")
    frame = await framed.show(framed.frame(token=stranger.token()))
    with pytest.raises(Error):
        await frame.locator("#ticket-rows").wait_for(timeout=1000)
    await framed.show(f'<iframe src="{running.url}/login"></iframe>')
    with pytest.raises(Error):
        await framed.page.frame_locator("iframe").locator("#login").wait_for(timeout=1000)


async def test_without_scripts_in_the_frame_everything_can_still_be_done(framed, desk):
    frame = await framed.show(framed.frame(sandbox="allow-forms allow-same-origin"))
    await frame.locator("#ticket-1 button").click()
    await frame.locator("#comment-body").fill("By hand")
    await frame.locator("#comment-form .primary").click()
    await frame.locator("#thread article:has-text('By hand')").wait_for()
    await frame.locator(".back").click()
    await frame.locator("#ticket-rows").wait_for()


async def test_no_other_origin_is_heard_or_spoken_to(framed, desk):
    frame = await framed.show(framed.frame())
    await live(frame)
    before = await frame.locator("#embed [name=token]").input_value()
    other = framed.site.token(sub="dmitri@pult.example")
    # A frame beside it, of the desk's own site, is no embedder either.
    await frame.locator("html").evaluate(
        "(_, token) => window.postMessage({ type: 'pult:token', token }, location.origin)", other
    )
    shapes = [
        "null",
        "'pult:token'",
        "{ type: 'pult:token' }",
        "{ type: 'pult:token', token: 5 }",
        "{ type: 'x', token: 'x' }",
    ]
    for shape in shapes:
        await framed.page.evaluate(f"document.querySelector('iframe').contentWindow.postMessage({shape}, '*')")
    await desk.change(desk.ticket, subject="Still here")
    await frame.locator("#ticket-1 :text-is('Still here')").wait_for()
    assert await frame.locator("#embed [name=token]").input_value() == before
    told = await framed.page.evaluate("told.map((one) => one.type)")
    assert set(told) == {"pult:height"}


async def test_two_embeds_on_one_page_are_each_their_own(framed, desk):
    await desk.open(subject="Second")
    await framed.show(
        framed.frame("/embed/tickets/1", resource="ticket:1"), framed.frame("/embed/tickets/2", resource="ticket:2")
    )
    first, second = (framed.page.frame_locator("iframe").nth(number) for number in (0, 1))
    for frame in (first, second):
        await live(frame)
    said = await desk.say(desk.ticket)
    await first.locator(f"#comment-{said.id}").wait_for()
    assert await second.locator(f"#comment-{said.id}").count() == 0
    heights = await framed.page.evaluate("[...document.querySelectorAll('iframe')].map((frame) => frame.style.height)")
    assert all(heights)


@pytest.mark.parametrize("how", ["key", "person"])
async def test_a_right_that_ends_closes_the_open_page(how, framed, desk):
    frame = await framed.show(framed.frame("/embed/tickets/1"))
    await live(frame)
    await frame.locator("#comment-body").fill("half an answer")
    if how == "key":
        await embeds.revoke_key(framed.site.key.id)
    else:
        await people.disable("clara@pult.example")
    await frame.locator('[data-banner="ended"]:visible').wait_for()
    assert await frame.locator("#comment-body").input_value() == "half an answer"


async def test_a_hidden_frame_lets_its_socket_go_and_catches_up_when_it_is_seen(framed, desk):
    frame = await framed.show(framed.frame("/embed/tickets/1"))
    await live(frame)
    hide = "(html, hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });"
    hide += " document.dispatchEvent(new Event('visibilitychange')); }"
    await frame.locator("html").evaluate(hide, True)
    await frame.locator('#live:not([data-state="connected"])').wait_for(state="attached")
    said = await desk.say(desk.ticket)
    await frame.locator("html").evaluate(hide, False)
    await frame.locator(f"#comment-{said.id}").wait_for()
    await live(frame)
    await equals_its_reload(framed, frame, "/embed/tickets/1")


async def test_keys_of_the_desk_do_nothing_in_a_frame(framed, desk):
    frame = await framed.show(framed.frame())
    await live(frame)
    await frame.locator("h1").click()
    for key in ("j", "c", "?", "/", "g", "i"):
        await framed.page.keyboard.press(key)
    assert await frame.locator("[aria-current=true]").count() == 0
    assert framed.page.frames[1].url.partition("?")[0].endswith("/embed/tickets")


async def test_without_its_own_origin_a_frame_shows_its_page_and_says_that_it_is_not_live(framed, desk):
    frame = await framed.show(framed.frame(sandbox="allow-scripts allow-forms"))
    await frame.locator("#ticket-1").wait_for()
    with contextlib.suppress(Error):
        await frame.locator('#live:not([data-state="connected"])').wait_for(state="attached", timeout=2000)
    assert await frame.locator('#live[data-state="connected"]').count() == 0


async def test_it_speaks_and_looks_as_the_site_signed(framed, desk):
    frame = await framed.show(framed.frame(locale="ru", theme="dark", accent="#ffcc00"))
    await live(frame)
    button = frame.locator(".head .primary")
    style = "(button) => [getComputedStyle(button).backgroundColor, getComputedStyle(button).color]"
    assert await button.inner_text() == "Новое обращение"
    assert await button.evaluate(style) == ["rgb(255, 204, 0)", "rgb(0, 0, 0)"]
    assert await frame.locator("body").evaluate("(body) => getComputedStyle(body).backgroundColor") == "rgb(23, 25, 29)"
