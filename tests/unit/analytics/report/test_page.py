"""The page as a whole: self-contained, safe, small, and the same for the same run."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import json
import pathlib
import re
import time
from typing import Any

import numpy as np
import pytest

from atlas.analytics import Assumption, ReportContent, report_html, summarize, write_report
from atlas.analytics.report.page import json_in_page
from atlas.records import Kind, blank
from atlas.records.instruments import Instrument
from tests.unit.analytics.runs import MadeRun, make_bars, make_equity, make_fills, standard_and_poors_run

EVIL = """</script><script>alert(1)</script><img src=x onerror="alert(2)">'&amp;<!--"""


def content_of(run: MadeRun, **changes: Any) -> ReportContent:
    summary = summarize(
        fills=run.fills,
        equity=run.equity,
        bars=run.bars,
        money_exponent=8,
        initial_cash_money=run.initial_cash_money,
        fingerprint="9f2c41d0",
    )
    stated: dict[str, Any] = {
        "strategy": "SmaCross",
        "summary": summary,
        "equity": run.equity,
        "fills": run.fills,
        "bars": run.bars,
        "instruments": run.instruments,
        "money_exponent": 8,
        "parameters": {"fast": 20, "slow": 50},
        "configuration": "mode: paper\n",
        "assumptions": (Assumption("Latency", "0 ns"), Assumption("Limit orders", "touch", "Kinder.", relaxed=True)),
        "notes": ("No volume.",),
    }
    return ReportContent(**(stated | changes))


class Reader(html.parser.HTMLParser):
    """Collects elements, addresses and texts of scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "script" and not self.scripts[-1]:
            self.scripts[-1] = data
        else:
            self.text += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="report-data">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found.group(1))
    return data


def decoded(text: str) -> list[float]:
    values: list[float] = np.frombuffer(base64.b64decode(text), dtype="<f8").tolist()
    return values


def test_the_page_shows_the_run() -> None:
    page = report_html(content_of(standard_and_poors_run()))
    reader = read(page)
    for text in ("SmaCross", "SPX", "1999-01-04 to 2018-12-31", "22.21%", "Relaxed", "No volume.", "mode: paper"):
        assert text in reader.text
    assert "9f2c41d0" in reader.text
    assert "One execution assumption is relaxed" in reader.text
    data = data_of(page)
    assert data["daily"] is True
    assert data["trades"]["count"] == 58
    equity = decoded(data["equity"]["equity"])
    assert len(equity) == 5031
    assert equity[-1] == pytest.approx(122_205.94, abs=0.01)
    assert decoded(data["equity"]["times"])[0] == 915_408_000  # 1999-01-04
    price = data["prices"][0]
    assert (price["symbol"], price["decimals"], len(decoded(price["fills"]["times"]))) == ("SPX", 2, 116)


def test_nothing_is_fetched() -> None:
    page = report_html(content_of(standard_and_poors_run()))
    for tag, attributes in read(page).elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
    assert "default-src 'none'" in page
    assert "url(" not in page
    assert "@import" not in page


def test_only_the_pages_own_scripts_may_run() -> None:
    reader = read(report_html(content_of(standard_and_poors_run())))
    policy = next(a["content"] or "" for tag, a in reader.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert len(reader.scripts) == 3
    for script in reader.scripts[1:]:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_hostile_text_stays_text() -> None:
    run = standard_and_poors_run()
    plain = read(report_html(content_of(run)))
    hostile = content_of(
        MadeRun((Instrument("S<script>&'\""),), run.bars, run.fills, run.equity, run.initial_cash_money),
        strategy=EVIL,
        description=EVIL,
        currency=EVIL,
        version=EVIL,
        parameters={EVIL: EVIL, "fast": 20},
        configuration=EVIL,
        assumptions=(Assumption(EVIL, EVIL, EVIL), Assumption(EVIL, EVIL, EVIL, relaxed=True)),
        notes=(EVIL,),
    )
    page = report_html(hostile)
    reader = read(page)
    assert [tag for tag, _ in reader.elements] == [tag for tag, _ in plain.elements]
    assert all(not name.startswith("on") for _, attributes in reader.elements for name in attributes)
    assert reader.text.count(EVIL) >= 10
    assert data_of(page)["prices"][0]["symbol"] == "S<script>&'\""


def test_dollars_in_text_are_not_placeholders() -> None:
    page = report_html(content_of(standard_and_poors_run(), strategy="$data ${style}", configuration="cost: $5"))
    assert "$data ${style}" in read(page).text
    assert "cost: $5" in page


def test_json_in_a_page_reads_back() -> None:
    value = {"text": EVIL + "\u2028", "numbers": [1, 2.5, None]}
    text = json_in_page(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028") & set(text)


def test_the_same_run_writes_the_same_bytes(tmp_path: pathlib.Path) -> None:
    content = content_of(standard_and_poors_run())
    first = write_report(tmp_path / "first.html", content).read_bytes()
    assert write_report(str(tmp_path / "second.html"), content).read_bytes() == first


def test_a_run_without_anything_has_a_report() -> None:
    empty = MadeRun((Instrument("AAPL"),), blank(Kind.BAR, 0), blank(Kind.FILL, 0), blank(Kind.EQUITY_POINT, 0), 10**10)
    page = report_html(content_of(empty, parameters={}, assumptions=(), notes=(), configuration=""))
    text = read(page).text
    for phrase in ("no data", "No trade was closed.", "No daily return", "No configuration", "No assumptions"):
        assert phrase in text
    assert data_of(page)["prices"] == []


def test_open_positions_are_named() -> None:
    run = standard_and_poors_run()
    page = report_html(
        content_of(MadeRun(run.instruments, run.bars, run.fills[:-1], run.equity, run.initial_cash_money))
    )
    assert "One position was still open at the end" in read(page).text


def test_several_symbols_strategies_and_accounts() -> None:
    times = (np.arange(40) + 20_000) * 86_400 * 10**9
    bars = np.concatenate([make_bars(times, np.linspace(10, 20, 40), instrument=number) for number in (1, 2)])
    fills = np.concatenate(
        [
            make_fills([(int(times[3]), 2, 11.0), (int(times[9]), -2, 12.0)], instrument=2, strategy=2, account=2),
            make_fills([(int(times[12]), -2, 13.0), (int(times[19]), 2, 15.0)], instrument=2),
        ]
    )
    run = MadeRun((Instrument("A"), Instrument("B")), bars, fills, make_equity(times, np.linspace(100, 99, 40)), 10**10)
    data = data_of(report_html(content_of(run, assumptions=(Assumption("Latency", "0 ns"),))))
    assert [price["symbol"] for price in data["prices"]] == ["B", "A"]
    columns = {column["label"]: column for column in data["trades"]["columns"]}
    assert list(columns)[:4] == ["Account", "Strategy", "Symbol", "Side"]
    assert decoded(columns["Strategy"]["values"]) == [2.0, 1.0]
    assert columns["Side"]["values"] == [0, 1]
    assert decoded(columns["Bars held"]["values"]) == [6.0, 7.0]


@pytest.mark.slow
def test_a_million_bars_make_a_small_page_quickly(tmp_path: pathlib.Path) -> None:
    count = 1_000_000
    times = (1_400_000_000 + 60 * np.arange(count, dtype=np.int64)) * 10**9
    prices = 100.0 + np.cumsum(np.random.default_rng(7).normal(0, 0.01, count))
    fills = blank(Kind.FILL, 100_000)
    fills["venue_time_ns"] = times[::10]
    fills["instrument"] = fills["strategy"] = fills["account"] = 1
    fills["side"] = np.where(np.arange(len(fills)) % 2, -1, 1)
    fills["quantity_units"], fills["price_units"] = 10**8, 100 * 10**9
    fills["notional_money"], fills["fee_money"] = 10**10, 10**6
    fills["position_units"] = np.where(np.arange(len(fills)) % 2, 0, 10**8)
    points = blank(Kind.EQUITY_POINT, count)
    points["venue_time_ns"], points["instrument"] = times, 1
    points["equity_money"] = (prices * 1000).astype(np.int64) * 10**8
    content = content_of(MadeRun((Instrument("X"),), make_bars(times, prices), fills, points, 10**13))
    begin = time.perf_counter()
    path = write_report(tmp_path / "report.html", content)
    assert time.perf_counter() - begin < 3.0
    assert path.stat().st_size < 8_000_000
    page = path.read_text(encoding="utf-8")
    assert "The last 5,000 of 50,000 trades" in page
    data = data_of(page)
    assert max(decoded(data["prices"][0]["prices"])) == pytest.approx(prices.max(), abs=1e-6)
    assert min(decoded(data["equity"]["equity"])) == points["equity_money"].min() / 10**8
