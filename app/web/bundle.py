"""Plain ES modules joined into one script when the desk starts: a page then loads one file instead of a dozen.

Each module becomes a function that is called once and returns what it exports. It takes the few forms of import and
export that our own modules have; lines of comment and indentation are for whoever reads the modules, and anything else
stays as it is written.
"""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import (?:\* as (\w+)|\{ ([^}]+) \}) from "\./(\w[\w-]*)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const) (\w+))", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*//.*\n|^[ \t]+|^\n", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b", re.MULTILINE)


def bundle(folder: Path, entry: str) -> bytes:
    """The module of this name and all that it imports, before it. Raises ValueError for what it cannot join."""
    joined: dict[str, str] = {}
    _join(folder, entry, joined, ())
    return "\n".join(joined.values()).encode()


def _join(folder: Path, name: str, joined: dict[str, str], importing: tuple[str, ...]) -> None:
    if name in importing:
        raise ValueError(f"{' imports '.join((*importing, name))}")
    source = _COMMENT.sub("", (folder / f"{name}.js").read_text("utf-8"))
    for found in _IMPORT.finditer(source):
        if found[3] not in joined:
            _join(folder, found[3], joined, (*importing, name))
    exported = ", ".join(_EXPORT.findall(source))
    body = _EXPORT.sub("", _IMPORT.sub(_imported, source))
    if _LEFT.search(body):
        raise ValueError(f"{name}.js has an import or export that is not understood")
    alone = not importing and body == source  # a script for other pages, where it shall leave no name
    joined[name] = source if alone else f"const {_variable(name)} = (() => {{\n{body}return {{ {exported} }};\n}})();"


def _imported(found: re.Match[str]) -> str:
    """An import as the declaration that stands for it."""
    everything, names, module = found.groups()
    what = everything or "{ %s }" % names.replace(" as ", ": ")  # noqa: UP031 - braces
    return f"const {what} = {_variable(module)};"


def _variable(module: str) -> str:
    return f"${module.replace('-', '_')}"
