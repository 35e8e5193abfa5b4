"""When a target that was asked for before is asked for again."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import atlas
from atlas import Context, Limits, Strategy

DAYS = pd.date_range("2024-01-01", periods=8, tz="UTC")


def prices(*closes: float) -> pd.DataFrame:
    """Bars that stand still at their close."""
    columns = {name: list(closes) for name in ("open", "high", "low", "close")}
    return pd.DataFrame({"time": DAYS[: len(closes)], **columns, "volume": 1e9})


class InAndOut(Strategy):
    """Out, in by a plain order, out again."""

    bars: int = 0

    def on_bar(self, ctx: Context, bar: Any) -> None:
        """Ask at the first, second and fourth bar."""
        self.bars += 1
        if self.bars in (1, 4):
            ctx.close(bar.instrument)
        if self.bars == 2:
            ctx.buy(bar.instrument, 10.0)


class BackToTarget(Strategy):
    """A target, a plain order on top of it, the same target again."""

    bars: int = 0

    def on_bar(self, ctx: Context, bar: Any) -> None:
        """Ask at the first, second and third bar."""
        self.bars += 1
        if self.bars == 2:
            ctx.buy(bar.instrument, 5.0)
        else:
            ctx.target(bar.instrument, 10.0)


class RefusedExit(Strategy):
    """Goes short beyond the limit on orders, and wants out at every bar: more than one order may hold."""

    bars: int = 0

    def on_bar(self, ctx: Context, bar: Any) -> None:
        """Two orders in, then out."""
        self.bars += 1
        if self.bars <= 2:
            ctx.buy(bar.instrument, 6.0)
        else:
            ctx.close(bar.instrument)


@pytest.mark.parametrize("mode", ["auto", "interpreted"])
def test_out_is_out_although_it_was_said_before_a_plain_order(mode: str) -> None:
    result = atlas.backtest(InAndOut(), prices(10, 10, 10, 10, 10, 10), mode=mode)
    assert result.fills["side"].tolist() == ["buy", "sell"]
    assert result.fills["quantity"].tolist() == [10.0, 10.0]


@pytest.mark.parametrize("mode", ["auto", "interpreted"])
def test_a_plain_order_ends_what_stood(mode: str) -> None:
    result = atlas.backtest(BackToTarget(), prices(10, 10, 10, 10, 10, 10), mode=mode)
    # Ten, five more, back to ten; then nothing, for the target stands.
    assert [*zip(result.fills["side"], result.fills["quantity"], strict=True)] == [
        ("buy", 10.0),
        ("buy", 5.0),
        ("sell", 5.0),
    ]


@pytest.mark.parametrize("mode", ["auto", "interpreted"])
def test_a_refused_way_out_may_be_asked_for_again(mode: str) -> None:
    limits = Limits(order_quantity=10.0)
    result = atlas.backtest(RefusedExit(), prices(10, 10, 10, 10, 10, 10), mode=mode, limits=limits)
    refused = result.orders[result.orders["reject_reason"].notna()]
    assert len(refused) == 4  # one for each bar from the third on, each of twelve
