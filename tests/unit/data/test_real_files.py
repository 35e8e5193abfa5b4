"""Files of third parties, as published; skipped where they are not beside the repository."""

import os
from pathlib import Path

import numpy as np
import pytest

from atlas.data import load_bars
from atlas.records.errors import DataError

ROOT = Path(os.environ.get("ATLAS_SHARED", Path(__file__).parents[4] / "shared")) / "data"
DAY_NS = 86_400_000_000_000

pytestmark = pytest.mark.skipif(not ROOT.is_dir(), reason=f"no market data at {ROOT}: set ATLAS_SHARED")


@pytest.mark.parametrize(
    ("symbol", "rows"), [("aapl", 5849), ("spy", 5849), ("ibm", 5849), ("aig", 5849), ("iwm", 5244), ("fb", 2947)]
)
def test_daily_equities(symbol: str, rows: int) -> None:
    history = load_bars(ROOT / "equity_daily" / f"{symbol}_daily_raw.parquet", symbol=symbol.upper())
    assert len(history) == rows
    assert history.symbols == (symbol.upper(),)
    assert history.specifications[0].time_frame == "1d"
    assert not (history.records["venue_time_ns"] % DAY_NS).any()
    assert str(np.datetime64(history.end_ns - DAY_NS, "ns"))[:10] == "2021-03-31"


def test_first_daily_bar_of_apple() -> None:
    bar = load_bars(ROOT / "equity_daily" / "aapl_daily_raw.parquet").records[0]
    assert str(np.datetime64(int(bar["venue_time_ns"]), "ns"))[:19] == "1998-01-03T00:00:00"
    prices = [int(bar[f"{name}_units"]) for name in ("open", "high", "low", "close")]
    assert prices == [13_630_000_000, 16_250_000_000, 13_500_000_000, 16_250_000_000]
    assert bar["volume_units"] == 6_315_000 * 10**8


def test_six_daily_equities_merge() -> None:
    folder = ROOT / "equity_daily"
    names = ("aapl", "spy", "ibm", "aig", "iwm", "fb")
    history = load_bars({name.upper(): folder / f"{name}_daily_raw.parquet" for name in names})
    assert len(history) == 4 * 5849 + 5244 + 2947
    keys = np.stack([history.records["local_time_ns"], history.records["instrument"].astype(np.int64)])
    steps = np.diff(keys)
    assert bool(np.all((steps[0] > 0) | ((steps[0] == 0) & (steps[1] > 0))))


def test_minute_equities() -> None:
    extended = load_bars(ROOT / "equity_1m" / "spy_2025-07_1m_ext.parquet", symbol="SPY")
    assert len(extended) == 19953
    assert extended.specifications[0].time_frame == "1m"
    starts = load_bars(ROOT / "equity_1m" / "multi_2019-02_1m.parquet", timestamps="end")
    assert starts.symbols == ("AAPL", "JPM", "MSFT", "QQQ", "SPY")
    assert len(starts) == 9744
    # 09:31 New York is 14:31 UTC, the end of the first bar of the session.
    assert str(np.datetime64(starts.start_ns, "ns"))[:16] == "2019-02-11T14:30"
    two = load_bars(ROOT / "equity_1m" / "lean_spy_ibm_2013-10_trade_1m.parquet")
    assert (two.symbols, len(two)) == (("IBM", "SPY"), 7405)


def test_quotes_are_read_when_their_columns_are_named() -> None:
    path = ROOT / "equity_1m" / "lean_spy_ibm_2013-10_quote_1m.parquet"
    with pytest.raises(DataError, match=r"no columns of open, high, low, close among ts, symbol, bid_open"):
        load_bars(path)


def test_hourly_coins() -> None:
    history = load_bars({name: ROOT / "crypto_1h" / f"{name.lower()}_1h.parquet" for name in ("BTCUSDT", "ETHUSDT")})
    assert history.symbols == ("BTCUSDT", "ETHUSDT")
    assert len(history) == 2 * 7478
    assert history.specifications[0].time_frame == "1h"
    assert sorted(history.extras) == ["trades", "volume_quote"]
    assert history.records["volume_units"][0] == 219_459_858_900
    assert history.extras["trades"][0] == 37272.0


@pytest.mark.parametrize("column", ["date", "unix"])
def test_export_as_published_is_refused_with_its_faults(column: str) -> None:
    path = ROOT / "crypto_1h" / "Binance_BTCUSDT_1h_as_published.csv.zst"
    with pytest.raises(DataError) as caught:
        load_bars(path, columns={"time": column})
    message = str(caught.value)
    assert message.startswith(f"{path.name}: row 2 (line 3), column {column!r}: ")
    assert "2021-06-09 23:00:00 comes after 2021-06-10 00:00:00: sort the rows oldest first" in message
    # Its older part is written in seconds, and with another form of date.
    assert "28584 rows have a time written otherwise than row 1" in message
