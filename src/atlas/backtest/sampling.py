"""Indicators of a run over time, read from a second run of the same engine that stops to look.

A run itself keeps no values of its strategies' fields: it costs nothing to be able to draw them. The second run is the
same to the bit, so what is read is what the hooks saw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from atlas.analytics import IndicatorLine
from atlas.analytics.returns import FloatArray, IntArray
from atlas.backtest.engine import Engine
from atlas.kernel import simulate as loop
from atlas.kernel.indicators import Indicator, Window
from atlas.records.errors import StrategyError
from atlas.strategy.binding import BoundStrategy, records_of
from atlas.strategy.fields import Field, entry_dtype

MOST_SAMPLES: Final = 100_000
MOST_VALUES: Final = 1_200_000
MOST_SERIES: Final = 240
LONGEST_SECONDS: Final = 5.0
"""A run that took longer is not run again for a chart."""


@dataclass(frozen=True, slots=True)
class _Probe:
    """One output of an indicator of one instrument, where it lies in the block."""

    instrument: int
    field: str
    label: str
    view: Any

    def read(self) -> float:
        return float(self.view[0])


def indicator_lines(engine: Engine, most_samples: int = MOST_SAMPLES) -> list[IndicatorLine]:
    """Return the indicators that the strategies of a run declared, as they stood after records of the run.

    Parameters
    ----------
    engine : Engine
        After its run.
    most_samples : int
        Moments to look at, evenly spaced among those at which bars ended; every one where there are no more.

    Returns
    -------
    list of IndicatorLine
        None of an open strategy, whose state is its own, nor of a run that took long.
    """
    count = int(engine.trader.rows("world")[0]["cursor"])
    wanted = any(not bound.definition.is_open and _indicators(bound) for bound in engine.bound)
    closed = all(not bound.definition.is_open for bound in engine.bound)
    if not count or not wanted or not closed or engine.wall_seconds > LONGEST_SECONDS:
        return []
    again = Engine(engine.history, [definition.instance for definition in engine.definitions], engine.setup)
    probes = [probe for bound in again.bound for probe in _probes(bound)][:MOST_SERIES]
    if not probes:
        return []
    stops, step = _stops(engine, count, min(most_samples, max(MOST_VALUES // len(probes), 1)))
    values = np.full((len(probes), len(stops)), np.nan)
    advance = again.advance if engine.failures else _without_failures(again)
    for place, stop in enumerate(stops.tolist()):
        try:
            advance(stop)
        except StrategyError:
            break
        for row, probe in enumerate(probes):
            values[row, place] = probe.read()
    times_ns = np.ascontiguousarray(engine.records["venue_time_ns"][stops - 1])
    return [_line(probe, times_ns, row, step) for probe, row in zip(probes, values, strict=True)]


def _stops(engine: Engine, count: int, most: int) -> tuple[IntArray, int]:
    """Return numbers of records after which to look, the last of their moment each, and the moments between two."""
    times_ns = engine.records["venue_time_ns"][:count]
    moments = np.append(np.flatnonzero(times_ns[1:] != times_ns[:-1]) + 1, count)
    step = -(-len(moments) // most)
    return np.unique(np.append(moments[step - 1 :: step], count)), step


def _without_failures(engine: Engine) -> Callable[[int], None]:
    """Return what advances an engine whose hooks are known not to fail, with less ado than `Engine.advance`."""
    blocks = engine.trader.address, engine.venue.address, engine.link.address

    def advance(stop: int) -> None:
        if not engine.started or loop.simulate(*blocks, stop) != loop.DONE:
            engine.advance(stop)

    return advance


def _line(probe: _Probe, times_ns: IntArray, values: FloatArray, step: int) -> IndicatorLine:
    return IndicatorLine(probe.instrument, probe.field, probe.label, times_ns, values, step)


def _indicators(bound: BoundStrategy) -> list[tuple[str, Field, Indicator]]:
    """Return the fields that hold indicators, or tables of them; windows of past values are not worth drawing."""
    found = []
    for name, field in bound.definition.fields.items():
        value = field.default.entry if field.kind == "table" else field.default
        if isinstance(value, Indicator) and not isinstance(value, Window):
            found.append((name, field, value))
    return found


def _probes(bound: BoundStrategy) -> Iterator[_Probe]:
    offset = int(bound.block.rows("strategies")[bound.index]["state_offset"])
    for name, field, indicator in _indicators(bound):
        for number in range(1, len(bound.instruments)):
            record = _record(bound, offset, name, field, number)
            for output in indicator.outputs:
                arguments = ", ".join(f"{value:g}" for value in indicator.arguments.values())
                label = f"{name} {type(indicator).__name__}({arguments})" + ("" if output == "value" else f" {output}")
                yield _Probe(number, name, label, record[output])


def _record(bound: BoundStrategy, offset: int, name: str, field: Field, number: int) -> Any:
    """Return an indicator's record of one instrument, shape (1,), over the block itself."""
    definition, instance = bound.definition, bound.instance_of(number)
    own = records_of(bound, offset)[instance : instance + 1]
    if field.kind != "table":
        return own[name]
    dtype = entry_dtype(field)
    instance_start = offset + instance * definition.state_bytes_for(len(bound.instruments))
    table_start = instance_start + definition.layout.offset(name) + int(own[name]["offset"][0])
    arena = bound.block.rows("state").view(np.uint8)
    return np.ndarray((1,), dtype, arena.data, table_start + number * dtype.itemsize)
