"""The command as a process of its own: the demonstration, documents, an interruption."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from atlas.analytics import FIGURES
from atlas.backtest.folder import FILES
from atlas.data import GeneratorSettings, generate_bars
from tests.end_to_end.commands import SOURCES, atlas_command, compiled_only

pytestmark = [compiled_only, pytest.mark.slow]

SLOW = '''"""A strategy that takes its time."""

import pathlib
import time

from atlas import Strategy


class Slow(Strategy):
    """Sleeps at each bar."""

    open = True

    def on_bar(self, ctx, bar):
        pathlib.Path("started").touch()
        if ctx.position(bar.instrument) == 0 and ctx.working_orders() == 0:
            ctx.buy(bar.instrument, 1.0)
        time.sleep(0.02)
'''
FAILING = '''"""A strategy with a mistake."""

from atlas import Strategy


class Failing(Strategy):
    seen: int = 0
    inverse: float = 0.0

    def on_bar(self, ctx, bar):
        self.seen += 1
        self.inverse = 1.0 / (40 - self.seen)
'''


def test_the_demonstration(tmp_path: Path) -> None:
    done = atlas_command("demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "runs" / "demo"
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert set(summary) == {key for key, _, _ in FIGURES}
    assert summary["total_trades"] == 88
    assert "Report: runs/demo/report.html" in done.stdout
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "src=" not in page.split("<script")[0]
    again = atlas_command("backtest", str(folder / "config.yaml"), "--out", "again", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    repeated = json.loads((tmp_path / "again" / "summary.json").read_text(encoding="utf-8"))
    assert repeated["fingerprint"] == summary["fingerprint"]


def test_a_document_over_files_of_several_symbols(tmp_path: Path) -> None:
    bars = generate_bars(("AAA", "BBB", "CCC"), 300, seed=2, settings=GeneratorSettings(timeframe="1d"))
    data = tmp_path / "bars"
    data.mkdir()
    for symbol in bars.symbols:
        bars.to_frame(symbol).reset_index().to_csv(data / f"{symbol}.csv", index=False)
    (tmp_path / "run.json").write_text(
        json.dumps({"strategy": "ema_trend", "parameters": {"weight": "0.3"}, "data_source": "bars", "id": "three"}),
        encoding="utf-8",
    )
    done = atlas_command("backtest", "run.json", "--set", "symbols=[AAA, CCC]", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "on AAA, CCC: 600 bars of 1d" in done.stdout
    assert (tmp_path / "runs" / "three" / "report.html").is_file()


def test_a_failing_strategy_is_told_with_its_line_and_what_was_done_is_written(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(FAILING, encoding="utf-8")
    (tmp_path / "run.yaml").write_text(
        "strategy: own.py:Failing\ndata_source: {type: shipped, path: sp500}\n", encoding="utf-8"
    )
    done = atlas_command("backtest", "run.yaml", cwd=tmp_path)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: Failing on_bar ")
    assert last.endswith("own.py:12: ZeroDivisionError: division by zero")
    summary = json.loads((tmp_path / "runs" / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["bars"] in (39, 40)


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_an_interruption_writes_what_was_done(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(SLOW, encoding="utf-8")
    (tmp_path / "run.yaml").write_text(
        "strategy: own.py:Slow\ndata_source: {type: shipped, path: sp500}\n", encoding="utf-8"
    )
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    process = subprocess.Popen(
        [sys.executable, "-m", "atlas", "backtest", "run.yaml"],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    # The kernel may have to be compiled first.
    for _ in range(4_000):
        if (tmp_path / "started").exists() or process.poll() is not None:
            break
        time.sleep(0.1)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=120.0)
    assert process.returncode == 130
    assert re.fullmatch(
        r"error: interrupted after \d+% of the data; runs/run holds what was done until then", error.splitlines()[-1]
    )
    folder = tmp_path / "runs" / "run"
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert 0 < summary["bars"] < 5_031
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["run"]
