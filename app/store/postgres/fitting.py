"""What fits a column of PostgreSQL, where another store takes anything. Left to the server: what JSON may hold."""

from app.store.rows import Column

# https://www.postgresql.org/docs/current/datatype-numeric.html
BEYOND = {"SMALLINT": 2**15, "INT": 2**31, "BIGINT": 2**63}


def misfit(column: Column, value: object) -> str:
    """Why this value can be in no row, in words; nothing: it can."""
    if value is None:
        return ""
    if column.kind in BEYOND:
        return _number(value, BEYOND[column.kind])
    if column.kind == "BOOL":
        return "" if value in (0, 1) else "it is neither true nor false"
    if column.kind == "BYTEA":
        return "" if isinstance(value, bytes) else "it is no bytes"
    return _text(value, column.longest)


def _number(value: object, beyond: int) -> str:
    if not isinstance(value, int):
        return "it is no whole number"
    return "" if -beyond <= value < beyond else f"the number is beyond {beyond - 1}"


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str):
        return "it is no text"
    if "\0" in value:
        return "the text holds a NUL"
    return f"the text is longer than {longest} characters" if longest and len(value) > longest else ""
