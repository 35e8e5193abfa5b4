"""The command that lists strategies."""

from __future__ import annotations

from rich.table import Table

from atlas.cli.console import output
from atlas.strategy.definition import definition_of
from atlas.strategy.shipped import MODULES, OTHER_NAMES, strategy_class


def list_strategies() -> None:
    """Print each shipped strategy: names, parameters with their defaults, what it does."""
    table = Table(box=None, padding=(0, 2, 1, 0), header_style="bold")
    for heading in ("strategy", "parameters", "what it does"):
        table.add_column(heading)
    for name in MODULES:
        strategy = strategy_class(name)
        parameters = definition_of(strategy()).parameters()
        others = [other for other, meant in OTHER_NAMES.items() if meant == name]
        also = f"\n(also {', '.join(others)})" if others else ""
        table.add_row(
            f"[cyan]{name}[/cyan]{also}",
            "\n".join(f"{key} = {value}" for key, value in parameters.items()),
            (strategy.__doc__ or "").strip().split("\n")[0],
        )
    output().print(table)
