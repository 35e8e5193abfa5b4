"""The data sets that come with Atlas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Final

from atlas.data.bars import BarHistory, build_history
from atlas.data.load import read_parts
from atlas.records.enums import AssetClass
from atlas.records.errors import DataError
from atlas.records.instruments import Instrument

_FOLDER: Final = Path(__file__).parent
_INDEX_NOTE: Final = "index level, traded as units of 1 USD a point; its volume is the shares traded in its members"


@dataclass(frozen=True)
class ShippedData:
    """
    A data set that comes with Atlas.

    Attributes
    ----------
    name : str
        For `load_shipped`.
    title : str
        What it is.
    instrument : Instrument
        How it is traded in a backtest.
    first_date, last_date : str
        ISO dates of the first and last bar.
    note : str
        What a report that uses it must say.
    """

    name: str
    title: str
    instrument: Instrument
    first_date: str
    last_date: str
    note: str

    @property
    def path(self) -> Path:
        """Its Parquet file."""
        return _FOLDER / f"{self.name}.parquet"


def _index(name: str, symbol: str, title: str) -> ShippedData:
    instrument = Instrument(symbol=symbol, asset_class=AssetClass.INDEX)
    return ShippedData(name, title, instrument, "1999-01-04", "2018-12-31", f"{symbol}: {_INDEX_NOTE}")


_DATA: Final[Mapping[str, ShippedData]] = MappingProxyType(
    {
        data.name: data
        for data in (
            _index("sp500", "SP500", "S&P 500 index, daily bars"),
            _index("nasdaq", "NASDAQ", "NASDAQ Composite index, daily bars"),
        )
    }
)


def shipped_data() -> tuple[ShippedData, ...]:
    """Describe each data set that comes with Atlas."""
    return tuple(_DATA.values())


def load_shipped(names: str | Sequence[str]) -> BarHistory:
    """
    Load bars that come with Atlas.

    Parameters
    ----------
    names : str or sequence of str
        Such as ``sp500``, or ``["sp500", "nasdaq"]`` for both in one history.

    Returns
    -------
    BarHistory
        Daily bars, each from 00:00 to 24:00 UTC of its date; its note says what the prices are.

    Raises
    ------
    DataError
        There is no such data set.
    """
    wanted = [_described(name) for name in ([names] if isinstance(names, str) else names)]
    parts = [part for data in wanted for part in read_parts(data.path, data.instrument)]
    return replace(build_history(parts), note="; ".join(data.note for data in wanted))


def _described(name: str) -> ShippedData:
    found = _DATA.get(name.lower())
    if found is None:
        close = get_close_matches(name.lower(), _DATA, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(_DATA)}"
        raise DataError(f"no data set {name!r} comes with Atlas: {hint}")
    return found
