"""An indicator over whole columns: a loop over its streaming core, so that both give the same values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from atlas.kernel.indicators.declaration import Indicator
from atlas.kernel.memory.compilation import EntryPoint, rare_function
from atlas.kernel.memory.identity import identity_of
from atlas.kernel.memory.intrinsics import load, load_float, record_at, store_float
from atlas.records.errors import InvalidRequestError

TARGET = np.dtype([("record", "i8"), ("count", "i8"), ("outputs", "i8"), ("fields", "i8"), ("answers", "i8")])
"""What a loop is told of the outputs after the first: the record's address, how many rows, how many outputs, their
places within the record (a word each), and where their columns begin, one behind the other."""
target_at = record_at(TARGET)


@rare_function
def write_others(target: int, index: int) -> None:
    """Copy the outputs after the first as they stand into their columns."""
    to = target_at(target)
    for number in range(to.outputs):
        value = load_float(to.record + load(to.fields + number * 8))
        store_float(to.answers + (number * to.count + index) * 8, value)


Read = Callable[[int], Any]


def one_column(update: Any, reads: Sequence[Read]) -> Callable[..., int]:
    """Make the loop for an indicator of one input."""
    (read,) = reads

    def series(target: int, count: int, record: int, output: int, answers: int, first: int) -> int:
        for index in range(count):
            update(record, read(first + index * 8))
            store_float(answers + index * 8, load_float(output))
            if target != 0:
                write_others(target, index)
        return count

    return series


def two_columns(update: Any, reads: Sequence[Read]) -> Callable[..., int]:
    """Make the loop for an indicator of two inputs."""
    read_1, read_2 = reads

    def series(target: int, count: int, record: int, output: int, answers: int, first: int, second: int) -> int:
        for index in range(count):
            update(record, read_1(first + index * 8), read_2(second + index * 8))
            store_float(answers + index * 8, load_float(output))
            if target != 0:
                write_others(target, index)
        return count

    return series


def three_columns(update: Any, reads: Sequence[Read]) -> Callable[..., int]:
    """Make the loop for an indicator of three inputs."""
    read_1, read_2, read_3 = reads

    def series(
        target: int, count: int, record: int, output: int, answers: int, first: int, second: int, third: int
    ) -> int:
        for index in range(count):
            place = index * 8
            update(record, read_1(first + place), read_2(second + place), read_3(third + place))
            store_float(answers + index * 8, load_float(output))
            if target != 0:
                write_others(target, index)
        return count

    return series


def four_columns(update: Any, reads: Sequence[Read]) -> Callable[..., int]:
    """Make the loop for an indicator of four inputs."""
    read_1, read_2, read_3, read_4 = reads

    def series(
        target: int,
        count: int,
        record: int,
        output: int,
        answers: int,
        first: int,
        second: int,
        third: int,
        fourth: int,
    ) -> int:
        for index in range(count):
            place = index * 8
            one, two, three = read_1(first + place), read_2(second + place), read_3(third + place)
            update(record, one, two, three, read_4(fourth + place))
            store_float(answers + index * 8, load_float(output))
            if target != 0:
                write_others(target, index)
        return count

    return series


def five_columns(update: Any, reads: Sequence[Read]) -> Callable[..., int]:
    """Make the loop for an indicator of five inputs."""
    read_1, read_2, read_3, read_4, read_5 = reads

    def series(
        target: int,
        count: int,
        record: int,
        output: int,
        answers: int,
        first: int,
        second: int,
        third: int,
        fourth: int,
        fifth: int,
    ) -> int:
        for index in range(count):
            place = index * 8
            one, two, three = read_1(first + place), read_2(second + place), read_3(third + place)
            update(record, one, two, three, read_4(fourth + place), read_5(fifth + place))
            store_float(answers + index * 8, load_float(output))
            if target != 0:
                write_others(target, index)
        return count

    return series


LOOPS: dict[int, Callable[..., Any]] = {
    1: one_column,
    2: two_columns,
    3: three_columns,
    4: four_columns,
    5: five_columns,
}


@cache
def series_entry(indicator: type[Indicator]) -> EntryPoint:
    """Return the entry point that runs an indicator over columns at addresses; it is compiled at its first call."""
    update = indicator.methods["update"]
    if len(update.inputs) not in LOOPS:
        raise InvalidRequestError(f"{indicator.__name__}: a vectorised update has 1 to {len(LOOPS)} inputs")
    reads = [load if name in update.words else load_float for name in update.inputs]
    series = LOOPS[len(update.inputs)](update, reads)
    series.__qualname__ = f"{indicator.__qualname__}_series"
    words = ", ".join(["i8"] * (5 + len(update.inputs)))
    return EntryPoint(series, f"i8({words})", True, identity_of(update.py_func), registered=False)


def column_of(indicator: type[Indicator], name: str, column: Any) -> np.ndarray[Any, Any]:
    """Return a column as its kind of numbers, contiguous.

    Raises
    ------
    InvalidRequestError
        It holds no numbers, or has more than one dimension.
    """
    kind = np.int64 if name in indicator.methods["update"].words else np.float64
    try:
        array = np.ascontiguousarray(column, kind)
    except (TypeError, ValueError) as error:
        raise InvalidRequestError(f"{indicator.__name__}: the column {name} holds no numbers: {error}") from error
    if array.ndim != 1:
        raise InvalidRequestError(f"{indicator.__name__}: the column {name} has {array.ndim} dimensions, not one")
    return array


def run_series(indicator: Indicator, columns: Sequence[Any], outputs: Sequence[str]) -> np.ndarray[Any, Any]:
    """Run a fresh copy of `indicator` over whole columns.

    Parameters
    ----------
    indicator : Indicator
        Its arguments count, its state does not.
    columns : sequence of array_like, shape (n,)
        What `update` takes, in its order.
    outputs : sequence of str
        Which outputs are wanted.

    Returns
    -------
    numpy.ndarray of float, shape (outputs, n)
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
    arrays = [column_of(kind, name, column) for name, column in zip(names, columns, strict=False)]
    if len(columns) != len(names) or any(len(array) != len(arrays[0]) for array in arrays):
        raise InvalidRequestError(f"{kind.__name__} needs columns of one length: {', '.join(names)}")
    known = ("value", *(name for name in kind.outputs if name != "value"))
    for output in outputs:
        if output not in known:
            raise InvalidRequestError(f"{kind.__name__} has no output {output!r}, only {', '.join(known)}")
    fresh = indicator.copy()
    memory = np.zeros(fresh.state_bytes // 8, np.int64)
    fresh.initialize(memory[: kind.dtype.itemsize // 8].view(kind.dtype), kind.dtype.itemsize)
    count, address = len(arrays[0]), int(memory.ctypes.data)
    places = np.array([kind.dtype.fields[output][1] for output in outputs], np.int64)
    answers = np.empty((len(outputs), count))
    others = np.zeros(1, TARGET)
    others[0] = (address, count, len(outputs) - 1, places[1:].ctypes.data, answers[1:].ctypes.data)
    target = int(others.ctypes.data) if len(outputs) > 1 else 0
    inputs = [int(array.ctypes.data) for array in arrays]
    first = address + int(places[0])
    series_entry(kind).callable(target, count, address, first, int(answers.ctypes.data), *inputs)
    return answers


def vectorised(indicator: Indicator, *columns: Any, output: str = "value") -> np.ndarray[Any, Any]:
    """Run a fresh copy of `indicator` over whole columns and give one of its outputs.

    Parameters
    ----------
    indicator : Indicator
        Its arguments count, its state does not.
    *columns : array_like, shape (n,)
        What `update` takes, in its order: prices; or highs, lows and closes.
    output : str
        Which output is wanted, such as ``upper``.

    Returns
    -------
    numpy.ndarray of float, shape (n,)
        NaN where the indicator is not ready.
    """
    answers: np.ndarray[Any, Any] = run_series(indicator, columns, (output,))[0]
    return answers
