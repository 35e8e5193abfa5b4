"""The source of hooks, methods and functions they call: found, parsed, and what they mention gathered."""

from __future__ import annotations

import ast
import builtins
import enum
import inspect
import textwrap
import types
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from atlas.records.errors import StrategyCompileError

IMMUTABLE = (int, float, bool, str, bytes, type(None), enum.Enum, np.generic)


@dataclass(frozen=True, eq=False)
class FunctionSource:
    """A Python function as text, tree and names.

    Parameters
    ----------
    function : FunctionType
        As the user wrote it.
    text : str
        Its source, dedented.
    indent : int
        Columns that were taken away.
    """

    function: types.FunctionType
    text: str
    indent: int

    @property
    def file(self) -> str:
        """File it stands in; a notebook's cell has a name of its own."""
        return self.function.__code__.co_filename

    @property
    def first_line(self) -> int:
        """One-based line of its first decorator or of its `def`."""
        return self.function.__code__.co_firstlineno

    @property
    def last_line(self) -> int:
        """One-based last line."""
        return self.first_line + self.text.rstrip("\n").count("\n")

    @property
    def name(self) -> str:
        """Name of the function."""
        return self.function.__name__

    def tree(self) -> ast.FunctionDef:
        """Return a fresh tree whose lines and columns are the file's."""
        node = ast.parse(self.text).body[0]
        if not isinstance(node, ast.FunctionDef):
            raise self.error("only functions written with `def` can be part of a strategy", self.first_line)
        ast.increment_lineno(node, self.first_line - 1)
        for child in ast.walk(node):
            if isinstance(child, ast.expr | ast.stmt):
                child.col_offset += self.indent
                child.end_col_offset = (child.end_col_offset or 0) + self.indent
        return node

    def line(self, number: int) -> str:
        """Return a line of the file, given its one-based number, without surrounding blanks."""
        lines = self.text.splitlines()
        place = number - self.first_line
        return lines[place].strip() if 0 <= place < len(lines) else ""

    def error(self, reason: str, line: int) -> StrategyCompileError:
        """Make the error that names the line and the reason."""
        source_line = self.line(line)
        text = f"{reason}\n    {source_line}" if source_line else reason
        return StrategyCompileError(text, file=self.file, line=line, hook=self.name)

    @cached_property
    def names(self) -> dict[str, Any]:
        """Values of the global and enclosing names it reads; builtins and unknown names are left out."""
        code = self.function.__code__
        local = {*code.co_varnames, *code.co_cellvars}
        enclosing = closure_of(self.function)
        found = {}
        for node in ast.walk(self.tree()):
            if isinstance(node, ast.Name) and node.id not in local and node.id not in found:
                if node.id in enclosing:
                    found[node.id] = enclosing[node.id]
                elif node.id in self.function.__globals__:
                    found[node.id] = self.function.__globals__[node.id]
        return found

    @cached_property
    def statement_lines(self) -> dict[int, int]:
        """For each line, the first line of the innermost statement that it is part of."""
        lines: dict[int, int] = {}
        for node in ast.walk(self.tree()):  # breadth first: inner statements come later and win
            if isinstance(node, ast.stmt):
                for line in range(node.lineno, header_end(node) + 1):
                    lines[line] = node.lineno
        return lines


def header_end(node: ast.stmt) -> int:
    """Last line of a statement, or of the head of a compound one."""
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if isinstance(body, list) and body:
        first = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
        return max(node.lineno, int(first.lineno) - 1)
    return node.end_lineno or node.lineno


def closure_of(function: types.FunctionType) -> dict[str, Any]:
    """Values of the enclosing functions' variables; those not yet set and `__class__` are left out."""
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            continue
    found.pop("__class__", None)
    return found


def is_typed(function: types.FunctionType) -> bool:
    """Whether a function was typed into a shell, not written in a file."""
    return function.__code__.co_filename.startswith("<")


def without_text(function: types.FunctionType) -> StrategyCompileError:
    """Make the error of a function whose text nobody kept, and say where it would be kept."""
    file = function.__code__.co_filename
    typed = is_typed(function)
    remedy = (
        "plain Python keeps no text of what is typed into it: save the class in a file and import it, or type it into "
        "IPython or a notebook"
        if typed
        else "write the class in a file"
    )
    return StrategyCompileError(
        f"the source of {function.__qualname__} can't be found; {remedy}", file="" if typed else file
    )


@cache
def source_of(function: types.FunctionType) -> FunctionSource:
    """Find and parse a function's source.

    Raises
    ------
    StrategyCompileError
        The source is nowhere to be found.
    """
    try:
        lines, _ = inspect.getsourcelines(function)
    except (OSError, TypeError) as error:
        raise without_text(function) from error
    text = textwrap.dedent("".join(lines))
    if is_typed(function) and f"def {function.__name__}" not in text:  # a shell that gives the text of something else
        raise without_text(function)
    indent = len(lines[0]) - len(lines[0].lstrip())
    return FunctionSource(function, text, indent)


def is_constant(value: Any) -> bool:
    """Whether a value can't change, so that compiled code may hold it."""
    if isinstance(value, tuple):
        return all(is_constant(item) for item in value)
    return isinstance(value, IMMUTABLE)


def is_user_function(value: Any) -> bool:
    """Whether a value is a Python function that has to be compiled along."""
    return isinstance(value, types.FunctionType)


def is_let_pass(value: Any) -> bool:
    """Whether the compiler is to make of a value what it can: modules, classes, builtins, compiled functions."""
    if isinstance(value, types.ModuleType | type | types.BuiltinFunctionType | np.ufunc):
        return True
    return hasattr(value, "py_func") or type(value).__module__.split(".")[0] in ("numba", "numpy", "builtins")


def is_builtin(name: str) -> bool:
    """Whether a name is one of Python's own."""
    return hasattr(builtins, name)
