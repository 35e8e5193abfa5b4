"""The summary of a run: every figure under its fixed key, printed as a table, dumped to JSON and read back exactly."""

import html
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, Self

import numpy as np
import numpy.typing as npt

from atlas.analytics import metrics, relative, tails
from atlas.analytics.grouping import BarGroups, grouped
from atlas.analytics.relative import Benchmark
from atlas.analytics.returns import (
    DAY_NS,
    DAYS_PER_YEAR_ROUND_THE_CLOCK,
    DAYS_PER_YEAR_SESSIONS,
    EquityCurve,
    FloatArray,
    IntArray,
    daily_returns,
    equity_curve,
    is_round_the_clock,
)
from atlas.analytics.trades import Conversion, RoundTrips, round_trips
from atlas.analytics.verdict import VERDICT_RATE, Verdict, judge
from atlas.records.enums import NULL
from atlas.records.errors import DataError
from atlas.records.layout import RecordArray
from atlas.records.units import array_to_floats, units_to_float

Value = float | int | str | None
"""What a figure can be; None where it is undefined."""

Style = Literal["percent", "ratio", "money", "count", "days", "seconds", "rate", "text"]

ABSENT: Final = "—"

GROUPS: Final[tuple[tuple[str, tuple[tuple[str, str, Style], ...]], ...]] = (
    (
        "Result",
        (
            ("verdict", "Verdict", "text"),
            ("start", "Start", "text"),
            ("end", "End", "text"),
            ("initial_cash", "Initial cash", "money"),
            ("final_equity", "Final equity", "money"),
            ("total_return", "Total return", "percent"),
            ("annualized_return", "Annualised return", "percent"),
            ("cagr", "CAGR", "percent"),
        ),
    ),
    (
        "Risk and reward",
        (
            ("annualized_volatility", "Annualised volatility", "percent"),
            ("risk_free_rate", "Risk-free rate", "percent"),
            ("sharpe", "Sharpe ratio", "ratio"),
            ("sharpe_at_two_percent", "Sharpe ratio at 2%", "ratio"),
            ("sortino", "Sortino ratio", "ratio"),
            ("calmar", "Calmar ratio", "ratio"),
            ("omega", "Omega ratio", "ratio"),
            ("recovery_factor", "Recovery factor", "ratio"),
            ("tail_ratio", "Tail ratio", "ratio"),
            ("exposure", "Exposure", "percent"),
        ),
    ),
    (
        "Drawdown",
        (
            ("max_drawdown", "Maximum drawdown", "percent"),
            ("max_drawdown_start", "Its peak", "text"),
            ("max_drawdown_trough", "Its trough", "text"),
            ("max_drawdown_end", "Made good", "text"),
            ("max_drawdown_duration_days", "Longest drawdown", "days"),
        ),
    ),
    (
        "Tails of a day",
        (
            ("best_day", "Best day", "percent"),
            ("worst_day", "Worst day", "percent"),
            ("value_at_risk_95", "VaR 95%, historical", "percent"),
            ("value_at_risk_99", "VaR 99%, historical", "percent"),
            ("conditional_value_at_risk_95", "CVaR 95%, historical", "percent"),
            ("conditional_value_at_risk_99", "CVaR 99%, historical", "percent"),
            ("parametric_value_at_risk_95", "VaR 95%, normal", "percent"),
            ("parametric_value_at_risk_99", "VaR 99%, normal", "percent"),
            ("parametric_conditional_value_at_risk_95", "CVaR 95%, normal", "percent"),
            ("parametric_conditional_value_at_risk_99", "CVaR 99%, normal", "percent"),
        ),
    ),
    (
        "Trades",
        (
            ("total_trades", "Trades", "count"),
            ("win_rate", "Win rate", "percent"),
            ("profit_factor", "Profit factor", "ratio"),
            ("expectancy", "Expectancy per trade", "money"),
            ("average_win", "Average win", "money"),
            ("average_loss", "Average loss", "money"),
            ("best_trade", "Best trade", "money"),
            ("worst_trade", "Worst trade", "money"),
            ("average_holding_days", "Average holding time", "days"),
        ),
    ),
    (
        "Costs",
        (
            ("fees_paid", "Fees paid", "money"),
            ("slippage_paid", "Slippage charged", "money"),
            ("implementation_shortfall", "Implementation shortfall", "money"),
            ("traded_value", "Value traded", "money"),
            ("turnover", "Turnover a year", "ratio"),
        ),
    ),
    (
        "Against the benchmark",
        (
            ("benchmark", "Benchmark", "text"),
            ("benchmark_return", "Its total return", "percent"),
            ("benchmark_sharpe", "Its Sharpe ratio", "ratio"),
            ("benchmark_max_drawdown", "Its maximum drawdown", "percent"),
            ("beta", "Beta", "ratio"),
            ("alpha", "Alpha a year", "percent"),
            ("correlation", "Correlation", "ratio"),
            ("information_ratio", "Information ratio", "ratio"),
        ),
    ),
    (
        "Run",
        (
            ("bars", "Bars", "count"),
            ("events", "Events", "count"),
            ("wall_seconds", "Wall time", "seconds"),
            ("events_per_second", "Events per second", "rate"),
            ("fingerprint", "Fingerprint", "text"),
        ),
    ),
)
"""Key, label and style of each figure under the headings of the table, in the order they are printed."""

FIGURES: Final[tuple[tuple[str, str, Style], ...]] = tuple(figure for _, figures in GROUPS for figure in figures)
"""Key, label and style of each figure."""

EXPLAINED: Final = {
    "slippage_paid": "What the slippage model took, beyond the price by the bar's rule; inside the profits",
    "implementation_shortfall": "Prices of fills against the marks when they were asked for: the market's move until "
    "the fill and the slippage charged; inside the profits",
}
"""What figures are whose labels alone could be misread."""

SIGNED: Final = frozenset(
    {
        "total_return",
        "annualized_return",
        "cagr",
        "expectancy",
        "sharpe",
        "sortino",
        "calmar",
        "recovery_factor",
        "alpha",
        "information_ratio",
        "benchmark_return",
    }
)
"""Figures whose sign says whether they are good."""


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
    verdict: str | None = None
    risk_free_rate: float | None = None
    omega: float | None = None
    recovery_factor: float | None = None
    tail_ratio: float | None = None
    max_drawdown_start: str | None = None
    max_drawdown_trough: str | None = None
    max_drawdown_end: str | None = None
    best_day: float | None = None
    worst_day: float | None = None
    value_at_risk_95: float | None = None
    value_at_risk_99: float | None = None
    conditional_value_at_risk_95: float | None = None
    conditional_value_at_risk_99: float | None = None
    parametric_value_at_risk_95: float | None = None
    parametric_value_at_risk_99: float | None = None
    parametric_conditional_value_at_risk_95: float | None = None
    parametric_conditional_value_at_risk_99: float | None = None
    average_win: float | None = None
    average_loss: float | None = None
    best_trade: float | None = None
    worst_trade: float | None = None
    average_holding_days: float | None = None
    slippage_paid: float | None = None
    implementation_shortfall: float | None = None
    traded_value: float | None = None
    turnover: float | None = None
    benchmark: str | None = None
    benchmark_return: float | None = None
    benchmark_sharpe: float | None = None
    benchmark_max_drawdown: float | None = None
    beta: float | None = None
    alpha: float | None = None
    correlation: float | None = None
    information_ratio: float | None = None
    sharpe_at_two_percent: float | None = None

    def __getitem__(self, key: str) -> Value:
        if key not in _KEYS:
            raise KeyError(key)
        value: Value = getattr(self, key)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(_KEYS)

    def __len__(self) -> int:
        return len(_KEYS)

    @property
    def judgement(self) -> Verdict:
        """The verdict with each figure it rests on beside its thresholds."""
        return judge(
            sharpe=self.sharpe_at_two_percent,
            sortino=self.sortino,
            max_drawdown=self.max_drawdown,
            win_rate=self.win_rate,
            profit_factor=self.profit_factor,
            recovery_factor=self.recovery_factor,
            total_trades=self.total_trades,
            profit=self.final_equity - self.initial_cash,
            is_ruined=self.final_equity <= 0.0 < self.initial_cash,
        )

    def groups(self) -> list[tuple[str, list[tuple[str, str, str]]]]:
        """Return heading, then key, label and text of each figure; groups of nothing but dashes are left out."""
        return [
            (heading, [(key, label, format_figure(self[key], style)) for key, label, style in figures])
            for heading, figures in GROUPS
            if any(self[key] not in (None, "") for key, _, _ in figures)
        ]

    def __str__(self) -> str:
        groups = self.groups()
        left = max(len(label) for _, rows in groups for _, label, _ in rows)
        lines: list[str] = []
        for heading, rows in groups:
            lines += ["", heading.upper()] if lines else [heading.upper()]
            lines += [f"{label:<{left}}  {_short(text):>{_TEXT_WIDTH}}" for _, label, text in rows]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        columns: list[list[str]] = [[], []]
        for place, (heading, rows) in enumerate(self.groups()):
            cells = "".join(
                f"<tr{title_of(key)}><td style='text-align:left'>{html.escape(label)}</td>"
                f"<td style='text-align:right'>{html.escape(text)}</td></tr>"
                for key, label, text in rows
            )
            head = f"<tr><th colspan='2' style='text-align:left'>{html.escape(heading)}</th></tr>"
            columns[place % 2].append(f"<table style='width:100%'><tbody>{head}{cells}</tbody></table>")
        sides = "".join(f"<div style='min-width:22em'>{''.join(tables)}</div>" for tables in columns)
        return f"<div style='display:flex;flex-wrap:wrap;gap:2em;font-variant-numeric:tabular-nums'>{sides}</div>"

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
            If the text is no JSON object with the figures of a summary. Those that an earlier version did not know
            may be absent, and are None then.
        """
        try:
            figures = json.loads(text)
        except json.JSONDecodeError as error:
            raise DataError(f"a summary is a JSON object: {error}") from error
        if not isinstance(figures, dict) or not _REQUIRED <= set(figures) <= set(_KEYS):
            unexpected = (
                sorted((_REQUIRED - set(figures)) | (set(figures) - set(_KEYS)))
                if isinstance(figures, dict)
                else [type(figures).__name__]
            )
            raise DataError(f"missing or unknown figures in a summary: {', '.join(unexpected)}")
        return cls(**figures)


_KEYS: Final = tuple(field.name for field in fields(Summary))
_REQUIRED: Final = frozenset(field.name for field in fields(Summary) if field.default is MISSING)
_TEXT_WIDTH: Final = 32


def title_of(key: str) -> str:
    """Return the attribute of a row of HTML that explains a figure; empty where its label says enough."""
    return f' title="{html.escape(EXPLAINED[key])}"' if key in EXPLAINED else ""


def _short(text: str) -> str:
    return text if len(text) <= _TEXT_WIDTH else f"{text[: _TEXT_WIDTH - 1]}…"


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
    text = patterns[style]
    # What rounds to nothing has no sign.
    is_nothing = style != "text" and text.startswith("-") and not any(digit in text for digit in "123456789")
    return text.removeprefix("-") if is_nothing else text.replace("-", "−")


def format_time(time_ns: int) -> str:
    """Return an instant as ISO 8601 in UTC, with nine decimals only where it isn't a whole second."""
    seconds, fraction = divmod(time_ns, 1_000_000_000)
    text = datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction:09d}Z" if fraction else f"{text}Z"


def summarize(  # noqa: PLR0913 - what a run is measured by, each by its name
    *,
    fills: RecordArray,
    equity: RecordArray,
    bars: RecordArray | BarGroups,
    money_exponent: int,
    initial_cash_money: int,
    trips: RoundTrips | None = None,
    events: int | None = None,
    wall_seconds: float | None = None,
    fingerprint: str = "",
    round_the_clock: bool | None = None,
    risk_free_rate: float = 0.0,
    benchmark: Benchmark | None = None,
    conversion: Conversion | None = None,
    slippage_money: FloatArray | None = None,
) -> Summary:
    """Measure a run.

    Parameters
    ----------
    fills : FILL array
        Those that stand: without those that were busted.
    equity : EQUITY_POINT array
        In order of time; all accounts are added up.
    bars : BAR array or BarGroups
        What the run saw; may be empty.
    money_exponent : int
        Decimal places of money.
    initial_cash_money : int
        Equity before the first event, in steps of 10^−money_exponent.
    trips : RoundTrips, optional
        In the account's currency; made from the fills when not given.
    events : int, optional
        Events processed; the number of bars when not given.
    wall_seconds : float, optional
        How long the run took.
    fingerprint : str
        Of the final state.
    round_the_clock : bool, optional
        Whether the market trades at weekends, so that a year has 365 days, not 252; seen in the bars' times when not
        given.
    risk_free_rate : float
        A year's, as a fraction.
    benchmark : Benchmark, optional
        At the times of the equity curve.
    conversion : callable, optional
        From the instruments' currencies into the account's; they are the same when not given.
    slippage_money : float64 array, shape (n,), optional
        What the slippage model took from each fill, in steps of its instrument's money.

    Returns
    -------
    Summary
    """
    groups = grouped(bars)
    if trips is None:
        trips = round_trips(fills, groups)
        trips = trips if conversion is None else trips.converted(conversion)
    curve = equity_curve(equity, money_exponent)
    bar_times_ns = groups.times_ns
    start, end = _span(bar_times_ns, curve.times_ns)
    if round_the_clock is None:
        round_the_clock = is_round_the_clock(bar_times_ns if len(bar_times_ns) else curve.times_ns)
    initial_cash = units_to_float(initial_cash_money, money_exponent)
    basis = _Basis(curve, initial_cash, start, end, round_the_clock, risk_free_rate)
    events = len(bar_times_ns) if events is None else events
    figures: dict[str, Any] = {
        **_returns(basis),
        **_tails(basis),
        **_drawdowns(basis),
        **_trades(trips, money_exponent),
        **_costs(basis, _Money(fills, conversion, money_exponent), slippage_money),
        **_comparison(basis, benchmark),
        "exposure": metrics.exposure(fills, bar_times_ns, start, end),
        "bars": len(bar_times_ns),
        "events": events,
        "start": format_time(start) if end else None,
        "end": format_time(end) if end else None,
        "wall_seconds": wall_seconds,
        "events_per_second": events / wall_seconds if wall_seconds and math.isfinite(wall_seconds) else None,
        "fingerprint": fingerprint,
    }
    summary = Summary(**figures)
    return replace(summary, verdict=summary.judgement.level)


class _Basis:
    """What the figures of a run are computed from."""

    def __init__(
        self,
        curve: EquityCurve,
        initial_cash: float,
        start_ns: int,
        end_ns: int,
        round_the_clock: bool,
        risk_free_rate: float,
    ) -> None:
        self.curve, self.initial_cash = curve, initial_cash
        self.start_ns, self.end_ns = start_ns, end_ns
        self.round_the_clock, self.risk_free_rate = round_the_clock, risk_free_rate
        self.days_per_year = DAYS_PER_YEAR_ROUND_THE_CLOCK if round_the_clock else DAYS_PER_YEAR_SESSIONS
        self.returns = daily_returns(curve, initial_cash, round_the_clock).returns
        self.final_equity = float(curve.equity[-1]) if len(curve.equity) else initial_cash


def _returns(basis: _Basis) -> dict[str, Value]:
    returns, days, rate = basis.returns, basis.days_per_year, basis.risk_free_rate
    annual = metrics.annualized_return(returns, days)
    equity = basis.curve.equity
    return {
        "initial_cash": basis.initial_cash,
        "final_equity": basis.final_equity,
        "total_return": metrics.total_return(basis.initial_cash, basis.final_equity),
        "annualized_return": annual,
        "cagr": metrics.compound_annual_growth_rate(
            basis.initial_cash, basis.final_equity, basis.start_ns, basis.end_ns
        ),
        "annualized_volatility": metrics.annualized_volatility(returns, days),
        "risk_free_rate": rate,
        "sharpe": metrics.sharpe(returns, days, rate),
        "sharpe_at_two_percent": metrics.sharpe(returns, days, VERDICT_RATE),
        "sortino": metrics.sortino(returns, days, rate),
        "calmar": metrics.calmar(annual, metrics.max_drawdown(equity, basis.initial_cash)),
        "omega": tails.omega(returns, days, rate),
        "recovery_factor": metrics.recovery_factor(
            basis.final_equity - basis.initial_cash, metrics.max_drawdown_money(equity, basis.initial_cash)
        ),
    }


def _tails(basis: _Basis) -> dict[str, Value]:
    returns = basis.returns[np.isfinite(basis.returns)]
    found: dict[str, Value] = {
        "tail_ratio": tails.tail_ratio(returns),
        "best_day": float(np.max(returns)) if len(returns) else None,
        "worst_day": float(np.min(returns)) if len(returns) else None,
    }
    for percent in (95, 99):
        level = percent / 100.0
        found[f"value_at_risk_{percent}"] = tails.value_at_risk(returns, level)
        found[f"conditional_value_at_risk_{percent}"] = tails.conditional_value_at_risk(returns, level)
        found[f"parametric_value_at_risk_{percent}"] = tails.parametric_value_at_risk(returns, level)
        found[f"parametric_conditional_value_at_risk_{percent}"] = tails.parametric_conditional_value_at_risk(
            returns, level
        )
    return found


def _drawdowns(basis: _Basis) -> dict[str, Value]:
    times_ns, equity, cash = basis.curve.times_ns, basis.curve.equity, basis.initial_cash
    found = metrics.max_drawdown_times(times_ns, equity, cash, basis.start_ns)
    peak, trough, end = (format_time(time_ns) if time_ns else None for time_ns in found or (0, 0, 0))
    return {
        "max_drawdown": metrics.max_drawdown(equity, cash),
        "max_drawdown_start": peak,
        "max_drawdown_trough": trough,
        "max_drawdown_end": end,
        "max_drawdown_duration_days": metrics.max_drawdown_duration_days(times_ns, equity, cash, basis.start_ns),
    }


def _trades(trips: RoundTrips, money_exponent: int) -> dict[str, Value]:
    profits = array_to_floats(trips.closed["profit_money"], money_exponent)
    return {
        "total_trades": len(trips.closed),
        "win_rate": metrics.win_rate(profits),
        "profit_factor": metrics.profit_factor(profits),
        "expectancy": metrics.expectancy(profits),
        "average_win": metrics.average_win(profits),
        "average_loss": metrics.average_loss(profits),
        "best_trade": float(np.max(profits)) if len(profits) else None,
        "worst_trade": float(np.min(profits)) if len(profits) else None,
        "average_holding_days": float(np.mean(trips.closed["duration_ns"])) / DAY_NS if len(profits) else None,
    }


class _Money:
    """Sums of the fills' amounts in the account's currency."""

    def __init__(self, fills: RecordArray, conversion: Conversion | None, money_exponent: int) -> None:
        self._fills, self._exponent = fills, money_exponent
        self._factors = (
            None
            if conversion is None
            else conversion(fills["instrument"].astype(np.int64), np.ascontiguousarray(fills["venue_time_ns"]))
        )

    def total(self, name: str) -> float:
        """Add up the sizes of notionals, or the signed amounts of fees and shortfalls; unknown ones are nothing."""
        amounts = np.where(self._fills[name] == NULL, 0, self._fills[name])
        amounts = np.abs(amounts) if name == "notional_money" else amounts
        return self.sum(amounts)

    def sum(self, amounts: npt.NDArray[Any]) -> float:
        """Add up an amount a fill."""
        if self._factors is None:
            return units_to_float(round(np.sum(amounts)), self._exponent)
        return float(np.sum(amounts * self._factors)) / 10.0**self._exponent


def _costs(basis: _Basis, money: _Money, slippage_money: FloatArray | None) -> dict[str, Value]:
    traded, equity = money.total("notional_money"), basis.curve.equity
    mean_equity = float(np.mean(equity)) if len(equity) else basis.initial_cash
    return {
        "fees_paid": money.total("fee_money"),
        "slippage_paid": None if slippage_money is None else money.sum(slippage_money),
        "implementation_shortfall": money.total("slippage_money"),
        "traded_value": traded,
        "turnover": metrics.turnover(traded, mean_equity, basis.start_ns, basis.end_ns),
    }


def _comparison(basis: _Basis, benchmark: Benchmark | None) -> dict[str, Value]:
    if benchmark is None or not len(benchmark.curve.equity):
        return {}
    line, days, rate = benchmark.curve.equity, basis.days_per_year, basis.risk_free_rate
    other = daily_returns(benchmark.curve, basis.initial_cash, basis.round_the_clock).returns
    known = np.isfinite(basis.returns) & np.isfinite(other)
    own, other = basis.returns[known], other[known]
    return {
        "benchmark": benchmark.name,
        "benchmark_return": metrics.total_return(basis.initial_cash, float(line[-1])),
        "benchmark_sharpe": metrics.sharpe(other, days, rate),
        "benchmark_max_drawdown": metrics.max_drawdown(line, basis.initial_cash),
        "beta": relative.beta(own, other),
        "alpha": relative.alpha(own, other, days, rate),
        "correlation": relative.correlation(own, other),
        "information_ratio": relative.information_ratio(own, other, days),
    }


def _span(bar_times_ns: IntArray, point_times_ns: IntArray) -> tuple[int, int]:
    """Return the first and last instant, zeros where nothing happened."""
    times = [given for given in (bar_times_ns, point_times_ns) if len(given)]
    if not times:
        return 0, 0
    return min(int(np.min(given)) for given in times), max(int(np.max(given)) for given in times)
