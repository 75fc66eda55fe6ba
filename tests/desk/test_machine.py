"""The desk against a model of it, through any sequence of verbs (a Hypothesis state machine)."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from app import db
from app.config import Database
from app.desk import filters, queries, tickets, values
from app.desk.audience import STAFF, Audience
from app.desk.errors import Conflict, Invalid
from app.desk.models import Event, Status, Ticket
from app.desk.threads import Said
from tests import forms
from tests.conftest import make_cast
from tests.desk.acts import bodies, entries

WORDS = st.text("abcабв ёй<>&*", min_size=1, max_size=20).filter(str.strip)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "subject": WORDS,
        "status": st.sampled_from([status.value for status in Status]),
        "priority": st.sampled_from(["low", "normal", "high", "urgent"]),
        "assignee": st.sampled_from(["me", "none", "2", "3"]),
        "tags": st.sampled_from(["", "vpn", "a, b", "счёт"]),
        "due": st.sampled_from(["", "2026-12-24", "2027-01-01"]),
    },
).filter(bool)
BLANK = Path(tempfile.mkdtemp(prefix="pult-machine-")) / "blank.sqlite3"


class DeskMachine(RuleBasedStateMachine):
    """What each ticket should be is kept beside; after every step all of it is read back and compared."""

    opened = Bundle("opened")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="pult-machine-"))
        self.model: dict[int, dict[str, object]] = {}
        self.said: dict[int, list[tuple[str, str]]] = {}
        self.seen: dict[int, int] = {}  # the version that somebody looked at a while ago

    def run(self, work):
        return self.loop.run_until_complete(work)

    def refusal(self, verb, kind):
        """The error of this kind that a verb ends with; None if it does what it is asked."""
        try:
            self.run(verb)
        except kind as error:
            return error
        return None

    @initialize()
    def open_the_desk(self) -> None:
        if not BLANK.exists():
            self.run(db.migrate(Database(path=BLANK)))
        path = self.folder / "pult.sqlite3"
        shutil.copy(BLANK, path)
        self.run(db.connect(Database(path=path)))
        self.cast = self.run(make_cast())

    def teardown(self) -> None:
        self.run(db.disconnect())
        self.loop.close()
        shutil.rmtree(self.folder)

    @rule(target=opened, subject=WORDS, body=WORDS, key=st.sampled_from(["", "k"]))
    def open_a_ticket(self, subject, body, key):
        ticket = self.run(forms.open_ticket(self.cast.clara, subject, body, key=key))
        if ticket.id in self.said:
            return multiple()  # the key was used before
        self.model[ticket.id] = {
            "subject": " ".join(subject.split()),
            "status": "new",
            "priority": "normal",
            "assignee": None,
            "tags": [],
            "due": None,
        }
        self.said[ticket.id], self.seen[ticket.id] = [("reply", values.message_text(body))], 1
        return ticket.id

    @rule(number=opened, fields=FIELDS)
    def change_it(self, number, fields):
        version = self.run(Ticket.get(id=number)).version
        self.run(forms.change(self.cast.anna, number, str(version), fields))
        self._changed(number, fields)

    @rule(number=opened, fields=FIELDS)
    def change_what_one_saw_a_while_ago(self, number, fields):
        """Either all of it is taken, or nothing is."""
        before = self.run(Ticket.get(id=number))
        conflict = self.refusal(forms.change(self.cast.boris, number, str(self.seen[number]), fields), Conflict)
        if conflict:
            assert set(conflict.theirs) <= set(fields)
            assert self.run(Ticket.get(id=number)).version == before.version
            return
        now = self.run(self._fields(number))
        for name, value in now.items():
            wanted = self._typed(name, fields[name], self.cast.boris.id) if name in fields else None
            implied = name == "status" and value == "open" and self.model[number]["status"] == "new"
            assert value == self.model[number][name] or value == wanted or implied
        self.model[number] = now

    @rule(number=opened)
    def look_at_it(self, number):
        self.seen[number] = self.run(Ticket.get(id=number)).version

    @rule(number=opened, body=WORDS, kind=st.sampled_from(["reply", "note"]), by=st.sampled_from(["anna", "clara"]))
    def write(self, number, body, kind, by):
        if by == "clara":
            kind = "reply"
        closed = self.model[number]["status"] == "closed"
        problem = self.refusal(forms.write(getattr(self.cast, by), number, body, kind=kind), Invalid)
        if problem:
            assert closed and kind == "reply" and problem.errors == {"body": "closed"}
            return
        self.said[number].append((kind, values.message_text(body)))
        status = self.model[number]["status"]
        if kind == "reply" and (
            (by == "anna" and status == "new") or (by == "clara" and status in ("pending", "solved"))
        ):
            self.model[number]["status"] = "open"

    @rule(number=consumes(opened))
    def delete_it_for_good(self, number):
        self.run(tickets.delete(self.cast.anna, number))
        del self.model[number]

    @rule(number=opened)
    def delete_and_restore_it(self, number):
        self.run(tickets.delete(self.cast.anna, number))
        assert self.run(queries.header(STAFF, number)) is None
        self.run(tickets.restore(self.cast.vera, number))

    @invariant()
    def everything_is_as_it_should_be(self):
        if hasattr(self, "cast"):
            self.run(self._compare())

    async def _compare(self):
        assert {number: await self._fields(number) for number in self.model} == self.model
        for number, said in self.said.items():
            if number in self.model:
                thread = await entries(STAFF, number)
                kinds = [entry.kind for entry in thread if isinstance(entry, Said)]
                assert list(zip(kinds, await bodies(thread), strict=True)) == said
                theirs = await entries(Audience(self.cast.clara.id), number)
                assert await bodies(theirs) == [body for kind, body in said if kind == "reply"]
        everything = await queries.page(filters.parse(self.cast.anna, {"view": ["all"]}))
        assert {row.id for row in everything.rows} == set(self.model)
        numbers = list(await Event.all().order_by("id").values_list("id", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        [journal] = await db.rows("SELECT position FROM journal")
        assert journal["position"] == len(numbers)

    async def _fields(self, number):
        fields = await tickets.fields_of(await Ticket.get(id=number))
        del fields["requester"]
        return fields

    def _changed(self, number, fields):
        before = dict(self.model[number])
        for name, text in fields.items():
            self.model[number][name] = self._typed(name, text, self.cast.anna.id)
        newly = self.model[number]["assignee"] not in (None, before["assignee"])
        if newly and before["status"] == "new" and self.model[number]["status"] == "new":
            self.model[number]["status"] = "open"

    def _typed(self, name, text, me):
        match name:
            case "subject":
                return " ".join(text.split())
            case "assignee":
                return {"me": me, "none": None}.get(text) or (int(text) if text.isdecimal() else None)
            case "tags":
                return sorted(part.strip() for part in text.split(",") if part.strip())
            case "due":
                return text or None
        return text


TestDesk = DeskMachine.TestCase
TestDesk.settings = settings(max_examples=12, stateful_step_count=15, deadline=None, derandomize=True, database=None)
