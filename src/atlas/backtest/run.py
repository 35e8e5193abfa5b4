"""The front door: a strategy, data and what else is said become a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from atlas.backtest.actions import actions_of
from atlas.backtest.description import describe_run
from atlas.backtest.engine import Engine
from atlas.backtest.preparation import Report, prepare
from atlas.backtest.result import BacktestResult
from atlas.backtest.settings import RunSettings, fee_rule, limits_of, require_number
from atlas.config.suggestions import did_you_mean
from atlas.config.timeframes import timeframe_ns
from atlas.config.times import end_of, start_of
from atlas.data import BarHistory, load_bars, load_shipped, shipped_data
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
    "warmup": "history",
    "trade_on_close": "close_fills",
}
MILLISECOND_NS: Final = 1_000_000


def backtest(  # noqa: PLR0913 - what a user may say about a run, each by its name
    strategy: Any,
    data: Any,
    *,
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
    borrow_rate: float = 0.0,
    interest_rate: float = 0.0,
    dividends: Any = None,
    splits: Any = None,
    order_latency_ms: float = 0.0,
    report_latency_ms: float = 0.0,
    currency: str = "",
    rates: Mapping[str, float] | None = None,
    seed: int = 0,
    mode: str = "auto",
    compile: str = "allow",
    on_error: str = "stop",
    history: int = 0,
    progress: Progress | None = None,
    journal: str | Path | None = None,
    instruments: Mapping[str, Instrument] | Sequence[Instrument] | None = None,
    fractional: bool | None = None,
    **unknown: object,
) -> BacktestResult:
    """Run strategies over past bars.

    Parameters
    ----------
    strategy : Strategy, name of a shipped one, or a list of these
        What trades. Several share one account.
    data : path, name, frame, mapping or BarHistory
        A CSV or Parquet file or a folder of them; the name of shipped data such as ``sp500``; a frame of pandas,
        polars or pyarrow; a mapping of symbol to any of these; what `load_bars` gave.
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
    borrow_rate, interest_rate : float
        Cost of a year of short positions and of cash below zero, as fractions.
    dividends, splits : frame, mapping or True, optional
        Cash a share, and new shares for an old one, by ex-date; True takes the data's columns. Prices must be raw.
    order_latency_ms, report_latency_ms : float
        Delay of orders to the venue, and of its reports.
    currency : str
        Of the account; empty for the data's.
    rates : mapping of str to float, optional
        Value of one unit of another currency in the account's.
    seed : int
        Of every random draw.
    mode : {"auto", "compiled", "interpreted"}
        How hooks run; the results are the same.
    compile : {"allow", "require"}
        Whether a hook that can't be compiled is an error, or runs interpreted.
    on_error : {"stop", "halt"}
        Whether an error in a hook ends the run and is raised, or only halts its strategy.
    history : int
        Past bars kept an instrument for ``ctx.history``.
    progress : callable, optional
        Is told records done and records in all, now and then.
    journal : path, optional
        Folder for a journal of everything the kernel put out; it must hold none.
    instruments : mapping or sequence of Instrument, optional
        Descriptions of the data's symbols: ticks, lots, currency.
    fractional : bool, optional
        False trades whole units only, True fractions of them too; None leaves it to the descriptions.

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
    said = dict(locals())
    _refuse(unknown)
    strategies = strategies_of(strategy)
    bars, aggregate_ns = bars_of(
        data, timeframe, symbols=symbols, currency=currency or DEFAULT_CURRENCY, instruments=instruments
    )
    bars = bars if fractional is None else with_fractions(bars, fractional)
    settings = settings_said(said, aggregate_ns)
    bars, whole = cut(bars, start, end), bars
    result = run_history(
        strategies,
        bars,
        settings,
        actions=actions_of(bars, dividends, splits),
        configuration=describe_run(strategies, whole, settings, data, symbols, timeframe, start, end),
        journal=None if journal is None else Path(journal),
        progress=progress,
    )
    if result.error is not None:
        raise result.error
    return result


def settings_said(said: Mapping[str, Any], aggregate_ns: int) -> RunSettings:
    """Return the settings that the arguments of `backtest` mean."""
    for name in ("order_latency_ms", "report_latency_ms"):
        require_number(name, said[name], least=0.0)
    plain = {each.name: said[each.name] for each in fields(RunSettings) if each.name in said}
    return RunSettings(
        **{
            **plain,
            "fees": fee_rule(said["fees"]),
            "volume_share": 0.0 if said["volume_share"] is None else said["volume_share"],
            "order_latency_ns": round(said["order_latency_ms"] * MILLISECOND_NS),
            "report_latency_ns": round(said["report_latency_ms"] * MILLISECOND_NS),
            "limits": limits_of(said["limits"]),
            "rates": dict(said["rates"] or {}),
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
    error: StrategyError | None = None
    interrupted = False
    if journal is not None and recorder is not None:
        recorder.open(journal, engine, configuration if isinstance(configuration, str) else configuration())
    try:
        engine.run(progress)
    except StrategyError as failure:
        error = failure
    except KeyboardInterrupt:
        interrupted = True
    finally:
        if recorder is not None:
            recorder.close()
    return BacktestResult(
        engine, settings, configuration=configuration, title=title, error=error, interrupted=interrupted
    )


def _recorder() -> RunJournal:
    from atlas.backtest.journaling import RunJournal

    return RunJournal()


# --- what users hand in ----------------------------------------------------------------------------------------------


def _refuse(unknown: Mapping[str, object]) -> None:
    """Refuse keywords that `backtest` does not have, with the one that was meant."""
    known = [name for name in signature(backtest).parameters if name != "unknown"]
    for name in unknown:
        meant = OTHER_WORDS.get(name)
        hint = f"did you mean {meant!r}?" if meant else did_you_mean(name, known)
        raise ConfigurationError(f"backtest() has no argument {name!r}; {hint}")


def strategies_of(given: Any) -> list[Strategy]:
    """Return the strategies that a user means: instances, classes, names of shipped ones, or a list of these."""
    items = list(given) if isinstance(given, list | tuple) else [given]
    if not items:
        raise StrategyError("there is no strategy to run: pass one, such as SmaCross()")
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
    if isinstance(data, str) and not Path(data).exists() and data.lower() in {each.name for each in shipped_data()}:
        data = load_shipped(data)
    return read_or_aggregate(lambda length: load_bars(data, timeframe=length, **options), timeframe)


def read_or_aggregate(read: Callable[[str | None], BarHistory], timeframe: str | None) -> tuple[BarHistory, int]:
    """Read bars of a length; where the data's are shorter and fit into it, those, and the length to make of them."""
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
    kept = history.between(first, last)
    if len(kept) == 0:
        raise DataError(f"{history!r} has no bar from {start or 'its start'} to {end or 'its end'}")
    return kept


def iso(moment: str | date) -> str:
    """Return a date or time as ISO text."""
    return moment if isinstance(moment, str) else moment.isoformat()
