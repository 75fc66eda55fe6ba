"""What was typed and not sent is there again: after another page, a reload, Back; and for nobody else."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from app.desk.models import Ticket
from tests.browser.conftest import connected, open_page
from tests.browser.embed.framing import Framed, Shop
from tests.browser.typed import FIELD, SEND, a_desk, until_said
from tests.web.embedding import a_site


@pytest.fixture
async def desk(running):
    return await a_desk(running)


async def leave_by_keys(page: Page) -> None:
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("m")
    await page.wait_for_url("**/tickets?view=mine")


async def leave_by_a_link(page: Page) -> None:
    await page.evaluate("document.querySelector('[data-view=all]').click()")
    await page.wait_for_url("**/tickets?view=all")


async def reload(page: Page) -> None:
    await page.reload()


COMPOSER = {FIELD: "For us, half", "#comment-form [name=status]": "solved"}
EDIT = {"#edit-body": "Better, half"}
NEW = {
    "[name=subject]": "Toner",
    "main [name=body]": "It is",
    "[name=requester]": "x@pult.example",
    "[name=tags]": "vpn",
}
DRAFTS = {
    "composer": ("/tickets/1", "#comment-form label:has([value=note])", COMPOSER),
    "new ticket": ("/tickets/new", "", NEW | {"[name=priority]": "urgent"}),
    "edit": ("/tickets/1", "#comment-2 [data-edit]", EDIT),
    "key": ("/keys", "", {"[name=name]": "Shop", "[name=origins]": "https://x.example"}),
}
SENT = {
    "composer": "#thread :text('For us, half')",
    "new ticket": "h1:text-is('Toner')",
    "edit": "#thread :text('Better, half')",
    "key": ".embed-key",
}  # what is seen once it was taken


EMBEDDED = {
    "/embed/tickets/1": {FIELD: "Half an answer"},
    "/embed/tickets/new": {"[name=subject]": "Toner", "[name=body]": "It is"},
}


async def fill(page: Page, typed: dict[str, str]) -> None:
    for selector, words in typed.items():
        if await page.locator(selector).evaluate("(it) => it.localName") == "select":
            await page.select_option(selector, words)
        else:
            await page.fill(selector, words)


async def holds(page: Page, typed: dict[str, str]) -> None:
    for selector, words in typed.items():
        await expect(page.locator(selector)).to_have_value(words)


@pytest.mark.parametrize("leave", [leave_by_keys, leave_by_a_link, reload])
async def test_what_was_typed_is_there_again(leave, browser, running, desk):
    context = await running.context(browser, running.cast.vera)
    for name, (path, opens, typed) in DRAFTS.items():
        page = await open_page(context, path)
        if opens:
            await page.click(opens, force=True)
        await fill(page, typed)
        await leave(page)
        await page.goto(path)
        await connected(page)
        if name == "edit":
            await page.click(opens, force=True)
        await holds(page, typed)
        if name == "composer":
            assert await page.is_checked("#comment-form [value=note]"), "a note stays a note"
        mark = page.locator(".draft:visible")
        await expect(mark).to_contain_text("Draft")
        await mark.locator("[data-discard]").click()
        await page.reload()
        await connected(page)
        if name == "edit":
            await page.click(opens, force=True)
        assert await page.locator(".draft:visible").count() == 0
        for selector, words in typed.items():
            await expect(page.locator(selector)).not_to_have_value(words)
        await page.close()


async def shown_again(page: Page, path: str, opens: str) -> None:
    await page.goto("/tickets")
    await page.goto(path)
    await connected(page)
    if opens:
        await page.click(opens, force=True)


async def test_what_was_sent_is_no_draft_any_more(browser, running, desk):
    context = await running.context(browser, running.cast.vera)
    for name, (path, opens, typed) in DRAFTS.items():
        page = await open_page(context, path)
        if opens:
            await page.click(opens, force=True)
        await fill(page, typed)
        await page.press(next(iter(typed)), "Enter" if name in ("new ticket", "key") else SEND)
        await page.wait_for_selector(SENT[name])
        await shown_again(page, path, opens if name == "edit" else "")
        assert await page.locator(".draft:visible").count() == 0, name
        await page.close()


async def test_nobody_else_finds_it_and_no_tab_after_a_sign_out(browser, running, desk):
    context = await running.context(browser, running.cast.anna)
    page, tab = await open_page(context, "/tickets/1"), await open_page(context, "/tickets/1")
    for one in (page, tab):
        await one.fill(FIELD, "Between us")
        await one.goto("/tickets/1")
        await expect(one.locator(FIELD)).to_have_value("Between us")
    there = await running.context(browser, running.cast.boris)
    mine = await context.cookies()
    await context.add_cookies(await there.cookies())
    await page.goto("/tickets/1")
    await connected(page)
    assert await page.input_value(FIELD) == ""
    await context.add_cookies(mine)
    await page.goto("/tickets/1")
    await connected(page)
    await page.click("text=Sign out")
    await page.wait_for_selector("#login")
    await context.add_cookies(await (await running.context(browser, running.cast.anna)).cookies())
    for one in (page, tab):
        await one.goto("/tickets/1")
        await connected(one)
        assert await one.input_value(FIELD) == "Between us", "the desk keeps it for its writer"
        assert not await one.evaluate("Object.keys(sessionStorage).filter((name) => name.startsWith('draft'))")


async def test_inside_another_site_too_and_the_site_cannot_read_it(browser, running, desk):
    """Nor does the next customer there find it, with a token of their own."""
    async with Shop() as shop:
        shop.url = shop.url.replace("localhost", "127.0.0.1")  # of elsewhere some browsers keep nothing in frames
        framed = Framed(running, shop, await a_site(shop.url), await browser.new_context())
        ready = "form[data-draft][autocomplete=off]"
        for path, typed in EMBEDDED.items():
            frame = await framed.show(framed.frame(path))
            await frame.locator(ready).wait_for()
            for selector, words in typed.items():
                await frame.locator(selector).fill(words)
            await framed.page.reload()
            for selector, words in typed.items():
                await expect(frame.locator(selector)).to_have_value(words)
            await expect(frame.locator(".draft")).to_be_visible()
            kept = "[JSON.stringify(sessionStorage), JSON.stringify(localStorage)]"
            assert await framed.page.evaluate(kept) == ["{}", "{}"]
        shop.html = framed.html(framed.frame("/embed/tickets/2", sub="dmitri@pult.example"))
        await framed.page.reload()
        await frame.locator(ready).wait_for()
        await expect(frame.locator(FIELD)).to_have_value("")
        drafts = "Object.keys(sessionStorage).filter((name) => name.startsWith('draft'))"
        assert await framed.page.frames[1].evaluate(drafts) == []


# -- what the browser restores --


async def test_back_restores_no_choice_that_would_undo_a_colleagues(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await page.evaluate("document.querySelector('[data-fields]').open = true")
    for name, value in (("status", "solved"), ("priority", "urgent"), ("assignee", str(running.cast.boris.id))):
        await page.select_option(f"#field-{name}", value)
        await page.wait_for_selector(f'#ticket[data-{name}="{value}"]', state="attached")
    await fill(page, {"#field-subject": "Mine", "#field-tags": "mine", "#field-due": "2030-01-01", FIELD: "Half"})
    await leave_by_a_link(page)
    async with asyncio.timeout(10):
        while (await Ticket.get(id=1)).due != "2030-01-01":  # a field saves itself
            await asyncio.sleep(0.02)
    theirs = {"status": "open", "priority": "high", "assignee": "", "subject": "Theirs", "due": "2031-02-03"}
    await desk.change(desk.ticket, running.cast.vera, **theirs)
    await page.go_back()
    await connected(page)
    await holds(page, {f"#field-{name}": value for name, value in {**theirs, "tags": "mine"}.items()} | {FIELD: "Half"})
    await page.locator("#ticket-form button").last.evaluate("(it) => it.click()")
    await page.wait_for_selector("#ticket-form :text('Saved')", state="attached")
    await desk.ticket.refresh_from_db()
    kept = (desk.ticket.priority.name, desk.ticket.subject, desk.ticket.status.value, desk.ticket.assignee_id)
    assert kept == ("HIGH", "Theirs", "open", None)


async def test_back_to_a_list_shows_what_it_is_filtered_by(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets")
    for name, value in (("priority", "high"), ("sort", "created"), ("status", "pending")):
        await page.goto("/tickets")
        await page.locator(f".filters [name={name}]").select_option(value)
        await page.wait_for_url(f"**{name}={value}*")
        await page.go_back()
        await connected(page)
        assert "=" not in page.url
        await expect(page.locator(f".filters [name={name}]")).not_to_have_value(value)
    await page.goto("/settings")
    await page.select_option("[name=language]", "ru")
    await page.goto("/tickets")
    await page.go_back()
    await expect(page.locator("[name=language]")).to_have_value("")


async def test_back_brings_no_words_again_that_were_sent(browser, running, desk):
    """Nor the key that they were sent with, by which others would be taken for them."""
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await page.fill(FIELD, "Once")
    await page.press(FIELD, SEND)
    await until_said(("reply", "Once"))
    await leave_by_a_link(page)
    await page.go_back()
    await connected(page)
    assert await page.input_value(FIELD) == ""
    await page.fill(FIELD, "Twice")
    await page.press(FIELD, SEND)
    await until_said(("reply", "Once"), ("reply", "Twice"))
