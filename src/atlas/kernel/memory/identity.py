"""What tells kernel functions outside Atlas apart: a hash of all that shapes their machine code.

Atlas's own functions are covered by the hash of the build. A user's function may change from one run to the next, and
two files may hold functions of one name: what the object cache keeps of them goes by this.
"""

from __future__ import annotations

import hashlib
import types
from typing import Any

import numpy as np

from atlas.kernel.memory.compilation import Intrinsic, KernelFunction

CONSTANTS = (int, float, bool, str, bytes, complex, type(None), np.dtype, np.generic)


def identity_of(*values: Any) -> str:
    """Return a hash of functions and what they are made of; empty where all are Atlas's own functions."""
    if all(is_own(value) for value in values):
        return ""
    parts = tuple(describe(value, ()) for value in values)
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()


def is_own(value: Any) -> bool:
    """Whether a function or class is part of Atlas."""
    return (getattr(value, "__module__", None) or "").partition(".")[0] == "atlas"


def describe(value: Any, outer: tuple[Any, ...]) -> object:
    """Return what tells a value from another one, as something whose text is the same in every process."""
    if isinstance(value, CONSTANTS):
        return repr(value)
    if isinstance(value, tuple):
        return tuple(describe(item, outer) for item in value)
    if isinstance(value, KernelFunction):
        return describe(value.py_func, outer)
    if isinstance(value, Intrinsic):
        return describe(value.function, outer)
    if isinstance(value, types.FunctionType):
        return value.__qualname__ if value in outer else describe_function(value, (*outer, value))
    if isinstance(value, types.ModuleType):
        return value.__name__
    if hasattr(value, "__wrapped__"):
        return describe(value.__wrapped__, outer)
    return (type(value).__qualname__, getattr(value, "__module__", ""), getattr(value, "__qualname__", ""))


def describe_function(function: types.FunctionType, outer: tuple[Any, ...]) -> object:
    """Describe a function: its code, defaults and closure, and what it mentions unless it is Atlas's own."""
    closure = tuple(describe(cell.cell_contents, outer) for cell in function.__closure__ or ())
    name = (function.__module__, function.__qualname__)
    if is_own(function):
        return (*name, closure)
    mentioned = mentioned_names(function.__code__)
    read = [
        (known, describe_mentioned(value, mentioned, outer))
        for known, value in sorted(function.__globals__.items())
        if known in mentioned
    ]
    return (*name, describe_code(function.__code__), describe(function.__defaults__, outer), closure, read)


def describe_mentioned(value: Any, mentioned: set[str], outer: tuple[Any, ...]) -> object:
    """Describe a global value; of a module that is not Atlas's, what the function may take from it too."""
    if not isinstance(value, types.ModuleType) or is_own(value) or not hasattr(value, "__file__"):
        return describe(value, outer)
    taken = {name: vars(value)[name] for name in sorted(mentioned & vars(value).keys())}
    return (value.__name__, [(name, describe(item, outer)) for name, item in taken.items()])


def describe_code(code: types.CodeType) -> object:
    """Describe compiled Python: instructions, names and constants, those of functions within it too."""
    constants = tuple(
        describe_code(item) if isinstance(item, types.CodeType) else repr(item) for item in code.co_consts
    )
    return (code.co_code, code.co_names, code.co_varnames, constants)


def mentioned_names(code: types.CodeType) -> set[str]:
    """Names that a piece of code mentions, those within it too."""
    names = set(code.co_names)
    for item in code.co_consts:
        if isinstance(item, types.CodeType):
            names |= mentioned_names(item)
    return names
