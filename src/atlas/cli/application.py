"""The commands and their options, and how every failure becomes one line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import Abort, Exit, TyperException

DONE, FAILED, ASKED_WRONGLY = 0, 1, 2
DEBUG = "--debug"

application = typer.Typer(
    name="atlas",
    help="One deterministic trading kernel for backtests, paper and live trading.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; see `atlas.cli.main`."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = DEBUG in given
    try:
        code = application(args=[word for word in given if word != DEBUG], prog_name="atlas", standalone_mode=False)
    except TyperException as error:
        return _fail(error.format_message() or "a command is missing: see atlas --help", ASKED_WRONGLY)
    except Exit as leaving:
        return leaving.exit_code
    except (Abort, KeyboardInterrupt):
        return _fail("interrupted", FAILED)
    except Exception as error:
        message = _explained(error)
        if debug or not message:
            raise
        return _fail(message, FAILED)
    return code if isinstance(code, int) else DONE


def _explained(error: Exception) -> str:
    """Return the line that says a failure; nothing for a defect of Atlas, whose traceback is wanted."""
    # Here, not above: the records load NumPy, and `atlas --help` must not wait for it.
    from atlas.records.errors import AtlasError

    if isinstance(error, AtlasError):
        return str(error)
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
    debug: Annotated[bool, typer.Option(DEBUG, metavar="", help="Show where an error arose.")] = False,
) -> None:
    """One deterministic trading kernel for backtests, paper and live trading."""


Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Replace a value: strategy.parameters.fast=5. May be repeated."),
]


@application.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the run.")] = Path("runs/demo"),
) -> None:
    """Run a shipped strategy on shipped data and write its report."""
    from atlas.cli.runs import run_demo

    raise typer.Exit(run_demo(out))


@application.command()
def backtest(
    document: Annotated[Path, typer.Argument(metavar="RUN.yaml", help="The run's document, YAML or JSON.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the run; runs/NAME if left out.")] = None,
    overrides: Overrides = None,
    journal: Annotated[bool, typer.Option("--journal", metavar="", help="Keep a journal in the run folder.")] = False,
) -> None:
    """Run the backtest that a document describes."""
    from atlas.cli.runs import run_backtest

    raise typer.Exit(run_backtest(document, out, overrides or [], journal=journal))


@application.command()
def optimize(
    document: Annotated[Path, typer.Argument(metavar="RUN.yaml", help="The run's document, YAML or JSON.")],
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
    out: Annotated[Path, typer.Option("--out", help="Folder for the report.")] = Path("runs/search"),
    overrides: Overrides = None,
) -> None:
    """Run a document's strategy with every combination of some parameters, and compare."""
    from atlas.cli.optimization import run_search

    raise typer.Exit(run_search(document, overrides or [], parameters, maximize, minimize, out))


@application.command()
def strategies() -> None:
    """List the shipped strategies and their parameters."""
    from atlas.cli.listing import list_strategies

    list_strategies()


@application.command()
def doctor(
    warm: Annotated[
        bool, typer.Option("--warm", metavar="", help="Compile the kernel and the shipped strategies now.")
    ] = False,
) -> None:
    """Show versions, the cache and what is compiled."""
    from atlas.cli.health import examine, warm_up

    if warm:
        warm_up()
    examine()


@application.command()
def replay(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A run folder, or a live run's journal.")],
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
    """Play a run again and compare it with what was recorded."""
    from atlas.cli.journals import replay_folder

    raise typer.Exit(replay_folder(folder, until, verify))


@application.command()
def diff(
    first: Annotated[Path, typer.Argument(metavar="A", help="A run folder or a journal.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
) -> None:
    """Find the first record where two journals part."""
    from atlas.cli.journals import compare

    raise typer.Exit(compare(first, second))
