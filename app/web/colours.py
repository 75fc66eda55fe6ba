"""An accent colour of somebody else's choice, made readable on our grounds (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from collections.abc import Iterable

LIGHT, DARK = "#ffffff", "#22252b"  # the grounds of static/css/palette.css on which the least contrast is left
ENOUGH = 4.5  # contrast of text
STEP = 0.04  # towards black or white


def accent_sheet(colour: str) -> str:
    """A style sheet that sets the accent from six hexadecimal digits; an empty one for anything else."""
    if not re.fullmatch(r"[0-9a-fA-F]{6}", colour):
        return ""
    accent = f"#{colour.lower()}"
    on = max(("#ffffff", "#000000"), key=lambda text: contrast(text, accent))
    readable = f"light-dark({_readable(accent, on=LIGHT)}, {_readable(accent, on=DARK)})"
    return (
        f":root {{ --accent: {accent}; --on-accent: {on}; --accent-text: {readable}; "
        f"--accent-hover: color-mix(in srgb, {accent} 88%, {'black' if on == '#ffffff' else 'white'}); "
        f"--accent-ground: color-mix(in srgb, {accent} 12%, var(--ground)); }}\n"
    )


def contrast(one: str, other: str) -> float:
    """From 1 to 21, as WCAG 2.2 defines the contrast ratio of two colours written #rrggbb."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _readable(colour: str, *, on: str) -> str:
    """The colour, made darker or lighter until it can be read on this ground."""
    end = 0 if _luminance(on) > 0.5 else 255
    while contrast(colour, on) < ENOUGH:
        colour = _written(channel + (end - channel) * STEP + (-1 if end == 0 else 1) for channel in _channels(colour))
    return colour


def _luminance(colour: str) -> float:
    parts = [channel / 255 for channel in _channels(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _written(channels: Iterable[float]) -> str:
    return "#" + "".join(f"{min(255, max(0, round(channel))):02x}" for channel in channels)
