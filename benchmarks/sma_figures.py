"""The crossing of two averages, as `run_sma` kept it: as figures, and as a table of the contestants."""

from __future__ import annotations

import json
import statistics

from benchmarks.figures import OUTPUT, Figure, number, spread
from benchmarks.peers.measure import Measurement

OWN = {"atlas": "crossing of two averages, compiled", "atlas-interpreted": "crossing of two averages, interpreted"}


def read_runs() -> dict[str, list[Measurement]]:
    """Give the runs by contestant; none where it has not run."""
    path = OUTPUT / "sma.json"
    if not path.exists():
        return {}
    kept = json.loads(path.read_text())["runs"]
    return {name: [Measurement(**run) for run in runs] for name, runs in kept.items()}


def read_sma() -> list[Figure]:
    """Give Atlas's own speed as figures."""
    found = []
    for name, runs in read_runs().items():
        if name in OWN:
            wall = [run.bars_per_second / 1e6 for run in runs]
            cpu = [run.bars / run.run_cpu_seconds / 1e6 for run in runs if run.run_cpu_seconds]
            found.append(Figure(f"sma.{name}", OWN[name], "M bars/s", wall, cpu))
            setup = [run.setup_seconds * 1e3 for run in runs]
            found.append(Figure(f"sma.{name}.setup", f"making its engine, {name}", "ms", setup))
    return found


def contestants_table() -> list[str]:
    """Write the contestants as lines of Markdown, the fastest first."""
    measured = sorted(read_runs().values(), key=lambda runs: -statistics.median(run.bars_per_second for run in runs))
    lines = [
        "| contestant | M bars/s of the run | whole process, s | signals, s | peak, MiB | fills | final equity |",
        "|---|---|---|---|---|---|---|",
    ]
    for runs in measured:
        first, signals = runs[0], statistics.median(run.signals_seconds for run in runs)
        cells = (
            f"{first.contestant} {first.version}",
            spread([run.bars_per_second / 1e6 for run in runs]),
            spread([run.process_seconds for run in runs]),
            number(signals) if signals else "in the run",
            number(statistics.median(run.peak_memory_mib for run in runs)),
            f"{first.trades:,}",
            f"{first.final_equity:,.2f}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines
