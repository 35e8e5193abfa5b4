"""The commands and their options, and how every failure becomes one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import Abort, Exit, TyperException

from atlas.cli.completion import COMPLETE_VARIABLE, complete_runs, complete_strategies, prepare_completion

DONE, FAILED, ASKED_WRONGLY, INTERRUPTED = 0, 1, 2, 130
DEBUG = "--debug"
RUNS = Path("runs")
ORDER = (
    *("demo", "new", "backtest", "optimize", "strategies", "runs", "compare", "replay", "diff", "schema", "doctor"),
    "completion",
)


def examples(*lines: str) -> str:
    """Return the end of a command's help: lines to try, kept as they are."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


class CutShortError(Exception):
    """Ctrl-C, or a request to terminate, outside of a run or for the second time."""


class InOrder(TyperGroup):
    """The commands in the order in which somebody meets them."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; Typer itself would make an exit code of a Ctrl-C and say nothing."""
        try:
            code = super().invoke(ctx)
            # Now, not at the interpreter's end, where a reader that is gone could no longer be told from a failure.
            sys.stdout.flush()
            return code
        except KeyboardInterrupt as error:
            raise CutShortError from error
        except BrokenPipeError:
            # Whoever reads has seen enough, as `head` has; nothing more can be said there.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return DONE

    def list_commands(self, ctx: Any) -> list[str]:
        """Return their names, those without a place last."""
        return sorted(self.commands, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))


application = typer.Typer(
    name="atlas",
    cls=InOrder,
    add_completion=False,
    no_args_is_help=True,
    # Plain text is there in 0.08 s and can be pasted; Rich's panels take three times as long.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples("atlas demo", "atlas new strategy my_idea", "atlas backtest my_idea/run.yaml", "atlas runs")
    + "\n\nExit codes: 0 done; 1 failed, or replay and diff found a difference; 2 asked wrongly; 130 interrupted. "
    "An error is one line on stderr that begins with `error:`.",
)
creation = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Begin something of your own: atlas new strategy NAME."
)
folders = typer.Typer(rich_markup_mode=None)
application.add_typer(creation, name="new", epilog=examples("atlas new strategy my_idea"))
application.add_typer(folders, name="runs")


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; see `atlas.cli.main`."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = DEBUG in given
    if COMPLETE_VARIABLE in os.environ:
        prepare_completion()
    try:
        code = application(args=[word for word in given if word != DEBUG], prog_name="atlas", standalone_mode=False)
    except TyperException as error:
        return _asked_wrongly(error)
    except Exit as leaving:
        return leaving.exit_code
    except (Abort, CutShortError, KeyboardInterrupt):
        return _fail("interrupted; nothing was written", INTERRUPTED)
    except Exception as error:
        message = _explained(error)
        if debug or not message:
            raise
        return _fail(message, FAILED)
    return code if isinstance(code, int) else DONE


def _asked_wrongly(error: TyperException) -> int:
    """Say what is wrong with a command line and where help is; a line that stops short of a command gets the help."""
    message, context = error.format_message(), getattr(error, "ctx", None)
    if message.startswith("Usage:"):
        sys.stderr.write(f"{message}\n")
        return ASKED_WRONGLY
    path = context.command_path if context is not None else "atlas"
    return _fail(f"{message} (see {path} --help)", ASKED_WRONGLY)


def _explained(error: Exception) -> str:
    """Return the line that says a failure; nothing for a defect of Atlas, whose traceback is wanted."""
    # Here, not above: the records load NumPy, and `atlas --help` must not wait for it.
    from atlas.config.environment import redacted
    from atlas.errors import AtlasError

    if isinstance(error, AtlasError):
        return redacted(str(error))
    if isinstance(error, OSError):
        return f"{error.filename or 'the system'}: {error.strerror or error}"
    return ""


def _fail(message: str, code: int) -> int:
    """Say what is wrong on stderr, in one line unless a line of the user's code follows."""
    if message:
        sys.stderr.write(f"error: {message}\n")
    return code


def _version(wanted: bool) -> None:
    if wanted:
        from atlas.config.version import VERSION

        typer.echo(f"atlas {VERSION}")
        raise typer.Exit


@application.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, metavar="", help="Show the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option(DEBUG, metavar="", help="Show where an error arose; may stand anywhere.")
    ] = False,
) -> None:
    """One deterministic trading kernel for backtests, paper and live trading."""


Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Replace a value of the document: strategy.parameters.fast=5. May be repeated.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", metavar="", help="Print errors only.")]
AsJson = Annotated[bool, typer.Option("--json", metavar="", help="Print JSON on stdout, and nothing else there.")]
RunFolder = Annotated[
    Path, typer.Argument(metavar="DIR", help="A run folder.", autocompletion=complete_runs, show_default=False)
]


# --- running ---------------------------------------------------------------------------------------------------------


@application.command(epilog=examples("atlas demo", "atlas demo --out runs/first --json"))
def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the run.")] = RUNS / "demo",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Run a shipped strategy on shipped data and write its report.

    Writes a run folder, with report.html to open in a browser.
    """
    from atlas.cli.runs import Output, run_demo

    raise typer.Exit(run_demo(out, Output.of(quiet, as_json)))


@application.command(
    epilog=examples(
        "atlas backtest run.yaml",
        "atlas backtest run.yaml --set strategy.parameters.fast=20 --out runs/fast",
        "atlas backtest run.yaml --set symbols=AAPL,MSFT --json > figures.json",
    )
)
def backtest(
    document: Annotated[Path, typer.Argument(metavar="RUN.yaml", help="The run's document: YAML, JSON or TOML.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder for the run; runs/ID if left out.")
    ] = None,
    overrides: Overrides = None,
    journal: Annotated[
        bool, typer.Option("--journal", metavar="", help="Keep a journal of all commands in the run folder.")
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Run the backtest that a document describes.

    Writes a run folder: report.html, summary.json, fills, orders and equity as Parquet, run.json, which says how it
    ended, and config.yaml, from which the run repeats to the same fingerprint. A run that lies there is replaced.

    Ctrl-C ends the run in order and writes what was done until then; a second one quits at once.
    """
    from atlas.cli.runs import Output, run_backtest

    raise typer.Exit(run_backtest(document, out, overrides or [], Output.of(quiet, as_json), journal=journal))


@application.command(
    epilog=examples(
        "atlas optimize run.yaml --parameter fast=5:50:5 --parameter slow=20:200:20",
        "atlas optimize run.yaml --parameter fast=5,10 --maximize total_return",
    )
)
def optimize(
    document: Annotated[Path, typer.Argument(metavar="RUN.yaml", help="The run's document: YAML, JSON or TOML.")],
    parameters: Annotated[
        list[str],
        typer.Option(
            "--parameter", metavar="NAME=VALUES", help="Values: fast=5:50:5 or fast=5,10,20. May be repeated."
        ),
    ],
    maximize: Annotated[
        str | None, typer.Option(metavar="FIGURE", help="Figure of the summary to be highest; sharpe if left out.")
    ] = None,
    minimize: Annotated[str | None, typer.Option(metavar="FIGURE", help="Figure to be least.")] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the report.")] = RUNS / "search",
    overrides: Overrides = None,
) -> None:
    """Run every combination of a strategy's parameters, and compare.

    Writes a folder with search.html, a heat map and a table of all points, and search.csv.
    """
    from atlas.cli.optimization import run_search

    raise typer.Exit(run_search(document, overrides or [], parameters, maximize, minimize, out))


@application.command(
    epilog=examples("atlas replay runs/demo", "atlas replay live/run --until 2026-03-31T14:30:00+01:00")
)
def replay(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A run folder, or a live run's journal.", autocompletion=complete_runs)
    ],
    until: Annotated[
        str,
        typer.Option(metavar="WHEN", help="Stop after a UTC date or time, or a record's number; live journals."),
    ] = "",
    verify: Annotated[
        bool,
        typer.Option(
            "--verify/--no-verify",
            help="Compute each command anew and compare, or take a live journal's as recorded.",
        ),
    ] = True,
) -> None:
    """Play a run again and compare it with what was recorded.

    Writes nothing. The exit code is 1 where something differs.
    """
    from atlas.cli.journals import replay_folder

    raise typer.Exit(replay_folder(folder, until, verify))


@application.command(epilog=examples("atlas diff runs/a runs/b"))
def diff(
    first: Annotated[
        Path, typer.Argument(metavar="A", help="A run folder or a journal.", autocompletion=complete_runs)
    ],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another one.", autocompletion=complete_runs)],
) -> None:
    """Find the first record where two runs, or two journals, part.

    Backtests whose fingerprints differ are run again to find it. Writes nothing. The exit code is 1 where they part.
    """
    from atlas.cli.journals import compare as compare_journals

    raise typer.Exit(compare_journals(first, second))


# --- run folders -----------------------------------------------------------------------------------------------------


@folders.callback(
    invoke_without_command=True,
    epilog=examples("atlas runs", "atlas runs --sort sharpe", "atlas runs show runs/demo", "atlas runs --json"),
)
def runs(
    context: typer.Context,
    inside: Annotated[Path, typer.Option("--in", metavar="DIR", help="Where the run folders lie.")] = RUNS,
    sort: Annotated[
        str, typer.Option(metavar="KEY", help="A figure of summary.json, or name or time; -KEY turns it around.")
    ] = "time",
    as_json: AsJson = False,
) -> None:
    """List the run folders with their key figures, the newest first.

    Writes nothing.
    """
    if context.invoked_subcommand is None:
        from atlas.cli.folders import list_runs

        list_runs(inside, sort, as_json)


@folders.command(epilog=examples("atlas runs show runs/demo", "atlas runs show runs/demo --json"))
def show(folder: RunFolder, as_json: AsJson = False) -> None:
    """Show every figure of a run, its parameters and how it ended.

    Writes nothing.
    """
    from atlas.cli.folders import show_run

    show_run(folder, as_json)


@application.command(epilog=examples("atlas compare runs/a runs/b", "atlas compare runs/* --json"))
def compare(
    chosen: Annotated[
        list[Path], typer.Argument(metavar="DIR", help="Run folders, two or more.", autocompletion=complete_runs)
    ],
    as_json: AsJson = False,
) -> None:
    """Put runs side by side: figures, and what differs in documents.

    Writes nothing.
    """
    from atlas.cli.folders import compare_runs

    compare_runs(chosen, as_json)


# --- what there is ---------------------------------------------------------------------------------------------------


@application.command(epilog=examples("atlas strategies", "atlas strategies sma_cross"))
def strategies(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="One of them, or path/to/file.py:ClassName.", autocompletion=complete_strategies
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the shipped strategies, or show one in full.

    Writes nothing. In full: what it does, each parameter, and a document that runs it.
    """
    from atlas.cli.listing import list_strategies, show_strategy

    if name is None:
        list_strategies(as_json)
    else:
        show_strategy(name, as_json)


@creation.command(
    "strategy",
    epilog=examples("atlas new strategy my_idea", "atlas backtest my_idea/run.yaml", "python -m pytest my_idea"),
)
def new_strategy(
    name: Annotated[str, typer.Argument(metavar="NAME", help="In words joined by underscores: my_idea.")],
    inside: Annotated[Path, typer.Option("--in", metavar="DIR", help="Where its folder is made.")] = Path(),
) -> None:
    """Write a strategy that runs, to be made your own.

    Writes the folder NAME: NAME.py, the strategy with comments; run.yaml, a backtest of it; test_NAME.py, a test;
    run.schema.json, by which editors complete run.yaml. Replaces no file.
    """
    from atlas.cli.creation import write_project

    write_project(name, inside)


@application.command(epilog=examples("atlas schema --out run.schema.json"))
def schema(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where it is written; stdout if left out.")
    ] = None,
) -> None:
    """Print the JSON schema of documents, for editors.

    Name it in a document's first line: # yaml-language-server: $schema=run.schema.json
    """
    from atlas.cli.creation import write_schema

    write_schema(out)


@application.command(
    epilog=examples(
        "atlas completion bash > ~/.local/share/bash-completion/completions/atlas",
        "atlas completion zsh > ~/.zfunc/_atlas",
        "atlas completion fish > ~/.config/fish/completions/atlas.fish",
    )
)
def completion(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
) -> None:
    """Print a script by which a shell completes names.

    Writes nothing: put its output where the shell looks for it.
    """
    from atlas.cli.completion import completion_script

    typer.echo(completion_script(shell))


@application.command(epilog=examples("atlas doctor", "atlas doctor --warm", "atlas doctor --clear-cache --json"))
def doctor(
    warm: Annotated[
        bool, typer.Option("--warm", metavar="", help="Compile the kernel and the shipped strategies now.")
    ] = False,
    clear_cache: Annotated[
        bool, typer.Option("--clear-cache", metavar="", help="Remove the machine code of other builds.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Examine the installation; say what is wrong, and the remedy.

    Writes nothing but machine code, where asked. The exit code is 1 where something is wrong.
    """
    from atlas.cli.health import clear_other_builds, examine, warm_up

    if clear_cache:
        clear_other_builds()
    if warm:
        warm_up()
    raise typer.Exit(examine(as_json))
