"""Keyed draws: known answers, the distributions they claim, and no dependence between keys or neighbours."""

from __future__ import annotations

import math
from decimal import Decimal
from statistics import NormalDist

import numpy as np
import pytest

from atlas.kernel.memory.compilation import PLAIN, entry_point
from atlas.kernel.memory.intrinsics import store, store_float
from atlas.kernel.memory.mathematics import erf
from atlas.kernel.memory.random import (
    GOLDEN,
    mix,
    name_hash,
    normal_quantile,
    random_below,
    random_key,
    random_normal,
    random_uniform,
    random_word,
)
from tests.reference.mathematics import normal_quantile as exact_quantile

DRAWS = 20_000 if PLAIN else 200_000


@entry_point("i8(i8, i8, i8, i8, i8)")
def fill(key: int, count: int, uniforms: int, normals: int, words: int) -> int:
    """Write `count` draws of each kind to these addresses."""
    for i in range(count):
        store_float(uniforms + i * 8, random_uniform(key, i))
        store_float(normals + i * 8, random_normal(key, i))
        store(words + i * 8, random_word(key, i))
    return count


def draw(key: int, count: int = DRAWS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    uniforms, normals, words = np.zeros(count), np.zeros(count), np.zeros(count, np.int64)
    assert fill(key, count, uniforms.ctypes.data, normals.ctypes.data, words.ctypes.data) == count
    return uniforms, normals, words


def chi_square(counts: np.ndarray) -> float:
    """How many standard deviations Pearson's statistic lies off its mean, for equal expectations."""
    expected = counts.sum() / counts.size
    statistic = float(((counts - expected) ** 2 / expected).sum())
    freedom = counts.size - 1
    return (statistic - freedom) / math.sqrt(2 * freedom)


def kolmogorov(values: np.ndarray) -> float:
    """Kolmogorov's distance from the uniform distribution, times √n; above 1.95 once in a thousand."""
    ordered, n = np.sort(values), values.size
    above = float((np.arange(1, n + 1) / n - ordered).max())
    below = float((ordered - np.arange(n) / n).max())
    return max(above, below) * math.sqrt(n)


KEYS = [random_key(1, 1, 0, 0), random_key(2, 1, 0, 0), 0, random_key(7, 3, name_hash("AAPL"), 2)]


def test_known_answers() -> None:
    key = random_key(42, 1, name_hash("AAPL"), 3)
    assert mix(GOLDEN) & (2**64 - 1) == 0xE220A8397B1DCDAF  # SplitMix64's first word for seed 0
    assert (name_hash("AAPL"), key) == (-798333443715937685, 3854080736115981493)
    assert [random_word(key, i) for i in range(3)] == [
        -1515414488474254004,
        -5857367912007690822,
        -7120789168504374461,
    ]
    assert [random_uniform(key, i).hex() for i in range(2)] == ["0x1.d5f0551a7e060p-1", "0x1.5d6ce5d5dc052p-1"]
    assert [random_normal(key, i).hex() for i in range(4)] == [
        "0x1.64081f8d6acd7p+0",
        "0x1.e6030f552c425p-2",
        "0x1.28a9f15510303p-2",
        "-0x1.ce5b65bb71e05p-2",
    ]
    assert [random_below(key, i, 100) for i in range(6)] == [91, 68, 61, 32, 30, 0]


@pytest.mark.parametrize("key", KEYS)
def test_uniform_draws_are_uniform(key: int) -> None:
    uniforms, _, _ = draw(key)
    assert uniforms.min() >= 0.0
    assert uniforms.max() < 1.0
    assert abs(chi_square(np.histogram(uniforms, 256, (0, 1))[0])) < 4
    assert kolmogorov(uniforms) < 1.95
    scaled = uniforms * 2.0**53
    assert (scaled == np.floor(scaled)).all()


@pytest.mark.parametrize("key", KEYS)
def test_normal_draws_are_normal(key: int) -> None:
    _, normals, _ = draw(key)
    probabilities = np.array([0.5 * (1.0 + erf(x / math.sqrt(2.0))) for x in normals[:20_000].tolist()])
    assert kolmogorov(probabilities) < 1.95
    spread = 4 / math.sqrt(DRAWS)
    assert abs(normals.mean()) < spread
    assert abs((normals**2).mean() - 1) < spread * math.sqrt(2)
    assert abs((normals**3).mean()) < spread * math.sqrt(15)
    assert abs((normals**4).mean() - 3) < spread * math.sqrt(96)


@pytest.mark.parametrize("key", KEYS)
def test_neighbouring_draws_are_independent(key: int) -> None:
    uniforms, _, words = draw(key)
    pairs = np.histogram2d(uniforms[:-1], uniforms[1:], 16, ((0, 1), (0, 1)))[0].ravel()
    assert abs(chi_square(pairs)) < 4
    assert np.unique(words).size == words.size
    bits = np.unpackbits(words.view(np.uint8)).reshape(-1, 64).mean(axis=0)
    assert abs(bits - 0.5).max() < 4.5 * 0.5 / math.sqrt(DRAWS)


def test_each_part_of_a_key_matters_and_keys_do_not_correlate() -> None:
    parts = [(1, 1, 1, 1), (2, 1, 1, 1), (1, 2, 1, 1), (1, 1, 2, 1), (1, 1, 1, 2), (-1, 1, 1, 1), (1, 1, 1, -(2**63))]
    series = np.array([draw(random_key(*part), 10_000)[0] for part in parts])
    correlation = np.corrcoef(series) - np.eye(len(parts))
    assert abs(correlation).max() < 4.5 / math.sqrt(10_000)


def test_first_draws_of_neighbouring_keys_are_uniform() -> None:
    firsts = np.array([random_uniform(random_key(seed, 1, 0, 0), 0) for seed in range(4000)])
    assert kolmogorov(firsts) < 1.95


def test_whole_numbers_below_a_bound() -> None:
    counts = np.bincount([random_below(9, i, 6) for i in range(6000)], minlength=6)
    assert counts.size == 6
    assert abs(chi_square(counts)) < 4
    assert random_below(9, 0, 1) == 0
    assert 0 <= random_below(9, 1, 2**63 - 1) < 2**63 - 1


def test_names_have_numbers_that_differ() -> None:
    assert len({name_hash(f"S{i}") for i in range(10_000)} | {0}) == 10_001


@pytest.mark.parametrize("p", ["0.5", "0.50001", "0.075", "0.92", "0.0749", "0.3", "1e-5", "1e-11", "1.5e-11", "1e-16"])
def test_quantiles_of_the_normal_distribution(p: str) -> None:
    value = normal_quantile(float(p))
    exact = exact_quantile(Decimal(float(p)))
    assert abs(Decimal(value) - exact) <= abs(exact) * Decimal("1e-15") + Decimal("1e-40")


def test_quantiles_equal_the_standard_library() -> None:
    inverse = NormalDist().inv_cdf
    for k in range(1, 2000):
        p = k / 2000
        assert math.isclose(normal_quantile(p), inverse(p), rel_tol=1e-14, abs_tol=1e-15)
        assert normal_quantile(p) == -normal_quantile(1 - p) or p * 2000 % 1000 != 0


@pytest.mark.parametrize(("p", "quantile"), [(0.0, -math.inf), (1.0, math.inf), (0.5, 0.0)])
def test_ends_of_the_quantile(p: float, quantile: float) -> None:
    assert normal_quantile(p) == quantile


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan, math.inf])
def test_no_probability_has_no_quantile(p: float) -> None:
    assert math.isnan(normal_quantile(p))
