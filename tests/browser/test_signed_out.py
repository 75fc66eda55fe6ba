"""A session that ended, or another person there: a page keeps its words, and sends them as its own person."""

import asyncio
import contextlib

import pytest
from playwright.async_api import Page, expect

from app.desk import people
from app.desk.models import Session
from tests.browser.conftest import PATIENCE, Running, connected, equals_its_reload, open_page
from tests.browser.test_foreign_answers import FORMS, HOLDS, desk, filled  # noqa: F401
from tests.browser.typed import FIELD, PASSWORD, SEND, let_in, write
from tests.conftest import DEADLINE
from tests.desk.acts import everything

OWN = {name: form for name, form in FORMS.items() if form.who != "embed" and name != "sign out"}
DIALOG, OTHER, ENDED = "#sign-in[open]", "[data-banner=other]:visible", "[data-banner=ended]:visible"


@pytest.fixture(autouse=True)
async def _passwords(running, desk):  # noqa: F811
    await let_in(running.cast)


async def end_sessions() -> None:
    for session in await Session.all():
        await people.end_session(session.id)


async def come_in(running: Running, page: Page, name: str) -> None:
    """Another person, in another tab of this page's browser."""
    there = await running.context(page.context.browser, getattr(running.cast, name))
    await page.context.add_cookies(await there.cookies())
    await there.close()


async def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    await page.fill(f"{DIALOG} [name=email]", f"{name}@pult.example")
    await page.fill(f"{DIALOG} [name=password]", password)
    await page.press(f"{DIALOG} [name=password]", "Enter")


async def is_kept(before: dict) -> bool:
    """Whether the desk comes to hold something else than sessions that it did not hold before."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(3 * DEADLINE):
            while {**await everything(), "session": None} == {**before, "session": None}:
                await asyncio.sleep(0.02)
            return True
    return False


async def test_every_form_is_sent_by_its_own_person_only(browser, running, desk):  # noqa: F811
    """Another is signed in: the page says who. Nobody is: its person signs in beside it, and it is sent."""
    for name, form in OWN.items():
        page = await filled(running, browser, desk, form)
        typed, where = await page.evaluate(HOLDS), page.url
        await come_in(running, page, "boris")
        before = await everything()
        await page.locator(form.button).last.evaluate("(it) => it.click()")
        await expect(page.locator(f"{form.said} :text('Boris is signed in here now')"), name).to_be_visible()
        assert await page.evaluate(HOLDS) == typed and page.url == where and await everything() == before, name
        await page.context.clear_cookies()
        await page.locator(form.button).last.evaluate("(it) => it.click()")
        await page.wait_for_selector(DIALOG)
        assert page.url == where and await everything() == before, name
        await sign_in(page, form.who, "not it")
        await page.wait_for_selector("#login-error")
        await sign_in(page, form.who)
        if name == "settings":
            await page.wait_for_selector("text=Saved")
        else:
            assert await is_kept(before), name
        await expect(page.locator(DIALOG), name).to_have_count(0)
        await page.close()
    assert desk.failed == []


async def test_a_page_whose_session_ended_goes_on_after_a_sign_in_beside_it(browser, running, desk):  # noqa: F811
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await write(page, "Half an answer", "note")
    await end_sessions()
    await page.click(f"{ENDED} >> text=Sign in again")
    await page.press(DIALOG, "Escape")
    await page.click(f"{ENDED} >> text=Sign in again")
    await sign_in(page, "anna")
    await connected(page)
    assert await page.input_value(FIELD) == "Half an answer" and not await page.locator(ENDED).count()
    await page.press(FIELD, SEND)
    await expect(page.locator("#thread article :text('Half an answer')")).to_be_visible()
    assert not await page.locator("#login").count(), "a password stood in it"
    await equals_its_reload(page, "#comment-form")


@pytest.mark.parametrize("who", ["anna", "boris"])
async def test_a_sign_in_in_another_tab_is_seen(who, browser, running, desk):  # noqa: F811
    context = await running.context(browser, running.cast.anna)
    page, tab = await open_page(context, "/tickets/1"), await context.new_page()
    await write(page, "Hers", "note")
    await end_sessions()
    await page.wait_for_selector(ENDED)
    await tab.goto("/login")
    await tab.fill("[name=email]", f"{who}@pult.example")
    await tab.fill("[name=password]", PASSWORD)
    await tab.press("[name=password]", "Enter")
    await tab.wait_for_url("**/tickets*")
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as when one comes back to it
    if who == "boris":
        await expect(page.locator(OTHER)).to_contain_text("Boris is signed in here now.")
        assert not await page.locator(ENDED).count()
        await page.press(FIELD, SEND)
        await page.wait_for_selector("#comment-form :text('Boris is signed in here now')")
        assert await page.input_value(FIELD) == "Hers"
        await page.click(f"{OTHER} >> text=Sign in as yourself")
        await sign_in(page, "boris")
        await page.wait_for_selector(f"{DIALOG} .notice:has-text('Boris is signed in here now')")
        await sign_in(page, "anna")
    await connected(page)
    await page.press(FIELD, SEND)
    await expect(page.locator("#thread article:has-text('Hers')")).to_contain_text("Anna")
    assert not await page.locator(OTHER).count()


async def test_without_scripts_the_sign_in_holds_the_words_and_sends_them_once(browser, running, desk):  # noqa: F811
    context = await running.context(browser, running.cast.clara, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/tickets/2")
    await page.fill(FIELD, "By nothing\nbut HTML")
    await end_sessions()
    await page.click("#comment-form .primary")
    assert await page.input_value("#login [name=body]") == "By nothing\nbut HTML"
    await page.fill("[name=email]", "clara@pult.example")
    await page.fill("[name=password]", PASSWORD)
    await page.press("[name=password]", "Enter")
    await page.wait_for_selector("#thread :text('By nothing')")
    await page.goto("/tickets/2")
    assert await page.locator("#thread :text('By nothing')").count() == 1


@pytest.mark.parametrize("scripts", [True, False])
async def test_the_place_in_a_page_is_not_lost_at_the_sign_in(scripts, browser, running, desk):  # noqa: F811
    page = await (await running.context(browser, java_script_enabled=scripts)).new_page()
    await page.goto("/tickets/1#comment-6")
    for password in ("not it", PASSWORD):
        await page.fill("[name=email]", "anna@pult.example")
        await page.fill("[name=password]", password)
        await page.press("[name=password]", "Enter")
        await page.wait_for_selector("#login-error, #thread")
    assert page.url.endswith("/tickets/1#comment-6")


@pytest.mark.parametrize("opens", ["#comment-6 [data-edit]", ".side-foot [data-sheet]"])
async def test_what_a_page_says_while_a_dialog_is_open_is_said_in_it(opens, browser, running, desk):  # noqa: F811
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await page.locator(opens).evaluate("(it) => it.click()")
    await page.wait_for_selector("dialog[open]")
    running.proxy.unplug()
    await page.wait_for_selector("dialog[open] [data-banner=offline]:visible", timeout=3 * PATIENCE)
    running.proxy.plug()
    await page.evaluate("dispatchEvent(new Event('online'))")
    await connected(page)
    await end_sessions()
    if "edit" in opens:
        await page.fill("#edit-body", "Better words")
    await page.click(f"dialog[open] {ENDED} >> text=Sign in again")
    await sign_in(page, "anna")
    await connected(page)
    if "edit" in opens:
        await page.press("#edit-body", SEND)
        await page.wait_for_selector("#thread :text('Better words')")
    else:
        await page.keyboard.press("Escape")
    await expect(page.locator("dialog[open]")).to_have_count(0)
    assert await page.locator("main .banners").count() == 1
