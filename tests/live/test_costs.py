"""What a round does once though many show it, and where it reads."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

from app import db
from app.live import registry
from tests.live.actions import Desk
from tests.live.reads import compute, let_compute


async def test_pages_in_step_are_sent_bytes_that_are_made_once(served, open_, monkeypatch):
    """By the round itself: the server's own way of sending is for those that cannot take them at once."""
    desk = Desk(served.cast)
    pages = [await open_(served.cast.anna, "/tickets") for _ in range(5)]
    for page in pages:
        await page.caught_up()
    made, waited = [], []
    serialize, send = Frame.serialize, WebSocketsSansIOProtocol.send

    def counted(frame, *, mask, **given):
        if frame.opcode == Opcode.TEXT and not mask:
            made.append(frame.data)
        return serialize(frame, mask=mask, **given)

    monkeypatch.setattr(Frame, "serialize", counted)
    monkeypatch.setattr(WebSocketsSansIOProtocol, "send", lambda *given: waited.append(given) or send(*given))
    await desk.open()
    for page in pages:
        await page.equals_its_reload()
    frames = {page.frames[-1].encode() for page in pages}
    assert len(frames) == 1 and made.count(*frames) == 1 and not waited


async def test_what_was_cheap_is_read_in_the_loop_and_what_was_dear_in_a_thread(served, open_, monkeypatch):
    """A way to a thread and back is dearer than most lists; nobody else has a turn while a dear one is read."""
    at_hand = []

    async def noted(region):
        at_hand.append((region.name, db.at_hand.get()))
        return await compute(region)

    let_compute(monkeypatch, noted)
    desk = Desk(served.cast)
    page = await open_(served.cast.anna, "/tickets?view=all&tag=vpn")
    await page.caught_up()
    [listed] = [it for it in served.relay.registry if it.region.name == "list"]
    for cost, is_cheap in ((registry.CHEAP / 2, True), (registry.CHEAP * 2, False), (0.0, False)):
        async with served.relay._lock:
            listed.cost = cost
            listed.computed = 0
        at_hand.clear()
        await desk.open(served.cast.anna, tags="vpn")
        await page.equals_its_reload()
        assert ("list", is_cheap) in at_hand and not db.at_hand.get()
