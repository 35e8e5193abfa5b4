"""The engine against the plain loop of the crossing of two averages: fills and equity equal to the currency step."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atlas.backtest.result import BacktestResult
from atlas.backtest.run import backtest
from atlas.data import BarHistory, GeneratorSettings, generate_bars, load_bars, load_shipped
from atlas.kernel.memory.compilation import PLAIN
from atlas.records.enums import NULL
from atlas.records.units import array_to_floats
from atlas.strategy.shipped import make_strategy
from tests.reference.sma_cross_loop import ReferenceFill, sma_cross_loop
from tests.reference.sma_cross_universe import Bar, sma_cross_universe

ROOT = Path(os.environ.get("ATLAS_SHARED", Path(__file__).parents[4] / "shared")) / "data"
DAILY = ("aapl", "spy", "ibm", "aig", "iwm", "fb")
MOST_PLAIN_BARS = 300

needs_files = pytest.mark.skipif(not ROOT.is_dir(), reason=f"no market data at {ROOT}: set ATLAS_SHARED")


def shortened(history: BarHistory) -> BarHistory:
    """A part of the bars where the kernel runs as plain Python."""
    if not PLAIN or len(history) <= MOST_PLAIN_BARS:
        return history
    return history.between(None, int(history.records["venue_time_ns"][MOST_PLAIN_BARS]))


def run_of(history: BarHistory, **options: Any) -> BacktestResult:
    """The engine's run of the twin's rules."""
    parameters: dict[str, Any] = {name: options.pop(name) for name in ("fast", "slow", "weight") if name in options}
    return backtest(make_strategy("sma_cross", parameters), history, fees=0.001, **options)


def columns(history: BarHistory, symbol: str) -> tuple[Any, Any, Any]:
    bars = history.bars(symbol)
    instrument = history.instruments[history.number_of(symbol) - 1]
    opens, closes = (array_to_floats(bars[f"{name}_units"], instrument.price_exponent) for name in ("open", "close"))
    absent = bool((bars["volume_units"] == NULL).any())
    volumes = None if absent else array_to_floats(bars["volume_units"], instrument.quantity_exponent).tolist()
    return opens.tolist(), closes.tolist(), volumes


def fills_of(result: BacktestResult, history: BarHistory, symbol: str) -> list[ReferenceFill]:
    """The engine's fills of a symbol, told by the bar at whose open they happened."""
    number = history.number_of(symbol)
    starts = history.bar_starts()[history.rows(symbol)]
    fills = result.fill_records[result.fill_records["instrument"] == number]
    bars = np.searchsorted(starts, fills["venue_time_ns"])
    assert np.array_equal(starts[bars], fills["venue_time_ns"])
    names = ("side", "quantity_units", "price_units", "fee_money")
    return [
        ReferenceFill(bar, *(int(fill[name]) for name in names)) for bar, fill in zip(bars.tolist(), fills, strict=True)
    ]


def assert_equal_to_twin(history: BarHistory, share: float | None, **options: Any) -> int:
    """Compare a run of one symbol; gives the number of fills."""
    symbol = history.symbols[0]
    result = run_of(history, volume_share=share, **options)
    opens, closes, volumes = columns(history, symbol)
    expected, equity_money = sma_cross_loop(opens, closes, volumes, volume_share=share, **options)
    assert fills_of(result, history, symbol) == expected
    assert int(result.equity_records["equity_money"][-1]) == equity_money
    return len(expected)


@pytest.mark.parametrize("name", ["sp500", "nasdaq"])
@pytest.mark.parametrize("share", [None, 0.1])
def test_shipped_data(name: str, share: float | None) -> None:
    assert assert_equal_to_twin(shortened(load_shipped(name)), share) >= (4 if PLAIN else 150)


def test_other_parameters() -> None:
    history = shortened(load_shipped("sp500"))
    assert assert_equal_to_twin(history, 0.1, fast=3, slow=7, weight=0.5) >= (10 if PLAIN else 400)


def test_a_thin_market_whose_cap_binds() -> None:
    market = GeneratorSettings(timeframe="1d", average_volume=2_000.0)
    history = generate_bars("THIN", 250 if PLAIN else 1_500, seed=3, settings=market)
    fills = assert_equal_to_twin(history, 0.01)
    result = run_of(history, volume_share=0.01)
    orders = len(np.unique(result.fill_records["client_order_id"]))
    assert fills > orders


@needs_files
@pytest.mark.parametrize("symbol", DAILY)
def test_daily_equities(symbol: str) -> None:
    history = load_bars(ROOT / "equity_daily" / f"{symbol}_daily_raw.parquet", symbol=symbol.upper())
    assert assert_equal_to_twin(shortened(history), 0.1) >= (2 if PLAIN else 80)


@needs_files
@pytest.mark.parametrize("share", [None, 0.1])
def test_a_month_of_minutes(share: float | None) -> None:
    history = load_bars(ROOT / "equity_1m" / "spy_2025-07_1m_ext.parquet", symbol="SPY")
    assert assert_equal_to_twin(shortened(history), share) >= (2 if PLAIN else 600)


@needs_files
def test_hours_of_a_coin() -> None:
    history = load_bars(ROOT / "crypto_1h" / "btcusdt_1h.parquet", symbol="BTCUSDT", columns={"volume": "volume_base"})
    assert assert_equal_to_twin(shortened(history), None) >= (2 if PLAIN else 200)


def bars_by_symbol(history: BarHistory) -> dict[str, list[Bar]]:
    starts = history.bar_starts()
    return {
        symbol: [
            Bar(start, open_, close)
            for start, open_, close in zip(
                starts[history.rows(symbol)].tolist(), *columns(history, symbol)[:2], strict=True
            )
        ]
        for symbol in history.symbols
    }


def assert_equal_to_universe(history: BarHistory, weight: float) -> int:
    """Compare a run of several symbols that share an account; gives the number of fills."""
    # The twin knows no buying power: a position that has grown may not keep the others out.
    result = run_of(history, volume_share=None, weight=weight, leverage=4.0)
    expected, equity_money = sma_cross_universe(bars_by_symbol(history), weight=weight)
    for symbol in history.symbols:
        assert fills_of(result, history, symbol) == expected[symbol]
    assert int(result.equity_records["equity_money"][-1]) == equity_money
    return sum(map(len, expected.values()))


def test_both_shipped_indices_in_one_account() -> None:
    history = shortened(load_shipped(["sp500", "nasdaq"]))
    assert assert_equal_to_universe(history, 0.45) >= (4 if PLAIN else 300)


@needs_files
def test_daily_equities_in_one_account() -> None:
    files = {name.upper(): ROOT / "equity_daily" / f"{name}_daily_raw.parquet" for name in DAILY}
    assert assert_equal_to_universe(shortened(load_bars(files)), 0.15) >= (2 if PLAIN else 500)


@needs_files
def test_minutes_of_several_equities_in_one_account() -> None:
    history = load_bars(ROOT / "equity_1m" / "multi_2019-02_1m.parquet", timestamps="end")
    assert assert_equal_to_universe(shortened(history), 0.19) >= (2 if PLAIN else 200)


@needs_files
def test_hours_of_two_coins_in_one_account() -> None:
    names = {"BTCUSDT": "btcusdt", "ETHUSDT": "ethusdt"}
    files = {symbol: ROOT / "crypto_1h" / f"{name}_1h.parquet" for symbol, name in names.items()}
    history = load_bars(files, columns={"volume": "volume_base"})
    assert assert_equal_to_universe(shortened(history), 0.4) >= (2 if PLAIN else 400)
