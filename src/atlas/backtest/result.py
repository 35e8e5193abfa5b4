"""What a user gets from a backtest: figures, frames, log lines, the report, the run folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from atlas.analytics import (
    Assumption,
    BarGroups,
    Benchmark,
    Conversion,
    Excursions,
    IndicatorLine,
    Remark,
    ReportContent,
    RoundTrips,
    Summary,
    Verdict,
    closed_excursions,
    corporate_actions,
    equity_curve,
    equity_frame,
    fills_frame,
    orders_frame,
    report_html,
    round_trips,
    standing_fills,
    summarize,
    trades_frame,
    write_equity_parquet,
    write_fills_parquet,
    write_orders_parquet,
    write_report,
    write_trades_parquet,
)
from atlas.analytics.report.content import Conduct, Ended, Severity, Share
from atlas.analytics.report.price_charts import MOST_SYMBOLS, most_traded
from atlas.analytics.returns import EquityCurve
from atlas.backtest.assumptions import assumptions_of
from atlas.backtest.attribution import Axis, BaseCurrency, attribution_columns, attribution_frame, shares
from atlas.backtest.benchmark import BenchmarkChoice
from atlas.backtest.engine import Engine
from atlas.backtest.explanation import Explainer, Explanation
from atlas.backtest.folder import (
    CONFIGURATION,
    EQUITY,
    FILLS,
    ORDERS,
    REPORT,
    STATUS,
    SUMMARY,
    TRADES,
    StagedFolder,
    write_atomically,
)
from atlas.backtest.margin import FOR_EVER, MarginCall, call_notes, margin_calls, sales
from atlas.backtest.outcomes import log_lines, order_outcomes, refusal_note, refusal_reasons
from atlas.backtest.sampling import indicator_lines
from atlas.backtest.settings import RunSettings
from atlas.backtest.showing import ReportView, is_notebook
from atlas.backtest.slippage import charged_money
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

MOST_LOGGED: Final = 1_000
"""Lines of the log in a report, the last ones."""


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
    benchmark : BenchmarkChoice, optional
        What it is measured against; its own symbols in equal parts when not given.

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
        benchmark: BenchmarkChoice | None = None,
    ) -> None:
        self._engine = engine
        self._benchmark = benchmark or BenchmarkChoice()
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
        shares = ""
        if len(self._engine.bound) > 1:
            rows = self.by_strategy[["strategy", "profit"]].itertuples(index=False)
            shares = "\nProfit by strategy" + "".join(f"\n  {name}  {profit:,.2f}" for name, profit in rows)
        return f"{self.title} on {self.data}\n{self.summary}{shares}{notes}"

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
    def strategy_names(self) -> list[str]:
        """Name of each strategy; numbered where several have one name."""
        names = [bound.definition.name for bound in self._engine.bound]
        return [
            f"{name} {names[: place + 1].count(name)}" if names.count(name) > 1 else name
            for place, name in enumerate(names)
        ]

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
    def initial_cash_money(self) -> int:
        """Cash of all accounts at the start, in steps of money."""
        return int(self._engine.trader.rows("accounts")["initial_cash_money"].sum())

    @cached_property
    def summary(self) -> Summary:
        """Every figure of the run; see docs/metrics.md."""
        return self.measure(self.fingerprint)

    def measure(self, fingerprint: str = "") -> Summary:
        """Return every figure, with a fingerprint as given: computing one can take longer than a small run."""
        return summarize(
            fills=self.standing_fill_records,
            equity=self.equity_records,
            bars=self.bar_groups,
            money_exponent=self.money_exponent,
            initial_cash_money=self.initial_cash_money,
            trips=self.round_trips,
            events=int(self._engine.trader.rows("world")[0]["event_count"]),
            wall_seconds=self._engine.wall_seconds,
            fingerprint=fingerprint,
            risk_free_rate=self.settings.risk_free_rate,
            benchmark=self.benchmark,
            conversion=self._conversion,
            slippage_money=charged_money(self.standing_fill_records, self.history, self.settings),
        )

    @property
    def verdict(self) -> Verdict:
        """Whether it is viable, good or excellent, with each figure beside its thresholds."""
        return self.summary.judgement

    @cached_property
    def equity_line(self) -> EquityCurve:
        """Equity of all accounts together, over time."""
        return equity_curve(self.equity_records, self.money_exponent)

    @cached_property
    def benchmark(self) -> Benchmark | None:
        """What the same money would have become elsewhere, at the times of the equity points."""
        initial_cash = self.initial_cash_money / 10.0**self.money_exponent
        return self._benchmark.line(self.history, self.bar_groups, self.equity_line.times_ns, initial_cash)

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
    def bar_groups(self) -> BarGroups:
        """The bars that were run, by instrument."""
        return BarGroups(self.seen_bars)

    @cached_property
    def round_trips(self) -> RoundTrips:
        """Fills joined into trades, closed and open, in the account's currency."""
        trips, conversion = self._native_trips, self._conversion
        return trips if conversion is None else trips.converted(conversion)

    @cached_property
    def _native_trips(self) -> RoundTrips:
        """The same in the instruments' currencies."""
        return round_trips(
            self.fill_records,
            self.bar_groups,
            reversals=self._engine.log.records(Kind.FILL_REVERSAL),
            actions=corporate_actions(self._engine.seen_records, self.instruments),
        )

    @cached_property
    def excursions(self) -> Excursions:
        """How far each closed trade went against its holder and for him, in the account's currency."""
        found, conversion = closed_excursions(self._native_trips, self.bar_groups), self._conversion
        return found if conversion is None else found.converted(self.round_trips.closed, conversion)

    @cached_property
    def _conversion(self) -> Conversion | None:
        """Rates into the account's currency, as they were known; None where all is in it."""
        base = BaseCurrency(self.instruments, self.currency, self.money_exponent, self.settings.rates)
        return None if base.is_alone else base.factors

    @cached_property
    def by_strategy(self) -> pandas.DataFrame:
        """One row a strategy: what its orders brought, in the account's currency; profits add up to the run's."""
        return attribution_frame(self._engine.trader, "strategy", self._names_by["strategy"], self.money_exponent)

    @cached_property
    def by_symbol(self) -> pandas.DataFrame:
        """One row a symbol: what was earned with it, in the account's currency; profits add up to the run's."""
        return attribution_frame(self._engine.trader, "symbol", self._names_by["symbol"], self.money_exponent)

    # --- records and frames ---

    @cached_property
    def fill_records(self) -> RecordArray:
        """FILL records, in order."""
        return self._engine.log.records(Kind.FILL)

    @cached_property
    def standing_fill_records(self) -> RecordArray:
        """FILL records without those that were busted; a corrected one is in its place as corrected."""
        return standing_fills(self.fill_records, self._engine.log.records(Kind.FILL_REVERSAL))

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
        """One row an equity point, the benchmark's worth beside it."""
        return equity_frame(self.equity_records, self.money_exponent, self._benchmark_line)

    @property
    def _benchmark_line(self) -> EquityCurve | None:
        return None if self.benchmark is None else self.benchmark.curve

    @cached_property
    def trades(self) -> pandas.DataFrame:
        """One row a closed trade, from flat to flat."""
        return trades_frame(
            self.round_trips.closed,
            self.instruments,
            self.money_exponent,
            fills=self.fill_records,
            excursions=self.excursions,
        )

    @cached_property
    def indicators(self) -> list[IndicatorLine]:
        """What the strategies' indicators stood at over time, for charts: read from a second run of the same."""
        drawn = most_traded(self.round_trips, self.bar_groups.numbers)[:MOST_SYMBOLS]
        return indicator_lines(self._engine, instruments=drawn)

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
            count = len(self.fill_records)
            there = f"a fill is a row of result.fills or its number, 0 to {count - 1}" if count else "there is no fill"
            raise ConfigurationError(f"{there}, not {fill!r}")
        explainer = Explainer(self.settings, self.history, self.fill_records, self.currency, self._margin_calls)
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
    def _margin_calls(self) -> list[MarginCall]:
        return margin_calls(self._engine.log.records(Kind.RISK_ALERT))

    @cached_property
    def _call_notes(self) -> list[str]:
        """What the margin calls were, a line each for the first ones."""
        return call_notes(self._margin_calls, self.fill_records, self.instruments, self.currency)

    @cached_property
    def margin_calls(self) -> pandas.DataFrame:
        """One row a margin call: begin, end (NaT where it stood on), equity, what was required, what was sold."""
        import pandas as pd

        calls = self._margin_calls
        ends = [pd.NaT if call.ended_ns == FOR_EVER else pd.Timestamp(call.ended_ns, tz="UTC") for call in calls]
        return pd.DataFrame(
            {
                "time": pd.to_datetime([call.began_ns for call in calls], utc=True),
                "until": pd.to_datetime(ends, utc=True),
                "account": [call.account for call in calls],
                "equity": [call.equity for call in calls],
                "required": [call.required for call in calls],
                "sold": [sales(call, self.fill_records, self.instruments) for call in calls],
            }
        )

    @cached_property
    def log(self) -> list[str]:
        """What the strategies logged, a line each: time, strategy, symbol, text."""
        return self._logged(self._log_records)

    @cached_property
    def _log_records(self) -> RecordArray:
        return self._engine.log.records(Kind.LOG_LINE)

    def _logged(self, records: RecordArray) -> list[str]:
        texts: dict[int, str] = {}
        for bound in self._engine.bound:
            texts.update(bound.texts)
        names = ["external", *(bound.definition.name for bound in self._engine.bound)]
        return log_lines(records, texts, names, ["", *self.history.symbols])

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
            f"{own}.{name}" if many else name: value
            for own, bound in zip(self.strategy_names, self._engine.bound, strict=True)
            for name, value in bound.definition.chosen_parameters().items()
        }

    @property
    def notes(self) -> list[str]:
        """What a reader must know: failures, an early end, refused orders, what the data is."""
        found = [str(failure) for failure in self.failures]
        if self.stopped_reason:
            found.append(f"The run ended before its data did: {self.stopped_reason}.")
        found += [
            f"{bound.definition.name} ran interpreted: {bound.fallback_reason}"
            for bound in self._engine.bound
            if bound.fallback_reason
        ]
        found += self._call_notes
        found += [self._refusals] if self._refusals else []
        return found + ([self.history.note] if self.history.note else [])

    @cached_property
    def _refusals(self) -> str:
        return refusal_note(self.order_outcomes, self.refusals)

    @cached_property
    def order_outcomes(self) -> dict[str, int]:
        """How many orders were filled, cancelled, refused, … in the end."""
        return order_outcomes(self.order_records)

    @cached_property
    def refusals(self) -> dict[str, int]:
        """Why orders were refused, and how often."""
        return refusal_reasons(self.order_records)

    @property
    def remarks(self) -> list[Remark]:
        """The notes, each with how grave it is, and what was found in the data."""
        found = [Remark(str(failure), "error") for failure in self.failures]
        if self.stopped_reason:
            found.append(Remark(f"The run ended before its data did: {self.stopped_reason}.", "error"))
        found += [Remark(self._refusals, "warning")] if self._refusals else []
        found += [Remark(note, "warning") for note in self._call_notes]
        graver = {remark.text for remark in found}
        found += [Remark(note) for note in self.notes if note not in graver and note != self.history.note]
        return found + data_remarks(self.history)

    # --- files ---

    def report(self, path: str | Path) -> Path:
        """Write the report: one HTML file that needs nothing else, or a PDF.

        Parameters
        ----------
        path : str or Path
            The file, ending in ``.html`` or ``.pdf``; replaced where it exists.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ConfigurationError
            The file ends in something else, or it is a PDF and matplotlib is not installed.
        """
        file = Path(path)
        suffix = file.suffix.lower()
        if suffix == ".pdf":
            from atlas.analytics.report.document import write_document

            return write_atomically(file, lambda partial: write_document(partial, self.report_content()))
        if suffix not in (".html", ".htm"):
            raise ConfigurationError(f"a report is an .html or a .pdf file, not {file.name!r}", "path")
        return write_atomically(file, lambda partial: write_report(partial, self.report_content()))

    def plot(self, *, show: bool | None = None) -> ReportView:
        """Draw the run: the page that `report` writes.

        Parameters
        ----------
        show : bool, optional
            Whether to open it in the browser; else unless this is a notebook, which draws what is returned.

        Returns
        -------
        ReportView
        """
        view = ReportView(report_html(self.report_content()), self.title)
        if not is_notebook() if show is None else show:
            view.show()
        return view

    def report_content(self) -> ReportContent:
        """Return everything the report shows."""
        return ReportContent(
            strategy=self.title,
            summary=self.summary,
            equity=self.equity_records,
            fills=self.fill_records,
            bars=self.bar_groups,
            instruments=self.instruments,
            money_exponent=self.money_exponent,
            description=self._description(),
            parameters=self.parameters,
            currency=self.currency,
            trips=self.round_trips,
            excursions=self.excursions,
            benchmark=self.benchmark,
            indicators=self.indicators,
            configuration=self.configuration,
            assumptions=self.assumptions,
            remarks=self.remarks,
            version=VERSION,
            strategies=self._shares("strategy"),
            symbols=self._shares("symbol"),
            conduct=Conduct(
                status=self.ended,
                reason=self.ended_reason,
                orders=self.order_outcomes,
                refusals=self.refusals,
                log=self._logged(self._log_records[-MOST_LOGGED:]),
                log_count=len(self._log_records),
            ),
        )

    def _shares(self, by: Axis) -> list[Share]:
        """Return who earned what, where there are several to tell apart."""
        names = self._names_by[by]
        # The first name is of what nobody did.
        if len(names) <= 2:
            return []
        return shares(attribution_columns(self._engine.trader, by, names, self.money_exponent))

    @property
    def _names_by(self) -> dict[Axis, list[str]]:
        return {"strategy": ["external", *self.strategy_names], "symbol": ["", *self.history.symbols]}

    def save(self, folder: str | Path) -> Path:
        """Write the run folder: report, summary, fills, orders, trades, equity and configuration.

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

    def write_outputs(self, folder: Path) -> None:
        """Write everything the kernel put out as a journal into a new folder; `atlas.journal` reads it."""
        from atlas.backtest.journaling import write_outputs

        write_outputs(folder, self._engine, self.configuration)

    def write_files(self, folder: Path) -> None:
        """Write the files of the run folder into a folder that is there."""
        write_report(folder / REPORT, self.report_content())
        self.summary.write_json(folder / SUMMARY)
        write_fills_parquet(folder / FILLS, self.fill_records, self.instruments, self.money_exponent)
        write_orders_parquet(folder / ORDERS, self.order_records, self.instruments)
        write_equity_parquet(folder / EQUITY, self.equity_records, self.money_exponent, self._benchmark_line)
        write_trades_parquet(
            folder / TRADES,
            self.round_trips.closed,
            self.instruments,
            self.money_exponent,
            fills=self.fill_records,
            excursions=self.excursions,
        )
        (folder / CONFIGURATION).write_text(self.configuration, encoding="utf-8")
        status = json.dumps(self.status(), indent=2, ensure_ascii=False, default=str)
        (folder / STATUS).write_text(status + "\n", encoding="utf-8")

    @property
    def ended(self) -> Ended:
        """How it ended."""
        if self.interrupted:
            return "interrupted"
        if self.error is not None:
            return "failed"
        return "stopped" if self.stopped_reason else "complete"

    @property
    def ended_reason(self) -> str:
        """Why it ended before its data did; empty where it did not."""
        return str(self.error) if self.error is not None else self.stopped_reason

    def status(self) -> dict[str, Any]:
        """Return what the run was and how it ended: ``complete``, ``stopped``, ``failed`` or ``interrupted``."""
        return {
            "status": self.ended,
            "reason": self.ended_reason,
            "title": self.title,
            "data": self.data,
            "parameters": dict(self.parameters),
            "version": VERSION,
        }

    def _description(self) -> str:
        first = self._engine.bound[0].definition.strategy.__doc__ or ""
        return first.strip().split("\n")[0] if len(self._engine.bound) == 1 else ""


def data_remarks(history: BarHistory) -> list[Remark]:
    """Return what is known of the quality of the data; each text may carry how grave it is before a colon."""
    stated = [history.note, *history.notes]
    odd = [Remark(each.message, "warning") for each in history.quality]
    return [*(_data_remark(each) for each in dict.fromkeys(stated) if each), *odd]


def _data_remark(text: str) -> Remark:
    severities: dict[str, Severity] = {"error": "error", "warning": "warning", "note": "note"}
    before, colon, after = text.partition(":")
    severity = severities.get(before.strip().lower()) if colon else None
    return Remark(text) if severity is None else Remark(after.strip(), severity)
