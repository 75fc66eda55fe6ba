"""What PostgreSQL did with each statement, as the server itself tells it (auto_explain): inside functions too."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.config import Database
from tests.cluster import Cluster, name_of

PLANS = re.compile(r"LOG:  duration: \S+ ms  plan:\n((?:\t.*\n)+)")
OTHERS = {"Bitmap Index Scan", "CTE Scan", "Function Scan", "Subquery Scan", "WorkTable Scan"}  # which read no rows
SETTINGS = {"log_min_duration": "0", "log_nested_statements": "on", "log_format": "json", "log_analyze": "on"}


@dataclass(frozen=True)
class Plan:
    """As it was run."""

    sql: str
    root: dict[str, Any]

    def steps(self, of: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        of = of or self.root
        yield of
        for below in of.get("Plans", ()):
            yield from self.steps(below)

    @property
    def scanned(self) -> set[str]:
        """Tables that were gone through from their beginning."""
        return {step["Relation Name"] for step in self.steps() if step["Node Type"] == "Seq Scan"}

    @property
    def indexes(self) -> set[str]:
        return {step["Index Name"] for step in self.steps() if "Index Name" in step}

    @property
    def read(self) -> int:
        """Rows that were looked at, those that were thrown away too."""
        removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
        return sum(
            round(step["Actual Loops"] * (step["Actual Rows"] + sum(step.get(name, 0) for name in removed)))
            for step in self.steps()
            if step["Node Type"].endswith("Scan") and step["Node Type"] not in OTHERS
        )

    @property
    def sorted(self) -> int:
        """Rows that were put in order, at most at once."""
        sorts = (step for step in self.steps() if step["Node Type"] in ("Sort", "Incremental Sort"))
        return max((below["Actual Rows"] for step in sorts for below in step["Plans"]), default=0)

    def __str__(self) -> str:
        steps = (f"{step['Node Type']} {step.get('Index Name', '')} {step['Actual Rows']}" for step in self.steps())
        return f"{self.read} read, {self.sorted} sorted, {self.scanned} scanned: {' < '.join(steps)}\n{self.sql}"


class Explained:
    """The plans of a database's sessions, from when they are begun."""

    def __init__(self, cluster: Cluster, database: Database) -> None:
        """Raises RuntimeError where the server came without auto_explain."""
        cluster.ask("LOAD 'auto_explain'")
        alter = f"ALTER DATABASE {name_of(database)} SET"
        cluster.ask(f"{alter} session_preload_libraries = 'auto_explain'")
        for name, value in SETTINGS.items():
            cluster.ask(f"{alter} auto_explain.{name} = '{value}'")
        self._log = cluster.folder / "log"
        self.forget()

    def forget(self) -> None:
        self._at = self._log.stat().st_size

    def plans(self) -> list[Plan]:
        """Of the desk's statements since then; the driver asks about types."""
        with self._log.open("rb") as log:
            log.seek(self._at)
            told = [json.loads(found[1]) for found in PLANS.finditer(log.read().decode())]
        return [Plan(one["Query Text"], one["Plan"]) for one in told if "pg_catalog" not in one["Query Text"]]
