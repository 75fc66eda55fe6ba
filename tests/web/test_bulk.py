"""Many tickets at once, and taking back, by forms: with and without scripts, in both languages."""

from dataclasses import replace
from urllib.parse import unquote

import httpx
import pytest

from app.config import Limits
from app.desk import tickets
from app.desk.models import Ticket
from tests import forms
from tests.conftest import Served
from tests.desk.acts import a_ticket, everything
from tests.live.pages import open_page

from .reading import HTMX, RUSSIAN, one
from .reading import read as parse
from .test_limits import clock

__all__ = ["clock"]


def said(answer: httpx.Response) -> str:
    return unquote(answer.headers["Pult-Said"])


async def rows(served: Served, count: int = 3) -> list[str]:
    made = [await a_ticket(served.cast.clara, subject=f"Ticket {n}") for n in range(count)]
    return [f"{ticket.id}:{ticket.version}" for ticket in made]


async def statuses() -> list[str]:
    return [ticket.status.value for ticket in await Ticket.all().order_by("id")]


async def test_a_script_is_told_in_one_line_what_became_of_them_and_how_to_take_it_back(served):
    named, anna = await rows(served), await served.client(served.cast.anna)
    await forms.change(served.cast.boris, 2, "1", {"status": "pending"})
    sent = {"ticket": [*named, "99:1"], "status": "solved", "as": str(served.cast.anna.id)}
    answer = await anna.post("/tickets/bulk", data=sent, headers=HTMX)
    assert (answer.status_code, answer.content) == (204, b"")
    assert said(answer) == "2 changed, 1 had changed meanwhile: #2, 1 is not there: #99"
    assert answer.headers["Pult-Left"] == "2,99"
    first, last = map(int, answer.headers["Pult-Event"].split("-"))
    assert last == first + 1
    assert await statuses() == ["solved", "pending", "solved"]

    undone = await anna.post("/undo", data={"event": answer.headers["Pult-Event"]}, headers=HTMX)
    assert (undone.status_code, said(undone)) == (204, "2 taken back")
    assert await statuses() == ["new", "pending", "new"]
    again = await anna.post("/undo", data={"event": answer.headers["Pult-Event"]}, headers=HTMX)
    assert (again.status_code, "Pult-Event" in again.headers) == (409, False)
    assert said(again) == "Nothing to take back: it is as it was before"


async def test_a_single_change_says_what_it_was_and_is_taken_back_the_same_way(served):
    await rows(served, 1)
    anna, boris = await served.client(served.cast.anna), await served.client(served.cast.boris)
    sent = {"version": "1", "assignee": "me", "tags": "b, a", "priority": "high"}
    answer = await anna.post("/tickets/1", data=sent, headers=HTMX)
    assert (answer.status_code, said(answer)) == (204, "Ticket #1: Open, Priority High, Assignee Anna, Tags a, b")
    nothing = await anna.post("/tickets/1", data=sent | {"version": "2"}, headers=HTMX)
    assert nothing.status_code == 204 and not {"Pult-Event", "Pult-Said"} & set(nothing.headers)
    await boris.post("/tickets/1", data={"version": "2", "assignee": "none", "tags": ""})
    before = await everything()
    refused = await anna.post("/undo", data={"event": answer.headers["Pult-Event"]}, headers=HTMX | RUSSIAN)
    assert refused.status_code == 409 and await everything() == before
    assert said(refused) == "Обращение №1: изменение не отменено, с тех пор это меняли (Boris): Исполнитель, Метки"
    deleted = await boris.post("/tickets/1/delete", headers=HTMX | RUSSIAN)
    assert said(deleted) == "Обращение №1: удалено"
    restored = await boris.post("/undo", data={"event": deleted.headers["Pult-Event"]}, headers=HTMX)
    assert said(restored) == "Ticket #1: restored"


async def test_words_with_signs_of_html_arrive_as_they_were_typed(served):
    await rows(served, 1)
    anna = await served.client(served.cast.anna)
    answer = await anna.post("/tickets/1", data={"version": "1", "subject": '<b>Счёт</b> & "co"'}, headers=HTMX)
    assert said(answer) == 'Ticket #1: Subject <b>Счёт</b> & "co"'


async def test_without_scripts_the_list_has_checkboxes_a_form_and_says_what_was_done(served):
    await rows(served)
    anna = await served.client(served.cast.anna)
    page = parse(await anna.get("/tickets?view=all&sort=created"))
    boxes = page.cssselect("#ticket-rows input[type=checkbox][form=bulk]")
    assert [box.get("value") for box in boxes] == ["1:1", "2:1", "3:1"]
    form = {
        field.name: field.value or "" for field in one(page, "#bulk").inputs if field.name and field.name != "ticket"
    }
    form.pop("delete", None)
    sent = {**form, "ticket": ["1:1", "2:1"], "status": "solved"}
    await forms.change(served.cast.boris, 2, "1", {"status": "pending"})
    answer = await anna.post("/tickets/bulk", data=sent)
    assert answer.status_code == 303 and answer.headers["location"].startswith("/tickets?view=all&sort=created&done=")
    page = parse(await anna.get(answer.headers["location"]))
    assert one(page, ".notice p").text_content() == "1 changed, 1 had changed meanwhile: #2"
    undo = {field.name: field.value for field in one(page, ".notice form").inputs if field.name}
    back = await anna.post("/undo", data=undo)
    assert back.headers["location"].startswith("/tickets?view=all&sort=created&done=")
    assert await statuses() == ["new", "pending", "new"]
    again = await anna.post("/undo", data=undo)
    assert again.status_code == 409
    assert one(parse(again), ".notice p").text_content() == "Nothing to take back: it is as it was before"
    nobody = await served.client(served.cast.boris)
    assert not parse(await nobody.get(answer.headers["location"])).cssselect(".notice form"), "it was not his"


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"status": "solved"}, "Select some tickets first."),
        ({"ticket": ["1:1"]}, "Choose what to change."),
        ({"ticket": [f"{n}:1" for n in range(501)], "status": "solved"}, "At most 500 tickets can be changed at once."),
        ({"ticket": ["1:1"], "add-tags": "x" * 31}, "is too long: a tag has at most 30 characters."),
        ({"ticket": ["1:9"], "status": "solved"}, "This is not one of the possible values."),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
async def test_what_cannot_be_done_is_said_and_nothing_typed_or_selected_is_lost(sent, words, served):
    await rows(served)
    anna, before = await served.client(served.cast.anna), await everything()
    by_script = await anna.post("/tickets/bulk", data=sent, headers=HTMX)
    assert by_script.status_code == 422 and words in by_script.text
    answer = await anna.post("/tickets/bulk", data=sent | {"list": "view=all"})
    assert answer.status_code == 422 and await everything() == before
    page = parse(answer)
    assert words in page.text_content()
    if "1:1" in sent.get("ticket", []) and len(sent["ticket"]) == 1:
        assert [it.get("value") for it in page.cssselect("#bulk [type=hidden][name=ticket]")] == ["1:1"]
        assert one(page, "#bulk [name=add-tags]").get("value") == sent.get("add-tags", "")


async def test_nobodys_selection_is_done_in_anothers_name(served):
    await rows(served)
    anna, before = await served.client(served.cast.anna), await everything()
    sent = {"ticket": ["1:1"], "status": "solved", "as": str(served.cast.boris.id)}
    for path, form in (("/tickets/bulk", sent), ("/undo", {"event": "5", "as": str(served.cast.boris.id)})):
        assert (await anna.post(path, data=form, headers=HTMX)).status_code == 409
        assert (await anna.post(path, data=form)).status_code == 409
    assert await everything() == before


async def test_a_requester_has_no_checkboxes_and_learns_nothing_by_numbers(served):
    await rows(served)
    await forms.write(served.cast.anna, 1, "canary", kind="note")
    clara = await served.client(served.cast.clara)
    page = await clara.get("/tickets")
    assert "checkbox" not in page.text and "data-version" not in page.text and 'id="bulk"' not in page.text
    texts = {
        (await clara.post("/tickets/bulk", data={"ticket": number, "status": "solved"}, headers=HTMX)).text
        for number in ("1:1", "99:1", "x")
    }
    assert len(texts) == 1
    assert len({(await clara.post("/undo", data={"event": n}, headers=HTMX)).text for n in ("1", "9", "99", "x")}) == 1
    assert (await clara.get("/tickets?done=1&newer=1.2")).text.count("notice") == page.text.count("notice")


async def test_many_at_once_count_as_a_tenth_of_as_many_changes(config, clock):
    """One of many costs the desk a tenth of a change of its own; who is over the limit has changed nothing."""
    served = Served(replace(config, limits=Limits(messages=20, changes=10)))
    await served.start()
    named, anna = await rows(served, 41), await served.client(served.cast.anna)
    answers = []
    for priority in ("high", "low", "high"):
        sent = {"ticket": [f"{n}:{len(answers) + 1}" for n in range(1, len(named) + 1)], "priority": priority}
        answers.append((await anna.post("/tickets/bulk", data=sent, headers=HTMX)).status_code)
    assert answers == [204, 204, 429], "five each"
    clock.now += 61
    assert (await anna.post("/tickets/bulk", data=sent, headers=HTMX)).status_code == 204
    await served.stop()


async def test_as_one_transaction_it_reaches_every_page_as_one_frame(served):
    """And each changed row costs at most a kilobyte and a half of it."""
    named, anna = await rows(served, 30), await served.client(served.cast.anna)
    for number in range(1, 31):
        await forms.change(
            served.cast.vera, number, "1", {"tags": "vpn, billing", "assignee": "me", "due": "2031-01-31"}
        )
    page = await open_page(served, await served.client(served.cast.boris), "/tickets?view=all")
    frames = len(page.frames)
    sent = {"ticket": [f"{it.partition(':')[0]}:2" for it in named], "priority": "high"}
    assert (await anna.post("/tickets/bulk", data=sent, headers=HTMX)).status_code == 204
    await page.news()
    assert page.dom.cssselect("#ticket-rows [data-version='3']").__len__() == 30
    assert len(page.frames) == frames + 1
    assert len(page.frames[-1].encode()) < 30 * 1500
    await page.cut()


async def test_deleted_together_they_can_be_restored_together(served):
    named, anna = await rows(served), await served.client(served.cast.anna)
    gone = await anna.post("/tickets/bulk", data={"ticket": named, "delete": "1", "status": "solved"}, headers=HTMX)
    assert said(gone) == "3 deleted"
    await tickets.restore(served.cast.vera, 2)
    back = await anna.post("/undo", data={"event": gone.headers["Pult-Event"]}, headers=HTMX)
    assert said(back) == "2 taken back"
    assert await statuses() == ["new"] * 3
