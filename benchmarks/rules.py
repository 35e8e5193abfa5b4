"""Hold the pages of docs/coming-from to what each peer really does, in its own environment.

    python -m benchmarks.rules [PEER ...]

Each cell in the peer's column of a table of differences is a rule with a check in `benchmarks/peers/*_rules.py`. A rule
that does not hold, and a cell without a rule, are printed and make the exit code 1.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from benchmarks.environments import EnvironmentMakingError, cache_folder, environment
from benchmarks.figures import ROOT
from benchmarks.peers.rules import PAGES, Rule

PAGE_OF = {
    "backtesting": "backtesting-py.md",
    "vectorbt": "vectorbt.md",
    "backtrader": "backtrader.md",
    "nautilus": "nautilus.md",
}
LONGEST_SECONDS = 600


class PeerFailedError(Exception):
    """A peer's script ended without an answer; the message is what it printed."""


def cells_of(page: str) -> dict[str, str]:
    """Give what a page says of the peer, by the subject of each row of its table of differences."""
    text = (PAGES / page).read_text(encoding="utf-8").partition("## What behaves differently, and why")[2]
    rows = [line.strip("| ").split(" | ") for line in text.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    return {subject: peer for subject, peer, *_ in rows[1:]}


def write_days(path: pathlib.Path) -> None:
    """Write the S&P 500's days, for environments that read no Parquet."""
    import atlas

    frame = atlas.load("sp500").to_frame()
    times = frame.index.tz_localize(None).to_numpy().astype("datetime64[ns]")
    prices = {name: frame[name].to_numpy() for name in ("open", "high", "low", "close", "volume")}
    np.savez(path, time=times, **prices)


def rules_of(peer: str, python: pathlib.Path, days: pathlib.Path) -> list[Rule]:
    """Run a peer's script in its environment.

    Raises
    ------
    PeerFailedError
        If it fails or prints no rules.
    """
    command = [str(python), "-m", f"benchmarks.peers.{peer}_rules", str(days)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        raise PeerFailedError(f"{peer} failed ({done.returncode}):\n{done.stdout}{done.stderr}")
    return [Rule(**row) for row in json.loads(lines[-1])["rules"]]


def faults_of(peer: str, rules: list[Rule]) -> list[str]:
    """Say what does not hold, and which of the page's cells no rule states word for word."""
    stated = {rule.subject: rule.says for rule in rules}
    cells = cells_of(PAGE_OF[peer])
    return [
        *(f"{peer}: {rule.subject}: does not hold: {rule.says}" for rule in rules if not rule.held),
        *(f"{peer}: {subject}: no rule says: {cell}" for subject, cell in cells.items() if stated.get(subject) != cell),
    ]


def main() -> None:
    """Check the pages of some peers, or of all."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("peers", nargs="*", choices=[[], *PAGE_OF], help="all, if none is named")
    parser.add_argument("--cache", type=pathlib.Path)
    arguments = parser.parse_args()
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        days = pathlib.Path(folder) / "days.npz"
        write_days(days)
        for peer in arguments.peers or PAGE_OF:
            try:
                rules = rules_of(peer, environment(peer, cache_folder(arguments.cache)), days)
            except (EnvironmentMakingError, PeerFailedError) as error:
                faults.append(str(error))
                continue
            print(f"{peer}: {sum(rule.held for rule in rules)} of {len(rules)} rules hold")
            faults.extend(faults_of(peer, rules))
    print("\n".join(faults))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
