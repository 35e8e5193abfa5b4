"""A report as one page: data, script, style and text in a single file that asks the network for nothing."""

import base64
import hashlib
import json
import string
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np

from atlas.analytics.report import breakdown, conduct, curves, sections, series
from atlas.analytics.report.content import ReportContent
from atlas.analytics.report.histogram import histogram_drawing
from atlas.analytics.report.packing import Pack
from atlas.analytics.report.price_charts import PriceCharts
from atlas.analytics.report.trade_list import TradeList
from atlas.analytics.returns import (
    DAYS_PER_YEAR_ROUND_THE_CLOCK,
    DAYS_PER_YEAR_SESSIONS,
    IntArray,
    drawdown,
    monthly_returns,
)

MOST_POINTS: Final = 12_000
SCRIPTS: Final = ("core", "curves", "price", "trades", "tables", "start")
STYLES: Final = ("report",)


def write_report(path: str | Path, content: ReportContent) -> Path:
    """Write a report as one HTML file.

    Parameters
    ----------
    path : str or Path
        The file, usually ``report.html``; replaced where it exists.
    content : ReportContent

    Returns
    -------
    Path
        The file. The same content gives the same bytes.
    """
    target = Path(path)
    target.write_text(report_html(content), encoding="utf-8")
    return target


def report_html(content: ReportContent) -> str:
    """Return the whole page; long series are thinned, their extremes kept."""
    daily = series.is_daily(content.times_ns)
    monthly = monthly_returns(content.daily)
    charts = PriceCharts(content, daily)
    prices = charts.data()
    trades = TradeList(content, daily, charts.decimals)
    curve = _curves(content, daily)
    data = {
        "daily": daily,
        "currency": content.currency,
        "initialCash": content.summary.initial_cash,
        "curves": curve,
        "prices": prices,
        "trades": trades.data(),
    }
    return assembled(
        data,
        {
            "title": escape(f"{content.strategy} · Atlas report"),
            "header": sections.header(content, period(content.times_ns, daily)),
            "verdict": sections.verdict(content.summary.judgement),
            "ending": conduct.banners(content.conduct),
            "banner": sections.banner(content),
            "cards": sections.cards(content.summary, content.currency),
            "equity_note": _equity_note(content, curve),
            "months": sections.months(monthly),
            "beside_heading": "Beside the benchmark" if content.benchmark_summary else "Return and risk",
            "beside": sections.beside(content.summary, content.benchmark_summary),
            "histogram": histogram_drawing(curves.histogram(content.known_returns), content.summary),
            "drawdowns": sections.drawdowns(content, daily),
            "price_section": sections.price_section(len(prices), charts.left_out),
            "trades_section": sections.trades_section(trades.count, len(trades.trades), len(content.trades.open)),
            "strategies_section": breakdown.strategies_section(content),
            "symbols_section": breakdown.symbols_section(content, charts.numbers),
            "orders_section": conduct.orders_section(content.conduct),
            "figures": sections.figures(content.summary),
            "configuration": sections.configuration(content.configuration),
            "assumptions": sections.assumptions(content.assumptions),
            "remarks": sections.remarks(content.remarks),
            "footer": sections.footer(content),
        },
    )


def period(times_ns: IntArray, daily: bool) -> str:
    """Return the first and last day of a run."""
    if len(times_ns) == 0:
        return "no data"
    ends = np.array([np.min(times_ns), np.max(times_ns)]) - int(daily)
    first, last = ends.astype("datetime64[ns]").astype("datetime64[D]").astype(str)
    return f"{first} to {last}"


def _equity_note(content: ReportContent, curve: dict[str, Any]) -> str:
    count, shown = len(content.curve.times_ns), curve["equity"]["n"]
    return f" Drawn from {count:,} points; the extremes of every interval are kept." if shown < count else ""


def _curves(content: ReportContent, daily: bool) -> dict[str, Any]:
    """Return the lines over time: equity, benchmark, drawdowns, exposure, rolling Sharpe ratio."""
    curve, pack = content.curve, Pack()
    line = content.benchmark.curve.equity if content.benchmark else None
    kept = series.thin(
        (curve.equity, content.fallen) if line is None else (curve.equity, content.fallen, line), MOST_POINTS
    )
    gross, net = curves.exposure_lines(content.equity, curve.times_ns)
    found: dict[str, Any] = {
        "times": pack.add(series.end_seconds(curve.times_ns[kept], daily), 3),
        "equity": pack.add(curve.equity[kept], 2),
        "drawdown": pack.add(content.fallen[kept], 6),
        "gross": pack.add(gross[kept], 5),
        "net": pack.add(net[kept], 5),
        "benchmarkName": content.benchmark.name if content.benchmark else "",
        **_rolling(content, pack),
    }
    if line is not None:
        found["benchmark"] = pack.add(line[kept], 2)
        found["benchmarkDrawdown"] = pack.add(drawdown(line, content.summary.initial_cash)[kept], 6)
    found["pack"] = pack.encoded()
    return found


def _rolling(content: ReportContent, pack: Pack) -> dict[str, Any]:
    """Return the rolling Sharpe ratio of the run and of its benchmark, at the ends of days."""
    returns = content.daily.returns
    year = DAYS_PER_YEAR_ROUND_THE_CLOCK if content.always_open else DAYS_PER_YEAR_SESSIONS
    window, rate = curves.rolling_window(len(returns), year), content.summary.risk_free_rate or 0.0
    if not window:
        return {"window": 0}
    days = content.daily.days[window - 1 :]
    found: dict[str, Any] = {
        "window": window,
        "rollingTimes": pack.add(days * 86_400),
        "rolling": pack.add(curves.rolling_sharpe(returns, window, year, rate), 4),
    }
    other = content.benchmark_daily
    if other is not None and len(other.returns) == len(returns):
        found["benchmarkRolling"] = pack.add(curves.rolling_sharpe(other.returns, window, year, rate), 4)
    return found


def assembled(
    data: dict[str, Any], parts: dict[str, str], template: str = "template.html", scripts: Sequence[str] = SCRIPTS
) -> str:
    """Fill a template; scripts run only if they have the hashes that the page's policy names."""
    script = "\n".join(_asset(f"{name}.js") for name in scripts)
    vendor_script = _vendored("uPlot.iife.min.js")
    return string.Template(_asset(template)).substitute(
        parts,
        script=script,
        vendor_script=vendor_script,
        script_hashes=" ".join(_policy_hash(text) for text in (vendor_script, script)),
        style="\n".join(_asset(f"{name}.css") for name in STYLES),
        vendor_style=_vendored("uPlot.min.css"),
        data=json_in_page(data),
    )


@lru_cache
def _asset(name: str) -> str:
    return files("atlas.analytics.report").joinpath(f"assets/{name}").read_text(encoding="utf-8")


@lru_cache
def _vendored(name: str) -> str:
    return files("atlas.analytics.report").joinpath(f"vendor/{name}").read_text(encoding="utf-8").strip()


def _policy_hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def json_in_page(data: object) -> str:
    """Return data as JSON that can't end its script element or open a comment in the page."""
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
