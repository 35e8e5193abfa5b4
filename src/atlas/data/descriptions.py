"""What instruments are, as documents say it, and put on bars that are read already."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from enum import IntEnum
from typing import Any, Final

import msgspec

from atlas.config.sections import Document, InstrumentSection
from atlas.records.enums import AssetClass, ContractStyle, ExerciseStyle, OptionRight, SettlementMethod
from atlas.records.errors import ConfigurationError, DataError
from atlas.records.instruments import DEFAULT_VENUE, Instrument

from .bars import BarHistory

CHOICES: Final[dict[str, type[IntEnum]]] = {
    "asset_class": AssetClass,
    "contract_style": ContractStyle,
    "option_right": OptionRight,
    "exercise_style": ExerciseStyle,
    "settlement_method": SettlementMethod,
}
EXPONENTS: Final = ("price_exponent", "quantity_exponent", "money_exponent")


def instruments_of(document: Document) -> dict[str, Instrument]:
    """Return the instruments that a document describes, by the symbol of the data.

    Raises
    ------
    ConfigurationError
        A description is of nothing that there can be.
    """
    source = document.data_source
    venue = (source.venue if source is not None else "") or DEFAULT_VENUE
    return {
        symbol: _instrument(symbol, section, venue, document.currency)
        for symbol, section in document.instruments.items()
    }


def _instrument(symbol: str, section: InstrumentSection, venue: str, currency: str) -> Instrument:
    values: dict[str, Any] = msgspec.structs.asdict(section)
    for name, kind in CHOICES.items():
        values[name] = None if values[name] is None else kind[values[name].upper()]
    values["symbol"] = section.symbol or symbol
    values["venue"] = section.venue or venue
    values["currency"] = section.currency or currency
    try:
        return Instrument(**values)
    except ConfigurationError as error:
        raise ConfigurationError(error.message, f"instruments.{symbol}") from error


def description_of(instrument: Instrument, symbol: str) -> dict[str, Any]:
    """Return what a document says of an instrument that the data calls `symbol`: keys and values off the defaults."""
    standard = InstrumentSection()
    keys = dict(zip(standard.__struct_fields__, standard.__struct_encode_fields__, strict=True))
    found: dict[str, Any] = {}
    for name, key in keys.items():
        value = getattr(instrument, name)
        if name in CHOICES and value is not None:
            value = value.name.lower()
        plain = float(value) if isinstance(value, Decimal) else value
        if plain != getattr(standard, name):
            found[key] = plain
    return {name: value for name, value in found.items() if (name, value) != ("symbol", symbol)}


def with_descriptions(history: BarHistory, instruments: Mapping[str, Instrument]) -> BarHistory:
    """Return the same bars with other descriptions of some symbols, whose names and decimals stay.

    Raises
    ------
    DataError
        A description has other decimals than the bars were read with.
    """
    changed = []
    for own in history.instruments:
        wanted = instruments.get(own.symbol, own)
        for name in EXPONENTS:
            if getattr(wanted, name) != getattr(own, name):
                raise DataError(
                    f"{own.symbol}: the bars are read already with {name}={getattr(own, name)}: describe it likewise"
                )
        changed.append(replace(wanted, symbol=own.symbol, venue=own.venue))
    return replace(history, instruments=tuple(changed))
