"""Which public name stands on which page of docs/api, and what is said of it beside its docstring."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Final

import atlas
from atlas.kernel.indicators import Indicator


@dataclass(frozen=True)
class Entry:
    """A name on a page.

    Attributes
    ----------
    name : str
        As users write it, without ``atlas.``.
    home : str
        Module it is taken from; empty for the package itself.
    made : bool
        Whether users make it themselves: then its constructor's parameters are told.
    members : tuple of str or None
        Properties and methods that are told; None for all public ones.
    after : str
        Said below the docstring.
    """

    name: str
    home: str = ""
    made: bool = True
    members: tuple[str, ...] | None = None
    after: str = ""

    @property
    def value(self) -> Any:
        """What it names."""
        if not self.home:
            return getattr(atlas, self.name)
        return getattr(importlib.import_module(self.home), self.name)


@dataclass(frozen=True)
class Area:
    """A page: its file's name, its title, what it says first, what stands on it."""

    file: str
    title: str
    introduction: str
    entries: tuple[Entry, ...]


STREAM: Final = ("warm_up", "with_first_argument", "copy")
WINDOW: Final = ("append", "mean", "std", "highest", "lowest")
RESULT: Final = (
    *("summary", "verdict", "fills", "orders", "equity", "trades", "indicators", "log", "assumptions", "parameters"),
    *("by_strategy", "by_symbol", "cash_flows", "margin_calls", "equity_line", "strategy_names", "explain"),
    *("notes", "remarks", "configuration", "instruments", "data", "currency", "benchmark", "fingerprint", "seen_bars"),
    *("fill_records", "standing_fill_records", "order_records", "equity_records", "round_trips", "excursions"),
    *("report", "plot", "save", "status"),
)
SEARCH: Final = (
    *("best_parameters", "best_score", "best_strategy", "best", "best_trial", "ranked", "table", "warnings"),
    *("run", "heatmap", "report"),
)
MEANINGS: Final = "Their meanings, units and signs: [figures](../metrics.md)."
INHERITED: Final = "Made by Atlas; parameters and attributes are those of `StrategyError`."
HISTORY_AFTER: Final = "Made by [`load_bars`](#load_bars), `load_shipped` and `generate_bars`."

AREAS: Final = (
    Area(
        "strategy",
        "Strategies and their context",
        "How to write one: [how to add a new strategy](../new-strategy.md). What hooks may contain: "
        "[the language of strategies](../strategy-language.md).",
        (
            Entry("Strategy"),
            Entry("Context", made=False),
            Entry("Bars"),
            Entry("Array"),
            Entry("per_instrument"),
            Entry("TimeInForce"),
            Entry("OrderType"),
            Entry("strategies", made=False, members=()),
        ),
    ),
    Area(
        "indicators",
        "Indicators",
        "What every indicator has. Formulas, seeds and references of each: [indicators](../indicators.md).",
        (
            Entry("Indicator", made=False, members=STREAM),
            Entry("Window", members=WINDOW),
            Entry("indicators", members=()),
        ),
    ),
    Area(
        "data",
        "Data",
        "What `backtest(data=...)` takes is read by `load_bars`, whose further arguments it takes too. The guide is "
        "[data](../data.md).",
        (
            Entry("load"),
            Entry("load_bars"),
            Entry("load_shipped"),
            Entry("generate_bars"),
            Entry("GeneratorSettings", members=()),
            Entry("BarHistory", made=False, after=HISTORY_AFTER),
            Entry("Instrument", members=()),
        ),
    ),
    Area(
        "books",
        "Order books and feeds",
        "The guide is [order books](../order-book.md).",
        (
            Entry("OrderBook"),
            Entry("Feed", made=False),
            Entry("read_lobster"),
            Entry("read_databento"),
            Entry("read_binance"),
        ),
    ),
    Area(
        "running",
        "Running and results",
        "A run, what it costs, what it may do, and what it gives. The guides are [the result of a run](../results.md), "
        "[the report](../report.md), and [several at once](../several.md).",
        (
            Entry("backtest", "atlas.backtest.run"),
            Entry("FeeRule", members=()),
            Entry("Limits", members=()),
            Entry("BacktestResult", made=False, members=RESULT),
            Entry("load_result"),
            Entry("SavedResult", made=False),
            Entry("compare"),
            Entry("Comparison", "atlas.analytics.comparison", made=False),
            Entry("Summary", "atlas.analytics", made=False, after=MEANINGS),
            Entry("Assumption", "atlas.analytics", made=False),
        ),
    ),
    Area(
        "optimization",
        "Optimisation",
        "The guide is [search for parameters](../optimize.md).",
        (
            Entry("optimize"),
            Entry("Optimization", made=False, members=SEARCH),
            Entry("Heatmap", "atlas.research.surface", made=False),
            Entry("Trial", "atlas.research.trials", made=False),
        ),
    ),
    Area(
        "configuration",
        "Documents",
        "A run written down as YAML, JSON or TOML. Every key: [documents](../configuration.md).",
        (Entry("load_run"), Entry("run_document")),
    ),
    Area(
        "errors",
        "Errors",
        "Everything Atlas raises on purpose is an `AtlasError`. Messages name what is wrong, where, and the remedy.",
        (
            Entry("AtlasError", made=False),
            Entry("ConfigurationError"),
            Entry("DataError", made=False),
            Entry("StrategyError"),
            Entry("StrategyCompileError", made=False, after=INHERITED),
            Entry("InvalidRequestError", made=False),
            Entry("CapacityError", made=False),
            Entry("JournalError", made=False),
        ),
    ),
)


def catalogue() -> list[type[Indicator]]:
    """Return the public indicators that have no entry: they have a section in docs/indicators.md. By their names."""
    values = (getattr(atlas, name) for name in dir(atlas) if not name.startswith("_"))
    found = {value for value in values if isinstance(value, type) and issubclass(value, Indicator)}
    entered = {entry.name for area in AREAS for entry in area.entries}
    return sorted((each for each in found if each.__name__ not in entered), key=lambda each: each.__name__.lower())
