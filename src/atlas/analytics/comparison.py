"""Runs side by side: every figure of each in one table, and their curves in one page."""

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from atlas.analytics.report.compared import comparison_html
from atlas.analytics.returns import EquityCurve
from atlas.analytics.summary import GROUPS, Style, Summary, Value, format_figure
from atlas.records.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas

LEAST_RUNS: Final = 2
_LEAST_WIDTH: Final = 14
_MOST_WIDTH: Final = 30
MORE_IS_BETTER: Final = frozenset(
    {
        "final_equity",
        "total_return",
        "annualized_return",
        "cagr",
        "sharpe",
        "sharpe_at_two_percent",
        "sortino",
        "calmar",
        "omega",
        "recovery_factor",
        "tail_ratio",
        "max_drawdown",
        "best_day",
        "worst_day",
        "value_at_risk_95",
        "value_at_risk_99",
        "conditional_value_at_risk_95",
        "conditional_value_at_risk_99",
        "win_rate",
        "profit_factor",
        "expectancy",
        "average_win",
        "average_loss",
        "best_trade",
        "worst_trade",
        "alpha",
        "information_ratio",
    }
)
LESS_IS_BETTER: Final = frozenset(
    {"annualized_volatility", "max_drawdown_duration_days", "fees_paid", "slippage_paid", "implementation_shortfall"}
)


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """One of the runs.

    Attributes
    ----------
    label : str
        What it is called in the table.
    summary : Summary
    curve : EquityCurve
        Equity over time.
    parameters : mapping
        Of its strategy.
    """

    label: str
    summary: Summary
    curve: EquityCurve
    parameters: Mapping[str, object] = field(default_factory=dict)


class Comparison:
    """Runs side by side; prints as a table.

    Parameters
    ----------
    runs : sequence of ComparedRun
        Two or more; labels that repeat are numbered.

    Raises
    ------
    ConfigurationError
        There are fewer than two.
    """

    def __init__(self, runs: Sequence[ComparedRun]) -> None:
        if len(runs) < LEAST_RUNS:
            raise ConfigurationError(f"a comparison takes two runs or more, not {len(runs)}")
        self.runs = _told_apart(runs)

    def __len__(self) -> int:
        return len(self.runs)

    @property
    def labels(self) -> list[str]:
        """What each run is called."""
        return [run.label for run in self.runs]

    def rows(self) -> Iterator[tuple[str, str, str, Style, list[Value]]]:
        """Give heading, key, label, style and the value of each run; figures that no run has are left out."""
        for heading, figures in GROUPS:
            for key, label, style in figures:
                values = [run.summary[key] for run in self.runs]
                if any(value not in (None, "") for value in values):
                    yield heading, key, label, style, values

    @property
    def frame(self) -> "pandas.DataFrame":
        """The figures as a frame: a row a figure, a column a run."""
        import pandas

        rows = list(self.rows())
        table = {run: [values[place] for *_, values in rows] for place, run in enumerate(self.labels)}
        return pandas.DataFrame(table, index=[key for _, key, *_ in rows], dtype=object)

    def __str__(self) -> str:
        rows = [(heading, label, _texts(values, style)) for heading, _, label, style, values in self.rows()]
        left = max(len(label) for _, label, _ in rows)
        widths = [
            min(max(_LEAST_WIDTH, len(run), *(len(texts[place]) for *_, texts in rows)), _MOST_WIDTH)
            for place, run in enumerate(self.labels)
        ]
        lines = [
            " " * left
            + "".join(f"  {_cut(run, width):>{width}}" for run, width in zip(self.labels, widths, strict=True))
        ]
        before = ""
        for heading, label, texts in rows:
            if heading != before:
                lines += ["", heading.upper()]
                before = heading
            cells = "".join(f"  {_cut(text, width):>{width}}" for text, width in zip(texts, widths, strict=True))
            lines.append(f"{label:<{left}}{cells}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        heads = "".join(f"<th style='text-align:right'>{html.escape(run)}</th>" for run in self.labels)
        return f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{self.table_rows()}</tbody></table>"

    def table_rows(self) -> str:
        """Return the rows of the table as HTML, the best of each figure in bold."""
        parts, before = [], ""
        for heading, key, label, style, values in self.rows():
            if heading != before:
                parts.append(f"<tr class='heading'><th colspan='{len(self) + 1}'>{html.escape(heading)}</th></tr>")
                before = heading
            leader = best_of(key, values)
            cells = "".join(
                f"<td>{'<b>' if place == leader else ''}{html.escape(text)}{'</b>' if place == leader else ''}</td>"
                for place, text in enumerate(_texts(values, style))
            )
            parts.append(f"<tr data-figure='{key}'><th style='text-align:left'>{html.escape(label)}</th>{cells}</tr>")
        return "".join(parts)

    def report(self, path: str | Path) -> Path:
        """Write one HTML file with the table and all curves upon each other.

        Parameters
        ----------
        path : str or Path
            Replaced where it exists.

        Returns
        -------
        Path
            The file.
        """
        target = Path(path)
        target.write_text(self.to_html(), encoding="utf-8")
        return target

    def to_html(self) -> str:
        """Return that page."""
        curves = [(run.label, run.curve, run.summary.initial_cash) for run in self.runs]
        details = [(run.label, run.parameters, run.summary) for run in self.runs]
        return comparison_html(curves, details, self.table_rows())


def best_of(key: str, values: Sequence[Value]) -> int | None:
    """Return which run has the best value of a figure; None where none is better, or where better has no meaning."""
    if key not in MORE_IS_BETTER | LESS_IS_BETTER:
        return None
    known = [float(value) if isinstance(value, int | float) else np.nan for value in values]
    if len({value for value in known if not np.isnan(value)}) < LEAST_RUNS:
        return None
    ranked = np.array(known) if key in MORE_IS_BETTER else -np.array(known)
    return int(np.nanargmax(ranked))


def _texts(values: Sequence[Value], style: Style) -> list[str]:
    return [format_figure(value, style) for value in values]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _told_apart(runs: Sequence[ComparedRun]) -> list[ComparedRun]:
    """Return the runs with labels of their own: parameters that differ, else numbers."""
    made: list[ComparedRun] = []
    for run in runs:
        same = [other for other in runs if other.label == run.label]
        label = run.label if len(same) == 1 else f"{run.label} {_difference(run, same)}".strip()
        taken = {each.label for each in made}
        number, unique = 2, label
        while unique in taken:
            unique, number = f"{label} #{number}", number + 1
        made.append(ComparedRun(unique, run.summary, run.curve, run.parameters))
    return made


def _difference(run: ComparedRun, same: Sequence[ComparedRun]) -> str:
    names = [
        name for name in run.parameters if any(other.parameters.get(name) != run.parameters[name] for other in same)
    ]
    return " ".join(f"{name}={run.parameters[name]}" for name in names)
