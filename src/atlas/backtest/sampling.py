"""Indicators of a run over time, read from a second run of the same engine that stops to look.

A run itself keeps no values of its strategies' fields: it costs nothing to be able to draw them. The second run is the
same to the bit, so what is read is what the hooks saw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
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

MOST_SAMPLES: Final = 1_000_000
MOST_VALUES: Final = 4_000_000
MOST_SERIES: Final = 720
LONGEST_SECONDS: Final = 5.0
"""A run that took longer is not run again for a chart."""


@dataclass(frozen=True, slots=True)
class _Probe:
    """One output of an indicator of one instrument, where it lies in the block."""

    instrument: int
    field: str
    label: str
    view: Any


def indicator_lines(
    engine: Engine, most_samples: int = MOST_SAMPLES, instruments: Sequence[int] | None = None
) -> list[IndicatorLine]:
    """Return the indicators that the strategies of a run declared, as they stood after records of the run.

    Parameters
    ----------
    engine : Engine
        After its run.
    most_samples : int
        Moments to look at, evenly spaced among those at which bars ended; every one where there are no more.
    instruments : sequence of int, optional
        Numbers of those to look at, the most wanted first; all of them when not given.

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
    probes = _wanted([probe for bound in again.bound for probe in _probes(bound)], instruments)
    if not probes:
        return []
    stops, step = _stops(engine, count, min(most_samples, max(MOST_VALUES // len(probes), 1)))
    values = np.full((len(probes), len(stops)), np.nan)
    advance = again.advance if engine.failures else _without_failures(again)
    with suppress(StrategyError):
        _read(advance, stops, [probe.view for probe in probes], values)
    times_ns = np.ascontiguousarray(engine.records["venue_time_ns"][stops - 1])
    return [_line(probe, times_ns, row, step) for probe, row in zip(probes, values, strict=True)]


def _wanted(probes: Sequence[_Probe], instruments: Sequence[int] | None) -> list[_Probe]:
    """Return the probes of some instruments, in their order, no more than there is room for."""
    if instruments is None:
        return list(probes[:MOST_SERIES])
    rank = {number: place for place, number in enumerate(instruments)}
    own = [probe for probe in probes if probe.instrument in rank]
    return sorted(own, key=lambda probe: rank[probe.instrument])[:MOST_SERIES]


def _read(advance: Callable[[int], object], stops: IntArray, views: Sequence[Any], values: FloatArray) -> None:
    """Advance from stop to stop and read every view at each into its row of the values."""
    # Memory views take a quarter of the time that arrays take for one number.
    pairs = [(memoryview(row), memoryview(view)) for row, view in zip(values, views, strict=True)]
    for place, stop in enumerate(stops.tolist()):
        advance(stop)
        for row, view in pairs:
            row[place] = view[0]


def _stops(engine: Engine, count: int, most: int) -> tuple[IntArray, int]:
    """Return numbers of records after which to look, the last of their moment each, and the moments between two."""
    times_ns = engine.records["venue_time_ns"][:count]
    moments = np.append(np.flatnonzero(times_ns[1:] != times_ns[:-1]) + 1, count)
    step = -(-len(moments) // most)
    chosen = moments[step - 1 :: step]
    return (chosen if chosen[-1:] == count else np.append(chosen, count)), step


def _without_failures(engine: Engine) -> Callable[[int], None]:
    """Return what advances an engine whose hooks are known not to fail, with less ado than `Engine.advance`."""
    trader, venue, link = engine.trader.address, engine.venue.address, engine.link.address
    simulate, done = loop.simulate.callable, loop.DONE

    def advance(stop: int) -> None:
        if not engine.started or simulate(trader, venue, link, stop) != done:
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
