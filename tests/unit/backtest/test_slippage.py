"""What the slippage model took is no more than that: told apart from the move of the market until the fill."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atlas.analytics.summary import EXPLAINED, FIGURES
from atlas.backtest.run import backtest
from atlas.backtest.slippage import charged_money
from tests.unit.backtest.samples import BuyOnce, Touch, steps
from tests.unit.backtest.test_explanation import VARIANTS, run


@pytest.mark.parametrize("variant", range(len(VARIANTS)))
def test_it_is_what_the_explanations_add_up_to(variant: int) -> None:
    result = run(variant, VARIANTS[variant])
    fills = result.fill_records
    units = [result.explain(number).slippage_units for number in range(len(fills))]
    # Units of price 10**-9 times units of quantity 10**-8 in steps of money 10**-8.
    expected = np.array(units, np.float64) * fills["quantity_units"] / 1e9
    charged = charged_money(fills, result.history, result.settings)
    # A price is rounded to its unit.
    assert charged == pytest.approx(expected, abs=float(fills["quantity_units"].max()) / 1e9)
    assert result.summary.slippage_paid == pytest.approx(expected.sum() / 1e8, abs=1e-4)


def test_waiting_for_the_price_is_a_shortfall_and_no_slippage() -> None:
    # Asked for at 101 at the first close, filled at the next open, which is no other price.
    plain = backtest(BuyOnce(), steps(100.0, 101.0, 103.0)).summary
    assert (plain.slippage_paid, plain.implementation_shortfall) == (0.0, 0.0)
    late = backtest(BuyOnce(), steps(100.0, 101.0, 103.0), order_latency_ms=1.0).summary
    assert late.slippage_paid == 0.0
    assert late.implementation_shortfall == pytest.approx(10.0 * 1.0)
    charged = backtest(BuyOnce(), steps(100.0, 101.0, 103.0), slippage_bps=50).summary
    assert charged.slippage_paid == charged.implementation_shortfall == pytest.approx(10.0 * 100.0 * 0.005)


def test_a_limit_is_charged_nothing() -> None:
    touched = backtest(Touch(limit=99.5), steps(100.0, 99.0, 100.0), slippage_bps=50)
    assert len(touched.fill_records) == 1
    assert touched.summary.slippage_paid == 0.0


def test_no_table_calls_the_shortfall_slippage(tmp_path: Path) -> None:
    labels: dict[str, Any] = {key: label for key, label, _ in FIGURES}
    assert labels["slippage_paid"] == "Slippage charged"
    assert labels["implementation_shortfall"] == "Implementation shortfall"
    result = backtest(BuyOnce(), steps(100.0, 101.0, 103.0), slippage_bps=50)
    for shown in (str(result.summary), result.summary._repr_html_()):
        assert "Slippage charged" in shown
        assert "Implementation shortfall" in shown
    page = result.report(tmp_path / "report.html").read_text(encoding="utf-8")
    for text in EXPLAINED.values():
        assert escape(text) in page
        assert escape(text) in result.summary._repr_html_()
    assert "shortfall" in result.fills and "slippage" not in result.fills
    assert "shortfall" in result.trades and "slippage" not in result.trades
