"""The parts of a report that need no script, as HTML. Every text from outside is escaped here."""

import math
from collections.abc import Iterable, Sequence
from html import escape

from atlas.analytics.report.content import Assumption, ReportContent
from atlas.analytics.returns import MonthlyReturn
from atlas.analytics.summary import ABSENT, FIGURES, Summary, format_figure

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SIGNED = frozenset({"total_return", "annualized_return", "cagr", "expectancy"})


def header(content: ReportContent, period: str) -> str:
    """Return the title with the period, the symbols and the strategy's parameters."""
    symbols = [instrument.symbol for instrument in content.instruments]
    named = ", ".join(symbols[:8]) + (f" and {len(symbols) - 8} more" if len(symbols) > 8 else "")
    context = " · ".join(
        part for part in (named, period, f"{content.summary.bars:,} bars", content.description) if part
    )
    chips = "".join(
        f"<li><b>{escape(name)}</b> {escape(_text(value))}</li>" for name, value in content.parameters.items()
    )
    return (
        f'<p class="kicker">Backtest report</p><h1>{escape(content.strategy)}</h1>'
        f'<p class="context">{escape(context)}</p>' + (f'<ul class="chips">{chips}</ul>' if chips else "")
    )


def _text(value: object) -> str:
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
    chosen = (
        ("Total return", "total_return", "percent", f"{unit}{format_figure(summary.final_equity, 'money')} at the end"),
        ("CAGR", "cagr", "percent", f"volatility {format_figure(summary.annualized_volatility, 'percent')}"),
        ("Sharpe ratio", "sharpe", "ratio", f"Sortino {format_figure(summary.sortino, 'ratio')}"),
        ("Maximum drawdown", "max_drawdown", "percent", f"longest {duration}"),
        ("Trades", "total_trades", "count", f"exposure {format_figure(summary.exposure, 'percent')}"),
        ("Win rate", "win_rate", "percent", f"expectancy {unit}{format_figure(summary.expectancy, 'money')}"),
        ("Profit factor", "profit_factor", "ratio", "profits over losses, after fees"),
        ("Fees paid", "fees_paid", "money", f"on {unit}{format_figure(summary.initial_cash, 'money')} of cash"),
    )
    styles = {key: style for key, _, style in FIGURES}
    return "".join(
        f'<div class="card"><div class="label">{label}</div>'
        f'<div class="value{_sign_class(key, summary)}">{escape(format_figure(summary[key], styles[key]))}</div>'
        f'<div class="detail">{escape(detail)}</div></div>'
        for label, key, _, detail in chosen
    )


def _sign_class(key: str, summary: Summary) -> str:
    value = summary[key]
    if key not in _SIGNED or not isinstance(value, float) or value == 0.0:
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
        rows.append(f"<tr><th>{year}</th>{''.join(cells)}{_month_cell(growth - 1.0, 4 * largest, 'year ')}</tr>")
    heads = "".join(f"<th>{name}</th>" for name in (*_MONTHS, "Year"))
    return (
        f'<div class="scroll"><table class="months"><thead><tr><th></th>{heads}</tr></thead>'
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


def figures(summary: Summary) -> str:
    """Return every figure of the summary under its label."""
    rows = "".join(
        f"<tr><th>{escape(label)}</th>"
        f"<td{_fingerprint_class(key)}>{escape(format_figure(summary[key], style))}</td></tr>"
        for key, label, style in FIGURES
    )
    return f'<table class="facts"><tbody>{rows}</tbody></table>'


def _fingerprint_class(key: str) -> str:
    return ' class="fingerprint"' if key == "fingerprint" else ""


def configuration(text: str) -> str:
    """Return the configuration as it was resolved."""
    return f"<pre>{escape(text)}</pre>" if text.strip() else '<p class="note">No configuration was recorded.</p>'


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
        f"<tr><td>{escape(item.name)}</td><td>{escape(item.value)}</td><td>{escape(item.detail)}</td></tr>"
        for item in stated
    )
    return f'<table class="assumptions"><tbody>{rows}</tbody></table>'


def notes(stated: Sequence[str]) -> str:
    """Return what must be known about the data."""
    if not stated:
        return '<p class="note">Nothing to report.</p>'
    return f'<ul class="notes">{"".join(f"<li>{escape(note)}</li>" for note in stated)}</ul>'


def footer(content: ReportContent) -> str:
    """Return the fingerprint and the maker."""
    mark = content.summary.fingerprint
    maker = f"Atlas {content.version}".strip()
    fingerprint = f"Fingerprint <code>{escape(mark)}</code> · " if mark else ""
    rest = "charts by uPlot (MIT licence) · times are UTC · figures as defined in docs/metrics.md"
    return f"{fingerprint}{escape(maker)} · {rest}"


PRICE_SECTION = """<section>
  <div class="bar"><h2>Price and trades</h2><div class="tools"><span class="key buy note">buy</span>
  <span class="key sell note">sell</span><select id="price-symbol" aria-label="Symbol"></select></div></div>
  <div class="readout" id="price-readout"></div>
  <div class="chart" id="price-chart"></div>
  <p class="note" id="price-note"></p>
</section>"""


def trades_section(count: int, shown: int, still_open: int) -> str:
    """Return the frame of the table of trades."""
    remarks = []
    if shown < count:
        remarks.append(f"The last {shown:,} of {count:,} trades; fills.parquet has every fill.")
    if still_open:
        what = "One position was" if still_open == 1 else f"{still_open} positions were"
        remarks.append(f"{what} still open at the end: marked in equity, not counted as trades.")
    note = f'<p class="note">{" ".join(remarks)}</p>' if remarks else ""
    if not count:
        return f'<section><h2>Trades</h2><p class="note">No trade was closed.</p>{note}</section>'
    return (
        '<section><div class="bar"><h2>Trades</h2><div class="tools" id="trades-pages"></div></div>'
        f'<div class="scroll"><table id="trades-table"></table></div>{note}</section>'
    )
