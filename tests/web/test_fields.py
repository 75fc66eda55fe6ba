"""What is wrong with a field is said beside it, in the reader's language; nothing to see is nothing, in every form."""

import pytest

from tests import forms
from tests.desk.acts import a_ticket, everything

from .embedding import a_site
from .reading import HTMX, RUSSIAN, read, text

UNSEEN = "\u200b \u2800\u3164\u00ad"
REFUSED = (
    (f"vpn; {'é' * 31}", f"“{'é' * 30}…” is too long: a tag has at most 30 characters."),
    ('vpn， say "<b>"', '“say "<b>"” is no tag: quotation marks and control characters cannot stand in one.'),
    (",".join(f"t{n:02}" for n in range(22)), "A ticket has at most 20 tags. Too many: “t20, t21”."),
)


@pytest.fixture
async def desk(served):
    await a_ticket(served.cast.clara)
    await forms.write(served.cast.clara, 1, "Hello")
    return served


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
async def test_a_form_with_nothing_to_see_in_it_is_empty(headers, desk):
    site = await a_site()
    vera, clara, guest = await desk.client(desk.cast.vera), await desk.client(desk.cast.clara), desk.stranger()
    guest.headers["Authorization"] = f"Bearer {site.token()}"
    before = await everything()
    for client, path, field, more in (
        (clara, "/tickets", "subject", {"body": "x"}),
        (clara, "/tickets", "body", {"subject": "x"}),
        (clara, "/tickets/1/comments", "body", {}),
        (vera, "/tickets/1/comments", "body", {"kind": "note"}),
        (clara, "/comments/2", "body", {"version": "1"}),
        (vera, "/tickets/1", "subject", {"version": "1"}),
        (vera, "/keys", "name", {"origins": "https://shop.example"}),
        (guest, "/embed/tickets", "subject", {"body": "x"}),
        (guest, "/embed/tickets", "body", {"subject": "x"}),
        (guest, "/embed/tickets/1/comments", "body", {}),
    ):
        answer = await client.post(path, data={field: UNSEEN, **more}, headers=headers)
        assert (answer.status_code, text(read(answer), "form .wrong")) == (422, "Please fill this in."), (path, field)
    assert await everything() == before


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize(("typed", "words"), REFUSED)
async def test_a_refused_tag_is_named_beside_the_field(typed, words, headers, desk):
    anna = await desk.client(desk.cast.anna)
    for path, more in (("/tickets", {"subject": "x", "body": "y"}), ("/tickets/1", {"version": "1"})):
        answer = await anna.post(path, data={"tags": typed, **more}, headers=headers)
        page = read(answer)
        assert answer.status_code == 422 and text(page, "[id$=-tags-wrong]") == words
        assert page.cssselect("[name=tags]")[0].get("value") == typed


async def test_a_refused_tag_is_named_in_russian(desk):
    anna = await desk.client(desk.cast.anna)
    answer = await anna.post("/tickets/1", data={"tags": "ё" * 31, "version": "1"}, headers=RUSSIAN)
    said = f"«{'ё' * 30}…» — слишком длинная метка: в ней не больше 30 символов."
    assert text(read(answer), "#ticket-tags-wrong") == said
