"""What is another's and what does not exist look the same, in every byte of answers and log (ASVS 8.2.2, 8.4.1)."""

import re
from urllib.parse import quote

import pytest

from app.desk import comments, tickets
from tests import forms
from tests.conftest import Served
from tests.desk.acts import a_ticket, everything
from tests.live.pages import open_page

from .reading import HTMX, RUSSIAN
from .rights import FORMS

NOTHING = 7  # one digit, as all others
RANDOM = (  # what is different each time, whatever is asked for
    (re.compile(rb"eyJ[\w-]+\.[\w-]+\.[\w-]+"), b"TOKEN"),
    (re.compile(rb'name="key" value="[\w-]+"'), b"KEY"),
    (re.compile(rb"date: [^\n]+"), b"DATE"),
)
SENT = [
    {},
    {"version": "1", "subject": ""},
    {"body": ""},
    {"body": "x", "kind": "note"},
    {"version": "x", "status": "x"},
]


@pytest.fixture
async def desk(served: Served) -> Served:
    """1 is Dmitri's ticket, 2 a deleted one of his, 3 a deleted one of Clara's; in each a reply and a note of Anna's.

    Comments 1, 4 and 7 open them; so 8 and 9 are in the last.
    """
    for number, person in enumerate((served.cast.dmitri, served.cast.dmitri, served.cast.clara), 1):
        ticket = await a_ticket(person, subject="Known to few")
        await forms.write(served.cast.anna, number, "Known to few")
        await forms.write(served.cast.anna, number, "Known to staff", kind="note")
        if number > 1:
            await tickets.delete(served.cast.anna, ticket.id)
    return served


def paths(desk: Served, argument: str) -> list[tuple[str, str]]:
    """(method, path with {}) of every route with this in its path."""
    return [
        (method, rule.rule.replace(f"<number:{argument}>", "{}"))
        for rule in desk.app.url_map.iter_rules()
        if argument in rule.arguments
        for method in sorted(rule.methods or ())
        if not rule.websocket
    ]


async def look(client, method: str, path: str, number: int, told, **options) -> tuple[bytes, bytes]:
    """All bytes of the answer, and of the log, without what is random and without the number that was asked for."""
    before = len(told())
    client.headers["Accept-Encoding"] = "identity"  # random tokens pack to other lengths
    got = await client.request(method, path.format(number), **options)
    head = b"\n".join(name + b": " + value for name, value in got.headers.raw)
    answer = b"%d\n%s\n\n%s" % (got.status_code, head, got.content)
    for shape, word in RANDOM:
        answer = shape.sub(word, answer)
    logged = re.sub(r"(?m)^[\d-]+ [\d:,]+|127\.0\.0\.1:\d+", "", told()[before:])
    place = path.format(number)
    answer = answer.replace(quote(place, safe="").encode(), b"PATH").replace(place.encode(), b"PATH")
    return answer, logged.replace(place, "PATH").encode()


@pytest.mark.parametrize("name", ["clara", "stranger"])
async def test_tickets_that_are_not_ones_own_look_like_none(name, desk, told):
    client = desk.stranger() if name == "stranger" else await desk.client(getattr(desk.cast, name))
    unseen = (1, 2, 3)
    before, compared = await everything(), 0
    for method, path in paths(desk, "ticket"):
        for headers in ({}, HTMX, RUSSIAN):
            for form in SENT if method == "POST" else [{}]:
                options = {"headers": headers, "data": form} if method == "POST" else {"headers": headers}
                none = await look(client, method, path, NOTHING, told, **options)
                for number in unseen:
                    assert await look(client, method, path, number, told, **options) == none, (method, path, number)
                    compared += 1
    assert compared > 100 and await everything() == before


async def test_comments_that_one_may_not_see_look_like_none(desk, told):
    """In another's ticket, in deleted ones, notes; and none."""
    hers = await a_ticket(desk.cast.clara)
    note = await forms.write(desk.cast.anna, hers.id, "Known to staff", kind="note")
    gone = await forms.write(desk.cast.clara, hers.id, "Regretted")
    await comments.remove(desk.cast.clara, gone.id)
    clara, before = await desk.client(desk.cast.clara), await everything()
    unseen = [(1, 99), (2, 99), (3, 99), (5, 99), (7, 99), (note.id, 99), (gone.id, 99)]
    for method, path in paths(desk, "comment"):
        for headers in ({}, HTMX):
            for form in [{}, FORMS["POST /comments/<number:comment>"], {"body": "", "version": "x"}]:
                options = {"headers": headers, "data": form} if method == "POST" else {"headers": headers}
                for number, none in unseen:
                    if number == gone.id and method != "POST" and path.endswith("comments/{}"):
                        continue  # to the marker that it left, which she sees in her ticket
                    found = await look(clara, method, path, number, told, **options)
                    assert found == await look(clara, method, path, none, told, **options), (method, path, number)
    assert await everything() == before


async def test_lists_and_searches_tell_no_more_of_what_is_not_ones_own(desk, told):
    """Filters by another's ticket, person, tag or words answer as those by nothing."""
    clara = await desk.client(desk.cast.clara)
    await a_ticket(desk.cast.clara, subject="Hers")
    for query, nothing in (
        ("requester=5", "requester=9"),
        ("assignee=2", "assignee=9"),
        ("tag=few", "tag=xyz"),
        ("q=few", "q=xyz"),
        ("priority=urgent", "priority=absent"),
    ):
        found, none = [
            re.sub(rb"\b(few|xyz|urgent|absent)\b", b"VALUE", answer.replace(quote(asked, safe="").encode(), b"ASKED"))
            .replace(asked.encode(), b"ASKED")
            .replace(quote(quote(asked, safe=""), safe="").encode(), b"ASKED")
            for asked in (query, nothing)
            for answer, _ in [await look(clara, "GET", "/tickets?view=all&" + asked, 0, told)]
        ]
        assert found == none, query


async def test_a_page_of_what_was_ones_own_learns_nothing_of_what_became_of_it(desk, told):
    """A poll after the ticket went to another says the same as one after it was deleted, but for the event's name."""
    answers = []
    for way in ("another's", "deleted"):
        ticket = await a_ticket(desk.cast.clara, subject="Hers for now")
        page = await open_page(desk, await desk.client(desk.cast.clara), f"/tickets/{ticket.id}", connect=False)
        if way == "deleted":
            await tickets.delete(desk.cast.anna, ticket.id)
        else:
            await forms.change(desk.cast.anna, ticket.id, "1", {"requester": "dmitri@pult.example"})
        query = {"token": page.token, "since": page.cursor, "epoch": page.epoch}
        got = await page.client.get("/live/frame", params=query)
        assert got.status_code == 200
        answers.append(re.sub(rb' data-happened="[^"]*"| data-epoch="\w*"|\d+', b"", got.content))
    assert len(set(answers)) == 1, answers
