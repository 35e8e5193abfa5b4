"""The page of a search: heat map, warnings and every point, in one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import html
import string
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atlas.analytics.report.page import json_in_page
from atlas.backtest.folder import write_atomically
from atlas.research.figures import comparable_figures, label_of, style_of
from atlas.research.surface import WAYS

if TYPE_CHECKING:
    from atlas.research.optimization import Optimization
    from atlas.research.surface import Heatmap

MOST_POINTS = 20_000


def page_of(optimization: Optimization, shown: Heatmap | None = None) -> str:
    """Return the page as text.

    Parameters
    ----------
    optimization : Optimization
    shown : Heatmap, optional
        What is seen first; the figure that was sought over the first two parameters, where nothing is said.
    """
    room = files("atlas.research")
    script = room.joinpath("assets/search.js").read_text(encoding="utf-8")
    template = string.Template(room.joinpath("assets/search.html").read_text(encoding="utf-8"))
    style = files("atlas.analytics.report").joinpath("assets/report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    view = shown or optimization.heatmap()
    return template.substitute(
        title=html.escape(optimization.title),
        warnings="".join(f"<li>{html.escape(text)}</li>" for text in optimization.warnings),
        best=html.escape(best_line(optimization)),
        table=static_table(view),
        script=script,
        script_hash=f"'sha256-{digest}'",
        style=style + room.joinpath("assets/search.css").read_text(encoding="utf-8"),
        data=json_in_page(page_data(optimization, view)),
    )


def best_line(optimization: Optimization) -> str:
    """Return the best point in one line."""
    if not optimization.ranked or optimization.ranked[0].score is None:
        return "No point has a value of what was sought."
    return ", ".join(f"{name} = {value}" for name, value in optimization.best_parameters.items())


def page_data(optimization: Optimization, shown: Heatmap) -> dict[str, Any]:
    """Return what the script draws: every point, column by column."""
    trials = optimization.ranked[:MOST_POINTS]
    goal = optimization.goal
    keys = list(dict.fromkeys([goal.name, *comparable_figures()]))
    rows = [optimization.row(trial) for trial in trials]
    values = {name: list(each) for name, each in optimization.grid.values.items()}
    return {
        "parameters": {name: [str(value) for value in each] for name, each in values.items()},
        "varied": list(optimization.grid.varied or values),
        "places": {name: [each.index(row[name]) for row in rows] for name, each in values.items()},
        "figures": [{"key": key, "label": label_of(key), "style": style_of(key)} for key in keys],
        "columns": {key: [row[key] for row in rows] for key in keys},
        "errors": [row["error"] for row in rows],
        "highest": goal.highest,
        "left_out": len(optimization.trials) - len(trials),
        "ways": list(WAYS),
        "shown": {"x": shown.x, "y": shown.y, "figure": shown.figure, "how": shown.how},
        "fixed": {name: values[name].index(value) for name, value in shown.fixed.items()},
    }


def static_table(view: Heatmap) -> str:
    """Return the heat map as text, for readers without scripts."""
    return f"<pre>{html.escape(str(view))}</pre>"


def frame_of(page: str, height: int) -> str:
    """Return a page as a notebook shows it: in a frame of its own, where its script may run."""
    return (
        f'<iframe srcdoc="{html.escape(page, quote=True)}" style="width:100%;height:{height}px;border:0" '
        'sandbox="allow-scripts" title="Search of parameters"></iframe>'
    )


def write_page(path: Path, page: str) -> Path:
    """Write a page; a file that is there is replaced in one step."""
    return write_atomically(path, lambda partial: partial.write_text(page, encoding="utf-8"))
