"""What an embedded page shows and does: a part of what its requester may, for a bearer and without cookies."""

import re

import pytest

from app.desk import embeds
from app.desk.models import Comment, Ticket
from app.web.colours import LIGHT, accent_sheet, contrast
from tests import forms
from tests.conftest import SECRET
from tests.desk.acts import a_ticket, everything

from .embedding import SHOP, a_site
from .reading import HTMX, RUSSIAN, fields, one, read, rows, submit, text

NOBODY = "'none'"


@pytest.fixture
async def desk(served):
    """Two tickets of Clara's, the second one solved, and one of Dmitri's."""
    for _ in range(2):
        await a_ticket(served.cast.clara)
    await a_ticket(served.cast.dmitri, subject="Another's")
    await forms.write(served.cast.anna, 1, "canarynote", kind="note")
    await forms.change(served.cast.anna, 2, "1", {"status": "solved", "tags": "canarytag", "priority": "urgent"})
    return served


@pytest.fixture
async def site(desk):
    return await a_site()


@pytest.fixture
def look(desk, site):
    """GET a page with a token that says this."""

    async def get(path, headers=None, **claims):
        joined = f"{path}{'&' if '?' in path else '?'}token={site.token(**claims)}"
        return await desk.stranger().get(joined, headers=headers)

    return get


async def test_an_embed_can_be_framed_by_its_site_only_and_leaves_no_trace(desk, look):
    for path, code in (
        ("/embed/tickets", 200),
        ("/embed/tickets/1", 200),
        ("/embed/tickets/new", 200),
        ("/embed/x", 404),
    ):
        answer = await look(path)
        headers = answer.headers
        assert answer.status_code == code
        assert f"frame-ancestors {SHOP if code == 200 else NOBODY}" in headers["content-security-policy"]
        assert "script-src 'self'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer" and headers["cache-control"] == "no-store"
        assert "set-cookie" not in headers and "x-frame-options" not in headers
        assert headers["cross-origin-embedder-policy"] == "require-corp", "so that an isolated site can frame it"
        assert headers["cross-origin-resource-policy"] == "cross-origin"


async def test_what_an_embedded_page_loads_may_be_loaded_by_an_isolated_site(desk, look):
    page, visitor = read(await look("/embed/tickets", accent="#ff8800")), desk.stranger()
    loaded = [*page.xpath("//script/@src"), *page.xpath("//link/@href"), "/embed/host.js"]
    assert len(loaded) >= 5
    for path in loaded:
        answer = await visitor.get(path)
        assert (answer.status_code, answer.headers["cross-origin-resource-policy"]) == (200, "cross-origin"), path
    anna = await desk.client(desk.cast.anna)
    assert (await anna.get("/tickets")).headers["cross-origin-resource-policy"] == "same-origin"
    assert not page.cssselect("use"), "a file that is fetched keeps the page around an unseen frame from being loaded"


async def test_a_page_of_the_desk_is_framed_by_nobody(desk, site):
    anna = await desk.client(desk.cast.anna)
    for path in ("/tickets", "/tickets/1", "/login"):
        answer = await anna.get(path, params={"token": site.token()})
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_the_end_of_a_token_can_be_told_to_the_site_and_to_no_other(desk, site):
    visitor = desk.stranger()
    for path in (f"/embed/tickets?key={site.key.id}", f"/embed/tickets/1?key={site.key.id}"):
        answer = await visitor.get(path)
        assert answer.status_code == 401 and SHOP in answer.headers["content-security-policy"]
        assert one(read(answer), "html").get("data-ended") == "ended"
    for path in ("/embed/tickets", "/embed/tickets?key=ek_0000", "/embed/tickets?token=x"):
        answer = await visitor.get(path)
        assert answer.status_code == 401 and "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    token = site.token()
    await embeds.revoke_key(site.key.id)
    for path in (f"/embed/tickets?key={site.key.id}", f"/embed/tickets/1?token={token}"):
        answer = await visitor.get(path)
        assert answer.status_code == 401 and SHOP in answer.headers["content-security-policy"], (
            "not an error of the browser"
        )
    page = read(answer)
    assert one(page, "html").get("data-ended") == "revoked" and text(page, "h1") == "This view has ended."
    assert "clara" not in answer.text.lower() and not page.cssselect("form, #live")


async def test_a_list_shows_the_persons_tickets_and_their_views(look):
    assert rows(read(await look("/embed/tickets"))) == [2, 1]
    page = read(await look("/embed/tickets?view=solved"))
    assert (rows(page), text(page, ".tabs [aria-current]")) == ([2], "Solved")
    assert rows(read(await look("/embed/tickets?view=open"))) == [1]
    assert (await look("/embed/tickets?page=201")).status_code == 404
    assert rows(read(await look("/embed/tickets?page=2"))) == []


async def test_a_locked_list_shows_what_it_is_locked_to_whatever_is_asked(desk, look):
    for lock in ({"view": "open"}, {"status": ["new", "open"]}, {"status": "open", "view": "open"}):
        page = read(await look("/embed/tickets?view=solved&status=solved", filter=lock))
        assert rows(page) == ([1] if lock != {"status": "open", "view": "open"} else []), lock
        assert not page.cssselect(".tabs")
        assert (await look("/embed/tickets/2", filter=lock)).status_code == 404
    assert rows(read(await look("/embed/tickets", filter={"view": "all"}))) == [2, 1]


async def test_an_embed_of_one_ticket_shows_that_one(look):
    page = read(await look("/embed/tickets/1", resource="ticket:1"))
    assert one(page, "#ticket").get("data-ticket") == "1" and not page.cssselect(".back")
    for path in ("/embed/tickets", "/embed/tickets/2", "/embed/tickets/3", "/embed/tickets/new"):
        assert (await look(path, resource="ticket:1")).status_code == 404, path


async def test_what_is_foreign_looks_as_what_is_missing(look):
    def without_token(html):  # nor how many seconds it has left
        return re.sub(r'value="eyJ[^"]*"|data-(life|left)="[^"]*"', "", html)

    foreign, missing = [await look(f"/embed/tickets/{number}") for number in (3, 99)]
    assert foreign.status_code == missing.status_code == 404
    assert without_token(foreign.text) == without_token(missing.text)
    assert (await look("/embed/tickets/3", resource="ticket:3")).status_code == 404


async def test_actions_that_are_not_allowed_are_not_offered_and_not_done(desk, site, look):
    page = read(await look("/embed/tickets", actions=["read"]))
    assert not page.cssselect('[formaction="/embed/tickets/new"]')
    assert not read(await look("/embed/tickets/1", actions=["read"])).cssselect("#comment-form")
    assert (await look("/embed/tickets/new", actions=["read", "comment"])).status_code == 404
    assert (await look("/embed/tickets", actions=["create"])).status_code == 404
    assert (await look("/embed/tickets/1", actions=["comment"])).status_code == 404
    before, visitor = await everything(), desk.stranger()
    for path, form, claims in (
        ("/embed/tickets/1/comments", {"body": "x"}, {"actions": ["read"]}),
        ("/embed/tickets/1/comments", {"body": "x"}, {"actions": ["read", "create"]}),
        ("/embed/tickets/3/comments", {"body": "x"}, {}),
        ("/embed/tickets/99/comments", {"body": "x"}, {}),
        ("/embed/tickets/1/comments", {"body": "x"}, {"resource": "ticket:2"}),
        ("/embed/tickets/2/comments", {"body": "x"}, {"filter": {"view": "open"}}),
        ("/embed/tickets", {"subject": "x", "body": "x"}, {"actions": ["read", "comment"]}),
        ("/embed/tickets", {"subject": "x", "body": "x"}, {"resource": "ticket:1"}),
    ):
        answer = await visitor.post(path, data=form, headers={"Authorization": f"Bearer {site.token(**claims)}"})
        assert answer.status_code in (403, 404), (path, claims)
    assert await everything() == before


async def test_a_reply_without_javascript_is_the_requesters_and_leads_back(desk, look):
    page = read(await look("/embed/tickets/1"))
    visitor = desk.stranger()
    answer = await submit(visitor, one(page, "#comment-form"), body="Hello")
    assert answer.status_code == 303
    thread = read(await visitor.get(answer.headers["location"].partition("#")[0]))
    assert "Hello" in text(thread, "#thread")
    said = await Comment.get(body="Hello")
    assert (said.author_id, said.kind) == (desk.cast.clara.id, "reply")
    assert (await submit(visitor, one(page, "#comment-form"), body="Hello")).status_code == 303
    assert await Comment.filter(body="Hello").count() == 1


async def test_a_reply_with_javascript_is_answered_by_nothing(desk, look):
    form = fields(one(read(await look("/embed/tickets/2")), "#comment-form")) | {"body": "Again"}
    answer = await desk.stranger().post("/embed/tickets/2/comments", data=form, headers=HTMX)
    assert (answer.status_code, answer.text) == (204, "")
    assert (await Ticket.get(id=2)).status == "open", "a requester's reply reopens a solved ticket"


async def test_fields_that_are_not_a_requesters_change_nothing(desk, look):
    form = fields(one(read(await look("/embed/tickets/1")), "#comment-form"))
    form |= {"body": "Hello", "kind": "note", "status": "solved", "person": "1", "key": "k1"}
    assert (await desk.stranger().post("/embed/tickets/1/comments", data=form)).status_code == 303
    said = await Comment.get(body="Hello")
    assert said.kind == "reply" and (await Ticket.get(id=1)).status == "new"


async def test_a_new_ticket_is_the_requesters(desk, look):
    page = read(await look("/embed/tickets/new"))
    visitor = desk.stranger()
    answer = await submit(visitor, one(page, "#new-ticket"), subject="Teapot", body="It drips.")
    shown = read(await visitor.get(answer.headers["location"]))
    assert text(shown, "h1") == "Teapot"
    ticket = await Ticket.get(subject="Teapot")
    assert (ticket.requester_id, ticket.priority, ticket.status) == (desk.cast.clara.id, 1, "new")
    for body in ("It drips.", "It drips, and it is blue.", "It drips, and it is blue."):
        await submit(visitor, one(page, "#new-ticket"), subject="Teapot", body=body)
    assert await Ticket.filter(subject="Teapot").count() == 2


async def test_who_may_only_write_is_told_that_it_was_sent(desk, look):
    page = read(await look("/embed/tickets/new", actions=["create"]))
    visitor = desk.stranger()
    answer = await submit(visitor, one(page, "#new-ticket"), subject="Teapot", body="It drips.")
    assert "#4" in text(read(await visitor.get(answer.headers["location"])), ".notice")


async def test_what_cannot_be_taken_is_said_and_kept(desk, look):
    visitor = desk.stranger()
    answer = await submit(
        visitor, one(read(await look("/embed/tickets/new")), "#new-ticket"), subject="x" * 201, body="y"
    )
    page = read(answer)
    assert answer.status_code == 422 and one(page, "[name=subject]").get("value") == "x" * 201
    assert SHOP in answer.headers["content-security-policy"]
    form = one(read(await look("/embed/tickets/1")), "#comment-form")
    answer = await submit(visitor, form, body="z" * 30_001)
    assert answer.status_code == 422 and "z" * 30_001 in answer.text
    again = await submit(visitor, one(read(answer), "#comment-form"), body="shorter")
    assert again.status_code == 303


async def test_what_was_typed_into_a_page_that_ended_is_shown_again(desk):
    answer = await desk.stranger().post("/embed/tickets/1/comments", data={"body": "half an answer", "bearer": "x"})
    assert answer.status_code == 401 and text(read(answer), "textarea") == "half an answer"
    assert (await desk.stranger().post("/embed/tickets/1/comments", data={"body": "x"}, headers=HTMX)).text == ""


async def test_nothing_of_the_staffs_is_in_any_byte(look):
    for path in ("/embed/tickets", "/embed/tickets/1", "/embed/tickets/2", "/embed/tickets/new"):
        answer = await look(path)
        for word in ("canary", "urgent", "anna@", "boris", "dmitri", "Another's", 'data-version="1" data-priority'):
            assert word not in answer.text, (path, word)


async def test_it_looks_as_the_site_signed(desk, look):
    page = read(await look("/embed/tickets", locale="ru-RU", theme="dark", accent="#FF8800"))
    root = one(page, "html")
    assert (root.get("lang"), root.get("data-theme"), text(page, "h1")[:14]) == ("ru", "dark", "Ваши обращения")
    [sheet] = page.cssselect('link[href^="/embed/accent.css"]')
    answer = await desk.stranger().get(sheet.get("href"))
    assert "--accent: #ff8800" in answer.text and answer.headers["content-type"].startswith("text/css")
    assert one(read(await look("/embed/tickets", headers=RUSSIAN)), "html").get("lang") == "ru"
    for odd in ({"theme": "neon"}, {"accent": "red;}"}, {"accent": 5}, {"locale": ["ru"]}, {"locale": "xx"}):
        page = read(await look("/embed/tickets", **odd))
        assert one(page, "html").get("data-theme") is None and not page.cssselect('link[href*="accent"]')


@pytest.mark.parametrize("colour", ["ffffff", "000000", "ffff00", "3b5bdb", "ff0000", "7f7f7f"])
def test_any_accent_can_be_read(colour):
    sheet = accent_sheet(colour)
    light = sheet.partition("light-dark(")[2].partition(",")[0]
    on = sheet.partition("--on-accent: ")[2].partition(";")[0]
    assert contrast(light, LIGHT) >= 4.5 and contrast(on, f"#{colour}") >= 4.5
    assert accent_sheet(colour + "}") == accent_sheet("") == accent_sheet("x") == ""


async def test_the_script_for_sites_has_an_address_that_stays(desk):
    answer = await desk.stranger().get("/embed/host.js")
    assert answer.status_code == 200 and "pult:token" in answer.text
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_admins_keep_the_keys(desk):
    vera = await desk.client(desk.cast.vera)
    page = read(await vera.get("/keys"))
    answer = await submit(vera, one(page, "#new-key"), name="CRM", origins="https://crm.example\nhttps://b.example")
    shown = read(await vera.get(answer.headers["location"]))
    [key] = await embeds.keys()
    assert (key.name, key.origins) == ("CRM", ["https://crm.example", "https://b.example"])
    assert text(shown, ".secret") == embeds.secret(key.id, SECRET)
    assert not read(await vera.get("/keys")).cssselect(".secret")
    wrong = await submit(vera, one(shown, "#new-key"), name="", origins="crm.example")
    assert wrong.status_code == 422 and one(read(wrong), "[name=origins]").text.strip() == "crm.example"
    await submit(vera, one(shown, 'form[action$="/revoke"]'))
    assert await embeds.valid_key(key.id) is None
    assert not read(await vera.get(f"/keys?shown={key.id}")).cssselect(".secret")
    assert (await vera.post("/keys/ek_nothing/revoke")).status_code == 404


async def test_nobody_else_does(desk, site):
    clients = [await desk.client(person) for person in (desk.cast.anna, desk.cast.clara)]
    before = await everything()
    for client in clients:
        assert (await client.get(f"/keys?shown={site.key.id}")).status_code == 403
        assert (await client.post("/keys", data={"name": "x", "origins": SHOP})).status_code == 403
        assert (await client.post(f"/keys/{site.key.id}/revoke")).status_code == 403
        assert "/keys" not in (await client.get("/tickets")).text
    assert await everything() == before and await embeds.valid_key(site.key.id)
