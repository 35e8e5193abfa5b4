"""The page that lays runs side by side."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

import numpy as np

from atlas.analytics.report import series
from atlas.analytics.report.packing import Pack
from atlas.analytics.report.page import assembled
from atlas.analytics.report.sections import parameter_text
from atlas.analytics.returns import EquityCurve, FloatArray, IntArray, drawdown
from atlas.analytics.summary import Summary, format_figure

MOST_POINTS: Final = 6_000

Drawn = tuple[str, EquityCurve, float]


def comparison_html(
    runs: Sequence[Drawn], details: Sequence[tuple[str, Mapping[str, object], Summary]], rows: str
) -> str:
    """Return the page.

    Parameters
    ----------
    runs : sequence of (label, curve, initial cash)
    details : sequence of (label, parameters, summary)
    rows : str
        Of the table of figures, as HTML.
    """
    heads = "".join(f'<th scope="col">{escape(label)}</th>' for label, *_ in runs)
    return assembled(
        _curves(runs),
        {
            "title": escape(f"{len(runs)} runs compared · Atlas report"),
            "heading": f"{len(runs)} runs compared",
            "cards": "".join(_card(*each) for each in details),
            "heads": heads,
            "rows": rows,
        },
        template="compare.html",
        scripts=("core", "compare"),
    )


def _card(label: str, parameters: Mapping[str, object], summary: Summary) -> str:
    shown = ", ".join(f"{name} {parameter_text(value)}" for name, value in parameters.items())
    period = f"{(summary.start or '')[:10]} to {(summary.end or '')[:10]}"
    return (
        f'<div class="card"><div class="label">{escape(label)}</div>'
        f'<div class="value">{format_figure(summary.total_return, "percent")}</div>'
        f'<div class="detail">Sharpe {format_figure(summary.sharpe, "ratio")}, '
        f"drawdown {format_figure(summary.max_drawdown, 'percent')}, {escape(summary.verdict or '')}</div>"
        f'<div class="detail">{escape(period)}{escape(f" · {shown}" if shown else "")}</div></div>'
    )


def _curves(runs: Sequence[Drawn]) -> dict[str, Any]:
    """Return growth and drawdown of each run at the moments of all."""
    every = [_thinned(curve, cash) for _, curve, cash in runs]
    times_ns = np.unique(np.concatenate([times for times, _, _ in every]))
    daily = series.is_daily(times_ns)
    pack = Pack()
    return {
        "daily": daily,
        "labels": [label for label, *_ in runs],
        "times": pack.add(series.end_seconds(times_ns, daily), 3),
        "growth": [pack.add(_at(times, growth, times_ns)) for times, growth, _ in every],
        "drawdown": [pack.add(_at(times, fallen, times_ns)) for times, _, fallen in every],
        "pack": pack.encoded(),
    }


def _thinned(curve: EquityCurve, cash: float) -> tuple[IntArray, FloatArray, FloatArray]:
    fallen = drawdown(curve.equity, cash)
    kept = series.thin((curve.equity, fallen), MOST_POINTS) if len(fallen) else np.empty(0, dtype=np.int64)
    growth = curve.equity[kept] / cash if cash > 0 else np.full(len(kept), np.nan)
    return curve.times_ns[kept], growth, fallen[kept]


def _at(own_ns: IntArray, values: FloatArray, times_ns: IntArray) -> FloatArray:
    """Return the last value at each moment; NaN outside the run."""
    if not len(own_ns):
        return np.full(len(times_ns), np.nan)
    place = np.searchsorted(own_ns, times_ns, side="right") - 1
    inside = (place >= 0) & (times_ns <= own_ns[-1])
    return np.asarray(np.where(inside, values[np.maximum(place, 0)], np.nan), dtype=np.float64)
