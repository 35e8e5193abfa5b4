"""Generated markets have the stylised facts of real ones, and the same bars for the same seed."""

import numpy as np
import numpy.typing as npt
import pytest

from atlas.data import GeneratorSettings, generate_bars
from atlas.data.generator import autoregression
from atlas.records.errors import DataError

BARS = 390 * 200
Floats = npt.NDArray[np.float64]


def closes_of(symbols: list[str], settings: GeneratorSettings, count: int = BARS) -> dict[str, Floats]:
    history = generate_bars(symbols, count, seed=11, settings=settings)
    return {symbol: history.to_frame(symbol)["close"].to_numpy() for symbol in symbols}


def within_sessions(closes: Floats) -> Floats:
    """Log returns without the nights."""
    days = np.log(closes).reshape(-1, 390)
    return np.diff(days, axis=1).reshape(-1)


def autocorrelation(values: Floats, lag: int) -> float:
    centred = values - values.mean()
    return float(np.mean(centred[lag:] * centred[:-lag]) / np.mean(centred**2))


@pytest.fixture(scope="module")
def closes() -> Floats:
    # A high price keeps the rounding to cents out of the statistics.
    return closes_of(["A"], GeneratorSettings(initial_price=5_000.0))["A"]


def test_tails_are_fat(closes: Floats) -> None:
    returns = within_sessions(closes)
    excess = float(np.mean((returns - returns.mean()) ** 4) / np.var(returns) ** 2 - 3.0)
    assert 3.0 < excess < 100.0


def test_returns_are_not_autocorrelated(closes: Floats) -> None:
    returns = within_sessions(closes)
    for lag in (1, 2, 5, 20):
        assert abs(autocorrelation(returns, lag)) < 0.05


def test_volatility_clusters(closes: Floats) -> None:
    absolute = np.abs(within_sessions(closes))
    assert 0.10 < autocorrelation(absolute, 1) < 0.60
    # Two days later it is weaker and still there.
    assert 0.03 < autocorrelation(absolute, 778) < autocorrelation(absolute, 1)


def test_clustering_can_be_switched_off() -> None:
    settings = GeneratorSettings(initial_price=5_000.0, volatility_of_volatility=0.0, session="24h")
    returns = np.diff(np.log(closes_of(["A"], settings)["A"]))
    assert autocorrelation(np.abs(returns), 1) < 0.10


def test_volume_and_volatility_are_high_at_both_ends_of_a_session() -> None:
    history = generate_bars("A", BARS, seed=3, settings=GeneratorSettings(initial_price=5_000.0))
    frame = history.to_frame()
    volume = frame["volume"].to_numpy().reshape(-1, 390).mean(axis=0)
    spread = (frame["high"] / frame["low"] - 1.0).to_numpy().reshape(-1, 390).mean(axis=0)
    for curve in (volume, spread):
        middle = curve[150:240].mean()
        assert 1.5 < curve[:15].mean() / middle < 5.0
        assert 1.2 < curve[-15:].mean() / middle < 5.0
    assert volume.mean() == pytest.approx(10_000.0, rel=0.1)


def test_volume_grows_with_the_move() -> None:
    frame = generate_bars("A", BARS, seed=3).to_frame()
    moves = np.abs(np.log(frame["close"] / frame["open"]))
    assert 0.1 < float(np.corrcoef(moves, np.log1p(frame["volume"]))[0, 1]) < 0.7


def test_correlation_matrix_is_as_given() -> None:
    wanted = np.array([[1.0, 0.8, -0.3], [0.8, 1.0, 0.1], [-0.3, 0.1, 1.0]])
    settings = GeneratorSettings(initial_price=5_000.0, correlation=wanted)
    returns = [within_sessions(values) for values in closes_of(["A", "B", "C"], settings).values()]
    assert np.abs(np.corrcoef(returns) - wanted).max() < 0.05
    shared = closes_of(["A", "B", "C"], GeneratorSettings(initial_price=5_000.0, correlation=0.6))
    off_diagonal = np.corrcoef([within_sessions(values) for values in shared.values()])[np.triu_indices(3, 1)]
    assert np.abs(off_diagonal - 0.6).max() < 0.05


def test_annual_volatility_is_as_given() -> None:
    settings = GeneratorSettings(initial_price=5_000.0, annual_volatility=0.4, volatility_half_life_days=0.2)
    daily = closes_of(["A"], settings, 390 * 500)["A"].reshape(-1, 390)[:, -1]
    assert np.std(np.diff(np.log(daily))) * np.sqrt(252) == pytest.approx(0.4, rel=0.1)


def test_bars_are_consistent_and_have_two_decimals() -> None:
    records = generate_bars("A", 50_000, seed=5, settings=GeneratorSettings(initial_price=3.0)).records
    opens, highs, lows, closes = (records[f"{name}_units"] for name in ("open", "high", "low", "close"))
    assert np.all(highs >= np.maximum(opens, closes))
    assert np.all(lows <= np.minimum(opens, closes))
    assert np.all(lows > 0)
    for prices in (opens, highs, lows, closes):
        assert not (prices % 10_000_000).any()
    assert not (records["volume_units"] % 100_000_000).any()
    # Within a session a bar opens where the last one closed.
    assert np.array_equal(opens[1:390], closes[:389])


def test_sessions() -> None:
    regular = generate_bars("A", 390 * 60, seed=1).to_frame().index.tz_convert("America/New_York")
    assert {str(time) for time in regular[::390].time} == {"09:30:00"}
    assert {str(time) for time in regular[389::390].time} == {"15:59:00"}
    assert max(regular.day_of_week) == 4
    around = generate_bars("A", 24 * 30, settings=GeneratorSettings(timeframe="1h", session="24h"))
    assert set(np.diff(around.records["venue_time_ns"]).tolist()) == {3_600_000_000_000}
    daily = generate_bars("A", 10, settings=GeneratorSettings(timeframe="1d"))
    assert not (daily.records["venue_time_ns"] % 86_400_000_000_000).any()


def test_a_seed_gives_the_same_bars() -> None:
    one, again, other = (generate_bars(["A", "B"], 5_000, seed=seed).fingerprint() for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_another_symbol_changes_no_other() -> None:
    alone = generate_bars("B", 5_000, seed=1)
    together = generate_bars(["A", "B", "C"], 5_000, seed=1)
    assert together.select(["B"]).fingerprint() == alone.fingerprint()


def test_longer_runs_begin_alike() -> None:
    short, long = (generate_bars("A", count, seed=4) for count in (1_000, 3_000))
    assert short.records.tobytes() == long.records[:1_000].tobytes()


def test_autoregression_is_the_recursion() -> None:
    noise = np.random.default_rng(0).standard_normal(3_000)
    for persistence in (0.0, 0.01, 0.9, 0.9999):
        expected = np.empty_like(noise)
        expected[0] = noise[0]
        for at in range(1, noise.size):
            expected[at] = persistence * expected[at - 1] + np.sqrt(1 - persistence**2) * noise[at]
        np.testing.assert_allclose(autoregression(noise, persistence), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"session": "lunch"}, "say 'regular' or '24h'"),
        ({"tail_degrees": 4.0}, "above 4"),
        ({"average_volume": 0.0}, "above 0"),
        ({"timeframe": "7m"}, "does not divide"),
        ({"correlation": 1.0}, "in \\[0, 1\\)"),
        ({"correlation": [[1.0, 2.0], [2.0, 1.0]]}, "positive definite"),
        ({"correlation": [[1.0]]}, "2 by 2"),
        ({"initial_price": 0.0}, "above 0"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        generate_bars(["A", "B"], 100, settings=GeneratorSettings(**settings))  # type: ignore[arg-type]


def test_arguments_out_of_range_are_refused() -> None:
    for arguments in (([], 10, 0), (["A", "A"], 10, 0), (["A"], 0, 0), (["A"], 10, -1)):
        symbols, count, seed = arguments
        with pytest.raises(DataError, match="count must be"):
            generate_bars(symbols, count, seed=seed)
