"""What is kept for a while only is deleted in the background, every hour, a few at a time."""

from dataclasses import replace

from app import db
from app.config import Config, Sessions
from app.desk import people
from app.desk.models import Comment, Session
from app.work import forgetting
from app.work.forgetting import forget
from app.work.queue import SECOND
from tests import forms
from tests.desk.acts import a_ticket

DAY = 24 * 3600
SHORT = replace(Config(), sessions=Sessions(idle_days=1, total_days=2))


async def test_sessions_that_hold_no_more_are_deleted_and_it_comes_again_in_an_hour(desk, goes_on):
    for _ in range(2):
        await people.begin_session(desk.anna)
        goes_on(0.75 * DAY)
    again = await forget({}, SHORT)
    assert await Session.all().count() == 1
    assert again.due == db.now() + 3600 * SECOND


async def test_keys_of_sends_are_kept_as_long_as_a_session_can_last(desk, goes_on, monkeypatch):
    monkeypatch.setattr(forgetting, "FEW", 2)
    ticket = await a_ticket(desk.clara, key="first")
    for number in range(4):
        await forms.write(desk.clara, ticket.id, "Again", key=f"key {number}")
    goes_on(1.5 * DAY)
    late = await forms.write(desk.clara, ticket.id, "Late", key="late")
    assert (await forget({}, SHORT)).due == db.now() + 3600 * SECOND
    assert await Comment.filter(key=None).count() == 0
    goes_on(DAY)
    parts = []
    while (part := await forget({}, SHORT)).due < db.now() + SECOND:
        parts.append(part)
    assert len(parts) == 2 and [row.id for row in await Comment.exclude(key=None)] == [late.id]
    again = await forms.write(desk.clara, ticket.id, "Late", key="late")
    assert again.id == late.id, "that send is known"
