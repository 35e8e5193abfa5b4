"""
Market data at the edge: readers, checks, generated and shipped data.

Here live importers, their checks, and the history of bars that a run reads. Here do not live orders, strategies or
anything compiled; the libraries that read files and frames are imported when they are first needed.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

from .bars import FIRST_INSTRUMENT, BarColumns, BarHistory, aligned_records, build_history
from .load import load, load_bars
from .shipped import ShippedData, load_shipped, shipped_data

if TYPE_CHECKING:
    from .generator import GeneratorSettings as GeneratorSettings
    from .generator import generate_bars as generate_bars
    from .sources import history_of as history_of

# Loaded when first asked for: a run over a file needs none of these.
_HOMES: Final = {"GeneratorSettings": "generator", "generate_bars": "generator", "history_of": "sources"}

__all__ = [
    "FIRST_INSTRUMENT",
    "BarColumns",
    "BarHistory",
    "GeneratorSettings",
    "ShippedData",
    "aligned_records",
    "build_history",
    "generate_bars",
    "history_of",
    "load",
    "load_bars",
    "load_shipped",
    "shipped_data",
]


def __getattr__(name: str) -> Any:
    """Load a public name from the module that holds it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'atlas.data' has no attribute {name!r}")
    return getattr(importlib.import_module(f"atlas.data.{_HOMES[name]}"), name)
