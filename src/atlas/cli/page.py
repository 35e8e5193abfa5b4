"""Writes docs/command-line.md from the application: ``python -m atlas.cli.page docs``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer

from atlas.cli.application import application

COLUMNS: Final = 80
INTRODUCTION: Final = """# Command line

This page is written by `python -m atlas.cli.page docs` from the application itself; a test holds it up to date.

| exit code | meaning |
| --- | --- |
| 0 | it was done |
| 1 | it failed, or `replay` and `diff` found a difference, or `doctor` found something wrong |
| 2 | the command line was wrong |
| 130 | it was interrupted: Ctrl-C or SIGTERM |

An error is one line on stderr that begins with `error:`; `--debug` shows where it arose. Results go to stdout, progress
and remarks to stderr, so that `--json` can be piped. Progress is drawn on a terminal only. A first Ctrl-C, or SIGTERM,
ends a backtest in order: the run folder holds what was done until then, and its `run.json` says `interrupted`. A second
one quits at once and leaves nothing. No secret is read from the command line: see [Secrets](configuration.md#secrets).
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Give each command with the words that call it, in the order of the help."""
    yield from _below("atlas", typer.main.get_command(application))


def _below(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield words, command
    inner = getattr(command, "commands", {})
    for name in command.list_commands(typer.Context(command)) if inner else ():
        yield from _below(f"{words} {name}", inner[name])


def help_of(words: str, command: Any) -> str:
    """Return a command's help as it stands on a terminal of 80 columns."""
    context = typer.Context(command, info_name=words, terminal_width=COLUMNS - 2, help_option_names=["-h", "--help"])
    text = command.get_help(context)
    return "\n".join(line.rstrip() for line in text.splitlines())


def page() -> str:
    """Return the text of the page."""
    parts = [INTRODUCTION]
    for words, command in commands():
        parts.append(f"## `{words}`\n\n```text\n{help_of(words, command)}\n```\n")
    return "\n".join(parts)


def write_page(folder: Path) -> Path:
    """Write ``command-line.md`` into a folder."""
    path = folder / "command-line.md"
    path.write_text(page(), encoding="utf-8")
    return path


if __name__ == "__main__":
    write_page(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
