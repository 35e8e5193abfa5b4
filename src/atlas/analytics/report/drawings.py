"""The pictures of the PDF, each drawn into axes it is given. Nothing here opens a window or a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from atlas.analytics.report import curves, series
from atlas.analytics.report.candles import Candles, candles_of, joined
from atlas.analytics.report.content import IndicatorLine, ReportContent
from atlas.analytics.report.price_charts import lies_upon_prices, most_traded
from atlas.analytics.returns import (
    DAYS_PER_YEAR_ROUND_THE_CLOCK,
    DAYS_PER_YEAR_SESSIONS,
    FloatArray,
    drawdown,
    monthly_returns,
)
from atlas.analytics.summary import format_figure, format_time
from atlas.analytics.symbols import instruments_by_number
from atlas.records.enums import NULL

INK, MUTED, GRID = "#18202b", "#55616f", "#e3e8ee"
ACCENT, GAIN, LOSS, OTHER = "#2356c8", "#00745a", "#b83a06", "#8a6a00"
LINES: Final = ("#0072b2", "#b35900", "#a03d86", "#117a65", "#6b4fbb", "#8a6a00")
MOST_POINTS: Final = 3_000
MOST_CANDLES: Final = 900
MOST_MEANS: Final = 500
MOST_CHARTS: Final = 4
MOST_MARKS: Final = 400
LATEST_TRADES: Final = 12
MOST_NAME: Final = 10
MOST_DOTS: Final = 4_000
HELD_TICKS: Final = (1 / 1440, 10 / 1440, 1 / 24, 6 / 24, 1.0, 7.0, 30.0, 365.25, 3652.5)
"""Days that are marked on the axis of holding times."""
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Year")
TRADE_HEADS: Final = (
    ("Symbol", True, 1.0),
    ("Side", True, 0.6),
    ("Entry", True, 1.45),
    ("Exit", True, 1.45),
    ("Quantity", False, 0.9),
    ("Entry price", False, 1.0),
    ("Exit price", False, 0.9),
    ("Profit", False, 1.05),
    ("Return", False, 0.8),
    ("MAE", False, 1.05),
    ("MFE", False, 1.0),
    ("Fees", False, 0.8),
)
"""Columns of the list of trades: what they are called, whether they hold text, and their share of the width."""

Axes = Any
Row = tuple[int, list[float | None]]


@contextmanager
def style() -> Iterator[None]:
    """Draw in the report's style, whatever the user's own matplotlib style is."""
    import matplotlib as mpl

    settings: Any = {
        "axes.edgecolor": GRID,
        "axes.grid": True,
        "axes.labelcolor": MUTED,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 9,
        "axes.titleweight": "bold",
        "axes.unicode_minus": True,
        "font.family": ["DejaVu Sans"],
        "font.size": 7.5,
        "grid.color": GRID,
        "grid.linewidth": 0.6,
        "lines.linewidth": 1.0,
        "lines.solid_joinstyle": "round",
        # Written as they are: many times quicker than cutting a font to the characters used.
        "pdf.fonttype": 3,
        "text.color": INK,
        "text.parse_math": False,
        "text.usetex": False,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
    }
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        yield


def _dates(content: ReportContent, times_ns: Any) -> Any:
    seconds = series.end_seconds(times_ns, series.is_daily(content.times_ns))
    return (seconds * 1e3).astype("datetime64[ms]")


def _kept(*values: FloatArray) -> Any:
    return series.thin(values, MOST_POINTS) if len(values[0]) else np.empty(0, dtype=np.int64)


def _compact(value: float, _: object = None) -> str:
    """Return a number of an axis in few characters."""
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if unit == 'k' else size):,.6g}{unit}".replace("-", "−")
    return f"{value:,.6g}".replace("-", "−")


def _held(days: float, _: object = None) -> str:
    """Return a time of holding in its largest unit."""
    for size, unit in ((365.25, "y"), (1.0, "d"), (1 / 24, "h"), (1 / 1440, "min")):
        if days >= size:
            return f"{days / size:.3g} {unit}"
    return f"{days * 86_400:.3g} s"


def _few_dates(axes: Axes, most: int) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=most)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]


def _percent(axis: Any, decimals: int | None = None) -> None:
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1.0, decimals=decimals))


def _empty(axes: Axes, title: str, reason: str) -> None:
    axes.set_title(title)
    axes.axis("off")
    axes.text(0.0, 0.9, reason, color=MUTED, transform=axes.transAxes, va="top")


def equity(axes: Axes, content: ReportContent) -> None:
    """Draw equity upon the benchmark's worth."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    curve = content.curve
    if not len(curve.equity):
        _empty(axes, "Equity", "No equity was recorded.")
        return
    kept = _kept(curve.equity, content.fallen)
    times = _dates(content, curve.times_ns[kept])
    if content.benchmark:
        axes.plot(times, content.benchmark.curve.equity[kept], color=OTHER, linewidth=0.8, label=content.benchmark.name)
    axes.plot(times, curve.equity[kept], color=ACCENT, label=content.strategy)
    if curves.wants_logarithm(curve.equity):
        axes.set_yscale("log")
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.axhline(content.summary.initial_cash, color=MUTED, linewidth=0.6, linestyle=(0, (4, 3)))
    axes.yaxis.set_major_formatter(FuncFormatter(_compact))
    axes.set_title(f"Equity {content.currency}".strip())
    axes.legend(frameon=False, loc="upper left", fontsize=7)
    axes.margins(x=0.0)
    axes.tick_params(axis="x", labelbottom=False)


def underwater(axes: Axes, content: ReportContent) -> None:
    """Draw the drawdown."""
    curve = content.curve
    if not len(curve.equity):
        _empty(axes, "Drawdown", "")
        return
    kept = _kept(content.fallen)
    times = _dates(content, curve.times_ns[kept])
    if content.benchmark:
        fallen = drawdown(content.benchmark.curve.equity, content.summary.initial_cash)
        axes.plot(times, fallen[kept], color=OTHER, linewidth=0.6, alpha=0.6)
    axes.fill_between(times, content.fallen[kept], 0.0, color=LOSS, alpha=0.18, linewidth=0)
    axes.plot(times, content.fallen[kept], color=LOSS, linewidth=0.8)
    _percent(axes.yaxis)
    axes.set_title("Drawdown from the highest equity so far")
    axes.margins(x=0.0)


def exposure(axes: Axes, content: ReportContent) -> None:
    """Draw gross exposure over equity."""
    gross, _ = curves.exposure_lines(content.equity, content.curve.times_ns)
    if not len(gross):
        _empty(axes, "Exposure", "")
        return
    # Each value is the mean of its stretch: the lines of many a day would be a block.
    begins = np.unique(np.linspace(0, len(gross), min(MOST_MEANS, len(gross)), endpoint=False).astype(np.int64))
    means = np.add.reduceat(np.nan_to_num(gross), begins) / np.diff(np.append(begins, len(gross)))
    axes.fill_between(
        _dates(content, content.curve.times_ns[begins]), means, 0.0, color=ACCENT, alpha=0.25, step="post"
    )
    _percent(axes.yaxis)
    axes.set_title("Gross exposure as a share of equity")
    axes.margins(x=0.0)


def rolling(axes: Axes, content: ReportContent) -> None:
    """Draw the rolling Sharpe ratio."""
    returns = content.daily.returns
    year = DAYS_PER_YEAR_ROUND_THE_CLOCK if content.always_open else DAYS_PER_YEAR_SESSIONS
    window = curves.rolling_window(len(returns), year)
    if not window:
        _empty(axes, "Rolling Sharpe ratio", "Too few days: it needs 80.")
        return
    days = content.daily.days[window - 1 :].astype("datetime64[D]")
    values = curves.rolling_sharpe(returns, window, year, content.summary.risk_free_rate or 0.0)
    axes.plot(days, values, color=ACCENT, linewidth=0.8)
    axes.axhline(0.0, color=MUTED, linewidth=0.6)
    axes.set_title(f"Rolling Sharpe ratio over {window} days")
    _few_dates(axes, 6)


def histogram(axes: Axes, content: ReportContent) -> None:
    """Draw how daily returns are distributed."""
    found = curves.histogram(content.known_returns)
    if found is None:
        _empty(axes, "Daily returns", "Too few days, or returns that do not vary.")
        return
    middles = (found.edges[:-1] + found.edges[1:]) / 2
    width = float(found.edges[1] - found.edges[0])
    axes.bar(middles, found.counts, width * 0.9, color=np.where(middles > 0, GAIN, LOSS), alpha=0.85)
    axes.plot(middles, found.normal, color=INK, linewidth=0.8)
    for key, name in (("value_at_risk_95", "VaR 95%"), ("value_at_risk_99", "VaR 99%")):
        value = content.summary[key]
        if isinstance(value, float):
            axes.axvline(value, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), label=f"{name} {value:.2%}")
    axes.legend(frameon=False, fontsize=6.5)
    _percent(axes.xaxis)
    axes.set_title("Daily returns that are not zero")


def scatter(axes: Axes, content: ReportContent) -> None:
    """Draw profit against holding time."""
    from matplotlib.ticker import FuncFormatter, NullLocator

    closed = content.trades.closed[-MOST_DOTS:]
    if not len(closed):
        _empty(axes, "Profit against holding time", "No trade was closed.")
        return
    days = np.maximum(closed["duration_ns"] / 86_400e9, 1 / 1440)
    _dots(axes, days, closed["profit_money"] / 10.0**content.money_exponent)
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks([days for days in HELD_TICKS if low <= days <= high])
    axes.xaxis.set_major_formatter(FuncFormatter(_held))
    axes.set_title("Profit against holding time")


def excursions(axes: Axes, content: ReportContent) -> None:
    """Draw profit against how far trades went against their holder."""
    closed = content.trades.closed[-MOST_DOTS:]
    if not len(closed):
        _empty(axes, "Profit against adverse excursion", "No trade was closed.")
        return
    scale = 10.0**content.money_exponent
    _dots(axes, content.trade_excursions.adverse_money[-MOST_DOTS:] / scale, closed["profit_money"] / scale)
    axes.set_title("Profit against adverse excursion")


def _dots(axes: Axes, x: FloatArray, profit: FloatArray) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(_compact))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    won = profit > 0
    size = 4 if len(x) > 1_000 else 10
    axes.scatter(x[won], profit[won], s=size, color=GAIN, alpha=0.6, linewidths=0)
    axes.scatter(x[~won], profit[~won], s=size, facecolors="none", edgecolors=LOSS, alpha=0.7, linewidths=0.6)
    axes.axhline(0.0, color=MUTED, linewidth=0.6)


def month_rows(content: ReportContent) -> list[Row]:
    """Return each year's returns by month and its whole, newest first."""
    found: dict[int, list[float | None]] = {}
    for each in monthly_returns(content.daily):
        found.setdefault(each.year, [None] * 13)[each.month - 1] = each.value
    for values in found.values():
        values[12] = float(np.prod([1.0 + value for value in values[:12] if value is not None])) - 1.0
    return sorted(found.items(), reverse=True)


def months(axes: Axes, rows: Sequence[Row]) -> None:
    """Draw the table of monthly returns, shaded by size."""
    axes.axis("off")
    axes.set_xlim(0, 13)
    axes.set_ylim(len(rows) + 1, 0)
    for place, name in enumerate(_MONTHS):
        axes.text(place + 0.5, 0.6, name, color=MUTED, ha="center", va="center", fontsize=7)
    largest = max([0.01, *(abs(value) for _, values in rows for value in values[:12] if value is not None)])
    for line, (year, values) in enumerate(rows, 1):
        axes.text(-0.1, line + 0.5, str(year), color=MUTED, ha="right", va="center", fontsize=7)
        for place, value in enumerate(values):
            if value is not None:
                _month(axes, place, line, value, largest if place < 12 else 4 * largest)


def _month(axes: Axes, place: int, line: int, value: float, largest: float) -> None:
    from matplotlib.patches import Rectangle

    heat = 0.05 + 0.55 * min(abs(value) / largest, 1.0) ** 0.7 if np.isfinite(value) and value else 0.0
    color = GAIN if value > 0 else LOSS
    axes.add_patch(Rectangle((place + 0.03, line + 0.06), 0.94, 0.88, color=color, alpha=heat, linewidth=0))
    text = format_figure(value, "percent").removesuffix("%") if np.isfinite(value) else "—"
    axes.text(place + 0.5, line + 0.5, text, ha="center", va="center", fontsize=6.5)


def charted(content: ReportContent) -> list[int]:
    """Return the numbers of the instruments with bars, those most traded first."""
    known = instruments_by_number(content.instruments)
    return most_traded(content.trades, [number for number in content.groups.numbers if number in known])


def latest_trades_ns(content: ReportContent, number: int) -> int | None:
    """Return a moment shortly before the latest trades of an instrument; None where they are all there are."""
    closed = content.trades.closed
    own = closed[closed["instrument"] == number]
    if len(own) <= LATEST_TRADES:
        return None
    last = own[-LATEST_TRADES:]
    first_ns, end_ns = int(last["entry_time_ns"].min()), int(last["exit_time_ns"].max())
    return first_ns - (end_ns - first_ns) // 10


def price(axes: Axes, content: ReportContent, number: int, since_ns: int | None = None) -> None:
    """Draw one instrument's prices as bars, indicators upon them and its trades from entry to exit.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    content : ReportContent
    number : int
        Of the instrument.
    since_ns : int, optional
        Draw only what was later.
    """
    instrument = instruments_by_number(content.instruments)[number]
    daily = series.is_daily(content.times_ns)
    whole = candles_of(content.groups, number, instrument.price_exponent, daily)
    every = whole if since_ns is None else _later(whole, since_ns)
    factor = 1
    while len(every.times) / factor > MOST_CANDLES:
        factor *= 2
    shown = joined(every, factor)
    times = (shown.times * 1e3).astype("datetime64[ms]")
    axes.vlines(times, shown.prices["low"], shown.prices["high"], color="#9aa6b4", linewidth=0.5)
    axes.plot(times, shown.prices["close"], color="#5d6b7c", linewidth=0.6)
    own = [line for line in content.indicators if line.instrument == number]
    upon = [line for line in own if lies_upon_prices(line.values, whole.prices["low"], whole.prices["high"])]
    for place, line in enumerate(upon[: len(LINES)]):
        first = 0 if since_ns is None else int(np.searchsorted(line.times_ns, since_ns))
        _indicator(axes, content, line, first, LINES[place])
    if upon:
        axes.legend(frameon=False, fontsize=6.5, loc="upper left")
    _marks(axes, content, number, 10.0**instrument.price_exponent, since_ns or 0)
    joining = f", each bar of {factor} bars" if factor > 1 else ""
    named = instrument.symbol if since_ns is None else f"{instrument.symbol}, the latest {LATEST_TRADES} trades"
    axes.set_title(f"{named}: {len(every.times):,} bars{joining}")
    axes.margins(x=0.0)


def _indicator(axes: Axes, content: ReportContent, line: IndicatorLine, first: int, color: str) -> None:
    """Draw an indicator; of many values the mean of each stretch, in a band from its lowest to its highest."""
    times_ns, values = line.times_ns[first:], line.values[first:]
    width = len(values) // MOST_CANDLES
    if width < 2:
        axes.plot(_dates(content, times_ns), values, color=color, linewidth=0.7, label=line.label)
        return
    whole = len(values) // width * width
    table, moments = values[:whole].reshape(-1, width), _dates(content, times_ns[:whole:width])
    axes.fill_between(moments, table.min(axis=1), table.max(axis=1), color=color, alpha=0.25, linewidth=0)
    axes.plot(moments, table.mean(axis=1), color=color, linewidth=0.7, label=line.label)


def _later(candles: Candles, since_ns: int) -> Candles:
    rows = slice(int(np.searchsorted(candles.times, since_ns / 1e9)), None)
    return Candles(
        1, candles.times[rows], {name: values[rows] for name, values in candles.prices.items()}, candles.decimals
    )


def _marks(axes: Axes, content: ReportContent, number: int, scale: float, since_ns: int) -> None:
    closed = content.trades.closed
    own = closed[(closed["instrument"] == number) & (closed["entry_time_ns"] >= since_ns)]
    if len(own) > MOST_MARKS:
        axes.text(
            0.99, 0.02, f"{len(own):,} trades are too many to mark", transform=axes.transAxes, ha="right", size=6.5
        )
        return
    for won in (True, False):
        chosen = own[(own["profit_money"] > 0) == won]
        if not len(chosen):
            continue
        entry, leaving = _dates(content, chosen["entry_time_ns"]), _dates(content, chosen["exit_time_ns"])
        low, high = chosen["entry_price_units"] / scale, chosen["exit_price_units"] / scale
        color = GAIN if won else LOSS
        axes.plot([entry, leaving], [low, high], color=color, linewidth=1.3, linestyle="-" if won else (0, (3, 2)))
        axes.plot(leaving, high, "o", markersize=2.6, color=color, markerfacecolor=color if won else "white")
    for direction, sign in ((1, "^"), (-1, "v")):
        chosen = own[own["direction"] == direction]
        entry = _dates(content, chosen["entry_time_ns"])
        axes.plot(entry, chosen["entry_price_units"] / scale, sign, markersize=3, color=ACCENT)


def trade_rows(content: ReportContent, most: int) -> list[list[str]]:
    """Return the last trades as texts, in the order of `TRADE_HEADS`."""
    known = instruments_by_number(content.instruments)
    money = 10.0**content.money_exponent
    closed = content.trades.closed[-most:]
    adverse = content.trade_excursions.adverse_money[-most:] / money
    favourable = content.trade_excursions.favourable_money[-most:] / money
    rows = []
    for trade, worst, best in zip(closed, adverse.tolist(), favourable.tolist(), strict=True):
        instrument = known[int(trade["instrument"])]
        price = 10.0**instrument.price_exponent
        rows.append(
            [
                instrument.symbol if len(instrument.symbol) <= MOST_NAME else f"{instrument.symbol[: MOST_NAME - 1]}…",
                "Long" if trade["direction"] > 0 else "Short",
                _moment(int(trade["entry_time_ns"])),
                _moment(int(trade["exit_time_ns"])),
                _few_digits(float(trade["quantity_units"]) / 10.0**instrument.quantity_exponent),
                _few_digits(float(trade["entry_price_units"]) / price),
                _few_digits(float(trade["exit_price_units"]) / price),
                short_money(float(trade["profit_money"]) / money),
                format_figure(float(trade["return_fraction"]), "percent"),
                short_money(worst),
                short_money(best),
                short_money(float(trade["fee_money"]) / money),
            ]
        )
    return rows


def short_money(value: float) -> str:
    """Return an amount, from a million on without cents, from a hundred millions on in millions."""
    if abs(value) >= 1e8:
        return f"{format_figure(value / 1e6, 'rate')}M"
    return format_figure(value, "money") if abs(value) < 1e6 else format_figure(value, "rate")


def _few_digits(value: float) -> str:
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"


def _moment(time_ns: int) -> str:
    return "—" if time_ns == NULL else format_time(time_ns)[2:16].replace("T", " ")
