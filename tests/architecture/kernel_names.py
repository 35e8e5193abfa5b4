"""What may not be called in the kernel: anything that reads the world, or whose last bit depends on the machine."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.arrows import COMPILATION
from tests.architecture.sources import Source, Violation

# Exact in every mode and on every machine; all else of `math` goes through libm.
EXACT_MATH = {"ceil", "copysign", "fabs", "floor", "inf", "isfinite", "isinf", "isnan", "nan", "sqrt", "trunc"}
MATHS = "atlas.kernel.memory.mathematics"
# Plain Python that lays a block out before the first event and is never compiled: whole-number arithmetic is exact
# there, so only what reads the world is banned.
HOST_MODULES = {"atlas.kernel.trader.creation"}
WORLD = {"eval()", "hash()", "id()", "input()", "open()", "print()", "np.random"}
# `sum` is compensated since Python 3.12, `hash` is salted, `pow` and `round` differ between modes.
BANNED_BUILTINS = {"eval", "hash", "id", "input", "open", "pow", "print", "round", "sum"}
BANNED_NUMPY = {
    *("average", "cumprod", "cumsum", "dot", "einsum", "inner", "matmul", "mean", "median", "nanmean", "nanstd"),
    *("nansum", "percentile", "prod", "quantile", "std", "sum", "trace", "var", "vdot"),
    *("cbrt", "cos", "exp", "exp2", "expm1", "log", "log10", "log1p", "log2", "power", "random", "sin", "tan", "tanh"),
}
BANNED_METHODS = {"cumsum", "dot", "mean", "prod", "std", "sum", "var"}
BARE_COMPILERS = {"cfunc", "generated_jit", "guvectorize", "jit", "jit_module", "njit", "vectorize"}


def kernel_violations(source: Source) -> list[Violation]:
    """Check one module of the kernel; other modules, and the one that compiles, give nothing."""
    if not source.module.startswith("atlas.kernel") or source.module == COMPILATION:
        return []
    return [
        Violation(f"{source.module}: {name}", line, f"{name} is banned in the kernel")
        for line, name in _banned(source)
        if source.module not in HOST_MODULES or name in WORLD
    ]


def _banned(source: Source) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            name = _banned_call(source, node)
            if name:
                yield node.lineno, name
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.MatMult) and not _whole(node):
            yield node.lineno, "the operator **" if isinstance(node.op, ast.Pow) else "the operator @"
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Pow | ast.MatMult):
            yield node.lineno, "the operator **="
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = _banned_attribute(source, node.value.id, node.attr)
            if name:
                yield node.lineno, name
        elif isinstance(node, ast.ImportFrom):
            yield from _banned_imports(source, node)


def _whole(node: ast.BinOp) -> bool:
    """Tell whether a power is one of whole literals, such as 10**9: exact, and folded before it runs."""
    parts = (node.left, node.right)
    return all(isinstance(part, ast.Constant) and isinstance(part.value, int) for part in parts)


def _banned_call(source: Source, node: ast.Call) -> str | None:
    function = node.func
    if isinstance(function, ast.Name) and function.id in BANNED_BUILTINS:
        return f"{function.id}()"
    is_module = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
    if is_module and isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        is_module = function.value.id in ("np", "numpy", "math")
    if isinstance(function, ast.Attribute) and not is_module and function.attr in BANNED_METHODS:
        if ast.unparse(function.value).startswith("self."):  # a method of our own, not NumPy's
            return None
        return f".{function.attr}()"
    return None


def _banned_attribute(source: Source, base: str, name: str) -> str | None:
    if base in ("np", "numpy") and name in BANNED_NUMPY:
        return f"np.{name}"
    if base == "math" and name not in EXACT_MATH and source.module != MATHS:
        return f"math.{name}"
    return None


def _banned_imports(source: Source, node: ast.ImportFrom) -> Iterator[tuple[int, str]]:
    for alias in node.names:
        name = _banned_attribute(source, node.module or "", alias.name)
        if name:
            yield node.lineno, name


def compilation_violations(source: Source) -> list[Violation]:
    """Find Numba's own decorators and `fastmath` anywhere in `atlas` but in the compilation module."""
    if source.module == COMPILATION:
        return []
    found = []
    for node in ast.walk(source.tree):
        name = None
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "numba":
            name = next((alias.name for alias in node.names if alias.name in BARE_COMPILERS), None)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("numba", "nb"):
            name = node.attr if node.attr in BARE_COMPILERS else None
        elif isinstance(node, ast.keyword) and node.arg == "fastmath":
            name = "fastmath"
        if name:
            message = f"{name} belongs in {COMPILATION} alone: use its decorators"
            found.append(Violation(f"{source.module}: {name}", getattr(node, "lineno", 0), message))
    return found
