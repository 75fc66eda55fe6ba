"""Days and ages as people read them: in their zone and language, by the calendar, and on paper."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.async_api import Browser

from app.config import ROOT
from tests.browser.conftest import Running, equals_its_reload, open_page
from tests.live.actions import Desk

SITE = "http://time.test"
PAGE = """<!doctype html><html lang="{language}"><body>{times}<script type="module">
import {{ start }} from "{site}/time.js"; start(); document.body.dataset.ready = "";
</script></body></html>"""
SEEN = "[...document.querySelectorAll('time')].map((time) => time.textContent)"


async def seen(
    browser: Browser, times: list[str], now: datetime, *, language: str = "en", on_paper: bool = False
) -> list[str]:
    """The words of some <time>s at this moment in its zone."""
    context = await browser.new_context(timezone_id=str(now.tzinfo), locale=language)
    page = await context.new_page()
    scripts = {
        "/time.js": (ROOT / "static" / "js" / "time.js").read_text(),
        "/clock.js": f"export const now = () => {now.timestamp() * 1000};",
    }
    shown = PAGE.format(language=language, times="".join(times), site=SITE)

    async def serve(route):
        name = route.request.url.removeprefix(SITE)
        await route.fulfill(
            body=scripts.get(name, shown), content_type="text/javascript" if name in scripts else "text/html"
        )

    await page.route(f"{SITE}/**", serve)
    if on_paper:
        await page.emulate_media(media="print")
    await page.goto(f"{SITE}/")
    await page.wait_for_selector("[data-ready]")
    words = await page.evaluate(SEEN)
    await context.close()
    return [re.sub(r"\s", " ", text) for text in words]


def due(*days: str) -> list[str]:
    return [f'<time class="due" datetime="{day}">{day}</time>' for day in days]


def moments(*names: str) -> list[str]:
    return [f'<time datetime="{name}">{name}</time>' for name in names]


DAYS = (
    ("Europe/Berlin", (2026, 3, 29, 0, 5)),  # has 23 hours
    ("Europe/Berlin", (2026, 3, 29, 23, 55)),
    ("Europe/Berlin", (2026, 10, 25, 0, 5)),  # has 25
    ("Europe/Berlin", (2026, 10, 25, 23, 55)),
    ("America/Santiago", (2026, 9, 6, 23, 55)),  # has no midnight
    ("Pacific/Kiritimati", (2026, 7, 1, 0, 5)),
    ("Pacific/Pago_Pago", (2026, 7, 1, 23, 55)),
    ("America/St_Johns", (2026, 12, 31, 23, 59)),
    ("UTC", (2028, 2, 29, 0, 0)),
)


async def test_a_day_is_the_same_one_in_every_zone(browser):
    for zone, moment in DAYS:
        await a_day_of_the_calendar(browser, datetime(*moment, tzinfo=ZoneInfo(zone)))


async def a_day_of_the_calendar(browser: Browser, now: datetime) -> None:
    today = now.date()
    before, after = today.fromordinal(today.toordinal() - 1), today.fromordinal(today.toordinal() + 1)
    days = [str(day) for day in (before, today, after)]
    found = await seen(browser, due(*days), now)
    years = [f", {day.year}" if day.year != today.year else "" for day in (before, today, after)]
    assert found == [f"{day:%b} {day.day}{year}" for day, year in zip((before, today, after), years, strict=True)]


async def test_another_year_is_shown(browser):
    now = datetime(2026, 12, 31, 23, 0, tzinfo=ZoneInfo("America/New_York"))  # in UTC it is the next year
    days = due("2026-01-01", "2027-01-01", "1970-01-01", "9999-12-31")
    said = moments("2026-01-02T03:00:00Z", "2026-01-01T03:00:00Z", "2027-01-01T03:59:30Z", "2030-01-01T12:00:00Z")
    english = await seen(browser, days + said, now)
    assert english == [
        "Jan 1",
        "Jan 1, 2027",
        "Jan 1, 1970",
        "Dec 31, 9999",
        "Jan 1",
        "Dec 31, 2025",
        "now",
        "Jan 1, 2030",
    ]
    russian = await seen(browser, days + said, now, language="ru")
    assert russian[:4] == ["1 янв.", "1 янв. 2027 г.", "1 янв. 1970 г.", "31 дек. 9999 г."]


async def test_paper_says_when_it_was(browser):
    now = datetime(2026, 11, 28, 12, 0, tzinfo=ZoneInfo("UTC"))
    times = moments("2026-11-28T12:00:00Z", "2026-11-28T11:57:00Z", "2026-11-01T11:57:00Z") + due("2026-12-24")
    printed = await seen(browser, times, now, on_paper=True)
    assert printed == ["Nov 28, 2026, 12:00 PM", "Nov 28, 2026, 11:57 AM", "Nov 1, 2026, 11:57 AM", "Dec 24, 2026"]
    shown = await seen(browser, times, now)
    assert shown == ["now", "3m", "Nov 1", "Dec 24"]


async def test_what_is_done_is_never_overdue_and_a_page_can_be_printed(browser, running: Running):
    desk = Desk(running.cast)
    ticket = await desk.open()
    await desk.change(ticket, due="2001-01-01")
    context = await running.context(browser, running.cast.anna)
    pages = [await open_page(context, path) for path in ("/tickets?view=all", f"/tickets/{ticket.id}")]
    states = {"open": "attached", "solved": "detached", "closed": "detached", "pending": "attached"}
    for status, state in states.items():
        await desk.change(ticket, status=status)
        for page in pages:
            await equals_its_reload(page)
            await page.wait_for_selector("[data-overdue]", state=state)
            assert await page.locator("time.due").first.inner_text() == "Jan 1, 2001"
    [thread] = pages[1:]
    await thread.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert re.fullmatch(r".+ \d{4}, .+", await thread.locator(".when time").first.inner_text())
    await thread.evaluate("dispatchEvent(new Event('afterprint'))")
    assert await thread.locator(".when time").first.inner_text() == "now"
