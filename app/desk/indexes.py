"""Indexes of some rows only."""

from typing import Any

from tortoise.indexes import Index

NULLS_LAST = {"due"}


class IndexWhere(Index):
    """An index of those rows only that meet a condition, which a query must state in the same words to be served.

    A column that may be empty has its empty ones last: fields of NULLS_LAST.
    """

    def __init__(self, *, fields: tuple[str, ...], name: str, where: str) -> None:
        super().__init__(fields=fields, name=name)
        self.where, self.extra = where, f" WHERE {where}"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        path, arguments, named = super().deconstruct()
        return path, arguments, {**named, "where": self.where}

    @property
    def field_names(self) -> list[str]:
        """What is indexed, in SQL."""
        return [part for name in self.fields for part in ([f"({name} IS NULL)"] * (name in NULLS_LAST) + [name])]
