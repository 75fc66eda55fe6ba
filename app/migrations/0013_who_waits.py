"""Who waits for an answer, since when, and what was said last; the orders by it; and what people choose about lists.

The indexes of the inbox are of what is new or open. What an agent has is ordered with pending tickets last.
"""

import re
from html import unescape

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

FEW = 500  # tickets at once
LOOKED_AT, LONGEST, WORD = 4000, 160, 40
BLOCK = re.compile(r"</?(?:p|h[1-6]|ul|ol|li|blockquote|pre|table|thead|tbody|tr|th|td|hr|br)\b[^>]*>")
TAG = re.compile(r"<[^>]*>?")

# Of each ticket its public messages, and whether the customer wrote them.
SAID = """
    SELECT c.ticket_id, c.event_id, c.created, (c.author_id = t.requester_id OR p.role = 'requester') AS asks
    FROM comment c JOIN ticket t ON t.id = c.ticket_id JOIN person p ON p.id = c.author_id
    WHERE c.kind = 'reply' AND c.deleted = FALSE
"""
SINCE = f"""
    UPDATE ticket SET heard = coalesce(
        (SELECT max(said.created) FROM ({SAID}) said WHERE said.ticket_id = ticket.id AND said.asks), created),
    waiting_since = CASE WHEN status IN ('solved', 'closed') THEN NULL ELSE
        (SELECT min(said.created) FROM ({SAID}) said WHERE said.ticket_id = ticket.id AND said.event_id > coalesce(
            (SELECT max(answer.event_id) FROM ({SAID}) answer
            WHERE answer.ticket_id = ticket.id AND NOT answer.asks), 0)) END
    WHERE id > ? AND id <= ?
"""  # noqa: S608 - our own
LAST = """
    SELECT t.id, substr(c.html, 1, ?) AS html, c.author_id = t.requester_id OR p.role = 'requester' AS asks
    FROM ticket t JOIN comment c ON c.ticket_id = t.id JOIN person p ON p.id = c.author_id
    WHERE t.id > ? AND t.id <= ? AND c.event_id = (SELECT max(l.event_id) FROM comment l
        WHERE l.ticket_id = t.id AND l.kind = 'reply' AND l.deleted = FALSE)
"""


async def fill(apps, editor):
    ask = editor.client.execute_query_dict
    [row] = await ask("SELECT coalesce(max(id), 0) AS last FROM ticket")
    for first in range(0, row["last"], FEW):
        await editor.client.execute_query(SINCE, [first, first + FEW])
        for said in await ask(LAST, [LOOKED_AT, first, first + FEW]):
            await editor.client.execute_query(
                "UPDATE ticket SET last_words = ?, last_by_staff = ? WHERE id = ?",
                [beginning(said["html"]), not said["asks"], said["id"]],
            )


def beginning(html: str) -> str:
    words = " ".join(unescape(TAG.sub("", BLOCK.sub(" ", html))).split())
    if len(words) <= LONGEST:
        return words
    space = words.rfind(" ", LONGEST - WORD, LONGEST + 1)
    return f"{words[: space if space > 0 else LONGEST].rstrip()}…"


class IndexWhere(Index):
    """Of the rows that meet a condition; where there is nothing, last. goes: after whether the status is pending."""

    def __init__(self, *, fields: tuple[str, ...], name: str, where: str, goes: str = "") -> None:
        super().__init__(fields=fields, name=name)
        self.extra, self.goes = f" WHERE {where}", goes

    @property
    def field_names(self) -> list[str]:
        parts = []
        for name in self.fields:
            if name in ("due", "waiting_since"):
                parts.append(f"({name} IS NULL)")
            last = self.goes == "down" and "(status = 'pending')" in parts
            pending = self.goes and name == "status"
            parts.append("(status = 'pending')" if pending else f"{name} DESC" if last else name)
        return parts


SEEN = "deleted = FALSE"
UNDONE = "deleted = FALSE AND status NOT IN ('solved', 'closed')"
INBOX = "deleted = FALSE AND status IN ('new', 'open')"
GONE = (
    *(f"ticket_undone_{order}" for order in ("updated", "created", "priority")),
    "ticket_assignee_updated",
    *(f"ticket_assigned_{order}" for order in ("updated", "created", "priority", "due")),
)
NEW = (
    ("ticket_all_heard", ("heard", "id"), SEEN),
    ("ticket_all_waiting", ("waiting_since", "id"), SEEN),
    ("ticket_status_heard", ("status", "heard", "id"), SEEN),
    ("ticket_status_waiting", ("status", "waiting_since", "id"), SEEN),
    ("ticket_inbox_heard", ("heard", "id"), INBOX),
    ("ticket_inbox_waiting", ("waiting_since", "id"), INBOX),
    ("ticket_inbox_updated", ("updated", "id"), INBOX),
    ("ticket_inbox_created", ("created", "id"), INBOX),
    ("ticket_inbox_priority", ("priority", "id"), INBOX),
    ("ticket_inbox_due", ("due", "id"), INBOX),
    ("ticket_assignee_heard", ("assignee_id", "heard", "id"), SEEN),
)
ASSIGNED = (
    ("heard", "heard", "down"),
    ("updated", "updated", "down"),
    ("created", "created", "down"),
    ("priority", "priority", "down"),
    ("updated_up", "updated", "up"),
    ("created_up", "created", "up"),
    ("waiting", "waiting_since", "up"),
    ("due", "due", "up"),
)


class Migration(migrations.Migration):
    dependencies = [("desk", "0012_plans")]

    operations = [
        ops.AddField("Ticket", "waiting_since", fields.BigIntField(null=True)),
        ops.AddField("Ticket", "heard", fields.BigIntField(default=0, db_default=0)),
        ops.AddField("Ticket", "last_words", fields.TextField(default="", db_default="", unique=False)),
        ops.AddField("Ticket", "last_by_staff", fields.BooleanField(default=False, db_default=False)),
        ops.AddField("Person", "reply_waits", fields.BooleanField(default=False, db_default=False)),
        ops.AddField("Person", "two_lines", fields.BooleanField(default=False, db_default=False)),
        ops.RunPython(fill),
        *(ops.RemoveIndex("Ticket", name=name) for name in GONE),
        *(ops.AddIndex("Ticket", IndexWhere(fields=columns, name=name, where=where)) for name, columns, where in NEW),
        *(
            ops.AddIndex(
                "Ticket",
                IndexWhere(
                    fields=("assignee_id", "status", column, "id"),
                    name=f"ticket_assigned_{order}",
                    where=UNDONE,
                    goes=goes,
                ),
            )
            for order, column, goes in ASSIGNED
        ),
    ]
