"""The kernel calls nothing that reads the world or rounds by the machine, and is compiled in one place."""

from __future__ import annotations

import pytest

from tests.architecture.kernel_names import HOST_MODULES, compilation_violations, kernel_violations
from tests.architecture.sources import Source, package_sources, unexpected


def test_the_kernel_calls_nothing_banned() -> None:
    found = [violation for source in package_sources() for violation in kernel_violations(source)]
    assert unexpected(found, "kernel_names") == []


def test_numba_is_called_by_the_compilation_module_alone() -> None:
    found = [violation for source in package_sources() for violation in compilation_violations(source)]
    assert unexpected(found, "compilation") == []


@pytest.mark.parametrize(
    "text",
    [
        "open('x')",
        "print(1)",
        "total = sum([0.1, 0.2])",
        "round(1.5)",
        "y = x ** 2",
        "y = 2 ** 0.5",
        "x **= 2",
        "y = a @ b",
        "import math\nmath.pow(2.0, 3.0)",
        "import math\nmath.exp(1.0)",
        "import math\nmath.log(2.0)",
        "import math\nmath.sin(2.0)",
        "from math import exp",
        "import numpy as np\nnp.sum(x)",
        "import numpy as np\nnp.mean(x)",
        "import numpy as np\nlogarithm = np.log",
        "import numpy as np\nnp.random.default_rng()",
        "from numpy import std",
        "y = window.values.sum()",
        "y = prices.mean()",
    ],
)
def test_a_banned_name_is_found(text: str) -> None:
    assert len(kernel_violations(Source.parse("atlas.kernel.indicators.averages", text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "import math\nmath.sqrt(2.0)",
        "import numpy as np\nnp.sqrt(2.0)\nnp.int64(1)",
        "SCALE = 10**9\nNULL = -(2**63)",
        "y = window.sum",
    ],
)
def test_exact_arithmetic_is_let_pass(text: str) -> None:
    assert kernel_violations(Source.parse("atlas.kernel.indicators.averages", text)) == []


def test_where_nothing_is_compiled_only_the_world_is_banned() -> None:
    text = "scale = 10**exponent\nbytes_needed = sum(sizes)\nprint(scale)"
    found = kernel_violations(Source.parse("atlas.kernel.trader.creation", text))
    assert [violation.message for violation in found] == ["print() is banned in the kernel"]


@pytest.mark.parametrize("module", sorted(HOST_MODULES))
def test_a_host_module_defines_no_compiled_function(module: str) -> None:
    source = next(source for source in package_sources() if source.module == module)
    assert "kernel_function" not in source.text
    assert "entry_point" not in source.text


def test_the_kernels_bans_end_at_its_door() -> None:
    assert kernel_violations(Source.parse("atlas.analytics.metrics", "import numpy as np\nnp.mean(x) ** 2")) == []


@pytest.mark.parametrize(
    "text",
    [
        "from numba import njit",
        "import numba\n\n@numba.njit\ndef f(x):\n    return x\n",
        "import numba as nb\nnb.cfunc('i8(i8)')",
        "from numba.core import jit",
        "compile_it(function, fastmath=True)",
    ],
)
def test_a_bare_decorator_is_found(text: str) -> None:
    assert len(compilation_violations(Source.parse("atlas.strategy.compiler", text))) == 1


def test_the_compilation_module_may_call_numba() -> None:
    assert compilation_violations(Source.parse("atlas.kernel.memory.compilation", "from numba import njit")) == []
