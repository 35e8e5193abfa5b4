"""A run folder read again, and runs laid side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from atlas.analytics import ComparedRun, Comparison, EquityCurve, Summary, Verdict
from atlas.backtest.folder import CONFIGURATION, EQUITY, FILLS, ORDERS, REPORT, SUMMARY, TRADES
from atlas.records.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    import pandas


@runtime_checkable
class Comparable(Protocol):
    """What a comparison takes: a result, or a run folder that was read again."""

    title: str

    @property
    def summary(self) -> Summary:
        """Its figures."""

    @property
    def equity_line(self) -> EquityCurve:
        """Its equity over time."""

    @property
    def parameters(self) -> Mapping[str, object]:
        """Of its strategy."""


class SavedResult:
    """A run that was saved; made by `load_result`.

    Parameters
    ----------
    folder : Path
        With the files of a run.

    Attributes
    ----------
    folder : Path
    summary : Summary
        Its figures; those its version did not know are None.
    title : str
        Name of its strategy.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        file = folder / SUMMARY
        try:
            self.summary = Summary.from_json(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise DataError(f"{folder} is no run folder: {file.name} can't be read ({error.strerror})") from error
        except DataError as error:
            raise DataError(f"{file}: {error}") from error
        strategy = self.document.get("strategy")
        self._strategy: Mapping[str, Any] = strategy if isinstance(strategy, dict) else {}
        self.title = str(self._strategy.get("name") or self._strategy.get("type") or folder.name)

    def __repr__(self) -> str:
        return f"{self.title} in {self.folder}\n{self.summary}"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<b>{escape(self.title)}</b> in {escape(str(self.folder))}{self.summary._repr_html_()}"

    @cached_property
    def configuration(self) -> str:
        """The run's document as YAML, as resolved; empty where it was not kept."""
        file = self.folder / CONFIGURATION
        return file.read_text(encoding="utf-8") if file.exists() else ""

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The same, parsed."""
        import yaml

        try:
            found = yaml.safe_load(self.configuration)
        except yaml.YAMLError as error:
            raise DataError(f"{self.folder / CONFIGURATION} is no YAML: {error}") from error
        return found if isinstance(found, dict) else {}

    @property
    def parameters(self) -> Mapping[str, object]:
        """Parameters of its strategy."""
        found = self._strategy.get("parameters")
        return found if isinstance(found, dict) else {}

    @property
    def fingerprint(self) -> str:
        """Of its final state and outputs."""
        return self.summary.fingerprint

    @property
    def verdict(self) -> Verdict:
        """Whether it is viable, good or excellent."""
        return self.summary.judgement

    @property
    def report_path(self) -> Path:
        """Its report, as it was written."""
        return self.folder / REPORT

    @cached_property
    def fills(self) -> pandas.DataFrame:
        """One row a fill."""
        return self._frame(FILLS)

    @cached_property
    def orders(self) -> pandas.DataFrame:
        """One row a change of an order's state."""
        return self._frame(ORDERS)

    @cached_property
    def trades(self) -> pandas.DataFrame:
        """One row a closed trade."""
        return self._frame(TRADES)

    @cached_property
    def equity(self) -> pandas.DataFrame:
        """One row an equity point."""
        return self._frame(EQUITY)

    @cached_property
    def equity_line(self) -> EquityCurve:
        """Equity of all accounts together, over time."""
        import duckdb

        file = self._file(EQUITY)
        with duckdb.connect() as connection:
            # An account keeps its last equity between its points; with one account each point stands for itself.
            query = "SELECT epoch_ns(time) AS time, account, equity FROM read_parquet(?) ORDER BY time, account"
            rows = connection.execute(query, [str(file)]).fetchnumpy()
        times = np.asarray(rows["time"], dtype=np.int64)
        distinct_ns = np.unique(times)
        total = np.zeros(len(distinct_ns))
        for account in np.unique(rows["account"]):
            own = rows["account"] == account
            latest = np.searchsorted(times[own], distinct_ns, side="right") - 1
            total += np.asarray(rows["equity"], dtype=np.float64)[own][np.maximum(latest, 0)]
        return EquityCurve(distinct_ns, total)

    def _file(self, name: str) -> Path:
        file = self.folder / name
        if not file.exists():
            raise DataError(f"{self.folder} has no {name}: the run was saved without it; run it again to have it")
        return file

    def _frame(self, name: str) -> pandas.DataFrame:
        import duckdb

        with duckdb.connect() as connection:
            frame = connection.execute("SELECT * FROM read_parquet(?)", [str(self._file(name))]).df()
        for column in frame.columns:
            if frame[column].dtype.kind == "M":
                frame[column] = frame[column].dt.tz_localize("UTC")
        return frame


def load_result(folder: str | Path) -> SavedResult:
    """Read a run folder again.

    Parameters
    ----------
    folder : str or Path
        As `result.save` or the command `atlas backtest` wrote it.

    Returns
    -------
    SavedResult
        ``.summary``, ``.fills``, ``.orders``, ``.trades``, ``.equity`` and more; files are read when asked for.

    Raises
    ------
    DataError
        It is no run folder, or a file in it is malformed.
    """
    return SavedResult(Path(folder))


def compare(*results: Comparable | str | Path, labels: Sequence[str] | None = None) -> Comparison:
    """Lay runs side by side.

    Parameters
    ----------
    *results : BacktestResult, SavedResult or path of a run folder
        Two or more.
    labels : sequence of str, optional
        What to call each; else its strategy's name, and the parameters in which runs of one name differ.

    Returns
    -------
    Comparison
        Prints as a table; ``.frame`` is the figures, ``.report("compared.html")`` writes one page with all curves.

    Raises
    ------
    ConfigurationError
        There are fewer than two, or another number of labels.
    DataError
        A path is no run folder.
    """
    runs = [each if isinstance(each, Comparable) else _read(each) for each in results]
    if labels is not None and len(labels) != len(runs):
        raise ConfigurationError(f"there are {len(runs)} runs and {len(labels)} labels", "labels")
    names = [run.title for run in runs] if labels is None else [str(label) for label in labels]
    return Comparison(
        [
            ComparedRun(name, run.summary, run.equity_line, {} if labels is not None else dict(run.parameters))
            for name, run in zip(names, runs, strict=True)
        ]
    )


def _read(given: object) -> SavedResult:
    if isinstance(given, str | Path):
        return load_result(given)
    raise ConfigurationError(f"compare takes results and run folders, not {type(given).__name__}")
