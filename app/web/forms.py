"""What people type: read from a request, kept beside what is wrong with it, and the words for that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.db import NotWritten
from app.desk.errors import Code, Conflict, Invalid, Overtaken
from app.desk.threads import Said


def _(words: str) -> str:
    """Marks words for the catalogues; they are translated where they are shown."""
    return words


WRONG: dict[Code, str] = {
    Code.EMPTY: _("Please fill this in."),
    Code.TOO_LONG: _("This is too long."),
    Code.UNKNOWN: _("This is not one of the possible values."),
    Code.TAG_TOO_LONG: _("“%(about)s” is too long: a tag has at most 30 characters."),
    Code.TOO_MANY_TAGS: _("A ticket has at most 20 tags. Too many: “%(about)s”."),
    Code.NOT_A_TAG: _("“%(about)s” is no tag: quotation marks and control characters cannot stand in one."),
    Code.NOT_A_DAY: _("Please give a day as YYYY-MM-DD, from 1970 on."),
    Code.NOT_AN_EMAIL: _("This is not an email address."),
    Code.NOT_AN_ORIGIN: _("Please give the address of a site, such as https://shop.example.com, without a path."),
    Code.TAKEN: _("Somebody has this email address already."),
    Code.PASSWORD_LENGTH: _("A password has 8 to 128 characters."),
    Code.CLOSED: _("This ticket is closed and takes no more replies."),
    Code.CLOSED_TO_EDITS: _("This ticket is closed: its messages stay as they are. Your text is here, to be copied."),
    Code.ANSWERED: _("This message was answered meanwhile and stays as it is. Send your text as a new message."),
    Code.NO_TICKETS: _("Select some tickets first."),
    Code.TOO_MANY_TICKETS: _("At most 500 tickets can be changed at once."),
    Code.NOTHING_ASKED: _("Choose what to change."),
    Code.NOT_WRITTEN: _(
        "Nothing was saved: the desk's database takes no changes now. Your text is here. Try again soon."
    ),
    Code.WRONG_SIGN_IN: _("This email and password do not fit together. Check both and try again."),
}


@dataclass(frozen=True)
class Form:
    """A form as it is shown: what was typed, and what is wrong with it.

    errors: field, or "form" -> what is wrong with it; about: field -> the part that is meant. theirs: field -> what
    someone else, by name, set it to meanwhile. newer: what others said meanwhile; more: how much before that. drafted:
    what stands in it was typed before, and not sent.
    """

    values: Mapping[str, Any]
    errors: Mapping[str, Code] = field(default_factory=dict)
    theirs: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    newer: tuple[Said, ...] = ()
    more: int = 0
    drafted: bool = False

    def __hash__(self) -> int:
        return hash((frozenset(self.values.items()), frozenset(self.errors.items())))

    def value(self, name: str) -> Any:
        return self.values.get(name, "")

    def error(self, name: str) -> str:
        """What is wrong with a field, in English; templates translate it. Empty: nothing."""
        return WRONG[self.errors[name]] if name in self.errors else ""

    @property
    def status(self) -> int:
        if self.theirs or self.newer:
            return 409
        return 503 if "form" in self.errors else 422 if self.errors else 200


def refused(typed: Mapping[str, Any], problem: Invalid | Conflict | Overtaken | NotWritten) -> Form:
    """The form to show again after a verb would not take it.

    After a conflict it is for what is there now: what its person left alone is not in it as it was before.
    """
    if isinstance(problem, NotWritten):
        return Form(typed, {"form": Code.NOT_WRITTEN})
    if isinstance(problem, Invalid):
        wrong = [name for name in ("version", "seen") if name in problem.errors]  # sent again they would be as wrong
        values = {name: typed[name] for name in typed if name not in wrong}
        return Form(values, problem.errors, about=problem.about)
    if isinstance(problem, Overtaken):
        return Form({**typed, "seen": str(problem.seen)}, newer=problem.said, more=problem.more)
    touched = {name: typed[name] for name in typed if name not in problem.untouched}
    return Form({**touched, "version": str(problem.version)}, theirs=problem.theirs, by=problem.by)


def text(typed: Mapping[str, str], name: str) -> str:
    """A field as typed, with the line ends that browsers send made plain."""
    return typed.get(name, "").replace("\r\n", "\n")


def only(typed: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """Those of these fields that were sent: nothing else that a request holds goes any further."""
    return {name: text(typed, name) for name in names if name in typed}
