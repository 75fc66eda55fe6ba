"""The indexes of lists end in the ticket's number, by which those of one moment are ordered.

SQLite's do by themselves. Without it PostgreSQL sorts all tickets of one priority to show fifty of them.
"""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class IndexWhere(Index):
    """Of the rows that meet a condition; where there is no due date, last."""

    def __init__(self, *, fields: tuple[str, ...], name: str, where: str) -> None:
        super().__init__(fields=fields, name=name)
        self.extra = f" WHERE {where}"

    @property
    def field_names(self) -> list[str]:
        return [part for name in self.fields for part in (["(due IS NULL)", "due"] if name == "due" else [name])]


SEEN = "deleted = FALSE"
UNDONE = "deleted = FALSE AND status NOT IN ('solved', 'closed')"
ORDERS = ("updated", "created", "priority", "due")
PUBLIC = ("updated", "created")
INDEXES = (
    ("all", (), SEEN, ORDERS),
    ("status", ("status",), SEEN, ORDERS),
    ("undone", (), UNDONE, ORDERS),
    ("assignee", ("assignee_id",), SEEN, ("updated",)),
    ("assigned", ("assignee_id",), UNDONE, ORDERS),
    ("requester", ("requester_id",), SEEN, PUBLIC),
    ("requested", ("requester_id",), UNDONE, PUBLIC),
)


def indexes(*last: str) -> list[IndexWhere]:
    return [
        IndexWhere(
            fields=(*first, "updated_public" if name[:7] == "request" and order == "updated" else order, *last),
            name=f"ticket_{name}_{order}",
            where=where,
        )
        for name, first, where, orders in INDEXES
        for order in orders
    ]


class Migration(migrations.Migration):
    dependencies = [("desk", "0009_work")]

    operations = [
        *(ops.RemoveIndex("Ticket", name=index.name) for index in indexes()),
        *(ops.AddIndex("Ticket", index) for index in indexes("id")),
    ]
