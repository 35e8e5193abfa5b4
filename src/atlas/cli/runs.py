"""The commands that run backtests: `demo` and `backtest`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from atlas.backtest.documents import load_run, parse_run, run_document
from atlas.backtest.folder import REPORT, StagedFolder
from atlas.cli.console import messages, output, print_summary, shown_path, watching
from atlas.config import Document

DEMO = {
    "id": "demo",
    "strategy": {"type": "sma_cross", "parameters": {"fast": 10, "slow": 30, "weight": 0.95}},
    "data_source": {"type": "shipped", "path": "sp500"},
    "initialCapital": 100_000,
    "commission": 0.001,
}
DONE, FAILED = 0, 1


def run_demo(out: Path) -> int:
    """Run the demonstration and say what to do next."""
    code = run_into(parse_run(DEMO), out, journal=False)
    if code == DONE:
        console = output()
        console.print(
            f"\nNext: open {shown_path(out / REPORT)} in a browser; README.md shows how to write a strategy.",
            markup=False,
            soft_wrap=True,
        )
    return code


def run_backtest(path: Path, out: Path | None, overrides: list[str], *, journal: bool) -> int:
    """Run a document's backtest."""
    document = load_run(path, overrides)
    return run_into(document, out or default_folder(document, path), journal=journal)


def default_folder(document: Document, path: Path) -> Path:
    """Return the folder of a run that was given none: by its id, else by its document's name."""
    name = re.sub(r"[^\w.-]+", "-", document.id or path.stem).strip(".-") or "run"
    return Path("runs") / name


def run_into(document: Document, folder: Path, *, journal: bool) -> int:
    """Run a document, write its folder, print the summary and say where it is."""
    with StagedFolder(folder) as staged:
        with watching() as (compiling, progress):
            result = run_document(
                document, journal=staged.journal if journal else None, progress=progress, compiling=compiling
            )
        written = staged.finish(result.write_files)
    console = output()
    print_summary(console, result.title, result.data, result.summary)
    for note in result.notes:
        messages().print(f"note: {note}", markup=False, soft_wrap=True)
    console.print(f"\nReport: {shown_path(written / REPORT)}", markup=False, soft_wrap=True)
    if result.error is not None:
        sys.stderr.write(f"error: {result.error}\n")
        return FAILED
    if result.interrupted:
        sys.stderr.write("error: interrupted; the run folder holds what was done until then\n")
        return FAILED
    return DONE
