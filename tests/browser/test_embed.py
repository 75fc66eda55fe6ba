"""The desk inside another site, in real Chromium: no third-party cookies, sandboxed frames, tokens that run out."""

import asyncio
import contextlib
import itertools
import time

import pytest
import uvicorn
from playwright.async_api import Error
from quart import Quart, Response, request

from app.desk import embeds, people
from app.desk.models import Comment
from tests.browser.conftest import LIVE, PATIENCE
from tests.conftest import DEADLINE
from tests.live.actions import Desk
from tests.web.embedding import Site, a_site

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


async def room(box) -> float:
    """How much of its page a frame has room for, in px."""
    return await box.evaluate("(frame) => frame.clientHeight - parseFloat(getComputedStyle(frame).paddingTop) * 2")


async def fits(frame, box, place: str = "") -> None:
    """Until the frame is exactly as high as its page."""
    until = time.monotonic() + DEADLINE
    while True:
        inner = await frame.locator("body").evaluate("(body) => Math.ceil(body.getBoundingClientRect().height)")
        if inner and inner == await room(box):
            return
        assert time.monotonic() < until, f"{place}: {inner} px have {await room(box)} px of room"
        await asyncio.sleep(0.05)


async def test_it_is_as_high_as_what_it_shows_and_keeps_to_280_px(framed, desk):
    frame = await framed.show(framed.frame("/embed/tickets/1", width=280))
    await live(frame)
    box = framed.page.locator("iframe")
    await fits(frame, box)
    before = await room(box)
    for _ in range(5):
        comment = await desk.say(desk.ticket)
    await frame.locator(f"#comment-{comment.id}").wait_for()
    await fits(frame, box)
    assert await room(box) > before
    assert await frame.locator("html").evaluate("(html) => html.scrollWidth <= html.clientWidth")
    assert {one["origin"] for one in await framed.told("height")} == {framed.running.url}


STYLED = "<style>* {{ box-sizing: border-box }} iframe {{ border: 7px solid; padding: 5px; max-width: 100% }}</style>{}"
SHADOW = """
<div id="host"></div><template>{}</template>
<script>
  const inside = document.getElementById("host").attachShadow({{ mode: "MODE" }});
  inside.append(document.querySelector("template").content);
  window.frame = inside.querySelector("iframe");
  if (!document.getElementById("host").shadowRoot) {{
    addEventListener("load", () => dispatchEvent(new CustomEvent("pult:frame", {{ detail: frame }})));
  }}
</script>
"""
PLACES = {  # how a site may hold the frame, and what it does until somebody sees it
    "counts borders as height": (STYLED, ""),
    "in an open shadow root": (SHADOW.replace("MODE", "open"), ""),
    "in a closed shadow root": (SHADOW.replace("MODE", "closed"), ""),
    "below the fold": ('<div style="height: 9000px"></div>{}', ""),
    "in closed details": (
        "<details><summary>Help</summary>{}</details>",
        "document.querySelector('details').open = true",
    ),
    "in closed details below the fold": (
        '<div style="height: 9000px"></div><details><summary>Help</summary>{}</details>',
        "document.querySelector('details').open = true",
    ),
    "not shown yet": ("<div hidden>{}</div>", "document.querySelector('[hidden]').hidden = false"),
    "transparent, in a box of no height": (
        '<div style="height: 0; overflow: hidden; opacity: 0">{}</div>',
        "document.querySelector('[style*=opacity]').style = ''",
    ),
}


async def test_wherever_a_site_holds_it_it_gets_its_height_and_the_page_is_loaded(framed, desk):
    for _ in range(4):
        await desk.say(desk.ticket)
    for place, (around, show) in PLACES.items():
        await framed.show(around.format(framed.frame("/embed/tickets/1")))  # goes on when the browser says: loaded
        inside = framed.page.frames[1]
        await inside.wait_for_selector('#live[data-state="connected"]', state="attached")
        if show:
            await framed.page.evaluate(show)
        box = await framed.page.evaluate_handle("window.frame ?? document.querySelector('iframe')")
        await fits(inside, box, place)
        said = await desk.say(desk.ticket)
        await inside.wait_for_selector(f"#comment-{said.id}", state="attached")
        await fits(inside, box, place)
        await box.scroll_into_view_if_needed()
        while not await inside.evaluate("document.documentElement.scrollHeight <= innerHeight"):
            await asyncio.sleep(0.02)
        await framed.page.close()


async def test_a_lazy_frame_gets_its_height_when_it_is_loaded(framed, desk):
    await framed.show('<div style="height: 20000px"></div>', framed.frame("/embed/tickets/1", more='loading="lazy"'))
    assert len(framed.page.frames) == 2 and framed.page.frames[1].url in ("", "about:blank")
    box = framed.page.locator("iframe")
    await framed.page.evaluate("scrollTo(0, 18500)")  # not in sight yet
    frame = framed.page.frame_locator("iframe")
    await live(frame)
    await fits(frame, box)


async def test_a_script_that_comes_late_is_told_the_height(framed, desk):
    frame = await framed.show(framed.frame("/embed/tickets/1"))
    await live(frame)
    await fits(frame, framed.page.locator("iframe"))
    framed.shop.html = framed.html(framed.frame("/embed/tickets/1")).replace("<script src", "<script data-src")
    await framed.page.goto(framed.shop.url)
    await live(frame)
    while not await framed.told("height"):
        await asyncio.sleep(0.02)
    await framed.page.add_script_tag(url=f"{framed.running.url}/embed/host.js")
    await fits(frame, framed.page.locator("iframe"))


async def test_a_site_that_is_isolated_can_frame_it(framed, desk):
    for policy, sandbox in itertools.product(("require-corp", "credentialless"), (USUAL, "allow-scripts allow-forms")):
        framed.shop.headers = {"Cross-Origin-Embedder-Policy": policy, "Cross-Origin-Opener-Policy": "same-origin"}
        frame = await framed.show(framed.frame("/embed/tickets/1", sandbox=sandbox))
        assert await framed.page.evaluate("crossOriginIsolated")
        await frame.locator("#thread article").first.wait_for()
        assert await frame.locator("#ticket h1").evaluate("(h) => getComputedStyle(h).fontSize") != "32px"
        if sandbox == USUAL:
            await live(frame)
            await fits(frame, framed.page.locator("iframe"))
            said = await desk.say(desk.ticket)
            await frame.locator(f"#comment-{said.id}").wait_for()
        await framed.page.close()


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
