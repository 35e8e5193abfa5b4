"""A step called from Python, as live trading calls it: a bar applied to the trader; and all risk checks of one order.

    python -m benchmarks.step [--bars N] [--rounds N]

The step is `apply_event` of the compiled kernel on a bar: clock, mark, the crossing's compiled hook, which asks for a
target and orders nothing, since its weight is 0. Each call is timed on its own; the median of reading the clock twice
is taken off. The checks of one limit order are called in a compiled loop, with every limit of an account configured
and 8 working orders of the other side to compare with, and with none; an empty loop's time is taken off.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from atlas.backtest.engine import Engine
from atlas.backtest.preparation import prepare
from atlas.data.bars import BarHistory
from atlas.kernel.memory.compilation import EntryPoint
from atlas.kernel.memory.object_code import load_code
from atlas.kernel.simulate import start_strategies
from atlas.kernel.trader.creation import Limits
from atlas.kernel.trader.orders import new_order
from atlas.kernel.trader.risk import approve
from atlas.kernel.trader.step import apply_event
from atlas.kernel.trader.tables import order_row, world_row
from atlas.kernel.trader.verbs import place
from atlas.records.enums import OrderType, QuantityKind, TimeInForce
from atlas.strategy.shipped.sma_cross import SmaCross
from benchmarks.bars import bars_file
from benchmarks.environments import cache_folder
from benchmarks.figures import Figure, clock, finish
from benchmarks.histories import history_of, make_engine, settings_of

ROW_BYTES = 64
CHECKS = 1_000_000
WORKING = 8
LIMIT, GTC, UNITS = int(OrderType.LIMIT), int(TimeInForce.GTC), int(QuantityKind.UNITS)
ABSENT_TIME, ABSENT = -(2**63), float("nan")
# So far apart are the orders that the throttle lets each pass: 50 a second are allowed.
ORDERS_PER_SECOND, STEP_NS = 50, 25_000_000
PRICE_UNITS, QUANTITY_UNITS = 100_000_000_000, 100_000_000
LIMITS = Limits(
    order_quantity=1_000.0,
    order_notional=1_000_000.0,
    position_quantity=10_000.0,
    position_fraction=0.9,
    open_positions=10,
    exposure=1_000_000.0,
    leverage=2.0,
    concentration=0.9,
    price_band=0.5,
    orders_per_second=ORDERS_PER_SECOND,
    daily_loss=0.5,
    drawdown=0.5,
    reducing_drawdown=0.4,
    prevent_self_trade=True,
)


class RefusedError(Exception):
    """An order was refused, so that not all checks ran; or none was placed."""


def started(history: BarHistory, **settings: Any) -> Engine:
    """Make a trader that waits for its first bar."""
    engine = make_engine(history, SmaCross(weight=0.0), settings_of(**settings))
    start_strategies(engine.trader.address)
    return engine


# --- a step ----------------------------------------------------------------------------------------------------------


def step_times(call: Callable[[int, int], int], world: int, first: int, count: int) -> list[int]:
    """Time `count` calls one by one, in ns."""
    now, times, address = time.perf_counter_ns, [0] * count, first
    for index in range(count):
        begin = now()
        call(world, address)
        times[index] = now() - begin
        address += ROW_BYTES
    return times


def clock_cost() -> float:
    """Give the median of reading the clock twice, in ns."""
    now, times = time.perf_counter_ns, []
    for _ in range(100_000):
        begin = now()
        times.append(now() - begin)
    return float(np.median(times))


def measure_steps(history: BarHistory, rounds: int) -> list[Figure]:
    """Measure percentiles of one step, and its mean without a clock around each."""
    call, first, count = apply_event.callable, int(history.records.ctypes.data), len(history)
    percentiles: list[list[float]] = []
    walls, cpus = [], []
    for _ in range(rounds):
        engine = started(history)
        times = np.array(step_times(call, engine.trader.address, first, count), np.float64)
        percentiles.append([float(value) for value in np.percentile(times - clock_cost(), [50.0, 99.0, 99.9])])
        engine = started(history)
        world, addresses = engine.trader.address, range(first, first + count * ROW_BYTES, ROW_BYTES)

        def steps(world: int = world, addresses: range = addresses) -> None:
            for address in addresses:
                call(world, address)

        timing = clock(steps)
        walls.append(timing.wall * 1e9 / count)
        cpus.append(timing.cpu * 1e9 / count)
    named = zip(("p50", "p99", "p999"), ("p50", "p99", "p99.9"), zip(*percentiles, strict=True), strict=True)
    found = [Figure(f"step.{key}", f"step from Python, {name}", "ns", list(values)) for key, name, values in named]
    return [*found, Figure("step.mean", "step from Python, mean, its loop included", "ns", walls, cpus)]


# --- risk ------------------------------------------------------------------------------------------------------------


def check_order(world: int, count: int) -> int:
    """Pass one order through risk `count` times, the clock moving on between; give how often it was refused."""
    slot = new_order(world, 1, 1, 1, LIMIT, GTC)
    order, header, refused = order_row(world, slot), world_row(world, 0), 0
    order.quantity_units, order.price_units = QUANTITY_UNITS, PRICE_UNITS
    for _ in range(count):
        header.clock_ns += STEP_NS
        if approve(world, slot) != 0:
            refused += 1
    return refused


def check_nothing(world: int, count: int) -> int:
    """Do what `check_order` does beside the checks."""
    header, refused = world_row(world, 0), 0
    for _ in range(count):
        header.clock_ns += STEP_NS
        if header.clock_ns == 0:
            refused += 1
    return refused


def compiled(function: Callable[[int, int], int]) -> Callable[[int, int], int]:
    """Compile a loop anew: the object cache doesn't know when this file changes."""
    return load_code(EntryPoint(function, "i8(i8, i8)").compile()).python_function(function)


def trader_with_orders(history: BarHistory, limits: Limits) -> Engine:
    """Make a trader with a mark and working orders to sell, far above it."""
    engine = started(history, limits=limits)
    address = int(history.records.ctypes.data)
    apply_event(engine.trader.address, address)
    for number in range(WORKING):
        price = 140.0 + number
        identity = place(
            engine.trader.address, 1, 1, -1, LIMIT, GTC, UNITS, ABSENT_TIME, 1.0, price, ABSENT, ABSENT, ABSENT
        )
        if identity <= 0 or int(engine.trader.rows("world")[0]["refused_count"]):
            raise RefusedError(f"a sell order was refused: {identity}")
    return engine


def measure_checks(history: BarHistory, rounds: int) -> list[Figure]:
    """Measure one order's checks with all limits and with none."""
    loop, nothing = compiled(check_order), compiled(check_nothing)
    walls: dict[str, list[float]] = {"all": [], "none": []}
    cpus: dict[str, list[float]] = {"all": [], "none": []}
    for _ in range(rounds):
        for name, limits in (("all", LIMITS), ("none", Limits(require_buying_power=False))):
            world = trader_with_orders(history, limits).trader.address
            base = clock(lambda world=world: nothing(world, CHECKS))  # type: ignore[misc]
            refusals: list[int] = []
            timing = clock(lambda world=world, found=refusals: found.append(loop(world, CHECKS)))  # type: ignore[misc]
            if refusals != [0]:
                raise RefusedError(f"{refusals[0]:,} of {CHECKS:,} orders were refused")
            walls[name].append((timing.wall - base.wall) * 1e9 / CHECKS)
            cpus[name].append((timing.cpu - base.cpu) * 1e9 / CHECKS)
    return [
        Figure("risk.all", "risk: one order, every limit configured", "ns", walls["all"], cpus["all"]),
        Figure("risk.none", "risk: one order, no limit configured", "ns", walls["none"], cpus["none"]),
    ]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bars", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    prepare()
    history = history_of(np.load(bars_file(cache_folder(), arguments.bars)))
    figures = measure_steps(history, arguments.rounds) + measure_checks(history, arguments.rounds)
    finish("step", "A step and its checks", figures)


if __name__ == "__main__":
    main()
