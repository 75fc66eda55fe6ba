"""A page that no socket gets through to asks for its frames."""

from tests.live import applier
from tests.live.actions import Desk


async def test_a_page_that_polls_equals_its_reload(served, slow_reads, open_):
    desk = Desk(served.cast)
    ticket = await desk.open()
    pages = [
        await open_(served.cast.anna, path, connect=False)
        for path in ("/tickets", "/tickets/1", "/tickets?view=solved")
    ]
    pages += [await open_(served.cast.clara, "/tickets/1", connect=False)]
    for status in ("pending", "solved", "open", "closed"):
        await desk.change(ticket, status=status)
        await desk.say(ticket, kind="note")
        for page in pages:
            await page.poll()
            assert page.shown() == await page.reloaded()
            assert await page.poll() == 204
    assert all(applier.span(frame)["data-span"] == "step" for page in pages for frame in page.frames)


async def test_a_poll_from_nowhere_brings_the_whole(served, open_):
    await Desk(served.cast).open()
    page = await open_(served.cast.anna, "/tickets", connect=False)
    for since, epoch in (("", page.epoch), ("x", page.epoch), ("9999", page.epoch), ("1", "another")):
        answer = await page.client.get("/live/frame", params={"token": page.token, "since": since, "epoch": epoch})
        assert applier.span(answer.text)["data-span"] == "whole"


async def test_a_poll_needs_the_session_that_its_token_is_of(served, open_):
    page = await open_(served.cast.anna, "/tickets", connect=False)
    query = {"token": page.token, "since": page.cursor, "epoch": page.epoch}
    boris = await served.client(served.cast.boris)
    for client in (boris, served.stranger()):
        answer = await client.get("/live/frame", params=query)
        assert (answer.status_code, answer.content) == (401, b"")
    assert (await page.client.get("/live/frame", params={**query, "token": "x"})).status_code == 401
