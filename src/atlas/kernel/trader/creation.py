"""The host's side of a trader's block: sizes, and the first contents of its tables. Plain Python, run once at start."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from atlas.kernel.memory.block import Block, ring_capacity
from atlas.kernel.memory.hash_map import map_capacity
from atlas.kernel.trader.tables import TRADER
from atlas.kernel.trader.views import HOOK_COUNT
from atlas.records.enums import NULL, TradingState
from atlas.records.errors import ConfigurationError
from atlas.records.instruments import Instrument, name_hash

NEVER = 2**63 - 1
DAY_NS = 86_400_000_000_000
OUTPUT_ROWS = 16_384
REASONS = 256
STATE_ALIGNMENT = 64

LARGEST_YEARLY_RATE, RATE_STEPS = 10.0, 1_000_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Risk limits of an account; None is not configured. Money and quantities in ordinary units, the rest fractions."""

    order_quantity: float | None = None
    order_notional: float | None = None
    position_quantity: float | None = None
    position_fraction: float | None = None
    open_positions: int | None = None
    exposure: float | None = None
    leverage: float | None = None
    concentration: float | None = None
    price_band: float | None = None
    orders_per_second: int | None = None
    daily_loss: float | None = None
    daily_loss_amount: float | None = None
    drawdown: float | None = None
    reducing_drawdown: float | None = None
    prevent_self_trade: bool = False
    require_buying_power: bool = True


@dataclass(frozen=True, slots=True)
class AccountSetup:
    """An account: its name, currency, cash at start, leverage, limits, and what borrowing costs it a year.

    `maintenance_margin` is the part of its positions' value that its equity must cover, below 1 / leverage; 0 for none.
    """

    name: str = "default"
    currency: str = "USD"
    initial_cash: float = 100_000.0
    leverage: float = 1.0
    limits: Limits = field(default_factory=Limits)
    fee_rate: float = 0.0
    slippage_rate: float = 0.0
    borrow_rate: float = 0.0
    interest_rate: float = 0.0
    maintenance_margin: float = 0.0


@dataclass(frozen=True, slots=True)
class StrategySetup:
    """A strategy's place in the block: its name, account number, scope and bytes of state."""

    name: str
    account: int = 0
    universe: bool = False
    state_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Capacities:
    """Rows of the tables that a run may fill; running out is a refusal with its reason."""

    orders: int = 8_192
    tombstones: int = 65_536
    executions: int = 65_536
    timers: int = 4_096
    notices: int = 16_384
    commands: int = 16_384
    outputs: int = OUTPUT_ROWS


@dataclass(frozen=True, slots=True)
class TraderSetup:
    """All that a trader's block is made from.

    Parameters
    ----------
    instruments : sequence of Instrument
        In canonical order; the first is number 1.
    accounts, strategies : sequences
        Strategy number 1 is the first; number 0 is `external`.
    rates : mapping of str to float
        Units of the first account's currency for one unit of another; each currency in use must be there.
    bar_length_ns : int
        Length of the bars that the market data holds.
    aggregate_ns : int
        Length of the bars handed to strategies; 0: the market data's own.
    history_length : int
        Past bars kept an instrument.
    exact_venue : bool
        Whether the venue is a simulated one that reports nothing late, twice or back; then nothing is kept of orders
        and executions that ended.
    """

    instruments: Sequence[Instrument]
    accounts: Sequence[AccountSetup] = (AccountSetup(),)
    strategies: Sequence[StrategySetup] = ()
    rates: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    run_id: int = 1
    epoch: int = 0
    bar_length_ns: int = 0
    aggregate_ns: int = 0
    history_length: int = 0
    equity_interval_ns: int = DAY_NS
    chained_order_limit: int = 100_000
    exact_venue: bool = False
    capacities: Capacities = field(default_factory=Capacities)


def signed(value: int) -> int:
    """Wrap an unsigned 64-bit word to int64."""
    return value - 2**64 if value >= 2**63 else value


def gather_currencies(setup: TraderSetup) -> list[tuple[str, int]]:
    """Currencies in use with their money exponents, the accounts' own first, then by name.

    Raises
    ------
    ConfigurationError
        A currency has two money exponents, or no conversion rate into the accounts' currency.
    """
    exponents: dict[str, int] = {}
    for instrument in setup.instruments:
        known = exponents.setdefault(instrument.currency, instrument.money_exponent)
        if known != instrument.money_exponent:
            raise ConfigurationError(f"{instrument.currency} is given money steps of 10^-{known} and others")
    own = list(dict.fromkeys(account.currency for account in setup.accounts))
    for currency in own:
        exponents.setdefault(currency, 8)
    for currency in exponents:
        if currency not in own[:1] and currency not in setup.rates:
            raise ConfigurationError(
                f"no conversion rate from {currency} to {own[0]}: name one, such as rates={{'{currency}': 1.08}}"
            )
    return [(name, exponents[name]) for name in own] + sorted(
        (name, exponent) for name, exponent in exponents.items() if name not in own
    )


def table_rows(setup: TraderSetup, currency_count: int) -> dict[str, int]:
    """Rows of every table."""
    room, instruments = setup.capacities, len(setup.instruments) + 1
    accounts, strategies = len(setup.accounts), len(setup.strategies) + 1
    width = max((account.limits.orders_per_second or 1) for account in setup.accounts)
    states = 0
    for strategy in setup.strategies:
        states += strategy.state_bytes * (1 if strategy.universe else instruments) + STATE_ALIGNMENT
    return {
        "world": 1,
        "instruments": instruments,
        "currencies": currency_count,
        "accounts": accounts,
        "cash": accounts * currency_count,
        "positions": accounts * instruments,
        "attributions": strategies * accounts * instruments,
        "strategies": strategies,
        "targets": strategies * instruments,
        "orders": room.orders,
        "order_index": map_capacity(2 * room.orders + ring_capacity(room.tombstones)),
        "tombstones": ring_capacity(room.tombstones),
        "executions": ring_capacity(room.executions),
        "execution_index": map_capacity(ring_capacity(room.executions) + 1),
        "timers": room.timers,
        "limits": accounts,
        "throttle": accounts * instruments * (width + 1),
        "risk_counts": REASONS,
        "notices": ring_capacity(room.notices),
        "outputs": room.outputs + 64 * instruments,
        "commands": ring_capacity(room.commands + 2 * instruments),
        "aggregators": instruments if setup.aggregate_ns else 1,
        "history": instruments * max(1, setup.history_length),
        "state": max(1, states // 8),
        "calls": HOOK_COUNT * strategies * instruments,
    }


def create_trader(setup: TraderSetup) -> Block:
    """Make a trader's block, ready for its strategies to be bound.

    Raises
    ------
    ConfigurationError
        A conversion rate is missing, or an amount does not fit its currency.
    CapacityError
        A table has no room.
    """
    currencies = gather_currencies(setup)
    block = Block(TRADER, table_rows(setup, len(currencies)))
    names = {name: number for number, (name, _) in enumerate(currencies)}
    fill_world(block, setup, len(currencies))
    fill_currencies(block, setup, currencies)
    fill_instruments(block, setup, names)
    fill_accounts(block, setup, names, dict(currencies))
    fill_strategies(block, setup)
    fill_aggregators(block, setup)
    return block


def fill_world(block: Block, setup: TraderSetup, currency_count: int) -> None:
    """Write the header row."""
    world = block.rows("world")[0]
    world["run_id"], world["seed"] = setup.run_id, setup.seed
    world["instrument_count"], world["strategy_count"] = len(setup.instruments) + 1, len(setup.strategies) + 1
    world["account_count"], world["currency_count"] = len(setup.accounts), currency_count
    world["order_id_base"] = setup.epoch << 40
    world["clock_ns"] = -NEVER
    world["trading_state"] = TradingState.ACTIVE
    world["slice_time_ns"] = world["next_aggregate_ns"] = world["next_equity_time_ns"] = NEVER
    world["next_day_time_ns"], world["equity_interval_ns"] = NEVER, setup.equity_interval_ns
    world["chained_order_limit"] = setup.chained_order_limit
    world["exact_venue"] = int(setup.exact_venue)
    world["accrual_on"] = int(any(account.borrow_rate or account.interest_rate for account in setup.accounts))
    world["accrued_until_ns"] = NULL
    world["history_length"] = setup.history_length
    world["watch_equity"] = int(any(watches_equity(account.limits) for account in setup.accounts))
    world["margin_on"] = int(any(account.maintenance_margin for account in setup.accounts))
    world["bar_needs"] = int(setup.history_length > 0 or setup.aggregate_ns > 0 or world["margin_on"] != 0)
    world["aggregate_only"] = int(setup.aggregate_ns > 0)
    world["aggregator_count"] = len(setup.instruments) if setup.aggregate_ns else 0


def watches_equity(limits: Limits) -> bool:
    """Whether equity must be compared with limits at every mark."""
    named = (limits.daily_loss, limits.daily_loss_amount, limits.drawdown, limits.reducing_drawdown)
    return any(limit is not None for limit in named)


def fill_currencies(block: Block, setup: TraderSetup, currencies: Sequence[tuple[str, int]]) -> None:
    """Write the currencies and their rates into the first account's, per step of money."""
    rows = block.rows("currencies")
    base_exponent = currencies[0][1]
    for row, (name, exponent) in zip(rows, currencies, strict=True):
        rate = float(setup.rates.get(name, 1.0))
        if not (math.isfinite(rate) and rate > 0):
            raise ConfigurationError(f"the conversion rate of {name} is {rate}; it must be above zero")
        row["name_hash"] = signed(name_hash(name))
        row["rate_units"] = round(rate * 10**9 * 10.0 ** (base_exponent - exponent))
        row["money_scale"] = 10**exponent
        row["money_scale_float"] = float(10**exponent)


def fill_instruments(block: Block, setup: TraderSetup, names: Mapping[str, int]) -> None:
    """Write the instruments from row 1 on; row 0 stands for none."""
    rows = block.rows("instruments")
    rows["first_order"] = rows["last_order"] = -1
    rows["mark_units"] = rows["mark_time_ns"] = NULL
    rows["lot_units"] = rows["multiplier"] = rows["notional_divisor"] = 1
    rows["price_scale_float"] = rows["quantity_scale_float"] = rows["money_scale_float"] = 1.0
    venues = {name: number for number, name in enumerate(sorted({each.venue for each in setup.instruments}))}
    for row, instrument in zip(rows[1:], setup.instruments, strict=True):
        price, quantity, money = instrument.price_exponent, instrument.quantity_exponent, instrument.money_exponent
        if price + quantity < money or price + quantity - money > 18:
            raise ConfigurationError(f"{instrument.name}: exponents {price} + {quantity} - {money} are outside 0..18")
        row["name_hash"], row["venue"] = signed(instrument.hash), venues[instrument.venue]
        row["currency"] = names[instrument.currency]
        row["price_scale"], row["quantity_scale"] = 10**price, 10**quantity
        row["price_scale_float"], row["quantity_scale_float"] = float(10**price), float(10**quantity)
        row["money_scale_float"] = float(10**money)
        row["notional_divisor"], row["multiplier"] = 10 ** (price + quantity - money), instrument.multiplier
        row["tick_units"], row["lot_units"] = instrument.tick_size_units, max(1, instrument.lot_size_units)
        row["bar_length_ns"] = setup.aggregate_ns or setup.bar_length_ns


def amount(value: float | None, scale: int, label: str) -> int:
    """Money as whole steps; NULL for None.

    Raises
    ------
    ConfigurationError
        It is not finite or too large.
    """
    if value is None:
        return NULL
    if not math.isfinite(value) or abs(value) * scale >= 2**62:
        raise ConfigurationError(f"{label} {value} does not fit: the largest is {2**62 // scale}")
    return round(value * scale)


def fill_accounts(block: Block, setup: TraderSetup, names: Mapping[str, int], exponents: Mapping[str, int]) -> None:
    """Write accounts, their cash at start and their limits."""
    accounts, cash = block.rows("accounts"), block.rows("cash")
    for number, account in enumerate(setup.accounts):
        row, scale = accounts[number], 10 ** exponents[account.currency]
        money = amount(account.initial_cash, scale, "initial cash")
        row["name_hash"], row["currency"] = signed(name_hash(account.name)), names[account.currency]
        row["initial_cash_money"] = row["peak_equity_money"] = row["day_equity_money"] = money
        row["leverage"], row["trading_state"] = account.leverage, TradingState.ACTIVE
        row["borrow_rate"] = yearly_rate(account.borrow_rate, "borrow rate")
        row["interest_rate"] = yearly_rate(account.interest_rate, "interest rate")
        row["maintenance_margin"] = maintenance_steps(account.maintenance_margin, account.leverage)
        held = cash[number * len(names) + names[account.currency]]
        held["balance_money"] = held["initial_money"] = money
        write_limits(block.rows("limits")[number], account, scale)


def maintenance_steps(value: float, leverage: float) -> int:
    """Return a maintenance margin in billionths.

    Raises
    ------
    ConfigurationError
        It is below 0, or not below the initial margin, 1 / leverage.
    """
    initial = min(1.0, 1.0 / leverage)
    if not 0.0 <= value < initial:
        raise ConfigurationError(
            f"must be at least 0 and below the initial margin, 1 / leverage = {initial:g}, not {value:g}: "
            "what may just be opened would be called at once; lower it or the leverage",
            "maintenance_margin",
        )
    return round(value * RATE_STEPS)


def yearly_rate(value: float, label: str) -> int:
    """Return a rate of a year in billionths.

    Raises
    ------
    ConfigurationError
        It is below 0 or above 10.
    """
    if not 0.0 <= value <= LARGEST_YEARLY_RATE:
        raise ConfigurationError(f"{label} {value:g} is outside 0..{LARGEST_YEARLY_RATE:g}")
    return round(value * RATE_STEPS)


def quantity_limit(value: float | None, label: str) -> float:
    """Return a limit in ordinary units; NaN for None.

    Raises
    ------
    ConfigurationError
        It is not finite.
    """
    if value is None:
        return np.nan
    if not math.isfinite(value):
        raise ConfigurationError(f"{label} is {value}; it must be a finite quantity, or None for no limit")
    return float(value)


def write_limits(row: Any, account: AccountSetup, money_scale: int) -> None:
    """Write one account's limits; what is not configured is NULL or NaN."""
    limits = account.limits
    row["order_quantity"] = quantity_limit(limits.order_quantity, "largest order")
    row["order_notional_money"] = amount(limits.order_notional, money_scale, "largest order")
    row["position_quantity"] = quantity_limit(limits.position_quantity, "largest position")
    row["exposure_money"] = amount(limits.exposure, money_scale, "exposure")
    row["open_positions"] = NULL if limits.open_positions is None else limits.open_positions
    row["orders_per_second"] = NULL if limits.orders_per_second is None else limits.orders_per_second
    row["prevent_self_trade"], row["require_buying_power"] = limits.prevent_self_trade, limits.require_buying_power
    for name in ("position_fraction", "price_band", "leverage", "concentration", "daily_loss", "drawdown"):
        value = getattr(limits, name)
        row[name] = np.nan if value is None else value
    row["reducing_drawdown"] = np.nan if limits.reducing_drawdown is None else limits.reducing_drawdown
    row["daily_loss_money"] = np.nan
    if limits.daily_loss_amount is not None:
        row["daily_loss_money"] = float(amount(limits.daily_loss_amount, money_scale, "daily loss"))
    row["fee_rate"], row["slippage_rate"] = account.fee_rate, account.slippage_rate


def fill_strategies(block: Block, setup: TraderSetup) -> None:
    """Write names and accounts of the strategies from row 1 on; binding them writes the rest. Row 0 is `external`."""
    rows = block.rows("strategies")
    rows[0]["name_hash"] = signed(name_hash("external"))
    for row, strategy in zip(rows[1:], setup.strategies, strict=True):
        if strategy.account >= len(setup.accounts):
            raise ConfigurationError(f"strategy {strategy.name} trades account {strategy.account}, which is not there")
        row["name_hash"], row["account"] = signed(name_hash(strategy.name)), strategy.account


def fill_aggregators(block: Block, setup: TraderSetup) -> None:
    """Write one maker of longer bars an instrument, where strategies want them."""
    if not setup.aggregate_ns:
        return
    if setup.bar_length_ns and setup.aggregate_ns % setup.bar_length_ns:
        raise ConfigurationError("the strategies' bars must be a whole number of the data's bars long")
    for number, row in enumerate(block.rows("aggregators"), 1):
        row["instrument"], row["length_ns"], row["specification"] = number, setup.aggregate_ns, 1
