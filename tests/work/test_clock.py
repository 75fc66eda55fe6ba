"""Time changes the desk as people do: what falls due is a column and an event, whenever the clock is looked at."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import db
from app.config import Desk
from app.desk import days, midnight, people, queries, tickets
from app.desk.audience import STAFF, Audience
from app.desk.events import What
from app.desk.models import Ticket
from app.work import clock
from tests import forms
from tests.desk.acts import a_ticket, entries, journal, position

UTC = Desk().zone
BERLIN, KIRITIMATI, PAGO_PAGO = (
    ZoneInfo(name) for name in ("Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago")
)
HOUR = 3600 * 1_000_000


def at(text: str, zone=UTC) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1_000_000)


@pytest.fixture
async def on_the_first(desk):
    """A desk on which it is the first of December."""
    await clock.look(UTC, at("2026-12-01 12:00"))
    return desk


async def due(desk, day: str, **changes: str) -> Ticket:
    ticket = await a_ticket(desk.clara)
    return await forms.change(desk.anna, ticket.id, "1", {"due": day} | changes)


async def states() -> list[str]:
    return [row["due_state"] for row in await db.rows("SELECT due_state FROM ticket ORDER BY id")]


async def told(after: int) -> list[tuple[int, str, str]]:
    """Of each ticket that time has changed since: what it was, and is."""
    happened = await journal(after)
    assert {event.what for event in happened} <= {What.TICKET_DUE}
    return [(event.ticket, *event.changes["due_state"]) for event in happened]


async def test_a_ticket_falls_due_when_its_day_begins_and_is_overdue_when_that_is_over(on_the_first):
    await due(on_the_first, "2026-12-24")
    before = await position()
    for moment, state in (
        ("2026-12-23 23:59:59.999999", ""),
        ("2026-12-24 00:00", "today"),
        ("2026-12-24 23:59:59.999999", "today"),
        ("2026-12-25 00:00", "overdue"),
        ("2027-06-01 00:00", "overdue"),
    ):
        for _ in range(2):
            await clock.look(UTC, at(moment))
            assert await states() == [state], moment
    assert await told(before) == [(1, "", "today"), (1, "today", "overdue")]


async def test_what_time_does_is_nobodys_change_and_no_requesters_affair(on_the_first):
    ticket = await due(on_the_first, "2026-12-24")
    before = await position()
    await clock.look(UTC, at("2026-12-25 00:00"))
    [event] = await journal(before)
    assert (event.actor, event.public, event.vague) == (None, False, False)
    now = await Ticket.get(id=ticket.id)
    assert (now.version, now.updated, now.updated_public) == (ticket.version, ticket.updated, ticket.updated_public)
    changed = await forms.change(on_the_first.boris, 1, str(ticket.version), {"due": "2026-12-31", "subject": "New"})
    assert (changed.version, changed.due_state) == (ticket.version + 1, ""), "a form of before is no conflict"
    lines = [entry for entry in await entries(STAFF, 1) if getattr(entry, "what", "") == What.TICKET_DUE]
    assert [(line.actor, line.changes) for line in lines] == [(None, (("due_state", "", "overdue"),))]
    theirs = [getattr(entry, "what", "") for entry in await entries(Audience(on_the_first.clara.id), 1)]
    assert What.TICKET_DUE not in theirs


async def test_a_desk_that_was_off_for_days_catches_up_once_and_straight_to_what_is_so(on_the_first):
    for day in ("2026-12-03", "2026-12-02", "2026-12-10", "2026-12-11", ""):
        await due(on_the_first, day)
    before = await position()
    for _ in range(3):
        await clock.look(UTC, at("2026-12-10 08:00"))
    assert await told(before) == [(2, "", "overdue"), (1, "", "overdue"), (3, "", "today")], "in the order of days"
    assert await states() == ["overdue", "overdue", "today", "", ""]


async def test_what_is_broken_off_in_the_midst_goes_on_and_doubles_nothing(on_the_first, monkeypatch):
    for _ in range(9):
        await due(on_the_first, "2026-12-02")
    before = await position()
    monkeypatch.setattr(midnight, "FEW", 2)
    fall_due, calls = midnight._fall_due, []

    async def dying(ticket, day):
        calls.append(ticket.id)
        if len(calls) % 4 == 0:
            raise ConnectionError
        await fall_due(ticket, day)

    with monkeypatch.context() as patch:
        patch.setattr(midnight, "_fall_due", dying)
        for _ in range(2):
            with pytest.raises(ConnectionError):
                await clock.look(UTC, at("2026-12-02 08:00"))
    await clock.look(UTC, at("2026-12-02 09:00"))
    assert await told(before) == [(number, "", "today") for number in range(1, 10)]


async def test_a_day_that_is_chosen_is_told_with_the_choice(on_the_first):
    for day, state in (
        ("2026-11-30", "overdue"),
        ("2026-12-01", "today"),
        ("2026-12-02", ""),
        ("1970-01-01", "overdue"),
        ("", ""),
    ):
        [ticket] = await Ticket.all() or [await a_ticket(on_the_first.clara)]
        before = await position()
        await forms.change(on_the_first.anna, 1, str(ticket.version), {"due": day})
        [event] = await journal(before)
        assert event.what is What.TICKET_UPDATED and await states() == [state]
        await clock.look(UTC, at("2026-12-01 13:00"))
        assert len(await journal(before)) == 1, "time finds nothing to add"
    assert [line.changes[0][0] for line in await entries(STAFF, 1) if hasattr(line, "changes")] == ["due"] * 5


@pytest.mark.parametrize("status", ["solved", "closed"])
async def test_what_is_done_is_never_overdue_and_is_so_again_when_it_is_reopened(on_the_first, status):
    ticket = await due(on_the_first, "2026-11-30")
    assert await states() == ["overdue"]
    await forms.change(on_the_first.anna, 1, "2", {"status": status})
    assert await states() == [""]
    before = await position()
    await clock.look(UTC, at("2026-12-05 00:00"))
    assert (await states(), await told(before)) == ([""], [])
    if status == "solved":
        await forms.write(on_the_first.clara, ticket.id, "It came back.")
    else:
        await forms.change(on_the_first.anna, 1, "3", {"status": "open"})
    assert await states() == ["overdue"]
    [*_, reopened] = await journal(before)
    assert reopened.changes["due_state"] == ("", "overdue")


async def test_what_is_deleted_is_told_when_it_comes_back(on_the_first):
    ticket = await due(on_the_first, "2026-12-02")
    await tickets.delete(on_the_first.anna, ticket.id)
    before = await position()
    await clock.look(UTC, at("2026-12-03 00:00"))
    assert (await states(), await told(before)) == ([""], [])
    await tickets.restore(on_the_first.anna, ticket.id)
    [event] = await journal(before)
    assert (event.what, event.changes) == (What.TICKET_RESTORED, {"due_state": ("", "overdue")})
    assert await states() == ["overdue"]


async def test_another_time_zone_is_another_day_there_and_back(desk):
    moment = at("2026-12-02 10:30")
    assert [clock.day_of(zone, moment) for zone in (KIRITIMATI, BERLIN, UTC, PAGO_PAGO)] == [
        "2026-12-03",
        "2026-12-02",
        "2026-12-02",
        "2026-12-01",
    ]
    await clock.look(UTC, moment)
    for day in ("2026-12-01", "2026-12-02", "2026-12-03"):
        await due(desk, day)
    assert await states() == ["overdue", "today", ""]
    await clock.look(KIRITIMATI, moment)
    assert await states() == ["overdue", "overdue", "today"]
    await clock.look(PAGO_PAGO, moment)
    assert await states() == ["today", "", ""]
    await clock.look(UTC, moment)
    assert await states() == ["overdue", "today", ""]


async def test_a_clock_that_was_years_ahead_is_taken_back(on_the_first):
    await due(on_the_first, "2026-12-24")
    before = await position()
    await clock.look(UTC, at("2036-12-01 12:00"))
    await clock.look(UTC, at("2026-12-01 12:01"))
    assert await told(before) == [(1, "", "overdue"), (1, "overdue", "")]


async def test_a_clock_that_is_corrected_around_midnight_begins_no_day_twice(on_the_first):
    await due(on_the_first, "2026-12-02")
    before = await position()
    for moment in ("2026-12-02 00:00:01", "2026-12-01 23:59:58", "2026-12-01 23:05", "2026-12-02 00:00"):
        await clock.look(UTC, at(moment))
        assert await states() == ["today"]
    assert len(await told(before)) == 1
    await clock.look(UTC, at("2026-12-01 22:59"))
    assert await states() == [""], "that was no correction"


async def test_a_ticket_that_is_changed_while_others_are_told_is_told_once(on_the_first, monkeypatch):
    monkeypatch.setattr(midnight, "FEW", 2)
    for _ in range(5):
        await due(on_the_first, "2026-12-02")
    before, fall_due = await position(), midnight._fall_due

    async def then_they_change(ticket, day):
        await fall_due(ticket, day)
        if ticket.id == 1:
            for number, changes in ((3, {"due": "2026-12-01"}), (4, {"status": "closed"}), (5, {"due": ""})):
                await forms.change(on_the_first.anna, number, "2", changes)

    monkeypatch.setattr(midnight, "_fall_due", then_they_change)
    await clock.look(UTC, at("2026-12-02 00:00"))
    assert await states() == ["today", "today", "overdue", "", ""]
    happened = [event.ticket for event in await journal(before) if event.what is What.TICKET_DUE]
    assert happened == [1, 2]


async def test_what_comes_behind_without_a_verb_while_others_are_told_is_told_too(on_the_first, monkeypatch):
    monkeypatch.setattr(midnight, "FEW", 2)
    for day in ("2026-12-05", "2026-12-02", "2026-12-02", "2026-12-02"):
        await due(on_the_first, day)
    before, fall_due = await position(), midnight._fall_due

    async def then_one_comes(ticket, day):
        await fall_due(ticket, day)
        if ticket.id == 4:
            await db.rows("UPDATE ticket SET due = '2026-11-30' WHERE id = 1")
            await midnight.untold()

    monkeypatch.setattr(midnight, "_fall_due", then_one_comes)
    await clock.look(UTC, at("2026-12-02 00:00"))
    assert [ticket for ticket, *_ in await told(before)] == [2, 3, 4, 1]


async def test_a_desk_of_before_is_told_when_it_serves_the_first_time(desk):
    await due(desk, "2001-01-01")
    await due(desk, "2999-01-01")
    assert await states() == ["", ""], "nobody has said yet which day it is"
    before = await position()
    await clock.look(UTC, at("2026-12-02 00:00"))
    assert await told(before) == [(1, "", "overdue")]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", "2026-12-24", 24),
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/Santiago", "2026-09-06", 23),  # has no midnight
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Pacific/Kiritimati", "2026-07-01", 24),
    ],
)
def test_a_day_lasts_from_midnight_to_midnight_however_long_that_is(zone, day, hours):
    zone = Desk(zone).zone
    first = int(clock.begins(zone, day) * 1_000_000)
    last = first + int(hours * HOUR) - 1
    assert [clock.day_of(zone, moment) for moment in (first, last)] == [day] * 2
    assert clock.day_of(zone, first - 1) < day < clock.day_of(zone, last + 1)
    assert clock.until_midnight(zone, last + 1 - 30_000_000) == pytest.approx(30, abs=0.001)
    assert clock.until_midnight(zone, first) == clock.LOOK
    assert clock.until_midnight(zone, last) == clock.SOON


async def test_the_clock_of_a_desk_that_serves_goes_by_its_zone_and_needs_nobody(desk, goes_on, monkeypatch, caplog):
    monkeypatch.setattr(clock, "LOOK", 0.001)
    goes_on((at("2026-12-02 23:30", BERLIN) - db.now()) / 1_000_000)
    await due(desk, "2026-12-02")
    look, failures = clock.look, iter([db.NotWritten("full"), OSError("gone")])

    async def failing(zone, now):
        for failure in failures:
            raise failure
        await look(zone, now)

    monkeypatch.setattr(clock, "look", failing)
    running = asyncio.create_task(clock.run(BERLIN))
    for state in ("today", "overdue"):
        async with asyncio.timeout(10):
            while await states() != [state]:
                await asyncio.sleep(0.001)
        goes_on(1800)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [record.levelname for record in caplog.records if record.name == "app.work.clock"].count("ERROR") == 1


DAYS = ("", "2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("due"), st.integers(1, 3), st.sampled_from(DAYS)),
        st.tuples(st.just("status"), st.integers(1, 3), st.sampled_from(["open", "pending", "solved", "closed"])),
        st.tuples(st.just("deleted"), st.integers(1, 3), st.booleans()),
        st.tuples(st.just("time"), st.sampled_from([UTC, BERLIN, KIRITIMATI, PAGO_PAGO]), st.integers(-60, 120)),
    ),
    max_size=12,
)


@pytest.fixture
def loop(config):
    with asyncio.Runner() as runner:
        runner.run(db.connect(config.database))
        yield runner
        runner.run(db.disconnect())


@given(steps=STEPS)
def test_whatever_happens_in_whatever_order_the_column_says_what_is_so(loop, steps):
    loop.run(happen(steps))


async def happen(steps) -> None:
    """What is so is told by day, due day and status alone; and the journal tells the same, step by step."""
    await clock.look(UTC, now := at("2026-12-01 12:00"))
    anna = await people.by_email("anna@pult.example") or await people.add("anna@pult.example", "Anna", "agent")
    first, before = (await a_ticket(anna)).id, await position()
    for _ in range(2):
        await a_ticket(anna)
    for what, subject, value in steps:
        if what == "time":
            now += value * HOUR
            await clock.look(subject, now)
            day = await days.today()
            corrected = day > clock.day_of(subject, now) and now / 1_000_000 >= clock.begins(subject, day) - 3600
            assert day == clock.day_of(subject, now) or corrected
        else:
            await do(anna, first - 1 + subject, what, value)
    day, shown = await days.today(), {}
    for event in [event for event in await journal(before) if event.ticket and event.ticket >= first]:
        was = shown.get(event.ticket, "")
        told_before, shown[event.ticket] = event.changes.get("due_state", (was, was))
        assert told_before == was and (event.what is not What.TICKET_DUE or was != shown[event.ticket])
    for ticket in await Ticket.filter(id__gte=first):
        assert ticket.due_state == shown.get(ticket.id, "")
        is_due = bool(ticket.due) and ticket.status not in ("solved", "closed") and ticket.due <= day
        so = "" if not is_due else "today" if ticket.due == day else "overdue"
        assert ticket.deleted or ticket.due_state == so


async def do(anna, number: int, what: str, value) -> None:
    ticket = await Ticket.get(id=number)
    if what == "deleted":
        if value != ticket.deleted:
            await (tickets.delete if value else tickets.restore)(anna, number)
    elif not ticket.deleted:
        await forms.change(anna, number, str(ticket.version), {what: value})


async def test_the_page_and_the_list_show_what_the_column_says(on_the_first):
    await due(on_the_first, "2026-11-30")
    assert (await queries.header(STAFF, 1)).due_state == "overdue"
    assert (await queries.header(Audience(on_the_first.clara.id), 1)).due_state is None
