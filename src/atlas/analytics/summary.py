"""The summary of a run: every figure under its fixed key, printed as a table, dumped to JSON and read back exactly."""

import html
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, Self

import numpy as np

from atlas.analytics import metrics
from atlas.analytics.returns import (
    DAYS_PER_YEAR_ROUND_THE_CLOCK,
    DAYS_PER_YEAR_SESSIONS,
    IntArray,
    daily_returns,
    equity_curve,
    is_round_the_clock,
)
from atlas.analytics.trades import RoundTrips, round_trips
from atlas.records.errors import DataError
from atlas.records.layout import RecordArray
from atlas.records.units import array_to_floats, units_to_float

Value = float | int | str | None
"""What a figure can be; None where it is undefined."""

Style = Literal["percent", "ratio", "money", "count", "days", "seconds", "rate", "text"]

ABSENT: Final = "—"

FIGURES: Final[tuple[tuple[str, str, Style], ...]] = (
    ("start", "Start", "text"),
    ("end", "End", "text"),
    ("initial_cash", "Initial cash", "money"),
    ("final_equity", "Final equity", "money"),
    ("total_return", "Total return", "percent"),
    ("annualized_return", "Annualised return", "percent"),
    ("cagr", "CAGR", "percent"),
    ("annualized_volatility", "Annualised volatility", "percent"),
    ("sharpe", "Sharpe ratio", "ratio"),
    ("sortino", "Sortino ratio", "ratio"),
    ("calmar", "Calmar ratio", "ratio"),
    ("max_drawdown", "Maximum drawdown", "percent"),
    ("max_drawdown_duration_days", "Longest drawdown", "days"),
    ("exposure", "Exposure", "percent"),
    ("total_trades", "Trades", "count"),
    ("win_rate", "Win rate", "percent"),
    ("profit_factor", "Profit factor", "ratio"),
    ("expectancy", "Expectancy per trade", "money"),
    ("fees_paid", "Fees paid", "money"),
    ("bars", "Bars", "count"),
    ("events", "Events", "count"),
    ("wall_seconds", "Wall time", "seconds"),
    ("events_per_second", "Events per second", "rate"),
    ("fingerprint", "Fingerprint", "text"),
)
"""Key, label and style of each figure in the order they are printed."""


@dataclass(frozen=True, slots=True)
class Summary(Mapping[str, Value]):
    """The figures of one run, as attributes and as a mapping from their names.

    Ratios are fractions, not percent; amounts are in currency; `docs/metrics.md` defines each figure. Attributes that
    may be undefined are None then.
    """

    total_return: float | None
    annualized_return: float | None
    cagr: float | None
    annualized_volatility: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    max_drawdown: float | None
    max_drawdown_duration_days: float | None
    win_rate: float | None
    profit_factor: float | None
    expectancy: float | None
    total_trades: int
    fees_paid: float
    exposure: float | None
    final_equity: float
    initial_cash: float
    bars: int
    events: int
    start: str | None
    end: str | None
    wall_seconds: float | None
    events_per_second: float | None
    fingerprint: str

    def __getitem__(self, key: str) -> Value:
        if key not in _KEYS:
            raise KeyError(key)
        value: Value = getattr(self, key)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(_KEYS)

    def __len__(self) -> int:
        return len(_KEYS)

    def __str__(self) -> str:
        rows = [(label, format_figure(self[key], style)) for key, label, style in FIGURES]
        left = max(len(label) for label, _ in rows)
        right = max(len(text) for _, text in rows)
        return "\n".join(f"{label:<{left}}  {text:>{right}}" for label, text in rows)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(label)}</th>"
            f"<td style='text-align:right'>{html.escape(format_figure(self[key], style))}</td></tr>"
            for key, label, style in FIGURES
        )
        return f"<table><tbody>{rows}</tbody></table>"

    def to_json(self) -> str:
        """Return the figures as JSON; floats keep every bit, undefined figures are null."""
        return json.dumps(dict(self), indent=2, allow_nan=False, ensure_ascii=False) + "\n"

    def write_json(self, path: str | Path) -> Path:
        """Write `to_json` to a file and return its path."""
        target = Path(path)
        target.write_text(self.to_json(), encoding="utf-8")
        return target

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises
        ------
        DataError
            If the text is no JSON object with exactly the figures of a summary.
        """
        try:
            figures = json.loads(text)
        except json.JSONDecodeError as error:
            raise DataError(f"a summary is a JSON object: {error}") from error
        if not isinstance(figures, dict) or set(figures) != set(_KEYS):
            unexpected = sorted(set(figures) ^ set(_KEYS)) if isinstance(figures, dict) else [type(figures).__name__]
            raise DataError(f"missing or unknown figures in a summary: {', '.join(unexpected)}")
        return cls(**figures)


_KEYS: Final = tuple(field.name for field in fields(Summary))


def format_figure(value: Value, style: Style) -> str:
    """Return a figure the way tables show it; a dash where it is undefined."""
    if value is None or value == "":
        return ABSENT
    if isinstance(value, str):
        return value
    patterns: dict[Style, str] = {
        "percent": f"{value:,.2%}",
        "ratio": f"{value:,.2f}",
        "money": f"{value:,.2f}",
        "count": f"{value:,}",
        "days": f"{value:,.0f} days" if value >= 100 else f"{value:,.1f} days",
        "seconds": f"{value:,.3f} s",
        "rate": f"{value:,.0f}",
        "text": str(value),
    }
    return patterns[style].replace("-", "−")


def format_time(time_ns: int) -> str:
    """Return an instant as ISO 8601 in UTC, with nine decimals only where it isn't a whole second."""
    seconds, fraction = divmod(time_ns, 1_000_000_000)
    text = datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction:09d}Z" if fraction else f"{text}Z"


def summarize(
    *,
    fills: RecordArray,
    equity: RecordArray,
    bars: RecordArray,
    money_exponent: int,
    initial_cash_money: int,
    trips: RoundTrips | None = None,
    events: int | None = None,
    wall_seconds: float | None = None,
    fingerprint: str = "",
    round_the_clock: bool | None = None,
) -> Summary:
    """Measure a run.

    Parameters
    ----------
    fills : FILL array
    equity : EQUITY_POINT array
        In order of time; all accounts are added up.
    bars : BAR array
        What the run saw; may be empty.
    money_exponent : int
        Decimal places of money.
    initial_cash_money : int
        Equity before the first event, in steps of 10^−money_exponent.
    trips : RoundTrips, optional
        Made from the fills when not given.
    events : int, optional
        Events processed; the number of bars when not given.
    wall_seconds : float, optional
        How long the run took.
    fingerprint : str
        Of the final state.
    round_the_clock : bool, optional
        Whether the market trades at weekends, so that a year has 365 days, not 252; seen in the bars' times when not
        given.

    Returns
    -------
    Summary
    """
    trips = round_trips(fills, bars) if trips is None else trips
    curve = equity_curve(equity, money_exponent)
    bar_times_ns = np.ascontiguousarray(bars["venue_time_ns"])
    start, end = _span(bar_times_ns, curve.times_ns)
    if round_the_clock is None:
        round_the_clock = is_round_the_clock(bar_times_ns if len(bar_times_ns) else curve.times_ns)
    days_per_year = DAYS_PER_YEAR_ROUND_THE_CLOCK if round_the_clock else DAYS_PER_YEAR_SESSIONS
    initial_cash = units_to_float(initial_cash_money, money_exponent)
    final_equity = float(curve.equity[-1]) if len(curve.equity) else initial_cash
    returns = daily_returns(curve, initial_cash, round_the_clock).returns
    profits = array_to_floats(trips.closed["profit_money"], money_exponent)
    events = len(bars) if events is None else events
    annual = metrics.annualized_return(returns, days_per_year)
    worst = metrics.max_drawdown(curve.equity, initial_cash)
    return Summary(
        total_return=metrics.total_return(initial_cash, final_equity),
        annualized_return=annual,
        cagr=metrics.compound_annual_growth_rate(initial_cash, final_equity, start, end),
        annualized_volatility=metrics.annualized_volatility(returns, days_per_year),
        sharpe=metrics.sharpe(returns, days_per_year),
        sortino=metrics.sortino(returns, days_per_year),
        calmar=metrics.calmar(annual, worst),
        max_drawdown=worst,
        max_drawdown_duration_days=metrics.max_drawdown_duration_days(
            curve.times_ns, curve.equity, initial_cash, start
        ),
        win_rate=metrics.win_rate(profits),
        profit_factor=metrics.profit_factor(profits),
        expectancy=metrics.expectancy(profits),
        total_trades=len(trips.closed),
        fees_paid=units_to_float(int(np.sum(fills["fee_money"])), money_exponent),
        exposure=metrics.exposure(fills, bar_times_ns, start, end),
        final_equity=final_equity,
        initial_cash=initial_cash,
        bars=len(bars),
        events=events,
        start=format_time(start) if end else None,
        end=format_time(end) if end else None,
        wall_seconds=wall_seconds,
        events_per_second=events / wall_seconds if wall_seconds and math.isfinite(wall_seconds) else None,
        fingerprint=fingerprint,
    )


def _span(bar_times_ns: IntArray, point_times_ns: IntArray) -> tuple[int, int]:
    """Return the first and last instant, zeros where nothing happened."""
    times = [given for given in (bar_times_ns, point_times_ns) if len(given)]
    if not times:
        return 0, 0
    return min(int(np.min(given)) for given in times), max(int(np.max(given)) for given in times)
