"""Figures of a summary by which runs are compared: their keys, labels and styles."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from atlas.analytics.summary import FIGURES, Style, Summary
from atlas.config.suggestions import did_you_mean
from atlas.records.errors import ConfigurationError

NOT_COMPARED: Final = ("initial_cash", "bars", "events", "wall_seconds", "events_per_second", "fingerprint")
OTHER_FIGURES: Final = {
    "return": "total_return",
    "returns": "total_return",
    "profit": "final_equity",
    "equity": "final_equity",
    "drawdown": "max_drawdown",
    "trades": "total_trades",
    "volatility": "annualized_volatility",
}


def comparable_figures() -> list[str]:
    """Return the keys of the figures by which runs can be compared, in the order of the summary."""
    texts = {key for key, _, style in FIGURES if style == "text"}
    return [each.name for each in fields(Summary) if each.name not in texts and each.name not in NOT_COMPARED]


def figure_key(given: Any, argument: str) -> str:
    """Return the key of a figure that can be compared.

    Raises
    ------
    ConfigurationError
        There is none of that name; the message says which was meant.
    """
    keys = comparable_figures()
    if given in keys:
        return str(given)
    meant = OTHER_FIGURES.get(given) if isinstance(given, str) else None
    hint = f"did you mean {meant!r}?" if meant else did_you_mean(str(given), keys)
    raise ConfigurationError(f"{given!r} is no figure of the summary that can be compared; {hint}", argument)


def style_of(key: str) -> Style:
    """Return how values of a figure are written."""
    return next((style for name, _, style in FIGURES if name == key), "ratio")


def label_of(key: str) -> str:
    """Return what tables call a figure."""
    return next((label for name, label, _ in FIGURES if name == key), key)
