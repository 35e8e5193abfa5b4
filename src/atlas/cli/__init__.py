"""The command `atlas`.

What may live here: arguments, what is printed, exit codes. What may not: anything a Python user couldn't do by calling
the rooms below. Nothing heavy is imported before a command needs it, so that `atlas --help` is instant.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process when left out.

    Returns
    -------
    int
        0 when it did what was asked, 1 when it failed, 2 when it was asked wrongly.
    """
    from atlas.cli.application import run

    return run(arguments)
