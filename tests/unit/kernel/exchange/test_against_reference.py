"""The venue says the same as its slow twin, field by field, on random order flow over random and real bars."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from atlas.kernel.exchange.create import ExchangeParameters, FeeRule
from atlas.records.instruments import Instrument
from tests.unit.kernel.exchange.pair import Flow, Pair, random_bars

HOUR, DAY = 3_600_000_000_000, 86_400_000_000_000
INSTRUMENTS = {
    1: Instrument("SHARE", tick_size="0.01", lot_size=1),
    2: Instrument("COIN", lot_size="0.00001"),
    4: Instrument("FUTURE", tick_size="0.05", lot_size=1, multiplier=50, money_exponent=2),
}
FEES = [
    FeeRule(),
    FeeRule(maker_rate="-0.0001", taker_rate="0.0004", number=3),
    FeeRule(taker_rate="0.00023", maker_rate="0.00023", per_unit="0.0035", flat="0.01", minimum="1.00", number=9),
    FeeRule(
        maker_rate="0.001",
        taker_rate="0.002",
        number=2,
        tiers=((2_000, "0.0005", "0.001"), (50_000, "-0.0001", "0.0004")),
        tier_by="volume",
    ),
    FeeRule(taker_rate="0.002", per_unit="0.85", tiers=((1_000, 0, "0.001"),)),
]
PARAMETERS: list[dict[str, Any]] = [
    {},
    {"touch_fills": True, "volume_share": "0.25", "attached_orders": True},
    {"volume_share": 0, "slippage_basis_points": "2.5", "attached_orders": True, "venue_number": 3},
    {"volume_share": 1, "slippage_basis_points": 300, "order_capacity": 6, "attached_orders": True},
    {"slippage_model": "square_root", "slippage_basis_points": "1.5", "impact_factor": 0.02, "attached_orders": True},
    {"slippage_model": "volume_share", "impact_factor": 0.1, "volume_share": "0.25"},
]
SHARED = Path(os.environ.get("ATLAS_SHARED", Path(__file__).parents[5] / "shared"))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("variant", range(len(PARAMETERS)))
def test_random_bars(seed: int, variant: int) -> None:
    pick = random.Random(seed * 100 + variant)
    pair = Pair(INSTRUMENTS, FEES[(seed + variant) % len(FEES)], ExchangeParameters(**PARAMETERS[variant]))
    flow = Flow(pair, pick, length=pick.choice([HOUR, 5 * HOUR, DAY]))
    bars = [random_bars(pick, n, pair.twin.terms[n].lot, 25, flow.length) for n in INSTRUMENTS]
    for row in zip(*bars, strict=True):
        for bar in row:
            flow.pair.expire_due(bar["venue_time_ns"] - flow.length)
            flow.play(bar)
            if pick.random() < 0.03:
                numerator, denominator = pick.choice([(2, 1), (7, 1), (1, 10), (3, 2)])
                pair.split(bar["instrument"], numerator, denominator, bar["venue_time_ns"])
    pair.finish(100 * flow.length)
    kinds = {report.get("execution_type") for report in pair.heard}
    # With a wide cap, or none, little is filled in part.
    assert ({1, 2, 3, 5, 9} if variant < 2 else {1, 3, 5, 9}) <= kinds


@pytest.mark.parametrize("name", ["equity_daily/aapl_daily_raw.parquet", "crypto_5m/eth_btc_5m.parquet"])
def test_real_bars(name: str) -> None:
    path = SHARED / "data" / name
    if not path.exists():
        pytest.skip(f"{path} is absent")
    duckdb = pytest.importorskip("duckdb")
    time_column = "date" if "daily" in name else "ts"
    columns = f"epoch_us({time_column}::varchar::timestamptz) * 1000, open, high, low, close, volume"
    rows = duckdb.sql(f"select {columns} from '{path}' order by 1 limit 400").fetchall()
    instrument = Instrument("REAL", lot_size="0.001", price_exponent=9)
    pick, pair = random.Random(5), Pair({0: instrument}, FEES[1], ExchangeParameters(attached_orders=True))
    flow = Flow(pair, pick, length=rows[1][0] - rows[0][0])
    for time, *prices, volume in rows:
        units = [instrument.price_units(price) for price in prices]
        bar = dict(zip(("open_units", "high_units", "low_units", "close_units"), units, strict=True))
        volume_units = instrument.quantity_units(volume)
        flow.play({**bar, "instrument": 0, "volume_units": volume_units, "venue_time_ns": time + flow.length}, most=2)
    pair.finish(rows[-1][0] + 2 * flow.length)
    assert sum(report.get("last_quantity_units") is not None for report in pair.heard) > 50
