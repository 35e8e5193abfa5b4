"""How a run went is told: its end, its orders, its log."""

from __future__ import annotations

import html

import pytest

from atlas.analytics import report_html
from atlas.analytics.report import conduct
from atlas.analytics.report.content import Conduct, Ended
from tests.unit.analytics.report.pages import text_of
from tests.unit.analytics.report.test_page import CONTENT, RUN, content_of


def test_a_run_that_reached_its_end_says_nothing_of_it() -> None:
    assert conduct.banners(CONTENT.conduct) == ""
    text = text_of(conduct.orders_section(CONTENT.conduct))
    assert "No order was asked for." in text
    assert "The strategies logged nothing." in text
    assert 'class="ended"' not in report_html(CONTENT)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("failed", "This run failed before its data ended: no <wonder>."),
        ("stopped", "This run stopped before its data ended: no <wonder>."),
        ("interrupted", "This run was interrupted before its data ended: no <wonder>."),
    ],
)
def test_an_early_end_stands_before_every_figure(status: Ended, words: str) -> None:
    page = report_html(content_of(RUN, conduct=Conduct(status=status, reason="no <wonder>")))
    assert html.escape(words) in page
    assert page.index(html.escape(words)) < page.index('<div class="cards">')
    assert f'<span class="ended">{status}</span>' in page


def test_orders_and_refusals_are_counted_by_reason() -> None:
    shown = conduct.orders_section(
        Conduct(
            orders={"filled": 1_200, "refused": 300},
            refusals={"risk_buying_power": 250, "exchange_closed": 50},
        )
    )
    text = " ".join(text_of(shown).split())
    assert "filled 1,200 80.00%" in text
    assert "the risk check of buying power 250 83.33%" in text
    assert "the venue: exchange closed 50 16.67%" in text
    assert "all 1,500" in text
    assert "The strategies logged nothing." in text


def test_many_refusals_are_told_at_the_top_and_few_are_not() -> None:
    many = Conduct(orders={"filled": 90, "refused": 10}, refusals={"risk_buying_power": 10})
    assert "10 of 100 orders were refused, most of them by the risk check of buying power." in conduct.banners(many)
    few = Conduct(orders={"filled": 9_990, "refused": 10}, refusals={"risk_buying_power": 10})
    assert conduct.banners(few) == ""


def test_the_log_is_on_the_page_as_text() -> None:
    shown = conduct.orders_section(Conduct(log=("2020 A: <script>", "2021 B: two"), log_count=5_000))
    assert "2020 A: &lt;script&gt;\n2021 B: two" in shown
    assert "The last 2 of 5,000 lines." in shown
