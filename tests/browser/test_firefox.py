"""The same pages in Firefox, where it is installed: a desk that is live, and an embed without third-party cookies."""

import pytest

from app.desk import people
from app.desk.models import Comment
from tests.browser import firefox
from tests.browser.embed.framing import Framed, Shop
from tests.live.actions import Desk
from tests.web.embedding import a_site

pytestmark = pytest.mark.skipif(not firefox.program(), reason="there is no Firefox here")

LIVE = "document.getElementById('live')?.dataset.state === 'connected'"
PASSWORD = "a password for Firefox"


async def test_a_page_of_the_desk_is_live_and_takes_what_is_typed(running, tmp_path):
    desk = Desk(running.cast)
    ticket = await desk.open(subject="Teapot")
    await people.set_password(running.cast.anna, PASSWORD)
    async with firefox.launched(tmp_path / "profile") as browser:
        window = await browser.open(f"{running.url}/login?next=/tickets/1")
        fill = f"[email.value, password.value] = ['anna@pult.example', '{PASSWORD}']"
        form = "document.getElementById('login')"
        await browser.look(window, f"(() => {{ const {{ email, password }} = {form}.elements; {fill} }})()")
        await browser.look(window, f"{form}.requestSubmit()")
        await browser.until(window, LIVE)
        reply = await desk.say(ticket, by=desk.cast.clara)
        await browser.until(window, f"Boolean(document.getElementById('comment-{reply.id}'))")
        await browser.look(window, "document.getElementById('comment-body').value = 'From Firefox'")
        await browser.look(window, "document.getElementById('comment-form').requestSubmit()")
        await browser.until(window, "document.getElementById('thread').textContent.includes('From Firefox')")
        running.proxy.cut()
        await desk.change(ticket, subject="A green teapot")
        await browser.until(window, "document.querySelector('#ticket h1').textContent === 'A green teapot'")


async def test_an_embed_is_live_where_third_party_cookies_are_blocked(running, tmp_path):
    desk = Desk(running.cast)
    ticket = await desk.open(subject="Teapot")
    async with Shop() as shop, firefox.launched(tmp_path / "profile") as browser:
        site = await a_site(shop.url)
        framed = Framed(running, shop, site, None)
        shop.html = framed.html(framed.frame("/embed/tickets/1"))
        window = await browser.open(shop.url)
        inside, address = await browser.frame(window)
        await browser.until(inside, LIVE)
        inside, address = await browser.frame(window)
        assert address == f"{running.url}/embed/tickets/1?key={site.key.id}"
        await browser.until(window, "parseInt(document.querySelector('iframe').style.height) > 100")
        reply = await desk.say(ticket)
        await browser.until(inside, f"Boolean(document.getElementById('comment-{reply.id}'))")
        await browser.look(inside, "document.getElementById('comment-body').value = 'From Firefox'")
        await browser.look(inside, "document.getElementById('comment-form').requestSubmit()")
        await browser.until(inside, "document.getElementById('thread').textContent.includes('From Firefox')")
        assert (await Comment.get(body="From Firefox")).author_id == desk.cast.clara.id
        assert await browser.look(inside, "document.cookie") == ""
