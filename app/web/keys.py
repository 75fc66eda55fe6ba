"""Every keyboard shortcut, in one place: what the page's module listens for, and what the sheet behind ? says.

A shortcut clicks or focuses a link, button or control that stands on the page, so that everyone has the same path; one
whose control is not there does nothing, and the sheet leaves it out. What a key means: static/js/press.js.
"""

from dataclasses import dataclass

from app.web.forms import _


@dataclass(frozen=True)
class Shortcut:
    """keys: alternatives; two letters one after another have a space between.

    does: click, focus or move; empty: another module, or the browser. on: the selector of what is clicked, focused or
    used, empty for everywhere; for move, how many rows or messages on.
    """

    keys: tuple[str, ...]
    words: str
    does: str
    on: str


FIELD = ":is(textarea, select, input:not([type=hidden]))"
AT_ROW = "main:has(#ticket-rows > [aria-current])"
LIST = (
    Shortcut(("j", "ArrowDown"), _("Next row, or next message"), "move", "1"),
    Shortcut(("k", "ArrowUp"), _("Previous row, or previous message"), "move", "-1"),
    Shortcut(("o", "Enter"), _("Open the ticket at the cursor"), "click", "#ticket-rows [aria-current] a"),
    Shortcut(("u",), _("Back to the list"), "click", "[data-back]"),
    Shortcut(("/",), _("Search"), "focus", "#search"),
    Shortcut(("c",), _("New ticket"), "click", 'a[href="/tickets/new"]'),
)
STAFF = (
    Shortcut(("g i",), _("Go to the inbox"), "click", "[data-view=inbox]"),
    Shortcut(("g m",), _("Go to your tickets"), "click", "[data-view=mine]"),
    Shortcut(("g u",), _("Go to tickets without an assignee"), "click", "[data-view=unassigned]"),
    Shortcut(("g p",), _("Go to tickets that wait for an answer"), "click", "[data-view=pending]"),
    Shortcut(("g s",), _("Go to solved tickets"), "click", "[data-view=solved]"),
    Shortcut(("g a",), _("Go to all tickets"), "click", "[data-view=all]"),
)
TICKET = (Shortcut(("r",), _("Reply"), "focus", "#comment-form [value=reply], #comment-body"),)
STAFF_TICKET = (
    Shortcut(("U",), _("Mark unread"), "click", f"{AT_ROW} #unread-row, [data-unread-here] button"),
    Shortcut(("m",), _("Internal note"), "focus", "#comment-form [value=note]"),
    Shortcut(
        ("e",), _("Solve, or reopen"), "click", ".actions [data-for=undone] button, .actions [data-for=done] button"
    ),
    Shortcut(("i",), _("Take the ticket"), "click", ".actions [data-for=unassigned] button"),
)
WRITING = (
    Shortcut(("Ctrl+Enter",), _("Send what you write"), "", f"main form[method=post] {FIELD}"),
    Shortcut(("Escape",), _("Close what is open, leave a field"), "", ""),
    Shortcut(("?",), _("This sheet"), "click", "[data-sheet]"),
)


def shortcuts(*, staff: bool) -> tuple[Shortcut, ...]:
    return (*LIST, *(STAFF if staff else ()), *TICKET, *(STAFF_TICKET if staff else ()), *WRITING)
