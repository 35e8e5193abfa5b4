"""Runs that a document describes: what this build serves is checked, strategy and data are found, the engine runs."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any, Final

import msgspec

from atlas.backtest.actions import actions_of
from atlas.backtest.benchmark import benchmark_choice
from atlas.backtest.description import DOCUMENT_MODELS, settable_parameters
from atlas.backtest.preparation import Report
from atlas.backtest.rates import conversion_rates
from atlas.backtest.result import BacktestResult
from atlas.backtest.run import Progress, RunPlan, read_or_aggregate, with_fractions
from atlas.backtest.settings import LIMIT_KEYS, RunSettings
from atlas.backtest.universe import Universe, read_universe
from atlas.config import (
    CommissionSection,
    Document,
    MembershipSection,
    Registries,
    RiskLimitsSection,
    StrategySection,
    document_of,
    dump_document,
    later_keys,
    parse_document,
    read_document,
)
from atlas.config.suggestions import did_you_mean
from atlas.data import BarHistory
from atlas.data.sources import whole_history, within_period
from atlas.kernel.exchange.create import FeeRule
from atlas.kernel.trader.creation import Limits
from atlas.records.errors import AtlasError, ConfigurationError, StrategyError
from atlas.records.layout import RecordArray
from atlas.strategy.base import Strategy, fields_of
from atlas.strategy.shipped import strategy_class, strategy_names

KERNEL_MODELS: Final = {name: model for model, name in DOCUMENT_MODELS.items()}
MILLISECOND_NS: Final = 1_000_000


class StrategyCatalogue(Mapping[str, Collection[str]]):
    """Strategies that a document may name, with the names of their parameters.

    Shipped ones go by their names; a user's own by ``path/to/file.py:ClassName``.

    Parameters
    ----------
    folder : Path
        What a relative path of a strategy's file starts from, before the current folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path()

    def __contains__(self, name: object) -> bool:
        if isinstance(name, str) and name.endswith(".py"):
            file = self._beside(name)
            known = strategies_in(module_of(file)) if file.is_file() else []
            meant = f"{name}:{known[0] if known else 'ClassName'}"
            raise ConfigurationError(f"{name!r} names a file alone: name its class too, {meant}", "strategy.type")
        return isinstance(name, str) and (is_in_file(name) or name in strategy_names())

    def __getitem__(self, name: str) -> Collection[str]:
        found = self.find(name)
        return tuple(vars(found)) if found.open else tuple(fields_of(found))  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[str]:
        return iter(strategy_names())

    def __len__(self) -> int:
        return len(strategy_names())

    def find(self, name: str) -> type[Strategy]:
        """Return the class of a name."""
        return load_class(self.absolute(name)) if is_in_file(name) else strategy_class(name)

    def absolute(self, name: str) -> str:
        """Return a name that means the same from any folder."""
        if not is_in_file(name):
            return name
        file, _, class_name = name.rpartition(":")
        return f"{self._beside(file)}:{class_name}"

    def _beside(self, file: str) -> Path:
        beside = self._folder / file
        return (beside if beside.exists() else Path(file)).resolve()


def is_in_file(name: str) -> bool:
    """Whether a strategy's name says a file and a class."""
    return name.rpartition(":")[0].endswith(".py")


def load_class(name: str) -> type[Strategy]:
    """Return the strategy class of ``file.py:ClassName``.

    Raises
    ------
    ConfigurationError
        The file is absent, fails to import, or has no such class.
    """
    path, _, class_name = name.rpartition(":")
    module = module_of(Path(path))
    found = getattr(module, class_name, None)
    if isinstance(found, type) and issubclass(found, Strategy):
        return found
    raise ConfigurationError(f"{Path(path).name} {_missing(module, class_name)}", "strategy.type")


def _missing(module: ModuleType, class_name: str) -> str:
    """Say why a module has no strategy of a name."""
    if isinstance(getattr(module, class_name, None), type):
        return f"has a class {class_name!r} that is no strategy: write class {class_name}(atlas.Strategy)"
    known = strategies_in(module)
    hint = did_you_mean(class_name, known) if known else "it has none: write class ClassName(atlas.Strategy)"
    return f"has no strategy {class_name!r}; {hint}"


def strategies_in(module: ModuleType) -> list[str]:
    """Return the names of a module's strategy classes, those of its own first."""
    classes = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Strategy) and value is not Strategy
    }
    return sorted(classes, key=lambda name: classes[name].__module__ != module.__name__)


def module_of(file: Path) -> ModuleType:
    """Import a file of strategies.

    Raises
    ------
    ConfigurationError
        The file is absent or fails to import.
    """
    if not file.is_file():
        raise ConfigurationError(f"no such file: {file}", "strategy.type")
    # By its contents too: a file that was edited in the meantime is another module.
    digest = blake2b(str(file).encode() + b"\0" + file.read_bytes(), digest_size=6)
    module_name = f"atlas_strategy_{file.stem}_{digest.hexdigest()}"
    module = sys.modules.get(module_name)
    if module is None:
        specification = importlib.util.spec_from_file_location(module_name, file)
        if specification is None or specification.loader is None:
            raise ConfigurationError(f"{file} is no Python file", "strategy.type")
        module = importlib.util.module_from_spec(specification)
        sys.modules[module_name] = module
        try:
            with neighbours(file.parent):
                specification.loader.exec_module(module)
        except (Exception, SystemExit) as error:  # whatever a user's file raises
            del sys.modules[module_name]
            message = f"{file.name} failed{_line_in(file, error)}: {type(error).__name__}: {error}"
            raise ConfigurationError(message, "strategy.type") from error
    return module


@contextmanager
def neighbours(folder: Path) -> Iterator[None]:
    """Let a file import those beside it, as a script may; they are forgotten after, for another folder has its own."""
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).resolve().is_relative_to(folder) and not name.startswith("atlas_strategy_"):
                del sys.modules[name]


def _line_in(file: Path, error: BaseException) -> str:
    """Words for the last line of a file that an error passed through; a syntax error says its own."""
    lines = [frame.lineno for frame in extract_tb(error.__traceback__) if Path(frame.filename) == file]
    return f" in line {lines[-1]}" if lines else ""


def made_of(strategy: type[Strategy], parameters: Mapping[str, Any]) -> Strategy:
    """Return a strategy with its parameters.

    Raises
    ------
    StrategyError
        A parameter does not fit, or the class's own `__init__` wants others.
    """
    try:
        return strategy(**parameters)
    except TypeError as error:
        name = strategy.__name__
        raise StrategyError(f"{error}; declare fields instead of __init__: length: int = 10", strategy=name) from error


def registries(folder: Path | None = None) -> Registries:
    """Return what a backtest's document may name in this build."""
    return Registries(strategies=StrategyCatalogue(folder), slippage_models=("none", "fixed", "volume", "volumeShare"))


# --- reading ---------------------------------------------------------------------------------------------------------


def load_run(path: str | Path, overrides: list[str] | tuple[str, ...] = ()) -> Document:
    """Read a backtest's document.

    Parameters
    ----------
    path : str or Path
        YAML, JSON or TOML file.
    overrides : sequence of str
        ``a.b=c`` each.

    Returns
    -------
    Document
        Checked against what this build serves; its paths don't depend on the current folder.

    Raises
    ------
    ConfigurationError
        Names the path in the document, the reason and the remedy.
    """
    folder, written = Path(path).parent, read_document(path)
    document = document_of(written, overrides=list(overrides), default_mode="backtest", registries=registries(folder))
    with written.explaining(list(overrides)):
        return _anchored(_checked(_with_files(document, folder)), StrategyCatalogue(folder))


def _with_files(document: Document, folder: Path) -> Document:
    """Make the paths of what else is in files absolute: beside the document, or from the current folder."""
    universe, benchmark, source = document.universe, document.benchmark, document.data_source
    if isinstance(universe, str):
        universe = str(_beside(folder, universe).resolve())
    if benchmark is not None and _beside(folder, benchmark).is_file():
        benchmark = str(_beside(folder, benchmark).resolve())
    if source is not None and source.files:
        source = msgspec.structs.replace(source, files=_all_beside(folder, source.files))
    rates = {
        name: str(_beside(folder, rate).resolve())
        if isinstance(rate, str) and _beside(folder, rate).is_file()
        else rate
        for name, rate in document.rates.items()
    }
    return msgspec.structs.replace(document, universe=universe, benchmark=benchmark, data_source=source, rates=rates)


def _all_beside(folder: Path, files: Any) -> Any:
    """Return paths, by symbol or in a list, as they are found from a folder."""
    if isinstance(files, str):
        return str(_beside(folder, files).resolve())
    if isinstance(files, list):
        return [_all_beside(folder, each) for each in files]
    return {symbol: _all_beside(folder, each) for symbol, each in files.items()}


def _beside(folder: Path, path: str) -> Path:
    beside = folder / path
    return beside if beside.exists() else Path(path)


def parse_run(mapping: Mapping[str, Any]) -> Document:
    """Check a backtest's document that is given as a mapping; see `load_run`."""
    document = parse_document(mapping, default_mode="backtest", registries=registries())
    return _anchored(_checked(document), StrategyCatalogue())


def _anchored(document: Document, catalogue: StrategyCatalogue) -> Document:
    """Make the paths of strategy and data absolute and the parameters complete: it is the same run from any folder."""
    strategies = [_anchored_strategy(section, path, catalogue) for path, section in document.running.items()]
    source = document.data_source
    if (
        source is not None
        and source.path
        and Path(source.path).exists()
        and source.type not in ("shipped", "generated")
    ):
        source = msgspec.structs.replace(source, path=str(Path(source.path).resolve()))
    single = document.strategy is not None
    return msgspec.structs.replace(
        document,
        strategy=strategies[0] if single else None,
        strategies=[] if single else strategies,
        data_source=source,
    )


def _anchored_strategy(section: StrategySection, path: str, catalogue: StrategyCatalogue) -> StrategySection:
    try:
        kind = catalogue.absolute(section.type)
        found = catalogue.find(kind)
    except ConfigurationError as error:
        raise ConfigurationError(error.message, error.path.replace("strategy", path, 1)) from error
    try:
        made = made_of(found, section.parameters)
    except AtlasError as error:
        message = error.message if isinstance(error, StrategyError) else str(error)
        raise ConfigurationError(message, f"{path}.parameters") from error
    return msgspec.structs.replace(
        section,
        type=kind,
        name=found.__name__ if section.name == section.type else section.name,
        parameters={**settable_parameters(made), **section.parameters},
    )


def _checked(document: Document) -> Document:
    if document.mode != "backtest":
        raise ConfigurationError(
            f"this document describes {document.mode} trading; for a backtest of it use --set mode=backtest", "mode"
        )
    if document.data_source is None:
        raise ConfigurationError("is missing: write data_source: {type: file, path: ...}", "data_source")
    _check_later(document)
    latency = document.execution.latency
    if latency.acknowledgement_ms != latency.fill_report_ms:
        raise ConfigurationError(
            "a delay other than fillReportMs is not available yet; write the same for both",
            "execution.latency.acknowledgementMs",
        )
    return document


def _check_later(document: Document) -> None:
    """Refuse what is declared for later: a limit that silently does not hold is worse than none."""
    later, limits = later_keys(document), document.risk_limits
    absent = [path.removeprefix("riskLimits.") for path in later if path.startswith("riskLimits.")]
    if absent and limits is not None:
        whose = f"the preset {limits.preset!r} asks for " if limits.preset else ""
        raise ConfigurationError(
            f"{whose}{', '.join(absent)}: not available yet; write null for each to run without", "riskLimits"
        )
    if later:
        raise ConfigurationError("is not available yet; leave it out", later[0])


# --- running ---------------------------------------------------------------------------------------------------------


def run_document(
    document: Document,
    *,
    journal: Path | None = None,
    progress: Progress | None = None,
    compiling: Report | None = None,
) -> BacktestResult:
    """Run what a document describes.

    Parameters
    ----------
    document : Document
        As `load_run` gives it.
    journal : Path, optional
        Folder for a journal.
    progress, compiling : callable, optional
        Are told how the run, and the compilation before it, get on.

    Returns
    -------
    BacktestResult
        Its configuration is the document as resolved: running that again gives the same fingerprint.
    """
    return plan_document(document).run(journal=journal, progress=progress, compiling=compiling)


def plan_document(document: Document) -> RunPlan:
    """Read what a document describes, and run nothing."""
    sections = document.running.values()
    strategies = [made_of(StrategyCatalogue().find(section.type), section.parameters) for section in sections]
    whole, aggregate_ns = document_history(document)
    if document.execution.fractional is not None:
        whole = with_fractions(whole, document.execution.fractional)
    rates = conversion_rates(document.rates, document.currency, whole)
    history = within_period(document, whole)
    return RunPlan(
        strategies,
        history,
        replace(settings_of(document, aggregate_ns), rates=rates),
        dump_document(document),
        ", ".join(dict.fromkeys(section.name for section in sections)),
        benchmark=benchmark_choice(document.benchmark, whole),
        actions=document_actions(document, history),
    )


def document_actions(document: Document, history: BarHistory) -> RecordArray:
    """Return the splits and dividends that a document takes from its data."""
    source = document.data_source
    assert source is not None
    return actions_of(history, source.dividends or None, source.splits or None)


def document_history(document: Document) -> tuple[BarHistory, int]:
    """Read the bars of a document, whatever its period; see `read_or_aggregate`."""
    return read_or_aggregate(
        lambda timeframe: whole_history(msgspec.structs.replace(document, timeframe=timeframe)), document.timeframe
    )


def settings_of(document: Document, aggregate_ns: int = 0) -> RunSettings:
    """Return a document's settings, but for what its data decides: the rates of currencies."""
    execution, limits = document.execution, kernel_limits(document.risk_limits)
    return RunSettings(
        cash=document.initial_capital,
        currency=document.currency,
        fees=fees_of(document.commission),
        volume_share=execution.volume_share if execution.volume_cap else 0.0,
        touch_fills=execution.touch_fills,
        close_fills=execution.fill_at == "close",
        slippage_bps=document.slippage.fixed_bps,
        slippage_model=KERNEL_MODELS.get(document.slippage.model, "fixed"),
        impact_factor=document.slippage.impact_factor,
        order_latency_ns=round(execution.latency.order_ms * MILLISECOND_NS),
        report_latency_ns=round(execution.latency.fill_report_ms * MILLISECOND_NS),
        limits=limits,
        leverage=max(1.0, limits.leverage or 1.0) if document.leverage is None else document.leverage,
        seed=document.seed,
        aggregate_ns=aggregate_ns,
        maintenance_margin=execution.maintenance_margin,
        borrow_rate=execution.borrow_rate,
        interest_rate=execution.interest_rate,
        risk_free_rate=document.risk_free_rate,
        universe=universe_of(document.universe),
        delisting=document.delisting,
        history=document.history,
        on_error=document.on_error,
        mode=document.hook_mode,
        compile=document.compile,
    )


def universe_of(said: str | Sequence[MembershipSection] | None) -> Universe | None:
    """Return the universe of a file, or of rows."""
    if said is None or not isinstance(said, str):
        return None if said is None else read_universe([(row.symbol, row.from_, row.to) for row in said])
    try:
        return read_universe(said)
    except OSError as error:
        raise ConfigurationError(f"{said}: {error.strerror or error}", "universe") from error


def fees_of(commission: CommissionSection) -> FeeRule:
    """Return the fee rule of a commission."""
    fraction = commission.notional_fraction
    return FeeRule(
        maker_rate=fraction if commission.maker_fraction is None else Decimal(str(commission.maker_fraction)),
        taker_rate=fraction,
        per_unit=commission.per_share,
        flat=commission.flat,
        minimum=commission.minimum,
        tiers=tuple(
            (tier.from_, tier.fraction if tier.maker_fraction is None else tier.maker_fraction, tier.fraction)
            for tier in commission.tiers
        ),
        tier_by=commission.tier_by,
    )


def kernel_limits(limits: RiskLimitsSection | None) -> Limits:
    """Return the limits as the kernel takes them."""
    if limits is None:
        return Limits()
    by_key = dict(zip(limits.__struct_encode_fields__, limits.__struct_fields__, strict=True))
    values = {name: getattr(limits, by_key[key]) for name, key in LIMIT_KEYS.items()}
    rate = values["orders_per_second"]
    if rate is not None and rate != int(rate):
        raise ConfigurationError(f"must be a whole number, not {rate:g}", "riskLimits.ordersPerSecond")
    values["orders_per_second"] = None if rate is None else int(rate)
    values["prevent_self_trade"] = bool(values["prevent_self_trade"])
    values["require_buying_power"] = values["require_buying_power"] is not False
    return Limits(**values)
