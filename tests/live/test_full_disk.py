"""A disk that is full and a file that is read-only: said as it is, nothing lost, and over as soon as it is over."""

import asyncio
import resource

import pytest

from app import db
from app.config import Config
from app.desk import people
from app.desk.models import Ticket
from tests import forms
from tests.conftest import DEADLINE
from tests.desk.acts import CAME
from tests.live.actions import Desk
from tests.process import DeskProcess, populated
from tests.web.reading import HTMX, RUSSIAN, one, read, read_fragment, text
from tests.whole import assert_whole
from tests.whole import read as read_file

pytestmark = pytest.mark.sqlite

NOTHING_SAVED = "Ничего не сохранено"
LONG = "Слова, для которых нет места. " * 600


async def full() -> str:
    """SQLite may take no page more; what ends it."""
    [row] = await db.rows("PRAGMA page_count")
    await db.rows(f"PRAGMA max_page_count = {row['page_count']}")
    return "PRAGMA max_page_count = 1000000"


async def read_only() -> str:
    await db.rows("PRAGMA query_only = ON")
    return "PRAGMA query_only = OFF"


FORMS = (
    ("/tickets", "#new-ticket", {"subject": "Новое", "body": LONG, "priority": "high", "key": "one"}),
    ("/tickets/1/comments", "#comment-form", {"body": LONG, "kind": "note", "key": "two"}),
    ("/comments/1", "#edit-form", {"body": LONG, "version": "1"}),
)


def shown(form, name):
    field = form.cssselect(f"[name={name}]")
    checked = [radio.get("value") for radio in field if radio.get("checked") is not None]
    return checked[0] if checked else field[0].value.removeprefix("\n")


@pytest.mark.parametrize("trouble", [full, read_only])
async def test_a_database_that_takes_nothing_says_so_and_keeps_what_was_typed(served, open_, trouble, caplog):
    desk = Desk(served.cast)
    await desk.open(desk.cast.anna)
    pages = [await open_(served.cast.anna, path) for path in ("/tickets", "/tickets/1")]
    anna = await served.client(served.cast.anna)
    before = await db.rows("SELECT * FROM journal")
    over = await trouble()
    for path, form, typed in FORMS:
        answer = await anna.post(path, data=typed, headers=RUSSIAN)
        assert answer.status_code == 503
        again = one(read(answer), form)
        assert NOTHING_SAVED in again.text_content()
        assert {name: shown(again, name) for name in typed} == typed
    answer = await anna.post(FORMS[1][0], data=FORMS[1][2], headers=RUSSIAN | HTMX)
    assert (answer.status_code, shown(read_fragment(answer), "body")) == (503, LONG)
    answer = await anna.get("/settings", headers=RUSSIAN)
    assert answer.status_code == 200, "what can be read is read"
    for page in pages:
        await page.equals_its_reload()
    assert await db.rows("SELECT * FROM journal") == before
    assert not [record for record in caplog.records if record.exc_info], "trouble of the storage is no bug of ours"

    await db.rows(over)
    for path, _, typed in FORMS:
        assert (await anna.post(path, data=typed)).status_code == 303
    for page in pages:
        await page.equals_its_reload()
    assert_whole(served.app.extensions["pult"].config.database)


async def test_what_changes_without_a_form_is_refused_on_a_page(served):
    await Desk(served.cast).open(served.cast.anna)
    anna = await served.client(served.cast.anna)
    over = await read_only()
    for path in ("/tickets/1/delete", "/comments/1/delete", "/settings", "/logout"):
        answer = await anna.post(path, data={"language": "ru"}, headers=RUSSIAN)
        assert (answer.status_code, text(read(answer), "h1")) == (503, f"{NOTHING_SAVED}."), path
    answer = await anna.post("/tickets/1", data={"version": "1", "subject": "Другое"}, headers=RUSSIAN)
    assert answer.status_code == 503 and shown(one(read(answer), "#ticket-form"), "subject") == "Другое"
    await db.rows(over)
    assert (await Ticket.get(id=1)).deleted is False
    assert (await anna.get("/tickets")).status_code == 200, "who could not be signed out is signed in"


async def test_who_cannot_be_signed_in_is_told_why(served):
    await people.set_password(served.cast.anna, "a good password")
    over = await read_only()
    typed = {"email": "anna@pult.example", "password": "a good password"}
    answer = await served.stranger().post("/login", data=typed, headers=RUSSIAN)
    assert (answer.status_code, text(read(answer), "h1")) == (503, f"{NOTHING_SAVED}.")
    await db.rows(over)
    assert (await served.stranger().post("/login", data=typed)).status_code == 303


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits another process's files, as Linux can")
async def test_a_desk_whose_disk_takes_nothing_loses_nothing_and_goes_on_by_itself(config):
    """The system itself refuses to write, at every place of a transaction; and then it does not any more."""
    [cookie] = await populated(config, 1)
    before = assert_whole(config.database)
    desk = DeskProcess(config)
    await desk.start()
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    sent = acknowledged = 0
    try:
        async with desk.client(cookie) as client:
            await at_rest(config)
            for room in (0, 100, 5_000, 20_000, 50_000, 100_000):
                for limit in (room, most):
                    resource.prlimit(desk.process.pid, resource.RLIMIT_FSIZE, (limit, most))
                    form = {"subject": f"Room {limit}", "body": LONG, "key": f"{room}-{limit}"}
                    answer = await client.post("/tickets", data=form, headers=RUSSIAN)
                    assert answer.status_code in ((303,) if limit == most else (303, 503))
                    assert answer.status_code == 303 or NOTHING_SAVED in answer.text
                    sent, acknowledged = sent + 1, acknowledged + (answer.status_code == 303)
                    assert (await client.get("/tickets")).status_code == 200
                    assert (await client.get("/readyz")).status_code == 200
    finally:
        log = await desk.stop()
    assert sent // 2 <= acknowledged < sent
    assert log.count("nothing was saved") == sent - acknowledged and "Traceback" not in log, log
    assert assert_whole(config.database) == before + acknowledged


async def at_rest(config: Config) -> None:
    """Until the desk has written what it writes when it starts: its day, and what stood to be done."""
    told = "SELECT 1 FROM clock WHERE day <> '' AND told"
    done = "(SELECT group_concat(kind || attempt) FROM job) = 'forget0'"  # and it is due in an hour
    async with asyncio.timeout(DEADLINE):
        while not read_file(config.database.path, f"{told} AND {done}"):
            await asyncio.sleep(0.02)


async def test_a_transaction_that_met_a_full_disk_leaves_nothing_open(desk):
    ticket = await Desk(desk).open(desk.anna)
    over = await full()
    with pytest.raises(db.NotWritten):
        await forms.write(desk.anna, ticket.id, LONG, status="solved")
    await db.rows(over)
    await forms.write(desk.anna, ticket.id, LONG, status="solved")
    assert [row["position"] for row in await db.rows("SELECT position FROM journal")] == [CAME + 3]
