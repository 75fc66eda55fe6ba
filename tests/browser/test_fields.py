"""The fields of a ticket by hand: a menu is saved when one chooses, a tag is added, Ctrl+Enter sends from anywhere."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from app.desk import people
from app.desk.models import Ticket
from app.desk.roles import Role
from app.desk.tickets import fields_of
from tests.browser.conftest import equals_its_reload, open_page
from tests.browser.typed import held
from tests.live.actions import Desk, the_clock_moves, today
from tests.web.embedding import a_site


@pytest.fixture
async def desk(running):
    desk = Desk(running.cast)
    ticket = await desk.open(subject="Printer")
    await desk.change(ticket, tags="printer, vpn")
    return desk


async def becomes(**fields: object) -> dict[str, object]:
    """Until the ticket has these fields; then all of them."""
    async with asyncio.timeout(10):
        while True:
            now = await fields_of(await Ticket.get(id=1))
            if fields.items() <= now.items():
                return now
            await asyncio.sleep(0.02)


async def test_who_has_a_ticket_and_left_the_staff_is_in_its_menu_as_after_a_reload(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    for _ in range(2):
        colleague = await desk.hire()
        await desk.change(await Ticket.get(id=1), assignee=str(colleague.id))
        await people.set_role(colleague, Role.REQUESTER)
        await equals_its_reload(page)
        await people.set_name(colleague, "Somebody else")
        await equals_its_reload(page)
        assert await page.locator("#field-assignee option:checked").text_content() == "Somebody else"


async def test_whom_a_list_is_filtered_by_is_called_as_after_a_reload(browser, running, desk):
    left = await desk.hire()
    await people.set_role(left, Role.REQUESTER)
    query = f"view=all&assignee={left.id}&requester={running.cast.clara.id}"
    page = await open_page(await running.context(browser, running.cast.anna), f"/tickets?{query}")
    for person in (left, running.cast.clara):
        await people.set_name(person, "Somebody else")
        await equals_its_reload(page)
    for name in ("assignee", "requester"):
        assert await page.locator(f".filters [name={name}] option:checked").text_content() == "Somebody else"


async def test_a_day_that_comes_takes_nothing_that_is_typed_and_makes_no_form_older(browser, running, desk):
    await desk.change(await Ticket.get(id=1), due=await today())
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await page.fill("#comment-body", "Half a mess")
    await page.fill("#field-subject", "Half a subj")
    await the_clock_moves(1)
    await page.wait_for_selector("#ticket time.due[data-overdue]")
    await page.keyboard.type("ect")
    assert await page.input_value("#comment-body") == "Half a mess"
    assert await page.input_value("#field-subject") == "Half a subject"
    assert await page.locator("[data-now]:visible").count() == 0, "nobody has changed a field"
    await page.keyboard.press("Control+Enter")
    now = await becomes(subject="Half a subject")
    assert now["due"] and await page.locator(".conflict").count() == 0
    assert await page.input_value("#comment-body") == "Half a mess"


async def test_a_menu_is_saved_when_one_chooses_and_nothing_else_with_it(browser, running, desk):
    cast = running.cast
    page = await open_page(await running.context(browser, cast.anna), "/tickets/1")
    await page.fill("#field-subject", "Half a subj")
    for name, value, saved in (
        ("priority", "high", "high"),
        ("assignee", str(cast.boris.id), cast.boris.id),
        ("status", "pending", "pending"),
    ):
        await page.select_option(f"#field-{name}", value)
        assert (await becomes(**{name: saved}))["subject"] == "Printer"
        await page.wait_for_selector(f'#ticket[data-{name}="{saved}"]')
    await expect(page.locator("#ticket-form .conflict")).to_have_count(0)
    await expect(page.locator("#field-subject")).to_have_value("Half a subj")
    await page.press("#field-subject", "Control+Enter")
    await becomes(subject="Half a subj", priority="high", status="pending", assignee=cast.boris.id)


async def test_keys_on_their_way_through_a_menu_make_one_change(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    version = (await Ticket.get(id=1)).version
    await page.focus("#field-priority")
    await page.keyboard.press("h")
    await page.dispatch_event("#field-priority", "change")  # as browsers do that change a menu by each arrow
    await page.keyboard.press("Tab")
    await becomes(priority="high")
    assert (await Ticket.get(id=1)).version == version + 1
    await page.focus("#field-status")
    await page.keyboard.press("s")
    await page.goto("/tickets")  # at once: what was chosen is not lost
    await becomes(status="solved")


async def test_a_menu_that_a_colleague_changed_too_is_a_conflict_and_what_was_typed_stays(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await page.fill("#field-subject", "Half a subj")
    await page.evaluate("document.querySelector('#ticket-form [name=version]').removeAttribute('data-follow')")
    await desk.change(await Ticket.get(id=1), running.cast.boris, priority="low")
    await page.wait_for_selector('#ticket[data-priority="low"]')
    await page.select_option("#field-priority", "urgent")
    await page.wait_for_selector("#ticket-form .conflict")
    assert await page.input_value("#field-priority") == "urgent"
    assert await page.input_value("#field-subject") == "Half a subj"
    assert (await fields_of(await Ticket.get(id=1)))["priority"] == "low"


async def test_words_that_were_not_sent_with_a_menu_are_not_in_the_answer_to_it(browser, running, desk):
    """A colleague changed what they are for, too: the answer's form holds that."""
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await page.fill("#field-subject", "Half a subj")  # and it is not left
    await page.evaluate("document.querySelector('#ticket-form [name=version]').removeAttribute('data-follow')")
    await desk.change(await Ticket.get(id=1), running.cast.boris, priority="low", subject="Another")
    await page.wait_for_selector('#ticket[data-priority="low"]')
    await page.select_option("#field-priority", "urgent")
    await page.wait_for_selector("#ticket-form .conflict")
    assert [await page.input_value(f"#field-{name}") for name in ("priority", "subject")] == ["urgent", "Half a subj"]
    assert await page.inner_text("#ticket-form [data-now=subject]:visible") == "is now Another"


async def test_a_menu_that_is_saved_says_nothing_of_another_that_was_not(browser, running, desk):
    """Two in quick succession on a slow line, of which a colleague changed the first."""
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    line = await held(page, "**/tickets/1")
    await page.select_option("#field-status", "pending")
    await page.select_option("#field-priority", "urgent")
    await desk.change(await Ticket.get(id=1), running.cast.boris, status="solved")
    line.let_go()
    await becomes(status="solved", priority="urgent")
    await page.wait_for_selector("#ticket-form:not([data-sending])")
    await expect(page.locator("#ticket-form .conflict")).to_contain_text("Boris")
    assert await page.inner_text("#ticket-form [data-saved]") == ""
    await page.click("#ticket-form button:has-text('Save fields')")
    await becomes(status="pending", priority="urgent")
    await expect(page.locator("#ticket-form .conflict")).to_have_count(0)


async def test_of_a_conflict_about_two_fields_the_one_that_is_saved_is_over(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    line = await held(page, "**/tickets/1")
    await page.fill("#field-subject", "Mine")
    await page.fill("#field-tags", "mine")
    await page.click("#ticket-form button:has-text('Save fields')")
    await desk.change(await Ticket.get(id=1), running.cast.boris, subject="Theirs", tags="theirs", priority="low")
    line.let_go()
    await expect(page.locator("#ticket-form .conflict [data-about]")).to_have_count(2)
    await page.select_option("#field-priority", "urgent")
    await becomes(priority="urgent")
    await page.wait_for_selector("#ticket-form:not([data-sending])")
    await expect(page.locator("#ticket-form .conflict [data-about]")).to_have_count(2)
    assert await page.inner_text("#ticket-form [data-saved]") == ""


async def test_a_menu_that_could_not_be_saved_says_so_and_keeps_what_was_chosen(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await page.route("**/tickets/1", lambda route: route.fulfill(status=502, body="<p>Bad gateway</p>"))
    await page.select_option("#field-priority", "urgent")
    await page.wait_for_selector("[data-banner=unsent]:visible")
    assert await page.input_value("#field-priority") == "urgent"
    await page.unroute("**/tickets/1")
    await page.click("#ticket-form button:has-text('Save fields')")
    await becomes(priority="urgent")


async def tags_after(page: Page, *keys: str) -> str:
    """What stands in the field of tags, when one came to it by Tab and typed this."""
    await page.evaluate("document.activeElement.blur()")
    await page.focus("#field-assignee")
    await page.keyboard.press("Tab")
    for key in keys:
        await (page.keyboard.press(key) if len(key) > 1 else page.keyboard.type(key))
    return await page.input_value("#field-tags")


async def test_a_tag_is_added_to_the_others(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    assert await page.input_value("#field-tags") == "printer, vpn"
    assert await tags_after(page, *"счёт") == "printer, vpn, счёт"
    assert await tags_after(page, ",", *" b") == "printer, vpn, счёт, b"
    assert await tags_after(page, "Backspace", "Backspace", "Backspace") == "printer, vpn, счёт"
    assert await tags_after(page, "End", "2") == "printer, vpn, счёт2"
    assert await tags_after(page, "Control+a", "x") == "x"
    assert await tags_after(page, "Tab", "Shift+Tab", "y") == "x, y"
    await page.press("#field-tags", "Control+Enter")
    await becomes(tags=["x", "y"])


async def test_what_the_browser_offers_takes_the_place_of_the_last_tag(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    choose = """
    (value) => {
      const field = document.querySelector("#field-tags");
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      return field.value;
    }
    """
    await tags_after(page)
    assert await page.evaluate(choose, "vpn") == "printer, vpn, vpn"
    await page.fill("#field-tags", "a; b, pr")
    assert await page.evaluate(choose, "printer") == "a; b, printer"
    await page.fill("#field-tags", "pr")
    assert await page.evaluate(choose, "printer") == "printer"


async def test_one_letter_chooses_what_happens_then(browser, running, desk):
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    for key, value in (("s", "solved"), ("w", "pending"), ("l", "")):
        await page.focus(".then select")
        await page.keyboard.press(key)
        assert await page.input_value(".then select") == value
        await page.evaluate("document.activeElement.blur()")
    await page.fill("#comment-body", "Done")
    await page.focus(".then select")
    await page.keyboard.press("s")
    await page.keyboard.press("Control+Enter")
    await becomes(status="solved")


async def test_every_field_sends_its_form(browser, running, desk):
    """From each visible field of each page with a form, the same form leaves by Ctrl+Enter."""
    context = await running.context(browser, running.cast.vera)
    page = await open_page(context, "/tickets/1")
    await page.click("#thread article .own a", force=True)
    await page.wait_for_selector("#editor[open]")
    assert await unsent(page, "#editor") == []
    for path in ("/tickets/1", "/tickets/new", "/settings", "/keys"):
        await page.goto(path)
        assert await unsent(page, "main") == []
    token = (await a_site()).token()
    for path in ("/embed/tickets/1", "/embed/tickets/new"):
        await page.goto(f"{path}?token={token}")
        assert await unsent(page, "main") == []


async def unsent(page: Page, where: str) -> list[str]:
    """The fields in here from which Ctrl+Enter did not send their form, once."""
    await page.evaluate("""() => {
      window.sent = [];
      const keep = (event) => {
        event.preventDefault();
        event.stopImmediatePropagation();
        window.sent.push(event.target);
      };
      addEventListener("submit", keep, { capture: true });
    }""")
    fields = page.locator(f"{where} form[method=post] :is(input:not([type=hidden]), select, textarea)")
    assert await fields.count()
    left = []
    for field in await fields.all():
        if not await field.is_visible():
            continue
        await field.evaluate("(field) => { field.form.noValidate = true; window.sent = []; field.focus(); }")
        await page.keyboard.press("Control+Enter")
        if not await field.evaluate("(field) => window.sent.length === 1 && window.sent[0] === field.form"):
            left.append(await field.evaluate("(field) => field.outerHTML"))
    return left
