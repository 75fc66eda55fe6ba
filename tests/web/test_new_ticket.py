"""Opening a ticket."""

from app.desk import queries
from app.desk.audience import STAFF
from app.desk.models import Comment, Person, Ticket
from app.desk.roles import Role

from .reading import RUSSIAN, fields, one, read, submit, text


async def form(client):
    return one(read(await client.get("/tickets/new")), "form#new-ticket")


async def test_a_requester_opens_a_ticket_by_nothing_but_html(served):
    clara = await served.client(served.cast.clara)
    shown = await form(clara)
    assert set(shown.fields.keys()) == {"as", "key", "draft", "subject", "body"}
    answer = await submit(clara, shown, subject="  Printer \t stands still ", body="It *hums*.\r\nThen stops.")
    ticket = await Ticket.get()
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tickets/{ticket.id}")
    assert (ticket.subject, ticket.status, ticket.requester_id) == ("Printer stands still", "new", served.cast.clara.id)
    assert (await Comment.get()).body == "It *hums*.\nThen stops."


async def test_staff_open_one_for_somebody_with_all_its_fields(served):
    anna = await served.client(served.cast.anna)
    shown = await form(anna)
    assert {"requester", "priority", "assignee", "tags"} < set(shown.fields.keys())
    assert shown.fields["priority"] == "normal"
    typed = {"subject": "VPN", "body": "It drops.", "requester": " New@Shop.Example ", "priority": "urgent"}
    await submit(anna, shown, **typed, assignee=str(served.cast.boris.id), tags="Vpn, network ,vpn")
    header = await queries.header(STAFF, 1)
    assert (header.priority, header.assignee, header.tags) == ("urgent", "Boris", ("network", "vpn"))
    assert (header.status, header.requester_email) == ("open", "new@shop.example")
    assert (await Person.get(email="new@shop.example")).role is Role.REQUESTER


async def test_the_same_form_sent_twice_opens_one_ticket(served):
    clara = await served.client(served.cast.clara)
    shown = await form(clara)
    first, second = [await submit(clara, shown, subject="Printer", body="It hums.") for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    assert await Ticket.all().count() == 1
    assert fields(await form(clara))["key"] != fields(shown)["key"]
    third = await submit(clara, shown, subject="Printer", body="It hums, and it smells.")
    assert (await Comment.get(ticket_id=2)).body == "It hums, and it smells."
    assert third.headers["location"] == "/tickets/2", "stopped, corrected and sent again"


async def test_a_form_that_cannot_be_taken_comes_back_with_all_that_was_typed(served):
    anna = await served.client(served.cast.anna)
    typed = {
        "subject": "",
        "body": "Long & <b>careful</b> text",
        "requester": "no address",
        "priority": "high",
        "assignee": str(served.cast.vera.id),
        "tags": 'a, b"',
    }
    answer = await submit(anna, await form(anna), **typed)
    assert answer.status_code == 422
    page = read(answer)
    assert fields(one(page, "form#new-ticket")).items() >= typed.items()
    wrong = {element.get("id") for element in page.cssselect(".wrong")}
    assert wrong == {"new-subject-wrong", "new-requester-wrong", "new-tags-wrong"}
    for field in page.cssselect("[aria-invalid]"):
        assert field.get("aria-describedby") in wrong
    assert await Ticket.all().count() == 0


async def test_values_that_are_not_allowed_are_422(served):
    anna = await served.client(served.cast.anna)
    good = {"subject": "Printer", "body": "It hums."}
    for bad in (
        {"subject": "x" * 201},
        {"body": " \n "},
        {"body": "x" * 100_001},
        {"body": "nul\x00"},
        {"priority": "highest"},
        {"assignee": str(served.cast.clara.id)},
        {"assignee": "999"},
        {"assignee": "9" * 40},
        {"tags": ",".join(f"tag{number}" for number in range(21))},
        {"requester": "x" * 300 + "@pult.example"},
        {"key": "k" * 65},
    ):
        answer = await anna.post("/tickets", data=good | bad)
        assert answer.status_code == 422, bad
        assert one(read(answer), "form#new-ticket") is not None
    assert await Ticket.all().count() == 0


async def test_the_longest_text_is_taken_in_any_alphabet(served):
    clara = await served.client(served.cast.clara)
    for letters in ("й", "語", "½", "a²", "ﷺ", "e\u0301"):
        answer = await submit(clara, await form(clara), subject=(letters * 200)[:200], body=(letters * 30_000)[:30_000])
        assert answer.status_code == 303, letters


async def test_a_requester_cannot_set_what_is_for_staff(served):
    clara = await served.client(served.cast.clara)
    answer = await clara.post(
        "/tickets",
        data={
            "subject": "Printer",
            "body": "It hums.",
            "priority": "urgent",
            "assignee": str(served.cast.anna.id),
            "tags": "vip",
            "requester": "dmitri@pult.example",
            "status": "closed",
            "created": "1",
        },
    )
    assert answer.status_code == 303
    header = await queries.header(STAFF, 1)
    assert (header.requester, header.priority, header.assignee, header.tags) == ("Clara", "normal", None, ())
    assert header.status == "new"
    senseless = {"priority": "?", "assignee": "?", "tags": "?" * 99, "requester": "?"}
    answer = await clara.post("/tickets", data={"subject": "Printer", "body": "It hums.", **senseless})
    assert answer.status_code == 303


async def test_the_form_speaks_the_persons_language(served):
    clara = await served.client(served.cast.clara)
    page = read(await clara.get("/tickets/new", headers=RUSSIAN))
    assert (page.get("lang"), text(page, "h1")) == ("ru", "Новое обращение")
    answer = await clara.post("/tickets", data={"subject": "", "body": "x"}, headers=RUSSIAN)
    assert text(read(answer), "#new-subject-wrong") == "Заполните это поле."
