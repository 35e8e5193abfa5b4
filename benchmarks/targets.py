"""What the figures are held against: a bound each, and where it comes from. Keys are those of the figures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A bound: `most` or `least`, and why it is this one."""

    reason: str
    most: float | None = None
    least: float | None = None

    @property
    def text(self) -> str:
        """The bound as a table shows it."""
        return f"≤ {self.most:g}" if self.most is not None else f"≥ {self.least:g}"

    def is_met(self, value: float) -> bool:
        """Whether a value keeps to the bound."""
        if self.most is not None:
            return value <= self.most
        return self.least is None or value >= self.least


TARGETS = {
    "sma.atlas": Target("the fastest peer on these bars, vectorbt's Rust engine, which only multiplies", least=32.6),
    "sma.atlas-interpreted": Target("the fastest peer that calls a Python hook, RaptorBT", least=0.32),
    "orders.nanoseconds": Target("what vectorbt claims, for orders without states, on another machine", most=54.0),
    "process.import": Target("an import nobody notices", most=0.2),
    "process.run": Target("a first result within a second", most=1.0),
    "process.compile": Target("a new strategy runs within a second", most=1.0),
    "process.load": Target("a known strategy starts at once", most=0.02),
    "process.peak": Target("memory at normal load", most=500.0),
    "step.p99": Target("a microsecond a step", most=1_000.0),
    "risk.all": Target("all checks of an order together", most=1_000.0),
}
