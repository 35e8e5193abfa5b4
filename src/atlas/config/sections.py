"""
The sections of the document that describes a run.

Keys are written in camelCase as listed here (`data_source` keeps its underscore); snake_case is read too. Every section
is frozen, refuses unknown keys, and holds plain values only.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

Mode = Literal["backtest", "paper", "live"]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Positive = Annotated[float, Meta(gt=0.0)]
NotNegative = Annotated[float, Meta(ge=0.0)]
Count = Annotated[int, Meta(ge=0)]
PositiveCount = Annotated[int, Meta(ge=1)]


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A part of the document."""


class StrategySection(Section, frozen=True, kw_only=True):
    """
    Which strategy runs, with which parameters.

    Attributes
    ----------
    type : str
        Key in the registry of strategies; where only `name` is given, the name.
    name : str
        What reports call it; the type where nothing is said.
    parameters : dict
        Values of the strategy's declared fields.
    """

    type: str = ""
    name: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


class CommissionSection(Section, frozen=True, kw_only=True):
    """
    What a fill costs. A bare number in the document is `fraction`.

    Attributes
    ----------
    fraction : float
        Fraction of the notional, in [0, 1): 0.001 is ten basis points.
    percent : float
        The same in percent, in [0, 100]: 0.1 is ten basis points. Give one of the two.
    per_share : float
        Amount of currency for each unit of quantity.
    flat : float
        Amount of currency for each fill.
    minimum : float
        Least amount of currency for each fill.
    """

    fraction: Fraction = 0.0
    percent: Annotated[float, Meta(ge=0.0, le=100.0)] = 0.0
    per_share: NotNegative = 0.0
    flat: NotNegative = 0.0
    minimum: NotNegative = 0.0

    @property
    def notional_fraction(self) -> float:
        """Fraction of the notional, from whichever of `fraction` and `percent` was given."""
        return self.fraction or self.percent / 100.0


class SlippageSection(Section, frozen=True, kw_only=True):
    """
    How far a fill is moved against the order.

    Attributes
    ----------
    model : str
        ``none``, ``fixed`` (`fixed_bps`), ``volume`` (`fixed_bps` + `impact_factor` × √(size / volume)), or another
        name of the registry. Where only numbers are given: ``volume`` with `impact_factor`, else ``fixed``.
    fixed_bps : float
        Basis points of the price, ≥ 0.
    impact_factor : float
        Factor of the square root of the share of the volume, ≥ 0, as a fraction of the price.
    """

    model: str = ""
    fixed_bps: NotNegative = 0.0
    impact_factor: NotNegative = 0.0


class RiskLimitsSection(Section, frozen=True, kw_only=True):
    """
    Limits of the risk engine; a limit that is absent is not checked.

    Attributes
    ----------
    preset : str
        A named set of limits (``conservative``); limits given beside it replace those of the preset.
    max_position_size, concentration : float
        Largest position in one instrument as a fraction of equity, in [0, 1].
    max_drawdown, max_daily_loss : float
        Fraction of peak equity, and of the day's first equity, in [0, 1].
    reduce_drawdown : float
        Drawdown from which only reducing orders pass, in [0, 1].
    max_open_positions, max_consecutive_losses, max_trades_per_day : int
        Counts.
    max_order_size, max_position_quantity : float
        Units of quantity (shares, coins).
    max_exposure, max_loss_per_trade, max_daily_loss_amount : float
        Amounts of currency.
    max_leverage : float
        Gross exposure over equity.
    price_band : float
        Largest distance of a limit price from the mark, as a fraction of it.
    orders_per_second : float
        For each instrument.
    cooldown_minutes : float
        Pause after the circuit breaker trips.
    stop_loss, trailing_stop, trailing_activation : float
        Fractions of the entry price.
    profit_targets : list of float
        Fractions of the entry price, ascending.
    """

    preset: str = ""
    max_position_size: Fraction | None = None
    max_drawdown: Fraction | None = None
    max_daily_loss: Fraction | None = None
    max_open_positions: PositiveCount | None = None
    max_order_size: Positive | None = None
    max_position_quantity: Positive | None = None
    max_exposure: Positive | None = None
    max_leverage: Positive | None = None
    concentration: Fraction | None = None
    price_band: Fraction | None = None
    orders_per_second: Positive | None = None
    reduce_drawdown: Fraction | None = None
    max_loss_per_trade: Positive | None = None
    max_daily_loss_amount: Positive | None = None
    max_consecutive_losses: PositiveCount | None = None
    max_trades_per_day: PositiveCount | None = None
    cooldown_minutes: NotNegative | None = None
    stop_loss: Fraction | None = None
    trailing_stop: Fraction | None = None
    trailing_activation: Fraction | None = None
    profit_targets: list[Positive] | None = None


class WalkForwardSection(Section, frozen=True, kw_only=True):
    """Walk-forward analysis: window and step in bars."""

    enabled: bool = False
    window_size: PositiveCount | None = None
    step_size: PositiveCount | None = None


class MonteCarloSection(Section, frozen=True, kw_only=True):
    """Monte Carlo analysis of the result."""

    enabled: bool = False
    iterations: PositiveCount | None = None
    confidence_level: Annotated[float, Meta(gt=0.0, lt=1.0)] | None = None


class ValidationSection(Section, frozen=True, kw_only=True):
    """Analyses that follow the run."""

    walk_forward: WalkForwardSection = field(default_factory=WalkForwardSection)
    monte_carlo: MonteCarloSection = field(default_factory=MonteCarloSection)


class LatencySection(Section, frozen=True, kw_only=True):
    """
    Delays in milliseconds, each ≥ 0. A bare text in the document is the name of a preset.

    Attributes
    ----------
    order_ms, acknowledgement_ms, fill_report_ms, market_data_ms : float
        Fixed part: order to venue, its acknowledgement, report of a fill, market data to the trader.
    jitter_ms : float
        Scale of the random part that is added to each.
    """

    order_ms: NotNegative = 0.0
    acknowledgement_ms: NotNegative = 0.0
    fill_report_ms: NotNegative = 0.0
    market_data_ms: NotNegative = 0.0
    jitter_ms: NotNegative = 0.0


class ExecutionSection(Section, frozen=True, kw_only=True):
    """
    Where orders go, and how strictly a simulated venue fills them.

    Attributes
    ----------
    gateway : str
        Name in the registry of gateways; ``simulated`` is Atlas's own venue.
    latency : LatencySection
        Delays of the simulated venue.
    volume_share : float
        Largest share of a bar's volume that orders may take, in (0, 1].
    volume_cap : bool
        False switches the cap off: a relaxation, named in the report.
    touch_fills : bool
        True fills a resting limit when the price touches it: a relaxation, named in the report.
    """

    gateway: str = "simulated"
    latency: LatencySection = field(default_factory=LatencySection)
    volume_share: Annotated[float, Meta(gt=0.0, le=1.0)] = 0.1
    volume_cap: bool = True
    touch_fills: bool = False


class DataSourceSection(Section, frozen=True, kw_only=True):
    """
    Where market data comes from.

    Attributes
    ----------
    type : str
        Name in the registry of sources: ``file``, ``csv``, ``parquet``, ``folder``, ``shipped``, ``generated``.
    path : str
        File or folder; names of shipped data sets with commas; number of generated bars.
    timestamps : {"start", "end"}
        Whether the file's times are the start or the end of each bar.
    """

    type: str = "file"
    path: str = ""
    timestamps: Literal["start", "end"] = "start"


class Document(Section, frozen=True, kw_only=True):
    """
    One run: a backtest, or paper or live trading.

    Attributes
    ----------
    id : str
        The run's name; empty where nothing is said.
    mode : {"backtest", "paper", "live"}
        Paper where nothing is said.
    strategy : StrategySection
        Which strategy runs.
    symbols : list of str
        Empty: all that the data source holds.
    start_date, end_date : str or None
        ISO date or datetime, UTC; both ends are included.
    timeframe : str or None
        Such as ``1m`` or ``1d``; None: as the data says.
    initial_capital : float
        Amount of `currency`, greater than 0.
    currency : str
        ISO 4217 code, or a coin's.
    commission, slippage, risk_limits, validation, execution, data_source
        Sections of their own.
    seed : int
        Of every random draw of the run, ≥ 0.
    universe : str or None
        CSV file with the columns symbol, from, to; None: every symbol, from its first bar on.
    delisting : {"close", "hold"}
        What becomes of a position whose bars end before the data does.
    """

    strategy: StrategySection
    id: str = ""
    mode: Mode = "paper"
    symbols: list[Annotated[str, Meta(min_length=1)]] = field(default_factory=list)
    start_date: str | None = None
    end_date: str | None = None
    timeframe: str | None = None
    initial_capital: Positive = 100_000.0
    currency: Annotated[str, Meta(min_length=2, max_length=12)] = "USD"
    commission: CommissionSection = field(default_factory=CommissionSection)
    slippage: SlippageSection = field(default_factory=SlippageSection)
    risk_limits: RiskLimitsSection | None = None
    validation: ValidationSection = field(default_factory=ValidationSection)
    execution: ExecutionSection = field(default_factory=ExecutionSection)
    data_source: DataSourceSection | None = field(default=None, name="data_source")
    seed: Count = 0
    universe: str | None = None
    delisting: Literal["close", "hold"] = "close"


def limit_names() -> tuple[str, ...]:
    """Names of the limits, as written in a document."""
    return tuple(f.encode_name for f in msgspec.structs.fields(RiskLimitsSection) if f.name != "preset")
