"""Whatever people type is only text: on every page, by page load and by frame, in a real browser (ASVS 1.2.1)."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.async_api import BrowserContext, Page

from app.desk import people, values
from app.desk.errors import Invalid
from app.desk.models import Person, Ticket
from tests import forms
from tests.browser.attacks import ATTACKS
from tests.browser.conftest import Running, connected, equals_its_reload
from tests.desk.acts import a_ticket

OURS = re.compile(
    r"/static/[0-9a-f]{12}/|/me\.css\?id=\d+&v=[0-9a-f]{8}$|/tickets|/comments/\d+(/edit)?$|/live/|/login|/settings$|/drafts$"
)
LONG = "\n\n".join(ATTACKS)  # every attack in one message
SUBJECTS = [values.one_line(attack)[:200] for attack in ATTACKS]
# Of the thread that holds them all, as staff and as its requester see it.
PARTS = {
    True: ("/tickets/1?from=1", "/tickets/1?from=101", "/tickets/1?from=201", "/tickets/1"),
    False: ("/tickets/1?from=1", "/tickets/1"),
}

# What the page itself tells: a script that ran, a policy that had to hold, and what must not stand where people's words
# are shown. Our own are the edit links; a link to another site is only a link.
WATCH = """
addEventListener("securitypolicyviolation", ({ effectiveDirective, sample, blockedURI }) => {
  (window.refused ??= []).push(`${effectiveDirective} ${blockedURI} ${sample}`);
});
"""
FOUND = """
() => {
  const roots = "#ticket-rows, #thread, #ticket, #list-foot, .conflict, .facts, .side-foot, select, datalist";
  const active = /^(script|style|img|iframe|object|embed|link|meta|base|template|form|input|video|audio|math|dialog)$/;
  const prose = /^(p|br|hr|blockquote|pre|code|em|strong|s|a|[uo]l|li|h[1-6]|table|thead|tbody|tr|th|td)$/;
  const acting = /^((data-)?(hx|ws|sse)-|on|(style|src|srcset|srcdoc|formaction|action|ping|autofocus|http-equiv)$)/;
  const leave = ".side-foot form, .side-foot form > [name=as], tr > .mark > [name=ticket][form=bulk]";
  const bad = (element) => {
    if (active.test(element.localName) || element.localName.includes("-")) return !element.matches(leave);
    if (element.closest(".prose") && !element.matches(".prose") && !prose.test(element.localName)) return true;
    if (element.localName === "a" && !["http:", "https:", "mailto:", "tel:"].includes(element.protocol)) return true;
    const own = element.matches('.own > a[href^="/comments/"][hx-get^="/comments/"][hx-target="#editor"]');
    const names = element.getAttributeNames().filter((name) => acting.test(name)).sort();
    return names.length && !(own && names.join() === "hx-get,hx-target") && !element.matches(".side-foot form");
  };
  const found = [...document.querySelectorAll(roots)].flatMap((root) => [...root.querySelectorAll("*")].filter(bad));
  const ran = window.hit === undefined ? [] : ["a script ran"];
  return [...ran, ...(window.refused ?? []), ...found.map((element) => element.cloneNode().outerHTML)];
}
"""


@dataclass
class Watched:
    """A page, and everything about it that an attack would change."""

    page: Page
    url: str
    requests: list[str] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        page = self.page
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.sockets.append(socket.url))
        page.on("dialog", lambda dialog: self.told.append(f"dialog: {dialog.message}"))
        page.on("popup", lambda popup: self.told.append(f"popup: {popup.url}"))
        page.on("download", lambda download: self.told.append(f"download: {download.url}"))
        page.on("pageerror", lambda error: self.told.append(f"error: {error}"))
        page.on("console", lambda line: self.told.append(line.text) if line.type == "error" else None)

    async def go(self, path: str) -> None:
        """Load a page. It opens one socket."""
        self.sockets.clear()
        await self.page.goto(path)
        await connected(self.page)

    async def is_clean(self, *, refusals: bool = False) -> None:
        """refusals: whether the page was answered 409 or 422 on purpose, which the browser's console tells."""
        assert await self.page.evaluate(FOUND) == []
        assert [line for line in self.told if not (refusals and "status of 4" in line)] == []
        away = [url for url in self.requests if not url.startswith(self.url + "/")]
        odd = [url for url in self.requests if not OURS.match(url[len(self.url) :])]
        assert (away, odd) == ([], [])
        assert len(self.sockets) == 1 and urlsplit(self.sockets[0]).path == "/api/v1/ws"


async def watched(running: Running, context: BrowserContext) -> Watched:
    await context.add_init_script(WATCH)
    return Watched(await context.new_page(), running.url)


@dataclass
class Attackers:
    """People whose names and addresses are attacks too, as far as those are taken."""

    agents: list[Person]
    requesters: list[Person]


@pytest.fixture
async def attackers(running):
    found = Attackers([], [])
    for number, attack in enumerate(ATTACKS):
        name = attack.replace("\n", " ")[:100]
        for role, group in (("agent", found.agents), ("requester", found.requesters)):
            email = f"{role}{number}@evil.example"
            with suppress(Invalid):
                await people.add(f"{attack}@{role}", name, role)
                email = f"{attack}@{role}"
            group.append(await people.by_email(email) or await people.add(email, name, role))
    return found


async def say_everything(running: Running, attackers: Attackers) -> None:
    """Every attack as a subject, a message, a note, and by the people who are named so; tags that are taken."""
    clara = running.cast.clara
    for number, attack in enumerate(ATTACKS):
        agent, requester = attackers.agents[number], attackers.requesters[number]
        await forms.write(agent, 1, attack)
        await forms.write(agent, 1, attack, kind="note")
        version = (await Ticket.get(id=1)).version
        await forms.change(agent, 1, str(version), {"subject": SUBJECTS[number]})
        tag = re.sub(r"[^\w .:/-]", "", attack, flags=re.ASCII).lstrip(" .:/-")[:30]
        asked = {"subject": SUBJECTS[number], "body": attack, "assignee": str(agent.id), "tags": tag}
        opened = await a_ticket(agent, **asked, requester=requester.email if number % 2 else clara.email)
        assert opened.assignee_id == agent.id


async def test_what_people_write_is_only_text_by_frame_and_by_page_load(browser, running, attackers):
    anna, clara = running.cast.anna, running.cast.clara
    await a_ticket(clara)
    pages: dict[tuple[Person, str], Watched] = {}
    for person, paths in {
        anna: ("/tickets?view=all&sort=created", "/tickets?view=all", "/tickets?view=all&sort=created&page=3"),
        clara: ("/tickets?view=all", "/tickets?view=all&sort=created&page=2"),
    }.items():
        context = await running.context(browser, person)
        for path in (*paths, *PARTS[person.is_staff]):
            pages[person, path] = await watched(running, context)
            await pages[person, path].go(path)
    await say_everything(running, attackers)
    for seen in pages.values():
        await equals_its_reload(seen.page)
        await seen.is_clean()

    async def in_thread(person: Person, what: str) -> int:
        return sum([await pages[person, part].page.locator(what).count() for part in PARTS[person.is_staff]])

    assert await in_thread(anna, "#thread > article") == 2 * len(ATTACKS) + 1
    assert await in_thread(anna, "#thread > p") >= len(set(SUBJECTS)) - 1
    assert await in_thread(clara, "#thread > article") == len(ATTACKS) + 1
    first = pages[anna, "/tickets?view=all&sort=created"]
    assert await first.page.locator("#ticket-rows > tr").count() == 50
    for seen in pages.values():
        await seen.go(seen.page.url)
        await seen.is_clean()
    for number in range(2, len(ATTACKS) // 50 + 2):
        await first.go(f"/tickets?view=all&page={number}")
        await first.is_clean()


async def test_what_is_typed_comes_back_as_text(browser, running, attackers):  # noqa: PLR0915 - one page after another
    """Through the real forms: errors of a new ticket, conflicts of fields and messages, the edit dialog, the login."""
    anna = running.cast.anna
    ticket = await a_ticket(running.cast.clara, requester="", tags="")
    message = await forms.write(anna, ticket.id, "Edited soon")
    seen = await watched(running, await running.context(browser, anna))
    page = seen.page

    for start in range(0, len(ATTACKS), 61):
        some = "".join(SUBJECTS[start : start + 61])
        await seen.go("/tickets/new")
        for name in ("subject", "body", "requester", "tags"):
            await page.locator(f"#new-ticket [name={name}]").evaluate("(field, text) => (field.value = text)", some)
        await page.locator("#new-ticket").evaluate("(form) => { seen = form; form.submit() }")
        await page.wait_for_selector("#new-ticket .wrong")
        await connected(page)
        assert await page.input_value("#new-ticket [name=subject]") == some
        assert await page.input_value("#new-ticket [name=tags]") == some
        seen.sockets.pop(0)
        await seen.is_clean(refusals=True)

    for mine, theirs in zip(SUBJECTS[:60:12], SUBJECTS[60:120:12], strict=True):
        await seen.go(f"/tickets/{ticket.id}")
        await page.fill("#ticket-form [name=subject]", mine)
        current = await Ticket.get(id=ticket.id)
        await forms.change(attackers.agents[45], ticket.id, str(current.version), {"subject": theirs})
        await page.wait_for_selector("[data-now=subject]:visible")
        await page.press("#ticket-form [name=subject]", "Enter")
        await page.wait_for_selector("#ticket-form .conflict")
        assert mine in await page.inner_text(".conflict") and theirs in await page.inner_text(".conflict")
        await seen.is_clean(refusals=True)

    await seen.go(f"/tickets/{ticket.id}")
    await page.locator(f"#comment-{message.id} .own a").click()
    await page.fill("#editor #edit-body", LONG)
    await forms.edit(running.cast.vera, message.id, LONG + "!", "1")
    await page.press("#editor #edit-body", "Control+Enter")
    await page.wait_for_selector("#editor .conflict")
    assert await page.input_value("#editor #edit-body") == LONG
    await seen.is_clean(refusals=True)
    await seen.go(f"/comments/{message.id}/edit")
    assert await page.input_value("#edit-body") == LONG, "what was typed is kept, until it is discarded"
    await page.click("#edit-form [data-discard]")
    assert await page.input_value("#edit-body") == LONG + "!"
    assert await page.input_value("#edit-form [name=version]") == "2"
    await seen.is_clean(refusals=True)

    stranger = await watched(running, await running.context(browser))
    for attack in SUBJECTS[::16]:
        await stranger.page.goto("/login")
        for name, text in {"email": attack, "next": f"/{attack}", "password": "x"}.items():
            await stranger.page.locator(f"#login [name={name}]").evaluate("(field, text) => (field.value = text)", text)
        await stranger.page.locator("#login").evaluate("(form) => form.submit()")
        await stranger.page.wait_for_selector("#login-error, h1:not(:has-text('Sign in'))")
        assert await stranger.page.evaluate(FOUND) == []
    assert [line for line in stranger.told if "status of 4" not in line] == [] and stranger.sockets == []
    assert [url for url in stranger.requests if not OURS.match(url[len(running.url) :])] == []
