"""
The sections of the document that describes a run.

Keys are written in camelCase as listed here (`data_source` keeps its underscore); snake_case is read too. Every section
is frozen, refuses unknown keys, and holds plain values only. To add a key, add a field with its `key(...)`: see `keys`.
The first paragraph of a section's docstring stands above its table in docs/configuration.md.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from .keys import key

Mode = Literal["backtest", "paper", "live"]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Positive = Annotated[float, Meta(gt=0.0)]
FeeFraction = Annotated[float, Meta(ge=-1.0, le=1.0)]
"""Of a fill's value; below zero the venue pays."""

YearlyRate = Annotated[float, Meta(ge=0.0, le=10.0)]
NotNegative = Annotated[float, Meta(ge=0.0)]
PositiveCount = Annotated[int, Meta(ge=1)]
Exponent = Annotated[int, Meta(ge=0, le=18)]
Seed = Annotated[int, Meta(ge=0, le=2**63 - 1)]
HistoryLength = Annotated[int, Meta(ge=0, le=1_000_000)]
Delay = Annotated[float, Meta(ge=0.0, le=86_400_000.0)]
"""Milliseconds, a day at most."""

Rate = Annotated[float, Meta(gt=0.0, le=100_000.0)]
"""A second; the times of as many orders are kept."""


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A part of the document."""


class StrategySection(Section, frozen=True, kw_only=True):
    """Which strategy runs. A bare text is its `type`; `strategy_type` and `parameters` may also stand beside it."""

    type: Annotated[
        str, key("A name of `atlas strategies`, or `path/to/file.py:ClassName`", example="sma_cross", default="`name`")
    ] = ""
    name: Annotated[str, key("What reports call it", example="My crossing", default="the class")] = ""
    parameters: Annotated[
        dict[str, Any],
        key("Values of the strategy's declared fields", example={"fast": 10, "slow": 30}, default="the fields' own"),
    ] = field(default_factory=dict)


class TierSection(Section, frozen=True, kw_only=True):
    """A rate from an amount on."""

    from_: Annotated[NotNegative, key("Amount it begins at", unit="currency", example=100000)] = field(name="from")
    fraction: Annotated[
        FeeFraction, key("Part of each fill's value; below zero is a rebate", unit="fraction", example=0.0005)
    ]
    maker_fraction: Annotated[
        FeeFraction | None,
        key("The same of fills of resting orders", unit="fraction", example=0.0002, default="`fraction`"),
    ] = None


class CommissionSection(Section, frozen=True, kw_only=True):
    """What a fill costs. A bare number is `fraction`."""

    fraction: Annotated[
        FeeFraction,
        key(
            "Part of each fill's value: 0.001 is ten basis points; below zero is a rebate",
            unit="fraction",
            example=0.001,
            python="taker_rate",
        ),
    ] = 0.0
    maker_fraction: Annotated[
        FeeFraction | None,
        key(
            "The same of fills of resting orders",
            unit="fraction",
            example=-0.0001,
            default="`fraction`",
            python="maker_rate",
        ),
    ] = None
    percent: Annotated[
        Annotated[float, Meta(ge=0.0, le=100.0)],
        key("The same in percent; give one of the two", unit="percent", example=0.1),
    ] = 0.0
    per_share: Annotated[
        NotNegative, key("Amount for each unit of quantity", unit="currency a unit", example=0.005, python="per_unit")
    ] = 0.0
    flat: Annotated[NotNegative, key("Amount for each fill", unit="currency", example=1.0)] = 0.0
    minimum: Annotated[NotNegative, key("Least amount of a fill", unit="currency", example=1.0)] = 0.0
    tiers: Annotated[
        list[TierSection],
        key(
            "Fractions instead of the first one, by ascending amounts",
            example=[{"from": 100000, "fraction": 0.0005, "makerFraction": 0.0002}],
            default="none",
        ),
    ] = field(default_factory=list)
    tier_by: Annotated[
        Literal["trade", "volume"],
        key("Whether the amount is the value of the fill, or of all fills of the last 30 days", example="volume"),
    ] = "trade"

    @property
    def notional_fraction(self) -> Decimal:
        """Fraction of the notional as it was written, from whichever of `fraction` and `percent` was given."""
        return Decimal(str(self.fraction)) or Decimal(str(self.percent)) / 100


class SlippageSection(Section, frozen=True, kw_only=True):
    """
    How far market and stop orders fill away from the price. A bare text is `model`.

    Where only numbers are given the model is ``volume`` with `impact_factor`, else ``fixed``. The model ``volume`` adds
    `impact_factor` × √(size / volume) to `fixed_bps`, ``volumeShare`` the same × (size / volume)².
    """

    model: Annotated[
        str,
        key("`none`, `fixed`, `volume` or `volumeShare`", example="fixed", default="`none`", python="slippage_model"),
    ] = ""
    fixed_bps: Annotated[
        NotNegative, key("Distance from the price", unit="basis points", example=2.5, python="slippage_bps")
    ] = 0.0
    impact_factor: Annotated[
        NotNegative,
        key(
            "Factor of the square root of the share of the volume, for models of market impact",
            unit="fraction of the price",
            example=0.1,
        ),
    ] = 0.0


class RiskLimitsSection(Section, frozen=True, kw_only=True):
    """Limits of the risk engine; one that is absent is not checked. A bare text is `preset`."""

    preset: Annotated[
        str, key("A named set of limits; those given beside it replace its own", example="conservative", default="none")
    ] = ""
    max_position_size: Annotated[
        Fraction | None,
        key("Position in one instrument", unit="fraction of equity", example=0.25, python="position_fraction"),
    ] = None
    max_drawdown: Annotated[
        Fraction | None,
        key("Fall from the peak of equity that halts trading", unit="fraction of it", example=0.3, python="drawdown"),
    ] = None
    max_daily_loss: Annotated[
        Fraction | None,
        key(
            "Loss that halts trading for the day",
            unit="fraction of the day's first equity",
            example=0.05,
            python="daily_loss",
        ),
    ] = None
    max_open_positions: Annotated[
        PositiveCount | None, key("Positions open at a time", unit="count", example=5, python="open_positions")
    ] = None
    max_order_size: Annotated[
        Positive | None, key("Quantity of one order", unit="units", example=1_000, python="order_quantity")
    ] = None
    max_order_notional: Annotated[
        Positive | None, key("Value of one order", unit="currency", example=25_000, python="order_notional")
    ] = None
    max_position_quantity: Annotated[
        Positive | None,
        key("Quantity held of one instrument", unit="units", example=10_000, python="position_quantity"),
    ] = None
    max_exposure: Annotated[
        Positive | None,
        key("All positions and working orders together", unit="currency", example=50_000, python="exposure"),
    ] = None
    max_leverage: Annotated[
        Positive | None,
        key(
            "Exposure over equity; above 1 it also raises the buying power",
            unit="multiple",
            example=2.0,
            python="leverage",
        ),
    ] = None
    concentration: Annotated[
        Fraction | None, key("The same as `maxPositionSize`, beside it", unit="fraction of equity", example=0.1)
    ] = None
    price_band: Annotated[
        Fraction | None, key("Distance of a limit or stop price from the mark", unit="fraction of it", example=0.05)
    ] = None
    orders_per_second: Annotated[
        Rate | None, key("Orders of each instrument", unit="whole number a second", example=10)
    ] = None
    reduce_drawdown: Annotated[
        Fraction | None,
        key(
            "Fall from the peak from which only reducing orders pass",
            unit="fraction of it",
            example=0.15,
            python="reducing_drawdown",
        ),
    ] = None
    prevent_self_trade: Annotated[
        bool | None,
        key("`true` refuses an order that would trade with one of the account's own", example=True, default="`false`"),
    ] = None
    require_buying_power: Annotated[
        bool | None,
        key("`false` lets orders pass that the account can't pay for", example=False, default="`true`"),
    ] = None
    max_loss_per_trade: Annotated[
        Positive | None, key("Loss of one trade", unit="currency", example=500, later=True)
    ] = None
    max_daily_loss_amount: Annotated[
        Positive | None,
        key("Loss that halts trading for the day", unit="currency", example=5_000, python="daily_loss_amount"),
    ] = None
    max_consecutive_losses: Annotated[
        PositiveCount | None, key("Losing trades in a row", unit="count", example=5, later=True)
    ] = None
    max_trades_per_day: Annotated[PositiveCount | None, key("Trades a day", unit="count", example=50, later=True)] = (
        None
    )
    cooldown_minutes: Annotated[
        NotNegative | None, key("Pause after a breach", unit="minutes", example=60, later=True)
    ] = None
    stop_loss: Annotated[
        Fraction | None,
        key("Distance of a stop for every position", unit="fraction of entry", example=0.02, later=True),
    ] = None
    trailing_stop: Annotated[
        Fraction | None, key("Distance of a trailing stop", unit="fraction of entry", example=0.015, later=True)
    ] = None
    trailing_activation: Annotated[
        Fraction | None, key("Gain that arms the trailing stop", unit="fraction of entry", example=0.02, later=True)
    ] = None
    profit_targets: Annotated[
        list[Positive] | None,
        key("Gains at which parts are closed, ascending", unit="fractions of entry", example=[0.03, 0.05], later=True),
    ] = None


class WalkForwardSection(Section, frozen=True, kw_only=True):
    """Walk-forward analysis after the run: not available yet."""

    enabled: Annotated[bool, key("Whether it is made", example=False)] = False
    window_size: Annotated[PositiveCount | None, key("Length of a window", unit="bars", example=252)] = None
    step_size: Annotated[PositiveCount | None, key("Distance of windows", unit="bars", example=63)] = None


class MonteCarloSection(Section, frozen=True, kw_only=True):
    """Monte Carlo analysis after the run: not available yet."""

    enabled: Annotated[bool, key("Whether it is made", example=False)] = False
    iterations: Annotated[PositiveCount | None, key("Drawn histories", unit="count", example=1_000)] = None
    confidence_level: Annotated[
        Annotated[float, Meta(gt=0.0, lt=1.0)] | None,
        key("Of the intervals it gives", unit="fraction", example=0.95),
    ] = None


class ValidationSection(Section, frozen=True, kw_only=True):
    """Analyses that follow the run."""

    walk_forward: Annotated[
        WalkForwardSection, key("Walk-forward analysis", example={"enabled": False}, default="off")
    ] = field(default_factory=WalkForwardSection)
    monte_carlo: Annotated[
        MonteCarloSection, key("Monte Carlo analysis", example={"enabled": False}, default="off")
    ] = field(default_factory=MonteCarloSection)


class LatencySection(Section, frozen=True, kw_only=True):
    """Delays of the simulated venue. A bare text is the name of a preset: `none`, `colocated` or `remote`."""

    order_ms: Annotated[
        Delay, key("From an order to the venue", unit="milliseconds", example=5, python="order_latency_ms")
    ] = 0.0
    acknowledgement_ms: Annotated[
        Delay, key("Of its acknowledgement; the same as `fillReportMs`", unit="milliseconds", example=5)
    ] = 0.0
    fill_report_ms: Annotated[
        Delay, key("Of a fill's report", unit="milliseconds", example=5, python="report_latency_ms")
    ] = 0.0
    market_data_ms: Annotated[
        Delay, key("Of market data to the trader", unit="milliseconds", example=0, later=True)
    ] = 0.0
    jitter_ms: Annotated[Delay, key("Scale of the random part of each", unit="milliseconds", example=0, later=True)] = (
        0.0
    )


class ExecutionSection(Section, frozen=True, kw_only=True):
    """Where orders go, and how strictly a simulated venue fills them. A bare text is `gateway`."""

    gateway: Annotated[str, key("`simulated` is Atlas's own venue", example="simulated")] = "simulated"
    latency: Annotated[LatencySection, key("Delays of the simulated venue", example={"orderMs": 5}, default="none")] = (
        field(default_factory=LatencySection)
    )
    volume_share: Annotated[
        Annotated[float, Meta(gt=0.0, le=1.0)],
        key("Largest part of a bar's volume that orders take", unit="fraction", example=0.05),
    ] = 0.1
    volume_cap: Annotated[bool, key("`false` takes that cap off, a relaxation that reports name", example=True)] = True
    touch_fills: Annotated[
        bool, key("`true` fills a limit that is only touched, a relaxation that reports name", example=False)
    ] = False
    fill_at: Annotated[
        Literal["next", "close"],
        key(
            "`close` lets an order asked for at a bar's close take part in that close, a relaxation that reports name",
            example="next",
            python="close_fills",
        ),
    ] = "next"
    fractional: Annotated[
        bool | None,
        key(
            "`false` trades whole units only, `true` fractions of them too",
            example=False,
            default="as the instruments say",
        ),
    ] = None
    maintenance_margin: Annotated[
        Annotated[float, Meta(ge=0.0, lt=1.0)],
        key(
            "Part of the positions' value that the equity must cover at each close, or positions are sold; below 1 / "
            "`riskLimits.maxLeverage`, 0 for no margin call",
            unit="fraction",
            example=0.25,
        ),
    ] = 0.0
    borrow_rate: Annotated[
        YearlyRate,
        key("Cost of a year of short positions, charged at each UTC day's end", unit="fraction", example=0.03),
    ] = 0.0
    interest_rate: Annotated[
        YearlyRate, key("Cost of a year of cash below zero, charged likewise", unit="fraction", example=0.05)
    ] = 0.0


class DataSourceSection(Section, frozen=True, kw_only=True):
    """Where market data comes from. A bare text is the `path` of a file."""

    type: Annotated[str, key("`file`, `csv`, `parquet`, `folder`, `shipped` or `generated`", example="file")] = "file"
    path: Annotated[
        str,
        key(
            "File or folder, beside the document or from the current folder; names of shipped data with commas;"
            " number of generated bars",
            example="AAPL.csv",
            default="none",
        ),
    ] = ""
    files: Annotated[
        dict[str, str | list[str]] | list[str],
        key(
            "Instead of `path`: files or folders by symbol, each one or a list, or a list of files named by symbol",
            example={"AAPL": "apple.csv", "MSFT": ["microsoft_2019.csv", "microsoft_2020.csv"]},
            default="none",
        ),
    ] = field(default_factory=dict)
    venue: Annotated[str, key("Of instruments that say nothing else", example="NASDAQ", default="`SIM`")] = ""
    timestamps: Annotated[
        Literal["start", "end"], key("Whether the data's times are the start or the end of a bar", example="start")
    ] = "start"
    timezone: Annotated[str, key("Zone of times that say none", example="America/New_York", default="UTC")] = ""
    columns: Annotated[
        dict[str, str],
        key(
            "Header by standard name (time, open, high, low, close, volume, symbol), where headers are unusual",
            example={"time": "when"},
            default="found",
        ),
    ] = field(default_factory=dict)
    dates: Annotated[
        Literal["auto", "day-first", "month-first"],
        key("How 03/04/2024 is meant, where the data does not tell", example="day-first"),
    ] = "auto"
    separator: Annotated[str, key("Between the fields of a text file", example=";", default="found")] = ""
    decimal: Annotated[Literal["", ".", ","], key("Decimal mark of a text file", example=",", default="found")] = ""
    sort: Annotated[bool, key("Whether rows are sorted by time, where they are not", example=True)] = False
    duplicates: Annotated[
        Literal["refuse", "first", "last"], key("Which of several rows of one time stays", example="last")
    ] = "refuse"
    missing: Annotated[
        Literal["refuse", "drop"], key("Whether rows without a time or a price are left out", example="drop")
    ] = "refuse"
    zeros: Annotated[
        Literal["refuse", "keep"], key("Whether 0 is a price where none is below zero", example="keep")
    ] = "refuse"
    availability: Annotated[
        dict[str, str],
        key(
            "How long after its bar a value of a further column is known",
            example={"score": "1d"},
            default="with its bar",
        ),
    ] = field(default_factory=dict)
    dividends: Annotated[
        bool, key("Whether the data's column `dividends` is paid in cash at its day", example=True)
    ] = False
    splits: Annotated[bool, key("Whether the data's column `stock splits` multiplies what is held", example=True)] = (
        False
    )


class InstrumentSection(Section, frozen=True, kw_only=True):
    """What one symbol of the data is, by its symbol. A bare text is its `currency`."""

    symbol: Annotated[str, key("What the run calls it", example="BRK.B", default="the data's")] = ""
    venue: Annotated[str, key("Where it is listed", example="XETRA", default="`data_source.venue`")] = ""
    currency: Annotated[str, key("Of its price and results", example="EUR", default="`currency` of the document")] = ""
    asset_class: Annotated[
        Literal[
            "equity",
            "fund",
            "future",
            "perpetual",
            "option",
            "currency_pair",
            "crypto_spot",
            "index",
            "bond",
            "commodity",
            "token_pair",
            "synthetic",
        ],
        key("What it is", example="future"),
    ] = "equity"
    tick_size: Annotated[NotNegative, key("Step of order prices; 0 for none", unit="price", example=0.01)] = 0.0
    lot_size: Annotated[NotNegative, key("Step of quantities; 0 for none", unit="units", example=0.001)] = 0.0
    whole_lots: Annotated[bool, key("Whether only whole lots trade", example=True)] = False
    multiplier: Annotated[PositiveCount, key("Underlying units of a contract", unit="count", example=50)] = 1
    shortable: Annotated[bool, key("Whether it may be sold short", example=False)] = True
    minimum_quantity: Annotated[NotNegative, key("Least of an order; 0 for none", unit="units", example=1)] = 0.0
    maximum_quantity: Annotated[NotNegative, key("Most of an order; 0 for none", unit="units", example=10_000)] = 0.0
    minimum_notional: Annotated[
        NotNegative, key("Least value of an order; 0 for none", unit="its currency", example=10)
    ] = 0.0
    initial_margin: Annotated[Positive, key("Of a position's value", unit="fraction", example=0.1)] = 1.0
    maintenance_margin: Annotated[Positive, key("Of a position's value", unit="fraction", example=0.05)] = 1.0
    price_exponent: Annotated[Exponent, key("Decimals that prices are kept with", unit="count", example=9)] = 9
    quantity_exponent: Annotated[Exponent, key("Decimals that quantities are kept with", unit="count", example=8)] = 8
    money_exponent: Annotated[Exponent, key("Decimals that amounts are kept with", unit="count", example=8)] = 8
    base_currency: Annotated[str, key("Currency bought and sold", example="BTC", default="none")] = ""
    settlement_currency: Annotated[str, key("Currency of settlement", example="USD", default="`currency`")] = ""
    contract_style: Annotated[
        Literal["linear", "inverse", "quanto"],
        key("In which currency its value is linear in its price", example="linear"),
    ] = "linear"
    calendar: Annotated[str, key("Its session calendar", example="XNYS", default="always open")] = ""
    product: Annotated[str, key("What it is a listing of", example="gold", default="itself")] = ""
    underlying: Annotated[str, key("`VENUE:SYMBOL` of a derivative's underlying", example="SIM:ES", default="none")] = (
        ""
    )
    option_right: Annotated[Literal["call", "put"] | None, key("Of an option", example="call", default="none")] = None
    strike: Annotated[NotNegative, key("Of an option", unit="price", example=100)] = 0.0
    exercise_style: Annotated[
        Literal["european", "american", "bermudan"], key("How an option is exercised", example="american")
    ] = "european"
    settlement_method: Annotated[Literal["cash", "physical"], key("How a contract is settled", example="cash")] = "cash"
    expiry_ns: Annotated[Seed, key("End of trading; 0 for none", unit="ns UTC", example=1_735_689_600_000_000_000)] = 0
    correlation_group: Annotated[str, key("Its group for risk", example="banks", default="none")] = ""


class MembershipSection(Section, frozen=True, kw_only=True):
    """A time in which a symbol belongs to the universe."""

    symbol: Annotated[str, key("Whose", example="AAPL")]
    from_: Annotated[
        str | None, key("First day or instant", unit="ISO date or time, UTC", example="2020-01-02", default="open")
    ] = field(default=None, name="from")
    to: Annotated[
        str | None, key("Last day, or the instant", unit="ISO date or time, UTC", example="2020-12-31", default="open")
    ] = None


class Document(Section, frozen=True, kw_only=True):
    """One run: a backtest, or paper or live trading."""

    strategy: Annotated[
        StrategySection | None,
        key("What trades", example={"type": "sma_cross", "parameters": {"fast": 10, "slow": 30}}, default="required"),
    ] = None
    strategies: Annotated[
        list[StrategySection],
        key(
            "Instead of `strategy`: several that share the account, asked in this order",
            example=[{"type": "sma_cross", "name": "Fast", "parameters": {"fast": 5}}, {"type": "ema_trend"}],
            default="none",
            python="strategy",
        ),
    ] = field(default_factory=list)
    id: Annotated[str, key("Name of the run, and of its folder in `runs`", example="example", default="the file's")] = (
        ""
    )
    mode: Annotated[
        Mode,
        key(
            "How it runs",
            example="backtest",
            default="`backtest` for `atlas backtest`, else `paper`; live is never a default",
        ),
    ] = "paper"
    symbols: Annotated[
        list[Annotated[str, Meta(min_length=1)]],
        key("Which of the data's symbols", example=["AAPL", "MSFT"], default="all"),
    ] = field(default_factory=list)
    start_date: Annotated[
        str | None,
        key(
            "First day or instant",
            unit="ISO date or time, UTC",
            example="2001-01-01",
            default="the data's first",
            python="start",
        ),
    ] = None
    end_date: Annotated[
        str | None,
        key(
            "Last day or instant, included",
            unit="ISO date or time, UTC",
            example="2010-12-31",
            default="the data's",
            python="end",
        ),
    ] = None
    timeframe: Annotated[
        str | None,
        key(
            "Length of the strategy's bars: `1m`, `4h`, `1d`; made of the data's where those are shorter",
            example="1d",
            default="the data's",
        ),
    ] = None
    initial_capital: Annotated[
        Positive, key("Amount at the start", unit="currency", example="250000", python="cash")
    ] = 100_000.0
    currency: Annotated[
        Annotated[str, Meta(min_length=2, max_length=12)],
        key("Of the account, and of instruments that say nothing else", unit="ISO 4217 code, or a coin", example="USD"),
    ] = "USD"
    leverage: Annotated[
        Positive | None,
        key(
            "Exposure the account may carry, of its equity",
            unit="multiple",
            example=2.0,
            default="1, or `riskLimits.maxLeverage` where that is more",
        ),
    ] = None
    rates: Annotated[
        dict[str, Positive | str],
        key(
            "Conversion into the account's currency, by pair or currency: a number, a file, or a symbol of the data",
            unit="of the pair",
            example={"EURUSD": 1.1, "JPY": "yen.csv"},
            default="symbols of the data that are named like the pair",
        ),
    ] = field(default_factory=dict)
    instruments: Annotated[
        dict[str, InstrumentSection],
        key(
            "What symbols of the data are: tick, lot, currency",
            example={"SAP": {"currency": "EUR", "tickSize": 0.01}},
            default="shares in `currency`, without ticks and lots",
        ),
    ] = field(default_factory=dict)
    commission: Annotated[
        CommissionSection, key("What a fill costs", example={"fraction": 0.0005}, default="none", python="fees")
    ] = field(default_factory=CommissionSection)
    slippage: Annotated[
        SlippageSection, key("How far fills are from the price", example={"fixedBps": 2.5}, default="none")
    ] = field(default_factory=SlippageSection)
    risk_limits: Annotated[
        RiskLimitsSection | None,
        key(
            "What the risk engine refuses", example={"maxDrawdown": 0.3}, default="buying power alone", python="limits"
        ),
    ] = None
    validation: Annotated[
        ValidationSection,
        key("Analyses after the run", example={"walkForward": {"enabled": False}}, default="none"),
    ] = field(default_factory=ValidationSection)
    execution: Annotated[
        ExecutionSection,
        key("Where orders go and how they fill", example={"volumeShare": 0.05}, default="the strict reading"),
    ] = field(default_factory=ExecutionSection)
    data_source: Annotated[
        DataSourceSection | None,
        key(
            "Where market data comes from",
            example={"type": "shipped", "path": "sp500"},
            default="required",
            python="data",
        ),
    ] = field(default=None, name="data_source")
    seed: Annotated[Seed, key("Of every random draw, and of generated bars", example=1)] = 0
    history: Annotated[
        HistoryLength | None,
        key(
            "How far `ctx.close_price(ago=...)` and its like may look back",
            unit="bars",
            example=20,
            default="as far as the hooks' text shows",
        ),
    ] = None
    on_error: Annotated[
        Literal["stop", "halt"],
        key("Whether an error in a hook ends the run, or only halts its strategy", example="halt"),
    ] = "stop"
    hook_mode: Annotated[
        Literal["auto", "compiled", "interpreted"],
        key("How hooks run; the results are the same", example="interpreted", python="mode"),
    ] = "auto"
    compile: Annotated[
        Literal["allow", "require"],
        key("Whether a hook that can't be compiled is an error, or runs interpreted", example="require"),
    ] = "allow"
    universe: Annotated[
        str | list[MembershipSection] | None,
        key(
            "When each symbol may be traded: a CSV file with the columns symbol, from, to, or such rows",
            example=[{"symbol": "AAPL", "from": "2020-01-02", "to": "2020-12-31"}],
            default="every symbol, from its first bar on",
        ),
    ] = None
    delisting: Annotated[
        Literal["close", "hold"],
        key("What becomes of a position whose bars end before the data does", example="close"),
    ] = "close"
    benchmark: Annotated[
        str | None,
        key(
            "What the run is measured against: a symbol of the data, shipped data, a file, or `none`",
            example="sp500",
            default="the data's symbols, held in equal parts",
        ),
    ] = None
    risk_free_rate: Annotated[
        Annotated[float, Meta(ge=-0.5, le=1.0)],
        key("What Sharpe, Sortino, omega and alpha are measured above, a year", unit="fraction", example=0.02),
    ] = 0.0

    @property
    def running(self) -> dict[str, StrategySection]:
        """The strategies that run, one or several, by their path."""
        if self.strategy is not None:
            return {"strategy": self.strategy}
        return {f"strategies[{place}]": each for place, each in enumerate(self.strategies)}


def limit_names() -> tuple[str, ...]:
    """Names of the limits, as written in a document."""
    return tuple(f.encode_name for f in msgspec.structs.fields(RiskLimitsSection) if f.name != "preset")
