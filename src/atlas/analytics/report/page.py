"""A report as one page: data, script, style and text in a single file that asks the network for nothing."""

import base64
import hashlib
import json
import string
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from atlas.analytics.report import sections, series
from atlas.analytics.report.content import ReportContent
from atlas.analytics.returns import (
    FloatArray,
    IntArray,
    daily_returns,
    distinct,
    drawdown,
    equity_curve,
    is_round_the_clock,
    monthly_returns,
)
from atlas.analytics.symbols import instruments_by_number
from atlas.analytics.trades import RoundTrips, round_trips
from atlas.records.enums import NULL, PriceRule
from atlas.records.instruments import Instrument
from atlas.records.layout import RecordArray
from atlas.records.units import array_to_floats

MOST_EQUITY_POINTS = 24_000
MOST_PRICE_POINTS = 96_000
LEAST_POINTS_PER_SYMBOL = 1_200
MOST_SYMBOLS = 60
MOST_MARKERS = 12_000
MOST_TRADES = 5_000

_RULES = {
    PriceRule.OPEN: "at the open",
    PriceRule.OPEN_GAP: "at the open, past a gap",
    PriceRule.LIMIT: "at its limit",
    PriceRule.STOP: "at its stop",
    PriceRule.STOP_GAP: "past its stop, in a gap",
    PriceRule.CLOSE: "at the close",
    PriceRule.TOUCH: "on a touch (relaxed)",
    PriceRule.NEXT_PRICE: "at the next price",
}


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
    trips = round_trips(content.fills, content.bars) if content.trips is None else content.trips
    instruments = instruments_by_number(content.instruments)
    bar_times_ns = np.ascontiguousarray(content.bars["venue_time_ns"])
    curve = equity_curve(content.equity, content.money_exponent)
    daily = series.is_daily(bar_times_ns if len(bar_times_ns) else curve.times_ns)
    always_open = is_round_the_clock(bar_times_ns if len(bar_times_ns) else curve.times_ns)
    monthly = monthly_returns(daily_returns(curve, content.summary.initial_cash, always_open))
    fallen = drawdown(curve.equity, content.summary.initial_cash)
    kept = series.thin((curve.equity, fallen), MOST_EQUITY_POINTS)
    prices = _prices(content, instruments, daily)
    data = {
        "daily": daily,
        "initialCash": content.summary.initial_cash,
        "rules": {int(rule): text for rule, text in _RULES.items()},
        "equity": {
            "times": series.encode(series.end_seconds(curve.times_ns[kept], daily)),
            "equity": series.encode(curve.equity[kept]),
            "drawdown": series.encode(fallen[kept]),
        },
        "prices": prices,
        "trades": _trades(trips, instruments, content, daily),
    }
    thinned = len(kept) < len(curve.times_ns)
    note = f" Drawn from {len(curve.times_ns):,} points; the extremes of every interval are kept." if thinned else ""
    return _assembled(
        data,
        {
            "title": escape(f"{content.strategy} · Atlas report"),
            "header": sections.header(content, _period(bar_times_ns if len(bar_times_ns) else curve.times_ns, daily)),
            "banner": sections.banner(content),
            "cards": sections.cards(content.summary, content.currency),
            "equity_note": note,
            "price_section": sections.PRICE_SECTION if prices else "",
            "months": sections.months(monthly),
            "trades_section": sections.trades_section(
                len(trips.closed), min(len(trips.closed), MOST_TRADES), len(trips.open)
            ),
            "figures": sections.figures(content.summary),
            "configuration": sections.configuration(content.configuration),
            "assumptions": sections.assumptions(content.assumptions),
            "notes": sections.notes(content.notes),
            "footer": sections.footer(content),
        },
    )


def _period(times_ns: IntArray, daily: bool) -> str:
    """Return the first and last day of a run."""
    if len(times_ns) == 0:
        return "no data"
    ends = np.array([np.min(times_ns), np.max(times_ns)]) - int(daily)
    first, last = ends.astype("datetime64[ns]").astype("datetime64[D]").astype(str)
    return f"{first} to {last}"


def _assembled(data: dict[str, Any], parts: dict[str, str]) -> str:
    """Fill the template; scripts run only if they have the hashes that the page's policy names."""
    room = files("atlas.analytics.report")
    script = room.joinpath("assets/report.js").read_text(encoding="utf-8")
    vendor_script = room.joinpath("vendor/uPlot.iife.min.js").read_text(encoding="utf-8").strip()
    template = string.Template(room.joinpath("assets/template.html").read_text(encoding="utf-8"))
    return template.substitute(
        parts,
        script=script,
        vendor_script=vendor_script,
        script_hashes=" ".join(_policy_hash(text) for text in (vendor_script, script)),
        style=room.joinpath("assets/report.css").read_text(encoding="utf-8"),
        vendor_style=room.joinpath("vendor/uPlot.min.css").read_text(encoding="utf-8").strip(),
        data=json_in_page(data),
    )


def _policy_hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def json_in_page(data: object) -> str:
    """Return data as JSON that can't end its script element or open a comment in the page."""
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _prices(content: ReportContent, instruments: dict[int, Instrument], daily: bool) -> list[dict[str, Any]]:
    """Return the price series and fills of each instrument that has bars, those most traded first."""
    bar_numbers = np.ascontiguousarray(content.bars["instrument"])
    fill_numbers = np.ascontiguousarray(content.fills["instrument"])
    traded = {
        int(number): int(count) for number, count in zip(*np.unique(fill_numbers, return_counts=True), strict=True)
    }
    numbers = sorted(distinct(bar_numbers).tolist(), key=lambda number: (-traded.get(number, 0), number))
    numbers = [number for number in numbers if number in instruments]
    most_points = max(MOST_PRICE_POINTS // max(len(numbers), 1), LEAST_POINTS_PER_SYMBOL)
    return [
        _price(
            instruments[number],
            content.bars[bar_numbers == number],
            content.fills[fill_numbers == number],
            daily,
            most_points,
        )
        for number in numbers[:MOST_SYMBOLS]
    ]


def _price(
    instrument: Instrument, bars: RecordArray, fills: RecordArray, daily: bool, most_points: int
) -> dict[str, Any]:
    close_units = np.ascontiguousarray(bars["close_units"])
    present = close_units != NULL
    close_units, times_ns = close_units[present], np.ascontiguousarray(bars["venue_time_ns"])[present]
    closes = array_to_floats(close_units, instrument.price_exponent)
    kept = series.thin((closes,), most_points) if len(closes) else np.empty(0, dtype=np.int64)
    step = -(-len(fills) // MOST_MARKERS) if len(fills) else 1
    marked = fills[::step]
    remarks = []
    if len(kept) < len(closes):
        remarks.append(f"Drawn from {len(closes):,} bars; the extremes of every interval are kept.")
    if step > 1:
        remarks.append(f"One in {step:,} of {len(fills):,} fills is marked.")
    return {
        "symbol": instrument.symbol,
        "decimals": series.price_decimals(close_units, instrument.price_exponent),
        "times": series.encode(series.end_seconds(times_ns[kept], daily)),
        "prices": series.encode(closes[kept]),
        "note": " ".join(remarks),
        "fills": {
            "times": series.encode(
                series.instant_seconds(marked["venue_time_ns"], marked["price_rule"] == PriceRule.CLOSE, daily)
            ),
            "prices": series.encode(array_to_floats(marked["price_units"], instrument.price_exponent)),
            "quantities": series.encode(
                marked["side"] * array_to_floats(marked["quantity_units"], instrument.quantity_exponent)
            ),
            "rules": marked["price_rule"].tolist(),
        },
    }


def _trades(
    trips: RoundTrips, instruments: dict[int, Instrument], content: ReportContent, daily: bool
) -> dict[str, Any]:
    """Return the last trades, column by column."""
    trades = trips.closed[-MOST_TRADES:]
    numbers = np.unique(trades["instrument"])
    known = [instruments[number] for number in numbers.tolist()]
    place = np.searchsorted(numbers, trades["instrument"])
    price_scale = np.array([10.0**instrument.price_exponent for instrument in known])[place]
    quantity_scale = np.array([10.0**instrument.quantity_exponent for instrument in known])[place]
    bars = content.bars
    decimals = [
        series.price_decimals(bars["close_units"][bars["instrument"] == number], instrument.price_exponent)
        for number, instrument in zip(numbers.tolist(), known, strict=True)
    ]
    never = np.zeros(len(trades), dtype=np.bool_)
    columns: list[dict[str, Any]] = [
        _names("Symbol", place, [instrument.symbol for instrument in known]),
        _names("Side", (trades["direction"] < 0).astype(np.int64), ["Long", "Short"]),
        _column("Entry", "time", series.instant_seconds(trades["entry_time_ns"], never, daily), text=True),
        _column("Exit", "time", series.instant_seconds(trades["exit_time_ns"], never, daily), text=True),
        _column("Quantity", "quantity", trades["quantity_units"] / quantity_scale),
        _column("Entry price", "price", trades["entry_price_units"] / price_scale),
        _column("Exit price", "price", trades["exit_price_units"] / price_scale),
        _column("Profit", "money", array_to_floats(trades["profit_money"], content.money_exponent), signed=True),
        _column("Return", "percent", trades["return_fraction"], signed=True),
        _column("Fees", "money", array_to_floats(trades["fee_money"], content.money_exponent)),
        _held(trades),
    ]
    if len(np.unique(trades["strategy"])) > 1:
        columns.insert(0, _column("Strategy", "count", trades["strategy"].astype(np.float64)))
    if len(np.unique(trades["account"])) > 1:
        columns.insert(0, _column("Account", "count", trades["account"].astype(np.float64)))
    return {"count": len(trades), "decimals": [decimals[index] for index in place.tolist()], "columns": columns}


def _held(trades: RecordArray) -> dict[str, Any]:
    if np.any(trades["bars_held"] == NULL):
        return _column("Held", "duration", trades["duration_ns"] / 1e9)
    return _column("Bars held", "count", trades["bars_held"].astype(np.float64))


def _column(label: str, style: str, values: FloatArray, *, signed: bool = False, text: bool = False) -> dict[str, Any]:
    return {"label": label, "style": style, "values": series.encode(values), "signed": signed, "text": text}


def _names(label: str, indices: Any, names: list[str]) -> dict[str, Any]:
    return {"label": label, "style": "name", "values": indices.tolist(), "names": names, "signed": False, "text": True}
