"""Demo people, tickets and comments, English and Russian: the same for the same seed and database."""

import asyncio
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import click
from rich.console import Console
from rich.progress import track

from app import db
from app.desk import people, search
from app.desk.models import Person, Priority, Role

TICKETS = 120
SEED = 7
BATCH = 40  # tickets a transaction, some 500 rows: a desk that serves meanwhile waits for none long
PAUSE = 0.01  # seconds between two, in which it can write: who waits for SQLite looks again only now and then
PASSWORD = "pult-demo"  # noqa: S105 - printed at start; demo people exist only where `demo` made them
MINUTE = 60 * 1_000_000  # microseconds
SPAN = 45 * 24 * 60 * MINUTE  # how far back the demo's past reaches

SIGN_INS = (
    ("admin@pult.example", "Vera Lind", Role.ADMIN),
    ("anna@pult.example", "Anna Berg", Role.AGENT),
    ("boris@pult.example", "Борис Котов", Role.AGENT),
    ("clara@pult.example", "Clara Weiss", Role.REQUESTER),
    ("dmitri@pult.example", "Дмитрий Орлов", Role.REQUESTER),
)
NAMES = (
    *("Emma Stone", "Felix Braun", "Grace Okafor", "Hugo Martin", "Ines Silva", "Jonas Falk", "Kate O'Neill"),
    *("Ольга Павлова", "Павел Смирнов", "Светлана Ильина", "Тимур Алиев", "Юлия Зайцева", "Егор Фёдоров"),
    *("Liam Novak", "Mia Chen", "Noah Patel", "Zoë Laurent", "Marta Kowalska", "Omar Haddad", "Анна Ким"),
)
# What a story is about this time: {thing} in its texts, and a number that nobody else has.
THINGS = (
    *("HP LaserJet 402", "Kyocera Ecosys", "ThinkPad T14", "Dell XPS", "iPhone 17", "Pixel 11", "Galaxy tablet"),
    *("Zebra label printer", "meeting room display", "reception kiosk", "warehouse scanner", "till number four"),
    *("кассовый терминал", "ноутбук бухгалтерии", "проектор в актовом зале", "сканер склада", "планшет курьера"),
)
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
TAGS = ("billing", "printer", "vpn", "login", "export", "mobile", "счёт", "доступ", "refund", "hardware")

# subject, first message, and what is said after it in turns: staff, requester, staff …
STORIES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Printer on the second floor does not print",
        "Since this morning nothing comes out of **HP-2F**. The queue shows `paused`, resuming it does nothing.",
        ("Could you switch it off for ten seconds and on again?", "Done, it prints again. Thank you!"),
    ),
    (
        "VPN drops every hour",
        "The connection is cut every 60 minutes, in the middle of calls.\n\n- Windows 11\n- client 5.2",
        ("That is the session limit. I raised it for your group.", "Two hours without a cut, looks good."),
    ),
    (
        "Cannot sign in after the password change",
        "I changed my password yesterday and now the portal says it is wrong. I am sure that it is not.",
        ("Please try in a private window: an old password may be saved in the browser.",),
    ),
    (
        "Invoice 2211 shows the wrong address",
        "We moved in August. The invoice still has *Old Street 4*; it must be *New Street 12*.",
        ("Corrected. A new copy is on its way to you.", "Got it, thanks.", "Happy to help."),
    ),
    (
        "Export to CSV breaks umlauts",
        "Names such as Müller arrive as `MÃ¼ller` when the file is opened in a spreadsheet.",
        ("Which program do you open it with?", "LibreOffice 24.2", "Choose UTF-8 in the import window, that helps."),
    ),
    (
        "Refund for a double payment",
        "We were charged twice for October, 49 € each time.",
        ("I can see it. Refunding now.",),
    ),
    ("App crashes when a photo is attached", "Every time, on Android 15. Without a photo it works.", ()),
    ("New colleague starts on Monday", "Please prepare an account and a laptop for Ines Silva, accounting.", ()),
    (
        "Question about the yearly plan",
        "Is there a discount for non-profits?",
        ("Yes, 30 %. Shall I switch you over?",),
    ),
    (
        "Счёт за октябрь не пришёл",
        "Добрый день! Обычно счёт приходит первого числа, сегодня уже пятое. Пришлите, пожалуйста, ещё раз.",
        ("Отправили повторно, проверьте, пожалуйста, почту.", "Пришёл, спасибо!"),
    ),
    (
        "Нет доступа к отчётам",
        "После обновления раздел «Отчёты» пишет «Недостаточно прав». Раньше всё открывалось.",
        ("Права вернули. Выйдите и войдите заново.", "Теперь открывается."),
    ),
    (
        "Не работает поиск по имени клиента",
        "Ищу «Ёлкина» — ничего не находит, хотя клиент точно есть:\n\n1. открыть клиентов\n2. набрать имя",
        ("Проверим. На каком устройстве вы это видите?",),
    ),
    ("Замена картриджа в переговорной", "Закончился чёрный картридж, принтер у окна.", ("Заменим сегодня до обеда.",)),
    ("Приложение зависает при входе", "На телефоне крутится значок загрузки, и больше ничего не происходит.", ()),
    (
        "Возврат за отменённый заказ",
        "Заказ 8841 отменён неделю назад, деньги не вернулись.",
        ("Банк проводит возврат до 10 дней.",),
    ),
)
NOTES = (
    "Third time this month, worth looking at the cause.",
    "Called them: they are in a meeting until 3 pm.",
    "Клиент очень важный, отвечаем быстро.",
    "Checked the log: `timeout after 30s`, nothing on our side.",
)


@dataclass
class Batch:
    """Rows on their way into the tables."""

    tickets: list[tuple[object, ...]] = field(default_factory=list)
    tags: list[tuple[object, ...]] = field(default_factory=list)
    comments: list[tuple[object, ...]] = field(default_factory=list)
    events: list[tuple[object, ...]] = field(default_factory=list)


async def fill(*, tickets: int, seed: int) -> None:
    """Add the demo people (once) and so many tickets."""
    chance = random.Random(seed)  # noqa: S311 - a demo, not a secret
    staff, requesters = await _people()
    start = db.now() - SPAN
    done = 0
    screen = Console(stderr=True)
    sizes = list(_sizes(tickets))
    for size in track(sizes, "Demo tickets", console=screen, transient=True, disable=not screen.is_terminal):
        async with db.transaction():
            await _write(chance, size, staff, requesters, start, done / max(tickets, 1), size / max(tickets, 1))
        await asyncio.sleep(PAUSE)
        done += size


async def print_sign_ins() -> None:
    """Who can sign in to the demo, if this desk has it."""
    if not await Person.filter(email=SIGN_INS[0][0]).exists():
        return
    click.echo(f"Demo sign-ins, all with the password {PASSWORD}:")
    for email, name, role in SIGN_INS:
        click.echo(f"  {role.value:<10} {email:<22} {PASSWORD}  {name}")


def _sizes(tickets: int) -> Iterator[int]:
    for begun in range(0, tickets, BATCH):
        yield min(BATCH, tickets - begun)


async def _people() -> tuple[list[int], list[int]]:
    for email, name, role in SIGN_INS:
        if await people.by_email(email) is None:
            await people.add(email, name, role, PASSWORD)
    for number, name in enumerate(NAMES, 1):
        email = f"customer{number}@pult.example"
        if await people.by_email(email) is None:
            await people.add(email, name, Role.REQUESTER)
    demo = await Person.filter(email__endswith="@pult.example").order_by("id")
    return [person.id for person in demo if person.is_staff], [person.id for person in demo if not person.is_staff]


async def _write(
    chance: random.Random, size: int, staff: list[int], requesters: list[int], start: int, begin: float, share: float
) -> None:
    [journal] = await db.rows("UPDATE journal SET position = position WHERE id = 1 RETURNING position")
    [ids] = await db.rows(
        "SELECT coalesce(max(id), 0) AS ticket, (SELECT coalesce(max(id), 0) FROM comment) AS comment FROM ticket"
    )
    batch, number = Batch(), journal["position"]
    for index in range(size):
        at = start + int(SPAN * (begin + share * index / size))
        number = _ticket(chance, batch, ids["ticket"] + index + 1, ids["comment"], number, at, staff, requesters)
    await db.insert_many(
        "ticket",
        (
            "id",
            "subject",
            "status",
            "priority",
            "requester_id",
            "assignee_id",
            "due",
            "version",
            "created",
            "updated",
            "updated_public",
        ),
        batch.tickets,
    )
    await db.insert_many("tag", ("ticket_id", "name"), batch.tags)
    await db.insert_many(
        "comment", ("id", "ticket_id", "author_id", "kind", "body", "event_id", "created"), batch.comments
    )
    await db.insert_many(
        "event", ("id", "kind", "at", "actor_id", "ticket_id", "comment_id", "public", "data"), batch.events
    )
    if batch.tickets:
        await search.index(ids["ticket"] + 1, ids["ticket"] + size)
    await db.rows("UPDATE journal SET position = ? WHERE id = 1 RETURNING position", [number])


def _ticket(
    chance: random.Random,
    batch: Batch,
    ticket: int,
    comments: int,
    number: int,
    at: int,
    staff: list[int],
    requesters: list[int],
) -> int:
    """One ticket with its story, from its opening to now; the number of its last event."""
    subject, first, turns = chance.choice(STORIES)
    requester, agent = chance.choice(requesters), chance.choice(staff)
    priority = chance.choices(list(Priority), (2, 10, 4, 1))[0]
    tags = sorted(chance.sample(TAGS, chance.choice((0, 0, 1, 1, 2))))
    taken = chance.random() < 0.75
    status, assignee, version = "new", None, 1
    opened, public, now = at, at, db.now()

    def later(shortest: int, longest: int) -> int:
        """So many minutes after at, but not in the future."""
        return min(at + chance.randint(shortest, longest) * MINUTE, now)

    def event(
        kind: str, actor: int, comment: int | None = None, *, public: bool = True, **changes: list[object]
    ) -> int:
        nonlocal number
        number += 1
        fields = {
            "status": status,
            "priority": priority.word,
            "requester": requester,
            "assignee": assignee,
            "tags": tags,
        }
        data = {"fields": fields, "version": version} | ({"changes": changes} if changes else {})
        batch.events.append((number, kind, at, actor, ticket, comment, public, json.dumps(data)))
        return number

    def say(kind: str, author: int, body: str, what: str = "comment_added") -> None:
        comment = comments + len(batch.comments) + 1
        place = event(what, author, comment, public=kind == "reply")
        batch.comments.append((comment, ticket, author, kind, body, place, at))

    case = "".join(chance.choices(LETTERS, k=3)) + str(chance.randint(1000, 9999))
    say("reply", requester, f"{first}\n\n{chance.choice(THINGS)}, {case}", "ticket_created")
    if taken:
        at = later(2, 40)
        status, assignee, version = "open", agent, 2
        event("ticket_updated", agent, assignee=[None, agent], status=["new", "open"])
        for turn, words in enumerate(turns[: chance.randint(0, len(turns))]):
            at = later(5, 200)
            say("reply", agent if turn % 2 == 0 else requester, words)
        public = at
        if chance.random() < 0.25:
            at = later(3, 3)
            say("note", chance.choice(staff), chance.choice(NOTES))
        if chance.random() < 0.6:
            at = later(5, 90)
            before, status, version = status, chance.choice(("pending", "solved", "solved", "closed")), 3
            event("ticket_updated", agent, status=[before, status])
            public = at
    due = None if chance.random() < 0.9 or status in ("solved", "closed") else "2026-12-24"
    batch.tickets.append(
        (ticket, subject, status, int(priority), requester, assignee, due, version, opened, at, public)
    )
    batch.tags.extend((ticket, tag) for tag in tags)
    return number
