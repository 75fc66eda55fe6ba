"""The story that Pult exists for, by hand and eye: two people, two browsers, one desk."""

from app.desk import people, tickets
from app.desk.models import Ticket
from tests import forms
from tests.browser.conftest import back_online, connected, equals_its_reload, open_page
from tests.live.actions import Desk


async def signed_in(context, email):
    page = await context.new_page()
    await page.goto("/")
    await page.fill("form#login [name=email]", email)
    await page.fill("form#login [name=password]", "a good password")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/tickets")
    await connected(page)
    return page


async def test_two_people_see_what_each_other_does(browser, running):
    for name in ("anna", "boris"):
        await people.set_password(getattr(running.cast, name), "a good password")
    anna = await signed_in(await running.context(browser), "anna@pult.example")
    boris = await signed_in(await running.context(browser), "boris@pult.example")

    # Anna opens a ticket: it enters Boris's list, at the top, and the counts follow.
    await anna.click("text=New ticket")
    await anna.fill("#new-ticket [name=requester]", "clara@pult.example")
    await anna.fill("#new-ticket [name=subject]", "Printer does not print")
    await anna.fill("#new-ticket [name=body]", "Nothing **at all**")
    await anna.keyboard.press("Control+Enter")
    await anna.wait_for_url("**/tickets/1")
    await boris.wait_for_selector("#ticket-rows tr:first-child#ticket-1")
    await boris.wait_for_selector('[data-count="unassigned"]:text-is("1")')

    # Boris opens it and is half way through an answer when Anna replies, then changes the fields.
    await boris.click("#ticket-1 a")
    await connected(boris)
    await connected(anna)
    await boris.fill("#comment-body", "Half an answer")
    await boris.evaluate("document.getElementById('comment-body').setSelectionRange(5, 7)")
    await anna.fill("#comment-body", "Is it **plugged in**?")
    await anna.press("#comment-body", "Control+Enter")
    await boris.wait_for_selector("#thread article:has-text('plugged in')")
    assert await anna.input_value("#comment-body") == ""
    await anna.select_option("#ticket-form [name=priority]", "urgent")
    await anna.click("text=Save fields")
    await boris.wait_for_selector('#ticket[data-priority="urgent"]')
    assert await boris.input_value("#ticket-form [name=priority]") == "urgent"
    assert await boris.input_value("#comment-body") == "Half an answer"
    selection = (
        "[document.activeElement.id, document.activeElement.selectionStart, document.activeElement.selectionEnd]"
    )
    assert await boris.evaluate(selection) == ["comment-body", 5, 7]

    # Both change the same field: the second is told what the first did, and loses nothing.
    await boris.fill("#ticket-form [name=subject]", "Printer on floor two")
    await anna.fill("#ticket-form [name=subject]", "Printer is broken")
    await anna.press("#ticket-form [name=subject]", "Enter")
    await boris.wait_for_selector('[data-now="subject"]:visible b:text-is("Printer is broken")')
    assert await boris.input_value("#ticket-form [name=subject]") == "Printer on floor two"
    await boris.press("#ticket-form [name=subject]", "Enter")
    conflict = await boris.wait_for_selector("#ticket-form .conflict")
    words = await conflict.inner_text()
    assert "Anna" in words and "Printer is broken" in words and "Printer on floor two" in words
    await boris.press("#ticket-form [name=subject]", "Enter")
    await anna.wait_for_selector("#ticket h1:text-is('Printer on floor two')")
    await boris.wait_for_selector("#ticket-form .conflict", state="detached")
    for page in (anna, boris):
        await equals_its_reload(page)


async def test_a_cut_line_and_a_restarted_desk_are_followed_by_the_same_truth(browser, running):
    desk = Desk(running.cast)
    ticket = await desk.open()
    anna, boris = await running.context(browser, running.cast.anna), await running.context(browser, running.cast.boris)
    pages = [
        await open_page(anna, "/tickets"),
        await open_page(boris, "/tickets/1"),
        await open_page(anna, "/tickets/1"),
    ]
    navigations: list[str] = []
    for page in pages:
        page.on("framenavigated", lambda frame: navigations.append(frame.url))
    await pages[1].fill("#comment-body", "Not yet sent")
    await pages[1].fill("#ticket-form [name=tags]", "half, typed")

    running.proxy.unplug()
    for page in pages:
        await page.wait_for_selector('#live[data-state="offline"]', state="attached")
    assert await pages[0].locator('[data-banner="offline"]').is_visible()
    await desk.say(ticket)
    await desk.change(ticket, priority="high")
    await desk.open()
    running.proxy.plug()
    for page in pages:
        await back_online(page)
        await equals_its_reload(page, typed="#ticket-form")
    assert not await pages[0].locator('[data-banner="offline"]').is_visible()

    await running.stop()
    await desk.say(ticket, kind="note")
    await desk.change(ticket, subject="After the restart")
    await running.start()
    for page in pages:
        await equals_its_reload(page, typed="#ticket-form")
    assert await pages[2].locator("#ticket h1").inner_text() == "After the restart"
    assert await pages[1].input_value("#comment-body") == "Not yet sent"
    assert await pages[1].input_value("#ticket-form [name=tags]") == "half, typed"
    assert navigations == []
    await pages[1].press("#comment-body", "Control+Enter")
    await pages[1].click("#conflict [name=anyway]")  # Anna has replied meanwhile
    await pages[2].wait_for_selector("#thread article:has-text('Not yet sent')")


async def test_a_ticket_deleted_under_ones_hands_says_so_and_comes_back_with_what_was_typed(browser, running):
    desk = Desk(running.cast)
    await desk.open(subject="Printer")
    anna, boris, vera = [
        await open_page(await running.context(browser, person), "/tickets/1")
        for person in (running.cast.anna, running.cast.boris, running.cast.vera)
    ]
    await boris.fill("#comment-body", "Half an answer")
    await tickets.delete(running.cast.anna, 1)
    for page, may in ((anna, True), (boris, False), (vera, True)):
        await page.wait_for_selector("#ticket[data-gone]:has-text('Anna')")
        assert await page.locator("#ticket .restores").is_visible() is may
    assert await boris.input_value("#comment-body") == "Half an answer"
    late = await vera.context.new_page()
    assert (await late.goto("/tickets/1")).status == 404
    await connected(late)

    await anna.click("#ticket .restores button")
    for page in (anna, boris, vera, late):
        await page.wait_for_selector("#ticket[data-status=new]")
        await equals_its_reload(page)
    assert await boris.input_value("#comment-body") == "Half an answer"
    assert await late.locator("#thread article").count() == 1, "a page of its own again"


async def test_a_message_is_changed_until_it_is_answered_and_staff_see_what_it_said(browser, running):
    desk, cast = Desk(running.cast), running.cast
    await desk.open(cast.clara, subject="Printer", body="It was me.")
    anna, clara = [
        await open_page(await running.context(browser, person), "/tickets/1") for person in (cast.anna, cast.clara)
    ]
    edit = "#comment-1 .own a"
    await clara.click(edit)
    await clara.fill("#edit-body", "It was <b>not</b> me.")
    await clara.click("#edit-form .primary")
    await anna.click("#comment-1 .earlier summary")
    await anna.wait_for_selector("#comment-1 .earlier blockquote:visible:text-is('It was me.')")
    assert await clara.locator(".earlier").count() == 0

    await clara.click(edit)
    await clara.fill("#edit-body", "It was somebody else.")
    await forms.write(cast.anna, 1, "I see.")
    await clara.wait_for_selector("#thread article:has-text('I see.')", state="attached")
    await clara.click("#edit-form .primary")
    await clara.wait_for_selector("#editor .wrong:has-text('was answered meanwhile')")
    assert await clara.input_value("#edit-body") == "It was somebody else."
    await clara.keyboard.press("Escape")
    assert not await clara.locator(edit).is_visible(), "it is not offered any more"
    said = await forms.write(cast.clara, 1, "One more thing.")
    await clara.hover(f"#comment-{said.id}")
    assert await clara.locator(f"#comment-{said.id} .own a").is_visible()
    await forms.write(cast.anna, 1, "For us.", kind="note")
    await desk.change(await Ticket.get(id=1), status="closed")
    await clara.wait_for_selector("#ticket[data-status=closed]")
    assert not await clara.locator(f"#comment-{said.id} .own a").is_visible()
    await anna.wait_for_selector("#ticket[data-status=closed]")
    for page in (anna, clara):
        await equals_its_reload(page)
