"""Every keyboard shortcut, in one place: what the page's module listens for, and what the sheet behind ? says.

A shortcut clicks or focuses a link, button or control that stands on the page, so that everyone has the same path; one
whose control is not there does nothing, and the sheet leaves it out. What a key means: static/js/press.js.
"""

from dataclasses import dataclass

from app.web.forms import _


@dataclass(frozen=True)
class Shortcut:
    """keys: alternatives; two letters one after another have a space between.

    does: click, focus, or a verb of a module of the page (static/js/keys.js, verb); empty: the browser, or whatever
    listens for itself. on: the selector of what is clicked, focused or used, empty for everywhere; else what the verb
    takes, as for move how many rows or messages on.
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
SELECTION = (
    Shortcut(("x",), _("Select the row at the cursor"), "select", "row"),
    Shortcut(("X",), _("Select from the last selected row to the cursor"), "select", "range"),
    Shortcut(("Shift+ArrowDown",), _("Extend the selection downwards"), "extend", "1"),
    Shortcut(("Shift+ArrowUp",), _("Extend the selection upwards"), "extend", "-1"),
    Shortcut(("* a",), _("Select all of the page"), "select", "all"),
    Shortcut(("* n", "Escape"), _("Select none"), "select", "none"),
    Shortcut(("w",), _("Show the changes that wait"), "show", ""),
    Shortcut(("z",), _("Take back the last thing"), "undo", ""),
)
TICKET = (
    Shortcut(("J", "]"), _("Next ticket of the list"), "click", '[data-walk="1"]'),
    Shortcut(("K", "["), _("Previous ticket of the list"), "click", '[data-walk="-1"]'),
    Shortcut(("r",), _("Reply"), "focus", "#comment-form [value=reply], #comment-body"),
)
STAFF_TICKET = (
    Shortcut(("U",), _("Mark unread"), "click", f"{AT_ROW} #unread-row, [data-unread-here] button"),
    Shortcut(("m",), _("Internal note"), "focus", "#comment-form [value=note]"),
    Shortcut(("g r",), _("Go to the customer's tickets"), "click", "[data-customer]"),
)
FIELDS = (
    Shortcut(("e",), _("Solve, or reopen"), "solve", ""),
    Shortcut(("i",), _("Take the ticket"), "set", "assignee=me"),
    Shortcut(("a",), _("Assign"), "menu", "assignee"),
    Shortcut(("s",), _("Status"), "menu", "status"),
    Shortcut(("p",), _("Priority"), "menu", "priority"),
    Shortcut(("l",), _("Tags"), "menu", "tags"),
    Shortcut(("d",), _("Due"), "menu", "due"),
    Shortcut(("#",), _("Delete the ticket"), "delete", ""),
    Shortcut((".",), _("Copy the link; twice, the number"), "copy", ""),
)
WRITING = (
    Shortcut(("Ctrl+Enter",), _("Send what you write"), "", f"main form[method=post] {FIELD}"),
    Shortcut(("Ctrl+Shift+Enter",), _("Send and solve"), "", "#comment-form [name=solve]"),
    Shortcut(("Escape",), _("Close what is open, leave a field"), "", ""),
    Shortcut(("?",), _("This sheet"), "click", "[data-sheet]"),
)


def shortcuts(*, staff: bool) -> tuple[Shortcut, ...]:
    return (
        *LIST,
        *((*STAFF, *SELECTION) if staff else ()),
        *TICKET,
        *((*STAFF_TICKET, *FIELDS) if staff else ()),
        *WRITING,
    )
