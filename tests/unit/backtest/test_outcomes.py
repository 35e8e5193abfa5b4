"""What became of orders, how a run ended and what was logged reach the report."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from atlas.backtest import result as results
from atlas.backtest.outcomes import order_outcomes, refusal_reasons
from atlas.backtest.run import backtest, plan_run
from atlas.records import Kind, blank
from atlas.records.enums import OrderState, PendingFlag, RejectReason
from atlas.strategy.base import Strategy
from tests.unit.backtest.samples import Counts, Fails, Touch, market, steps


class Greedy(Strategy):
    """Asks for far too much at each bar, and once for little."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.buy(bar.instrument, 1.0 if bar.close == 101.0 else 1e7)


def test_orders_are_counted_by_their_last_state() -> None:
    rows = blank(Kind.ORDER_TRANSITION, 6)
    rows["client_order_id"] = [1, 2, 1, 3, 4, 3]
    rows["to_state"] = [
        OrderState.ACKNOWLEDGED,
        OrderState.REJECTED,
        OrderState.FILLED,
        OrderState.ACKNOWLEDGED,
        OrderState.REJECTED,
        OrderState.ACKNOWLEDGED + PendingFlag.PENDING_CANCEL,
    ]
    rows["reject_reason"][[1, 4]] = RejectReason.RISK_BUYING_POWER
    assert order_outcomes(rows) == {"refused": 2, "filled": 1, "still working": 1}
    assert refusal_reasons(rows) == {"risk_buying_power": 2}
    assert order_outcomes(rows[:0]) == {}


def test_refused_orders_are_a_warning_with_their_reason() -> None:
    result = backtest(Greedy(), steps(100.0, 101.0, 102.0, 103.0))
    assert result.order_outcomes == {"refused": 3, "filled": 1}
    assert result.refusals == {"risk_buying_power": 3}
    (told,) = [remark for remark in result.remarks if "refused" in remark.text]
    assert (told.severity, told.text) == ("warning", "3 of 4 orders were refused: 3 risk_buying_power.")
    assert result.report_content().conduct.refusals == {"risk_buying_power": 3}


def test_orders_that_never_filled_expire_with_the_data() -> None:
    assert backtest(Touch(limit=50.0), steps(100.0, 99.0)).order_outcomes == {"expired": 1}


def test_how_a_run_ended_reaches_its_report() -> None:
    failed = plan_run(Fails(), market(bars=20), on_error="stop").run().report_content().conduct
    assert failed.status == "failed"
    assert "ZeroDivisionError" in failed.reason
    complete = backtest(Touch(), steps(100.0, 99.0)).report_content().conduct
    assert (complete.status, complete.reason) == ("complete", "")


def test_the_last_lines_of_the_log_reach_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "MOST_LOGGED", 2)
    result = backtest(Counts(), steps(*np.linspace(100.0, 110.0, 6)))
    shown = result.report_content().conduct
    assert shown.log_count == len(result.log) == 6
    assert shown.log == result.log[-2:]


def test_shares_of_several_reach_the_report_and_add_up() -> None:
    result = backtest([Counts(), Greedy()], market("AAA", "BBB"), fees=0.001)
    content = result.report_content()
    assert [share.name for share in content.strategies] == ["Counts", "Greedy"]
    assert [share.number for share in content.strategies] == [1, 2]
    profit = result.summary.final_equity - result.summary.initial_cash
    for shares in (content.strategies, content.symbols):
        assert sum(share.profit for share in shares) == pytest.approx(profit, abs=1e-6)
    alone = backtest(Counts(), market("AAA")).report_content()
    assert (list(alone.strategies), list(alone.symbols)) == ([], [])
