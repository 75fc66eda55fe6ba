"""Indexes of some rows only: of those that lists show, one for each of their orders."""

from collections.abc import Iterator, Mapping
from typing import Any

from tortoise.indexes import Index

NULLS_LAST = {"due", "waiting_since"}
PENDING_LAST = {"": "status", "up": "(status = 'pending')", "down": "(status = 'pending')"}


class IndexWhere(Index):
    """An index of those rows only that meet a condition, which a query must state in the same words to be served.

    A column that may be empty has its empty ones last: fields of NULLS_LAST. pending_last: the field status stands for
    whether that is pending, and what follows it goes "up" or "down".
    """

    def __init__(self, *, fields: tuple[str, ...], name: str, where: str, pending_last: str = "") -> None:
        super().__init__(fields=fields, name=name)
        self.where, self.extra, self.pending_last = where, f" WHERE {where}", pending_last

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        path, arguments, named = super().deconstruct()
        return path, arguments, {**named, "where": self.where, "pending_last": self.pending_last}

    @property
    def field_names(self) -> list[str]:
        """What is indexed, in SQL."""
        parts: list[str] = []
        for name in self.fields:
            down = " DESC" if self.pending_last == "down" and PENDING_LAST["down"] in parts else ""
            parts += [f"({name} IS NULL)"] * (name in NULLS_LAST)
            parts.append(PENDING_LAST[self.pending_last] if name == "status" else f"{name}{down}")
        return parts


SEEN = "deleted = FALSE"
UNDONE = "deleted = FALSE AND status NOT IN ('solved', 'closed')"
INBOX = "deleted = FALSE AND status IN ('new', 'open')"
ORDERS = {
    "heard": ("heard", "id"),
    "waiting": ("waiting_since", "id"),
    "updated": ("updated", "id"),
    "created": ("created", "id"),
    "priority": ("priority", "id"),
    "due": ("due", "id"),
}
UP_TOO = {f"{name}_up": ORDERS[name] for name in ("updated", "created")}  # they go in both directions
OF_REQUESTER = {"updated": ("updated_public", "id"), "created": ("created", "id")}


def by_order(
    name: str, *first: str, where: str, orders: Mapping[str, tuple[str, ...]] = ORDERS
) -> Iterator[IndexWhere]:
    """One for each of these orders of the tickets that have the same values in the first columns."""
    for order, columns in orders.items():
        yield IndexWhere(fields=(*first, *columns), name=f"ticket_{name}_{order}", where=where)


def pending_last(name: str, *first: str, where: str) -> Iterator[IndexWhere]:
    """The same for orders in which pending tickets come last, whichever direction they have."""
    for order, columns in (ORDERS | UP_TOO).items():
        goes = "up" if order in ("waiting", "due", *UP_TOO) else "down"
        fields = (*first, "status", *columns)
        yield IndexWhere(fields=fields, name=f"ticket_{name}_{order}", where=where, pending_last=goes)


OF_TICKETS = (  # every count, and every built-in view in each of its orders: tests/desk/test_plans.py
    Index(fields=("status", "assignee_id", "deleted")),
    Index(fields=("requester_id", "status", "deleted")),
    *by_order("all", where=SEEN),
    *by_order("status", "status", where=SEEN),
    *by_order("inbox", where=INBOX),
    *by_order("undone", where=UNDONE, orders={"due": ORDERS["due"]}),  # for desk.midnight
    *by_order("assignee", "assignee_id", where=SEEN, orders={"heard": ORDERS["heard"]}),
    *pending_last("assigned", "assignee_id", where=UNDONE),
    *by_order("requester", "requester_id", where=SEEN, orders=OF_REQUESTER),
    *by_order("requested", "requester_id", where=UNDONE, orders=OF_REQUESTER),
    IndexWhere(fields=("due_state", "id"), name="ticket_due_state", where=f"{SEEN} AND due_state <> ''"),
)
