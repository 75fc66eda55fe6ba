"""A reply that others overtook: what its writer is shown, and how they send it all the same."""

import pytest
from lxml.html import HtmlElement

from app.desk.models import Comment, Status, Ticket
from tests import forms
from tests.desk.acts import a_ticket, everything

from .reading import HTMX, RUSSIAN, fields, one, read, read_fragment, submit, text

FORM, PATH = "form#comment-form", "/tickets/1/comments"


@pytest.fixture
async def ticket(served) -> Ticket:
    return await a_ticket(served.cast.clara)


async def composer(client) -> HtmlElement:
    return one(read(await client.get("/tickets/1")), FORM)


async def anyway(client, shown: HtmlElement, **typed: str):
    """Press the button."""
    button = one(shown, "#conflict button")
    assert button.get("type", "submit") == "submit"
    return await client.post(PATH, data=fields(shown) | typed | {button.get("name"): button.get("value")})


async def test_a_stopped_reply_keeps_its_words_shows_what_is_new_and_goes_by_one_button(served, ticket):
    cast = served.cast
    anna = await served.client(cast.anna)
    begun = await composer(anna)
    await forms.write(cast.boris, 1, "It is the **toner**.")
    await forms.write(cast.boris, 1, "For us.", kind="note")
    before = await everything()
    answer = await submit(anna, begun, body="Is it plugged in?", status="solved")
    assert answer.status_code == 409 and await everything() == before
    shown = one(read(answer), FORM)
    sent = {"body": "Is it plugged in?", "kind": "reply", "status": "solved", "key": fields(begun)["key"]}
    assert sent.items() <= fields(shown).items()
    told = text(shown, "#conflict")
    assert "Boris replied while you were writing." in told and "Your reply was not sent." in told
    assert text(shown, "#conflict .prose strong") == "toner" and "For us." not in told
    assert one(shown, "#conflict time").get("datetime")
    assert (await anyway(anna, shown)).status_code == 303
    assert (await Ticket.get(id=1)).status is Status.SOLVED
    said = [comment.body for comment in await Comment.filter(ticket_id=1).order_by("id")]
    assert said[-1] == "Is it plugged in?" and len(said) == 4


async def test_anyway_is_a_word_about_what_was_shown_and_nothing_newer(served, ticket):
    anna = await served.client(served.cast.anna)
    begun = await composer(anna)
    await forms.write(served.cast.boris, 1, "First.")
    shown = one(read(await submit(anna, begun, body="Hello")), FORM)
    await forms.write(served.cast.clara, 1, "Second.")
    answer = await anyway(anna, shown)
    assert answer.status_code == 409
    again = one(read(answer), FORM)
    assert text(again, "#conflict .prose") == "Second." and "Clara replied" in text(again, "#conflict")
    assert (await anyway(anna, again)).status_code == 303


async def test_with_htmx_the_answer_is_the_composer(served, ticket):
    anna = await served.client(served.cast.anna)
    sent = fields(await composer(anna)) | {"body": "Hello"}
    for number in range(5):
        await forms.write(served.cast.boris if number % 2 else served.cast.vera, 1, f"No. {number}")
    for language, words in (({}, "2 more before"), (RUSSIAN, "ещё 2 перед этим")):
        answer = await anna.post(PATH, data=sent, headers=HTMX | language)
        shown = read_fragment(answer)
        assert (answer.status_code, answer.headers["Pult"]) == (409, "1")
        assert [found.text_content() for found in shown.cssselect("#conflict .prose")] == ["No. 2", "No. 3", "No. 4"]
        assert words in text(shown, "#conflict")
        assert one(shown, "#conflict").get("data-seen") == fields(shown)["seen"] != sent["seen"]
    assert "Пока вы писали, пришёл ответ: Vera, Boris." in text(shown, "#conflict")
    assert (await anna.post(PATH, data=fields(shown), headers=HTMX)).status_code == 204


async def test_what_arrived_and_is_sent_again_is_not_stopped(served, ticket):
    anna = await served.client(served.cast.anna)
    shown = await composer(anna)
    sends = [await submit(anna, shown, body="Hello")]
    await forms.write(served.cast.clara, 1, "Thanks!")
    sends.append(await submit(anna, shown, body="Hello"))
    assert [(sent.status_code, sent.headers["location"]) for sent in sends] == [(303, "/tickets/1#comment-2")] * 2
    assert (await submit(anna, shown, body="For us.", kind="note")).status_code == 303
    assert (await submit(anna, shown, body="And another thing.")).status_code == 409


async def test_requesters_and_pages_of_before_are_not_asked(served, ticket):
    clara, anna = [await served.client(person) for person in (served.cast.clara, served.cast.anna)]
    shown, sent = await composer(clara), fields(await composer(anna))
    assert "seen" not in fields(shown)
    await forms.write(served.cast.boris, 1, "Meanwhile.")
    assert (await submit(clara, shown, body="Hello?")).status_code == 303
    before = {name: value for name, value in sent.items() if name != "seen"}
    assert (await anna.post(PATH, data=before | {"body": "Hello"})).status_code == 303


async def test_what_is_no_number_is_said_and_sent_again_without_it(served, ticket):
    anna = await served.client(served.cast.anna)
    sent = fields(await composer(anna)) | {"body": "Hello", "seen": "soon"}
    answer = await anna.post(PATH, data=sent, headers=HTMX)
    shown = read_fragment(answer)
    assert answer.status_code == 422 and fields(shown)["seen"] == ""
    assert (await anna.post(PATH, data=fields(shown), headers=HTMX)).status_code == 204


async def test_a_script_that_says_anyway_is_not_stopped(served, ticket):
    """It shows nobody what was said meanwhile, and need not say up to where."""
    anna = await served.client(served.cast.anna)
    seen = fields(await composer(anna))["seen"]
    await forms.write(served.cast.boris, 1, "First.")
    for sent, status in (({}, 409), ({"anyway": "1"}, 303)):
        assert (await anna.post(PATH, data={"body": "Hello", "seen": seen} | sent)).status_code == status
