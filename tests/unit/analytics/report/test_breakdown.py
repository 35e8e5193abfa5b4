"""Who earned what: the rows of a table and what is left out of it add up to the run."""

from __future__ import annotations

import re

import pytest

from atlas.analytics.report import breakdown
from atlas.analytics.report.content import Share
from tests.unit.analytics.report.test_page import CONTENT, RUN, content_of

PROFIT = CONTENT.summary.final_equity - CONTENT.summary.initial_cash


def cells(row: str) -> list[str]:
    return [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[dh][^>]*>.*?</t[dh]>", row)]


def rows_in(section: str, part: str) -> list[list[str]]:
    inside = re.search(rf"<{part}>(.*?)</{part}>", section)
    assert inside is not None
    return [cells(row) for row in re.findall(r"<tr.*?</tr>", inside[1])]


def money(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def test_one_strategy_and_one_symbol_need_no_table() -> None:
    assert breakdown.strategies_section(CONTENT) == ""
    assert breakdown.symbols_section(content_of(RUN, symbols=[Share(1, "SPX", 1.0, 0.0, 0.0)])) == ""


def test_rows_stand_by_profit_with_the_trades_of_each_and_their_sum() -> None:
    small = Share(2, "Small", 30.0, -10.0, 5.0, 100.0)
    large = Share(1, "<b>Large", PROFIT - 15.0 + 50.0, 0.0, 50.0)
    section = breakdown.strategies_section(content_of(RUN, strategies=[small, large]))
    rows = rows_in(section, "tbody")
    assert [row[0] for row in rows] == (["&lt;b&gt;Large", "Small"] if PROFIT > 30 else ["Small", "&lt;b&gt;Large"])
    by_name = {row[0]: row for row in rows}
    assert by_name["Small"][1:] == ["15.00", "", "30.00", "−10.00", "5.00", "100.00", "0", "—", "—", "—"]
    assert by_name["&lt;b&gt;Large"][7] == f"{CONTENT.summary.total_trades:,}"
    (total,) = rows_in(section, "tfoot")
    assert total[0] == "Total"
    assert money(total[1]) == pytest.approx(PROFIT, abs=0.005)
    assert money(total[1]) == pytest.approx(sum(money(row[1]) for row in rows), abs=0.011)


def test_what_nobody_earned_has_a_row_of_its_own() -> None:
    shares = [Share(1, "A", PROFIT + 120.0, 0.0, 0.0), Share(2, "B", 5.0, 0.0, 0.0)]
    rest, total = rows_in(breakdown.strategies_section(content_of(RUN, strategies=shares)), "tfoot")
    assert rest[:2] == ["Of none: interest on cash", "−125.00"]
    assert money(total[1]) == pytest.approx(PROFIT, abs=0.005)


def test_thousands_of_symbols_show_the_ends_and_the_sum_of_the_rest() -> None:
    count = breakdown.MOST_ROWS + 500
    shares = [Share(number, f"S{number}", float(number), 0.0, 0.0) for number in range(1, count + 1)]
    section = breakdown.symbols_section(content_of(RUN, symbols=shares), drawn={count})
    rows = rows_in(section, "tbody")
    assert len(rows) == breakdown.MOST_ROWS
    assert (rows[0][0], rows[-1][0]) == (f"S{count}", "S1")
    left_out, *_, total = rows_in(section, "tfoot")
    assert left_out[0] == "500 more"
    # The middle 500 of 1 to 1,500.
    assert money(left_out[1]) == sum(range(501, 1001))
    assert money(total[1]) == pytest.approx(PROFIT, abs=0.005)
    assert section.count("<button") == 1
