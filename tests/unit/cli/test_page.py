"""The page of the command line is what the application says, and says of every command what a user needs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from atlas.cli.application import ORDER, application
from atlas.cli.page import COLUMNS, commands, help_of, page, write_page

DOCS = Path(__file__).parents[3] / "docs"
COMMANDS = list(commands())
LEAVES = [(words, command) for words, command in COMMANDS if not getattr(command, "commands", {})]


def test_the_committed_page_is_up_to_date() -> None:
    assert (DOCS / "command-line.md").read_text(encoding="utf-8") == page(), "run: python -m atlas.cli.page docs"


def test_the_page_is_written_where_asked(tmp_path: Path) -> None:
    assert write_page(tmp_path).read_text(encoding="utf-8").startswith("# Command line\n")


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=[words for words, _ in COMMANDS])
def test_every_command_is_documented_with_an_example(words: str, command: Any) -> None:
    text = help_of(words, command)
    assert f"## `{words}`\n" in page()
    assert max(map(len, text.splitlines())) <= COLUMNS
    assert "Examples:\n" in text
    assert f"    {words}" in text or words == "atlas"
    for parameter in command.params:
        assert parameter.help, f"{words} {parameter.name} has no help"


@pytest.mark.parametrize(("words", "command"), LEAVES, ids=[words for words, _ in LEAVES])
def test_every_command_says_what_it_writes(words: str, command: Any) -> None:
    assert re.search(r"\b(Writes|Print|Prints)\b", command.help), words


def test_every_command_has_a_place_in_the_help() -> None:
    assert sorted(typer.main.get_command(application).commands) == sorted(ORDER)  # type: ignore[attr-defined]


def test_commands_fit_in_the_list_of_the_help() -> None:
    listed = help_of(*COMMANDS[0])
    assert "..." not in listed.partition("Commands:")[2].partition("Examples:")[0]


@pytest.mark.parametrize(
    "line",
    sorted({line.strip() for _, command in COMMANDS for line in command.epilog.splitlines() if "  atlas " in line}),
)
def test_every_example_is_a_command_line_that_is_understood(line: str) -> None:
    words = shlex.split(line.partition(" > ")[0])[1:]
    command: Any = typer.main.get_command(application)
    context = command.make_context("atlas", list(words), resilient_parsing=True)
    while getattr(command, "commands", {}) and context.args + list(context._protected_args or []):
        rest = [*(context._protected_args or []), *context.args]
        command = command.commands[rest[0]]
        context = command.make_context(rest[0], rest[1:], parent=context, resilient_parsing=True)
    assert not context.args
