"""What a user gets from a backtest: figures, frames, log lines, the report, the run folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from atlas.analytics import (
    Assumption,
    ReportContent,
    RoundTrips,
    Summary,
    equity_frame,
    fills_frame,
    orders_frame,
    round_trips,
    summarize,
    trades_frame,
    write_equity_parquet,
    write_fills_parquet,
    write_orders_parquet,
    write_report,
)
from atlas.analytics.summary import format_time
from atlas.backtest.assumptions import assumptions_of
from atlas.backtest.engine import Engine
from atlas.backtest.explanation import Explainer, Explanation
from atlas.backtest.folder import (
    CONFIGURATION,
    EQUITY,
    FILLS,
    ORDERS,
    REPORT,
    SUMMARY,
    StagedFolder,
    write_atomically,
)
from atlas.backtest.settings import RunSettings
from atlas.config.version import VERSION
from atlas.data.bars import BarHistory
from atlas.records.enums import CashMovementType
from atlas.records.errors import ConfigurationError, StrategyError
from atlas.records.instruments import Instrument
from atlas.records.kinds import Kind
from atlas.records.layout import RecordArray
from atlas.strategy.failures import StrategyFailure

if TYPE_CHECKING:
    import pandas


class BacktestResult:
    """A run that has ended.

    Parameters
    ----------
    engine : Engine
        After its run.
    settings : RunSettings
        What it was run with.
    configuration : str or callable
        The run's document as YAML, as resolved, or what writes it.
    title : str
        What reports call the run; empty for the names of its strategies.
    error : StrategyError, optional
        Of the hook that ended it.
    interrupted : bool
        Whether somebody stopped it before its end.

    Attributes
    ----------
    history : BarHistory
        The bars it saw.
    failures : list of StrategyFailure
        Hooks that ended with an error, oldest first.
    stopped_reason : str
        Why it ended before its data did; empty where it did not.
    """

    def __init__(
        self,
        engine: Engine,
        settings: RunSettings,
        *,
        configuration: str | Callable[[], str] = "",
        title: str = "",
        error: StrategyError | None = None,
        interrupted: bool = False,
    ) -> None:
        self._engine = engine
        self.settings = settings
        self._configuration = configuration
        self.history: BarHistory = engine.history
        self.failures: list[StrategyFailure] = engine.failures
        self.stopped_reason = "interrupted" if interrupted else engine.stopped_reason
        self.error = error
        self.interrupted = interrupted
        self.title = title or ", ".join(dict.fromkeys(bound.definition.name for bound in engine.bound))

    def __repr__(self) -> str:
        notes = "".join(f"\n{note}" for note in self.notes)
        return f"{self.title} on {self.data}\n{self.summary}{notes}"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<b>{escape(self.title)}</b> on {escape(self.data)}{self.summary._repr_html_()}"

    @cached_property
    def configuration(self) -> str:
        """The run's document as YAML, as resolved."""
        given = self._configuration
        return given if isinstance(given, str) else given()

    # --- figures ---

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """Instruments of the run; records name them by place, counted from 1."""
        return self.history.instruments

    @property
    def data(self) -> str:
        """What it ran on, in words: symbols, bars and their length."""
        return repr(self.history).removeprefix("BarHistory(").removesuffix(")")

    @property
    def currency(self) -> str:
        """Currency of the account."""
        return self._engine.setup.accounts[0].currency

    @cached_property
    def money_exponent(self) -> int:
        """Decimal places of the account's money."""
        scale = int(self._engine.trader.rows("currencies")[0]["money_scale"])
        return len(str(scale)) - 1

    @cached_property
    def summary(self) -> Summary:
        """Every figure of the run; see docs/metrics.md."""
        initial = self._engine.trader.rows("accounts")["initial_cash_money"]
        return summarize(
            fills=self.fill_records,
            equity=self.equity_records,
            bars=self.seen_bars,
            money_exponent=self.money_exponent,
            initial_cash_money=int(initial.sum()),
            trips=self.round_trips,
            events=int(self._engine.trader.rows("world")[0]["event_count"]),
            wall_seconds=self._engine.wall_seconds,
            fingerprint=self.fingerprint,
        )

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the final state and of all outputs: the same for every run that did the same."""
        return self._engine.fingerprint()

    @cached_property
    def seen_bars(self) -> RecordArray:
        """The bars that were run: all of them, unless the run ended early."""
        bars: RecordArray = self.history.records[: self._engine.seen_bars]
        return bars

    @cached_property
    def round_trips(self) -> RoundTrips:
        """Fills joined into trades, closed and open."""
        return round_trips(self.fill_records, self.seen_bars)

    # --- records and frames ---

    @cached_property
    def fill_records(self) -> RecordArray:
        """FILL records, in order."""
        return self._engine.log.records(Kind.FILL)

    @cached_property
    def order_records(self) -> RecordArray:
        """ORDER_TRANSITION records, in order."""
        return self._engine.log.records(Kind.ORDER_TRANSITION)

    @cached_property
    def equity_records(self) -> RecordArray:
        """EQUITY_POINT records, in order."""
        return self._engine.log.records(Kind.EQUITY_POINT)

    @cached_property
    def fills(self) -> pandas.DataFrame:
        """One row a fill: when, what, at which price and why."""
        return fills_frame(self.fill_records, self.instruments, self.money_exponent)

    @cached_property
    def orders(self) -> pandas.DataFrame:
        """One row a change of an order's state."""
        return orders_frame(self.order_records, self.instruments)

    @cached_property
    def equity(self) -> pandas.DataFrame:
        """One row an equity point."""
        return equity_frame(self.equity_records, self.money_exponent)

    @cached_property
    def trades(self) -> pandas.DataFrame:
        """One row a closed trade, from flat to flat."""
        return trades_frame(self.round_trips.closed, self.instruments, self.money_exponent)

    def explain(self, fill: Any) -> Explanation:
        """Say in sentences why a fill is what it is: rule, bar, prices, cap, slippage, fee, latency, relaxations.

        Parameters
        ----------
        fill : int or row of `fills`
            Its number, from 0, or a row as ``result.fills.iloc[3]`` gives it.

        Returns
        -------
        Explanation
            Prints as sentences; its parts are attributes.

        Raises
        ------
        ConfigurationError
            There is no such fill.
        """
        number = fill if isinstance(fill, int | np.integer) else getattr(fill, "name", None)
        if not isinstance(number, int | np.integer) or not 0 <= number < len(self.fill_records):
            most = len(self.fill_records) - 1
            raise ConfigurationError(f"a fill is a row of result.fills or its number, 0 to {most}, not {fill!r}")
        explainer = Explainer(self.settings, self.history, self.fill_records, self.currency)
        return explainer.explain(int(number))

    @cached_property
    def cash_flows(self) -> pandas.DataFrame:
        """One row for cash that no fill brought: dividends, fees on short positions, interest, cash for fractions."""
        import pandas as pd

        rows, symbols = self._engine.log.records(Kind.CASH_POSTING), ["", *self.history.symbols]
        return pd.DataFrame(
            {
                "time": pd.to_datetime(rows["venue_time_ns"].astype("datetime64[ns]"), utc=True),
                "symbol": [symbols[number] for number in rows["instrument"].tolist()],
                "type": [CashMovementType(number).name.lower() for number in rows["movement_type"].tolist()],
                "amount": rows["amount_money"] / 10.0**self.money_exponent,
            }
        )

    @cached_property
    def log(self) -> list[str]:
        """What the strategies logged, a line each: time, strategy, symbol, text."""
        texts: dict[int, str] = {}
        for bound in self._engine.bound:
            texts.update(bound.texts)
        names = ["external", *(bound.definition.name for bound in self._engine.bound)]
        symbols = ["", *self.history.symbols]
        return [log_text(line, texts, names, symbols) for line in self._engine.log.records(Kind.LOG_LINE)]

    # --- what it rests on ---

    @cached_property
    def assumptions(self) -> list[Assumption]:
        """Every execution assumption, each relaxation by its name."""
        actions = self._engine.setup.actions
        return assumptions_of(self.settings, self.history, self.currency, self._engine.bound, actions)

    @property
    def parameters(self) -> Mapping[str, object]:
        """Parameters of the strategies; with the strategy's name before them where there are several."""
        many = len(self._engine.bound) > 1
        return {
            f"{bound.definition.name}.{name}" if many else name: value
            for bound in self._engine.bound
            for name, value in bound.definition.parameters().items()
        }

    @property
    def notes(self) -> list[str]:
        """What a reader must know: failures, an early end, what the data is."""
        found = [str(failure) for failure in self.failures]
        if self.stopped_reason:
            found.append(f"The run ended before its data did: {self.stopped_reason}.")
        found += [
            f"{bound.definition.name} ran interpreted: {bound.fallback_reason}"
            for bound in self._engine.bound
            if bound.fallback_reason
        ]
        return found + ([self.history.note] if self.history.note else [])

    # --- files ---

    def report(self, path: str | Path) -> Path:
        """Write the report as one HTML file that needs nothing else.

        Parameters
        ----------
        path : str or Path
            The file; replaced where it exists.

        Returns
        -------
        Path
            The file.
        """
        return write_atomically(Path(path), lambda partial: write_report(partial, self.report_content()))

    def report_content(self) -> ReportContent:
        """Return everything the report shows."""
        return ReportContent(
            strategy=self.title,
            summary=self.summary,
            equity=self.equity_records,
            fills=self.fill_records,
            bars=self.seen_bars,
            instruments=self.instruments,
            money_exponent=self.money_exponent,
            description=self._description(),
            parameters=self.parameters,
            currency=self.currency,
            trips=self.round_trips,
            configuration=self.configuration,
            assumptions=self.assumptions,
            notes=self.notes,
            version=VERSION,
        )

    def save(self, folder: str | Path) -> Path:
        """Write the run folder: report, summary, fills, orders, equity and configuration.

        Parameters
        ----------
        folder : str or Path
            Created where it is absent; the files of an earlier run there are replaced.

        Returns
        -------
        Path
            The folder.
        """
        with StagedFolder(Path(folder)) as staged:
            return staged.finish(self.write_files)

    def write_files(self, folder: Path) -> None:
        """Write the files of the run folder into a folder that is there."""
        write_report(folder / REPORT, self.report_content())
        self.summary.write_json(folder / SUMMARY)
        write_fills_parquet(folder / FILLS, self.fill_records, self.instruments, self.money_exponent)
        write_orders_parquet(folder / ORDERS, self.order_records, self.instruments)
        write_equity_parquet(folder / EQUITY, self.equity_records, self.money_exponent)
        (folder / CONFIGURATION).write_text(self.configuration, encoding="utf-8")

    def _description(self) -> str:
        first = self._engine.bound[0].definition.strategy.__doc__ or ""
        return first.strip().split("\n")[0] if len(self._engine.bound) == 1 else ""


def log_text(line: Any, texts: Mapping[int, str], names: Sequence[str], symbols: Sequence[str]) -> str:
    """Return one line of the log in words."""
    values = [float(line[f"value_{place}"]) for place in range(1, int(line["value_count"]) + 1)]
    template = texts.get(int(line["text_id"]), "")
    try:
        text = template.format(*values)
    except (IndexError, KeyError, ValueError):
        text = " ".join([template, *(f"{value:g}" for value in values)])
    place = " ".join(part for part in (names[int(line["strategy"])], symbols[int(line["instrument"])]) if part)
    return f"{format_time(int(line['venue_time_ns']))} {place}: {text}"
