"""The journal of a backtest: what it was told, under a header that says how to run it again."""

from __future__ import annotations

import hashlib
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from atlas.backtest.outputs import Rows
from atlas.journal import JournalIdentity, JournalWriter
from atlas.kernel.memory.compilation import sources_hash

if TYPE_CHECKING:
    from atlas.backtest.engine import Engine

RUNS: Final = uuid.UUID("7f0c62f1-5d0a-4a8e-9d5b-2f1f6a1f7c11")
"""Namespace of run ids: runs of the same configuration on the same data have the same."""


class RunJournal:
    """Takes over the batches of rows that a run puts out; does nothing until it is opened."""

    def __init__(self) -> None:
        self._writer: JournalWriter | None = None

    def open(self, folder: Path, engine: Engine, configuration: str) -> None:
        """Begin the journal.

        Parameters
        ----------
        folder : Path
            Holds no journal yet.
        engine : Engine
            Before its run.
        configuration : str
            The run's document as YAML.
        """
        data = engine.history.fingerprint()
        text = hashlib.blake2b(configuration.encode(), digest_size=32)
        metadata = {
            "configuration": configuration,
            "data_fingerprint": data,
            "symbols": list(engine.history.symbols),
            "strategies": {each.name: each.fingerprint for each in engine.definitions},
            "texts": {str(number): line for each in engine.definitions for number, line in each.texts.items()},
        }
        identity = JournalIdentity(
            run_id=uuid.uuid5(RUNS, f"{text.hexdigest()} {data}"),
            created_time_ns=time.time_ns(),
            configuration_hash=text.digest(),
            code_hash=bytes.fromhex(sources_hash()),
            seed=engine.setup.seed,
            metadata=metadata,
        )
        self._writer = JournalWriter.create(folder, identity)

    def append(self, rows: Rows, said: npt.NDArray[np.bool_]) -> None:
        """Write what is kept of a batch, shape (n, 8), of which `said` are commands; the operating system's then."""
        if self._writer is not None:
            self._writer.append_many(rows[said])
            self._writer.commit()

    def close(self) -> None:
        """End the journal in order; like the rest of its run folder it doesn't wait for the disk."""
        if self._writer is not None:
            self._writer.close(sync=False)
            self._writer = None


def write_outputs(folder: Path, engine: Engine, configuration: str) -> None:
    """Write all that a run put out, which a journal of its commands leaves out, as a journal of its own."""
    journal = RunJournal()
    journal.open(folder, engine, configuration)
    rows = engine.log.rows
    journal.append(rows, np.ones(len(rows), np.bool_))
    journal.close()
