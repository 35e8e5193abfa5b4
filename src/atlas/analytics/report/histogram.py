"""The histogram of daily returns as a drawing that prints and takes its colours from the page."""

from html import escape
from typing import Final

import numpy as np

from atlas.analytics.report.curves import Histogram
from atlas.analytics.summary import Summary, format_figure

_WIDTH, _HEIGHT = 560, 270
_LABEL = 130
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 8, 40, 26
_MARKS: Final = (("value_at_risk_95", "VaR 95%"), ("value_at_risk_99", "VaR 99%"))


class _Plane:
    """Places of returns and counts on the drawing."""

    def __init__(self, shown: Histogram) -> None:
        self.low, self.high = float(shown.edges[0]), float(shown.edges[-1])
        self.most = float(max(np.max(shown.counts), np.max(shown.normal)))

    def x(self, value: float) -> float:
        return _LEFT + (value - self.low) / (self.high - self.low) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, count: float) -> float:
        return _HEIGHT - _BOTTOM - count / self.most * (_HEIGHT - _TOP - _BOTTOM)


def histogram_drawing(shown: Histogram | None, summary: Summary) -> str:
    """Return the drawing, or a line that says why there is none."""
    if shown is None:
        return '<p class="note">Too few days, or returns that do not vary.</p>'
    plane = _Plane(shown)
    parts = [*_grid(plane), *_bars(plane, shown), _normal(plane, shown), *_marks(plane, summary)]
    label = "Histogram of daily returns with the normal distribution of the same mean and deviation"
    return (
        f'<svg class="drawing" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    )


def _bars(plane: _Plane, shown: Histogram) -> list[str]:
    bars = []
    for place, count in enumerate(shown.counts.tolist()):
        left, right = float(shown.edges[place]), float(shown.edges[place + 1])
        top, middle = plane.y(count), (left + right) / 2
        words = f"{format_figure(left, 'percent')} to {format_figure(right, 'percent')}: {count} days"
        bars.append(
            f'<rect class="{"up" if middle > 0 else "down"}" x="{plane.x(left) + 0.5:.1f}" y="{top:.1f}" '
            f'width="{max(plane.x(right) - plane.x(left) - 1, 0.5):.1f}" height="{plane.y(0) - top:.1f}">'
            f"<title>{escape(words)}</title></rect>"
        )
    return bars


def _normal(plane: _Plane, shown: Histogram) -> str:
    middles = (shown.edges[:-1] + shown.edges[1:]) / 2
    points = zip(middles.tolist(), shown.normal.tolist(), strict=True)
    return f'<polyline class="normal" points="{" ".join(f"{plane.x(x):.1f},{plane.y(y):.1f}" for x, y in points)}"/>'


def _grid(plane: _Plane) -> list[str]:
    parts = []
    for count in _round_steps(plane.most):
        y = plane.y(count)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="axis" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{count:,.0f}</text>')
    step = _round_step((plane.high - plane.low) / 6)
    for place in range(round(plane.low / step) - 1, round(plane.high / step) + 2):
        value = place * step
        if plane.low - 1e-12 <= value <= plane.high + 1e-12:
            text = f"{100 * value:.3g}%".replace("-", "−")
            parts.append(
                f'<text class="axis" x="{plane.x(value):.1f}" y="{_HEIGHT - 8}" text-anchor="middle">{text}</text>'
            )
    return parts


def _round_steps(most: float) -> list[float]:
    step = max(_round_step(most / 4), 1.0)
    return [step * place for place in range(int(most // step) + 1)]


def _round_step(size: float) -> float:
    """Return 1, 2 or 5 times a power of ten, about as large."""
    power = 10.0 ** np.floor(np.log10(size))
    return float(next((digit * power for digit in (1.0, 2.0, 5.0, 10.0) if digit * power >= size), 10.0 * power))


def _marks(plane: _Plane, summary: Summary) -> list[str]:
    parts = []
    for row, (key, label) in enumerate(_MARKS):
        value = summary[key]
        if not isinstance(value, float) or not plane.low <= value <= plane.high:
            continue
        x, y = plane.x(value), 12 + 17 * row
        parts.append(f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{y + 3}" y2="{plane.y(0):.1f}"/>')
        text = f"{label} {format_figure(value, 'percent')}"
        # The nearer one writes to the right of its line, the farther one to the left, where there is room.
        side, at = ("start", x + 4) if row == 0 or x < _LEFT + _LABEL else ("end", x - 4)
        at = min(at, _WIDTH - _RIGHT - _LABEL) if side == "start" else at
        parts.append(f'<text class="axis mark" x="{at:.1f}" y="{y + 2}" text-anchor="{side}">{escape(text)}</text>')
    return parts
