"""Write docs/performance.md from what the benchmarks kept last, so that no figure on it is typed by hand.

    python -m benchmarks.write_page

The text is benchmarks/performance.md; a line `{{name}}` in it stands for what the function of that name makes. What
peers do otherwise is taken from the docstrings of their scripts.
"""

from __future__ import annotations

import ast
import json
import re
import statistics
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.figures import OUTPUT, ROOT, Figure, number, spread, verdict
from benchmarks.run_all import SCRIPTS, all_figures
from benchmarks.sma_figures import contestants_table
from benchmarks.targets import TARGETS

TEXT = ROOT / "benchmarks" / "performance.md"
PAGE = ROOT / "docs" / "performance.md"
PLACE = re.compile(r"^\{\{(\w+)\}\}$", re.MULTILINE)


class NothingMeasuredError(Exception):
    """A script has not run yet, so that its figures are missing."""


def kept(name: str) -> dict[str, Any]:
    """Read what a script kept.

    Raises
    ------
    NothingMeasuredError
        It has kept nothing.
    """
    path = OUTPUT / f"{name}.json"
    if not path.exists():
        raise NothingMeasuredError(f"there is no {path.relative_to(ROOT)}: run python -m benchmarks.run_all first")
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def machine() -> list[str]:
    """Say what was measured on, when, and which commit."""
    machines = [kept("sma" if script == "run_sma" else script)["machine"] for script in SCRIPTS]
    first = machines[0]
    commits = sorted({each["commit"] for each in machines})
    busiest = max(each["load"][0] for each in machines)
    times = sorted(each["measured"] for each in machines)
    return [
        f"Measured {times[0]} to {times[-1]} at commit {', '.join(commits)} on {first['cores']} cores of an "
        f"{first['processor']}, {first['system']}, Python {first['python']}. When the scripts ended, as many as "
        f"{busiest} processes wanted those cores (load of the last minute)."
    ]


def row(figure: Figure) -> str:
    """Write one figure as a row of Markdown."""
    target = TARGETS.get(figure.key)
    cpu = number(statistics.median(figure.cpu)) if figure.cpu else ""
    wanted = "" if target is None else f"{target.text} ({target.reason})"
    cells = (figure.title, figure.unit, spread(figure.wall), cpu, wanted, verdict(figure))
    return "| " + " | ".join(cells) + " |"


def figures() -> list[str]:
    """Write every figure beside its target."""
    heading = ["| what | unit | median [least – most] | by CPU time | target | |", "|---|---|---|---|---|---|"]
    return [*heading, *(row(figure) for figure in all_figures())]


def missed() -> list[str]:
    """List what misses its target."""
    found = [figure for figure in all_figures() if figure.meets() is False]
    if not found:
        return ["Every target is met."]
    return [
        f"- {figure.title}: {number(figure.median)} {figure.unit}, aimed at {TARGETS[figure.key].text}."
        for figure in found
    ]


def rules() -> list[str]:
    """Quote what each peer's script says of its rules."""
    lines = []
    for path in sorted((ROOT / "benchmarks" / "peers").glob("*_*.py")):
        text = ast.get_docstring(ast.parse(path.read_text()))
        if text is not None and path.stem != "__init__":
            title, _, rest = text.partition("\n")
            lines += [f"### {title.rstrip('.')}", "", rest.strip(), ""]
    return lines[:-1]


PLACES: dict[str, Callable[[], list[str]]] = {
    "machine": machine,
    "figures": figures,
    "missed": missed,
    "contestants": contestants_table,
    "rules": rules,
}


def page() -> str:
    """Give the page's text."""
    return PLACE.sub(lambda match: "\n".join(PLACES[match[1]]()), TEXT.read_text())


def main() -> int:
    """Write the page."""
    try:
        text = page()
    except NothingMeasuredError as problem:
        print(problem, file=sys.stderr)
        return 1
    PAGE.write_text(text)
    print(PAGE.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
