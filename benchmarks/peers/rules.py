"""What a page of docs/coming-from says of a peer, held to what the peer does.

A script `..._rules.py` beside this one states each cell of its page's table of differences as a rule with a check, and
runs inside that peer's own environment, with a file of the S&P 500's days as its argument. It prints a line of JSON
that says of each rule whether it held. `python -m benchmarks.rules` runs them all.
"""

from __future__ import annotations

import json
import pathlib
import re
import sys
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

PAGES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "coming-from"
Check = Callable[[], object]
STATED: list[tuple[str, str, Check]] = []


@dataclass(frozen=True)
class Rule:
    """A cell of a page: the subject of its row, what it says of the peer, and whether that is so."""

    subject: str
    says: str
    held: bool


def rule(subject: str, says: str) -> Callable[[Check], Check]:
    """State what the peer does; the function below gives whether it does."""

    def state(check: Check) -> Check:
        STATED.append((subject, says, check))
        return check

    return state


def check_all(version: str) -> None:
    """Check every rule that was stated, and print what held."""
    found = []
    for subject, says, check in STATED:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.append(asdict(Rule(subject, says, bool(check()))))
    print(json.dumps({"version": version, "rules": found}), file=sys.stdout, flush=True)


def daily_bars() -> dict[str, NDArray[np.generic]]:
    """Give the days that every page's program trades: columns time, open, high, low, close, volume."""
    with np.load(sys.argv[1]) as columns:
        return {name: columns[name] for name in columns.files}


def program_of(page: str) -> str:
    """Give the peer's own program, the first one of a page that shows the same run in both."""
    text = (PAGES / page).read_text(encoding="utf-8").partition("## The same run in both")[2]
    found = re.search(r"```(?:text|python)\n(.*?)```", text, re.DOTALL)
    if found is None:
        raise ValueError(f"{page} shows no program of the peer")
    return found[1]
