"""Run every benchmark and print one table: what was measured, beside what was aimed at.

    python -m benchmarks.run_all [--quick] [--only NAME ...] [--no-peers]

Each script runs in a process of its own, one after the other; nothing else should run on the machine meanwhile. What
they keep as JSON in benchmarks/output is what `python -m benchmarks.write_page` makes docs/performance.md of.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from benchmarks.figures import ROOT, Figure, read_figures, show, table_of
from benchmarks.sma_figures import read_sma

# A script, and what makes it quick: a look at whether it works, no figures to keep; what cannot be quick is left out.
SCRIPTS = {
    "run_sma": ("--bars", "100000", "--repetitions", "1"),
    "orders": ("--bars", "100000", "--rounds", "3"),
    "universe": ("--symbols", "100", "--days", "500", "--rounds", "2"),
    "step": ("--bars", "50000", "--rounds", "2"),
    "order_book": ("--operations", "100000", "--rounds", "2"),
    "journal_run": ("--bars", "100000", "--rounds", "3"),
    "replay": ("--bars", "50000", "--rounds", "2"),
    "progress": ("--bars", "500000", "--rounds", "2"),
    "report": ("--bars", "100000", "--rounds", "1", "--no-peers"),
    "process": ("--bars", "100000", "--rounds", "2"),
    "indicators": ("--rows", "100000", "--rounds", "2"),
    "kernel_build": (),
}
NO_PEERS = ("--only", "atlas", "atlas-interpreted")


def run(script: str, quick: bool, peers: bool) -> int:
    """Run one script; give its exit status."""
    options = [*(SCRIPTS[script] if quick else ()), *(NO_PEERS if script == "run_sma" and not peers else ())]
    print(f"--- {script} {' '.join(options)}", flush=True)
    return subprocess.run([sys.executable, "-m", f"benchmarks.{script}", *options], cwd=ROOT, check=False).returncode


def all_figures() -> list[Figure]:
    """Give the figures of every script that has run."""
    return [*read_sma(), *(figure for script in SCRIPTS for figure in read_figures(script))]


def main() -> int:
    """Run them; the exit status is 1 if one failed, not if a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small and few: does everything run?")
    parser.add_argument("--only", nargs="+", default=[], choices=list(SCRIPTS))
    parser.add_argument("--no-peers", action="store_true", help="only Atlas runs the crossing of two averages")
    arguments = parser.parse_args()
    names = arguments.only or [name for name in SCRIPTS if SCRIPTS[name] or not arguments.quick]
    failed = [script for script in names if run(script, arguments.quick, peers=not arguments.no_peers) != 0]
    show(table_of("Atlas, measured and aimed at", all_figures()))
    for script in failed:
        print(f"failed: {script}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
