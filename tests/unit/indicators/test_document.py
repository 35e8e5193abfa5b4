"""The page about indicators is what the classes say today, and they say all of it."""

from __future__ import annotations

import inspect
from pathlib import Path

import pandas as pd
import pytest

from atlas.indicators.document import classes, indicators_page, sections_of, warm_up_of, write_page
from atlas.indicators.functions import parameters_of
from atlas.kernel.indicators import HMA, MACD, RSI, Indicator, Keltner
from tests.unit.kernel.indicators.samples import indicator_classes, random_columns

DOCS = Path(__file__).parents[3] / "docs"


def test_the_committed_page_is_up_to_date() -> None:
    page = (DOCS / "indicators.md").read_text(encoding="utf-8")
    assert page == indicators_page(), "run: python -m atlas.indicators.document docs"


def test_the_page_is_written_where_asked(tmp_path: Path) -> None:
    assert write_page(tmp_path).read_text(encoding="utf-8").startswith("# Indicators\n")


def test_all_are_on_the_page() -> None:
    assert {each.__name__ for members in classes().values() for each in members} == set(indicator_classes())


@pytest.mark.parametrize("indicator", indicator_classes().values(), ids=lambda each: each.__name__)
def test_formula_source_parameters_and_outputs_are_stated(indicator: type[Indicator]) -> None:
    sections = sections_of(indicator)
    assert sections[""].endswith(".") and "\n\n" not in sections[""]
    assert sections["Notes"].endswith(".") and sections["References"].endswith(".")
    stated = {
        name.strip()
        for title in ("Parameters", "Attributes")
        for line in sections.get(title, "").splitlines()
        if line and not line.startswith(" ")
        for name in line.partition(" : ")[0].split(",")
    }
    wanted = {each.name for each in parameters_of(indicator)} | set(indicator.outputs) - {"value"}
    assert wanted <= stated
    assert inspect.signature(indicator).parameters.keys() <= stated


def test_warm_ups_are_told_by_formula_or_in_words() -> None:
    assert warm_up_of(RSI) == "15 = length + 1"
    assert warm_up_of(MACD) == "34 = slow_length + signal_length − 1"
    assert warm_up_of(Keltner) == "20 (of the average or the range, whichever takes longer)"
    assert warm_up_of(HMA) == "19 (of the longest average and the last one)"


def test_the_examples_run() -> None:
    rows = random_columns(rows=60)
    bars = {name: rows[name] for name in ("open", "high", "low", "close", "volume")}
    space = {"frame": pd.DataFrame(bars, pd.date_range("2024-01-01", periods=60, freq="h"))}
    blocks = (DOCS / "indicators.md").read_text(encoding="utf-8").split("```python\n")[1:]
    for block in blocks:
        exec(block.partition("```")[0], space)
    assert len(blocks) == 4
    assert vars(space["atr"])["arguments"] == {"length": 14}
