"""A thread of more than a hundred messages, without a script: in parts that lead to each other, and to each message."""

import re

import pytest

from tests import forms
from tests.desk.acts import a_long_thread, a_ticket

from .embedding import a_site
from .reading import HTMX, one, read, submit, text


@pytest.fixture
async def said(served):
    """A ticket of 230 messages; their ids in order."""
    ticket = await a_ticket(served.cast.clara)
    return await a_long_thread(served.cast.anna, ticket, 229)


def shown(page) -> list[int]:
    return [int(one.get("id").removeprefix("comment-")) for one in page.cssselect("#thread > article")]


async def test_the_plain_address_shows_the_last_part_and_links_lead_through_all_others(served, said):
    for person in (served.cast.anna, served.cast.clara):
        client = await served.client(person)
        page = read(await client.get("/tickets/1"))
        assert shown(page) == said[150:]
        assert text(page, "#thread-before") == "↑ 150 earlier messages" and text(page, "#thread-after") == ""
        seen, back = shown(page), []
        while link := page.cssselect("#thread-before a"):
            page = read(await client.get(link[0].get("href")))
            seen, back = [*shown(page), *seen], [*back, link[0].get("href")]
        assert sorted(set(seen)) == said and back == ["/tickets/1?from=51", "/tickets/1?from=1"]
        assert text(page, "#thread-after") == "↓ 130 later messages To the newest"
        page = read(await client.get(page.cssselect("#thread-after a")[0].get("href")))
        assert shown(page) == said[100:200]
        assert [link.get("href") for link in page.cssselect("#thread-after a")] == [
            "/tickets/1"
        ]  # it holds all the rest
        assert page.cssselect("#live")[0].get("hx-ws:connect") and one(page, "#comment-form") is not None


@pytest.mark.parametrize("place", ["0", "-1", "x", "", "1.0", "١", "99999999"])
async def test_what_is_no_place_is_not_there(place, served, said):
    anna = await served.client(served.cast.anna)
    for client, path in (
        (anna, "/tickets/1?"),
        (served.stranger(), f"/embed/tickets/1?token={(await a_site()).token()}&"),
    ):
        assert (await client.get(f"{path}from={place}")).status_code == 404


async def test_a_part_beyond_the_last_message_is_empty_and_leads_back(served, said):
    anna = await served.client(served.cast.anna)
    for place in (231, 9_999_999):
        page = read(await anna.get(f"/tickets/1?from={place}"))
        assert shown(page) == [] and one(page, "#thread-before a").get("href") == "/tickets/1"


async def test_a_message_is_found_by_its_own_address(served, said):
    site = await a_site()
    for client, door in ((await served.client(served.cast.anna), ""), (served.stranger(), "/embed")):
        token = f"?token={site.token()}" if door else ""
        for place, part in ((1, 1), (100, 1), (101, 101), (150, 101), (151, 0), (230, 0)):
            number = said[place - 1]
            answer = await client.get(f"{door}/comments/{number}{token}")
            where = answer.headers["location"]
            assert answer.status_code == 303 and where.startswith(f"{door}/tickets/1")
            assert where.endswith(f"#comment-{number}") and re.findall(r"from=(\d+)", where) == [str(part)] * bool(part)
            assert number in shown(read(await client.get(where)))


async def test_who_sends_a_form_is_led_to_the_message_it_was_about(served, said):
    anna = await served.client(served.cast.anna)
    old = await forms.write(served.cast.anna, 1, "x")
    page = read(await anna.get(f"/comments/{said[4]}/edit"))
    answer = await submit(anna, one(page, "#edit-form"), body="Changed")
    assert answer.headers["location"] == f"/tickets/1?from=1#comment-{said[4]}"
    delete = await anna.post(f"/comments/{said[120]}/delete", headers={"Origin": served.url})
    assert delete.headers["location"] == f"/tickets/1?from=101#comment-{said[120]}"
    early = read(await anna.get("/tickets/1?from=1"))
    answer = await submit(anna, one(early, "#comment-form"), body="From far above")
    assert answer.headers["location"] == f"/tickets/1#comment-{old.id + 1}"
    assert (await anna.post(f"/comments/{said[7]}/delete", headers=HTMX)).status_code == 204


async def test_an_embed_goes_through_the_parts_by_buttons(served, said):
    client, page = served.stranger(), None
    query = f"?token={(await a_site()).token()}"
    for first in (151, 51, 1):
        page = read(await client.get(f"/embed/tickets/1{query}"))
        assert shown(page)[0] == said[first - 1]
        for button in page.cssselect("#thread-before button"):
            bearer = one(page, "#embed [name=token]").get("value")
            query = f"?token={bearer}&{button.get('name')}={button.get('value')}"
            assert (button.get("form"), button.get("formaction")) == ("embed", "/embed/tickets/1")
    newest = one(page, "#thread-after [data-newest]")
    assert newest.get("name") is None and newest.get("formaction") == "/embed/tickets/1"
