"""A word for every field that somebody may not know, looked for in every byte that they are sent."""

import base64
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from app import db
from app.desk import comments, people, tickets
from app.desk.models import Comment, Person, Ticket
from tests import forms
from tests.conftest import SECRET, Served
from tests.desk.acts import a_ticket, everything

from .reading import HTMX, RUSSIAN

# What no requester may know of a ticket, not even of their own.
OF_STAFF = {
    "a note": "canarynote",
    "who wrote it": "canarywriter",
    "a note before and after it was edited": "canaryedited",
    "a deleted note": "canaryremoved",
    "a deleted reply": "canaryregretted",
    "what a message said before": "canaryearlier",
    "what a note said before": "canarybefore",
    "the assignee": "canaryassignee",
    "an earlier assignee": "canaryformer",
    "who changes what only staff see": "canarymanager",
    "a tag": "canarytag",
    "an earlier tag": "canaryoldtag",
    "another's email": "canaryemail",
    "the key of a form": "canarykey",
    "the day": "2031-01-17",
    "the day in a key": "20310117",
    "the priority": "urgent",
}
# What only Dmitri and staff may know.
OF_ANOTHER = {
    "a foreign subject": "canarysubject",
    "a foreign message": "canarymessage",
    "a foreign reply": "canaryreply",
    "a foreign requester": "canaryrequester",
    "a foreign history": "canaryhistory",
}
OF_NOBODY = {
    "a deleted subject": "canarygone",
    "a deleted ticket's message": "canarylost",
    "a hash": "$argon2",
    "a secret": SECRET,
}
NOBODYS = {"a deleted note", "a deleted reply", "the key of a form"} | OF_NOBODY.keys()  # not even an admin's
VIEWS = ("", "open", "solved", "all", "inbox", "mine", "unassigned", "nothing")
SORTS = ("", "-updated", "updated", "-created", "created", "-priority", "due")
STAFF_FILTERS = "priority=high&assignee=none&requester=5&tag=x&q=printer&due=1"


@dataclass
class Haystack:
    """All that one person was sent: what it was and its bytes, tokens read as well as written."""

    sent: dict[str, list[bytes]] = field(default_factory=dict)
    checks: int = 0

    def add(self, what: str, *parts: bytes) -> None:
        for part in parts:
            self.sent.setdefault(what, []).extend([part, *_in_tokens(part)])

    def answer(self, what: str, answer: httpx.Response) -> httpx.Response:
        headers = b"\n".join(name + b": " + value for name, value in answer.headers.raw)
        self.add(f"{what} ({answer.status_code})", headers, answer.content)
        return answer

    def find(self, word: str) -> list[str]:
        """In what of all that was sent the word stands."""
        self.checks += sum(map(len, self.sent.values()))
        needle = word.lower().encode()
        return [what for what, parts in self.sent.items() if any(needle in part.lower() for part in parts)]


def _in_tokens(part: bytes) -> Iterator[bytes]:
    for claims in re.findall(rb"eyJ[\w-]+\.([\w-]+)\.", part):
        yield base64.urlsafe_b64decode(claims + b"=" * (-len(claims) % 4))


@dataclass
class Secretive:
    """A desk that knows much: a ticket of Clara's, one of another requester's, and a deleted one of Clara's."""

    served: Served
    manager: Person
    writer: Person
    assignee: Person
    former: Person
    another: Person

    async def fill(self) -> "Secretive":
        clara, anna = self.served.cast.clara, self.served.cast.anna
        hers = await a_ticket(clara, subject="Printer", key="canarykey1")
        foreign = await a_ticket(self.another, subject="canarysubject", body="canarymessage")
        gone = await a_ticket(clara, subject="canarygone", body="canarylost")
        assert (hers.id, foreign.id, gone.id) == (1, 2, 3)
        await forms.write(anna, 1, "Is it plugged in?", key="canarykey2")
        said = await forms.write(clara, 1, "canaryearlier")
        await forms.edit(clara, said.id, "It is.", "1")
        await tickets.delete(anna, 3)
        await self.go_on()
        last = await forms.write(clara, 1, "Thanks.")
        await forms.edit(self.served.cast.vera, last.id, "Thank you.", "1")  # so that she changes what an admin has
        await forms.write(self.writer, 1, "canarynote", kind="note")
        return self

    async def go_on(self) -> None:
        """What staff do that a requester gets no frame of, and what another requester does."""
        note = await forms.write(
            self.writer, 1, "canarynote", kind="note", key=f"canarykey{await Comment.all().count()}"
        )
        async with db.transaction():  # so that nobody sees it before
            corrected = await forms.write(self.served.cast.anna, 1, "canaryearlier of staff")
            await forms.edit(self.served.cast.anna, corrected.id, "Corrected.", "1")
            regretted = await forms.write(self.served.cast.anna, 1, "canaryregretted")
            await comments.remove(self.served.cast.anna, regretted.id)
        edited = await forms.write(self.writer, 1, "canarybefore and canaryedited", kind="note")
        await forms.edit(self.writer, edited.id, "canaryedited after", "1")
        await comments.remove(self.writer, (await forms.write(self.writer, 1, "canaryremoved", kind="note")).id)
        for fields in (
            {"assignee": str(self.former.id), "tags": "canaryoldtag", "priority": "low", "due": ""},
            {"assignee": str(self.assignee.id), "tags": "canarytag", "priority": "urgent", "due": "2031-01-17"},
        ):
            for number in (1, 2):
                version = (await Ticket.get(id=number)).version
                await forms.change(self.manager, number, str(version), fields)
        await forms.write(self.another, 2, "canaryreply")
        version = str((await Ticket.get(id=2)).version)
        await forms.change(self.manager, 2, version, {"subject": "canaryhistory", "status": "pending"})
        await forms.change(self.manager, 2, str(int(version) + 1), {"subject": "canarysubject", "status": "open"})
        assert note.ticket_id == 1


@pytest.fixture
async def desk(served):
    names = ("manager", "writer", "assignee", "former")
    staff = {name: await people.add(f"canaryemail.{name}@x.example", f"canary{name}", "agent") for name in names}
    another = await people.add("canaryemail.another@x.example", "canaryrequester", "requester")
    # Assigning opens a new ticket, in public: that is done before the manager comes.
    return await Secretive(served, another=another, **staff).fill()


async def comment_ids() -> list[int]:
    return [*await Comment.all().values_list("id", flat=True), 9999]


def pages(comment_ids: list[int]) -> list[str]:
    lists = [f"/tickets?view={view}&sort={sort}" for view, sort in itertools.product(VIEWS, SORTS)]
    lists += [f"/tickets?{STAFF_FILTERS}", "/tickets?page=2", "/tickets?page=x", "/tickets?status=open&status=pending"]
    others = [
        "/",
        "/login?next=/tickets/1",
        "/settings",
        "/tickets/new",
        "/tickets?deleted=3",
        "/nothing",
        "/static/0/x",
    ]
    others += ["/healthz", "/readyz", *(f"/me.css?id={number}" for number in range(12))]
    others += [f"/tickets/{number}" for number in range(5)] + [f"/tickets/{number}/comments" for number in range(4)]
    return lists + others + [f"/comments/{number}/edit" for number in comment_ids]


FORMS = (
    ("/tickets", {}),
    (
        "/tickets",
        {"subject": "x" * 201, "body": "", "priority": "high", "tags": "a", "assignee": "me", "key": "k" * 65},
    ),
    ("/tickets", {"body": "x" * 1_100_000}),
    ("/settings", {"language": "xx"}),
    ("/login", {"email": "clara@pult.example", "password": "wrong", "next": "/tickets/2"}),
    *((f"/tickets/{number}", {"version": "1", "subject": "x", "status": "solved"}) for number in range(5)),
    *((f"/tickets/{number}/comments", {"body": ""}) for number in range(5)),
    *((f"/tickets/{number}/comments", {"body": "x", "kind": "note"}) for number in range(5)),
    *((f"/tickets/{number}/{verb}", {}) for number in range(5) for verb in ("delete", "restore")),
    ("/live/connection", {"token": "x"}),
)


async def look_everywhere(client: httpx.AsyncClient) -> Haystack:
    """Ask for every page."""
    haystack = Haystack()
    for path, headers in itertools.product(pages(await comment_ids()), ({}, HTMX, RUSSIAN)):
        haystack.answer(f"GET {path} {headers}", await client.get(path, headers=headers))
    return haystack


async def try_everything(client: httpx.AsyncClient, haystack: Haystack) -> None:
    """Send every form with something wrong in it, and ask by wrong methods."""
    ids = await comment_ids()
    edits = [(f"/comments/{number}", {"body": "", "version": "1"}) for number in ids]
    edits += [(f"/comments/{number}", {"body": "x", "version": "0"}) for number in ids]
    for (path, typed), headers in itertools.product((*FORMS, *edits), ({}, HTMX)):
        haystack.answer(f"POST {path} {headers}", await client.post(path, data=typed, headers=headers))
    for method, path in itertools.product(("PUT", "DELETE", "OPTIONS"), ("/tickets", "/tickets/2", "/comments/1")):
        haystack.answer(f"{method} {path}", await client.request(method, path))


def leaks(haystack: Haystack, words: dict[str, str]) -> list[tuple[str, list[str]]]:
    found = [(field, haystack.find(word)) for field, word in words.items()]
    return [(field, where[:5]) for field, where in found if where]


@pytest.mark.parametrize("name", ["clara", "dmitri", "stranger"])
async def test_no_page_no_fragment_no_refusal_and_no_log_tells(name, served, desk, told):
    """ASVS 15.3.1."""
    client = await served.client(getattr(served.cast, name)) if name != "stranger" else served.stranger()
    before = await everything()
    haystack = await look_everywhere(client)
    await try_everything(client, haystack)
    assert await everything() == before
    expected = {"clara": "200 303 401 403 404 405 409 413 422", "dmitri": "200 303 401 404 405 413 422"}
    statuses = set(expected.get(name, "200 303 401 404 405 413 422").split())
    assert {what[-4:-1] for what in haystack.sent} == statuses
    haystack.add("the log", told().encode())
    assert "GET /tickets/2" in told()
    ticket = await Ticket.get(id=1)
    assert ticket.updated > ticket.updated_public
    moments = {"when staff changed it": str(ticket.updated)}
    assert leaks(haystack, OF_STAFF | OF_ANOTHER | OF_NOBODY | moments) == []
    sent = b" ".join(part for parts in haystack.sent.values() for part in parts)
    tried = b"clara@pult.example"  # as whom they try to sign in
    assert set(re.findall(rb"[\w.]+@[\w.]+", sent)) <= {tried, f"{name}@pult.example".encode()}


async def test_the_words_are_there_to_be_found(served, desk):
    """The same search finds each of them on what an admin is sent, but for what nobody is."""
    haystack = await look_everywhere(await served.client(served.cast.vera))
    found = {field for field, _ in leaks(haystack, OF_STAFF | OF_ANOTHER | OF_NOBODY)}
    assert found == (OF_STAFF | OF_ANOTHER).keys() - NOBODYS


@pytest.mark.parametrize("name", ["clara", "dmitri"])
async def test_no_frame_and_no_poll_tells(name, served, desk, open_):
    person = getattr(served.cast, name)
    paths = ["/tickets", "/tickets?view=all&sort=created", "/tickets/new", *(["/tickets/1"] if name == "clara" else [])]
    opened = [await open_(person, path) for path in paths]
    for page, number in itertools.product(opened, (1, 2, 3, 99)):
        await page.ask(action="subscribe", ticket=number)
    await desk.go_on()
    await forms.write(served.cast.anna, 1, "So that there is something to tell her")
    for page in opened:
        await page.caught_up()
        await page.ask(action="resync")
    haystack = Haystack()
    for page in opened:
        haystack.add(f"frames of {page.path}", *(frame.encode() for frame in page.frames))
        for since, headers in itertools.product(("", "0", str(page.cursor - 1), str(page.cursor)), ({}, HTMX)):
            query = {"token": page.token, "since": since, "epoch": page.epoch, "build": page.build}
            poll = await page.client.get("/live/frame", params=query, headers=headers)
            haystack.answer(f"poll of {page.path} since {since}", poll)
            again = await page.client.post("/live/connection", data={"token": page.token}, headers=headers)
            haystack.answer(f"connection of {page.path}", again)
    assert {what[-4:-1] for what in haystack.sent if "of" in what} >= {"200", "204"}
    if name == "clara":
        assert haystack.find("something to tell her") and any('"whole"' in frame for frame in opened[3].frames)
    ticket = await Ticket.get(id=1)
    moments = {"when staff changed it": str((await Ticket.get(id=2)).updated), "and hers": str(ticket.updated)}
    moments = {field: moment for field, moment in moments.items() if moment != str(ticket.updated_public)}
    assert leaks(haystack, OF_STAFF | OF_ANOTHER | OF_NOBODY | moments | {"an address": "@"}) == []


async def test_the_words_are_in_the_frames_of_staff(served, desk, open_):
    opened = [await open_(served.cast.vera, path) for path in ("/tickets?view=all", "/tickets/1", "/tickets/2")]
    await desk.go_on()
    haystack = Haystack()
    for page in opened:
        await page.caught_up()
        haystack.add(page.path, *(frame.encode() for frame in page.frames))
    found = {field for field, _ in leaks(haystack, OF_STAFF | OF_ANOTHER)}
    assert (
        found >= OF_STAFF.keys() - NOBODYS - {"the day in a key"} and {"a foreign reply", "a foreign history"} <= found
    )
