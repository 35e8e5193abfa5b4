"""Strategies: the class users derive from, its context, and the compiler that turns hooks into machine code.

What may live here: declarations, checks and compilation of strategies, both ways of running them, and the shipped
strategies. What may not: markets, orders' states and money, which the kernel holds, and any input or output.
"""

from atlas.strategy.base import Strategy
from atlas.strategy.binding import BoundStrategy, bind_strategy
from atlas.strategy.context import Context
from atlas.strategy.definition import StrategyDefinition, definition_of
from atlas.strategy.failures import StrategyFailure, describe_failure
from atlas.strategy.fields import Array, per_instrument
from atlas.strategy.timeframes import Bars

__all__ = [
    "Array",
    "Bars",
    "BoundStrategy",
    "Context",
    "Strategy",
    "StrategyDefinition",
    "StrategyFailure",
    "bind_strategy",
    "definition_of",
    "describe_failure",
    "per_instrument",
]
