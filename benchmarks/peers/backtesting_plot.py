"""backtesting.py's own picture of a run: `plot`, into a file, the browser left closed.

It draws with Bokeh, whose scripts are in the file. Above 10,000 bars it joins bars to about that many (`resample`).
Prints one line of JSON: seconds of the plot alone after the run, bytes of the file, trades.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import tempfile
import time
import warnings

import numpy as np
import pandas as pd
from backtesting import Backtest

from benchmarks.peers import measure
from benchmarks.peers.backtesting_strategy import SmaCross


def main() -> None:
    """Run, plot, tell."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("bars", type=pathlib.Path, help="a file written by benchmarks.bars")
    bars = np.load(parser.parse_args().bars)
    names = ("open", "high", "low", "close", "volume")
    frame = pd.DataFrame({name.title(): bars[name] for name in names}, index=pd.to_datetime(bars["time_ns"]))
    backtest = Backtest(frame, SmaCross, cash=measure.CASH, commission=measure.FEE, finalize_trades=False)
    result = backtest.run()
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "plot.html"
        started = time.perf_counter(), time.process_time()
        backtest.plot(filename=str(file), open_browser=False)
        wall, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
        print(json.dumps({"wall": wall, "cpu": cpu, "bytes": file.stat().st_size, "trades": int(result["# Trades"])}))


if __name__ == "__main__":
    main()
