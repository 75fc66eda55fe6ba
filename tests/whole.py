"""Whether a database holds whole changes only: nothing half, each with its event, and the reverse."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from app.config import Database
from tests.cluster import psql

Kept = Path | Database  # a file, or wherever a desk is


def _file(kept: Kept) -> Path | None:
    if isinstance(kept, Path):
        return kept
    return kept.path if kept.url.startswith("sqlite:") else None


def read(database: Kept, sql: str) -> list[dict[str, Any]]:
    """Its rows, read as any program would, not through the desk."""
    path = _file(database)
    if path is None:
        asked = f"SELECT coalesce(json_agg(to_json(r)), '[]') FROM ({sql}) r"
        return [row | _as_text(row) for row in json.loads(psql(database.url, asked))]
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(sql)]


def _as_text(row: dict[str, Any]) -> dict[str, str]:
    return {name: json.dumps(value) for name, value in row.items() if isinstance(value, dict)}


def assert_whole(database: Kept) -> int:
    """Fails if not; the number of the last event."""
    if _file(database):
        assert read(database, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        assert read(database, "PRAGMA foreign_key_check") == []
    [journal] = read(database, "SELECT position FROM journal")
    position = journal["position"]
    events = read(database, "SELECT * FROM event ORDER BY id")
    assert [event["id"] for event in events] == list(range(1, position + 1)), "the journal has a gap"
    comments = read(database, "SELECT * FROM comment ORDER BY event_id")
    added = [event for event in events if event["kind"] in ("ticket_created", "comment_added")]
    assert [(row["event_id"], row["id"], row["ticket_id"]) for row in comments] == [
        (event["id"], event["comment_id"], event["ticket_id"]) for event in added
    ], "a message without its event, or an event without its message"
    tickets = read(database, "SELECT * FROM ticket ORDER BY id")
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
