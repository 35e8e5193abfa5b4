"""The parts of a report that need no script, as HTML. Every text from outside is escaped here."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from atlas.analytics.report.content import Assumption, Remark, ReportContent
from atlas.analytics.report.curves import Fall, deepest_falls
from atlas.analytics.returns import DAY_NS, IntArray, MonthlyReturn
from atlas.analytics.summary import (
    ABSENT,
    FIGURES,
    GROUPS,
    SIGNED,
    Style,
    Summary,
    Value,
    format_figure,
    format_time,
    title_of,
)
from atlas.analytics.verdict import LEVELS, Criterion, Verdict, mark, show

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MOST_FALLS: Final = 5
LONG_VALUE: Final = 11
"""Characters of a key figure from which on it is set smaller."""
_BESIDE: Final = frozenset(
    {
        "final_equity",
        "total_return",
        "cagr",
        "annualized_volatility",
        "sharpe",
        "sortino",
        "calmar",
        "omega",
        "max_drawdown",
        "max_drawdown_duration_days",
        "best_day",
        "worst_day",
        "value_at_risk_95",
        "conditional_value_at_risk_95",
    }
)


def header(content: ReportContent, period: str) -> str:
    """Return the title with the period, the symbols and the strategy's parameters."""
    symbols = [instrument.symbol for instrument in content.instruments]
    named = ", ".join(symbols[:8]) + (f" and {len(symbols) - 8} more" if len(symbols) > 8 else "")
    context = " · ".join(
        part
        for part in (
            named,
            period,
            f"{content.summary.bars:,} bar{'' if content.summary.bars == 1 else 's'}",
            content.description,
        )
        if part
    )
    chips = "".join(
        f"<li><b>{escape(name)}</b> {escape(parameter_text(value))}</li>" for name, value in content.parameters.items()
    )
    ended = content.conduct.status
    mark = "" if ended == "complete" else f' <span class="ended">{ended}</span>'
    return (
        f'<p class="kicker">Backtest report{mark}</p><h1>{escape(content.strategy)}</h1>'
        f'<p class="context">{escape(context)}</p>'
        + (f'<ul class="chips" aria-label="Parameters">{chips}</ul>' if chips else "")
    )


def verdict(found: Verdict) -> str:
    """Return the verdict, and each figure it rests on beside its thresholds."""
    heads = "".join(f'<th scope="col">{level}</th>' for level in LEVELS)
    rows = "".join(_criterion(each) for each in found.criteria)
    kind = found.level.replace(" ", "-")
    return (
        f'<details class="verdict {kind}"><summary><span class="badge">{escape(found.level)}</span>'
        f'<span class="reason">{escape(found.reason)}</span></summary>'
        f'<div class="scroll"><table class="criteria"><thead><tr><td></td><th scope="col">reached</th>{heads}'
        f"</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def _criterion(criterion: Criterion) -> str:
    judged = zip(criterion.limits, criterion.passed, strict=True)
    kinds = ("missed", "met")
    cells = "".join(
        f'<td class="{kinds[passed] if limit else ""}">{escape(limit)} {mark(limit, passed)}</td>'
        for limit, passed in judged
    )
    value = show(criterion.value, criterion.style)
    return f'<tr><th scope="row">{escape(criterion.name)}</th><td>{value}</td>{cells}</tr>'


def parameter_text(value: object) -> str:
    """Return a parameter in words; of an indicator its arguments."""
    if isinstance(value, Mapping):
        return ", ".join(parameter_text(each) for each in value.values())
    return f"{value:g}" if isinstance(value, float) else str(value)


def banner(content: ReportContent) -> str:
    """Return the line that leads to relaxed assumptions, empty where the run was strict."""
    count = sum(assumption.relaxed for assumption in content.assumptions)
    if not count:
        return ""
    what = "One execution assumption is" if count == 1 else f"{count} execution assumptions are"
    return f'<a class="banner" href="#assumptions">{what} relaxed: fills are kinder than the strict default.</a>'


def cards(summary: Summary, currency: str) -> str:
    """Return the eight key figures."""
    unit = f"{currency} " if currency else ""
    duration = format_figure(summary.max_drawdown_duration_days, "days")
    held = format_figure(summary.benchmark_return, "percent")
    beside = "" if summary.benchmark_return is None else f", benchmark {held}"
    costs = f"slippage charged {unit}{format_figure(summary.slippage_paid, 'money')}"
    chosen = (
        ("Total return", "total_return", f"{unit}{format_figure(summary.final_equity, 'money')}{beside}"),
        ("CAGR", "cagr", f"volatility {format_figure(summary.annualized_volatility, 'percent')}"),
        ("Sharpe ratio", "sharpe", f"Sortino {format_figure(summary.sortino, 'ratio')}"),
        ("Maximum drawdown", "max_drawdown", f"longest {duration}"),
        ("Trades", "total_trades", f"exposure {format_figure(summary.exposure, 'percent')}"),
        ("Win rate", "win_rate", f"expectancy {unit}{format_figure(summary.expectancy, 'money')}"),
        ("Profit factor", "profit_factor", f"recovery factor {format_figure(summary.recovery_factor, 'ratio')}"),
        ("Fees paid", "fees_paid", costs),
    )
    styles = {key: style for key, _, style in FIGURES}
    return "".join(
        f'<div class="card"><div class="label">{label}</div>'
        f"{_card_value(key, summary, styles[key])}"
        f'<div class="detail">{escape(detail)}</div></div>'
        for label, key, detail in chosen
    )


def _card_value(key: str, summary: Summary, style: Style) -> str:
    text = format_figure(summary[key], style)
    length = " long" if len(text) > LONG_VALUE else ""
    return f'<div class="value{_sign_class(key, summary[key], style)}{length}">{escape(text)}</div>'


def _sign_class(key: str, value: Value, style: Style) -> str:
    # What is printed as nothing is neither.
    shown = any(digit in format_figure(value, style) for digit in "123456789")
    if key not in SIGNED or not isinstance(value, float) or not shown:
        return ""
    return " gain" if value > 0.0 else " loss"


def months(monthly: Sequence[MonthlyReturn]) -> str:
    """Return the table of monthly returns, one row a year, shaded by size."""
    if not monthly:
        return '<p class="note">No daily return was recorded.</p>'
    values = {(entry.year, entry.month): entry.value for entry in monthly}
    largest = max(0.01, *(abs(value) for value in values.values()))
    rows = []
    for year in range(monthly[-1].year, monthly[0].year - 1, -1):
        growth = 1.0
        cells = []
        for month in range(1, 13):
            value = values.get((year, month))
            growth *= 1.0 + (value or 0.0)
            cells.append(_month_cell(value, largest))
        whole = _month_cell(growth - 1.0, 4 * largest, "year ")
        rows.append(f'<tr><th scope="row">{year}</th>{"".join(cells)}{whole}</tr>')
    heads = "".join(f'<th scope="col">{name}</th>' for name in (*_MONTHS, "Year"))
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Monthly returns">'
        f'<table class="months"><thead><tr><td></td>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _month_cell(value: float | None, largest: float, extra: str = "") -> str:
    if value is None:
        return '<td class="empty"></td>'
    if not math.isfinite(value):
        return f'<td class="{extra}">{ABSENT}</td>'
    way = "up" if value > 0.0 else "down" if value < 0.0 else ""
    heat = 0.06 + 0.62 * min(abs(value) / largest, 1.0) ** 0.7
    return f'<td class="{extra}{way}" style="--heat:{heat:.2f}">{format_figure(value, "percent")[:-1]}</td>'


def drawdowns(content: ReportContent, daily: bool) -> str:
    """Return the deepest drawdowns: how deep, from when to when, how long."""
    found = deepest_falls(content.fallen, MOST_FALLS)
    if not found:
        return '<p class="note">Equity never fell below a peak.</p>'
    times_ns = content.curve.times_ns

    def day(place: int | None) -> str:
        return ABSENT if place is None else format_time(int(times_ns[max(place, 0)]) - int(daily))[:10]

    rows = "".join(
        f"<tr><td>{format_figure(fall.depth, 'percent')}</td><td>{day(fall.peak)}</td><td>{day(fall.trough)}</td>"
        f"<td>{day(fall.end)}</td><td>{_days(times_ns, fall)}</td></tr>"
        for fall in found
    )
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("Depth", "Peak", "Trough", "Made good", "Days"))
    return (
        f'<div class="scroll"><table class="falls"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _days(times_ns: IntArray, fall: Fall) -> str:
    end = len(times_ns) - 1 if fall.end is None else fall.end
    return format_figure(float(times_ns[end] - times_ns[max(fall.peak, 0)]) / DAY_NS, "days").removesuffix(" days")


def figures(summary: Summary) -> str:
    """Return every figure of the summary under its label, group by group."""
    return "".join(
        f'<table class="facts"><caption>{escape(heading)}</caption><tbody>'
        + "".join(_figure(key, label, style, summary) for key, label, style in group)
        + "</tbody></table>"
        for heading, group in GROUPS
    )


def _figure(key: str, label: str, style: Style, summary: Summary) -> str:
    text = format_figure(summary[key], style)
    kind = "fingerprint" if key == "fingerprint" else _sign_class(key, summary[key], style).strip()
    return (
        f'<tr data-figure="{key}"{title_of(key)}><th scope="row">{escape(label)}</th>'
        f"<td{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}>{escape(text)}</td></tr>"
    )


def beside(summary: Summary, other: Summary | None) -> str:
    """Return the run's figures, beside its benchmark's where there is one."""
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th>{_beside_cell(key, summary, style)}'
        f"{'' if other is None else _beside_cell(key, other, style)}</tr>"
        for key, label, style in FIGURES
        if key in _BESIDE
    )
    named = "" if other is None else f'<th scope="col">{escape(summary.benchmark or "benchmark")}</th>'
    heads = f'<thead><tr><td></td><th scope="col">run</th>{named}</tr></thead>'
    return f'<div class="scroll"><table class="beside">{heads}<tbody>{rows}</tbody></table></div>'


def _beside_cell(key: str, summary: Summary, style: Style) -> str:
    kind = _sign_class(key, summary[key], style).strip()
    return f"<td{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}>{format_figure(summary[key], style)}</td>"


def configuration(text: str) -> str:
    """Return the configuration as it was resolved."""
    return (
        f'<pre tabindex="0" aria-label="Configuration">{escape(text)}</pre>'
        if text.strip()
        else '<p class="note">No configuration was recorded.</p>'
    )


def assumptions(stated: Sequence[Assumption]) -> str:
    """Return the relaxed assumptions in a frame of their own, then the others."""
    if not stated:
        return '<p class="note">No assumptions were recorded.</p>'
    relaxed = [assumption for assumption in stated if assumption.relaxed]
    strict = [assumption for assumption in stated if not assumption.relaxed]
    apart = (
        f'<div class="relaxed"><h3>Relaxed</h3>{_assumption_table(relaxed)}</div>'
        if relaxed
        else '<p class="strict">Nothing was relaxed: every rule is the strict default.</p>'
    )
    return apart + (_assumption_table(strict) if strict else "")


def _assumption_table(stated: Iterable[Assumption]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(item.name)}</th><td>{escape(item.value)}</td><td>{escape(item.detail)}</td></tr>'
        for item in stated
    )
    return f'<table class="assumptions"><tbody>{rows}</tbody></table>'


def remarks(stated: Sequence[Remark]) -> str:
    """Return what must be known about the data and the run, the gravest first."""
    if not stated:
        return '<p class="note">Nothing to report.</p>'
    ranked = sorted(stated, key=lambda remark: ("error", "warning", "note").index(remark.severity))
    rows = "".join(
        f'<li class="{remark.severity}"><span class="severity">{remark.severity}</span> {escape(remark.text)}</li>'
        for remark in ranked
    )
    return f'<ul class="remarks">{rows}</ul>'


def footer(content: ReportContent) -> str:
    """Return the fingerprint and the maker."""
    found = content.summary.fingerprint
    maker = f"Atlas {content.version}".strip()
    fingerprint = f"Fingerprint <code>{escape(found)}</code> · " if found else ""
    rest = "charts by uPlot (MIT licence) · times are UTC · figures as defined in docs/metrics.md"
    return f"{fingerprint}{escape(maker)} · {rest}"


def price_section(count: int, left_out: int) -> str:
    """Return the frame of the price chart; empty where there is nothing to draw."""
    if not count:
        return ""
    note = f" {left_out:,} more symbols, traded less, are not drawn." if left_out else ""
    return f"""<section id="prices">
  <div class="bar"><h2>Price and trades</h2><div class="tools">
    <select id="price-symbol" aria-label="Symbol"></select>
    <button id="price-back" aria-label="Earlier">←</button><button id="price-on" aria-label="Later">→</button>
    <button id="price-closer" aria-label="Closer">+</button><button id="price-wider" aria-label="Wider">−</button>
    <button id="price-all">All</button></div></div>
  <div class="readout" id="price-readout" aria-live="off"></div>
  <div class="legend" id="price-legend"></div>
  <div class="chart" id="price-chart" tabindex="0" role="application"
    aria-label="Price chart: arrow keys move, plus and minus zoom, Home shows everything"></div>
  <div id="price-panels"></div>
  <p class="note" id="price-note"></p>
  <p class="note screen">Drag to zoom into a span, turn the wheel or pinch to zoom, hold Shift and drag to move,
  double-click to see everything.{note}</p>
</section>"""


def trades_section(count: int, listed: int, still_open: int) -> str:
    """Return the frame of the list of trades."""
    found = []
    if listed < count:
        found.append(f"The last {listed:,} of {count:,} trades; trades.parquet has every one.")
    if still_open:
        what = "One position was" if still_open == 1 else f"{still_open:,} positions were"
        found.append(f"{what} still open at the end: marked in equity, not counted as trades.")
    note = f'<p class="note">{" ".join(found)}</p>' if found else ""
    if not count:
        return f'<section id="trades"><h2>Trades</h2><p class="note">No trade was closed.</p>{note}</section>'
    return f"""<section id="trades">
  <div class="bar"><h2>Trades</h2><div class="tools">
    <input id="trades-filter" type="search" placeholder="symbol, long, 2020-03, stop …" aria-label="Filter trades">
    <select id="trades-kind" aria-label="Which trades"><option value="">All</option><option value="won">Won</option>
    <option value="lost">Lost</option><option value="long">Long</option><option value="short">Short</option></select>
    <span class="note" id="trades-count" role="status"></span></div></div>
  <div class="list" id="trades-list" tabindex="0" aria-label="List of trades"><table id="trades-table"></table></div>
  <div id="trade-details" aria-live="polite"></div>{note}
</section>
<section id="trade-plot">
  <div class="bar"><h2>Profit of each trade</h2><div class="tools" id="scatter-choice"></div></div>
  <div class="readout" id="scatter-readout"></div><div class="chart" id="scatter-chart" role="img"
    aria-label="Profit of each trade"></div></section>"""
