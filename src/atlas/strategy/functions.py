"""Rewritten functions: trees compiled to Python functions again, over a frozen copy of the names they read."""

from __future__ import annotations

import ast
import builtins
import enum
import hashlib
import math
import types
from typing import Any

from atlas.records.errors import StrategyCompileError
from atlas.strategy.rewriting import MISSING, WHOLE, Rewrite, rewrite
from atlas.strategy.source import FunctionSource, is_constant, is_user_function, source_of


def whole(value: Any) -> Any:
    """Return a whole number or boolean as it is.

    Raises
    ------
    TypeError
        The value is a float: a field declared `int` does not cut off fractions silently.
    """
    if isinstance(value, float):
        raise TypeError("a float can't be stored in an int field; write int(...)")
    return value


class Functions:
    """The functions of one strategy, rewritten; those that hooks call are found through what they mention.

    Parameters
    ----------
    plan : Rewrite
        Its lists of symbols, texts and columns are shared by all.
    """

    def __init__(self, symbols: list[str], texts: dict[int, str], columns: list[str]) -> None:
        self.symbols, self.texts, self.columns = symbols, texts, columns
        self.called: dict[types.FunctionType, types.FunctionType] = {}
        self.sources: list[FunctionSource] = []
        self._in_progress: list[types.FunctionType] = []

    def build(self, source: FunctionSource, plan: Rewrite, name: str, owner: type | None = None) -> types.FunctionType:
        """Rewrite a function.

        Parameters
        ----------
        source : FunctionSource
            Of the function.
        plan : Rewrite
            How.
        name : str
            Qualified name that the new function gets.
        owner : type, optional
            Class that `super()` and `__class__` refer to.
        """
        plan.symbols, plan.texts, plan.columns = self.symbols, self.texts, self.columns
        tree = rewrite(source.tree(), plan)
        if plan.is_hook and plan.native and len(tree.args.args) == 2:
            tree.args.args.append(ast.copy_location(ast.arg("payload__"), tree))
        factory = ast.parse("def factory(__class__):\n    return None").body[0]
        assert isinstance(factory, ast.FunctionDef)
        answer = ast.copy_location(ast.Return(ast.Name(tree.name, ast.Load())), tree)
        factory.body = [tree, answer]
        module = ast.fix_missing_locations(ast.Module([factory], []))
        space: dict[str, Any] = {}
        exec(compile(module, source.file, "exec"), self.namespace(source), space)
        function: types.FunctionType = space["factory"](owner)
        function.__defaults__ = source.function.__defaults__
        function.__kwdefaults__ = source.function.__kwdefaults__
        function.__qualname__ = name
        function.__module__ = __name__
        return function

    def namespace(self, source: FunctionSource) -> dict[str, Any]:
        """Return the frozen names a function reads; functions among them are rewritten."""
        names = {
            name: self.called_function(value) if is_user_function(value) else value
            for name, value in source.names.items()
        }
        return {"__builtins__": builtins, "__name__": __name__, WHOLE: whole, MISSING: math.nan, **names}

    def called_function(self, function: types.FunctionType) -> types.FunctionType:
        """Return the rewritten form of a plain function that a hook, or another such function, calls."""
        if function in self.called or function is whole:
            return self.called.get(function, function)
        source = source_of(function)
        if function in self._in_progress:
            raise source.error(f"{function.__name__} calls itself; write a loop", source.first_line)
        self._in_progress.append(function)
        name = f"{function.__qualname__}_{hash_of(describe_function(source))}"
        new = self.build(source, Rewrite(context=context_name(function)), name)
        self._in_progress.pop()
        self.called[function] = new
        self.sources.append(source)
        return new


def context_name(function: types.FunctionType) -> str:
    """Return the name of the parameter that is the context, by custom; empty when there is none."""
    code = function.__code__
    return next((name for name in code.co_varnames[: code.co_argcount] if name in ("ctx", "context")), "")


def hash_of(*parts: object) -> str:
    """Return a short hash of the text of some values."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()


def describe_function(source: FunctionSource, outer: tuple[types.FunctionType, ...] = ()) -> tuple[object, ...]:
    """Return all that shapes a function's code, as values whose text is the same in every process."""
    function = source.function
    if function in outer:
        raise StrategyCompileError(f"{function.__name__} calls itself; write a loop", source.file, source.first_line)
    names = sorted(source.names.items())
    described = tuple((name, describe_value(value, (*outer, function))) for name, value in names)
    defaults = (function.__defaults__, sorted((function.__kwdefaults__ or {}).items()))
    return (source.file, source.first_line, source.text, repr(defaults), described)


def describe_value(value: Any, outer: tuple[types.FunctionType, ...]) -> object:
    """Return what tells a global value from another one."""
    if isinstance(value, types.ModuleType):
        return value.__name__
    if is_user_function(value):
        return describe_function(source_of(value), outer)
    if isinstance(value, type):
        members = [(item.name, int(item)) for item in value] if issubclass(value, enum.IntEnum) else []
        return (value.__module__, value.__qualname__, members)
    if hasattr(value, "py_func"):
        return describe_function(source_of(value.py_func), outer)
    return (type(value).__name__, repr(value) if is_constant(value) else getattr(value, "__name__", ""))
