"""Whether a database file holds whole changes only: nothing half, each with its event, and the reverse."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path


def read(path: Path, sql: str) -> list[sqlite3.Row]:
    """Rows of a file, read as any program would, not through the desk."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(sql).fetchall()


def assert_whole(path: Path) -> int:
    """Fails if not; the number of the last event."""
    assert [tuple(row) for row in read(path, "PRAGMA integrity_check")] == [("ok",)]
    assert read(path, "PRAGMA foreign_key_check") == []
    [(position,)] = read(path, "SELECT position FROM journal")
    events = read(path, "SELECT * FROM event ORDER BY id")
    assert [event["id"] for event in events] == list(range(1, position + 1)), "the journal has a gap"
    comments = read(path, "SELECT * FROM comment ORDER BY event_id")
    added = [event for event in events if event["kind"] in ("ticket_created", "comment_added")]
    assert [(row["event_id"], row["id"], row["ticket_id"]) for row in comments] == [
        (event["id"], event["comment_id"], event["ticket_id"]) for event in added
    ], "a message without its event, or an event without its message"
    tickets = read(path, "SELECT * FROM ticket ORDER BY id")
    opened = [event["ticket_id"] for event in added if event["kind"] == "ticket_created"]
    assert [ticket["id"] for ticket in tickets] == sorted(opened)
    for ticket in tickets:
        of_it = [event for event in events if event["ticket_id"] == ticket["id"]]
        changes = [event for event in of_it if event["kind"] == "ticket_updated"]
        last = json.loads(of_it[-1]["data"])
        assert ticket["version"] == 1 + len(changes) == last["version"]
        assert ticket["status"] == last["fields"]["status"]
        # Each is touched just before its event is written, in the same transaction.
        before = of_it[-2]["at"] if len(of_it) > 1 else 0
        assert min(before, of_it[-1]["at"]) <= ticket["updated"] <= of_it[-1]["at"]
    return int(position)
