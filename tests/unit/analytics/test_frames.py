"""Frames and files of fills, equity, orders and trades."""

from __future__ import annotations

import datetime
import pathlib
import subprocess
import sys
from collections.abc import Callable

import duckdb
import numpy as np
import pytest

from atlas import analytics
from atlas.analytics import frames, round_trips
from atlas.records import Kind, blank
from atlas.records.enums import NULL, AskedBy, OrderState, PendingFlag, RejectReason, Why
from atlas.records.instruments import Instrument
from atlas.records.layout import RecordArray
from tests.unit.analytics.runs import make_equity, make_fills

APPLE = Instrument("AAPL")
BITCOIN = Instrument("BTCUSDT", price_exponent=2, quantity_exponent=3)
NOON = 1_704_110_400_000_000_000


def some_fills() -> RecordArray:
    fills = make_fills([(NOON, 10, 187.25, 0.5), (NOON + 1, -10, 190.0, 0.5)])
    fills["reference_price_units"][0] = NULL
    fills["slippage_money"] = NULL
    return fills


def some_transitions() -> RecordArray:
    rows = blank(Kind.ORDER_TRANSITION, 2)
    rows["venue_time_ns"] = NOON
    rows["instrument"], rows["side"], rows["strategy"] = 1, -1, 3
    rows["from_state"] = [0, OrderState.PARTIAL_FILL]
    rows["to_state"] = [OrderState.NEW, OrderState.PARTIAL_FILL | PendingFlag.PENDING_CANCEL]
    rows["asked_by"], rows["why"] = [AskedBy.STRATEGY, AskedBy.VENUE], [Why.SIGNAL, Why.RISK]
    rows["reject_reason"] = [0, RejectReason.RISK_DRAWDOWN]
    rows["cumulative_quantity_units"] = [0, 5 * 10**8]
    rows["price_units"] = [NULL, 187_250_000_000]
    return rows


def test_fills_have_human_columns() -> None:
    frame = analytics.fills_frame(some_fills(), (APPLE,), 8)
    first = frame.iloc[0]
    assert (first["symbol"], first["side"], first["quantity"], first["price"]) == ("AAPL", "buy", 10.0, 187.25)
    assert (first["notional"], first["fee"], first["price_rule"], first["liquidity"]) == (1872.5, 0.5, "open", "taker")
    assert str(first["time"]) == "2024-01-01 12:00:00+00:00"
    assert frame["realized"].tolist() == [0.0, 27.5]
    assert frame["shortfall"].isna().all()
    assert np.isnan(first["reference_price"])


def test_each_instrument_has_its_own_exponents() -> None:
    fills = np.concatenate(
        [some_fills()[:1], make_fills([(NOON, 1, 1)], instrument=2), make_fills([(NOON, 1, 1)], instrument=9)]
    )
    fills["price_units"][1], fills["quantity_units"][1] = 6_412_345, 1_500
    columns = frames.fill_columns(fills, (APPLE, BITCOIN), 8)
    assert columns["price"][:2].tolist() == [187.25, 64_123.45]
    assert columns["quantity"][:2].tolist() == [10.0, 1.5]
    assert columns["symbol"].tolist() == ["AAPL", "BTCUSDT", None]
    assert np.isnan(columns["price"][2])


def test_equity_is_in_currency_and_drawdown_negative() -> None:
    frame = analytics.equity_frame(make_equity([1, 2], [100.0, 75.0]), 8)
    assert frame["equity"].tolist() == [100.0, 75.0]
    assert frame["drawdown"].tolist() == [0.0, -0.25]


def test_orders_tell_who_and_why() -> None:
    frame = analytics.orders_frame(some_transitions(), (APPLE,))
    first, second = frame.iloc[0], frame.iloc[1]
    assert first["from_state"] is None or first.isna()["from_state"]
    assert (first["to_state"], first["asked_by"], first["why"], first["side"]) == ("new", "strategy", "signal", "sell")
    assert second["to_state"] == "partial_fill+pending_cancel"
    assert second["reject_reason"] == "risk_drawdown"
    assert (second["filled_quantity"], second["price"]) == (5.0, 187.25)
    assert np.isnan(first["price"])


def test_trades_are_in_currency() -> None:
    row = analytics.trades_frame(round_trips(some_fills()).closed, (APPLE,), 8).iloc[0]
    assert (row["direction"], row["quantity"], row["entry_price"], row["exit_price"]) == ("long", 10.0, 187.25, 190.0)
    assert (row["gross"], row["fees"], row["profit"]) == (27.5, 1.0, 26.5)
    assert row["return"] == pytest.approx(26.5 / 1872.5)
    assert np.isnan(row["bars_held"])


def test_names_unknown_are_numbers() -> None:
    fills = some_fills()
    fills["price_rule"] = 250
    assert frames.fill_columns(fills, (APPLE,), 8)["price_rule"].tolist() == ["250", "250"]


def test_files_hold_what_the_frames_hold(tmp_path: pathlib.Path) -> None:
    fills = some_fills()
    path = analytics.write_fills_parquet(tmp_path / "it's fills.parquet", fills, (APPLE,), 8)
    quoted = str(path).replace("'", "''")
    rows = duckdb.execute(f"SELECT time, symbol, side, price, fee, shortfall FROM '{quoted}'").fetchall()
    noon = datetime.datetime(2024, 1, 1, 12)  # noqa: DTZ001 - files hold UTC without a zone
    assert rows[0] == (noon, "AAPL", "buy", 187.25, 0.5, None)
    assert len(rows) == 2


Writer = Callable[[pathlib.Path, bool], pathlib.Path]
WRITERS: dict[str, Writer] = {
    "fills": lambda path, empty: analytics.write_fills_parquet(path, some_fills()[: 0 if empty else 2], (APPLE,), 8),
    "equity": lambda path, empty: analytics.write_equity_parquet(path, make_equity([1], [5.0])[: 0 if empty else 1], 8),
    "orders": lambda path, empty: analytics.write_orders_parquet(
        path, some_transitions()[: 0 if empty else 2], (APPLE,)
    ),
    "trades": lambda path, empty: analytics.write_trades_parquet(
        path, round_trips(some_fills()[: 0 if empty else 2]).closed, (APPLE,), 8
    ),
}


@pytest.mark.parametrize("name", WRITERS)
def test_an_empty_file_has_the_same_columns(name: str, tmp_path: pathlib.Path) -> None:
    schemas = []
    for empty in (True, False):
        path = WRITERS[name](tmp_path / f"{empty}.parquet", empty)
        schemas.append(duckdb.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall())
        count = duckdb.execute(f"SELECT count(*) FROM '{path}'").fetchall()[0][0]
        assert (count == 0) is empty
    assert schemas[0] == schemas[1]


def test_files_need_no_pandas(tmp_path: pathlib.Path) -> None:
    script = (
        "import sys\n"
        "from tests.unit.analytics.test_frames import some_fills, APPLE\n"
        "assert 'pandas' not in sys.modules, 'imported by the room'\n"
        "from atlas import analytics\n"
        f"analytics.write_fills_parquet({str(tmp_path / 'fills.parquet')!r}, some_fills(), (APPLE,), 8)\n"
        "assert 'pandas' not in sys.modules, 'imported by writing'\n"
    )
    root = pathlib.Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=root,
        env={"PYTHONPATH": f"{root / 'src'}:{root}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
