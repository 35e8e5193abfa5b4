"""An indicator over whole columns: a loop over its streaming core, so that both give the same values."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from atlas.kernel.indicators.declaration import Indicator
from atlas.kernel.memory.compilation import EntryPoint
from atlas.kernel.memory.intrinsics import load_float, store_float
from atlas.records.errors import InvalidRequestError


def one_column(update: Callable[[int, float], float]) -> Callable[..., int]:
    """Make the loop for an indicator of one input."""

    def series(address: int, output: int, answers: int, count: int, first: int) -> int:
        for index in range(count):
            update(address, load_float(first + index * 8))
            store_float(answers + index * 8, load_float(output))
        return count

    return series


def two_columns(update: Callable[[int, float, float], float]) -> Callable[..., int]:
    """Make the loop for an indicator of two inputs."""

    def series(address: int, output: int, answers: int, count: int, first: int, second: int) -> int:
        for index in range(count):
            update(address, load_float(first + index * 8), load_float(second + index * 8))
            store_float(answers + index * 8, load_float(output))
        return count

    return series


def three_columns(update: Callable[[int, float, float, float], float]) -> Callable[..., int]:
    """Make the loop for an indicator of three inputs."""

    def series(address: int, output: int, answers: int, count: int, first: int, second: int, third: int) -> int:
        for index in range(count):
            place = index * 8
            update(address, load_float(first + place), load_float(second + place), load_float(third + place))
            store_float(answers + place, load_float(output))
        return count

    return series


LOOPS: dict[int, Callable[[Any], Any]] = {1: one_column, 2: two_columns, 3: three_columns}


@cache
def series_entry(indicator: type[Indicator]) -> EntryPoint:
    """Return the entry point that runs an indicator over columns at addresses."""
    update = indicator.methods["update"]
    series: Any = LOOPS[len(update.inputs)](update.core)
    series.__qualname__ = f"{indicator.__name__}_series"
    words = ", ".join(["i8"] * (4 + len(update.inputs)))
    return EntryPoint(series, f"i8({words})")


def vectorised(indicator: Indicator, *columns: Any, output: str = "value") -> np.ndarray[Any, Any]:
    """Run a fresh copy of `indicator` over whole columns.

    Parameters
    ----------
    indicator : Indicator
        Its arguments count, its state does not.
    *columns : array_like of float, shape (n,)
        What `update` takes, in its order: prices; or highs, lows and closes.
    output : str
        Which output is wanted, such as ``upper``.

    Returns
    -------
    numpy.ndarray of float, shape (n,)
        NaN where the indicator is not ready.

    Raises
    ------
    InvalidRequestError
        The columns are too many, too few or of different lengths, or there is no such output.
    """
    kind: Any = type(indicator)
    if "update" not in kind.methods:
        raise InvalidRequestError(f"{kind.__name__} has no vectorised form")
    names = kind.methods["update"].inputs
    arrays = [np.ascontiguousarray(column, np.float64) for column in columns]
    if len(arrays) != len(names) or any(array.shape != (len(arrays[0]),) for array in arrays):
        raise InvalidRequestError(f"{kind.__name__} needs columns of one length: {', '.join(names)}")
    if output not in kind.outputs:
        raise InvalidRequestError(f"{kind.__name__} has no output {output!r}, only {', '.join(kind.outputs)}")
    fresh = indicator.copy()
    memory = np.zeros(fresh.state_bytes // 8, np.int64)
    fresh.initialize(memory[: kind.dtype.itemsize // 8].view(kind.dtype), kind.dtype.itemsize)
    answers = np.empty(len(arrays[0]))
    address = int(memory.ctypes.data)
    assert kind.dtype.fields is not None
    place = address + int(kind.dtype.fields[output][1])
    inputs = [int(array.ctypes.data) for array in arrays]
    series_entry(kind).callable(address, place, int(answers.ctypes.data), len(answers), *inputs)
    return answers
