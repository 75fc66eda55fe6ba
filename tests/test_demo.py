"""The demo's tickets are like any others: what shows, counts and journals them cannot tell."""

import json
import re
import tempfile

import pytest

from app import db, demo
from app.desk import applying, events, excerpt, filters, people, queries, threads
from app.desk.audience import STAFF, Audience
from app.desk.filters import Filter
from app.desk.models import Comment, Person, Status, Ticket
from app.live import journal
from app.live.regions.list import ListRegion
from app.live.regions.thread import ThreadRegion

from .forked import Forked

MANY = 60


MOMENTS = {"created", "updated", "updated_public", "at", "edited", "password", "heard", "waiting_since"}


async def contents() -> str:
    """All that the demo made, without when and under which password hash."""
    tables = ("person", "ticket", "tag", "comment", "event")
    kept = [[*row.items()] for table in tables for row in await db.rows(f"SELECT * FROM {table} ORDER BY id")]
    timeless = [[(name, value) for name, value in row if name not in MOMENTS] for row in kept]
    return json.dumps(timeless)


@pytest.fixture
async def filled(config):
    await db.connect(config.database)
    await demo.fill(tickets=MANY, seed=7)
    yield config
    await db.disconnect()


async def happened() -> list[events.Happened]:
    return await journal.after(0, 100_000)


async def test_the_journal_is_gapless_and_stands_at_its_last_event(filled):
    numbers = [event.id for event in await happened()]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 2 * MANY
    assert (await journal.position()).number == len(numbers)


async def test_a_ticket_is_what_its_events_say(filled):
    last = {}
    for event in filter(lambda it: it.ticket, await happened()):
        if event.ticket in last:
            assert event.filed_before == last[event.ticket].filed
        last[event.ticket] = event
    assert len(last) == MANY
    for ticket in await Ticket.all():
        assert last[ticket.id].filed == events.Filed.of(ticket, await applying.tags_of(ticket))


async def test_nothing_in_the_demo_happens_before_it_can_or_in_the_future(filled):
    now = db.now()
    moments = {}
    for event in await happened():
        moments.setdefault(event.ticket, []).append(event.at)
    for ticket in await Ticket.all():
        told = moments[ticket.id]
        assert told == sorted(told) and told[-1] <= now
        assert ticket.created == told[0] <= ticket.updated_public <= ticket.updated == told[-1]
        said = await Comment.filter(ticket_id=ticket.id).order_by("event_id")
        assert said[0].created == ticket.created and all(entry.created in told for entry in said)


async def test_who_waits_in_it_is_what_its_messages_say(filled):
    for ticket in await Ticket.all():
        replies = await Comment.filter(ticket_id=ticket.id, kind="reply").order_by("event_id")
        asks = [entry.author_id == ticket.requester_id for entry in replies]
        assert ticket.last_by_staff is not asks[-1] and ticket.last_words[:20] in excerpt.of(replies[-1].html)
        assert ticket.heard == max(entry.created for entry, asked in zip(replies, asks, strict=True) if asked)
        waits = asks[-1] and not ticket.status.is_done
        first = len(asks) - asks[::-1].index(False) if False in asks else 0
        assert ticket.waiting_since == (replies[first].created if waits else None)
        assert ticket.last_words and not (waits and ticket.status is Status.PENDING)


async def test_lists_counts_and_threads_show_it(filled):
    assert await queries.count(Filter(STAFF, page=0)) == MANY
    for person in await Person.all():
        views = filters.STAFF_VIEWS if person.is_staff else filters.REQUESTER_VIEWS
        for view in views:
            filter_ = filters.parse(person, {"view": [view]})
            content = await ListRegion(filter_).compute()
            assert len(content.entries) == min(
                await queries.count(filters.of_view(person.audience, person.id, view)), filters.PAGE
            )
    for ticket in await Ticket.all():
        for audience in (STAFF, Audience(ticket.requester_id)):
            assert (await queries.header(audience, ticket.id)).subject == ticket.subject
            content = await ThreadRegion(ticket.id, audience).compute()
            keys = [entry.sort_key for entry in content.entries]
            assert keys == sorted(set(keys)) and keys


async def test_it_has_both_languages_and_every_status(filled):
    found = await Ticket.all()
    assert {ticket.status.value for ticket in found} == {"new", "open", "pending", "solved", "closed"}
    russian = [ticket for ticket in found if re.search("[а-я]", ticket.subject)]
    assert 0 < len(russian) < MANY


async def test_it_has_long_threads_and_one_that_comes_in_parts(filled):
    numbers = sorted([await Comment.filter(ticket_id=ticket.id).count() for ticket in await Ticket.all()])
    assert numbers[-1] > 200 and sum(number >= 5 for number in numbers) > 5
    [longest] = [ticket for ticket in await Ticket.all() if await Comment.filter(ticket_id=ticket.id).count() > 200]
    assert (await threads.thread(STAFF, longest.id)).first > 1
    bodies = [comment.body for comment in await Comment.all()]
    assert any("\n> > " in body for body in bodies) and any(
        "Traceback" in body or "Seq Scan" in body for body in bodies
    )


async def test_the_same_seed_makes_the_same_demo_and_another_another(filled, tmp_path, blank):
    first = await contents()
    for seed, same in ((7, True), (8, False)):
        for table in ("comment", "tag", "ticket", "event", "person", "sqlite_sequence"):
            await db.rows(f"DELETE FROM {table} RETURNING rowid")
        await db.rows("UPDATE journal SET position = 0 RETURNING id")
        await demo.fill(tickets=MANY, seed=seed)
        assert (await contents() == first) is same


async def test_running_it_again_adds_tickets_and_nobody(filled):
    before, cast = len(await happened()), await Person.all().count()
    await demo.fill(tickets=10, seed=7)
    assert await Ticket.all().count() == MANY + 10 and await Person.all().count() == cast
    numbers = [event.id for event in await happened()]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > before


async def test_people_sign_in_to_it_as_it_says(filled, capsys):
    await demo.print_sign_ins()
    said = capsys.readouterr().out
    for email, name, role in demo.SIGN_INS:
        assert f"{email:<22} {demo.PASSWORD}  {name}" in said
        person = await people.authenticate(email, demo.PASSWORD)
        assert (person.name, person.role) == (name, role)


async def test_a_serving_desk_can_be_filled_beside_it(served):
    """As `python -m app demo` does it: another connection to the same file, while people go on working."""
    clara = await served.client(served.cast.clara)
    url = {"PULT_DATABASE__URL": f"sqlite://{db.get_connection('default').filename}"}
    sent = 0
    with tempfile.TemporaryFile() as errors:
        filling = Forked(["demo", "--tickets", "30"], url, stderr=errors)
        while filling.returncode is None or sent < 3:
            answer = await clara.post("/tickets", data={"subject": f"Beside {sent}", "body": "Text"})
            assert answer.status_code == 303
            sent += 1
        errors.seek(0)
        assert (errors.read(), filling.returncode) == (b"", 0)
    assert await Ticket.all().count() == 30 + sent
    numbers = [event.id for event in await happened()]
    assert numbers == list(range(1, len(numbers) + 1)) == list(range(1, (await journal.position()).number + 1))
    assert (await served.relayed()).number == len(numbers)
