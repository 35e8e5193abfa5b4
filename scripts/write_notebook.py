"""Runs a notebook and keeps what its cells gave: ``python -m scripts.write_notebook docs/getting-started.ipynb``.

All cells run in one namespace, in the order of the page, without Jupyter. What they print and what their last line
gives is stored as Jupyter stores it; figures of matplotlib are stored as pictures.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import linecache
import os
import re
import sys
import tempfile
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

Output = dict[str, Any]

TIMES: Final = re.compile(
    r"(Wall time|Events per second|Fingerprint)(</t[hd]><td[^>]*>|\s+)(?:[\da-f]{32}|[\d,.]+)( s)?"
)
"""What a run took differs each time, its fingerprint by version of Atlas: both are stored as a dash."""


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the cells that run, in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def timeless(text: str) -> str:
    """Return an output without the times that its run took."""
    # Numbers are set flush right: how many spaces stand before one depends on it.
    return TIMES.sub(lambda found: f"{found[1]}{'  ' if found[2].isspace() else found[2]}—", text)


def lines(text: str) -> list[str]:
    """Return a text as notebooks store it."""
    return timeless(text).splitlines(keepends=True)


@contextlib.contextmanager
def elsewhere() -> Iterator[None]:
    """Work in an empty folder, which is removed: what cells write is no part of the repository."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def run(notebook: dict[str, Any]) -> list[list[Output]]:
    """Run every cell, and return the outputs of each.

    Raises
    ------
    Exception
        What a cell raised: a notebook's cells have to run.
    """
    module = types.ModuleType("notebook")
    sys.modules[module.__name__] = module
    os.environ["MPLBACKEND"] = "agg"
    with elsewhere():
        return [run_cell(number, cell, module) for number, cell in enumerate(code_cells(notebook), 1)]


def run_cell(number: int, cell: dict[str, Any], module: types.ModuleType) -> list[Output]:
    """Run one cell; the value of a last line that is an expression is an output, as long as it is not None."""
    source, file = "".join(cell["source"]), f"<cell {number}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    tree, value = ast.parse(source), None
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, file, "exec"), vars(module))
        if isinstance(last, ast.Expr) and not source.rstrip().endswith(";"):
            value = eval(compile(ast.Expression(last.value), file, "eval"), vars(module))
        elif last is not None:
            exec(compile(ast.Module([last], []), file, "exec"), vars(module))
    outputs: list[Output] = []
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": lines(printed.getvalue())})
    if value is not None:
        outputs.append(result_of(number, value))
    return [*outputs, *pictures()]


def result_of(number: int, value: Any) -> Output:
    """Return a value as Jupyter shows it; pages with scripts of their own are left to a Jupyter that runs."""
    data: dict[str, Any] = {"text/plain": lines(repr(value))}
    written = value._repr_html_() if hasattr(value, "_repr_html_") else None
    if written and "<script" not in written and "<iframe" not in written:
        data["text/html"] = lines(written)
    return {"output_type": "execute_result", "execution_count": number, "data": data, "metadata": {}}


def pictures() -> list[Output]:
    """Return the figures that a cell drew, and close them."""
    if "matplotlib.pyplot" not in sys.modules:
        return []
    plots, found = sys.modules["matplotlib.pyplot"], []
    for number in plots.get_fignums():
        file = io.BytesIO()
        plots.figure(number).savefig(file, dpi=72, bbox_inches="tight")
        data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": ["<Figure>"]}
        found.append({"output_type": "display_data", "data": data, "metadata": {}})
    plots.close("all")
    return found


def texts(outputs: list[Output]) -> list[Output]:
    """Return outputs without their pictures, whose bytes depend on the fonts of the machine."""
    return [
        {**output, "data": {kind: text for kind, text in output["data"].items() if kind != "image/png"}}
        if "data" in output
        else output
        for output in outputs
    ]


def brought_up_to_date(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return the notebook with what its cells give today; where the texts are the same, pictures stay as they were."""
    cells, same = code_cells(notebook), True
    for number, (cell, outputs) in enumerate(zip(cells, run(notebook), strict=True), 1):
        same = same and texts(cell.get("outputs", [])) == texts(outputs)
        if not same:
            cell["outputs"] = outputs
        cell["execution_count"] = number
    return notebook


def as_file(notebook: dict[str, Any]) -> str:
    """Return a notebook as text."""
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def write_notebook(path: Path) -> None:
    """Run a notebook, and write it with its outputs."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(as_file(brought_up_to_date(notebook)), encoding="utf-8")


if __name__ == "__main__":
    write_notebook(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/getting-started.ipynb"))
