"""The commands that run backtests: `demo` and `backtest`."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from atlas.backtest.result import BacktestResult
    from atlas.config import Document

DEMO = {
    "id": "demo",
    "strategy": {"type": "sma_cross", "parameters": {"fast": 10, "slow": 30, "weight": 0.95}},
    "data_source": {"type": "shipped", "path": "sp500"},
    "initialCapital": 100_000,
    "commission": 0.001,
}
DONE, FAILED, INTERRUPTED = 0, 1, 130


@dataclass(frozen=True, slots=True)
class Output:
    """What a command prints on stdout.

    Attributes
    ----------
    words : bool
        Figures for people.
    as_json : bool
        Figures as one JSON object.
    """

    words: bool = True
    as_json: bool = False

    @staticmethod
    def of(quiet: bool, as_json: bool) -> Output:
        """Return what two options of the command line ask for."""
        return Output(words=not quiet and not as_json, as_json=as_json)


def run_demo(out: Path, output: Output) -> int:
    """Run the demonstration and say what to do next."""
    from atlas.backtest.documents import parse_run
    from atlas.backtest.folder import REPORT
    from atlas.cli.console import output as console_of_results
    from atlas.cli.console import shown_path

    code = run_into(parse_run(DEMO), out, output, journal=False)
    if code == DONE and output.words:
        console_of_results().print(
            f"\nNext: open {shown_path(out / REPORT)} in a browser; atlas new strategy my_idea writes one to change.",
            markup=False,
            soft_wrap=True,
        )
    return code


def run_backtest(path: Path, out: Path | None, overrides: list[str], output: Output, *, journal: bool) -> int:
    """Run a document's backtest."""
    check_document(path, overrides)
    from atlas.backtest.documents import load_run

    document = load_run(path, overrides)
    return run_into(document, out or default_folder(document, path), output, journal=journal)


def check_document(path: Path, overrides: list[str]) -> None:
    """Refuse what is wrong with a document by itself, before the kernel and its libraries are loaded."""
    from atlas.config import load_document

    load_document(path, overrides=overrides, default_mode="backtest")


def default_folder(document: Document, path: Path) -> Path:
    """Return the folder of a run that was given none: by its id, else by its document's name."""
    name = re.sub(r"[^\w.-]+", "-", document.id or path.stem).strip(".-") or "run"
    return Path("runs") / name


def run_into(document: Document, folder: Path, output: Output, *, journal: bool) -> int:
    """Run a document, write its folder, print the summary and say where it is."""
    from atlas.backtest.documents import run_document
    from atlas.backtest.folder import StagedFolder
    from atlas.backtest.interruption import terminate_as_interrupted
    from atlas.cli.console import watching

    terminate_as_interrupted()
    with StagedFolder(folder) as staged:
        with watching() as (compiling, progress):
            result = run_document(
                document, journal=staged.journal if journal else None, progress=progress, compiling=compiling
            )
        written = staged.finish(result.write_files)
    tell(result, written, output)
    return end(result, written)


def tell(result: BacktestResult, folder: Path, output: Output) -> None:
    """Print what a run came to."""
    from atlas.backtest.folder import REPORT
    from atlas.cli import console as consoles

    if output.as_json:
        sys.stdout.write(json.dumps(figures(result, folder), indent=2, ensure_ascii=False) + "\n")
    if not output.words:
        return
    console = consoles.output()
    consoles.print_summary(console, result.title, result.data, result.summary)
    for note in result.notes:
        consoles.messages().print(f"note: {note}", markup=False, soft_wrap=True)
    console.print(f"\nReport: {consoles.shown_path(folder / REPORT)}", markup=False, soft_wrap=True)


def figures(result: BacktestResult, folder: Path) -> dict[str, Any]:
    """Return what `--json` prints: the run's folder, how it ended, and every figure of summary.json."""
    status = result.status()
    return {"folder": str(folder), "status": status["status"], "reason": status["reason"], **result.summary}


def end(result: BacktestResult, folder: Path) -> int:
    """Say on stderr what ended a run before its time, and return the exit code."""
    from atlas.cli.console import shown_path

    if result.error is not None:
        sys.stderr.write(f"error: {result.error}\n")
        return FAILED
    if result.interrupted:
        share = len(result.seen_bars) / max(len(result.history), 1)
        sys.stderr.write(
            f"error: interrupted after {share:.0%} of the data; {shown_path(folder)} holds what was done until then\n"
        )
        return INTERRUPTED
    return DONE
