"""A list's filter as SQL."""

from typing import Any

from app import db
from app.desk.filters import INBOX, UNDONE, Filter
from app.desk.found import Found
from app.desk.models import Priority

COLUMNS = {
    "number": "t.id",
    "status": "t.status",
    "priority": "t.priority",
    "assignee": "t.assignee_id",
    "requester": "t.requester_id",
    "due_state": "t.due_state",
}
INDEXED = {UNDONE: "t.status NOT IN ('solved', 'closed')", INBOX: "t.status IN ('new', 'open')"}  # in words of indexes


def source(filter_: Filter, *, narrow: bool, found: Found | None = None) -> str:
    """SQL of the tables that where() speaks of."""
    if found:
        return found.source
    tagged = [n for n, (name, _) in enumerate(filter_.conditions) if narrow and name == "tags"]
    return " JOIN ".join(["ticket t", *(f"tag g{n} ON g{n}.ticket_id = t.id" for n in tagged)])


def where(filter_: Filter, *, narrow: bool, found: Found | None = None) -> tuple[str, list[Any]]:
    """SQL for the source, and its values. found: by the index, if that is asked.

    narrow: whether few tickets meet it, so that the database shall begin with whatever condition it likes. Else
    many do, and looking through the view in the list's order soon has a page: a sign keeps it from anything else.
    """
    counts = narrow and filter_.is_plain  # in words that no partial index has: those that cover a count are whole
    parts = ["NOT t.deleted" if counts else "t.deleted = FALSE"]
    values: list[Any] = []
    if found:
        parts.append(found.where)
        values.extend(found.values)
    for n, (name, allowed) in enumerate(filter_.conditions):
        if not allowed:
            return "1 = 0", []
        free = narrow or filter_.is_plain or (name == "requester" and not filter_.audience.is_staff)
        sign = "" if free else db.dialect().unindexed
        if name == "tags" and narrow and not found:
            parts.append(f"g{n}.name = ?")
            values.extend(allowed)
        elif name == "tags":
            parts.append("EXISTS (SELECT 1 FROM tag WHERE tag.ticket_id = t.id AND tag.name = ?)")
            values.extend(allowed)
        elif allowed == {None}:
            parts.append(f"{sign}t.assignee_id IS NULL")
        else:
            if name == "status" and allowed in INDEXED:
                parts.append(INDEXED[allowed])
                if not narrow:
                    continue
            if name == "due_state" and narrow:
                parts.append("t.due_state <> ''")  # as its index has it
            parts.append(f"{sign}{COLUMNS[name]} IN ({', '.join('?' * len(allowed))})")
            values.extend(sorted(_stored(name, value) for value in allowed))
    return " AND ".join(parts), values


def order(filter_: Filter, *, narrow: bool, found: Found | None = None) -> str:
    """SQL of the order. narrow: as for where(); a sign lets no index of an order take precedence then."""
    if found:
        return found.order
    return filter_.order.sql(db.dialect().unindexed if narrow else "")


def _stored(name: str, value: Any) -> Any:
    return int(Priority.of(value)) if name == "priority" else value
