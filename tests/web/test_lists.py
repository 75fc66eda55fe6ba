"""Lists: what their URLs mean, and what stands in them."""

import asyncio
from urllib.parse import urlencode

import pytest

from app import db
from app.desk import people, queries, tickets
from app.desk.models import Ticket
from app.live.render import moment
from tests import forms
from tests.conftest import DEADLINE
from tests.desk.acts import a_ticket

from .reading import RUSSIAN, one, read, rows, submit, text

CANARY = "zebra"  # in everything that is only for staff
PAGES_OF_120 = ((1, 50), (2, 50), (3, 20), (4, 0))  # page, rows


async def listed(client, query: str = "") -> list[int]:
    answer = await client.get(f"/tickets?{query}")
    assert answer.status_code == 200
    return rows(read(answer))


async def many(number: int, requester: int) -> None:
    """So many open tickets, the first the oldest, by nothing but rows."""
    columns = ("subject", "status", "priority", "requester_id", "version", "created", "updated", "updated_public")
    values = [(f"Ticket {at}", "new", 1, requester, 1, at, at, at) for at in range(1, number + 1)]
    await db.insert_many("ticket", columns, values)


@pytest.fixture
async def desk(served):
    """Five tickets: 1 and 2 of Clara's new, 3 of Dmitri's Anna's and pending, 4 solved, 5 closed; 6 deleted."""
    cast = served.cast
    await a_ticket(cast.clara)
    await a_ticket(cast.anna, requester=cast.clara.email, priority="urgent", tags="vpn, vip")
    await a_ticket(cast.anna, requester=cast.dmitri.email, assignee="me", priority="low", tags="vip")
    await a_ticket(cast.anna, requester=cast.clara.email, assignee=str(cast.boris.id))
    await a_ticket(cast.clara)
    await a_ticket(cast.clara)
    for ticket, status in ((3, "pending"), (4, "solved"), (5, "closed")):
        found = await Ticket.get(id=ticket)
        await forms.change(cast.anna, ticket, str(found.version), {"status": status})
    await tickets.delete(cast.anna, 6)
    return served


async def test_views_and_filters_narrow_a_list(desk):
    cast, anna = desk.cast, await desk.client(desk.cast.anna)
    for query, wanted in {
        "": {1, 2},
        "view=inbox": {1, 2},
        "view=pending": {3},
        "view=mine": {3},
        "view=unassigned": {1, 2},
        "view=solved": {4},
        "view=all": {1, 2, 3, 4, 5},
        "status=closed": {5},  # without a view: of all
        "status=solved&status=closed": {4, 5},
        "view=inbox&status=closed": set(),
        "view=all&priority=urgent": {2},
        "view=all&assignee=me": {3},
        f"view=all&assignee={cast.boris.id}": {4},
        "view=all&assignee=none": {1, 2, 5},
        f"view=all&requester={cast.dmitri.id}": {3},
        "view=all&tag=vip": {2, 3},
        "view=all&tag=VIP&priority=low": {3},
        "view=&status=&priority=&assignee=&tag=&sort=": {1, 2},  # a form with nothing chosen
    }.items():
        assert set(await listed(anna, query)) == wanted, query


async def test_an_unknown_filter_value_gives_an_empty_list(desk):
    anna = await desk.client(desk.cast.anna)
    unknown = ["view=nonsense", "status=nonsense", "priority=nonsense", "priority=URGENT", "assignee=nonsense"]
    for query in [*unknown, "assignee=99999999999999999999", "assignee=²", "requester=nobody", "tag=%00", "view=open"]:
        answer = await anna.get(f"/tickets?view=all&{query}")
        assert (answer.status_code, rows(read(answer))) == (200, []), query
        assert one(read(answer), "#list-foot h2") is not None


async def test_an_unknown_order_is_the_usual_one(desk):
    anna = await desk.client(desk.cast.anna)
    assert await listed(anna, "view=all&sort=nonsense") == await listed(anna, "view=all") == [5, 4, 3, 2, 1]


async def test_every_order_is_kept_and_ties_go_by_number_in_the_same_direction(desk):
    anna = await desk.client(desk.cast.anna)
    await Ticket.filter(id__in=[1, 2]).update(updated=5, created=7, heard=5, waiting_since=None)
    await Ticket.filter(id=3).update(updated=9, created=6, heard=3, waiting_since=8)
    await Ticket.filter(id=2).update(waiting_since=9)
    await Ticket.filter(id=3).update(due="2026-12-01")
    await Ticket.filter(id=1).update(due="2026-11-01")
    for sort, wanted in {
        "-heard": [2, 1, 3],
        "waiting": [3, 2, 1],  # who waits for nothing comes last
        "-updated": [3, 2, 1],
        "updated": [1, 2, 3],
        "-created": [2, 1, 3],
        "created": [3, 1, 2],
        "-priority": [2, 1, 3],
        "due": [1, 3, 2],  # no day comes last
    }.items():
        assert await listed(anna, f"status=new,open,pending&sort={sort}") == wanted, sort


async def test_a_list_has_fifty_rows_a_page_and_links_to_the_others(served):
    await many(120, served.cast.clara.id)
    anna = await served.client(served.cast.anna)
    seen: list[int] = []
    for number, count in PAGES_OF_120:
        page = read(await anna.get(f"/tickets?view=all&page={number}"))
        assert len(rows(page)) == count
        seen += rows(page)
        assert bool(page.cssselect("#page-before")) == (number > 1)
        assert bool(page.cssselect("#page-after")) == (number < 3)
    assert seen == list(range(120, 0, -1))
    second = read(await anna.get(one(read(await anna.get("/tickets?sort=created")), "#page-after").get("href")))
    assert rows(second) == list(range(51, 101))
    assert text(second, "#list-foot span") == "51–100 of 120"


async def test_lists_that_take_long_leave_connections_to_other_pages(served, config, monkeypatch):
    """More of them at once than the database has connections that read."""
    ticket = await a_ticket(served.cast.clara)
    anna, page, let_go, begun = await served.client(served.cast.anna), queries.page, asyncio.Event(), []

    async def slow(filter_):
        found = await page(filter_)
        begun.append(filter_)
        await let_go.wait()
        return found

    monkeypatch.setattr(queries, "page", slow)
    most = db.long_reads(config.database)
    asked = [asyncio.create_task(anna.get(f"/tickets?view=all&tag=t{n}")) for n in range(2 * most + 1)]
    while len(begun) < most:
        await asyncio.sleep(0)
    async with asyncio.timeout(DEADLINE):
        assert (await anna.get(f"/tickets/{ticket.id}")).status_code == 200
    assert len(begun) == most
    let_go.set()
    assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}


async def test_a_page_that_no_list_has_is_not_found(served):
    anna = await served.client(served.cast.anna)
    for page in ("0", "-1", "201", "x", "1.5", "٣", "9" * 5000, "1e1"):
        assert (await anna.get("/tickets", params={"page": page})).status_code == 404, page
    for page in ("1", "200", ""):
        assert (await anna.get("/tickets", params={"page": page})).status_code == 200, page


async def test_counts_stand_beside_every_page(desk):
    anna, clara = await desk.client(desk.cast.anna), await desk.client(desk.cast.clara)
    for path in ("/tickets", "/tickets?view=solved", "/tickets/new", "/tickets/1", "/settings"):
        page = read(await anna.get(path))
        counts = {found.get("data-count"): found.text_content().strip() for found in page.cssselect("[data-count]")}
        assert counts == {"inbox": "2", "mine": "1", "unassigned": "2", "pending": "1"}
        page = read(await clara.get(path))
        counts = {found.get("data-count"): found.text_content().strip() for found in page.cssselect("[data-count]")}
        assert counts == {"open": "2"}


async def test_counts_go_up_to_999(served):
    await many(999, served.cast.clara.id)
    anna = await served.client(served.cast.anna)
    assert text(read(await anna.get("/tickets")), '[data-count="inbox"]') == "999"
    await many(1, served.cast.clara.id)
    served.relay.registry.forget((), -1)  # no event told of it
    page = read(await anna.get("/tickets"))
    assert text(page, '[data-count="inbox"]') == text(page, "#list-count") == "999+"


async def test_a_row_says_what_staff_need(desk):
    await Ticket.filter(id=2).update(due="2026-12-01", subject='<b>& "tags"</b>')
    row = one(read(await (await desk.client(desk.cast.anna)).get("/tickets")), "#ticket-2")
    ticket = await Ticket.get(id=2)
    assert (row.tag, row.get("data-ticket"), row.getparent().get("id")) == ("tr", "2", "ticket-rows")
    assert one(row, "a").get("href") == "/tickets/2"
    assert text(row, "a") == '<b>& "tags"</b>'
    assert [one(row, mark).text_content() for mark in (".priority", ".status", ".from", ".who")] == [
        "Urgent",
        "New",
        "Clara",
        "—",
    ]
    assert [tag.text_content() for tag in row.cssselect(".tag")] == ["vip", "vpn"]
    assert [time.get("datetime") for time in row.cssselect("time")] == ["2026-12-01", moment(ticket.updated)]
    assert row.get("data-key").isdecimal() and row.get("data-key").endswith("0000000002")


async def test_a_requester_sees_only_their_own_and_no_filter_changes_that(desk):
    cast, clara = desk.cast, await desk.client(desk.cast.clara)
    assert await listed(clara) == [2, 1]
    assert set(await listed(clara, "view=solved")) == {4, 5}
    assert set(await listed(clara, "view=all")) == {1, 2, 4, 5}
    assert set(await listed(clara, "view=all&status=new")) == {1, 2}
    for query in ("priority=urgent", "assignee=none", f"requester={cast.dmitri.id}", "tag=vpn", "sort=-priority"):
        assert await listed(clara, query) == [2, 1], query
    for view in ("inbox", "mine", "unassigned"):
        assert await listed(clara, f"view={view}") == [], view
    assert await listed(await desk.client(cast.dmitri), "view=all") == [3]


async def test_a_requesters_list_holds_nothing_of_the_staffs(served):
    cast = served.cast
    agent = await people.add(f"{CANARY}@pult.example", f"{CANARY} agent", "agent")
    ticket = await a_ticket(cast.clara, subject="Printer")
    await a_ticket(cast.dmitri, subject=f"{CANARY} of another")
    await Ticket.filter(id=ticket.id).update(status="open")  # or the assignment would open it, which she may know
    clara = await served.client(cast.clara)
    before = rows(read(await clara.get("/tickets?view=all")))
    public = (await Ticket.get(id=ticket.id)).updated_public
    await forms.write(agent, ticket.id, f"{CANARY} note", kind="note")
    changes = {"priority": "urgent", "tags": f"{CANARY} tag, vip", "due": "2031-01-31", "assignee": str(agent.id)}
    await forms.change(agent, ticket.id, "1", changes)
    for query in ("view=all", "view=all&sort=updated", "view=all&tag=vip", "view=all&priority=low"):
        answer = await clara.get(f"/tickets?{query}")
        page = read(answer)
        assert rows(page) == before
        assert not [
            word for word in (CANARY, "2031-01-31", "urgent", "Urgent", cast.dmitri.email) if word in answer.text
        ]
        assert [time.get("datetime") for time in page.cssselect("#ticket-rows time")] == [moment(public)]
        assert not page.cssselect(".filters [name=priority], .filters [name=assignee], .filters [name=tag]")


async def test_the_filters_are_a_form_that_works_by_itself(desk):
    anna = await desk.client(desk.cast.anna)
    form = one(read(await anna.get("/tickets?view=all")), "form.filters")
    answer = await submit(anna, form, priority="urgent", tag="vip", sort="created")
    page = read(answer)
    assert rows(page) == [2]
    shown = one(page, "form.filters")
    assert [shown.fields[name] for name in ("view", "priority", "tag", "sort")] == ["all", "urgent", "vip", "created"]


async def test_an_empty_desk_says_what_to_do_first(served):
    page = read(await (await served.client(served.cast.anna)).get("/tickets"))
    assert one(page, ".empty.first h2").text_content()
    assert not read(await (await served.client(served.cast.clara)).get("/tickets")).cssselect(".empty.first")


async def test_a_list_speaks_russian(desk):
    page = read(await (await desk.client(desk.cast.anna)).get("/tickets", headers=RUSSIAN))
    assert text(page, "h1").startswith("Входящие")
    assert text(page, "#list-foot") == "2 обращения"
    assert text(page, "#ticket-2 .status") == "Новое"
    assert text(page, '[data-view="unassigned"]').startswith("Без исполнителя")


async def test_the_front_page_leads_to_the_list(served):
    answer = await (await served.client(served.cast.anna)).get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/tickets")


async def test_what_a_list_is_filtered_by_is_shown_by_name_and_kept_by_the_next_choice(desk):
    cast = desk.cast
    gone = await people.add("gone@pult.example", "Gustav Gone", "agent")
    await forms.change(cast.anna, 2, "1", {"assignee": str(gone.id)})
    await people.disable(gone.email)
    anna = await desk.client(cast.anna)
    for query, shown in {
        f"assignee={gone.id}": "Gustav Gone",
        f"assignee={cast.clara.id}": "Clara",  # nobody that one could choose
        "assignee=999": "999",
        "assignee=nonsense": "nonsense",
        f"assignee={cast.anna.id}": "Me",
        f"requester={cast.clara.id}": "Clara",
        "requester=nobody": "nobody",
        "status=pending&status=new": "New, Pending",
        "status=new&status=nonsense": "New, nonsense",
        "status=nonsense": "nonsense",
        "priority=nonsense": "nonsense",
        "tag=<b>": "<b>",
    }.items():
        url = f"/tickets?view=all&{query}"
        page = read(await anna.get(url))
        name = query.partition("=")[0]
        [chosen] = one(page, f".filters [name={name}]").cssselect("option[selected]")
        assert " ".join(chosen.text_content().split()) == shown, query
        for further in ({"sort": "created"}, {"priority": "urgent"}, {"tag": "vip"}):
            if name not in further:
                narrowed = await submit(anna, one(page, "form.filters"), **further)
                same = await anna.get(f"{url}&{urlencode(further)}")
                assert rows(read(narrowed)) == rows(read(same)), (query, further)
                [still] = one(read(narrowed), f".filters [name={name}]").cssselect("option[selected]")
                assert still.get("value") == chosen.get("value"), (query, further)
        assert len(rows(read(await submit(anna, one(page, "form.filters"), **{name: ""})))) == 5, query


async def test_a_search_is_kept_by_the_next_choice_and_its_end_keeps_the_filter(desk):
    anna = await desk.client(desk.cast.anna)
    page = read(await anna.get(f"/tickets?q=printer&tag=vip&requester={desk.cast.clara.id}&status=new,open"))
    assert rows(page) == [2] and "printer" in text(page, "h1")
    page = read(await submit(anna, one(page, "form.filters"), tag=""))
    assert rows(page) == [2, 1] and "printer" in text(page, "h1")
    over = read(await anna.get(one(page, ".filters a.sort").get("href")))
    assert one(over, ".filters [name=status] option[selected]").get("value") == "new,open"
    assert one(over, ".filters [name=requester] option[selected]").get("value") == str(desk.cast.clara.id)
    assert one(read(await anna.get("/tickets?q=printer")), ".filters a.sort").get("href") == "/tickets"
