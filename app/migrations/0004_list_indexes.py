"""An index for every built-in view of tickets in each of its orders."""

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


BEFORE = (
    ["deleted", "updated"],
    ["deleted", "status", "updated"],
    ["assignee_id", "updated"],
    ["requester_id", "updated_public"],
)
SEEN = "deleted = FALSE"
UNDONE = "deleted = FALSE AND status NOT IN ('solved', 'closed')"
AFTER = (
    ("ticket_all_updated", ("updated",), SEEN),
    ("ticket_all_created", ("created",), SEEN),
    ("ticket_all_priority", ("priority",), SEEN),
    ("ticket_all_due", ("due",), SEEN),
    ("ticket_status_updated", ("status", "updated"), SEEN),
    ("ticket_status_created", ("status", "created"), SEEN),
    ("ticket_status_priority", ("status", "priority"), SEEN),
    ("ticket_status_due", ("status", "due"), SEEN),
    ("ticket_undone_updated", ("updated",), UNDONE),
    ("ticket_undone_created", ("created",), UNDONE),
    ("ticket_undone_priority", ("priority",), UNDONE),
    ("ticket_undone_due", ("due",), UNDONE),
    ("ticket_assignee_updated", ("assignee_id", "updated"), SEEN),
    ("ticket_assigned_updated", ("assignee_id", "updated"), UNDONE),
    ("ticket_assigned_created", ("assignee_id", "created"), UNDONE),
    ("ticket_assigned_priority", ("assignee_id", "priority"), UNDONE),
    ("ticket_assigned_due", ("assignee_id", "due"), UNDONE),
    ("ticket_requester_updated", ("requester_id", "updated_public"), SEEN),
    ("ticket_requester_created", ("requester_id", "created"), SEEN),
    ("ticket_requested_updated", ("requester_id", "updated_public"), UNDONE),
    ("ticket_requested_created", ("requester_id", "created"), UNDONE),
)


class Migration(migrations.Migration):
    dependencies = [("desk", "0003_embed_keys")]

    operations = [
        *(ops.RemoveIndex("Ticket", fields=fields) for fields in BEFORE),
        ops.AddIndex("Ticket", Index(fields=("status", "assignee_id", "deleted"))),
        ops.AddIndex("Ticket", Index(fields=("requester_id", "status", "deleted"))),
        *(ops.AddIndex("Ticket", IndexWhere(fields=fields, name=name, where=where)) for name, fields, where in AFTER),
    ]
