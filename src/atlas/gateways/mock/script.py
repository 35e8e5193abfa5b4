"""What the mock venue does, as data: bars step by step, and how it treats the first, second, ... order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from atlas.records.enums import NULL
from atlas.records.errors import ConfigurationError
from atlas.records.kinds import Kind
from atlas.records.layout import blank


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How one order is treated; steps are counted from its arrival.

    Parameters
    ----------
    acknowledge_after : int
        Steps until the answer, 1 or more.
    fill_after : int
        Steps until the first fill, 1 or more; 0 for an order that is never filled.
    parts : int
        In how many fills, one a step.
    duplicates : int
        How many more times each report comes.
    lose_answer, lose_fills : bool
        Whether the answer, or the fills, are known only to whoever asks.
    reject : int
        `RejectReason` of the refusal; 0 for none.
    silent_asks : int
        How many questions about it get no answer.
    """

    acknowledge_after: int = 1
    fill_after: int = 1
    parts: int = 1
    duplicates: int = 0
    lose_answer: bool = False
    lose_fills: bool = False
    reject: int = 0
    silent_asks: int = 0


@dataclass(frozen=True, slots=True)
class Script:
    """A session of the mock venue.

    Parameters
    ----------
    closes : sequence of sequence of int
        Price units, by step from 1 and by instrument from 1; NULL for no bar.
    start_ns, interval_ns : int
        Step n ends at ``start_ns + n * interval_ns``.
    fee_parts_per_million : int
        Fee of a fill in millionths of its money.
    notional_divisor : int
        Price units times quantity units are divided by this to be money: ``10 ** (9 + 8 - 8)`` as a rule.
    default : Behaviour
        Of orders that `behaviours` doesn't name.
    behaviours : mapping of int to Behaviour
        By the order's number at the venue, from 1.
    """

    closes: Sequence[Sequence[int]]
    start_ns: int = 0
    interval_ns: int = 60_000_000_000
    fee_parts_per_million: int = 1_000
    notional_divisor: int = 10**9
    default: Behaviour = Behaviour()
    behaviours: Mapping[int, Behaviour] = field(default_factory=dict)

    @property
    def step_count(self) -> int:
        """Steps of the session."""
        return len(self.closes)

    def time_ns(self, step: int) -> int:
        """End of a step, ns UTC."""
        return self.start_ns + step * self.interval_ns

    def step_at(self, time_ns: int) -> int:
        """Step that ended at or before a time; 0 before the first."""
        return max(0, (time_ns - self.start_ns) // self.interval_ns)

    def bars(self, step: int) -> list[bytes]:
        """Bars that end with a step, flat at their close, one an instrument."""
        records = []
        for instrument, close in enumerate(self.closes[step - 1], 1):
            if close == NULL:
                continue
            bar = blank(Kind.BAR)
            bar["venue_time_ns"] = bar["local_time_ns"] = self.time_ns(step)
            bar["instrument"] = instrument
            for name in ("open_units", "high_units", "low_units", "close_units"):
                bar[name] = close
            records.append(bar.tobytes())
        return records

    def price(self, step: int, instrument: int) -> int:
        """Price units at the end of a step, the last one known; NULL before any."""
        column = [row[instrument - 1] for row in self.closes[:step]]
        known = [close for close in column if close != NULL]
        return known[-1] if known else NULL

    def behaviour(self, number: int) -> Behaviour:
        """Treatment of the order with this number at the venue."""
        return self.behaviours.get(number, self.default)

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(asdict(self), default=_plain), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Script:
        """Read what `save` wrote.

        Raises
        ------
        ConfigurationError
            It is no script.
        """
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            content["default"] = Behaviour(**content["default"])
            named = content["behaviours"].items()
            content["behaviours"] = {int(number): Behaviour(**values) for number, values in named}
            return cls(**content)
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(f"{path} is no script of the mock venue: {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, np.integer):
        return int(value)
    raise TypeError(f"{value!r} can't be written into a script")
