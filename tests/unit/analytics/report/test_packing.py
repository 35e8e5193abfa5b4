"""Packed numbers come back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from atlas.analytics.report.packing import Pack
from tests.unit.analytics.report.pages import unpacked


@pytest.mark.parametrize(
    ("values", "decimals", "kind"),
    [
        ([1.25, 1.5, -0.75], 2, "i2"),
        ([1, 2, 3], None, "i1"),
        ([0, 100_000, 5], None, "i4"),
        ([1_600_000_000, 1_600_000_060], 0, "i1"),
        ([0.1, 0.2, 1 / 3], None, "f8"),
        ([1.0, np.nan, 2.0], 2, "f8"),
        ([0.0, 1e12], 2, "f8"),
        ([], 2, "i1"),
        ([7.5], 1, "i1"),
        ([np.nan, np.inf], 2, "f8"),
    ],
)
def test_columns_come_back(values: list[Any], decimals: int | None, kind: str) -> None:
    pack = Pack()
    pack.add([9, 8, 7])
    place = pack.add(np.array(values, dtype=np.float64 if decimals is not None or kind == "f8" else None), decimals)
    last = pack.add([3.25], 2)
    text = pack.encoded()
    assert place["as"] == kind
    given = np.array(values, dtype=np.float64)
    expected = np.where(np.isinf(given), np.nan, given)
    np.testing.assert_allclose(unpacked(text, place), expected, rtol=0, atol=1e-9)
    assert unpacked(text, last).tolist() == [3.25]


def test_steps_are_exact_over_a_million_values() -> None:
    values = np.cumsum(np.random.default_rng(1).integers(-90, 90, 1_000_000)) / 100.0
    pack = Pack()
    place = pack.add(values, 2)
    text = pack.encoded()
    np.testing.assert_array_equal(unpacked(text, place), np.rint(values * 100.0) / 100.0)
    assert len(text) < 2_500_000
