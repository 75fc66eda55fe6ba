"""A page that is not for its person any more as it stands asks its address again and becomes what there is to see."""

import jwt
import pytest

from app.desk import people
from app.desk.roles import Role
from app.live.tokens import Tokens
from tests.browser.conftest import connected, equals_its_reload, open_page
from tests.conftest import SECRET
from tests.live.actions import Desk

ADDRESS = "new URL(document.getElementById('live').getAttribute('hx-ws:connect'), location)"
HOLD = f"""(token) => {{
    const address = {ADDRESS};
    address.searchParams.set("token", token);
    document.getElementById("live").setAttribute("hx-ws:connect", address.pathname + address.search);
}}"""


@pytest.fixture
async def desk(running):
    desk = Desk(running.cast)
    desk.ticket = await desk.open(running.cast.anna, requester="anna@pult.example")
    await desk.open()
    return desk


async def stays(page) -> None:
    """It was not loaded anew, and goes on being live."""
    await equals_its_reload(page)
    assert await page.evaluate("window.marked") == "once"
    if await page.locator("#comment-body").count():
        assert await page.input_value("#comment-body") == "half an answer"


async def open_marked(context, path):
    page = await open_page(context, path)
    await page.evaluate("window.marked = 'once'")
    if await page.locator("#comment-body").count():
        await page.fill("#comment-body", "half an answer")
    return page


async def test_a_page_becomes_what_its_person_may_see_now(browser, running, desk):
    anna, context = running.cast.anna, await running.context(browser, running.cast.anna)
    theirs, others = await open_marked(context, "/tickets/1"), await open_marked(context, "/tickets/2")
    rows = await open_marked(context, "/tickets?view=all")
    pages = (theirs, others, rows)

    await people.set_role(anna, Role.ADMIN)
    for page in pages:
        await page.wait_for_selector(".side-foot a[href='/keys']", state="attached")
        await stays(page)

    keys = await open_page(context, "/keys")
    await people.set_name(anna, "Anna the first")
    for page in pages:
        await page.wait_for_selector(".side-foot :text('Anna the first')", state="attached")
        await stays(page)

    await people.set_role(anna, Role.AGENT)
    await keys.wait_for_selector('[data-banner="gone"]:visible')
    assert await keys.locator("#keyring > *").count() == 0 and "mbedding" not in await keys.title()

    await people.set_preferences(anna, language="ru", shortcuts=False)
    for page in pages:
        await page.wait_for_selector("html[lang=ru][data-keys=off]")
        await stays(page)

    await people.set_role(anna, Role.REQUESTER)
    for page in (theirs, rows):
        await page.wait_for_selector("html[data-role=requester]")
        await stays(page)
        assert await page.locator("#ticket-form, [name=priority], datalist").count() == 0
    await others.wait_for_selector('[data-banner="gone"]:visible')
    assert await others.locator("#thread > *, #ticket > *, #ticket-form, datalist > *").count() == 0
    assert await others.input_value("#comment-body") == "half an answer"
    assert await others.title() == "Pult"

    await desk.say(desk.ticket, by=running.cast.boris)
    for page in (theirs, rows):
        await stays(page)


async def test_a_token_in_the_words_of_another_version_ends_nothing(browser, running, desk):
    page = await open_marked(await running.context(browser, running.cast.anna), "/tickets/1")
    tokens = Tokens(SECRET, 60)
    token = await page.evaluate(f"{ADDRESS}.searchParams.get('token')")
    claims = jwt.decode(token, options={"verify_signature": False})
    del claims["lang"]
    await page.evaluate(HOLD, jwt.encode(claims | {"jti": "x"}, tokens._key, "HS256"))
    running.proxy.cut()
    await connected(page)
    await desk.say(desk.ticket)
    await stays(page)
    assert await page.locator("[data-banner]:visible").count() == 0
