"""Drafts on the desk: what one typed is there on any device, after any crash; of two the later wins and says so."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from app.desk.drafts import Draft
from app.desk.models import Comment, Person, Ticket
from tests import forms
from tests.browser.conftest import connected, equals_its_reload, open_page
from tests.browser.typed import FIELD, PASSWORD, SEND, a_desk, held, let_in, said, until_said, write
from tests.conftest import DEADLINE

LATER, STORED = "#comment-form .later", "form[data-stored] .stored"


@pytest.fixture
async def desk(running):
    return await a_desk(running)


async def until_kept(*expected: str, person: Person | None = None) -> None:
    """Until these are all drafts (of this person), by their body."""
    drafts = Draft.filter(person=person) if person else Draft.all()
    async with asyncio.timeout(DEADLINE):
        while sorted([draft.body for draft in await drafts]) != sorted(expected):
            await asyncio.sleep(0.02)


async def until_subject(words: str) -> None:
    async with asyncio.timeout(DEADLINE):
        while [draft.others.get("subject") for draft in await Draft.all()] != [words]:
            await asyncio.sleep(0.02)


async def device(browser, running, person=None, path: str = "/tickets/1") -> Page:
    """A browser of its own, in which nothing was typed yet."""
    return await open_page(await running.context(browser, person or running.cast.anna), path)


async def again(page: Page, path: str = "/tickets/1") -> None:
    await page.goto(path)
    await connected(page)


async def test_what_was_typed_here_is_there_and_back_again(browser, running, desk):
    here = await device(browser, running)
    await write(here, "For us, half", "note")
    await here.select_option("#comment-form [name=status]", "solved")
    await expect(here.locator(STORED)).to_have_text("saved")
    there = await device(browser, running)
    await expect(there.locator(FIELD)).to_have_value("For us, half")
    assert await there.is_checked("#comment-form [value=note]") and await there.input_value("[name=status]") == "solved"
    await expect(there.locator(STORED)).to_be_visible()
    await there.locator(FIELD).press_sequentially(" of it")
    await until_kept("For us, half of it")
    await here.reload()  # what this tab has kept is older
    await connected(here)
    await expect(here.locator(FIELD)).to_have_value("For us, half of it")
    await here.press(FIELD, SEND)
    await until_said(("note", "For us, half of it"))
    await until_kept()
    await again(there)
    assert await there.input_value(FIELD) == "" and await there.locator(".draft:visible").count() == 0


async def test_what_the_desk_has_not_is_newer_after_a_cut_and_is_kept_then(browser, running, desk):
    page = await device(browser, running)
    await write(page, "One")
    await until_kept("One")
    await page.context.set_offline(True)
    await page.locator(FIELD).press_sequentially(", two")
    await expect(page.locator(STORED)).to_be_hidden()
    await page.context.set_offline(False)
    await page.reload()
    await connected(page)
    await expect(page.locator(FIELD)).to_have_value("One, two")
    await until_kept("One, two")
    await expect(page.locator(STORED)).to_be_visible()


async def test_a_page_that_goes_in_the_midst_of_a_word_leaves_it_on_the_desk(browser, running, desk):
    page = await device(browser, running)
    await write(page, "Half a w")
    await page.goto("about:blank")  # before the pause is over
    await until_kept("Half a w")


async def test_of_two_devices_at_once_the_later_wins_and_says_so(browser, running, desk):
    here, there = [await device(browser, running) for _ in range(2)]
    await write(here, "Here.")
    await until_kept("Here.")
    await write(there, "There.")
    later = there.locator(LATER)
    await expect(later).to_contain_text("on another page or device")
    await expect(later.locator("blockquote")).to_have_text("Here.")
    assert await there.input_value(FIELD) == "There."
    await until_kept("Here.")
    await there.locator(FIELD).press_sequentially(" And on.")
    await until_kept("There. And on.")
    await later.locator("[data-take]").click()
    await expect(there.locator(FIELD)).to_have_value("Here.")
    await expect(later.locator("blockquote")).to_have_text("There. And on.")
    await until_kept("Here.")
    await there.press(FIELD, SEND)
    await until_said(("reply", "Here."))
    await until_kept()
    await expect(later).to_have_count(0)


async def test_what_two_typed_without_the_desk_is_decided_by_the_later(browser, running, desk):
    here, there = [await device(browser, running) for _ in range(2)]
    for page, other, words in ((here, there, "Here."), (there, here, "There.")):
        await page.context.set_offline(True)
        await write(page, words)
        await expect(other.locator(LATER)).to_have_count(0)
    for page in (there, here):
        await page.context.set_offline(False)
        await page.reload()
        await connected(page)
        await until_kept("There.")
    await expect(here.locator(FIELD)).to_have_value("There.")
    await expect(here.locator(f"{LATER} blockquote")).to_have_text("Here.")


async def test_what_is_sent_before_the_pause_is_over_leaves_no_draft(browser, running, desk):
    """Also where a save is on its way meanwhile, and with other words typed after it."""
    page = await device(browser, running)
    await write(page, "Quick.")
    await page.press(FIELD, SEND)
    await until_said(("reply", "Quick."))
    gate = await held(page, "**/drafts")
    await write(page, "Slow")
    async with page.expect_request("**/drafts"):
        pass
    await page.locator(FIELD).press_sequentially("er.")
    await page.press(FIELD, SEND)
    await write(page, "Next.", "note")
    gate.let_go()
    await until_said(("reply", "Quick."), ("reply", "Slower."))
    await until_kept("Next.")
    await page.press(FIELD, SEND)
    await page.wait_for_selector("#thread :text('Next.')")
    await until_kept()
    await equals_its_reload(page, typed="#comment-form")


async def test_what_comes_back_unsent_is_kept_and_is_nobodys_else_words(browser, running, desk):
    page = await device(browser, running)
    await write(page, "Hello")
    await until_kept("Hello")
    running.proxy.answer("POST /tickets/1/comments", 502)
    await page.press(FIELD, SEND)
    await page.wait_for_selector("#comment-form [data-banner=unsent]")
    await page.locator(FIELD).press_sequentially(" again")
    await until_kept("Hello again")
    assert await page.locator(LATER).count() == 0
    running.proxy.be_honest()
    await page.press(FIELD, SEND)
    await until_said(("reply", "Hello again"))
    await until_kept()


async def test_an_answer_that_was_lost_is_no_other_device(browser, running, desk):
    page = await device(browser, running)
    running.proxy.answer("POST /drafts", 502, passes=True)
    await write(page, "One")
    await until_kept("One")
    running.proxy.be_honest()
    await page.locator(FIELD).press_sequentially(", two")
    await until_kept("One, two")
    await expect(page.locator(STORED)).to_be_visible()
    assert await page.locator(LATER).count() == 0


async def test_a_new_ticket_and_an_edit_are_on_every_device_and_gone_when_sent(browser, running, desk):
    here = await device(browser, running, path="/tickets/new")
    await here.fill("[name=subject]", "Toner")
    await here.fill("#new-ticket [name=body]", "It is")
    await here.select_option("[name=priority]", "high")
    await until_kept("It is")
    there = await device(browser, running, path="/tickets/new")
    assert await there.input_value("[name=subject]") == "Toner" and await there.input_value("[name=priority]") == "high"
    await there.fill("#new-ticket [name=body]", "It is empty.")
    await there.press("#new-ticket [name=body]", SEND)
    await there.wait_for_url("**/tickets/3")
    await until_kept()
    await again(there)
    await there.click("#comment-2 [data-edit]", force=True)
    await there.fill("#edit-body", "Better")
    await until_kept("Better")
    await again(here)
    await here.click("#comment-2 [data-edit]", force=True)
    await expect(here.locator("#edit-body")).to_have_value("Better")
    was = (await Comment.get(id=2)).body
    await here.click("#edit-form [data-discard]")
    await expect(here.locator("#edit-body")).to_have_value(was)
    await until_kept()
    await here.fill("#edit-body", "Best")
    await here.press("#edit-body", SEND)
    await here.wait_for_selector("#thread :text('Best')")
    await until_kept()


async def test_what_was_dropped_is_gone_also_from_a_page_that_is_quicker(browser, running, desk):
    page = await device(browser, running)
    for how in ("button", "hand"):
        await write(page, "Half")
        await until_kept("Half")
        await again(page)
        gate = await held(page, "**/drafts")
        if how == "button":
            await page.click("#comment-form [data-discard]")
        else:
            await page.fill(FIELD, "")
        await page.reload()
        gate.let_go()
        await connected(page)
        assert await page.input_value(FIELD) == "" and await page.locator(".draft:visible").count() == 0
        await until_kept()
        await page.unroute("**/drafts")


async def test_another_person_in_the_same_browser_never_sees_it(browser, running, desk):
    await let_in(running.cast)
    page = await device(browser, running)
    await write(page, "Between us")
    await until_kept("Between us")
    await page.evaluate("document.querySelector('form[action=\"/logout\"] button').click()")
    await page.wait_for_url("**/login**")
    for email, words in (("boris@pult.example", ""), ("anna@pult.example", "Between us")):
        await page.context.clear_cookies()
        await page.goto("/login?next=/tickets/1")
        await page.fill("[name=email]", email)
        await page.fill("[name=password]", PASSWORD)
        await page.click("button.primary")
        await page.wait_for_url("**/tickets/1")
        await connected(page)
        assert await page.input_value(FIELD) == words
        if not words:
            assert "Between us" not in await page.content()
            await write(page, "Of Boris")
            await until_kept("Of Boris", person=running.cast.boris)
    await until_kept("Between us", person=running.cast.anna)


async def test_a_requester_keeps_drafts_too_and_takes_them_to_a_new_ticket(browser, running, desk):
    page = await device(browser, running, running.cast.clara)
    await page.fill(FIELD, "It is broken again.")
    await until_kept("It is broken again.")
    await forms.change(running.cast.anna, 1, str((await Ticket.get(id=1)).version), {"status": "closed"})
    await page.click(".with-words")
    await page.wait_for_selector("#new-ticket")
    await expect(page.locator("#new-ticket [name=body]")).to_have_value("It is broken again.")
    await page.fill("[name=subject]", "Again")
    await until_subject("Again")
    assert await page.locator(".later").count() == 0
    await page.press("[name=subject]", "Enter")
    await page.wait_for_url("**/tickets/3")
    await until_kept()
    await again(page)
    assert await page.input_value(FIELD) == "" and await said() == []
