"""The orders of lists: as SQL, and as a row's place among the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.desk.models import Status

EMPTY_LAST = {"due", "waiting_since"}  # columns
MOMENT = 16  # digits, until the year 2286


@dataclass(frozen=True)
class Order:
    """By a column, then by number in the same direction. pending_last: before that, what is pending after the rest."""

    column: str
    descending: bool = False
    pending_last: bool = False

    def sql(self, sign: str) -> str:
        """sign: before each column, see Dialect.unindexed."""
        direction = "DESC" if self.descending else "ASC"
        parts = [f"{sign}(t.status = 'pending')"] if self.pending_last else []
        parts += [f"{sign}(t.{self.column} IS NULL)"] if self.column in EMPTY_LAST else []
        parts += [f"{sign}t.{self.column} {direction}"] if self.column != "id" else []
        return ", ".join([*parts, f"{sign if self.column == 'id' else ''}t.id {direction}"])

    def key(self, row: Mapping[str, Any]) -> str:
        """A row's place in this order as fixed-width digits, the id last: what htmx puts a row in its place by.

        The list goes up or down by it as a whole: what stands last in one that goes down begins with the lower digit.
        """
        turn = str(int((row["status"] == Status.PENDING) != self.descending)) if self.pending_last else ""
        return f"{turn}{self._place(row[self.column])}{row['id']:010d}"

    def _place(self, value: Any) -> str:
        match self.column:
            case "id":
                return ""
            case "due":
                return (value or "9999-99-99").replace("-", "")
            case "priority":
                return str(int(value))
            case _:
                return "9" * MOMENT if value is None else f"{value:0{MOMENT}d}"


BY_NUMBER = Order("id", descending=True)
OF_STAFF = {  # by their names in URLs, in the order of the menu
    "-heard": Order("heard", descending=True),
    "waiting": Order("waiting_since"),
    "-updated": Order("updated", descending=True),
    "updated": Order("updated"),
    "-created": Order("created", descending=True),
    "created": Order("created"),
    "-priority": Order("priority", descending=True),
    "due": Order("due"),
}
OF_REQUESTER = {
    "-updated": Order("updated_public", descending=True),
    "updated": Order("updated_public"),
    "-created": Order("created", descending=True),
    "created": Order("created"),
}
