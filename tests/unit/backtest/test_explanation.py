"""Every number that an explanation names is the fill's own, recomputed another way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from atlas.backtest.explanation import Explanation
from atlas.backtest.result import BacktestResult
from atlas.backtest.run import backtest
from atlas.data import GeneratorSettings, generate_bars
from atlas.records.enums import NULL, PriceRule
from atlas.records.errors import ConfigurationError
from tests.property.test_order_modes import Anything
from tests.unit.backtest.samples import BuyOnce, Touch, steps

VARIANTS: list[dict[str, Any]] = [
    {"fees": 0.001},
    {"fees": {"taker_rate": 0.001, "maker_rate": 0.0002, "per_unit": 0.003, "flat": 0.1}, "slippage_bps": 7},
    {"slippage_model": "square_root", "impact_factor": 0.02, "slippage_bps": 3, "volume_share": 0.2},
    {"slippage_model": "volume_share", "impact_factor": 0.3, "fees": {"taker_rate": 0.001, "minimum": 2}},
    {"volume_share": None, "touch_fills": True, "close_fills": True},
    {"fees": {"taker_rate": 0.002, "maker_rate": 0.001, "tiers": [(500, 0.001, 0.0005)], "tier_by": "trade"}},
    {"order_latency_ms": 60_000.0},
]


def run(seed: int, options: dict[str, Any]) -> BacktestResult:
    market = GeneratorSettings(timeframe="30m", average_volume=3_000.0)
    bars = generate_bars(("AAA", "BBB"), 120, seed=seed, settings=market)
    return backtest(Anything(), bars, cash=20_000.0, leverage=3.0, seed=seed, mode="interpreted", **options)


@pytest.mark.parametrize("variant", range(len(VARIANTS)))
def test_every_part_is_the_fills_own(variant: int) -> None:
    result = run(variant, VARIANTS[variant])
    assert len(result.fill_records) > 20
    every = [result.explain(number) for number in range(len(result.fill_records))]
    for number, (fill, told) in enumerate(zip(result.fill_records, every, strict=True)):
        assert told.rule == fill["price_rule"]
        assert told.base_price_units + int(fill["side"]) * told.slippage_units == fill["price_units"]
        assert abs(sum(part for _, part in told.fee_parts) - int(fill["fee_money"])) <= 1
        check_bar(result, number, every)
        if told.slippage_units:
            assert told.slippage_units > 0
            assert "Slippage moved its price from" in str(told)


def check_bar(result: BacktestResult, number: int, every: list[Explanation]) -> None:
    """The bar is one of the instrument, at its point, and its cap is what earlier fills of it left."""
    told, fill, bar = every[number], result.fill_records[number], every[number].bar
    length = 1_800_000_000_000
    assert bar["instrument"] == fill["instrument"]
    since_start = int(fill["venue_time_ns"]) - (int(bar["venue_time_ns"]) - length)
    assert since_start in {0, length // 2, length}
    if told.rule in (PriceRule.OPEN, PriceRule.OPEN_GAP, PriceRule.STOP_GAP):
        assert since_start == 0
        assert told.base_price_units == (bar["open_units"] if fill["order_type"] != 4 else fill["price_units"])
    elif told.rule == PriceRule.CLOSE:
        assert since_start == length
    else:
        assert bar["low_units"] <= told.base_price_units <= bar["high_units"]
    if told.available_units is not None:
        fills = result.fill_records[:number]
        same = [each.bar["venue_time_ns"] == bar["venue_time_ns"] for each in every[:number]]
        mine = np.array(same, dtype=bool) & (fills["instrument"] == fill["instrument"])
        cap = int(int(bar["volume_units"]) * round(result.settings.volume_share * 10**6)) // 10**6
        assert told.available_units == cap - int(fills["quantity_units"][mine].sum())
    else:
        assert fill["available_quantity_units"] == NULL


def test_the_sentences_of_a_plain_fill() -> None:
    result = backtest(BuyOnce(), steps(100.0, 101.0, 103.0), fees=0.001)
    assert str(result.explain(0)).splitlines() == [
        "Fill 0 bought 10 AAA at 100.00 on 2023-11-14T23:00:00Z, for market order 1.",
        "It was asked for at 2023-11-14T23:00:00Z, when the price was 100.00, and reached the venue at once.",
        "Rule OPEN: a market order trades at the first price after it arrived, the bar's open. The bar that ended "
        "2023-11-15T00:00:00Z had open 100.00, high 101.00, low 100.00, close 101.00.",
        "Of the bar's volume of 1,000,000, a share of 10% left 100,000 to take, which held all of it.",
        "Slippage did not move its price.",
        "Its fee of 1.00 by rule 0 is 1.0000 (0.100000% of its value as taker).",
        "Against the price when it was asked for it cost 0.00; it realized 0.00 USD before the fee and left a position "
        "of 10.",
    ]
    assert str(result.explain(result.fills.iloc[0])) == str(result.explain(0))


def test_relaxations_are_named() -> None:
    touched = backtest(Touch(limit=99.0), steps(100.0, 99.0, 100.0), touch_fills=True, volume_share=None)
    assert touched.explain(0).relaxations == ("touch fills", "no volume cap")
    closed = backtest(BuyOnce(), steps(100.0, 101.0, 103.0), close_fills=True, slippage_bps=50)
    assert closed.explain(0).relaxations == ("close fills", "a price outside the bar's range")


@pytest.mark.parametrize("fill", [1, -1, "first", None])
def test_what_is_no_fill_is_refused(fill: Any) -> None:
    result = backtest(BuyOnce(), steps(100.0, 101.0, 103.0))
    with pytest.raises(ConfigurationError, match="a fill is a row of result.fills or its number, 0 to 0"):
        result.explain(fill)


def test_a_run_without_fills_has_none_to_explain() -> None:
    result = backtest(Touch(limit=50.0), steps(100.0, 101.0, 103.0))
    with pytest.raises(ConfigurationError, match="^there is no fill, not 0"):
        result.explain(0)


def test_an_explanation_shows_itself_as_sentences() -> None:
    explanation = backtest(BuyOnce(), steps(100.0, 101.0, 103.0)).explain(0)
    assert repr(explanation) == str(explanation) == "\n".join(explanation.sentences)
