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
    "report.html": Target("a report is there while one still looks at the summary", most=3.0),
    "report.size": Target("a report goes with an e-mail", most=8.0),
    "report.demo": Target("a whole command with its report is not waited for", most=1.5),
    "sma.atlas": Target("ahead of every engine that has an order path; 50 is the aim", least=25.0),
    "sma.atlas-interpreted": Target("several times what peers' callbacks reach; 3 is the aim", least=1.5),
    "orders.milliseconds": Target("a million orders, audited, in a blink", most=150.0),
    "universe.500.rate": Target("twice what vectorbt's Rust engine reaches", least=8.0),
    "universe.5000.rate": Target("the same with ten times the symbols", least=8.0),
    "process.import": Target("an import nobody notices", most=0.2),
    "process.run": Target("a first result within a second", most=0.9),
    "process.compile": Target("a new strategy runs at once", most=1.5),
    "process.load": Target("a known strategy starts at once", most=0.02),
    "process.peak": Target("memory of a million bars", most=450.0),
    "kernel.built": Target("once, at set-up", most=90.0),
    "kernel.checked": Target("once, at set-up", most=90.0),
    "book.arrays": Target("a book is not what a replay waits for", least=30.0),
    "book.python": Target("ahead of books in Python", least=2.5),
    "book.walks": Target("ahead of books in Python", least=2.0),
    "step.p50": Target("half a microsecond", most=500.0),
    "step.p99": Target("two microseconds", most=2_000.0),
    "risk.all": Target("all checks of an order together", most=500.0),
    "replay.bars": Target("a long session replayed before anybody waits", least=10.0),
    "replay.sma": Target("the same with decisions, orders and reports", least=10.0),
    "progress.share": Target("a progress that nobody switches off for its cost", most=1.0),
    "journal.cost": Target("a journal nobody switches off", most=25.0),
}
