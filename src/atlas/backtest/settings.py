"""What a user says about a run, checked: money, fees, limits, how strictly orders fill."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any, Final

from atlas.backtest.engine import NO_ACTIONS, POLICIES, EngineSetup
from atlas.backtest.rates import Rate, RateSeries
from atlas.backtest.universe import DELISTINGS, Universe, changes_of
from atlas.config.keys import keys_of
from atlas.config.sections import RiskLimitsSection
from atlas.config.suggestions import did_you_mean, squash
from atlas.data.bars import BarHistory
from atlas.kernel.exchange.create import SLIPPAGE_MODELS, TIER_BASES, ExchangeParameters, FeeRule
from atlas.kernel.trader.creation import AccountSetup, Limits, TraderSetup, gather_currencies, maintenance_steps
from atlas.records.errors import ConfigurationError
from atlas.records.layout import RecordArray
from atlas.strategy.binding import MODES

MINUTE_NS: Final = 60_000_000_000
EQUITY_INTERVALS_NS: Final = tuple(minutes * MINUTE_NS for minutes in (1, 5, 15, 60, 240, 1440))
MOST_EQUITY_POINTS: Final = 5_000
COMPILE_CHOICES: Final = ("allow", "require")
FRACTIONS: Final = ("position_fraction", "concentration", "price_band", "daily_loss", "drawdown", "reducing_drawdown")
BASIS_POINTS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """Everything about a backtest but its strategies and its data.

    Parameters
    ----------
    cash : float
        Amount of `currency` at the start, above 0.
    currency : str
        Of the account; empty for the instruments' own, where they have one.
    fees : FeeRule
        Of every fill.
    volume_share : float
        Part of a bar's volume that fills may take, 0 to 1; 0 takes the cap off.
    touch_fills : bool
        Whether a limit fills when the price only touches it.
    close_fills : bool
        Whether what is asked for at a bar's close takes part in that close; only without order latency.
    slippage_bps : float
        Distance of market and stop fills from the price, in basis points, at most two decimals.
    slippage_model : {"fixed", "square_root", "volume_share"}
        What the share of the bar's volume adds to it; see docs/assumptions/slippage.md.
    impact_factor : float
        Factor of the model, at least 0.
    order_latency_ns, report_latency_ns : int
        Delay of commands, and of reports.
    limits : Limits
        Of the account; buying power is the only one that is on by default.
    leverage : float
        Exposure the account may carry, as a multiple of its equity.
    maintenance_margin : float
        Part of the positions' value that the equity must cover at each close, below 1 / leverage; 0 for no margin call.
    borrow_rate, interest_rate : float
        Cost of a year of short positions, and of cash below zero, as fractions; charged at each UTC day's end.
    rates : mapping of str to float or RateSeries
        Value of one unit of another currency in the account's.
    universe : tuple of Membership, optional
        Which symbols belong to the run when; all, each from its first bar on, where nothing is said.
    delisting : {"close", "hold"}
        What becomes of a position whose bars end before the data does: settled at the last close, or held at it.
    seed : int
        Of every random draw.
    mode : {"auto", "compiled", "interpreted"}
        How hooks run.
    compile : {"allow", "require"}
        Whether a hook that can't be compiled is an error.
    on_error : {"stop", "halt"}
        Whether a failed hook ends the run, or only its strategy.
    history : int or None
        Bars that hooks may look back; None for as many as their text shows.
    aggregate_ns : int
        Length of the bars handed to strategies; 0 for the data's own.
    risk_free_rate : float
        A year's, as a fraction; what ratios are measured above.

    Raises
    ------
    ConfigurationError
        A value is out of its range.
    """

    cash: float = 100_000.0
    currency: str = ""
    fees: FeeRule = field(default_factory=FeeRule)
    volume_share: float = 0.1
    touch_fills: bool = False
    close_fills: bool = False
    slippage_bps: float = 0.0
    slippage_model: str = "fixed"
    impact_factor: float = 0.0
    order_latency_ns: int = 0
    report_latency_ns: int = 0
    limits: Limits = field(default_factory=Limits)
    leverage: float = 1.0
    maintenance_margin: float = 0.0
    borrow_rate: float = 0.0
    interest_rate: float = 0.0
    rates: Mapping[str, Rate] = field(default_factory=dict)
    universe: Universe | None = None
    delisting: str = "close"
    seed: int = 0
    mode: str = "auto"
    compile: str = "allow"
    on_error: str = "stop"
    history: int | None = None
    aggregate_ns: int = 0
    risk_free_rate: float = 0.0

    def __post_init__(self) -> None:
        require_number("cash", self.cash, above=0.0)
        require_number("leverage", self.leverage, above=0.0)
        require_number("maintenance_margin", self.maintenance_margin, least=0.0)
        maintenance_steps(self.maintenance_margin, self.leverage)
        require_number("risk_free_rate", self.risk_free_rate, least=-0.5, most=1.0)
        require_number("borrow_rate", self.borrow_rate, least=0.0, most=10.0)
        require_number("interest_rate", self.interest_rate, least=0.0, most=10.0)
        require_number("volume_share", self.volume_share, least=0.0, most=1.0)
        require_number("slippage_bps", self.slippage_bps, least=0.0, most=9_999.0)
        require_choice("slippage_model", self.slippage_model, SLIPPAGE_MODELS)
        require_number("impact_factor", self.impact_factor, least=0.0, most=1_000.0)
        if (self.slippage_model == "fixed") != (self.impact_factor == 0.0):
            raise ConfigurationError("goes with square_root and volume_share, and they with it", "impact_factor")
        for name in ("order_latency_ns", "report_latency_ns", "seed", "aggregate_ns"):
            require_whole(name, getattr(self, name))
        if self.history is not None:
            require_whole("history", self.history)
        for name, choices in (("mode", MODES), ("compile", COMPILE_CHOICES), ("on_error", POLICIES)):
            require_choice(name, getattr(self, name), choices)
        require_choice("delisting", self.delisting, DELISTINGS)
        for name in ("touch_fills", "close_fills"):
            require_flag(name, getattr(self, name))
        for currency, rate in self.rates.items():
            if not isinstance(rate, RateSeries):
                require_number(f"rates[{currency!r}]", rate, above=0.0)
        check_limits(self.limits)
        if self.close_fills and self.order_latency_ns:
            raise ConfigurationError(
                "needs orders without latency: an order that travels misses the close", "close_fills"
            )

    def account_currency(self, history: BarHistory) -> str:
        """Return the account's currency: as said, else the one that all instruments share."""
        if self.currency:
            return self.currency
        shared = sorted({instrument.currency for instrument in history.instruments})
        if len(shared) > 1:
            raise ConfigurationError(
                f"the data is in {' and '.join(shared)}: pass currency= for the account, and rates= into it"
            )
        return shared[0]

    def engine_setup(
        self, history: BarHistory, *, journal: bool = False, actions: RecordArray | None = None
    ) -> EngineSetup:
        """Return what the engine is made of."""
        account = AccountSetup(
            currency=self.account_currency(history),
            initial_cash=self.cash,
            leverage=self.leverage,
            limits=self.limits,
            fee_rate=highest_rate(self.fees),
            slippage_rate=self.slippage_bps / BASIS_POINTS,
            maintenance_margin=self.maintenance_margin,
            borrow_rate=self.borrow_rate,
            interest_rate=self.interest_rate,
        )
        start_ns = int(history.records["local_time_ns"][0])
        rates = {
            name: rate.at(start_ns, name) if isinstance(rate, RateSeries) else float(rate)
            for name, rate in self.rates.items()
        }
        currencies = gather_currencies(TraderSetup(history.instruments, (account,), rates=rates))
        return EngineSetup(
            accounts=(account,),
            fees=self.fees,
            exchange=ExchangeParameters(
                volume_share=self.volume_share,
                slippage_basis_points=self.slippage_bps,
                slippage_model=self.slippage_model,
                impact_factor=self.impact_factor,
                touch_fills=self.touch_fills,
                attached_orders=True,
            ),
            close_fills=self.close_fills,
            order_latency_ns=self.order_latency_ns,
            report_latency_ns=self.report_latency_ns,
            aggregate_ns=self.aggregate_ns,
            history=self.history,
            equity_interval_ns=equity_interval_ns(history),
            rates=rates,
            changes=changes_of(history, self.rates, currencies, self.universe, self.delisting),
            seed=self.seed,
            mode=self.mode,
            require_compiled=self.compile == "require",
            on_error=self.on_error,
            journal_commands=journal,
            actions=NO_ACTIONS if actions is None else actions,
        )


def equity_interval_ns(history: BarHistory) -> int:
    """Return the distance of equity points: no shorter than the bars, 5,000 points at most where a day allows it."""
    shortest = min(specification.length_ns for specification in history.specifications)
    span = history.end_ns - history.start_ns
    for interval in EQUITY_INTERVALS_NS:
        if interval >= shortest and -(-span // interval) <= MOST_EQUITY_POINTS:
            return interval
    return EQUITY_INTERVALS_NS[-1]


# --- checks of single values -----------------------------------------------------------------------------------------


def require_flag(name: str, value: Any) -> None:
    """Refuse what is neither True nor False: a text of any kind would count as true."""
    if not isinstance(value, bool):
        raise ConfigurationError(f"must be True or False, not {value!r}", name)


def require_number(
    name: str, value: Any, *, least: float | None = None, most: float | None = None, above: float | None = None
) -> None:
    """Refuse what is no finite number within its bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not math.isfinite(value):
        raise ConfigurationError(f"must be a finite number, not {value!r}", name)
    if above is not None and value <= above:
        raise ConfigurationError(f"must be above {above:g}, not {value:g}", name)
    if (least is not None and value < least) or (most is not None and value > most):
        bounds = f"at least {least:g}" if most is None else f"within {least or 0:g} to {most:g}"
        raise ConfigurationError(f"must be {bounds}, not {value:g}", name)


def require_whole(name: str, value: Any) -> None:
    """Refuse what is no whole number of at least 0 that 63 bits hold."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise ConfigurationError(f"must be a whole number of at least 0 and below 2**63, not {value!r}", name)


def require_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Refuse what is none of the choices."""
    if value not in choices:
        raise ConfigurationError(
            f"{value!r} is none of {', '.join(choices)}; {did_you_mean(str(value), choices)}", name
        )


# --- fees and limits as users write them -----------------------------------------------------------------------------

LIMIT_KEYS: Final = {
    each.python or each.attribute: each.name
    for each in keys_of(RiskLimitsSection)
    if not each.later and each.name != "preset"
}
"""Key in a document of each limit that the kernel serves."""

FEE_KEYS: Final = ("maker_rate", "taker_rate", "per_unit", "flat", "minimum", "tiers", "tier_by")


def highest_rate(fees: FeeRule) -> float:
    """Return the highest fraction of its value that a fill may cost, which sizes by weight must leave room for."""
    rates = (fees.maker_rate, fees.taker_rate, *(rate for tier in fees.tiers for rate in tier[1:]))
    return max(0.0, *(float(rate) for rate in rates))


def fee_tiers(tiers: Any) -> tuple[tuple[Any, Any, Any], ...]:
    """Return tiers as (from, maker rate, taker rate); a tier of two numbers has one rate for both."""
    found = []
    for place, tier in enumerate(tiers):
        if not isinstance(tier, list | tuple) or len(tier) not in (2, 3):
            raise ConfigurationError("must be (from, rate) or (from, maker rate, taker rate)", f"fees.tiers[{place}]")
        require_number(f"fees.tiers[{place}]", tier[0], least=0.0)
        for rate in tier[1:]:
            require_number(f"fees.tiers[{place}]", rate, least=-1.0, most=1.0)
        found.append((tier[0], tier[1], tier[-1]))
    return tuple(found)


def fee_rule(fees: Any) -> FeeRule:
    """Return the rule that a user means.

    Parameters
    ----------
    fees : number, mapping or FeeRule
        A fraction of each fill's value; or some of ``maker_rate, taker_rate, per_unit, flat, minimum``.

    Raises
    ------
    ConfigurationError
        A key is unknown, or a fee is out of range.
    """
    if isinstance(fees, FeeRule):
        return fees
    if isinstance(fees, Mapping):
        for key, value in fees.items():
            if key not in FEE_KEYS:
                raise ConfigurationError(f"unknown key; {did_you_mean(str(key), FEE_KEYS)}", f"fees.{key}")
            if key == "tier_by":
                require_choice("fees.tier_by", value, TIER_BASES)
            elif key != "tiers":
                require_number(f"fees.{key}", value, least=-1.0 if key.endswith("rate") else 0.0)
        given = {str(key): value for key, value in fees.items()}
        return FeeRule(**{**given, "tiers": fee_tiers(given.get("tiers", ()))})
    require_number("fees", fees, least=-1.0, most=1.0)
    return FeeRule(maker_rate=fees, taker_rate=fees)


def limits_of(limits: Any) -> Limits:
    """Return the limits that a user means: `Limits`, a mapping of its fields or of a document's keys, or None.

    None is buying power alone.

    Raises
    ------
    ConfigurationError
        A key is unknown.
    """
    if limits is None:
        return Limits()
    if isinstance(limits, Limits):
        return limits
    if not isinstance(limits, Mapping):
        raise ConfigurationError(f"must be Limits(...) or a mapping, not {limits!r}", "limits")
    known = [each.name for each in fields(Limits)]
    # The words of documents say the same.
    names = {squash(key): name for name, key in LIMIT_KEYS.items()} | {squash(name): name for name in known}
    found: dict[str, Any] = {}
    for key, value in limits.items():
        name = names.get(squash(str(key)))
        if name is None:
            hint = did_you_mean(str(key), [*known, *LIMIT_KEYS.values()])
            raise ConfigurationError(f"unknown key; {hint}", f"limits.{key}")
        if name in found:
            raise ConfigurationError(f"says the same as limits.{name}: give one of the two", f"limits.{key}")
        found[name] = value
    return Limits(**found)


def given_limits(limits: Limits) -> dict[str, Any]:
    """Return the limits that are configured, buying power aside."""
    values = {each.name: getattr(limits, each.name) for each in fields(limits)}
    return {
        name: value
        for name, value in values.items()
        if name != "require_buying_power" and value is not None and value is not False
    }


def check_limits(limits: Limits) -> None:
    """Refuse limits out of their ranges."""
    for name, value in given_limits(limits).items():
        if name == "prevent_self_trade":
            continue
        if name in ("open_positions", "orders_per_second"):
            require_whole(f"limits.{name}", value)
        require_number(f"limits.{name}", value, above=0.0)
        if name in FRACTIONS:
            require_number(f"limits.{name}", value, least=0.0, most=1.0)
