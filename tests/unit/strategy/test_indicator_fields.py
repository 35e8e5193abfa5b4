"""Every indicator as a field: compiled, interpreted and over whole series it gives the same, to the bit."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from atlas.indicators.functions import function_name
from atlas.kernel.indicators import EMA, Bollinger, Keltner, vectorised
from atlas.kernel.indicators.columns import run_series
from atlas.kernel.memory.compilation import PLAIN
from atlas.records.enums import Hook
from atlas.records.errors import StrategyError
from atlas.strategy.base import Strategy
from atlas.strategy.fields import per_instrument
from atlas.strategy.timeframes import Bars
from tests.unit.kernel.indicators.samples import (
    indicator_classes,
    inputs_of,
    outputs_of,
    random_columns,
    sample,
)
from tests.unit.strategy.desk import Desk, both

NAMES = sorted(indicator_classes())
ROWS = 60
# What a hook hands on for each input.
SOURCES = {"price": "bar.close", "other": "bar.open", "market": "bar.open", "time_ns": "bar.start_ns"}
STRATEGY = '''
from atlas import {names}, Strategy


class Everything(Strategy):
    """All indicators."""

{fields}

    def on_bar(self, ctx, bar):
{updates}
'''
PAGE = Path(__file__).parents[3] / "docs" / "indicators.md"


def imported(path: Path, text: str) -> ModuleType:
    """Write a module and import it."""
    path.write_text(text, encoding="utf-8")
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def source_of(names: list[str]) -> str:
    """A strategy with these indicators, all updated at each bar."""
    fields, updates = [], []
    for name in names:
        field = f"the_{function_name(indicator_classes()[name])}"
        inputs = indicator_classes()[name].methods["update"].inputs
        fields.append(f"    {field}: {name} = {sample(name)!r}")
        updates.append(f"        self.{field}.update({', '.join(SOURCES.get(each, f'bar.{each}') for each in inputs)})")
    return STRATEGY.format(names=", ".join(names), fields="\n".join(fields), updates="\n".join(updates))


def run_bars(desk: Desk, columns: dict[str, np.ndarray[Any, Any]]) -> None:
    """Call the hook for each bar."""
    for row in range(ROWS):
        bar: dict[str, Any] = {name: float(columns[name][row]) for name in ("open", "high", "low", "close", "volume")}
        desk.call(Hook.ON_BAR, start_ns=int(columns["time_ns"][row]), **bar)


# In groups, as what is compiled at once takes time that grows with it.
@pytest.mark.parametrize("first", range(0, len(NAMES), 10))
def test_fields_give_what_series_give(first: int, tmp_path: Path) -> None:
    names = NAMES[first : first + 10]
    module = imported(tmp_path / "everything.py", source_of(names))
    columns = random_columns(rows=ROWS)
    columns |= {"price": columns["close"], "other": columns["open"], "market": columns["open"]}
    compiled, interpreted = both(module.Everything)
    assert compiled.bound.mode == ("interpreted" if PLAIN else "compiled")
    for desk in (compiled, interpreted):
        run_bars(desk, columns)
    assert compiled.state == interpreted.state
    for name in names:
        indicator = sample(name)
        record = compiled.field(f"the_{function_name(type(indicator))}")
        answers = run_series(indicator, inputs_of(indicator, columns), outputs_of(indicator))[:, -1]
        np.testing.assert_array_equal([record[output] for output in outputs_of(indicator)], answers)
        assert bool(record["ready"]) and np.isfinite(answers).all()


class Tables(Strategy):
    """One channel, made of an average and a range, for each instrument."""

    scope = "universe"
    channels: Any = per_instrument(Keltner(3, 1.5, 2))
    distance: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        channel = self.channels[bar.instrument]
        channel.update(bar.high, bar.low, bar.close)
        if channel.ready:
            self.distance = channel.upper - channel.value


def test_tables_hold_indicators_made_of_others() -> None:
    columns = random_columns(rows=40)
    compiled, interpreted = both(Tables)
    for desk in (compiled, interpreted):
        desk.bars(columns["close"], 1)
        desk.bars(columns["close"][::-1], 2)
    assert compiled.state == interpreted.state
    closes = columns["close"][::-1]
    upper, middle = (
        vectorised(Keltner(3, 1.5, 2), closes + 1.0, closes - 1.0, closes, output=output)
        for output in ("upper", "middle")
    )
    assert compiled.field("distance", 0) == upper[-1] - middle[-1]


def test_all_inputs_can_be_had_from_a_bar() -> None:
    inputs = {each for kind in indicator_classes().values() for each in kind.methods["update"].inputs}
    assert inputs - SOURCES.keys() == {"open", "high", "low", "close", "volume"}


# --- one's own -------------------------------------------------------------------------------------------------------


def own_example() -> str:
    """The page's example of an indicator of one's own."""
    text = PAGE.read_text(encoding="utf-8").partition("## One's own")[2]
    return text.partition("```python\n")[2].partition("```")[0]


def test_the_pages_indicator_of_ones_own_works_as_a_field(tmp_path: Path) -> None:
    module = imported(tmp_path / "streaks.py", own_example())
    compiled, interpreted = both(module.ThreeInARow)
    assert compiled.bound.mode == ("interpreted" if PLAIN else "compiled"), compiled.bound.fallback_reason
    closes = [1.0, 2.0, 3.0, 4.0, 4.1, 5.0]
    for desk in (compiled, interpreted):
        desk.bars(closes)
    assert compiled.state == interpreted.state
    assert repr(compiled.notes) == repr(interpreted.notes)
    assert [note[4] for note in compiled.notes] == [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    np.testing.assert_array_equal(module.streak(closes, 0.25), [np.nan, 1.0, 2.0, 3.0, 0.0, 1.0])
    stream = module.Streak(0.25)
    assert [stream.update(close) for close in closes][1:] == module.streak(closes, 0.25)[1:]
    assert inspect.signature(module.streak).parameters.keys() == {"price", "threshold"}


def test_an_edited_indicator_makes_another_strategy(tmp_path: Path) -> None:
    example = own_example()
    edited = example.replace("before + 1.0", "before + 2.0")
    assert edited != example
    first, same = (imported(tmp_path / "streaks.py", example).ThreeInARow for _ in range(2))
    second = imported(tmp_path / "streaks.py", edited).ThreeInARow
    assert hash_of(first) == hash_of(same) != hash_of(second)
    if not PLAIN:
        desk = Desk(second, "compiled")
        desk.bars([1.0, 2.0, 3.0])
        assert desk.notes[-1][4] == 1.0


COMPOSITE = '''
from atlas import EMA, Strategy
from atlas.indicators import Indicator, address_of, kernel_function, load_float, method, record_at, state, store_float

update_ema = EMA.methods["update"]
GAP = state(("average", EMA.dtype))
gap_at = record_at(GAP)


@kernel_function
def exchange(slot: int, price: float) -> float:
    before = load_float(slot)
    store_float(slot, price)
    return before


@method
def update_gap(address: int, price: float) -> float:
    """Distance of the price `length` inputs ago from the average."""
    gap = gap_at(address)
    average = update_ema(address_of(gap.average), price)
    before = exchange(address + gap.window_offset + gap.position * 8, price)
    gap.position = (gap.position + 1) % gap.length
    gap.count += 1
    if gap.count > gap.length:
        gap.ready = True
        gap.value = before - average
    return gap.value


class Gap(Indicator):
    dtype = GAP
    methods = {"update": update_gap}
    window_columns = 1

    def __init__(self, length: int = 3) -> None:
        super().__init__(length=length)

    def parts(self):
        return {"average": EMA(self.arguments["length"])}


class Gaps(Strategy):
    gap: Gap = Gap(3)
    other: Gap = Gap(2)

    def on_bar(self, ctx, bar):
        self.gap.update(bar.close)
        self.other.update(bar.close)
'''


def test_an_indicator_of_ones_own_may_be_made_of_others_and_keep_a_window(tmp_path: Path) -> None:
    module = imported(tmp_path / "gaps.py", COMPOSITE)
    closes = [1.0, 2.0, 4.0, 8.0, 16.0, 5.0]
    compiled, interpreted = both(module.Gaps)
    for desk in (compiled, interpreted):
        desk.bars(closes)
    assert compiled.bound.mode == ("interpreted" if PLAIN else "compiled"), compiled.bound.fallback_reason
    assert compiled.state == interpreted.state
    assert compiled.field("gap")["value"] == closes[-4] - vectorised(EMA(3), closes)[-1]
    assert compiled.field("other")["value"] == closes[-3] - vectorised(EMA(2), closes)[-1]


def hash_of(strategy: Any) -> str:
    """Hash of a strategy's code."""
    from atlas.strategy.definition import definition_of

    return definition_of(strategy).code_hash


class Named(Strategy):
    """Has an indicator of several arguments, and longer bars of a zone."""

    bands: Bollinger = Bollinger(20, 2.0)
    daily: Bars = Bars("1d", 5, zone="America/New_York")

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.bands.update(bar.close)


def test_a_mapping_sets_arguments_of_an_indicator_by_their_names() -> None:
    made: Any = Named(bands={"width": 3.0}, daily={"length": 7})
    assert made.bands.arguments == {"length": 20, "width": 3.0}
    assert made.daily.arguments["length"] == 7
    zone = vars(Named.daily)["_changes"]
    assert vars(made.daily)["_changes"] == zone and zone
    with pytest.raises(StrategyError, match="'bands' has no argument 'widht' — did you mean 'width'"):
        Named(bands={"widht": 3.0})
    with pytest.raises(StrategyError, match="of the field 'daily' only 'length' can be set by its name"):
        Named(daily={"span_ns": 3_600_000_000_000})
