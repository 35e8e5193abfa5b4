"""quantstats' HTML tear sheet of a run's daily equity: `reports.html`, into a file.

It sees returns only, neither bars nor trades; its pictures are drawn by matplotlib. Takes daily equity made by
`benchmarks.report`. Prints one line of JSON: seconds of the report alone after the import, bytes of the file.
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


def main() -> None:
    """Write the report, tell."""
    warnings.simplefilter("ignore")
    import matplotlib as mpl

    mpl.use("agg")
    import quantstats

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("equity", type=pathlib.Path, help="npz with times_ns and equity")
    saved = np.load(parser.parse_args().equity)
    equity = pd.Series(saved["equity"], index=pd.to_datetime(saved["times_ns"])).resample("1D").last().dropna()
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "report.html"
        started = time.perf_counter(), time.process_time()
        quantstats.reports.html(equity.pct_change().dropna(), output=str(file))
        wall, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
        print(json.dumps({"wall": wall, "cpu": cpu, "bytes": file.stat().st_size}))


if __name__ == "__main__":
    main()
