"""A figure over two parameters: as numbers, as a table of text, as a page."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from atlas.analytics.summary import format_figure
from atlas.config.suggestions import did_you_mean
from atlas.records.errors import ConfigurationError
from atlas.research.figures import label_of, style_of

if TYPE_CHECKING:
    import pandas

    from atlas.research.optimization import Optimization

WAYS: Final = ("best", "mean", "median", "worst")


@dataclass(frozen=True)
class Heatmap:
    """A figure over two parameters, or over one.

    Attributes
    ----------
    x, y : str
        Parameters of columns and rows; `y` is empty where there is one parameter.
    x_values, y_values : tuple
    values : tuple of tuple of float or None
        One tuple a row; None where no point was tried or the figure is undefined.
    figure : str
        Key of what is shown.
    how : str
        What stands for several points of one cell.
    fixed : dict
        Further parameters that were held at a value.
    optimization : Optimization
        Where it comes from.
    """

    x: str
    y: str
    x_values: tuple[Any, ...]
    y_values: tuple[Any, ...]
    values: tuple[tuple[float | None, ...], ...]
    figure: str
    how: str
    fixed: Mapping[str, Any]
    optimization: Optimization

    @property
    def frame(self) -> pandas.DataFrame:
        """The values with the parameters as index and columns."""
        import pandas

        columns = pandas.Index(self.x_values, name=self.x)
        return pandas.DataFrame(
            [list(row) for row in self.values], index=pandas.Index(self.y_values, name=self.y or None), columns=columns
        )

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        style = style_of(self.figure)
        rows = [[f"{self.y}\\{self.x}" if self.y else self.x, *(str(value) for value in self.x_values)]]
        for label, row in zip(self.y_values, self.values, strict=True):
            name = str(label) if self.y else label_of(self.figure)
            rows.append([name, *(format_figure(value, style) for value in row)])
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
        lines = ["  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in rows]
        return "\n".join([self.title, *lines])

    @property
    def title(self) -> str:
        """What is shown, in one line."""
        others = [name for name in self.optimization.grid.varied if name not in (self.x, self.y, *self.fixed)]
        held = "".join(f", {name}={value}" for name, value in self.fixed.items())
        over = f" ({self.how} over {', '.join(others)})" if others else ""
        return f"{label_of(self.figure)}{over}{held}"

    def save(self, path: str | Path) -> Path:
        """Write an interactive page that needs nothing else; return its path."""
        from atlas.research.page import page_of, write_page

        return write_page(Path(path), page_of(self.optimization, self))

    def _repr_html_(self) -> str:
        from atlas.research.page import frame_of, page_of

        return frame_of(page_of(self.optimization, self), 120 + 30 * (len(self.y_values) + 4))


def make_heatmap(
    optimization: Optimization, x: str, y: str, figure: str, how: str, fixed: Mapping[str, Any]
) -> Heatmap:
    """Arrange a figure of the trials over two parameters; see `Optimization.heatmap`.

    Raises
    ------
    ConfigurationError
        There is no such parameter, value, figure or way.
    """
    grid = optimization.grid
    if how not in WAYS:
        raise ConfigurationError(f"{how!r} is none of {', '.join(WAYS)}; {did_you_mean(how, WAYS)}", "how")
    for name, value in fixed.items():
        require_parameter(optimization, name, "fixed")
        if value not in grid.values[name]:
            raise ConfigurationError(f"{value!r} was not tried; {name} took {grid.values[name]}", name)
    free = [name for name in grid.varied or tuple(grid.values) if name not in fixed]
    x = x or next((name for name in free if name != y), next(iter(grid.values)))
    y = y or next((name for name in free if name != x), "")
    for name, argument in ((x, "x"), (y, "y")):
        if name:
            require_parameter(optimization, name, argument)
    if x == y:
        raise ConfigurationError(f"x and y are both {x!r}", "y")
    return Heatmap(
        x,
        y,
        grid.values[x],
        grid.values[y] if y else ("",),
        cells(optimization, x, y, figure, how, fixed),
        figure,
        how,
        dict(fixed),
        optimization,
    )


def require_parameter(optimization: Optimization, name: str, argument: str) -> None:
    """Refuse a name that is no parameter of the search."""
    if name not in optimization.grid.values:
        hint = did_you_mean(name, optimization.grid.values)
        raise ConfigurationError(f"{name!r} is no parameter of this search; {hint}", argument)


def cells(
    optimization: Optimization, x: str, y: str, figure: str, how: str, fixed: Mapping[str, Any]
) -> tuple[tuple[float | None, ...], ...]:
    """Return the value of each cell, row by row."""
    found: dict[tuple[Any, Any], list[float]] = {}
    is_known = False
    for trial in optimization.trials:
        row = optimization.row(trial)
        is_known = is_known or figure in row
        value = row.get(figure)
        if isinstance(value, int | float) and all(row[name] == wanted for name, wanted in fixed.items()):
            found.setdefault((row[y] if y else "", row[x]), []).append(float(value))
    if not is_known and optimization.trials:
        known = [name for name in optimization.row(optimization.trials[0]) if name != "error"]
        raise ConfigurationError(f"{figure!r} is no figure; {did_you_mean(figure, known)}", "figure")
    stand_for = standing_for(how, optimization.goal.highest)
    rows = optimization.grid.values[y] if y else ("",)
    return tuple(
        tuple(
            stand_for(found[row, column]) if (row, column) in found else None for column in optimization.grid.values[x]
        )
        for row in rows
    )


def standing_for(how: str, highest: bool) -> Callable[[Sequence[float]], float]:
    """Return what makes one value of several."""
    best, worst = (max, min) if highest else (min, max)
    ways: dict[str, Callable[[Iterable[float]], float]] = {
        "best": best,
        "worst": worst,
        "mean": statistics.fmean,
        "median": statistics.median,
    }
    return ways[how]
