"""Laws of histories, on drawn bars."""

import tempfile
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.data import load_bars
from tests.reference.bar_merge import Row, merged_rows

MINUTE_NS = 60_000_000_000
FIRST_NS = 1_577_836_800_000_000_000


@st.composite
def series(draw: st.DrawFn) -> list[Row]:
    """Bars of one symbol: ascending minutes, prices of up to four decimals and any sign."""
    minutes = sorted(draw(st.sets(st.integers(0, 200), min_size=1, max_size=12)))
    rows: list[Row] = []
    for minute in minutes:
        prices = sorted(draw(st.lists(st.integers(-(10**9), 10**9), min_size=4, max_size=4)))
        low, one, other, high = (str(Decimal(price).scaleb(-4)) for price in prices)
        rows.append((FIRST_NS + minute * MINUTE_NS, one, high, low, other))
    return rows


universes = st.dictionaries(st.sampled_from("ABCDEF"), series(), min_size=1, max_size=4)


def write(folder: Path, bars: dict[str, list[Row]]) -> None:
    for symbol, rows in bars.items():
        lines = [",".join((str(start_ns // 1_000_000), *prices)) for start_ns, *prices in rows]
        (folder / f"{symbol}.csv").write_text("timestamp,open,high,low,close\n" + "\n".join(lines) + "\n")


@settings(max_examples=25, deadline=None)
@given(universes)
def test_folder_equals_the_slow_merge(bars: dict[str, list[Row]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), bars)
        history = load_bars(name, timeframe="1m", zeros="keep")
    columns = ["venue_time_ns", "instrument", "open_units", "high_units", "low_units", "close_units"]
    rows = list(zip(*(history.records[column].tolist() for column in columns), strict=True))
    expected = [(end, rank + 1, *prices) for end, rank, *prices in merged_rows(bars, MINUTE_NS)]
    assert rows == expected


@settings(max_examples=25, deadline=None)
@given(universes)
def test_order_of_symbols_changes_nothing(bars: dict[str, list[Row]]) -> None:
    def columns(rows: list[Row]) -> dict[str, list[float] | list[int]]:
        names = ("open", "high", "low", "close")
        prices = {name: [float(row[at + 1]) for row in rows] for at, name in enumerate(names)}
        return {"timestamp": [row[0] for row in rows], **prices}

    symbols = list(bars)
    shuffled = sorted(symbols, key=lambda symbol: (len(bars[symbol]), symbol))
    first = load_bars({symbol: columns(bars[symbol]) for symbol in symbols}, timeframe="1m", zeros="keep")
    second = load_bars({symbol: columns(bars[symbol]) for symbol in shuffled}, timeframe="1m", zeros="keep")
    assert first.fingerprint() == second.fingerprint()
    for symbol in symbols:
        alone = load_bars({symbol: columns(bars[symbol])}, timeframe="1m", zeros="keep")
        assert first.select([symbol]).fingerprint() == alone.fingerprint()
