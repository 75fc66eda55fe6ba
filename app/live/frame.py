"""What travels to a page in one message: its span first, then what changes.

HTML of <hx-partial> and <hx-upsert> elements only. The span is an element of its own that swaps nothing; the page's
module reads it before htmx applies the rest, and drops the frame or asks for the whole when it does not fit.
"""

from collections.abc import Iterable

from markupsafe import escape

from app.live.journal import Position


def frame(
    to: Position,
    *,
    since: int,
    whole: bool = False,
    build: int = 0,
    token: str = "",
    happened: Iterable[str] = (),
    changes: Iterable[str] = (),
) -> str:
    """One frame. since: the last event before it that touched the page; to: where the page is afterwards.

    build: what makes the whole (app.live.builds).
    """
    names = " ".join(happened)
    attributes = [
        f'data-span="{"whole" if whole else "step"}"',
        f'data-epoch="{escape(to.epoch)}"',
        f'data-from="{since}"',
        f'data-to="{to.number}"',
    ]
    if whole:
        attributes.append(f'data-build="{build}"')
    if token:
        attributes.append(f'data-token="{escape(token)}"')
    if names:
        attributes.append(f'data-happened="{escape(names)}"')
    span = f'<hx-partial hx-target="#live" hx-swap="none" {" ".join(attributes)}></hx-partial>'
    return span + "".join(changes)
