"""Experiments on strategies: many runs of one strategy, compared.

What may live here: choosing parameters and telling how far a choice can be trusted. What may not: trading logic, or a
run's own loop; the runs are those of `atlas.backtest`.
"""

from atlas.research.optimization import Optimization
from atlas.research.search import optimize
from atlas.research.surface import Heatmap
from atlas.research.trials import Trial

__all__ = ["Heatmap", "Optimization", "Trial", "optimize"]
