"""The report as a PDF: the same figures and pictures on sheets of A4, made with matplotlib.

matplotlib is an extra, ``pip install 'atlas-trading[report]'``: it writes PDF by itself, needs no browser at run time,
and most who research have it. It is imported here and nowhere else.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from atlas.analytics.report import drawings, series
from atlas.analytics.report.breakdown import Row, rows_of
from atlas.analytics.report.conduct import ending_text, reason_words
from atlas.analytics.report.content import ReportContent
from atlas.analytics.report.page import period
from atlas.analytics.summary import GROUPS, Summary, format_figure
from atlas.analytics.verdict import LEVELS, mark, show
from atlas.records.errors import ConfigurationError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

A4: Final = (8.27, 11.69)
LEFT, RIGHT, TOP, BOTTOM = 0.07, 0.93, 0.955, 0.05
MISSING: Final = (
    "a PDF needs matplotlib: pip install 'atlas-trading[report]' (or matplotlib), or ask for a file that ends in .html"
)
MOST_TRADES: Final = 120
MOST_SHARES: Final = 20
LONG_VALUE: Final = 12
"""Characters of a key figure from which on it is set smaller."""
SHARE_HEADS: Final = (
    ("", True, 1.6),
    ("Profit", False, 1.0),
    ("Realized", False, 1.0),
    ("Unrealized", False, 1.0),
    ("Fees", False, 0.9),
    ("Value held", False, 1.0),
    ("Trades", False, 0.7),
    ("Win rate", False, 0.7),
)
"""Columns of who earned what, as those of the list of trades."""
_LINE = 0.0155
_TABLE_LINE = 0.0145
_WIDE = 104


def write_document(path: str | Path, content: ReportContent) -> Path:
    """Write a report as one PDF.

    Parameters
    ----------
    path : str or Path
        Replaced where it exists.
    content : ReportContent

    Returns
    -------
    Path
        The file. The same content gives the same bytes on one version of matplotlib.

    Raises
    ------
    ConfigurationError
        matplotlib is not installed.
    """
    target = Path(path)
    target.write_bytes(document_bytes(content))
    return target


def document_bytes(content: ReportContent) -> bytes:
    """Return the PDF."""
    try:
        from matplotlib.backends.backend_pdf import PdfPages
    except ImportError as error:
        raise ConfigurationError(MISSING) from error
    written = io.BytesIO()
    facts = {"Title": f"{content.strategy}: backtest report", "Creator": f"Atlas {content.version}".strip()}
    with drawings.style(), PdfPages(written, metadata={**facts, "CreationDate": None}) as pages:
        for sheet in sheets(content):
            pages.savefig(sheet)
    return written.getvalue()


def sheets(content: ReportContent) -> list[Figure]:
    """Return every sheet, numbered."""
    made = [_front(content), _returns(content), *_share_sheets(content), _prices(content), _figures(content)]
    made += _text_sheets("Execution assumptions", _assumption_lines(content))
    made += _text_sheets("Orders, data, remarks and configuration", _closing_lines(content))
    made += _trade_sheets(content)
    for number, sheet in enumerate(made, 1):
        foot = f"{content.strategy} · Atlas {content.version} · fingerprint {content.summary.fingerprint}"
        sheet.text(LEFT, 0.022, foot, size=6.5, color=drawings.MUTED)
        sheet.text(RIGHT, 0.022, f"{number} of {len(made)}", size=6.5, color=drawings.MUTED, ha="right")
    return made


def _sheet(title: str = "") -> Figure:
    from matplotlib.figure import Figure as Sheet

    sheet = Sheet(figsize=A4)
    if title:
        sheet.text(LEFT, TOP, title, size=14, weight="bold", va="top")
    return sheet


# --- the first sheet ---


def _front(content: ReportContent) -> Figure:
    sheet, summary = _sheet(), content.summary
    daily = series.is_daily(content.times_ns)
    symbols = [instrument.symbol for instrument in content.instruments]
    named = ", ".join(symbols[:6]) + (f" and {len(symbols) - 6} more" if len(symbols) > 6 else "")
    sheet.text(LEFT, TOP, "BACKTEST REPORT", size=7.5, weight="bold", color=drawings.MUTED, va="top")
    sheet.text(LEFT, TOP - 0.016, content.strategy, size=21, weight="bold", va="top")
    about = f"{named} · {period(content.times_ns, daily)} · {summary.bars:,} bars"
    sheet.text(LEFT, TOP - 0.048, _shortened(about, 110), size=8.5, color=drawings.MUTED, va="top")
    sheet.text(LEFT, TOP - 0.064, _shortened(content.description, 120), size=8.5, color=drawings.MUTED, va="top")
    ended = ending_text(content.conduct)
    sheet.text(RIGHT, TOP, _shortened(ended, 90), size=8.5, weight="bold", color=drawings.LOSS, va="top", ha="right")
    _verdict(sheet, summary, TOP - 0.09)
    _cards(sheet, summary, content.currency, TOP - 0.27)
    relaxed = sum(assumption.relaxed for assumption in content.assumptions)
    if relaxed:
        words = f"{relaxed} execution assumption{'s are' if relaxed > 1 else ' is'} relaxed: see below."
        sheet.text(LEFT, TOP - 0.385, words, size=8.5, color=drawings.LOSS)
    drawings.equity(sheet.add_axes((LEFT + 0.045, 0.335, 0.815, 0.215)), content)
    drawings.underwater(sheet.add_axes((LEFT + 0.045, 0.215, 0.815, 0.095)), content)
    drawings.exposure(sheet.add_axes((LEFT + 0.045, 0.075, 0.815, 0.1)), content)
    return sheet


def _verdict(sheet: Figure, summary: Summary, top: float) -> None:
    found = summary.judgement
    color = {"not viable": drawings.LOSS, "viable": drawings.ACCENT}.get(found.level, drawings.GAIN)
    color = drawings.MUTED if found.level == "not judged" else color
    sheet.text(LEFT, top, found.level.capitalize(), size=13, weight="bold", color=color, va="top")
    for place, line in enumerate(textwrap.wrap(found.reason, _WIDE)[:2]):
        sheet.text(LEFT, top - 0.022 - place * 0.014, line, size=8.5, va="top")
    columns = (LEFT, 0.36, 0.48, 0.62, 0.78)
    first = top - 0.058
    for x, head in zip(columns[1:], ("reached", *LEVELS), strict=True):
        sheet.text(x, first, head, size=7.5, color=drawings.MUTED, ha="right" if head == "reached" else "left")
    for row, each in enumerate(found.criteria):
        y = first - 0.0165 * (row + 1)
        sheet.text(columns[0], y, each.name, size=8.5)
        sheet.text(columns[1], y, show(each.value, each.style), size=8.5, ha="right")
        for x, limit, passed in zip(columns[2:], each.limits, each.passed, strict=True):
            text = f"{limit}  {mark(limit, passed)}".strip()
            sheet.text(x, y, text, size=8.5, color=drawings.GAIN if passed else drawings.LOSS)


def _cards(sheet: Figure, summary: Summary, currency: str, top: float) -> None:
    chosen = (
        ("Total return", "total_return", "percent"),
        ("CAGR", "cagr", "percent"),
        ("Sharpe ratio", "sharpe", "ratio"),
        ("Maximum drawdown", "max_drawdown", "percent"),
        ("Trades", "total_trades", "count"),
        ("Win rate", "win_rate", "percent"),
        ("Profit factor", "profit_factor", "ratio"),
        (f"Fees paid {currency}".strip(), "fees_paid", "money"),
    )
    for place, (label, key, style) in enumerate(chosen):
        x, y = LEFT + 0.218 * (place % 4), top - 0.048 * (place // 4)
        sheet.text(x, y, label, size=7.5, color=drawings.MUTED, va="top")
        text = format_figure(summary[key], style)  # type: ignore[arg-type]
        sheet.text(x, y - 0.013, text, size=14 if len(text) < LONG_VALUE else 11, weight="bold", va="top")


# --- the others ---


def _returns(content: ReportContent) -> Figure:
    sheet = _sheet("Returns")
    rows = drawings.month_rows(content)
    height = min(0.019 * max(len(rows), 1) + 0.02, 0.42)
    drawings.months(sheet.add_axes((LEFT + 0.03, TOP - 0.045 - height, 0.83, height)), rows)
    top = TOP - 0.075 - height
    half = 0.385
    below = (top - BOTTOM - 0.09) / 2
    drawings.histogram(sheet.add_axes((LEFT + 0.035, top - below, half, below)), content)
    drawings.rolling(sheet.add_axes((LEFT + 0.475, top - below, half, below)), content)
    drawings.scatter(sheet.add_axes((LEFT + 0.035, BOTTOM + 0.02, half, below)), content)
    drawings.excursions(sheet.add_axes((LEFT + 0.475, BOTTOM + 0.02, half, below)), content)
    return sheet


def _prices(content: ReportContent) -> Figure:
    sheet = _sheet("Prices and trades")
    numbers = drawings.charted(content)[: drawings.MOST_CHARTS]
    if not numbers:
        sheet.text(LEFT, TOP - 0.05, "No bar was seen.", size=9, color=drawings.MUTED)
        return sheet
    charts: list[tuple[int, int | None]] = [(number, None) for number in numbers]
    latest = drawings.latest_trades_ns(content, numbers[0])
    if len(charts) == 1 and latest is not None:
        charts.append((numbers[0], latest))
    room = min((TOP - BOTTOM - 0.05) / len(charts), 0.42)
    for place, (number, since_ns) in enumerate(charts):
        bottom = TOP - 0.04 - room * (place + 1) + 0.03
        drawings.price(sheet.add_axes((LEFT + 0.045, bottom, 0.815, room - 0.055)), content, number, since_ns)
    return sheet


def _figures(content: ReportContent) -> Figure:
    sheet, summary = _sheet("All figures"), content.summary
    x, y = LEFT, TOP - 0.05
    for heading, group in GROUPS:
        if y - _LINE * (len(group) + 2) < BOTTOM:
            x, y = 0.52, TOP - 0.05
        sheet.text(x, y, heading, size=9, weight="bold")
        for key, label, style in group:
            y -= _LINE
            sheet.text(x, y, label, size=8, color=drawings.MUTED)
            sheet.text(x + 0.4, y, _shortened(format_figure(summary[key], style), 40), size=8, ha="right")
        y -= _LINE * 2
    return sheet


def _text_sheets(title: str, lines: Sequence[tuple[str, bool]]) -> Iterator[Figure]:
    """Give sheets of lines of text; the flag says that a line is strong."""
    per_sheet = int((TOP - BOTTOM - 0.06) / _LINE)
    for first in range(0, len(lines), per_sheet):
        sheet = _sheet(title if first == 0 else f"{title}, continued")
        for place, (text, strong) in enumerate(lines[first : first + per_sheet]):
            y = TOP - 0.05 - place * _LINE
            sheet.text(LEFT, y, text, size=8, weight="bold" if strong else "normal", parse_math=False)
        yield sheet


def _assumption_lines(content: ReportContent) -> list[tuple[str, bool]]:
    ranked = sorted(content.assumptions, key=lambda assumption: not assumption.relaxed)
    lines: list[tuple[str, bool]] = []
    for each in ranked:
        named = f"{'RELAXED  ' if each.relaxed else ''}{each.name}: {each.value}"
        lines += [(line, True) for line in textwrap.wrap(named, _WIDE - 10)]
        lines += [(line, False) for line in textwrap.wrap(each.detail, _WIDE)]
        lines.append(("", False))
    return lines or [("No assumptions were recorded.", False)]


def _closing_lines(content: ReportContent) -> list[tuple[str, bool]]:
    conduct = content.conduct
    lines: list[tuple[str, bool]] = [("Orders", True)]
    lines += [(f"{count:,} {word}", False) for word, count in conduct.orders.items()]
    lines += [(f"{count:,} refused by {reason_words(reason)}", False) for reason, count in conduct.refusals.items()]
    if not conduct.orders:
        lines.append(("No order was asked for.", False))
    lines += [("", False), ("Remarks", True)]
    for each in content.remarks:
        lines += [(line, False) for line in textwrap.wrap(f"{each.severity}: {each.text}", _WIDE)]
    if not content.remarks:
        lines.append(("Nothing to report.", False))
    lines += [("", False), ("Parameters", True)]
    lines += [(f"{name}: {value}"[:_WIDE], False) for name, value in content.parameters.items()]
    lines += [("", False), ("Configuration as resolved", True)]
    return lines + [(line[:_WIDE], False) for line in content.configuration.splitlines()]


def _trade_sheets(content: ReportContent) -> Iterator[Figure]:
    rows = drawings.trade_rows(content, MOST_TRADES)
    count = len(content.trades.closed)
    heading = "Trades" if count <= MOST_TRADES else f"The last {MOST_TRADES} of {count:,} trades"
    per_sheet = int((TOP - BOTTOM - 0.08) / _TABLE_LINE)
    for first in range(0, len(rows), per_sheet):
        sheet = _sheet(heading if first == 0 else f"{heading}, continued")
        _trade_table(sheet, rows[first : first + per_sheet])
        yield sheet


def _share_sheets(content: ReportContent) -> Iterator[Figure]:
    """Give a sheet on which stands who earned what, where there are several."""
    tables = (("Strategies", content.strategies, "strategy"), ("Symbols", content.symbols, "instrument"))
    shown = [(name, rows_of(content, shares, field)) for name, shares, field in tables if len(shares) > 1]
    if not shown:
        return
    sheet, top = _sheet("Who earned what"), TOP - 0.045
    for name, rows in shown:
        ends = [*rows[:MOST_SHARES], *rows[-MOST_SHARES:]] if len(rows) > 2 * MOST_SHARES else rows
        heading = name if ends is rows else f"{name}: the first and the last {MOST_SHARES} of {len(rows):,}"
        texts = [share_texts(row.share.name, [row]) for row in ends]
        if top - _TABLE_LINE * (len(texts) + 4) < BOTTOM:
            yield sheet
            sheet, top = _sheet("Who earned what, continued"), TOP - 0.045
        sheet.text(LEFT, top, f"{heading}, {content.currency}".rstrip(", "), size=9, weight="bold")
        whole = content.summary.final_equity - content.summary.initial_cash
        _table(sheet, SHARE_HEADS, [*texts, share_texts("Total", rows, whole)], top - 0.02)
        top -= 0.02 + _TABLE_LINE * (len(texts) + 4)
    yield sheet


def share_texts(name: str, rows: Sequence[Row], profit: float | None = None) -> list[str]:
    """Return rows together as texts, in the order of `SHARE_HEADS`."""
    sums = [sum(getattr(row.share, each) for row in rows) for each in ("realized", "unrealized", "fees", "value")]
    profits = np.concatenate([row.profits for row in rows])
    whole = float(sum(row.share.profit for row in rows)) if profit is None else profit
    rate = format_figure(float(np.mean(profits > 0)) if len(profits) else None, "percent")
    amounts = [drawings.short_money(float(each)) for each in (whole, *sums)]
    return [_shortened(name, 24), *amounts, f"{len(profits):,}", rate]


def _trade_table(sheet: Figure, rows: Sequence[Sequence[str]]) -> None:
    _table(sheet, drawings.TRADE_HEADS, rows, TOP - 0.045)


def _table(sheet: Figure, heads: Sequence[tuple[str, bool, float]], rows: Sequence[Sequence[str]], top: float) -> None:
    widths = np.cumsum([0.0, *(width for *_, width in heads)])
    places: Any = LEFT + (RIGHT - LEFT) * widths / widths[-1]
    for place, (head, is_text, _) in enumerate(heads):
        x = places[place] if is_text else places[place + 1] - 0.006
        side = "left" if is_text else "right"
        sheet.text(x, top, head, size=6.5, color=drawings.MUTED, ha=side)
        # One text a column: thousands of single cells take seconds.
        column = "\n".join(row[place] for row in rows)
        sheet.text(x, top - 0.009, column, size=6.5, ha=side, va="top", multialignment=side, linespacing=1.6)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
