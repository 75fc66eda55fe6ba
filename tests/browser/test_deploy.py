"""A deploy under open pages: what a newer desk makes reaches them, and what an older one makes changes nothing."""

import pytest

from app.config import ROOT
from app.desk import reading
from tests.browser.conftest import PATIENCE, another_build, back_online, connected, equals_its_reload, open_page
from tests.live.actions import Desk
from tests.web.embedding import a_site

SCRIPT = 'document.getElementById("notice").dataset.made = "{}";\n\nexport function start() {{'
OLDER = '[data-banner="older"]:visible'
AGES_AGO = "sessionStorage.setItem('pult:loaded-again', Date.now() - 61_000)"


def build(folder, name: str):
    """Another one, whose rows and messages have a part more, and whose scripts say which they are."""
    return another_build(
        folder / name,
        {
            "templates/tickets/row.html": ("</td></tr>", f"</td><td>{name}</td></tr>"),
            "templates/tickets/list.html": ('<th scope="col">{{ _("Status") }}', f"<th>{name}</th><th>"),
            "templates/tickets/comment.html": ("<header>", f"<header><b>{name}</b>"),
            "static/js/title.js": ("export function start() {", SCRIPT.format(name)),
            "static/js/part.js": ("export function start() {", SCRIPT.format(name)),
        },
    )


@pytest.fixture
async def desk(running):
    desk = Desk(running.cast)
    desk.ticket = await desk.open()
    return desk


async def marked(page):
    await page.evaluate("window.marked = 'once'")
    return page


async def runs(page, name: str) -> None:
    """The scripts of this build, loaded anew, on a page that is true."""
    await page.wait_for_selector(f"#notice[data-made={name}]", state="attached", timeout=3 * PATIENCE)
    assert await page.evaluate("window.marked") is None
    await equals_its_reload(page)


async def stays(page) -> None:
    """It was not loaded again, says nothing, and goes on being live."""
    await connected(page)
    assert await page.evaluate("window.marked") == "once"
    assert await page.locator("[data-banner]:visible").evaluate_all("(all) => all.map((it) => it.outerHTML)") == []


async def test_a_newer_desk_brings_its_pages_whole_and_they_load_its_scripts_when_nothing_is_typed(
    browser, running, desk, tmp_path
):
    site, anna = await a_site(), await running.context(browser, running.cast.anna)
    rows = await marked(await open_page(anna, "/tickets"))
    visitor = await marked(await open_page(await running.context(browser), f"/embed/tickets/1?token={site.token()}"))
    typed = await marked(await open_page(anna, "/tickets/1"))
    await typed.fill("#comment-body", "half an answer")

    await running.deploy(build(tmp_path, "second"))
    for page in (rows, visitor):
        await runs(page, "second")
    assert await rows.evaluate("[...document.querySelectorAll('.tickets tr')].map((row) => row.cells.length)") == [8, 8]

    await typed.wait_for_selector(OLDER)
    await typed.wait_for_selector("#thread header b:text('second')")
    assert await typed.evaluate("window.marked") == "once"
    assert await typed.input_value("#comment-body") == "half an answer"
    await desk.say(desk.ticket)
    await typed.wait_for_selector("#thread > article:nth-of-type(2) header b:text('second')")
    await typed.fill("#comment-body", "")
    await runs(typed, "second")

    await marked(rows)
    await running.deploy(build(tmp_path, "third"))
    await rows.wait_for_selector(OLDER)
    await rows.wait_for_selector("#ticket-rows td:text('third')")
    await rows.wait_for_timeout(4_000)  # in which it would have been loaded, had that not been a moment ago
    assert await rows.evaluate("window.marked") == "once"
    await rows.evaluate(AGES_AGO)
    await runs(rows, "third")


async def test_the_same_desk_again_and_an_older_one_change_nothing(browser, running, desk, tmp_path):
    site = await a_site()
    await reading.read(running.cast.anna, desk.ticket.id, 1_000)  # so that no page says it, and is behind what was said
    await running.deploy(build(tmp_path, "second"))
    anna = await running.context(browser, running.cast.anna)
    pages = [await open_page(anna, path) for path in ("/tickets", "/tickets/1")]
    pages.append(await open_page(await running.context(browser), f"/embed/tickets/1?token={site.token()}"))
    for page in pages:
        await marked(page)
    for tree in (another_build(tmp_path / "again", {}), ROOT):  # of the same content as the first one, which is older
        await running.deploy(tree)
        for page in pages:
            await back_online(page)
            await stays(page)
    comment = await desk.say(desk.ticket)
    for page in pages[1:]:
        await page.wait_for_selector(f"#comment-{comment.id}")
        await stays(page)
        assert await page.locator("#thread header b:text('second')").count()  # what was there stands as it was made
    await running.deploy(tmp_path / "second")
    for page in pages:
        await back_online(page)
        await stays(page)
