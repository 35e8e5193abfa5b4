"""The command that lists strategies, and shows one in full."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.table import Table

from atlas.backtest.description import settable_parameters
from atlas.backtest.documents import StrategyCatalogue, is_in_file, made_of
from atlas.cli.console import output
from atlas.cli.folders import print_json
from atlas.config.keys import as_written
from atlas.config.suggestions import did_you_mean
from atlas.errors import ConfigurationError
from atlas.strategy.base import Strategy
from atlas.strategy.definition import StrategyDefinition, definition_of
from atlas.strategy.shipped import MODULES, OTHER_NAMES, strategy_class


def list_strategies(as_json: bool = False) -> None:
    """Print each shipped strategy: names, parameters with their defaults, what it does."""
    if as_json:
        print_json([facts_of(name, strategy_class(name)) for name in MODULES])
        return
    table = Table(box=None, padding=(0, 2, 1, 0), header_style="bold")
    for heading in ("strategy", "parameters", "what it does"):
        table.add_column(heading)
    for name in MODULES:
        strategy = strategy_class(name)
        also = f"\n(also {', '.join(other_names(name))})" if other_names(name) else ""
        chosen = definition_of(made_of(strategy, {})).chosen_parameters()
        table.add_row(
            f"[cyan]{name}[/cyan]{also}",
            "\n".join(f"{key} = {value}" for key, value in chosen.items()),
            first_line(strategy),
        )
    console = output()
    console.print(table)
    console.print("atlas strategies NAME shows one in full, with a document that runs it.", markup=False)
    console.print(f"In Python: from atlas.strategies import {MODULES['sma_cross']}", markup=False)


def show_strategy(name: str, as_json: bool = False) -> None:
    """Print what a strategy does, its parameters, and a document that runs it.

    Raises
    ------
    ConfigurationError
        There is none of that name.
    """
    catalogue = StrategyCatalogue()
    if name not in catalogue:
        raise ConfigurationError(f"no strategy is called {name!r}; {did_you_mean(name, catalogue)}")
    strategy = catalogue.find(name)
    if as_json:
        print_json(facts_of(name, strategy))
        return
    console = output()
    for line in in_full(name, strategy):
        console.print(line, markup=False, soft_wrap=True)


def in_full(name: str, strategy: type[Strategy]) -> Iterator[str]:
    """Give the lines that describe a strategy."""
    definition = definition_of(made_of(strategy, {}))
    others = other_names(OTHER_NAMES.get(name, name))
    yield f"{strategy.__name__} ({', '.join([OTHER_NAMES.get(name, name), *others])})"
    yield ""
    yield inspect.getdoc(strategy) or "It says nothing of itself: its class has no docstring."
    yield ""
    parameters = definition.chosen_parameters()
    yield "Parameters, with their defaults:" if parameters else "No parameters."
    for key, value in parameters.items():
        yield f"  {key} = {as_written(value)}    {kind_of(definition, key)}"
    yield ""
    yield f"Hooks: {', '.join(member.name for member in definition.hooks.values())}"
    yield f"State: one for {'each instrument' if definition.scope == 'instrument' else 'the whole universe'}"
    yield ""
    yield "A document that runs it:"
    yield ""
    yield from (f"  {line}" for line in example_document(name, settable_parameters(made_of(strategy, {}))).splitlines())


def kind_of(definition: StrategyDefinition, name: str) -> str:
    """Return what a parameter is: an indicator with the names of its arguments, or a kind of number."""
    field = definition.fields[name]
    value = field.default.entry if field.kind == "table" else field.default
    if field.kind in ("indicator", "table") and hasattr(value, "arguments"):
        return f"{type(value).__name__}({', '.join(value.arguments)})"
    return field.kind


def example_document(name: str, parameters: dict[str, Any]) -> str:
    """Return a document that runs a strategy on shipped data."""
    lines = [
        "mode: backtest",
        f"strategy: {name}",
        f"parameters: {as_written(parameters)}" if parameters else "",
        "data_source: {type: shipped, path: 'sp500,nasdaq'}",
        "commission: 0.0005",
    ]
    return "\n".join(line for line in lines if line)


def facts_of(name: str, strategy: type[Strategy]) -> dict[str, Any]:
    """Return what `--json` prints of a strategy."""
    definition = definition_of(made_of(strategy, {}))
    return {
        "name": name,
        "class": strategy.__name__,
        "other_names": other_names(name),
        "description": inspect.getdoc(strategy) or "",
        "parameters": definition.chosen_parameters(),
        "scope": definition.scope,
        "file": str(Path(inspect.getfile(strategy))) if is_in_file(name) else None,
    }


def other_names(name: str) -> list[str]:
    """Return the names by which a shipped strategy goes too."""
    return [other for other, meant in OTHER_NAMES.items() if meant == name]


def first_line(strategy: type[Strategy]) -> str:
    """Return the line that says what a strategy does."""
    return (strategy.__doc__ or "").strip().split("\n")[0]
