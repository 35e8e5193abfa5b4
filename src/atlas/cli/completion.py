"""What shells complete: commands and options by Typer's own machinery, and names of strategies and run folders."""

from __future__ import annotations

from pathlib import Path
from typing import Final

COMPLETE_VARIABLE: Final = "_ATLAS_COMPLETE"
SHELLS: Final = ("bash", "zsh", "fish")
RUN_FOLDERS: Final = "runs"


def prepare_completion() -> None:
    """Let Typer answer a shell that asks; only needed where one does."""
    from typer.completion import completion_init  # type: ignore[attr-defined] # it exports no names

    completion_init()


def completion_script(shell: str) -> str:
    """Return the script that a shell sources.

    Raises
    ------
    ConfigurationError
        There is none for that shell.
    """
    if shell not in SHELLS:
        from atlas.config.suggestions import did_you_mean
        from atlas.errors import ConfigurationError

        raise ConfigurationError(f"no completion for {shell!r}: {' or '.join(SHELLS)}; {did_you_mean(shell, SHELLS)}")
    from typer.completion import get_completion_script  # type: ignore[attr-defined] # it exports no names

    return get_completion_script(prog_name="atlas", complete_var=COMPLETE_VARIABLE, shell=shell)


def complete_strategies(incomplete: str) -> list[str]:
    """Return the shipped strategies whose names begin so; by their files, since loading them takes long."""
    folder = Path(__file__).parents[1] / "strategy" / "shipped"
    names = sorted(file.stem for file in folder.glob("*.py") if not file.stem.startswith("_"))
    return [name for name in names if name.startswith(incomplete)]


def complete_runs(incomplete: str) -> list[str]:
    """Return the run folders whose paths begin so: below `runs`, or below the folder that is being typed."""
    typed = Path(incomplete)
    above = typed if incomplete.endswith("/") else typed.parent
    places = [Path(RUN_FOLDERS)] if not incomplete or above == Path() else [above]
    found = [file.parent for place in places for file in sorted(place.glob("*/summary.json"))]
    # What hides behind a dot is in the making.
    return [str(folder) for folder in found if folder.name[0] != "." and str(folder).startswith(incomplete)]
