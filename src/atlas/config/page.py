"""
Writes what is made of the declared keys: ``python -m atlas.config.page docs``.

That is the tables of docs/configuration.md, and docs/run.schema.json, by which editors complete documents.
"""

import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from .keys import Key, as_written, keys_of
from .schema import SCHEMA, schema_text
from .sections import Document

BEGIN: Final = "<!-- keys: begin -->\n"
END: Final = "<!-- keys: end -->\n"
_HEAD: Final = ("key", "meaning", "unit", "value", "default", "example", "in Python")


def tables() -> str:
    """Return a table of the document's own keys, and one of each section below it."""
    found = list(keys_of(Document))
    tables_of = _tables_of(found)
    parts = [_table((key for key in found if "." not in key.path), tables_of)]
    for section, path in tables_of.items():
        below = (key for key in found if key.path == f"{path}.{key.name}")
        parts.append(f"### `{path}`\n\n{_introduction(section)}\n\n{_table(below, tables_of)}")
    return "\n".join(parts)


def _tables_of(found: list[Key]) -> dict[type[Any], str]:
    """Path under which the table of each section stands: the first that holds such a section."""
    first: dict[type[Any], str] = {}
    for key in found:
        if key.section is not None:
            first.setdefault(key.section, key.below)
    return first


def _introduction(section: type[Any]) -> str:
    return inspect.getdoc(section) or ""


def _table(keys: Iterator[Key], tables_of: Mapping[type[Any], str]) -> str:
    rows = [_row(key, tables_of) for key in keys]
    used = [place for place, _ in enumerate(_HEAD) if any(row[place] for row in rows)]
    lines = [_HEAD, tuple("---" for _ in _HEAD), *rows]
    return "".join("| " + " | ".join(line[place] for place in used) + " |\n" for line in lines)


def _row(key: Key, tables_of: Mapping[type[Any], str]) -> tuple[str, ...]:
    meaning = f"{key.meaning}; not available yet" if key.later else key.meaning
    kind = key.kind
    if key.section is not None:
        path = tables_of[key.section]
        anchor = "".join(letter for letter in path.lower() if letter.isalnum() or letter in "_-")
        listed = {"[]": "list, each with ", key.path[-2:]: ""}.get(key.below[-2:], "by name, each with ")
        keys = "keys of its own" if path == key.below else f"the keys of `{path}`"
        kind = f"{'text, or ' if key.kind == 'text' else ''}{listed}[{keys}](#{anchor})"
    cells = (
        f"`{key.name}`",
        meaning,
        key.unit,
        kind,
        key.default,
        f"`{as_written(key.example)}`",
        key.python and f"`{key.python}`",
    )
    return tuple(cell.replace("|", "\\|") for cell in cells)


def with_tables(page: str) -> str:
    """Return the page with its tables as they are today; what a person wrote around them stays."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no place for the tables: {BEGIN.strip()} and {END.strip()}")
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


def write_page(folder: Path) -> Path:
    """Bring the tables of ``configuration.md`` in a folder, and the schema beside it, up to date."""
    path = folder / "configuration.md"
    path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")
    (folder / SCHEMA).write_text(schema_text(), encoding="utf-8")
    return path


if __name__ == "__main__":
    write_page(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
