"""What people typed into a form that a request brings: kept in the page, whatever else the page says."""

from dataclasses import dataclass

from quart import request
from werkzeug.exceptions import HTTPException

# What people type as words; everything else they choose.
READ = ("subject", "body", "tags", "add-tags", "remove-tags", "due", "name", "origins")
MARKS = ("as", "key", "version", "seen", "draft", "anyway")  # that only say which form it is, and of what


@dataclass(frozen=True)
class Unsent:
    """A form that could not be taken as it came. path: where it is for. fields: all of it, in order."""

    path: str
    fields: tuple[tuple[str, str], ...]

    @property
    def is_empty(self) -> bool:
        return not any(value for name, value in self.fields if name not in MARKS)

    def is_read(self, name: str) -> bool:
        return name in READ


async def words() -> str:
    """What was typed into the form of this request, to be read and copied; nothing where there is no form."""
    try:
        typed = await request.form if request.method == "POST" else {}
    except HTTPException:  # too large, or no form
        return ""
    return "\n\n".join(filter(None, (typed.get(name, "").strip() for name in READ)))
