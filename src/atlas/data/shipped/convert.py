"""
Make the shipped Parquet files from the CSV files of the package `arch`.

Run it from the repository's root, with `arch` installed::

    python -m atlas.data.shipped.convert
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import duckdb

from atlas.records.errors import DataError

from .catalogue import shipped_data

# Prices are rounded to the hundredth in which the index is published; the CSV carries single-precision noise.
_CONVERSION = """
COPY (
    SELECT strptime("Date", '%m/%d/%Y')::DATE AS date,
           round("Open", 2) AS open, round("High", 2) AS high, round("Low", 2) AS low, round("Close", 2) AS close,
           "Volume"::BIGINT AS volume
    FROM read_csv(?, header = true, types = {'Date': 'VARCHAR', 'Volume': 'BIGINT'})
    ORDER BY date
) TO '%s' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19)
"""


def source_of(name: str) -> Path:
    """CSV file of a data set inside the installed package `arch`."""
    found = find_spec("arch")
    if found is None or found.origin is None:
        raise DataError("the package 'arch' is not installed: pip install arch")
    return Path(found.origin).parent / "data" / name / f"{name}.csv.gz"


def convert(name: str, target: Path) -> int:
    """
    Write one data set.

    Parameters
    ----------
    name : str
        Folder and file name inside `arch.data`.
    target : Path
        Parquet file to write.

    Returns
    -------
    int
        Rows written.
    """
    with duckdb.connect(":memory:") as connection:
        statement = _CONVERSION.replace("%s", str(target).replace("'", "''"))
        connection.execute(statement, [str(source_of(name))])
        counted = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(target)]).fetchone()
    return int(counted[0]) if counted else 0


def main() -> None:
    """Write every shipped data set in place."""
    for data in shipped_data():
        rows = convert(data.name, data.path)
        sys.stdout.write(f"{data.path.name}: {rows} rows, {data.path.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
