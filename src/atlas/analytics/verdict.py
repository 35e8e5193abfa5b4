"""Whether a run is worth trading: its figures against three sets of thresholds, each said with what was reached."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["excellent", "good", "viable", "not viable", "not judged"]
Style = Literal["percent", "ratio"]

VERDICT_RATE: Final = 0.02
"""Yearly risk-free rate of the Sharpe ratio that is judged."""

FEW_TRADES: Final = 30
"""Below so many closed trades a win rate says little."""

_MORE_THAN, _AT_LEAST, _LESS_THAN, _AT_MOST = "> ", "≥ ", "< ", "≤ "
_PASSES: Final[dict[str, Callable[[float, float], bool]]] = {
    _MORE_THAN: lambda value, limit: value > limit,
    _AT_LEAST: lambda value, limit: value >= limit,
    _LESS_THAN: lambda value, limit: value < limit,
    _AT_MOST: lambda value, limit: value <= limit,
}

LEVELS: Final[tuple[Level, ...]] = ("viable", "good", "excellent")
# Name, style, sign and limit at each level; None where a level doesn't ask.
_THRESHOLDS: Final[tuple[tuple[str, Style, tuple[tuple[str, float] | None, ...]], ...]] = (
    ("Sharpe ratio at 2%", "ratio", ((_MORE_THAN, 0.5), (_AT_LEAST, 1.0), (_AT_LEAST, 2.0))),
    ("Sortino ratio", "ratio", (None, (_AT_LEAST, 1.5), (_AT_LEAST, 3.0))),
    ("Maximum drawdown", "percent", ((_LESS_THAN, 0.2), (_AT_MOST, 0.2), (_AT_MOST, 0.1))),
    ("Win rate", "percent", ((_MORE_THAN, 0.45), (_AT_LEAST, 0.5), (_AT_LEAST, 0.6))),
    ("Profit factor", "ratio", ((_MORE_THAN, 1.5), (_AT_LEAST, 1.5), (_AT_LEAST, 2.5))),
    ("Recovery factor", "ratio", (None, (_AT_LEAST, 2.0), (_AT_LEAST, 5.0))),
)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One figure against its thresholds.

    Attributes
    ----------
    name : str
    style : {"percent", "ratio"}
    value : float or None
        As compared: a drawdown as its size. Infinity where there was nothing to divide by and something was gained,
        None where it is undefined.
    limits : tuple of str
        At each of `LEVELS`, in words; empty where the level doesn't ask.
    passed : tuple of bool
        At each of `LEVELS`.
    """

    name: str
    style: Style
    value: float | None
    limits: tuple[str, ...]
    passed: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far a run got.

    Attributes
    ----------
    level : str
        ``excellent``, ``good``, ``viable``, ``not viable``, or ``not judged`` where no trade was closed.
    criteria : tuple of Criterion
    reason : str
        In a sentence: what kept it from the next level, or why it is not judged.
    """

    level: Level
    criteria: tuple[Criterion, ...]
    reason: str

    def __str__(self) -> str:
        lines = [f"{self.level.capitalize()}. {self.reason}"]
        width = max((len(each.name) for each in self.criteria), default=0)
        for each in self.criteria:
            asked = "   ".join(f"{level} {limit or '·':<8}" for level, limit in zip(LEVELS, each.limits, strict=True))
            lines.append(f"{each.name:<{width}}  {show(each.value, each.style):>9}   {asked}".rstrip())
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(each.name)}</th><td>{show(each.value, each.style)}</td>"
            + "".join(f"<td>{html.escape(limit)} {mark(limit, ok)}</td>" for limit, ok in _judged(each))
            + "</tr>"
            for each in self.criteria
        )
        heads = "".join(f"<th>{level}</th>" for level in LEVELS)
        return (
            f"<b>{self.level.capitalize()}.</b> {html.escape(self.reason)}"
            f"<table><thead><tr><th></th><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        )


def _judged(criterion: Criterion) -> list[tuple[str, bool]]:
    return list(zip(criterion.limits, criterion.passed, strict=True))


def mark(limit: str, passed: bool) -> str:
    """Return a tick or a cross; nothing where nothing is asked."""
    return "" if not limit else "✓" if passed else "✗"


def show(value: float | None, style: Style) -> str:
    """Return a compared value as tables show it."""
    if value is None:
        return "—"
    if value == float("inf"):
        return "∞"
    return (f"{value:.1%}" if style == "percent" else f"{value:.2f}").replace("-", "−")


def judge(
    *,
    sharpe: float | None,
    sortino: float | None,
    max_drawdown: float | None,
    win_rate: float | None,
    profit_factor: float | None,
    recovery_factor: float | None,
    total_trades: int,
    profit: float,
    is_ruined: bool = False,
) -> Verdict:
    """Judge a run by its figures.

    Parameters
    ----------
    sharpe : float or None
        At a risk-free rate of `VERDICT_RATE`.
    sortino, max_drawdown, win_rate, profit_factor, recovery_factor : float or None
        As in the summary.
    total_trades : int
    profit : float
        Final equity less initial cash. A ratio that is undefined because nothing was lost passes where this is above 0.
    is_ruined : bool
        Whether nothing is left.
    """
    free = float("inf") if profit > 0.0 else None
    fallen = None if max_drawdown is None else abs(max_drawdown)
    ratios = (sharpe, free if sortino is None else sortino, fallen, win_rate)
    values = (*ratios, *(free if value is None else value for value in (profit_factor, recovery_factor)))
    criteria = tuple(_criterion(*row, value) for row, value in zip(_THRESHOLDS, values, strict=True))
    if is_ruined:
        return Verdict("not viable", criteria, "Nothing is left of the account.")
    if not total_trades:
        return Verdict("not judged", criteria, "No trade was closed.")
    reached = [all(each.passed[place] for each in criteria) for place in range(len(LEVELS))]
    level: Level = next((LEVELS[place] for place in (2, 1, 0) if reached[place]), "not viable")
    return Verdict(level, criteria, _reason(level, criteria, total_trades))


def _criterion(name: str, style: Style, limits: tuple[tuple[str, float] | None, ...], value: float | None) -> Criterion:
    words = tuple("" if limit is None else f"{limit[0]}{_short(limit[1], style)}" for limit in limits)
    passed = tuple(limit is None or (value is not None and _PASSES[limit[0]](value, limit[1])) for limit in limits)
    return Criterion(name, style, value, words, passed)


def _short(limit: float, style: Style) -> str:
    return f"{limit:.0%}" if style == "percent" else f"{limit:g}"


def _reason(level: Level, criteria: tuple[Criterion, ...], total_trades: int) -> str:
    if level == "excellent":
        said = "Every threshold is met."
    else:
        place = 0 if level == "not viable" else LEVELS.index(level) + 1
        missed = [f"{each.name.lower()} {each.limits[place]}" for each in criteria if not each.passed[place]]
        said = f"For {LEVELS[place]} it lacks {', '.join(missed)}."
    if total_trades < FEW_TRADES:
        said += f" {total_trades} closed {'trade says' if total_trades == 1 else 'trades say'} little."
    return said.replace("sharpe", "Sharpe").replace("sortino", "Sortino")
