"""What a run was worth: returns, metrics, round trips, frames and the report.

Here arrays of records go in and figures, tables and pages come out. Nothing here runs a strategy, reads market data or
changes a record. pandas and duckdb are imported only by the functions that hand out frames and files.
"""

from atlas.analytics.comparison import ComparedRun, Comparison
from atlas.analytics.excursions import Excursions, closed_excursions
from atlas.analytics.frames import (
    equity_frame,
    fills_frame,
    orders_frame,
    trades_frame,
    write_equity_parquet,
    write_fills_parquet,
    write_orders_parquet,
    write_trades_parquet,
)
from atlas.analytics.grouping import BarGroups
from atlas.analytics.positions import CorporateAction, corporate_actions
from atlas.analytics.relative import Benchmark, PriceLine, basket
from atlas.analytics.report import Assumption, IndicatorLine, Remark, ReportContent, report_html, write_report
from atlas.analytics.returns import (
    DailyReturns,
    EquityCurve,
    MonthlyReturn,
    daily_returns,
    drawdown,
    equity_curve,
    is_round_the_clock,
    monthly_returns,
)
from atlas.analytics.summary import FIGURES, Summary, summarize
from atlas.analytics.trades import TRADE, Conversion, RoundTrips, round_trips, standing_fills
from atlas.analytics.verdict import Verdict

__all__ = [
    "FIGURES",
    "TRADE",
    "Assumption",
    "ComparedRun",
    "Comparison",
    "Remark",
    "IndicatorLine",
    "Verdict",
    "PriceLine",
    "Excursions",
    "CorporateAction",
    "Conversion",
    "Benchmark",
    "BarGroups",
    "DailyReturns",
    "EquityCurve",
    "MonthlyReturn",
    "ReportContent",
    "RoundTrips",
    "Summary",
    "basket",
    "closed_excursions",
    "corporate_actions",
    "standing_fills",
    "daily_returns",
    "drawdown",
    "equity_curve",
    "equity_frame",
    "fills_frame",
    "is_round_the_clock",
    "monthly_returns",
    "orders_frame",
    "report_html",
    "round_trips",
    "summarize",
    "trades_frame",
    "write_equity_parquet",
    "write_fills_parquet",
    "write_orders_parquet",
    "write_report",
    "write_trades_parquet",
]
