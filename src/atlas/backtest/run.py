"""The front door: a strategy, data and what else is said become a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from atlas.backtest.actions import actions_of
from atlas.backtest.benchmark import BenchmarkChoice, benchmark_choice
from atlas.backtest.description import describe_run
from atlas.backtest.engine import Engine
from atlas.backtest.interruption import Interruption
from atlas.backtest.preparation import Report, prepare
from atlas.backtest.rates import conversion_rates
from atlas.backtest.result import BacktestResult
from atlas.backtest.settings import RunSettings, fee_rule, limits_of, require_flag, require_number
from atlas.backtest.universe import read_universe
from atlas.config.suggestions import did_you_mean, nearest
from atlas.config.timeframes import timeframe_ns
from atlas.config.times import end_of, start_of
from atlas.data import BarHistory, load, load_bars
from atlas.records.errors import ConfigurationError, DataError, StrategyError
from atlas.records.instruments import DEFAULT_CURRENCY, Instrument
from atlas.records.layout import RecordArray
from atlas.strategy.base import Strategy

if TYPE_CHECKING:
    from atlas.backtest.journaling import RunJournal

Progress = Callable[[int, int], None]
"""Is told how many records are done, and how many there are."""

OTHER_WORDS: Final = {
    "commission": "fees",
    "commissions": "fees",
    "fee": "fees",
    "initial_cash": "cash",
    "initial_capital": "cash",
    "capital": "cash",
    "slippage": "slippage_bps",
    "risk_limits": "limits",
    "margin": "leverage",
    "maintenance": "maintenance_margin",
    "margin_call": "maintenance_margin",
    "warmup": "history",
    "risk_free": "risk_free_rate",
    "rf": "risk_free_rate",
    "trade_on_close": "close_fills",
    "tz": "timezone",
    "dropna": "missing",
    "start_date": "start",
    "end_date": "end",
    "data_source": "data",
    "hook_mode": "mode",
    "fixed_bps": "slippage_bps",
    "fill_at": "close_fills",
    "order_ms": "order_latency_ms",
    "fill_report_ms": "report_latency_ms",
    "volume_cap": "volume_share",
    "entries": "signals",
    "exits": "signals",
}
MILLISECOND_NS: Final = 1_000_000


def backtest(  # noqa: PLR0913 - what a user may say about a run, each by its name
    strategy: Any = None,
    data: Any = None,
    *,
    signals: Any = None,
    weights: Any = None,
    cash: float = 100_000.0,
    fees: Any = 0.0,
    symbols: Sequence[str] | None = None,
    timeframe: str | None = None,
    start: str | date | None = None,
    end: str | date | None = None,
    volume_share: float | None = 0.1,
    touch_fills: bool = False,
    close_fills: bool = False,
    slippage_bps: float = 0.0,
    slippage_model: str = "fixed",
    impact_factor: float = 0.0,
    limits: Any = None,
    leverage: float = 1.0,
    maintenance_margin: float = 0.0,
    borrow_rate: float = 0.0,
    interest_rate: float = 0.0,
    dividends: Any = None,
    splits: Any = None,
    order_latency_ms: float = 0.0,
    report_latency_ms: float = 0.0,
    currency: str = "",
    rates: Mapping[str, Any] | None = None,
    universe: Any = None,
    delisting: str = "close",
    seed: int = 0,
    mode: str = "auto",
    compile: str = "allow",
    on_error: str = "stop",
    history: int | None = None,
    progress: Progress | None = None,
    journal: str | Path | None = None,
    instruments: Mapping[str, Instrument] | Sequence[Instrument] | None = None,
    benchmark: Any = None,
    risk_free_rate: float = 0.0,
    fractional: bool | None = None,
    **reading: Any,
) -> BacktestResult:
    """Run strategies over past bars.

    Parameters
    ----------
    strategy : Strategy, name of a shipped one, or a list of these
        What trades. Several share one account.
    data : path, name, frame, mapping or BarHistory
        A CSV or Parquet file or a folder of them; the name of shipped data such as ``sp500``; a frame of pandas,
        polars or pyarrow; a mapping of symbol to any of these; what `load_bars` gave.
    signals : frame, series, array, mapping or tuple, optional
        Instead of a strategy: 1 long, 0 flat, -1 short, NaN no change, beside each bar; or ``(entries, exits)`` of
        booleans. A column a symbol, by the times of the data. Followed by the shipped `FollowSignals`.
    weights : frame, series, array or mapping, optional
        Instead of a strategy: fractions of the equity likewise. Followed by the shipped `FollowWeights`.
    cash : float
        Amount at the start, above 0.
    fees : float or mapping
        Fraction of each fill's value (0.001 is ten basis points), or some of ``maker_rate, taker_rate, per_unit, flat,
        minimum, tiers, tier_by``; a tier is ``(from, rate)``, by ``trade`` or by 30-day ``volume``.
    symbols : sequence of str, optional
        Of the data, keep these.
    timeframe : str, optional
        Length of the strategy's bars, such as ``1h``. They are made of the data's where those are shorter; orders
        still fill on the data's own.
    start, end : str or date, optional
        ISO dates or times, UTC; both ends are included.
    volume_share : float or None
        Part of a bar's volume that fills may take, 0 to 1; None or 0 takes the cap off, a relaxation.
    touch_fills : bool
        Whether a limit fills when the price only touches it, a relaxation.
    close_fills : bool
        Whether an order asked for at a bar's close takes part in that close, a relaxation.
    slippage_bps : float
        Distance of market and stop fills from the price, in basis points.
    slippage_model : {"fixed", "square_root", "volume_share"}
        What a fill's share of its bar's volume adds to it: nothing, ``impact_factor`` × √share, or × share².
    impact_factor : float
        Factor of the model, as a fraction of the price.
    limits : Limits or mapping, optional
        Risk limits; None is buying power alone.
    leverage : float
        Exposure the account may carry, as a multiple of its equity.
    maintenance_margin : float
        Part of the positions' value that the equity must cover at each close, or positions are sold; below
        1 / leverage, 0 for no margin call.
    borrow_rate, interest_rate : float
        Cost of a year of short positions and of cash below zero, as fractions.
    dividends, splits : frame, mapping or True, optional
        Cash a share, and new shares for an old one, by ex-date; True takes the data's columns. Prices must be raw.
    order_latency_ms, report_latency_ms : float
        Delay of orders to the venue, and of its reports.
    currency : str
        Of the account; empty for the data's.
    rates : mapping, optional
        Of currencies other than the account's, by pair (``"EURUSD"``) or currency (``"EUR"``): a number, a series or
        bars by time, or a symbol of the data.
    universe : frame, path, mapping or sequence, optional
        ``symbol, from, to``: when each symbol belongs to the run; all, each from its first bar on, without one.
    delisting : {"close", "hold"}
        What becomes of a position whose bars end before the data does: settled at the last close, or held at it.
    seed : int
        Of every random draw.
    mode : {"auto", "compiled", "interpreted"}
        How hooks run; the results are the same.
    compile : {"allow", "require"}
        Whether a hook that can't be compiled is an error, or runs interpreted.
    on_error : {"stop", "halt"}
        Whether an error in a hook ends the run and is raised, or only halts its strategy.
    history : int, optional
        How many bars ``ctx.close_price(ago=...)`` and its like may look back; found in the text of hooks without it.
    progress : callable, optional
        Is told records done and records in all, now and then.
    journal : path, optional
        Folder for a journal of all commands, from which with the data all else follows; it must hold none.
    instruments : mapping or sequence of Instrument, optional
        Descriptions of the data's symbols: ticks, lots, currency.
    benchmark : symbol, name, path, Series, frame, BarHistory or False, optional
        What the run is measured against: a symbol of the data, other prices, or nothing (False). None is buying and
        holding the data's symbols in equal parts.
    risk_free_rate : float
        A year's, as a fraction; what Sharpe, Sortino, omega and alpha are measured above.
    fractional : bool, optional
        False trades whole units only, True fractions of them too; None leaves it to the descriptions.
    **reading
        Further arguments of `load_bars`, such as ``timezone=``, ``sort=True`` or ``duplicates="last"``.

    Returns
    -------
    BacktestResult
        ``.summary``, ``.fills``, ``.equity``, ``.report("out.html")`` and more.

    Raises
    ------
    ConfigurationError
        An argument is unknown or out of range.
    DataError
        The data is missing or malformed.
    StrategyError
        A hook failed, or a strategy can't be built.
    """
    plan = plan_said(dict(locals()))
    result = plan.run(journal=None if journal is None else Path(journal), progress=progress)
    if result.error is not None:
        raise result.error
    return result


@dataclass(frozen=True, slots=True)
class RunPlan:
    """A run that `backtest` would do: everything is read and checked, nothing has run."""

    strategies: Sequence[Strategy]
    history: BarHistory
    settings: RunSettings
    configuration: str | Callable[[], str] = ""
    title: str = ""
    benchmark: BenchmarkChoice | None = None
    actions: RecordArray | None = None

    def run(
        self, *, journal: Path | None = None, progress: Progress | None = None, compiling: Report | None = None
    ) -> BacktestResult:
        """Run it; see `run_history`."""
        return run_history(
            self.strategies,
            self.history,
            self.settings,
            configuration=self.configuration,
            title=self.title,
            journal=journal,
            progress=progress,
            compiling=compiling,
            benchmark=self.benchmark,
            actions=self.actions,
        )


def plan_run(strategy: Any, data: Any, **options: Any) -> RunPlan:
    """Read and check what `backtest` would be given, for whoever runs it again and again."""
    said = signature(backtest).bind(strategy, data, **options)
    said.apply_defaults()
    return plan_said(said.arguments)


def plan_said(said: Mapping[str, Any]) -> RunPlan:
    """Return the run that the arguments of `backtest` mean."""
    data, reading, symbols = said["data"], said["reading"], said["symbols"]
    _refuse(data, reading)
    arrays, strategies = following(said["strategy"], said["signals"], said["weights"])
    currency = said["currency"] or DEFAULT_CURRENCY
    bars, aggregate_ns = bars_of(
        data, said["timeframe"], symbols=symbols, currency=currency, instruments=said["instruments"], **reading
    )
    if said["fractional"] is not None:
        require_flag("fractional", said["fractional"])
        bars = with_fractions(bars, said["fractional"])
    bars = with_arrays(bars, aggregate_ns, said["signals"], said["weights"], said["leverage"], reading)
    settings = settings_said(said, bars, aggregate_ns)
    configuration = describe_run(strategies, bars, settings, said, arrays)
    benchmark, shown = benchmark_choice(said["benchmark"], bars), cut(bars, said["start"], said["end"])
    actions = actions_of(shown, said["dividends"], said["splits"])
    return RunPlan(strategies, shown, settings, configuration, benchmark=benchmark, actions=actions)


def settings_said(said: Mapping[str, Any], bars: BarHistory, aggregate_ns: int) -> RunSettings:
    """Return the settings that the arguments of `backtest` mean."""
    for name in ("order_latency_ms", "report_latency_ms"):
        require_number(name, said[name], least=0.0)
    currency = said["currency"] or bars.instruments[0].currency
    plain = {each.name: said[each.name] for each in fields(RunSettings) if each.name in said}
    return RunSettings(
        **{
            **plain,
            "fees": fee_rule(said["fees"]),
            "volume_share": 0.0 if said["volume_share"] is None else said["volume_share"],
            "order_latency_ns": round(said["order_latency_ms"] * MILLISECOND_NS),
            "report_latency_ns": round(said["report_latency_ms"] * MILLISECOND_NS),
            "limits": limits_of(said["limits"]),
            "rates": conversion_rates(said["rates"] or {}, currency, bars),
            "universe": None if said["universe"] is None else read_universe(said["universe"]),
            "aggregate_ns": aggregate_ns,
        }
    )


def run_history(
    strategies: Sequence[Strategy],
    history: BarHistory,
    settings: RunSettings,
    *,
    configuration: str | Callable[[], str] = "",
    title: str = "",
    actions: RecordArray | None = None,
    journal: Path | None = None,
    progress: Progress | None = None,
    compiling: Report | None = None,
    benchmark: BenchmarkChoice | None = None,
) -> BacktestResult:
    """Run strategies over a history to its end, an error, or an interruption.

    Parameters
    ----------
    strategies, history, settings
        What runs, on what, and how.
    configuration : str or callable
        The run's document as YAML, or what writes it.
    title : str
        What reports call it.
    actions : array of rows (n, 8), optional
        Splits and dividends.
    journal : Path, optional
        Folder for its journal.
    progress, compiling : callable, optional
        Are told how the run, and the compilation before it, get on.
    benchmark : BenchmarkChoice, optional
        What it is measured against.

    Returns
    -------
    BacktestResult
        Of what was done; where a hook ended the run, `error` says how, and `interrupted` whether a user did.
    """
    prepare(compiling)
    recorder = None if journal is None else _recorder()
    engine = Engine(
        history,
        strategies,
        settings.engine_setup(history, journal=journal is not None, actions=actions),
        sink=None if recorder is None else recorder.append,
    )
    if journal is not None and recorder is not None:
        recorder.open(journal, engine, configuration if isinstance(configuration, str) else configuration())
    try:
        error, interrupted = run_engine(engine, progress)
    finally:
        if recorder is not None:
            recorder.close()
    return BacktestResult(
        engine,
        settings,
        configuration=configuration,
        title=title,
        error=error,
        interrupted=interrupted,
        benchmark=benchmark,
    )


def run_engine(engine: Engine, progress: Progress | None = None) -> tuple[StrategyError | None, bool]:
    """Run an engine to its end; return the error of the hook that ended it, and whether somebody interrupted it."""
    interruption = Interruption()
    try:
        with interruption:
            engine.run(progress, lambda: interruption.asked)
    except StrategyError as failure:
        return failure, engine.interrupted
    except KeyboardInterrupt:
        if interruption.asked:
            raise
        return None, True
    return None, engine.interrupted


def _recorder() -> RunJournal:
    from atlas.backtest.journaling import RunJournal

    return RunJournal()


# --- what users hand in ----------------------------------------------------------------------------------------------


def _refuse(data: Any, reading: Mapping[str, object]) -> None:
    """Refuse no data, and keywords that neither `backtest` nor `load_bars` has, with the one that was meant."""
    if data is None:
        raise ConfigurationError("is missing: pass a file, a folder, a frame, or the name of shipped data", "data")
    own = [name for name in signature(backtest).parameters if name != "reading"]
    known = {*own, *signature(load_bars).parameters} - {"source", "symbol"}
    for name in reading:
        if name in known:
            continue
        # A misspelt word of another library is nearer to that word than to ours.
        meant = OTHER_WORDS.get(nearest(name, {*known, *OTHER_WORDS}))
        hint = f"did you mean {meant!r}?" if meant else did_you_mean(name, known)
        raise ConfigurationError(f"backtest() has no argument {name!r}; {hint}")


def following(strategy: Any, signals: Any, weights: Any) -> tuple[str, list[Strategy]]:
    """Return which arrays are to be followed, empty for none, and the strategies that run."""
    if signals is None and weights is None:
        return "", strategies_of(strategy)
    if signals is not None and weights is not None:
        raise ConfigurationError("are both given: pass one of them", "signals and weights")
    from atlas.strategy.shipped import strategy_class

    arrays = "weights" if signals is None else "signals"
    wanted = strategy_class(f"follow_{arrays}")
    if strategy is None:
        return arrays, [wanted()]
    strategies = strategies_of(strategy)
    if len(strategies) != 1 or not isinstance(strategies[0], wanted):
        raise ConfigurationError(
            f"are followed by {wanted.__name__}: leave the strategy out, or let yours read a column of the data", arrays
        )
    return arrays, strategies


def with_arrays(
    bars: BarHistory, aggregate_ns: int, signals: Any, weights: Any, leverage: float, reading: Mapping[str, Any]
) -> BarHistory:
    """Return the bars with the signals or weights beside them, where some are given."""
    if signals is None and weights is None:
        return bars
    from atlas.backtest.arrays import with_signals, with_weights
    from atlas.data.options import ReadOptions

    if aggregate_ns:
        raise ConfigurationError("can't be longer than the data's bars, which signals and weights follow", "timeframe")
    options = ReadOptions(timezone=reading.get("timezone", ""), dates=reading.get("dates", "auto"))
    timestamps = reading.get("timestamps", "start")
    if weights is None:
        return with_signals(bars, signals, options, timestamps)
    return with_weights(bars, weights, options, timestamps, leverage)


def strategies_of(given: Any) -> list[Strategy]:
    """Return the strategies that a user means: instances, classes, names of shipped ones, or a list of these."""
    items = list(given) if isinstance(given, list | tuple) else [given]
    if not items or given is None:
        raise StrategyError("there is no strategy to run: pass one, such as SmaCross(), or signals= or weights=")
    return [_strategy(item) for item in items]


def _strategy(item: Any) -> Strategy:
    if isinstance(item, str):
        from atlas.strategy.shipped import make_strategy

        return make_strategy(item)
    if isinstance(item, type) and issubclass(item, Strategy):
        return item()
    if isinstance(item, Strategy):
        return item
    raise StrategyError(f"a strategy is an instance of a class derived from atlas.Strategy, not {item!r}")


def bars_of(data: Any, timeframe: str | None, **options: Any) -> tuple[BarHistory, int]:
    """Read the data.

    Parameters
    ----------
    data : object
        As for `backtest`.
    timeframe : str or None
        Length of the strategy's bars.
    **options
        Of `load_bars`.

    Returns
    -------
    history : BarHistory
    aggregate_ns : int
        Length of the strategy's bars where they are made of the data's; 0 where they are the data's.
    """
    return read_or_aggregate(lambda length: load(data, timeframe=length, **options), timeframe)


def read_or_aggregate(read: Callable[[str | None], BarHistory], timeframe: str | None) -> tuple[BarHistory, int]:
    """Read bars of a length; where the data's are shorter and fit into it, those, and the length to make of them."""
    if not isinstance(timeframe, str | None):
        raise ConfigurationError(f"is a text such as '1m', '4h' or '1d', not {timeframe!r}", "timeframe")
    wanted_ns = 0 if timeframe is None else timeframe_ns(timeframe)
    try:
        history = read(timeframe)
    except (ConfigurationError, DataError):
        if timeframe is None:
            raise
        history = read(None)
        if not _fits(history, wanted_ns):
            raise
    lengths = {specification.length_ns for specification in history.specifications}
    if wanted_ns == 0 or lengths == {wanted_ns}:
        return history, 0
    if not _fits(history, wanted_ns):
        there = ", ".join(specification.time_frame for specification in history.specifications)
        raise ConfigurationError(f"bars of {timeframe} can't be made of the data's bars of {there}", "timeframe")
    return history, wanted_ns


def _fits(history: BarHistory, wanted_ns: int) -> bool:
    lengths = {specification.length_ns for specification in history.specifications}
    return len(lengths) == 1 and all(wanted_ns > length and wanted_ns % length == 0 for length in lengths)


def with_fractions(history: BarHistory, fractional: bool) -> BarHistory:
    """Return the same bars of instruments that trade in fractions, or in whole units where they have no lot size."""
    return replace(
        history,
        instruments=tuple(
            replace(each, lot_size=0, whole_lots=False)
            if fractional
            else each
            if each.lot_size_units
            else replace(each, whole_lots=True)
            for each in history.instruments
        ),
    )


def cut(history: BarHistory, start: str | date | None, end: str | date | None) -> BarHistory:
    """Return the bars within a period; see `backtest`."""
    try:
        first = None if start is None else start_of(iso(start))
        last = None if end is None else end_of(iso(end))
    except ValueError as error:
        raise ConfigurationError(f"start and end are ISO dates such as 2020-01-31: {error}") from error
    return history.within(first, last)


def iso(moment: str | date) -> str:
    """Return a date or time as ISO text."""
    return moment if isinstance(moment, str) else moment.isoformat()
