"""A user's kernel functions are told apart by all that shapes their machine code."""

from __future__ import annotations

from types import ModuleType

import pytest

from atlas.kernel.indicators import SMA
from atlas.kernel.memory.compilation import PLAIN
from atlas.kernel.memory.identity import identity_of

MODULE = """
import math
import numpy as np
from atlas.indicators import kernel_function, method, record_at, state
from atlas.indicators import load_float

FACTOR = 2.0
STATE = state(("total", "f8"))
record = record_at(STATE)


@kernel_function
def scaled(value: float) -> float:
    return value * FACTOR


@method
def update(address: int, price: float) -> float:
    here = record(address)
    here.total += scaled(price) + math.sqrt(4.0)
    return here.total
"""


def identity(text: str) -> str:
    module = ModuleType("own")
    exec(compile(text, "own.py", "exec"), vars(module))
    return identity_of(vars(module)["update"])


def test_the_same_text_has_the_same_identity() -> None:
    assert identity(MODULE) == identity(MODULE) != ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("here.total +=", "here.total -="),
        ("FACTOR = 2.0", "FACTOR = 3.0"),
        ("value * FACTOR", "value / FACTOR"),
        ("sqrt(4.0)", "sqrt(9.0)"),
        pytest.param(
            '("total", "f8")',
            '("first", "f8"), ("total", "f8")',
            marks=pytest.mark.skipif(PLAIN, reason="records at addresses are ctypes's own functions in plain mode"),
        ),
    ],
)
def test_any_change_gives_another_identity(old: str, new: str) -> None:
    assert old in MODULE
    assert identity(MODULE.replace(old, new)) != identity(MODULE)


def test_functions_that_call_each_other_end() -> None:
    text = MODULE.replace("return value * FACTOR", "return update(0, value)")
    assert identity(text) != identity(MODULE)


def test_what_a_module_of_ones_own_holds_counts() -> None:
    numbers = ModuleType("own_numbers")
    numbers.__file__ = "own_numbers.py"
    answers = []
    for factor in (1.0, 2.0):
        vars(numbers)["FACTOR"] = factor
        module = ModuleType("own")
        vars(module)["numbers"] = numbers
        exec(compile(MODULE.replace("value * FACTOR", "value * numbers.FACTOR"), "own.py", "exec"), vars(module))
        answers.append(identity_of(vars(module)["update"]))
    assert answers[0] != answers[1]


def test_atlas_needs_none() -> None:
    assert identity_of(*SMA.methods.values()) == ""
