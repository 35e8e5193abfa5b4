"""The host's side of bringing a trader's block back from a snapshot. Plain Python, run once at start."""

from __future__ import annotations

import numpy as np

from atlas.kernel.memory.block import Block
from atlas.kernel.memory.snapshot import index_rows, rebuild_index, restore_into
from atlas.kernel.trader.tables import STRATEGIES

PROCESS_FIELDS = tuple(sorted({*STRATEGIES.transient, "hooks"}))
"""Fields of a strategy's row that belong to this process and its binding."""


def restore_trader_into(block: Block, content: bytes) -> None:
    """Bring a block, made and bound for the same strategies, to the state of a snapshot.

    Parameters
    ----------
    block : Block
        A trader's, its strategies bound; their addresses in this process are kept.
    content : bytes
        From `take_snapshot` of a trader's block.

    Raises
    ------
    RecoveryError, JournalError, CapacityError
        The snapshot can't be carried over into this block.
    """
    rows = block.rows("strategies")
    kept = {name: rows[name].copy() for name in PROCESS_FIELDS}
    restore_into(block, content, rebuilders=(rebuild_indexes,))
    for name, column in kept.items():
        rows[name] = column


def rebuild_indexes(block: Block) -> None:
    """Fill the indexes of orders and executions, which a snapshot doesn't hold."""
    keys, rows = index_rows(block, "orders", "client_order_id")
    requests, slots = index_rows(block, "orders", "pending_order_id")
    asked = requests != 0
    buried, stones = index_rows(block, "tombstones", "client_order_id")
    rebuild_index(
        block,
        "order_index",
        np.concatenate([keys, requests[asked], buried]),
        np.concatenate([rows, slots[asked], -2 - stones]),
    )
    rebuild_index(block, "execution_index", *index_rows(block, "executions", "identity"))
