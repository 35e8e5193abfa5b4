"""Numbers and times that the compiled reader reads are those that Python reads."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.data import cells
from atlas.data.delimited import CellReader, number_of, read_times
from atlas.data.opening import padded
from atlas.data.options import ReadOptions
from atlas.records.enums import NULL

DIGITS = st.text("0123456789", min_size=0, max_size=24)
NUMBERS = st.builds(
    lambda sign, whole, point, fraction: f"{sign}{whole}{point}{fraction}",
    st.sampled_from(["", "-", "+"]),
    DIGITS,
    st.sampled_from(["", "."]),
    DIGITS,
).filter(lambda text: any(character.isdigit() for character in text))


def numbers_of(texts: list[str], separator: str = ",", decimal: str = ".") -> list[float]:
    content = "\n".join(f"{text}{separator}" for text in texts).encode()
    reader = CellReader("text", padded(content), 0, len(content), separator, decimal)
    (numbers, _), _, _ = reader.read([cells.NUMBER, cells.SKIP])
    return [float(number) for number in numbers]


def same(one: float, other: float) -> bool:
    return np.float64(one).tobytes() == np.float64(other).tobytes() or (math.isnan(one) and math.isnan(other))


@settings(max_examples=200, deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=40))
def test_numbers_are_rounded_as_python_rounds_them(texts: list[str]) -> None:
    assert all(same(found, float(text)) for found, text in zip(numbers_of(texts), texts, strict=True))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=40))
def test_what_python_writes_is_read_to_the_bit(values: list[float]) -> None:
    assert all(same(found, value) for found, value in zip(numbers_of([repr(v) for v in values]), values, strict=True))


def test_numbers_of_seventeen_digits_are_read_to_the_bit() -> None:
    """As pandas writes prices; the seed makes the texts, a hundred thousand of each size."""
    draw = random.Random(7)
    for scale in (1e-6, 1.0, 1e4):
        values = [draw.random() * scale for _ in range(20_000)]
        texts = [f"{value:.17g}" if "e" not in f"{value:.17g}" else f"{value:.18f}" for value in values]
        assert numbers_of(texts) == [float(text) for text in texts]


def test_numbers_half_way_between_two_floats_go_to_the_even_one() -> None:
    texts = ["9007199254740993", "9007199254740995", "900719925474099.3", "4503599627370497.5", "18014398509481990"]
    assert numbers_of(texts) == [float(text) for text in texts]


def test_numbers_are_read_in_the_ways_people_write_them() -> None:
    odd = [
        "1e-5",
        "$1,234.50",
        "12.5K",
        "1.2M",
        "3B",
        "1'234.5",
        "",
        "nan",
        "NULL",
        "-",
        "abc",
        "1_000",
        "inf",
        '" 7 "',
    ]
    expected = [1e-5, 1234.5, 12500.0, 1.2e6, 3e9, 1234.5, *[math.nan] * 6, math.inf, 7.0]
    found = numbers_of(odd, separator=";")
    assert all(same(one, other) for one, other in zip(found, expected, strict=True)), found
    assert numbers_of(["1.234,5", "1,5", "-0,25", "1.234.567"], ";", ",") == [1234.5, 1.5, -0.25, 1234567.0]
    assert number_of("1.234.567", ".") == 1234567.0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-9_000_000_000, 9_100_000_000), min_size=1, max_size=20), st.sampled_from([0, 3, 6, 9]))
def test_iso_times_are_read_as_they_were_written(seconds: list[int], digits: int) -> None:
    moments = [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=each) for each in seconds]
    texts = [moment.strftime("%Y-%m-%dT%H:%M:%S") + ("." + "123456789"[:digits]) * (digits > 0) for moment in moments]
    fraction = int("123456789"[:digits].ljust(9, "0")) if digits else 0
    found = read_times(texts, "text", "time", ReadOptions()).times
    assert found.tolist() == [each * 10**9 + fraction for each in seconds]


def test_every_day_of_the_calendar_is_counted() -> None:
    first = datetime(1678, 1, 1, tzinfo=UTC)
    days = [(first + timedelta(days=day)).strftime("%Y-%m-%d") for day in range(0, 213_000, 7)]
    found = read_times(days, "text", "date", ReadOptions()).times
    assert found.tolist() == np.array(days, "datetime64[ns]").astype(np.int64).tolist()
    assert (
        read_times(["2020-01-01", "2019-02-29", "2020-13-01", "2020-04-31"], "text", "date", ReadOptions())
        .times[1:]
        .tolist()
        == [NULL] * 3
    )
