"""The vocabulary of Atlas: record kinds and typed views, enumerations, units, instruments, order states, errors.

What may live here: layouts of 64-byte records and their proofs, enumerations, the one conversion between decimals and
units, the description of instruments, the order-state table. What may not: state, I/O, clocks, anything compiled, any
import besides NumPy, the standard library and `atlas.errors`.
"""

from atlas.records import commands, market, operator, outputs, reference, reports
from atlas.records.enums import LAYOUT_VERSION, NULL
from atlas.records.kinds import KIND_RANK, Kind
from atlas.records.layout import LAYOUTS, RECORDS, ROW, RecordLayout, blank, repeat_headers, view_kind, view_rows

__all__ = [
    "KIND_RANK",
    "LAYOUTS",
    "LAYOUT_VERSION",
    "NULL",
    "RECORDS",
    "ROW",
    "Kind",
    "RecordLayout",
    "blank",
    "commands",
    "market",
    "operator",
    "outputs",
    "reference",
    "reports",
    "repeat_headers",
    "view_kind",
    "view_rows",
]
