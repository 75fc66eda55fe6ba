"""Demo people, tickets and comments, English and Russian: the same for the same seed and database."""

import asyncio
import itertools
import json
import random
import sys
from dataclasses import asdict, dataclass, field
from typing import Any

import click

from app import db, long_stories, stories
from app.desk import excerpt, midnight, people, rendering, search
from app.desk.events import Filed
from app.desk.models import Person, Priority
from app.desk.roles import Role

TICKETS = 120
SEED = 7
BATCH = 50  # tickets a transaction, which are some 500 rows: a serving desk's own writes wait for it
PAUSE = 0.03  # seconds between transactions beside a serving desk, so that one who waits gets its turn
FRESH = 80  # tickets, the newest ones, of which most still wait to be done
LONG = 8  # one of so many fresh ones is long
LONGEST = 5  # which of the newest is the longest of all
UNREAD = 40  # events
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


# Which columns count from 1 in a batch, and what comes before that in the database.
SHIFTED = {
    "tickets": {"id": "ticket", "last_said": "event"},
    "tags": {"ticket_id": "ticket"},
    "comments": {"id": "comment", "ticket_id": "ticket", "event_id": "event"},
    "events": {"id": "event", "ticket_id": "ticket", "comment_id": "comment"},
}


@dataclass
class Batch:
    """Rows on their way into the tables, numbered from 1."""

    tickets: list[dict[str, Any]] = field(default_factory=list)
    tags: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Scene:
    """The past that the demo makes up. tickets: how many in all; now: microseconds."""

    chance: random.Random
    staff: list[int]
    requesters: list[int]
    tickets: int
    now: int

    def batch(self, first: int, number: int) -> Batch:
        """So many tickets, of which this many were opened before."""
        batch = Batch()
        for index in range(first, first + number):
            at = self.now - SPAN + SPAN * index // self.tickets
            telling = Telling(self, batch, at)
            age = self.tickets - index
            if age == LONGEST:
                telling.go_on(long_stories.tell_the_longest(self.chance))
            elif age <= FRESH and age % LONG == LONG - 1:
                telling.go_on(long_stories.tell(self.chance))
            else:
                telling.tell(fresh=age <= FRESH)
        return batch


class Telling:
    """One ticket as its story goes on, from its opening to now."""

    def __init__(self, scene: Scene, batch: Batch, at: int) -> None:
        self._scene, self._batch = scene, batch
        self._at = self._opened = self._public = at
        self._ticket = len(batch.tickets) + 1
        chance = scene.chance
        self._requester, self._agent = chance.choice(scene.requesters), chance.choice(scene.staff)
        self._priority = chance.choices(list(Priority), (2, 10, 4, 1))[0]
        self._tags = sorted(chance.sample(stories.TAGS, chance.choice((0, 0, 1, 1, 2))))
        self._status, self._version = "new", 1
        self._assignee: int | None = None
        self._waiting: int | None = None
        self._said = 0
        self._heard, self._answered = at, False

    def tell(self, *, fresh: bool) -> None:
        chance, story = self._scene.chance, stories.tell(self._scene.chance)
        self._say("reply", self._requester, story.first, "ticket_created")
        if not fresh or chance.random() < 0.6:
            self._take()
            for turn, words in enumerate(story.turns[: chance.randint(0, len(story.turns))]):
                self._later(5, 200)
                self._say("reply", self._agent if turn % 2 == 0 else self._requester, words)
            if chance.random() < 0.25:
                self._later(3, 3)
                self._say("note", chance.choice(self._scene.staff), stories.note(chance))
            if chance.random() < (0.5 if fresh else 0.97):
                self._later(5, 90)
                done = ("pending", "solved", "closed")
                status = chance.choices(done, (3, 2, 1) if fresh else (1, 50, 49))[0]
                self._become("solved" if status == "pending" and self._waiting else status)
        self._keep(story.subject)

    def go_on(self, story: stories.Story) -> None:
        """A long one, which is not done yet."""
        self._say("reply", self._requester, story.first, "ticket_created")
        self._take()
        for turn, words in enumerate(story.turns):
            self._later(1, 8)
            self._say("reply", self._agent if turn % 2 == 0 else self._requester, words)
        self._keep(story.subject)

    def _take(self) -> None:
        self._later(2, 40)
        self._status, self._assignee, self._version = "open", self._agent, 2
        self._event("ticket_updated", self._agent, assignee=[None, self._agent], status=["new", "open"])
        self._public = self._at

    def _become(self, status: str) -> None:
        before, self._status, self._version = self._status, status, 3
        self._event("ticket_updated", self._agent, status=[before, status])
        self._public = self._at

    def _later(self, shortest: int, longest: int) -> None:
        """So many minutes go by, but not into the future."""
        self._at = min(self._at + self._scene.chance.randint(shortest, longest) * MINUTE, self._scene.now)

    def _say(self, kind: str, author: int, body: str, what: str = "comment_added") -> None:
        comment = len(self._batch.comments) + 1
        place = self._event(what, author, comment, public=kind == "reply")
        said = {"id": comment, "ticket_id": self._ticket, "author_id": author, "kind": kind, "body": body}
        self._batch.comments.append({**said, "event_id": place, "created": self._at})
        self._said = place
        if kind == "reply":
            self._public = self._at
            self._answered = author != self._requester
            self._waiting = None if self._answered else self._waiting or self._at
            self._heard = self._heard if self._answered else self._at

    def _event(
        self, kind: str, actor: int, comment: int | None = None, *, public: bool = True, **changes: list[object]
    ) -> int:
        """The number of the event in the batch."""
        filed = Filed(self._status, self._priority.word, self._requester, self._assignee, tuple(self._tags))
        data = {"fields": asdict(filed), "version": self._version} | ({"changes": changes} if changes else {})
        event = {"id": len(self._batch.events) + 1, "kind": kind, "at": self._at, "actor_id": actor}
        about = {"ticket_id": self._ticket, "comment_id": comment, "public": public, "data": json.dumps(data)}
        self._batch.events.append(event | about)
        return len(self._batch.events)

    def _keep(self, subject: str) -> None:
        due = "2026-12-24" if self._status not in ("solved", "closed") and self._scene.chance.random() < 0.1 else None
        ticket = {"id": self._ticket, "subject": subject, "status": self._status, "priority": int(self._priority)}
        ticket |= {"requester_id": self._requester, "assignee_id": self._assignee, "due": due, "version": self._version}
        times = {"created": self._opened, "updated": self._at, "updated_public": self._public, "heard": self._heard}
        waits = {"waiting_since": self._waiting if self._status not in ("solved", "closed") else None}
        said = {"last_by_staff": self._answered, "last_said": self._said}
        self._batch.tickets.append({**ticket, **times, **waits, **said})
        self._batch.tags.extend({"ticket_id": self._ticket, "name": tag} for tag in self._tags)


async def fill(*, tickets: int, seed: int, beside: bool = False) -> None:
    """Add the demo people (once) and so many tickets. beside: whether a desk serves the database meanwhile."""
    chance = random.Random(seed)  # noqa: S311 - a demo, not a secret
    staff, requesters = await _people()
    scene = Scene(chance, staff, requesters, tickets, db.now())
    pause = PAUSE if beside else 0
    with click.progressbar(
        length=tickets, label="Demo tickets", show_pos=True, file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        last = max(tickets - LONGEST, 0)  # the longest one alone is as much as a batch
        for first, end in itertools.pairwise([*range(0, last, BATCH), last, tickets]):
            batch = scene.batch(first, end - first)
            await _render(batch)
            async with db.transaction():
                await _write(batch)
            bar.update(len(batch.tickets))
            await asyncio.sleep(pause)
    await _read_all_but(UNREAD)
    await search.put_together(pause)


async def _read_all_but(few: int) -> None:
    """Everybody of the demo has read what happened, but for the last few things."""
    await db.rows(
        "UPDATE person SET read_since = (SELECT position FROM journal) - ? WHERE email LIKE ? RETURNING id",
        [few, "%@pult.example"],
    )


async def print_sign_ins() -> None:
    """Who can sign in to the demo, if this desk has it."""
    if not await Person.filter(email=SIGN_INS[0][0]).exists():
        return
    click.echo(f"Demo sign-ins, all with the password {PASSWORD}:")
    for email, name, role in SIGN_INS:
        click.echo(f"  {role.value:<10} {email:<22} {PASSWORD}  {name}")


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


async def _render(batch: Batch) -> None:
    made = await rendering.made_of(comment["body"] for comment in batch.comments)
    last: dict[int, str] = {}
    for comment in batch.comments:
        comment.update(asdict(made[comment["body"]]))
        if comment["kind"] == "reply":
            last[comment["ticket_id"]] = comment["html"]
    for ticket in batch.tickets:
        ticket["last_words"] = excerpt.of(last[ticket["id"]])


async def _write(batch: Batch) -> None:
    """Into the tables, with the numbers that follow those that are there."""
    [before] = await db.rows(
        "UPDATE journal SET position = position + ? WHERE id = 1 RETURNING position - ? AS event, "
        "(SELECT coalesce(max(id), 0) FROM ticket) AS ticket, (SELECT coalesce(max(id), 0) FROM comment) AS comment",
        [len(batch.events), len(batch.events)],
    )
    for table, shifts in SHIFTED.items():
        rows: list[dict[str, Any]] = getattr(batch, table)
        if rows:
            by = [(name, before[of]) for name, of in shifts.items()]
            shifted = [{**row, **{name: row[name] and row[name] + first for name, first in by}} for row in rows]
            await db.insert_many(table.removesuffix("s"), [*rows[0]], [[*row.values()] for row in shifted])
    if batch.tickets:
        await search.index(before["ticket"] + 1, before["ticket"] + len(batch.tickets))
        await midnight.untold()
