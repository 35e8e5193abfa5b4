"""What a report is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from atlas.analytics.excursions import Excursions, closed_excursions
from atlas.analytics.grouping import BarGroups
from atlas.analytics.relative import Benchmark
from atlas.analytics.returns import (
    DailyReturns,
    EquityCurve,
    FloatArray,
    IntArray,
    daily_returns,
    drawdown,
    equity_curve,
    is_round_the_clock,
)
from atlas.analytics.summary import Summary, summarize
from atlas.analytics.trades import RoundTrips, round_trips
from atlas.records.instruments import Instrument
from atlas.records.kinds import Kind
from atlas.records.layout import RecordArray, blank

Severity = Literal["error", "warning", "note"]
Ended = Literal["complete", "stopped", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class Assumption:
    """One modelling assumption of the run.

    Attributes
    ----------
    name : str
        What is assumed about, such as "Limit orders".
    value : str
        The rule in force, such as "fill when the price goes through the limit".
    detail : str
        One sentence for a reader who wants to know more.
    relaxed : bool
        Whether it departs from the strict default.
    """

    name: str
    value: str
    detail: str = ""
    relaxed: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a reader must know about the data or the run.

    Attributes
    ----------
    text : str
    severity : {"error", "warning", "note"}
    """

    text: str
    severity: Severity = "note"


@dataclass(frozen=True, slots=True)
class IndicatorLine:
    """One output of a strategy's indicator over time, for one instrument.

    Attributes
    ----------
    instrument : int
        Number of the instrument.
    field : str
        Name of the strategy's field.
    label : str
        In words, such as "fast SMA(10)".
    times_ns : int64 array, shape (n,)
        When each value stood, ascending.
    values : float64 array, shape (n,)
        NaN until it is ready.
    bars_each : int
        Records of the run between two values.
    """

    instrument: int
    field: str
    label: str
    times_ns: IntArray
    values: FloatArray
    bars_each: int = 1


@dataclass(frozen=True, slots=True)
class Share:
    """What one strategy, or one symbol, brought, in the account's currency.

    Attributes
    ----------
    number : int
        Of the strategy or instrument; 0 for what nobody did.
    name : str
    realized, unrealized, fees : float
    value : float
        Of what is still held.
    """

    number: int
    name: str
    realized: float
    unrealized: float
    fees: float
    value: float = 0.0

    @property
    def profit(self) -> float:
        """Realized and unrealized, less fees."""
        return self.realized + self.unrealized - self.fees


@dataclass(frozen=True, kw_only=True)
class Conduct:
    """How a run went: how it ended, what became of its orders, what its strategies logged.

    Attributes
    ----------
    status : {"complete", "stopped", "failed", "interrupted"}
    reason : str
        Why it ended before its data did.
    orders : mapping of str to int
        How many orders ended how.
    refusals : mapping of str to int
        Why orders were refused, and how often.
    log : sequence of str
        Lines of the log, perhaps the last of them.
    log_count : int
        Lines in all.
    """

    status: Ended = "complete"
    reason: str = ""
    orders: Mapping[str, int] = field(default_factory=dict)
    refusals: Mapping[str, int] = field(default_factory=dict)
    log: Sequence[str] = ()
    log_count: int = 0


@dataclass(frozen=True, kw_only=True)
class ReportContent:
    """Everything a report shows.

    Attributes
    ----------
    strategy : str
        The strategy's name, the title.
    summary : Summary
    equity : EQUITY_POINT array
    fills : FILL array
    bars : BAR array or BarGroups
    instruments : sequence of Instrument
        Instrument number n of the records is the n-th of these, counted from 1.
    money_exponent : int
        Decimal places of money.
    description : str
        One line below the title.
    parameters : mapping
        The strategy's parameters by name.
    currency : str
        Written before the main amounts.
    trips : RoundTrips, optional
        In the account's currency; made from the fills when not given.
    excursions : Excursions, optional
        Of the closed trades; measured when not given.
    benchmark : Benchmark, optional
        At the times of the equity curve.
    indicators : sequence of IndicatorLine
    configuration : str
        The configuration as resolved, as text.
    assumptions : sequence of Assumption
    remarks : sequence of Remark
        What a reader must know: gaps, repairs, missing volumes, an early end.
    version : str
        Of Atlas, for the footer.
    strategies, symbols : sequence of Share
        Who earned what, where there are several.
    conduct : Conduct
    """

    strategy: str
    summary: Summary
    equity: RecordArray
    fills: RecordArray
    bars: RecordArray | BarGroups
    instruments: Sequence[Instrument]
    money_exponent: int
    description: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    currency: str = ""
    trips: RoundTrips | None = None
    excursions: Excursions | None = None
    benchmark: Benchmark | None = None
    indicators: Sequence[IndicatorLine] = ()
    configuration: str = ""
    assumptions: Sequence[Assumption] = ()
    remarks: Sequence[Remark] = ()
    version: str = ""
    strategies: Sequence[Share] = ()
    symbols: Sequence[Share] = ()
    conduct: Conduct = field(default_factory=Conduct)

    @cached_property
    def groups(self) -> BarGroups:
        """The bars by instrument."""
        return self.bars if isinstance(self.bars, BarGroups) else BarGroups(self.bars)

    @cached_property
    def trades(self) -> RoundTrips:
        """The trades."""
        return round_trips(self.fills, self.groups) if self.trips is None else self.trips

    @cached_property
    def trade_excursions(self) -> Excursions:
        """How far each closed trade went against its holder and for him."""
        return closed_excursions(self.trades, self.groups) if self.excursions is None else self.excursions

    @cached_property
    def curve(self) -> EquityCurve:
        """Equity of all accounts together."""
        return equity_curve(self.equity, self.money_exponent)

    @cached_property
    def fallen(self) -> FloatArray:
        """Drawdown at each point of the curve, ≤ 0."""
        return drawdown(self.curve.equity, self.summary.initial_cash)

    @property
    def times_ns(self) -> IntArray:
        """Ends of the bars; times of the equity points where there are no bars."""
        return self.groups.times_ns if len(self.groups.bars) else self.curve.times_ns

    @cached_property
    def always_open(self) -> bool:
        """Whether the market trades round the clock."""
        return is_round_the_clock(self.times_ns)

    @cached_property
    def daily(self) -> DailyReturns:
        """Returns of days."""
        return daily_returns(self.curve, self.summary.initial_cash, self.always_open)

    @cached_property
    def benchmark_daily(self) -> DailyReturns | None:
        """Returns of days of the benchmark."""
        if self.benchmark is None:
            return None
        return daily_returns(self.benchmark.curve, self.summary.initial_cash, self.always_open)

    @cached_property
    def known_returns(self) -> FloatArray:
        """Returns of days that are defined."""
        return self.daily.returns[np.isfinite(self.daily.returns)]

    @cached_property
    def benchmark_summary(self) -> Summary | None:
        """The figures of the benchmark's own line, as of a run without trades."""
        if self.benchmark is None:
            return None
        scale = 10.0**self.money_exponent
        points = blank(Kind.EQUITY_POINT, len(self.benchmark.curve.times_ns))
        points["venue_time_ns"] = self.benchmark.curve.times_ns
        points["equity_money"] = np.rint(self.benchmark.curve.equity * scale)
        return summarize(
            fills=blank(Kind.FILL, 0),
            equity=points,
            bars=self.groups,
            money_exponent=self.money_exponent,
            initial_cash_money=round(self.summary.initial_cash * scale),
            round_the_clock=self.always_open,
            risk_free_rate=self.summary.risk_free_rate or 0.0,
        )
