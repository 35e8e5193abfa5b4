"""The page: every figure on it, nothing fetched, small, and safe whatever the texts."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import html
import html.parser
import json
import pathlib
import re
from typing import Any

import numpy as np
import pytest

from atlas.analytics import (
    Assumption,
    IndicatorLine,
    PriceLine,
    Remark,
    ReportContent,
    basket,
    report_html,
    summarize,
    write_report,
)
from atlas.analytics.report.content import Share
from atlas.analytics.report.page import json_in_page
from atlas.analytics.report.price_charts import MOST_SYMBOLS, lies_upon_prices, significant_decimals
from atlas.analytics.returns import DAY_NS
from atlas.analytics.summary import FIGURES, format_figure
from atlas.records import Kind, blank
from atlas.records.instruments import Instrument
from tests.unit.analytics.report.pages import data_of, text_of, unpacked
from tests.unit.analytics.runs import MONEY, MadeRun, join, make_bars, make_equity, make_fills, standard_and_poors_run

EVIL = """</script><script>alert(1)</script><img src=x onerror="alert(2)">'&amp;<!--"""


def content_of(run: MadeRun, **more: Any) -> ReportContent:
    line = PriceLine(run.equity["venue_time_ns"], np.linspace(100.0, 150.0, len(run.equity)))
    benchmark = basket("an index", [line], run.equity["venue_time_ns"], run.initial_cash_money / MONEY)
    summary = summarize(
        fills=run.fills,
        equity=run.equity,
        bars=run.bars,
        money_exponent=8,
        initial_cash_money=run.initial_cash_money,
        wall_seconds=0.25,
        fingerprint="0123abcd",
        benchmark=benchmark if len(run.equity) else None,
    )
    given = {
        "strategy": "SmaCross",
        "summary": summary,
        "equity": run.equity,
        "fills": run.fills,
        "bars": run.bars,
        "instruments": run.instruments,
        "money_exponent": 8,
        "currency": "USD",
        "benchmark": benchmark if len(run.equity) else None,
        "configuration": "mode: backtest\n",
        "assumptions": [Assumption("Gaps", "filled at the open", "As it was."), Assumption("Touch", "on", "", True)],
        "remarks": [Remark("volumes are missing"), Remark("two bars are missing", "warning")],
        "version": "9.9",
    }
    return ReportContent(**{**given, **more})


def empty_run() -> MadeRun:
    return MadeRun(
        (Instrument("AAA"),), blank(Kind.BAR, 0), blank(Kind.FILL, 0), blank(Kind.EQUITY_POINT, 0), 100 * MONEY
    )


RUN = standard_and_poors_run()
CONTENT = content_of(RUN)
PAGE = report_html(CONTENT)


def test_every_figure_of_the_summary_stands_on_the_page() -> None:
    rows = dict(re.findall(r'<tr data-figure="(\w+)"[^>]*><th scope="row">.*?</th><td[^>]*>(.*?)</td></tr>', PAGE))
    assert set(rows) == set(CONTENT.summary)
    for key, _, style in FIGURES:
        assert html.unescape(rows[key]) == format_figure(CONTENT.summary[key], style), key


def test_the_page_asks_the_network_for_nothing() -> None:
    markup = re.sub(r"<script(?: [^>]*)?>.*?</script>", "", PAGE, flags=re.DOTALL)
    assert re.findall(r"(?:https?:)?//[\w.]+", markup) == []
    assert not re.search(r"<link|<iframe|<object|@import|url\(|srcset", markup)
    assert "default-src 'none'" in PAGE
    script = PAGE.rpartition("<script>")[2]
    assert not re.search(r"fetch\(|XMLHttpRequest|WebSocket|EventSource|import\(", script)


def test_scripts_are_those_the_policy_names() -> None:
    scripts = re.findall(r"<script>(.*?)</script>", PAGE, re.DOTALL)
    assert len(scripts) == 2
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in PAGE


def test_the_curves_are_those_of_the_run() -> None:
    curves = data_of(PAGE)["curves"]
    equity = unpacked(curves["pack"], curves["equity"])
    np.testing.assert_allclose(equity, RUN.equity["equity_money"] / MONEY, atol=0.005)
    assert unpacked(curves["pack"], curves["benchmark"])[-1] == pytest.approx(150_000.0)
    assert unpacked(curves["pack"], curves["drawdown"]).min() == pytest.approx(CONTENT.summary.max_drawdown, abs=1e-6)
    assert curves["window"] == 126


def test_every_trade_is_on_the_page() -> None:
    trades, closed = data_of(PAGE)["trades"], CONTENT.trades.closed
    assert trades["count"] == len(closed) == CONTENT.summary.total_trades
    profits = unpacked(trades["pack"], trades["columns"]["profit"])
    np.testing.assert_allclose(profits, closed["profit_money"] / MONEY, atol=1e-4)
    adverse = unpacked(trades["pack"], trades["columns"]["mae"])
    np.testing.assert_allclose(adverse, CONTENT.trade_excursions.adverse_money / MONEY, atol=1e-4)
    rules = unpacked(trades["pack"], trades["legs"]["entry"]["rule"]).astype(int)
    assert {trades["rules"][str(rule)] for rule in rules} == {"at the open"}
    fees = unpacked(trades["pack"], trades["legs"]["exit"]["fee"])
    np.testing.assert_allclose(fees, RUN.fills["fee_money"][closed["exit_fill"]] / MONEY, atol=1e-4)


def test_the_price_chart_has_every_bar_and_every_trade() -> None:
    price = data_of(PAGE)["prices"][0]
    assert (price["symbol"], price["bars"], price["barsEach"]) == ("SPX", len(RUN.bars), 1)
    closes = unpacked(price["pack"], price["columns"]["close"]) / 10.0 ** price["decimals"]
    np.testing.assert_allclose(closes, RUN.bars["close_units"] / 1e9, atol=0.51 / 10.0 ** price["decimals"])
    entries = unpacked(price["marksPack"], price["marks"]["entryBar"]).astype(int)
    times = RUN.bars["venue_time_ns"][entries]
    # Each was entered at the open of the bar it is marked in.
    np.testing.assert_array_equal(times - DAY_NS, CONTENT.trades.closed["entry_time_ns"])


def test_the_verdict_the_assumptions_and_the_remarks_are_told() -> None:
    text = text_of(PAGE)
    for expected in (
        "not viable",
        CONTENT.summary.judgement.reason,
        "One execution assumption is relaxed",
        "filled at the open",
        "warning two bars are missing",
        "mode: backtest",
        "0123abcd",
        "Atlas 9.9",
    ):
        assert expected in " ".join(text.split()), expected
    assert text.index("two bars are missing") < text.index("volumes are missing")


class Reader(html.parser.HTMLParser):
    """Collects elements, their attributes and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_texts_from_outside_stay_text() -> None:
    given: dict[str, Any] = {
        "strategy": EVIL,
        "description": EVIL,
        "parameters": {EVIL: EVIL},
        "configuration": EVIL,
        "assumptions": [Assumption(EVIL, EVIL, EVIL), Assumption(EVIL, EVIL, EVIL, True)],
        "remarks": [Remark(EVIL), Remark(EVIL, "error")],
        "version": EVIL,
    }
    plain = {**given, "strategy": "plain", "description": "plain", "parameters": {"fast": 1}, "configuration": "plain"}
    expected = Reader(report_html(content_of(RUN, **plain)))
    page = report_html(content_of(RUN, instruments=(Instrument("S<script>&'\""),), currency=EVIL, **given))
    found = Reader(page)
    assert [tag for tag, _ in found.elements] == [tag for tag, _ in expected.elements]
    assert all(not name.startswith("on") for _, attributes in found.elements for name in attributes)
    assert found.text.count(EVIL) >= 10
    assert data_of(page)["prices"][0]["symbol"] == "S<script>&'\""


def test_dollars_in_text_are_not_placeholders() -> None:
    page = report_html(content_of(RUN, strategy="$data ${style}", configuration="cost: $5"))
    assert "$data ${style}" in text_of(page)
    assert "cost: $5" in text_of(page)


def test_json_in_a_page_reads_back() -> None:
    value = {"text": EVIL + "\u2028", "numbers": [1, 2.5, None]}
    text = json_in_page(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028") & set(text)


def test_the_same_run_writes_the_same_bytes(tmp_path: pathlib.Path) -> None:
    first = write_report(tmp_path / "first.html", content_of(RUN)).read_bytes()
    assert write_report(str(tmp_path / "second.html"), content_of(RUN)).read_bytes() == first


def test_several_strategies_and_accounts_are_told_apart() -> None:
    times = (np.arange(40) + 20_000) * DAY_NS
    bars = join(*(make_bars(times, np.linspace(10, 20, 40), instrument=number) for number in (1, 2)))
    fills = join(
        make_fills([(int(times[3]), 2, 11.0), (int(times[9]), -2, 12.0)], instrument=2, strategy=2, account=2),
        make_fills([(int(times[12]), -2, 13.0), (int(times[19]), 2, 15.0)], instrument=2),
    )
    run = MadeRun((Instrument("A"), Instrument("B")), bars, fills, make_equity(times, np.linspace(100, 99, 40)), 10**10)
    names = [Share(1, "Trend", 5.0, 0.0, 1.0), Share(2, "Dip", -2.0, 0.0, 1.0)]
    page = report_html(content_of(run, strategies=names))
    data = data_of(page)
    assert trades_named(data) == {"1": "Trend", "2": "Dip"}
    assert [price["symbol"] for price in data["prices"]] == ["B", "A"]
    trades = data["trades"]
    found = {name: unpacked(trades["pack"], place).tolist() for name, place in trades["columns"].items()}
    assert (found["strategy"], found["account"]) == ([2.0, 1.0], [2.0, 1.0])
    assert (found["direction"], found["bars"]) == ([1.0, -1.0], [6.0, 7.0])
    assert trades["symbols"] == ["B"]
    assert page.count("<tr data-number=") == 2


def trades_named(data: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = data["trades"]["strategies"]
    return found


def test_a_run_of_nothing_has_a_page() -> None:
    page = report_html(content_of(empty_run()))
    text = text_of(page)
    assert "No trade was closed." in text
    assert "not judged" in text
    assert data_of(page)["prices"] == []
    assert 'id="prices"' not in page


def test_an_account_in_ruin_has_a_page() -> None:
    times = (np.arange(8) + 1) * DAY_NS
    run = MadeRun(
        (Instrument("AAA"),),
        make_bars(times, np.full(8, 5.0)),
        make_fills([(int(times[1]), 1, 5.0)]),
        make_equity(times, [100.0, 50.0, 10.0, 0.0, -5.0, -5.0, -5.0, -5.0]),
        100 * MONEY,
    )
    page = report_html(content_of(run))
    assert "One position was still open at the end" in text_of(page)
    json.dumps(data_of(page), allow_nan=False)


def test_many_symbols_share_the_room() -> None:
    count, times = MOST_SYMBOLS + 5, (np.arange(300) + 1) * 60 * 10**9
    random = np.random.default_rng(4)
    bars = join(
        *(make_bars(times, np.round(100 + random.normal(0, 1, 300), 2), number) for number in range(1, count + 1))
    )
    fills = make_fills([(int(times[5]), 1, 100.0), (int(times[9]), -1, 101.0)], instrument=count)
    run = MadeRun(
        tuple(Instrument(f"S{number:02}") for number in range(1, count + 1)),
        bars,
        fills,
        make_equity(times, np.linspace(100.0, 101.0, 300)),
        100 * MONEY,
    )
    symbols = [Share(number, f"S{number:02}", float(number), 0.0, 0.0) for number in range(1, count + 1)]
    page = report_html(content_of(run, symbols=symbols))
    prices = data_of(page)["prices"]
    assert len(prices) == MOST_SYMBOLS
    assert prices[0]["symbol"] == f"S{count}"
    assert "5 more symbols, traded less, are not drawn" in text_of(page)
    assert page.count("<tr data-number=") == count
    # Only those with a chart are there to be clicked.
    assert page.count('<button class="link">S') == MOST_SYMBOLS


def test_a_million_bars_and_more_trades_than_are_listed_stay_below_eight_megabytes() -> None:
    random, count = np.random.default_rng(7), 1_000_000
    closes = np.round(100.0 * np.exp(np.cumsum(random.normal(0, 0.0005, count))), 4)
    times = (np.arange(count) + 1) * 60 * 10**9
    bars = make_bars(times, closes)
    spread = (random.exponential(0.02, count) * 1e9).astype(np.int64)
    bars["high_units"] += spread
    bars["low_units"] -= spread
    fills = made_trades(25_000, times, closes)
    days = times[1439::1440]
    run = MadeRun(
        (Instrument("AAA"),), bars, fills, make_equity(days, 1e5 + random.normal(0, 99, len(days))), 10**5 * MONEY
    )
    # Noise is what packs worst.
    noise = [IndicatorLine(1, f"n{place}", "noise", times, closes + random.normal(0, 1, count)) for place in range(3)]
    page = report_html(content_of(run, indicators=noise))
    assert len(page.encode()) < 8_000_000
    data = data_of(page)
    assert {line["width"] for line in data["prices"][0]["lines"]} == {8}
    assert data["trades"]["count"] == 20_000
    assert "The last 20,000 of 25,000 trades" in text_of(page)
    assert data["prices"][0]["bars"] == count
    assert data["prices"][0]["barsEach"] <= 2


def made_trades(count: int, times: Any, closes: Any) -> Any:
    """Trades of one unit, one after the other, in as many fills twice."""
    fills = blank(Kind.FILL, 2 * count)
    places = np.linspace(10, len(times) - 10, 2 * count).astype(np.int64)
    fills["venue_time_ns"] = fills["submit_time_ns"] = fills["arrival_time_ns"] = times[places]
    fills["instrument"] = fills["strategy"] = fills["account"] = 1
    fills["side"] = np.where(np.arange(2 * count) % 2, -1, 1)
    fills["quantity_units"], fills["fee_money"] = 10**8, 10**6
    fills["price_units"] = np.rint(closes[places] * 1e9).astype(np.int64)
    fills["reference_price_units"] = fills["price_units"]
    fills["notional_money"] = fills["price_units"] // 10
    fills["position_units"] = np.where(np.arange(2 * count) % 2, 0, 10**8)
    fills["price_rule"] = fills["order_type"] = fills["liquidity"] = 1
    return fills


def test_indicators_lie_upon_prices_or_below() -> None:
    times = RUN.bars["venue_time_ns"]
    closes = RUN.bars["close_units"] / 1e9
    average = np.convolve(closes, np.ones(20) / 20.0)[: len(closes)]
    average[:19] = np.nan
    lines = [
        IndicatorLine(1, "fast", "fast SMA(20)", times, average),
        IndicatorLine(1, "strength", "strength RSI(14)", times, 50.0 + 20.0 * np.sin(np.arange(len(times)))),
        IndicatorLine(2, "other", "of another instrument", times, average),
    ]
    found = data_of(report_html(content_of(RUN, indicators=lines)))["prices"][0]
    shown = [(line["label"], line["upon"], line["width"]) for line in found["lines"]]
    assert shown == [("fast SMA(20)", True, 1), ("strength RSI(14)", False, 1)]
    first, second = ([unpacked(found["linesPack"], line[name]) for name in ("x", "values")] for line in found["lines"])
    # From the first value that is known, each at its bar.
    np.testing.assert_array_equal(first[0], np.arange(19, len(times)))
    np.testing.assert_allclose(first[1], average[19:], atol=0.01)
    np.testing.assert_array_equal(second[0], np.arange(len(times)))


def test_indicators_that_take_too_much_room_keep_their_extremes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atlas.analytics.report.price_charts.MOST_LINE_BYTES", 6_000)
    times = RUN.bars["venue_time_ns"]
    values = 1_200.0 + np.random.default_rng(3).normal(0, 50, len(times))
    values[777] = 4_000.0
    line = IndicatorLine(1, "noise", "noise", times, values)
    found = data_of(report_html(content_of(RUN, indicators=[line])))["prices"][0]
    (shown,) = found["lines"]
    assert shown["width"] >= 4
    assert len(found["linesPack"]) <= 6_000
    kept = unpacked(found["linesPack"], shown["values"])
    bars = unpacked(found["linesPack"], shown["x"]).astype(int)
    np.testing.assert_allclose(kept, values[bars], atol=0.01)
    width = shown["width"]
    for begin in range(0, len(values) // width * width, width):
        inside = kept[(bars >= begin) & (bars < begin + width)]
        part = values[begin : begin + width]
        assert (inside.min(), inside.max()) == pytest.approx((part.min(), part.max()), abs=0.01)


@pytest.mark.parametrize(
    ("values", "upon"),
    [([99.0, 101.0], True), ([50.0, 60.0], False), ([np.nan, np.nan], False), ([105.0, 106.0], True)],
)
def test_what_is_measured_in_prices(values: list[float], upon: bool) -> None:
    lows, highs = np.array([90.0, 95.0]), np.array([100.0, 110.0])
    assert lies_upon_prices(np.array(values), lows, highs) is upon
    assert lies_upon_prices(np.array(values), lows[:0], highs[:0]) is False


@pytest.mark.parametrize(("values", "decimals"), [([0.5], 6), ([70.1], 4), ([1e7], 0), ([0.0], 0), ([np.nan], 0)])
def test_six_digits_are_kept(values: list[float], decimals: int) -> None:
    assert significant_decimals(values) == decimals


def test_the_deepest_drawdown_is_the_summarys() -> None:
    table = re.search(r'<table class="falls">.*?</table>', PAGE, re.DOTALL)
    assert table is not None
    first = text_of(table[0].partition("<tbody>")[2]).split()
    assert first[0] == format_figure(CONTENT.summary.max_drawdown, "percent")
    assert table[0].count("<tr>") == 6


def test_what_is_printed_as_nothing_is_neither_gain_nor_loss() -> None:
    summary = dataclasses.replace(CONTENT.summary, alpha=0.00001, sharpe=-0.001, sortino=-0.5)
    page = report_html(content_of(RUN, summary=summary))
    cell = {
        key: re.search(rf'data-figure="{key}"[^>]*><th scope="row">[^<]*</th><td([^>]*)>', page)
        for key in ("alpha", "sharpe", "sortino")
    }
    assert {key: found[1] for key, found in cell.items() if found} == {
        "alpha": "",
        "sharpe": "",
        "sortino": ' class="loss"',
    }


def test_a_run_without_a_benchmark_still_shows_its_risk() -> None:
    alone = content_of(RUN, benchmark=None)
    text = " ".join(text_of(report_html(alone)).split())
    assert "Return and risk run Final equity" in text
    assert "Beside the benchmark" not in text
