"""The PDF: the same figures and pictures, on sheets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atlas.analytics import Assumption, Remark
from atlas.analytics.report import drawings
from atlas.analytics.report.content import Conduct, Share
from atlas.analytics.report.document import MISSING, document_bytes, sheets, write_document
from atlas.analytics.returns import DAY_NS
from atlas.analytics.summary import FIGURES, format_figure
from atlas.records.errors import ConfigurationError
from atlas.records.instruments import Instrument
from tests.unit.analytics.report.test_page import CONTENT, RUN, content_of, empty_run
from tests.unit.analytics.runs import MONEY, MadeRun, make_bars, make_equity, make_fills

pytest.importorskip("matplotlib", reason="PDF reports need the extra 'report'")


def texts_of(content: Any) -> list[str]:
    with drawings.style():
        from matplotlib.text import Text

        return [found.get_text() for sheet in sheets(content) for found in sheet.findobj(Text)]


def test_every_figure_of_the_summary_is_on_a_sheet() -> None:
    texts = texts_of(CONTENT)
    for key, label, style in FIGURES:
        shown = format_figure(CONTENT.summary[key], style)
        assert label in texts
        assert shown in texts, key


def test_the_sheets_tell_what_the_page_tells() -> None:
    text = "\n".join(texts_of(CONTENT))
    for expected in (
        "Not viable",
        "Equity USD",
        "Drawdown from the highest equity so far",
        "Rolling Sharpe ratio over 126 days",
        "Daily returns that are not zero",
        "Profit against holding time",
        "SPX: 5,031 bars",
        "RELAXED  Touch: on",
        "warning: two bars are missing",
        "mode: backtest",
        "fingerprint 0123abcd",
    ):
        assert expected in text, expected
    assert len(drawings.trade_rows(CONTENT, 120)) == CONTENT.summary.total_trades


def test_early_ends_orders_and_who_earned_what_are_on_sheets() -> None:
    profit = CONTENT.summary.final_equity - CONTENT.summary.initial_cash
    shares = [Share(number, f"S{number}", float(number), 0.0, 0.0) for number in range(1, 60)]
    shares.append(Share(60, "Rest", profit - sum(range(1, 60)), 0.0, 0.0))
    content = content_of(
        RUN,
        strategies=shares,
        symbols=shares,
        conduct=Conduct(
            status="failed", reason="no more", orders={"filled": 9, "refused": 2}, refusals={"risk_buying_power": 2}
        ),
    )
    with drawings.style():
        made = sheets(content)
    titles = [sheet.texts[0].get_text() for sheet in made]
    assert titles.count("Who earned what") == titles.count("Who earned what, continued") == 1
    text = "\n".join(texts_of(content))
    assert "This run failed before its data ended: no more." in text
    assert "2 refused by the risk check of buying power" in text
    assert "Symbols: the first and the last 20 of 60" in text
    assert "S59\n" in text and "S30\n" not in text
    assert f"{profit:,.2f}".replace("-", "−") in text


@pytest.mark.parametrize(
    ("value", "text"), [(-12.5, "−12.50"), (1234567.0, "1,234,567"), (-9.87e8, "−987M"), (999_999.0, "999,999.00")]
)
def test_large_amounts_take_less_room(value: float, text: str) -> None:
    assert drawings.short_money(value) == text


def test_it_is_a_pdf_and_the_same_for_the_same_run(tmp_path: Path) -> None:
    few = content_of(MadeRun(RUN.instruments, RUN.bars[:300], RUN.fills[:6], RUN.equity[:300], RUN.initial_cash_money))
    path = write_document(tmp_path / "report.pdf", few)
    content = path.read_bytes()
    assert content.startswith(b"%PDF-")
    assert content == document_bytes(few)
    assert len(content) < 2_000_000


@pytest.mark.parametrize("name", ["empty", "one bar", "ruin", "hostile"])
def test_every_kind_of_run_has_one(name: str) -> None:
    times = (np.arange(8) + 1) * DAY_NS
    ruin = MadeRun(
        (Instrument("AAA"),),
        make_bars(times, np.full(8, 5.0)),
        make_fills([(int(times[1]), 1, 5.0), (int(times[2]), -1, 4.0)]),
        make_equity(times, [100.0, 50.0, 10.0, 0.0, -5.0, -5.0, -5.0, -5.0]),
        100 * MONEY,
    )
    one = MadeRun((Instrument("AAA"),), ruin.bars[:1], ruin.fills[:0], ruin.equity[:1], 100 * MONEY)
    evil = r"$\frac{1}{0}$ <b> %s {x} ^_"
    hostile = content_of(
        ruin,
        strategy=evil,
        description=evil,
        instruments=(Instrument(evil),),
        configuration=evil,
        assumptions=[Assumption(evil, evil, evil, True)],
        remarks=[Remark(evil)],
    )
    content = {"empty": content_of(empty_run()), "one bar": content_of(one), "ruin": content_of(ruin)}.get(
        name, hostile
    )
    assert document_bytes(content).startswith(b"%PDF-")


def test_without_the_library_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_pdf", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'atlas-trading\[report\]'"):
        document_bytes(CONTENT)
    assert ".html" in MISSING


def test_the_users_own_style_is_neither_used_nor_changed() -> None:
    import matplotlib as mpl

    with mpl.rc_context({"axes.facecolor": "black", "font.size": 40.0}):
        with drawings.style():
            assert mpl.rcParams["axes.facecolor"] == "white"
        assert (mpl.rcParams["axes.facecolor"], mpl.rcParams["font.size"]) == ("black", 40.0)
