"""Writes docs/api from the docstrings: ``python -m scripts.write_api docs``.

Docstrings are read by docstring_parser; here is only what it becomes: signatures, tables, links.
"""

from __future__ import annotations

import enum
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from docstring_parser import Docstring, DocstringParam, DocstringStyle, parse

import atlas
from atlas.backtest.settings import LIMIT_KEYS
from atlas.config.keys import Key, keys_of
from atlas.config.sections import Document
from atlas.records.enums import TimeInForce
from atlas.strategy.definition import VIEWS, WITHOUT_PAYLOAD
from scripts.api_areas import AREAS, Area, Entry, catalogue
from scripts.api_words import COLUMNS, FIELDS, HOOKS

WIDTH: Final = 100
WRITTEN: Final = (
    "This page is written by `python -m scripts.write_api docs` from the docstrings; a test holds it up to date."
)
PAGES: Final = {entry.name: area.file for area in AREAS for entry in area.entries}
WORD: Final = re.compile(r"\b[A-Za-z_]\w+\b")


# --- docstrings ------------------------------------------------------------------------------------------------------


def documentation(value: Any) -> Docstring:
    """Return a docstring as its parts."""
    written = value.__doc__ if isinstance(value, type) else inspect.getdoc(value)
    return parse(inspect.cleandoc(written or ""), style=DocstringStyle.NUMPYDOC)


def parameters(doc: Docstring, section: str = "param") -> list[DocstringParam]:
    """Return the parameters of a docstring, or its attributes."""
    return [item for item in doc.params if item.args[0] == section]


def told(doc: Docstring) -> str:
    """Return summary and further sentences, in Markdown."""
    parts = [doc.short_description, doc.long_description]
    return "\n\n".join(markdown(part) for part in parts if part)


def markdown(text: str) -> str:
    """Return text with code in single backticks, for a paragraph."""
    return text.replace("``", "`").strip()


def cell(text: str | None) -> str:
    """Return text for a table's cell: one line, no bars."""
    return " ".join(markdown(text or "").split()).replace("|", "\\|")


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table without the columns that are empty in every row; empty where there are no rows."""
    rows = list(rows)
    kept = [place for place in range(len(head)) if any(row[place] for row in rows)]
    lines = [head, tuple("---" for _ in head), *rows]
    written = "".join("| " + " | ".join(line[place] for place in kept) + " |\n" for line in lines)
    return written if rows else ""


# --- names and links -------------------------------------------------------------------------------------------------


def linked(text: str, page: str) -> str:
    """Return the words of a type, those that have an entry as links."""

    def link(match: re.Match[str]) -> str:
        name = match.group()
        if name not in PAGES or name in ("backtest", "indicators"):
            return name
        file = "" if PAGES[name] == page else f"{PAGES[name]}.md"
        return f"[{name}]({file}#{name.lower()})"

    return WORD.sub(link, cell(text))


def call_of(name: str, value: Any, *, bound: bool = False) -> str:
    """Return how a thing is called: names and defaults, a line each where they are many."""
    given = list(inspect.signature(value).parameters.values())[1 if bound else 0 :]
    words, starred = [], False
    for item in given:
        if item.kind is item.KEYWORD_ONLY and not starred:
            words.append("*")
        starred = starred or item.kind in (item.KEYWORD_ONLY, item.VAR_POSITIONAL)
        words.append(as_written(item))
    line = f"{name}({', '.join(words)})"
    return line if len(line) <= WIDTH else f"{name}(\n" + "".join(f"    {word},\n" for word in words) + ")"


def as_written(item: inspect.Parameter) -> str:
    """Return a parameter with its default."""
    stars = "*" if item.kind == item.VAR_POSITIONAL else "**" if item.kind == item.VAR_KEYWORD else ""
    default = item.default
    if default is item.empty:
        return f"{stars}{item.name}"
    if isinstance(default, enum.Enum):
        return f"{item.name}={type(default).__name__}.{default.name}"
    if item.name == "time_in_force":
        return f"{item.name}=TimeInForce.{TimeInForce(default).name}"
    if isinstance(default, type):
        return f"{item.name}={default.__name__}"
    return f"{item.name}={default if isinstance(default, Decimal) else repr(default)}"


# --- entries ---------------------------------------------------------------------------------------------------------


class Page:
    """One page of the reference.

    Parameters
    ----------
    area : Area
        What stands on it.
    """

    def __init__(self, area: Area) -> None:
        self.area = area

    @cached_property
    def text(self) -> str:
        """The whole page."""
        parts = [f"# {self.area.title}\n", f"{WRITTEN}\n", f"{self.area.introduction}\n"]
        for entry in self.area.entries:
            parts += self.entry(entry)
        if self.area.file == "indicators":
            parts += ["## Every indicator\n", indicator_table()]
        return "\n".join(parts)

    def entry(self, entry: Entry) -> Iterator[str]:
        """Give the blocks of one name."""
        value, doc = entry.value, documentation(entry.value)
        yield f"## `{entry.name}`\n"
        if entry.made and callable(value) and not isinstance(value, enum.EnumMeta):
            yield f"```text\n{call_of(entry.name, value)}\n```\n"
        yield f"{told(doc)}\n"
        if entry.made and entry.name not in dir(atlas):
            yield f"It is imported by `from {entry.home} import {entry.name}`.\n"
        yield from self.sections(doc, with_parameters=entry.made)
        if isinstance(value, enum.EnumMeta):
            members: dict[str, Any] = dict(value.__members__)
            yield table(("name", "number"), ((f"`{name}`", str(int(item))) for name, item in members.items()))
        if entry.name == "Limits":
            yield limits_table()
        if entry.after:
            yield f"{entry.after}\n"
        if isinstance(value, type) and not isinstance(value, enum.EnumMeta):
            yield from self.members(value, entry.members)
        if entry.name == "Strategy":
            yield from hooks()
        if entry.name == "BacktestResult":
            yield from frames()

    def sections(self, doc: Docstring, *, with_parameters: bool = True, level: str = "**") -> Iterator[str]:
        """Give the tables of what goes in, what comes out, and what is raised."""
        for title, section in (("Parameters", "param"), ("Attributes", "attribute")):
            if section == "param" and not with_parameters:
                continue
            found = parameters(doc, section)
            if found:
                yield f"{level}{title}{level}\n"
                yield table(("name", "type", "meaning"), (self.parameter_row(item) for item in found))
        for answer in doc.many_returns:
            name = f"`{answer.return_name}`, " if answer.return_name else ""
            meaning = f": {cell(answer.description)}" if answer.description else ""
            yield f"{level}Returns{level} {name}{linked(answer.type_name or '', self.area.file)}{meaning}\n"
        if doc.raises:
            yield f"{level}Raises{level}\n"
            yield table(
                ("error", "when"),
                ((linked(item.type_name or "", self.area.file), cell(item.description)) for item in doc.raises),
            )

    def parameter_row(self, item: DocstringParam) -> tuple[str, str, str]:
        """Return a parameter as a row."""
        names = ", ".join(f"`{name.strip()}`" for name in item.arg_name.split(","))
        kind = linked(item.type_name or "", self.area.file)
        return names, f"{kind}, optional" if item.is_optional and kind else kind, cell(item.description)

    def members(self, value: type, wanted: tuple[str, ...] | None) -> Iterator[str]:
        """Give a table of a class's properties, and its methods one by one."""
        found = public_members(value) if wanted is None else {name: member_of(value, name) for name in wanted}
        simple = {name: item for name, item in found.items() if not callable(item)}
        if simple:
            yield "**Properties**\n"
            yield table(
                ("name", "meaning"), ((f"`{name}`", cell(told(documentation(i)))) for name, i in simple.items())
            )
        methods = {name: item for name, item in found.items() if callable(item)}
        short = {
            name: item
            for name, item in methods.items()
            if not documentation(item).meta and "\n" not in method_call(value, name)
        }
        if short:
            yield "**Methods**\n"
            yield table(
                ("call", "meaning"),
                ((f"`{method_call(value, name)}`", cell(told(documentation(item)))) for name, item in short.items()),
            )
        for name, item in methods.items():
            if name not in short:
                doc = documentation(item)
                yield f"### `{value.__name__}.{name}`\n"
                yield f"```text\n{method_call(value, name)}\n```\n"
                yield f"{told(doc)}\n"
                yield from self.sections(doc)


def method_call(value: type, name: str) -> str:
    """Return how a method is called."""
    bound = inspect.isfunction(inspect.getattr_static(value, name))
    return call_of(name, getattr(value, name), bound=bound)


def member_of(value: type, name: str) -> Any:
    """Return a method, or the function behind a property."""
    item = inspect.getattr_static(value, name)
    if isinstance(item, classmethod | staticmethod):
        return getattr(value, name)
    return item


def limits_table() -> str:
    """Return the risk limits: documents say what they mean, so the words are theirs."""
    keys = {key.path: key for key in keys_of(Document)}
    rows = [(name, f"`{key}`", *_of(keys[f"riskLimits.{key}"])) for name, key in LIMIT_KEYS.items()]
    return table(("name", "key of `riskLimits`", "meaning", "unit"), ((f"`{name}`", *others) for name, *others in rows))


def _of(key: Key) -> tuple[str, str]:
    return cell(key.meaning), key.unit


def untold(entry: Entry) -> list[str]:
    """Return what an entry lacks: a docstring, or a word on a parameter of it or of its methods."""
    value = entry.value
    found = [] if documentation(value).short_description else [f"{entry.name}: no docstring"]
    if entry.made and callable(value) and not isinstance(value, enum.EnumMeta):
        elsewhere = set(LIMIT_KEYS) if entry.name == "Limits" else set()
        found += [f"{entry.name}: {name}" for name in untold_parameters(value) if name not in elsewhere]
    if isinstance(value, type) and not isinstance(value, enum.EnumMeta):
        members = public_members(value) if entry.members is None else dict.fromkeys(entry.members)
        for name in members:
            item = member_of(value, name)
            found += [] if documentation(item).short_description else [f"{entry.name}.{name}: no docstring"]
            if callable(item):
                lacking = untold_parameters(item)
                # One parameter needs no more words than the method's own sentence.
                one = len(inspect.signature(item).parameters) <= 2
                found += [] if one else [f"{entry.name}.{name}: {each}" for each in lacking]
    return found


def untold_parameters(value: Any) -> list[str]:
    """Return the parameters that a docstring neither lists nor names in its text; `instrument` is told by `Context`."""
    doc = documentation(value)
    text = told(doc)
    if "Parameters are those of" in text:
        return []
    listed = {name.strip(" *") for item in doc.params for name in item.arg_name.split(",")}
    names = [name for name in inspect.signature(value).parameters if name not in {"self", "instrument"}]
    return [name for name in names if name not in listed and f"`{name}`" not in text]


def public_members(value: type) -> dict[str, Any]:
    """Return the properties and methods of a class that have a docstring of their own, in the order of its source."""
    found = {}
    for name, item in vars(value).items():
        is_member = isinstance(item, property | cached_property | classmethod) or inspect.isfunction(item)
        if not name.startswith("_") and is_member and name != "log_values":
            found[name] = member_of(value, name)
    return found


def hooks() -> Iterator[str]:
    """Give the tables of hooks, and of what each is handed."""
    yield "### Hooks\n"
    yield "A strategy has those of these methods that it defines.\n"
    known = {**dict.fromkeys(WITHOUT_PAYLOAD, ""), **{hook: name for hook, (name, _) in VIEWS.items()}}
    yield table(
        ("hook", "called"),
        (
            (f"`{hook.name.lower()}(self, ctx{f', {name}' if name else ''})`", HOOKS[hook.name.lower()])
            for hook, name in sorted(known.items())
            if hook.name.lower() in HOOKS
        ),
    )
    for name, view in dict(VIEWS.values()).items():
        yield f"**`{name}`**\n"
        yield table(("field", "meaning"), ((f"`{field}`", FIELDS[name][field]) for field in view.names or ()))


def frames() -> Iterator[str]:
    """Give the tables of the columns of a result's frames."""
    for name, columns in COLUMNS.items():
        yield f"### Columns of `{name}`\n"
        yield table(("column", "meaning"), ((f"`{column}`", words) for column, words in columns.items()))


def indicator_table() -> str:
    """Return every indicator with its parameters and what it is."""
    rows = []
    for each in catalogue():
        name = each.__name__
        doc = documentation(each)
        rows.append((f"[{name}](../indicators.md#{name.lower()})", f"`{call_of(name, each)}`", cell(told(doc))))
    return table(("name", "made by", "what it is"), rows)


def index() -> str:
    """Return the page that leads to the others."""
    parts = ["# API reference\n", f"{WRITTEN}\n", "Every public name of `import atlas`, by subject.\n"]
    rows = []
    for area in AREAS:
        names = ", ".join(f"[`{entry.name}`]({area.file}.md#{entry.name.lower()})" for entry in area.entries)
        rows.append((f"[{area.title}]({area.file}.md)", names))
    return "\n".join([*parts, table(("page", "names"), rows)])


def pages() -> dict[str, str]:
    """Return every page by its file's name."""
    return {"README.md": index(), **{f"{area.file}.md": Page(area).text for area in AREAS}}


def write_pages(folder: Path) -> None:
    """Write ``api`` into a folder; pages of areas that are no more are removed."""
    room = folder / "api"
    room.mkdir(parents=True, exist_ok=True)
    written = pages()
    for old in room.glob("*.md"):
        if old.name not in written:
            old.unlink()
    for name, text in written.items():
        (room / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
