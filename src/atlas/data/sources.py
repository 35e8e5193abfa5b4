"""The bars that the document of a run asks for."""

from pathlib import Path

from atlas.config.sections import DataSourceSection, Document
from atlas.config.suggestions import did_you_mean
from atlas.config.timeframes import timeframe_ns
from atlas.config.times import end_of, start_of
from atlas.records.errors import ConfigurationError, DataError
from atlas.records.instruments import DEFAULT_VENUE

from .bars import BarHistory
from .descriptions import instruments_of, with_descriptions
from .files import CSV_SUFFIXES, PARQUET_SUFFIXES
from .generator import GeneratorSettings, generate_bars, require_room
from .load import load_bars
from .shipped import load_shipped

_GENERATED_BARS = 100_000
_MOST_DIGITS = 18


def history_of(document: Document) -> BarHistory:
    """
    Read, check and cut the bars of a run.

    Parameters
    ----------
    document : Document
        As for `whole_history`.

    Returns
    -------
    BarHistory
        Of the document's symbols, and of its period; see `within_period`.

    Raises
    ------
    ConfigurationError
        The data source is absent, or contradicts itself or the document.
    DataError
        The data is malformed, or holds no bar of the period.
    """
    return within_period(document, whole_history(document))


def within_period(document: Document, history: BarHistory) -> BarHistory:
    """Return the bars that start at or after a document's start date and end by the end of its end date.

    Raises
    ------
    DataError
        There is none.
    """
    return history.within(
        None if document.start_date is None else start_of(document.start_date),
        None if document.end_date is None else end_of(document.end_date),
    )


def whole_history(document: Document) -> BarHistory:
    """
    Read and check the bars of a document's data source, whatever its period.

    Parameters
    ----------
    document : Document
        Its data source says where they are: ``file``, ``csv``, ``parquet`` or ``folder`` with a path, or files;
        ``shipped``, whose path is a name or several with commas; ``generated``, whose path is the number of bars
        (100,000 where empty).

    Returns
    -------
    BarHistory
        Of the document's symbols, described as the document does.

    Raises
    ------
    ConfigurationError
        The data source is absent, or contradicts itself or the document.
    DataError
        The data is malformed.
    """
    source = document.data_source
    if source is None:
        raise ConfigurationError("is missing: write data_source: {type: file, path: ...}", "data_source")
    if source.type == "shipped":
        history = _shipped(document, source)
    elif source.type == "generated":
        history = _generated(document, source)
    else:
        return _from_path(document, source)
    described = instruments_of(document)
    for symbol in described:
        _require_symbol(document, history, symbol)
    return with_descriptions(history, described)


def _require_symbol(document: Document, history: BarHistory, symbol: str) -> None:
    """Refuse the description of what the data does not hold."""
    if symbol not in (*history.symbols, *document.symbols):
        raise ConfigurationError(
            f"the data has no such symbol; {did_you_mean(symbol, history.symbols)}", f"instruments.{symbol}"
        )


def _from_path(document: Document, source: DataSourceSection) -> BarHistory:
    described = instruments_of(document)
    history = load_bars(
        source.files or _path_of(source),
        symbol=_only_symbol(document, source),
        symbols=document.symbols or None,
        timeframe=document.timeframe,
        timestamps=source.timestamps,
        timezone=source.timezone,
        columns=source.columns or None,
        dates=source.dates,
        separator=source.separator,
        decimal=source.decimal,
        sort=source.sort,
        duplicates=source.duplicates,
        missing=source.missing,
        zeros=source.zeros,
        availability=source.availability,
        instruments=described,
        venue=source.venue or DEFAULT_VENUE,
        currency=document.currency,
    )
    called = {symbol: instrument.symbol for symbol, instrument in described.items()}
    for symbol in described:
        if called[symbol] not in history.symbols:
            _require_symbol(document, history, symbol)
    return history


def _only_symbol(document: Document, source: DataSourceSection) -> str | None:
    """Return the symbol of a file that names none: the one that the document names."""
    is_file = not source.files and not Path(source.path).is_dir()
    return document.symbols[0] if len(document.symbols) == 1 and is_file else None


def _path_of(source: DataSourceSection) -> Path:
    if not source.path:
        raise ConfigurationError("is missing: write the file or folder with the bars", "data_source.path")
    path = Path(source.path)
    suffixes = {"csv": CSV_SUFFIXES, "parquet": PARQUET_SUFFIXES}.get(source.type)
    if suffixes is not None and not path.is_dir() and not path.name.lower().endswith(suffixes):
        raise ConfigurationError(f"{path.name} is no {source.type} file: write type: file", "data_source.type")
    if source.type == "folder" and not path.is_dir():
        raise ConfigurationError(f"{path} is no folder", "data_source.path")
    return path


def _shipped(document: Document, source: DataSourceSection) -> BarHistory:
    names = source.path.split(",") if source.path else document.symbols
    if not names:
        raise ConfigurationError("is missing: write the name of a shipped data set", "data_source.path")
    history = load_shipped([name.strip() for name in names])
    _require_timeframe(document, history)
    return history.select(document.symbols) if source.path and document.symbols else history


def _require_timeframe(document: Document, history: BarHistory) -> None:
    there = history.specifications[0]
    if document.timeframe is not None and timeframe_ns(document.timeframe) != there.length_ns:
        raise ConfigurationError(f"the data has bars of {there.time_frame}, not {document.timeframe}", "timeframe")


def _generated(document: Document, source: DataSourceSection) -> BarHistory:
    if source.path and not (source.path.isascii() and source.path.isdigit()):
        raise ConfigurationError(f"{source.path!r} is no number of bars", "data_source.path")
    defaults = GeneratorSettings()
    settings = GeneratorSettings(
        timeframe=document.timeframe or defaults.timeframe,
        start_date=(document.start_date or defaults.start_date)[:10],
    )
    symbols, count = document.symbols or ["RANDOM"], int((source.path or str(_GENERATED_BARS))[:_MOST_DIGITS])
    try:
        require_room(settings, count, len(symbols))
    except DataError as error:
        raise ConfigurationError(str(error), "data_source.path") from error
    return generate_bars(
        symbols,
        count,
        seed=document.seed,
        settings=settings,
        currency=document.currency,
    )
