"""Every page and every state of the desk: how one comes there, and the words that it then shows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from playwright.async_api import Browser, BrowserContext, Page, expect

from app import db
from app.desk import comments, drafting, people, tickets
from app.desk.models import Person, Ticket
from app.desk.roles import Role
from tests import forms
from tests.browser.conftest import Running, back_online, connected
from tests.live.actions import Desk
from tests.web.embedding import a_site

LANGUAGES = ("en", "ru")
LONG = "A subject that nobody made shorter, " * 5
RICH = """# Heading

A [link](https://example.com), `code`, ~~struck~~ and **strong**.

```
{log}
```

- one
  1. two

> quoted

| a | {cell} |
|---|---|
| 1 | 2 |
"""


@dataclass
class Room:
    """A furnished desk, and the browser of the person who looks at it."""

    running: Running
    browser: Browser
    language: str
    desk: Desk
    rich: Ticket = field(default_factory=Ticket)
    plain: Ticket = field(default_factory=Ticket)
    closed: Ticket = field(default_factory=Ticket)
    long: Ticket = field(default_factory=Ticket)

    contexts: dict[int, BrowserContext] = field(default_factory=dict)

    async def context(self, person: Person | None) -> BrowserContext:
        """A browser of this person, who asked for no motion; the same each time, so that it has what it loaded once."""
        known = person.id if person else 0
        if known not in self.contexts:
            self.contexts[known] = await self.running.context(
                self.browser, person, locale=self.language, reduced_motion="reduce"
            )
        return self.contexts[known]

    async def open(self, path: str, by: Person | None = None) -> Page:
        """A live page."""
        page = await (await self.context(by or self.running.cast.anna)).new_page()
        await page.goto(path)
        await connected(page)
        return page

    async def ticket(self, *, anew: bool = False) -> Page:
        """Anna's page of the ordinary ticket; anew: in a browser of its own, to which something will be done."""
        if anew:
            self.contexts.pop(self.running.cast.anna.id, None)
        page = await self.open(f"/tickets/{self.plain.id}")
        if anew:
            del self.contexts[self.running.cast.anna.id]
        return page

    async def furnish(self) -> None:
        """Put tickets into it: one with everything that a thread can show, an ordinary one, a closed one."""
        desk, anna = self.desk, self.running.cast.anna
        self.rich = await desk.open(subject=LONG, body=RICH.format(log="a long line " * 40, cell="wide " * 60))
        tags = "billing, vpn, a-tag-of-many-letters"
        await desk.change(self.rich, tags=tags, priority="urgent", due="2026-10-01", assignee="me")
        for kind, words in (
            ("note", "`Only` us\n\n```\ncode\n```"),
            ("reply", "Да"),
            ("reply", "🙂👩‍💻"),
            ("note", "שלום"),
        ):
            await forms.write(anna, self.rich.id, words, kind=kind)
        await comments.remove(anna, (await desk.say(self.rich)).id)
        self.plain = await desk.open(subject="Printer", body="It does not print.")
        self.closed = await desk.open(subject="Done", body="Thanks")
        await desk.change(self.closed, status="closed")
        self.long = await desk.open(subject="Goes on", body="And on")
        for number in range(199):
            await forms.write(anna, self.long.id, f"Message {number}", kind="note" if number % 7 == 0 else "reply")


Words = tuple[str, str]  # English, Russian


@dataclass(frozen=True)
class State:
    name: str
    reach: Callable[[Room], Awaitable[Page]]
    where: str  # what shows the words
    words: Words

    async def shown(self, room: Room) -> Page:
        """The page in this state; fails if it does not come to it or lacks the words."""
        page = await self.reach(room)
        words = self.words[LANGUAGES.index(room.language)]
        shows = page.locator(self.where).first
        await expect(shows).to_be_visible()
        await expect(shows).to_contain_text(words, use_inner_text=True)
        return page


STATES: list[State] = []
EMPTY: list[State] = []  # to be looked at before anything is on the desk


def state(where: str, words: Words, *, to: list[State] = STATES) -> Callable[[Callable[[Room], Awaitable[Page]]], None]:
    return lambda reach: to.append(State(reach.__name__.replace("_", " "), reach, where, words))


def live(name: str, path: str, where: str, words: Words, by: str = "anna", to: list[State] = STATES) -> None:
    async def reach(room: Room) -> Page:
        where_to = path.format(rich=room.rich.id, plain=room.plain.id, closed=room.closed.id, long=room.long.id)
        return await room.open(where_to, getattr(room.running.cast, by))

    to.append(State(name, reach, where, words))


def plain(name: str, path: str, words: Words) -> None:
    async def reach(room: Room) -> Page:
        page = await (await room.context(None if path == "/login" else room.running.cast.anna)).new_page()
        await page.goto(path)
        return page

    STATES.append(State(name, reach, "main", words))


# -- pages as they are --

live("an empty desk", "/tickets", ".empty:visible", ("The desk is empty", "Обращений ещё не было"), "vera", EMPTY)
live(
    "an empty desk for a requester",
    "/tickets",
    ".empty",
    ("no open tickets", "У вас нет открытых обращений"),
    "clara",
    EMPTY,
)
plain("signing in", "/login", ("Sign in", "Войти"))
plain("a request that cannot be taken", "/logout", ("could not be understood", "Не удалось понять запрос"))
plain("nothing there", "/tickets/99999", ("Nothing is here.", "Здесь ничего нет."))
live("the list", "/tickets", "h1", ("Inbox", "Входящие"))
live("the list of an admin", "/tickets?view=all", "h1", ("All", "Все"), "vera")
live("the list of a requester", "/tickets", "h1", ("Open", "Открытые"), "clara")
live("an empty view", "/tickets?view=mine", ".empty", ("Nothing is waiting for you", "Вас ничего не ждёт"), "boris")
live(
    "a filter that nothing fits",
    "/tickets?view=inbox&status=pending&priority=low&assignee=none&tag=vpn",
    ".empty",
    ("Nothing matches", "Ничего не найдено"),
)
live("a page past the end", "/tickets?page=9", ".empty", ("This page is empty", "На этой странице пусто"))
live("a search that finds", "/tickets?q=printer", "h1", ("Search", "Поиск"))
live("a search that finds nothing", "/tickets?q=xyzzy", ".empty", ("xyzzy", "xyzzy"))
live("a ticket", "/tickets/{rich}", "#ticket", ("#1", "#1"))
live("a ticket of an admin", "/tickets/{rich}", ".own", ("Edit", "Изменить"), "vera")
live("a ticket of a requester", "/tickets/{rich}", "#ticket", ("Open", "В работе"), "clara")
live("a thread of two hundred", "/tickets/{long}", "#thread > :last-child", ("Message 198", "Message 198"))
live("a closed ticket", "/tickets/{closed}", ".closed-hint", ("This ticket is closed.", "Обращение закрыто."))
live("a new ticket", "/tickets/new", "form.stack", ("Open the ticket", "Создать обращение"))
live("a new ticket of a requester", "/tickets/new", "form.stack", ("Message", "Сообщение"), "clara")
live("settings", "/settings", "form.stack", ("Language", "Язык"))
live("keys of other sites", "/keys", "h1", ("Embedding", "Встраивание"), "vera")


# -- what happens on them --


@state("#login-error", ("Check both", "Проверьте их"))
async def a_wrong_password(room: Room) -> Page:
    page = await (await room.context(None)).new_page()
    await page.goto("/login")
    await page.fill("[name=email]", "anna@pult.example")
    await page.fill("[name=password]", "wrong")
    await page.click("button.primary")
    return page


@state("#new-subject-wrong", ("Please fill this in.", "Заполните это поле."))
async def a_new_ticket_that_lacks_something(room: Room) -> Page:
    page = await room.open("/tickets/new")
    for name in ("subject", "body"):
        await page.fill(f"[name={name}]", "  ")
    await page.click(".send .primary")
    return page


@state(".notice", ("Saved", "Сохранено"))
async def settings_saved(room: Room) -> Page:
    page = await room.open("/settings")
    await page.click(".stack button.primary")
    await connected(page)
    return page


@state(".notice", ("was deleted", "удалено"))
async def a_ticket_deleted_by_oneself(room: Room) -> Page:
    ticket = await room.desk.open()
    page = await room.open(f"/tickets/{ticket.id}", room.running.cast.vera)
    page.on("dialog", lambda dialog: dialog.accept())
    await page.click("form[action$='/delete'] button")
    await connected(page)
    return page


@state("#keys", ("Keyboard shortcuts", "Сочетания клавиш"))
async def the_sheet_of_keys(room: Room) -> Page:
    page = await room.open("/tickets")
    await page.keyboard.press("Shift+Slash")
    return page


@state(".menu:popover-open", ("Unassigned", "Без исполнителя"))
async def the_menu_of_a_narrow_window(room: Room) -> Page:
    page = await room.open("/tickets")
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.click(".menu-button")
    return page


@state(".search-hints", ("with this tag", "с этой меткой"))
async def what_can_be_searched_by(room: Room) -> Page:
    page = await room.open("/tickets")
    await page.keyboard.press("/")
    return page


@state("#ticket", ("Printer", "Printer"))
async def a_long_text_on_its_way(room: Room) -> Page:
    page = await room.ticket()
    await page.fill("#comment-body", "Ten thousand characters. " * 400)
    return page


@state(".note-hint", ("Only staff will see this.", "Это увидят только сотрудники."))
async def writing_a_note(room: Room) -> Page:
    page = await room.ticket()
    await page.keyboard.press("m")
    await page.keyboard.type("For us")
    return page


@state("html[data-loading] #outgoing [data-state=sending]", ("Sending…", "Отправляется…"))
async def saving_takes_long(room: Room) -> Page:
    page = await room.ticket()
    await page.evaluate("() => { window.fetch = () => new Promise(() => {}) }")
    await page.fill("#comment-body", "On its way")
    await page.keyboard.press("Control+Enter")
    return page


@state("[data-saved]", ("Saved", "Сохранено"))
async def saved(room: Room) -> Page:
    page = await room.ticket()
    await page.fill("#field-tags", "saved")
    await page.press("#field-tags", "Enter")
    return page


@state("[data-banner=unsent]", ("This could not be sent.", "Отправить не удалось."))
async def not_sent(room: Room) -> Page:
    page = await room.ticket()
    await page.route("**/comments", lambda route: route.abort())
    await page.fill("#comment-body", "Half an answer")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#comment-body")).to_have_value("Half an answer")
    return page


@state("#comment-form [data-said]", ("This is too large.", "Слишком большой объём."))
async def too_large_a_message(room: Room) -> Page:
    page = await room.ticket()
    await page.evaluate("document.querySelector('#comment-form [name=key]').value = 'x'.repeat(1_100_000)")
    await page.fill("#comment-body", "Half an answer")
    await page.press("#comment-body", "Control+Enter")
    return page


@state("#comment-form .wrong", ("Please fill this in.", "Заполните это поле."))
async def a_reply_of_blanks(room: Room) -> Page:
    page = await room.ticket()
    await page.fill("#comment-body", "   ")
    await page.keyboard.press("Control+Enter")
    return page


@state("#ticket-form .conflict", ("Boris", "Boris"))
async def a_conflict_mine_and_theirs(room: Room) -> Page:
    page = await room.ticket()
    await page.evaluate("document.querySelector('#ticket-form [name=version]').removeAttribute('data-follow')")
    await room.desk.change(room.plain, room.running.cast.boris, subject=f"Theirs {room.language}")
    await page.wait_for_selector(f"h1:text-is('Theirs {room.language}')")
    await page.fill("#field-subject", "Mine")
    await page.click("#ticket-form button")
    return page


async def _replied(room: Room) -> Page:
    page = await room.ticket()
    await page.check("#comment-form [value=reply]")  # it may have been left as a note, which is kept
    await page.fill("#comment-body", "I am on it.")
    await room.desk.say(room.plain, room.running.cast.boris)
    await expect(page.locator("#replied")).to_be_visible()
    return page


@state("#replied", ("replied while you were writing", "Пока вы писали, пришёл ответ"))
async def somebody_replied_while_one_writes(room: Room) -> Page:
    return await _replied(room)


@state("#conflict", ("Your reply was not sent.", "Ваш ответ не отправлен."))
async def a_reply_that_another_overtook(room: Room) -> Page:
    page = await _replied(room)
    for _ in range(4):
        newer = await forms.write(room.running.cast.boris, room.plain.id, f"{LONG}\n\n```\n{'wide ' * 60}\n```")
    await page.wait_for_selector(f"#comment-{newer.id}")
    await page.press("#comment-body", "Control+Enter")
    await expect(page.locator("#conflict [name=anyway]")).to_be_enabled()
    return page


@state("form[data-stored] .stored", ("saved", "сохранён"))
async def a_draft_that_is_kept(room: Room) -> Page:
    page = await room.open(f"/tickets/{(await room.desk.open(subject='Half')).id}")
    await page.fill("#comment-body", "Half a reply")
    return page


@state(".later", ("on another page or device", "на другой странице или другом устройстве"))
async def a_draft_that_was_written_elsewhere(room: Room) -> Page:
    ticket = await room.desk.open(subject="Written twice")
    page = await room.open(f"/tickets/{ticket.id}")
    words = {"ticket": str(ticket.id), "kind": "reply", "body": f"{LONG}\n" * 5}
    await drafting.keep(room.running.cast.anna, drafting.read(words))
    await page.fill("#comment-body", "Half a reply")
    return page


async def _editor(room: Room) -> tuple[Page, int]:
    comment = await room.desk.say(room.plain, kind="note")
    page = await room.ticket()
    await page.locator(f"#comment-{comment.id} .own a").click(force=True)
    await page.wait_for_selector("#editor[open] textarea")
    return page, comment.id


@state("#editor", ("Delete the message", "Удалить сообщение"))
async def editing_a_message(room: Room) -> Page:
    return (await _editor(room))[0]


@state("#editor .sides", ("Theirs", "Чужой вариант"))
async def a_conflict_in_a_message(room: Room) -> Page:
    page, comment = await _editor(room)
    await forms.edit(room.running.cast.vera, comment, "Theirs", "1")
    await page.fill("#edit-body", "Mine")
    await page.click("#edit-form .primary")
    return page


@state("[data-banner=offline]", ("You are offline since", "Нет связи с"))
async def offline(room: Room) -> Page:
    page = await room.ticket(anew=True)
    await page.context.set_offline(True)
    return page


@state("[data-when=connected]", ("Live", "На связи"))
async def online_again(room: Room) -> Page:
    page = await room.ticket(anew=True)
    await page.context.set_offline(True)
    await page.wait_for_selector("[data-banner=offline]")
    await page.context.set_offline(False)
    await back_online(page)
    await expect(page.locator("[data-banner=offline]")).to_be_hidden()
    return page


@state("[data-when=polling]", ("Live, slowly", "На связи, с задержкой"))
async def polling(room: Room) -> Page:
    room.running.proxy.upgrades = False
    page = await (await room.context(room.running.cast.anna)).new_page()
    await page.goto("/tickets")
    await page.wait_for_selector('#live[data-state="polling"]', state="attached", timeout=40_000)
    room.running.proxy.upgrades = True
    return page


async def an_ended(room: Room) -> Page:
    page = await room.ticket(anew=True)
    other = await page.context.new_page()
    await other.goto("/settings")
    await other.click(".side-foot form button")
    return page


@state("[data-banner=ended]", ("Your session ended.", "Сеанс завершён."))
async def an_ended_session(room: Room) -> Page:
    return await an_ended(room)


@state("#sign-in", ("Sign in", "Войти"))
async def signing_in_beside_a_page(room: Room) -> Page:
    page = await an_ended(room)
    await page.click("[data-banner=ended] [data-sign-in]")
    return page


@state("[data-banner=other]", ("Boris is signed in here now.", "Сейчас здесь вход под именем: Boris."))
async def another_person_there(room: Room) -> Page:
    page = await room.ticket(anew=True)
    theirs = await room.running.context(room.browser, room.running.cast.boris)
    await page.context.add_cookies(await theirs.cookies())
    await page.fill("#comment-body", "Half an answer")
    await page.press("#comment-body", "Control+Enter")
    await page.click("#comment-form [data-sign-in]")
    await page.wait_for_selector("#sign-in[open]")
    await page.keyboard.press("Escape")
    return page


@state("#login", ("is sent when you sign in", "отправится, когда вы войдёте"))
async def a_form_without_its_session(room: Room) -> Page:
    page = await (await room.context(None)).new_page()
    await page.goto("/login")
    await page.evaluate(
        """() => {
          document.body.innerHTML = `<form method="post" action="/tickets">
            <input name="subject" value="A subject"><textarea name="body">And more</textarea></form>`;
          document.querySelector("form").submit();
        }"""
    )
    await page.wait_for_url("**/tickets")
    return page


@state("[data-drafted] .draft", ("Draft", "Черновик"))
async def a_draft(room: Room) -> Page:
    page = await room.ticket()
    await page.fill("#comment-body", "Half an answer")
    await page.reload()
    await connected(page)
    return page


@state(".compose", ("Open a new ticket with these words", "Создать новое обращение с этим текстом"))
async def words_for_a_ticket_that_was_closed(room: Room) -> Page:
    ticket = await forms.open_ticket(room.running.cast.clara, subject="Soon closed", body="Soon closed")
    page = await room.open(f"/tickets/{ticket.id}", room.running.cast.clara)
    await page.fill("#comment-body", "One more thing")
    await room.desk.change(ticket, status="closed")
    return page


@state("[data-banner=stopped]", ("Live updates stopped", "Обновления остановлены"))
async def live_updates_that_stopped(room: Room) -> Page:
    page = await (await room.context(room.running.cast.anna)).new_page()
    await page.add_init_script("window.WebSocket = class extends WebSocket { last = (window.opened = this) }")
    await page.goto(f"/tickets/{room.plain.id}")
    await connected(page)
    await page.evaluate("opened.send('nonsense')")
    return page


@state("main", ("Something broke on our side.", "сломалось на нашей стороне"))
async def a_fault_of_ours(room: Room) -> Page:
    page = await (await room.context(room.running.cast.anna)).new_page()
    await db.rows("ALTER TABLE tag RENAME TO elsewhere")
    try:
        await page.goto("/tickets")
    finally:
        await db.rows("ALTER TABLE elsewhere RENAME TO tag")
    return page


@state("main", ("Too many tries.", "Слишком много попыток"))
async def too_many_tries(room: Room) -> Page:
    page = await (await room.context(None)).new_page()
    await page.goto("/login")
    await page.fill("[name=email]", "nobody@pult.example")
    await page.fill("[name=password]", "wrong")
    await page.evaluate(
        """async () => {
          const form = document.querySelector("#login"), body = new URLSearchParams(new FormData(form));
          while ((await fetch(form.action, { method: "POST", body })).status !== 429);
        }"""
    )
    await page.click("button.primary")
    return page


@state("[data-banner=gone]", ("You can no longer see this page.", "вам больше недоступна"))
async def a_right_that_is_gone(room: Room) -> Page:
    agent = await people.add(f"{room.language}@pult.example", "Agent", Role.AGENT)
    page = await room.open("/tickets/1", agent)
    await people.set_role(agent, Role.REQUESTER)
    return page


async def _deleted(room: Room, by: Person) -> Page:
    ticket = await forms.open_ticket(room.running.cast.clara, subject="Soon gone", body="Soon gone")
    page = await room.open(f"/tickets/{ticket.id}", by)
    await page.fill("#comment-body", "Half an answer")
    await tickets.delete(room.running.cast.vera, ticket.id)
    await page.wait_for_selector("#ticket[data-gone]")
    await expect(page.locator("#comment-body")).to_have_value("Half an answer")
    return page


@state("#ticket", ("This ticket was deleted.", "Это обращение удалено."))
async def a_ticket_deleted_while_one_looks(room: Room) -> Page:
    return await _deleted(room, room.running.cast.anna)


@state("#ticket .restores", ("Restore it", "Восстановить"))
async def a_ticket_deleted_while_an_admin_looks(room: Room) -> Page:
    return await _deleted(room, room.running.cast.vera)


@state("#ticket", ("Nothing is here.", "Здесь ничего нет."))
async def a_ticket_deleted_while_its_requester_looks(room: Room) -> Page:
    return await _deleted(room, room.running.cast.clara)


@state("#ticket", ("This ticket was deleted.", "Это обращение удалено."))
async def a_deleted_ticket_that_one_comes_to(room: Room) -> Page:
    ticket = await room.desk.open()
    await tickets.delete(room.running.cast.vera, ticket.id)
    return await room.open(f"/tickets/{ticket.id}", room.running.cast.anna)


@state("main", ("Your tickets", "Ваши обращения"))
async def a_list_inside_another_site(room: Room) -> Page:
    page = await (await room.context(None)).new_page()
    await page.goto(f"/embed/tickets?token={(await a_site()).token()}")
    return page


@state("main", ("Send reply", "Отправить ответ"))
async def a_ticket_inside_another_site(room: Room) -> Page:
    page = await (await room.context(None)).new_page()
    await page.goto(f"/embed/tickets/{room.rich.id}?token={(await a_site()).token()}")
    return page
