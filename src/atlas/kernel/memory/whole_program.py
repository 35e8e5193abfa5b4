"""How Numba is led to make one machine program of an entry point and all the kernel functions it is made of.

By itself Numba makes a way in from Python for every inner function too, and one function for every constant it is
called with. Here an inner function is typed and lowered once, as a part; the parts are linked into the entry point as
internal functions, so that LLVM knows all callers: what has one caller is inlined, results travel in registers, and
what is inlined everywhere leaves no code. Parts keep machine code of their own, for callers in Python.

Imported when something is compiled, and only then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from llvmlite import binding
from llvmlite.binding import Linkage
from numba.core.codegen import JITCodeLibrary
from numba.core.types import Integer, int64, unliteral

PART_PASSES: dict[str, Any] = {"cost": "cheap"}


@lru_cache(maxsize=1)
def inline_generously(threshold: int) -> None:
    """Let LLVM inline what carries the hint to (`whole_program`) more than by default: calls were a third of the time.

    LLVM has this as an option of the process, to be set once; pass builders do not hand it on. It concerns functions
    that are compiled after it.
    """
    binding.set_option("atlas", f"-inlinehint-threshold={threshold}")


def plain(kind: Any) -> Any:
    """Type that a part is compiled for: one for all constants and widths of whole numbers."""
    whole = unliteral(kind)
    return int64 if isinstance(whole, Integer) else whole


def as_part(dispatcher: Any) -> Any:
    """Make one of Numba's functions a part of others: no way in from Python, compiled once for all whole numbers."""
    resolve = dispatcher.get_call_template

    def without_wrappers(flags: Any) -> Any:
        flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
        return flags

    dispatcher._compiler._customize_flags = without_wrappers
    dispatcher.get_call_template = lambda args, kws: resolve(
        tuple(map(plain, args)), {name: plain(kind) for name, kind in kws.items()}
    )
    return dispatcher


def shared_copy(module: Any) -> Any:
    """Copy of a part for others to link, made before its own machine code is: code generation changes the text."""
    copy = module.clone()
    for function in copy.functions:
        if not function.is_declaration and function.linkage == Linkage.external:
            function.linkage = Linkage.linkonce_odr
    return copy


def mark_rare(module: Any, rare: Collection[str]) -> None:
    """Keep rare functions out of line (names as in the source)."""
    marks = [f"{len(name)}{name}B" for name in rare]
    for function in module.functions:
        if not function.is_declaration and any(mark in function.name for mark in marks):
            function.add_function_attribute("noinline")


def mark_parts(module: Any, whole: str) -> None:
    """Make linked parts internal to the whole, and say that they are to be inlined, but for the rare ones.

    Their names become the whole's own: LLVM may give them other arguments and results there, and its loader would
    take them for the parts that other programs ask for by name.
    """
    for function in module.functions:
        if not function.is_declaration and function.linkage == Linkage.linkonce_odr:
            function.linkage = Linkage.internal
            function.name = f"{function.name}.{whole}"
            if b"noinline" not in set(function.attributes):
                function.add_function_attribute("inlinehint")


@contextmanager
def whole_program(name: str, rare: Collection[str]) -> Iterator[None]:
    """Lead Numba while it compiles the entry point `name`; `rare` are names of functions never to be inlined."""
    libraries: Any = JITCodeLibrary
    optimize: Callable[[Any], None] = libraries._optimize_final_module

    def optimize_module(library: Any) -> None:
        whole = library.name == name
        mark_rare(library._final_module, rare)
        if whole:
            mark_parts(library._final_module, name)
        passes, builder = library._codegen._module_pass_manager(**({} if whole else PART_PASSES))
        passes.run(library._final_module, builder)
        if not whole:
            library._shared_module = shared_copy(library._final_module)

    libraries._optimize_final_module = optimize_module
    try:
        yield
    finally:
        libraries._optimize_final_module = optimize
