"""
Market data at the edge: readers, checks, generated and shipped data.

Here live importers, their checks, and the history of bars that a run reads. Here do not live orders, strategies or
anything compiled; the libraries that read files and frames are imported when they are first needed.
"""

from .bars import FIRST_INSTRUMENT, BarColumns, BarHistory, aligned_records, build_history
from .generator import GeneratorSettings, generate_bars
from .load import load_bars
from .shipped import ShippedData, load_shipped, shipped_data
from .sources import history_of

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
    "load_bars",
    "load_shipped",
    "shipped_data",
]
