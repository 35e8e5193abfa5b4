"""Lengths, docstrings and names of what is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TypeAlias

from tests.architecture.sources import Source, Violation

MOST_LINES_OF_FILE = 800
MOST_LINES_OF_FUNCTION = 70
FORBIDDEN_NAMES = {
    *("amt", "baz", "cnt", "foo", "helper", "helpers", "ival", "mgr", "misc", "px", "qty", "stuff", "util", "utils"),
}
# A package says what may not live in it in one of these words.
REFUSALS = re.compile(r"\b(not|nothing|never|no|none|nowhere|neither|only|nor)\b", re.IGNORECASE)

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Definition: TypeAlias = Function | ast.ClassDef
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def definitions(source: Source) -> Iterator[tuple[str, Definition, bool]]:
    """Give every class and function with its dotted name, and whether it lies within a function."""

    def walk(node: ast.AST, prefix: str, inside: bool) -> Iterator[tuple[str, Definition, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, DEFINITIONS):
                name = f"{prefix}.{child.name}"
                yield name, child, inside
                yield from walk(child, name, inside or not isinstance(child, ast.ClassDef))
            else:
                yield from walk(child, prefix, inside)

    yield from walk(source.tree, source.module, False)


def file_length_violations(source: Source) -> list[Violation]:
    """Find a file that is too long."""
    lines = source.text.count("\n") + 1
    if lines <= MOST_LINES_OF_FILE:
        return []
    return [Violation(source.module, lines, f"{lines} lines, at most {MOST_LINES_OF_FILE} allowed")]


def function_lines(node: Function) -> int:
    """Count a function's lines from its `def`, without its docstring."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node, clean=False) is not None:
        lines -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
    return lines


def function_length_violations(source: Source) -> list[Violation]:
    """Find the functions that are too long."""
    found = []
    for name, node, _ in definitions(source):
        if isinstance(node, ast.ClassDef):
            continue
        lines = function_lines(node)
        if lines > MOST_LINES_OF_FUNCTION:
            found.append(Violation(name, node.lineno, f"{lines} lines, at most {MOST_LINES_OF_FUNCTION} allowed"))
    return found


def docstring_violations(source: Source) -> list[Violation]:
    """Find what is public and undocumented, and packages that do not say what may not live in them."""
    found = []
    text = ast.get_docstring(source.tree)
    if text is None:
        found.append(Violation(source.module, 1, "the module has no docstring"))
    elif source.is_package and not REFUSALS.search(text):
        found.append(Violation(source.module, 1, "the package's docstring does not say what may not live in it"))
    for name, node, inside in definitions(source):
        hidden = any(part.startswith("_") for part in name.removeprefix(source.module).split(".")[1:])
        if not inside and not hidden and not _overload(node) and ast.get_docstring(node) is None:
            found.append(Violation(name, node.lineno, "it is public and has no docstring"))
    return found


def _overload(node: Definition) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id in ("overload", "override") for mark in node.decorator_list)


def words(name: str) -> list[str]:
    """Split a name at underscores and capitals: `orderMgr_px` gives order, mgr, px."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return [part.lower() for part in parts]


def defined_names(source: Source) -> Iterator[tuple[int, str]]:
    """Give every name the module chooses itself: its own, classes, functions, parameters, variables, aliases."""
    for part in source.module.split("."):
        yield 1, part
    for node in ast.walk(source.tree):
        if isinstance(node, DEFINITIONS):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, ast.alias) and node.asname:
            yield getattr(node, "lineno", 1), node.asname


def identifier_violations(source: Source) -> list[Violation]:
    """Find names made of words that say nothing, or of abbreviations."""
    found = []
    for line, name in defined_names(source):
        for word in FORBIDDEN_NAMES.intersection(words(name)):
            found.append(Violation(f"{source.module}: {name}", line, f"the name {name!r} uses the word {word!r}"))
    return found
