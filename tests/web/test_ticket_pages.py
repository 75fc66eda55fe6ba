"""The page of a ticket and the forms that change it."""

import pytest

from app.desk import people, queries, tickets
from app.desk.audience import STAFF
from app.desk.models import Comment, Ticket
from tests import forms
from tests.desk.acts import a_ticket, everything

from .reading import HTMX, RUSSIAN, fields, one, read, read_fragment, submit, text

CANARY = "zebra"  # in everything that is only for staff


@pytest.fixture
async def ticket(served) -> Ticket:
    """A ticket of Clara's with a reply, a note and a line of history."""
    cast = served.cast
    opened = await a_ticket(cast.clara, subject='"Printer" & <co>', body="It *hums*.")
    await forms.write(cast.anna, opened.id, "Is it **plugged in**?")
    await forms.write(cast.boris, opened.id, "Third time.", kind="note")
    return await Ticket.get(id=opened.id)


async def form(client, path: str = "/tickets/1"):
    return one(read(await client.get(path)), "form#ticket-form")


async def header(ticket: int = 1) -> queries.Header:
    found = await queries.header(STAFF, ticket)
    assert found
    return found


async def test_the_page_of_staff_has_the_hooks_that_others_rely_on(served, ticket):
    cast = served.cast
    changes = {"assignee": "me", "priority": "high", "tags": "vip, vpn", "due": "2031-01-31"}
    await forms.change(cast.anna, 1, str(ticket.version), changes)
    page = read(await (await served.client(cast.anna)).get("/tickets/1"))
    shown = one(page, "#ticket")
    hooks = {name: shown.get(f"data-{name}") for name in ("ticket", "status", "version", "priority", "assignee")}
    assert hooks == {
        "ticket": "1",
        "status": "open",
        "version": str(ticket.version + 1),
        "priority": "high",
        "assignee": str(cast.anna.id),
    }
    thread = one(page, "#thread")
    kinds = [(entry.get("id").partition("-")[0], entry.get("data-kind"), entry.get("data-version")) for entry in thread]
    assert kinds[:3] == [("comment", "reply", "1"), ("comment", "reply", "1"), ("event", None, None)]
    assert kinds[3:] == [("comment", "note", "1"), ("event", None, None)]
    keys = [entry.get("data-key") for entry in thread]
    assert keys == sorted(keys) and len(set(keys)) == len(keys) and all(len(key) == 12 for key in keys)
    live = one(page, "#live")
    assert (live.get("data-state"), live.get("hx-ws:connect")[:17]) == ("connecting", "/api/v1/ws?token=")
    assert text(page, "#ticket h1") == '"Printer" & <co>'
    assert one(page, "#comment-1 em").text == "hums"


async def test_a_change_of_one_field_goes_by_nothing_but_html(served, ticket):
    anna = await served.client(served.cast.anna)
    shown = await form(anna)
    assert set(fields(shown)) == {
        "as",
        "version",
        "subject",
        "status",
        "priority",
        "assignee",
        "tags",
        "due",
        "requester",
    }
    answer = await submit(anna, shown, priority="urgent", tags="VIP", due="2031-01-31")
    assert (answer.status_code, answer.headers["location"]) == (303, "/tickets/1")
    now = await header()
    assert (now.priority, now.tags, now.due, now.version) == ("urgent", ("vip",), "2031-01-31", ticket.version + 1)
    assert fields(await form(anna))["tags"] == "vip"
    await submit(anna, await form(anna), due="", tags="", assignee="")
    now = await header()
    assert (now.due, now.tags, now.assignee) == (None, (), None)


async def test_with_htmx_a_change_is_204_and_the_frames_bring_it(served, ticket):
    anna = await served.client(served.cast.anna)
    answer = await anna.post("/tickets/1", data={"version": "2", "assignee": "me"}, headers=HTMX)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await header()).assignee == "Anna"


async def test_one_press_takes_solves_and_reopens(served, ticket):
    anna = await served.client(served.cast.anna)
    for wanted in ("assignee=me", "status=solved", "status=open"):
        page = read(await anna.get("/tickets/1"))
        name, _, value = wanted.partition("=")
        [press] = [
            form
            for form in page.cssselect('form[action="/tickets/1"]')
            if set(form.fields.keys()) == {"as", name, "version"} and form.fields[name] == value
        ]
        assert (await submit(anna, press)).status_code == 303
    now = await header()
    assert (now.assignee, now.status) == ("Anna", "open")


async def test_what_cannot_be_used_comes_back_with_what_was_typed(served, ticket):
    anna = await served.client(served.cast.anna)
    typed = {"subject": "", "priority": "urgent", "tags": "a" * 31, "due": "31.01.2031"}
    page = await submit(anna, await form(anna), **typed)
    fragment = await anna.post("/tickets/1", data=typed | {"version": "2"}, headers=HTMX)
    for answer, found in ((page, one(read(page), "form#ticket-form")), (fragment, read_fragment(fragment))):
        assert answer.status_code == 422
        assert found.get("id") == "ticket-form"
        assert fields(found).items() >= typed.items()
        assert {element.get("id") for element in found.cssselect(".wrong")} == {
            "ticket-subject-wrong",
            "ticket-tags-wrong",
            "ticket-due-wrong",
        }
    assert (await header()).priority == "normal"


async def test_values_that_are_not_allowed_are_422(served, ticket):
    anna = await served.client(served.cast.anna)
    before = await everything()
    for bad in (
        {"subject": "x" * 201},
        {"status": "done"},
        {"priority": "HIGH"},
        {"assignee": str(served.cast.clara.id)},
        {"assignee": "nobody"},
        {"due": "2031-02-30"},
        {"requester": "nobody@pult.example"},
        {"requester": "x" * 400},
        {"version": "3"},  # not there yet
        {"version": "x"},
        {"version": ""},
    ):
        answer = await anna.post("/tickets/1", data={"version": "2"} | bad)
        assert answer.status_code == 422, bad
    assert await everything() == before


async def test_a_wrong_version_does_not_come_back_so_that_saving_again_helps(served, ticket):
    anna = await served.client(served.cast.anna)
    answer = await anna.post("/tickets/1", data={"version": "77", "priority": "high"})
    shown = one(read(answer), "form#ticket-form")
    assert (answer.status_code, fields(shown)["version"], fields(shown)["priority"]) == (422, "2", "high")
    assert (await submit(anna, shown)).status_code == 303


async def test_different_fields_changed_by_two_people_are_both_kept(served, ticket):
    anna, boris = await served.client(served.cast.anna), await served.client(served.cast.boris)
    mine, theirs = await form(anna), await form(boris)
    assert (await submit(boris, theirs, priority="urgent")).status_code == 303
    assert (await submit(anna, mine, tags="vip")).status_code == 303
    now = await header()
    assert (now.priority, now.tags) == ("urgent", ("vip",))


async def test_the_same_field_changed_by_two_people_shows_both_and_can_be_saved_again(served, ticket):
    anna, boris = await served.client(served.cast.anna), await served.client(served.cast.boris)
    mine, theirs = await form(anna), await form(boris)
    await submit(boris, theirs, subject="Printer, second floor", assignee=str(served.cast.vera.id), tags="vip")
    typed = {"subject": "Scanner", "assignee": str(served.cast.anna.id), "tags": "vpn", "due": "2031-01-31"}
    page = await submit(anna, mine, **typed)
    fragment = await anna.post("/tickets/1", data=typed | {"version": "2"}, headers=HTMX)
    for answer, shown in ((page, one(read(page), "form#ticket-form")), (fragment, read_fragment(fragment))):
        assert answer.status_code == 409
        said = text(shown, '.conflict[role="alert"]')
        for word in ("Boris", "Printer, second floor", "Scanner", "Vera", "Anna", "vip", "vpn"):
            assert word in said
        assert fields(shown).items() >= (typed | {"version": "3"}).items()
    assert (await header()).subject == "Printer, second floor"
    assert (await submit(anna, one(read(page), "form#ticket-form"))).status_code == 303
    now = await header()
    assert (now.subject, now.assignee, now.tags, now.due) == ("Scanner", "Anna", ("vpn",), "2031-01-31")


async def test_saving_again_after_a_conflict_takes_nothing_back_that_was_left_alone(served, ticket):
    anna, boris = await served.client(served.cast.anna), await served.client(served.cast.boris)
    mine, theirs = await form(anna), await form(boris)
    await submit(boris, theirs, subject="Printer, second floor", tags="vip", due="2031-01-31")
    page = await submit(anna, mine, subject="Scanner", priority="urgent")
    shown = one(read(page), "form#ticket-form")
    assert page.status_code == 409
    assert (
        fields(shown).items()
        >= {"subject": "Scanner", "priority": "urgent", "tags": "vip", "due": "2031-01-31"}.items()
    )
    assert (await submit(anna, shown)).status_code == 303
    now = await header()
    assert (now.subject, now.priority, now.tags, now.due) == ("Scanner", "urgent", ("vip",), "2031-01-31")


async def test_a_conflict_speaks_the_persons_language(served, ticket):
    await forms.change(served.cast.boris, 1, "2", {"status": "solved"})
    anna = await served.client(served.cast.anna)
    answer = await anna.post("/tickets/1", data={"version": "2", "status": "pending"}, headers=RUSSIAN)
    said = text(read(answer), ".conflict")
    assert "автор изменения — Boris" in said and "Решено" in said and "Ждёт ответа" in said


async def test_foreign_deleted_and_missing_tickets_are_the_same_404(served, ticket):
    cast = served.cast
    gone = await a_ticket(cast.dmitri)
    await tickets.delete(cast.anna, gone.id)
    await forms.write(cast.clara, 1, "Mine alone.")
    dmitri = await served.client(cast.dmitri)
    before = await everything()
    bodies = {"": {"version": "2", "subject": "x"}, "/comments": {"body": "x"}, "/delete": {}, "/restore": {}}
    for headers in ({}, HTMX):
        asked = [await dmitri.get(f"/tickets/{number}", headers=headers) for number in (1, gone.id, 99)]
        asked += [await dmitri.get(f"/comments/{number}/edit", headers=headers) for number in (1, 3, 99)]
        sent = [
            [await dmitri.post(f"/tickets/{number}{path}", data=body, headers=headers) for number in (1, gone.id, 99)]
            for path, body in bodies.items()
        ]
        for path, body in {"": {"body": "x", "version": "1"}, "/delete": {}}.items():
            numbers = (1, 3, 99)
            sent += [[await dmitri.post(f"/comments/{one}{path}", data=body, headers=headers) for one in numbers]]
        for answers in (asked, *sent):  # a form is answered with what was typed into it
            assert {answer.status_code for answer in answers} == {404}
            assert len({answer.content for answer in answers}) == 1
            same = [{name: value for name, value in answer.headers.items() if name != "date"} for answer in answers]
            assert all(headers == same[0] for headers in same)
    assert await everything() == before


async def test_a_requester_may_see_their_ticket_but_not_change_it(served, ticket):
    clara = await served.client(served.cast.clara)
    before = await everything()
    for path, body in (("", {"version": "2", "subject": "x"}), ("", {"version": "2"}), ("/delete", {})):
        assert (await clara.post(f"/tickets/1{path}", data=body)).status_code == 403
    assert (await clara.post("/tickets/1/comments", data={"body": "x", "status": "solved"})).status_code == 403
    assert (await clara.post("/tickets/1/comments", data={"body": "x", "kind": "note"})).status_code == 403
    assert (await clara.post("/tickets/1/restore")).status_code == 404
    assert await everything() == before


async def test_a_requesters_page_holds_nothing_of_the_staffs(served, ticket):
    cast = served.cast
    agent = await people.add(f"{CANARY}@pult.example", f"{CANARY} agent", "agent")
    note = await forms.write(agent, 1, f"{CANARY} note", kind="note")
    changes = {"priority": "urgent", "tags": f"{CANARY} tag", "due": "2031-01-31", "assignee": str(agent.id)}
    await forms.change(agent, 1, "2", changes)
    clara = await served.client(cast.clara)
    answer = await clara.get("/tickets/1")
    secret = [CANARY, "2031-01-31", "rgent", "Third time", "anna@", "boris@", "Boris", f"comment-{note.id}"]
    assert [word for word in secret if word in answer.text] == []
    page = read(answer)
    assert "note" not in page.text_content().lower()
    assert set(one(page, "#ticket").keys()) == {"id", "data-region", "data-ticket", "data-status", "data-title"}
    assert [entry.get("data-kind") for entry in one(page, "#thread")] == ["reply", "reply", None]
    assert [form.get("action") for form in page.cssselect("main form")] == ["/tickets/1/comments"]
    for path in (f"/comments/{note.id}/edit", "/comments/3/edit"):
        assert (await clara.get(path)).status_code == 404


async def test_a_deleted_ticket_leaves_for_everyone_and_who_deleted_it_or_an_admin_brings_it_back(served, ticket):
    cast = served.cast
    anna, boris, vera = [await served.client(person) for person in (cast.anna, cast.boris, cast.vera)]
    page = read(await anna.get("/tickets/1"))
    answer = await submit(anna, one(page, 'form[action="/tickets/1/delete"]'))
    assert (answer.status_code, answer.headers["location"]) == (303, "/tickets?deleted=1")
    assert (await boris.post("/tickets/1/restore")).status_code == 404
    notice = read(await vera.get("/tickets?deleted=1"))
    answer = await submit(vera, one(notice, 'form[action="/tickets/1/restore"]'))
    assert (answer.status_code, answer.headers["location"]) == (303, "/tickets/1")
    assert (await anna.get("/tickets/1")).status_code == 200
    await tickets.delete(cast.anna, 1)
    for _ in range(2):  # a second send, of which nothing is left to do
        assert (await anna.post("/tickets/1/restore")).headers["location"] == "/tickets/1"
    assert (await boris.post("/tickets/1/restore")).status_code == 403
    await tickets.delete(cast.boris, 1)
    assert (await anna.post("/tickets/1/restore")).status_code == 404, "it was not she who deleted it last"
    assert (await boris.post("/tickets/1/restore", headers=HTMX)).status_code == 204


async def test_the_address_of_a_deleted_ticket_tells_staff_when_and_by_whom_and_nobody_else(served, ticket):
    cast = served.cast
    missing = {name: await (await served.client(getattr(cast, name))).get("/tickets/99") for name in ("clara", "anna")}
    await tickets.delete(cast.anna, 1)
    for name, language in (("anna", {}), ("boris", {}), ("vera", RUSSIAN)):
        client = await served.client(getattr(cast, name))
        answer = await client.get("/tickets/1", headers=language)
        page = read(answer)
        said = text(page, "#ticket")
        assert answer.status_code == 404 and "Anna" in said and "UTC" in said and "#1" in said
        assert ("This ticket was deleted." if not language else "Это обращение удалено.") in said
        gone = one(page, "#ticket[data-gone]")
        assert gone.get("data-author") == str(cast.anna.id) and "Printer" not in answer.text
        assert [form.get("action") for form in gone.cssselect("form.restores")] == ["/tickets/1/restore"]
        assert (
            f'[data-author="{cast.boris.id}"] :is(.own, .restores)'
            in (await client.get(f"/me.css?id={cast.boris.id}")).text
        )
        assert one(read(await client.get("/comments/1")), "#ticket[data-gone]") is not None, "the address of a message"
    clara = await served.client(cast.clara)
    assert (await clara.get("/comments/1")).content == missing["clara"].content
    answer = await clara.get("/tickets/1")
    assert (answer.status_code, answer.content) == (404, missing["clara"].content)
    assert (await (await served.client(cast.anna)).get("/tickets/99")).content == missing["anna"].content


async def test_what_was_typed_for_a_ticket_that_was_deleted_meanwhile_is_kept(served, ticket):
    cast = served.cast
    boris = await served.client(cast.boris)
    await tickets.delete(cast.anna, 1)
    for path, typed in (
        ("/tickets/1", {"version": "2", "subject": "half a subject"}),
        ("/tickets/1/comments", {"body": "half an answer"}),
        (
            f"/comments/{(await Comment.filter(author_id=cast.boris.id).get()).id}",
            {"body": "half a note", "version": "1"},
        ),
    ):
        answer = await boris.post(path, data=typed)
        page = read(answer)
        assert (
            answer.status_code == 404
            and "half a" in text(page, "textarea[readonly]")
            and "Anna" in text(page, "#ticket")
        )
        assert not page.cssselect("[data-removed]"), "a page that holds words does not go away by itself"
        notice = await boris.post(path, data=typed, headers=HTMX)
        assert notice.status_code == 404 and "Ticket #1 is hidden everywhere" in notice.text
        assert notice.headers["hx-retarget"] == "#notice", "the form stays as it is"


async def test_markdown_is_shown_and_nothing_else_of_what_people_type(served, ticket):
    body = '<script>alert(1)</script><img src=x onerror=alert(1)> [a](javascript:alert(1)) <b hx-get="/x">b</b>'
    told = await forms.write(served.cast.clara, 1, body)
    page = read(await (await served.client(served.cast.anna)).get("/tickets/1"))
    shown = one(page, f"#comment-{told.id} .prose")
    assert not shown.cssselect("script, img, b, [hx-get], [onerror]")
    assert not [link for link in shown.cssselect("a") if link.get("href", "").startswith("javascript")]
    assert (await Comment.get(id=told.id)).body == body
