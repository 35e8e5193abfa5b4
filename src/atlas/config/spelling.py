"""
From a mapping as users write it to one that the sections' types accept.

Keys may be in camelCase or snake_case, numbers may be decimal strings, YAML's dates become ISO text. What is unknown,
said twice or of the wrong shape is refused with its full path.
"""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec.inspect as inspection

from atlas.errors import ConfigurationError

from .suggestions import did_you_mean, nearest, squash

MOST_SHOWN: Final = 60
"""Characters of a text that an error shows."""

_LEADING_ZERO = re.compile(r"\s*([+-]?)0+(\d[\d_]*)\s*")
_NUMBER = re.compile(r"\s*[+-]?(\d+(_\d+)*\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


def describe(value: object) -> str:
    """Short words for a value in an error message."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"the text {value if len(value) <= MOST_SHOWN else value[:MOST_SHOWN] + '…'!r}"
    if isinstance(value, Mapping):
        return f"an object with {', '.join(map(str, value)) or 'no keys'}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return repr(value)


def number_of(text: str) -> int | float | None:
    """Give the number that a decimal string spells, or None; 010 is none, since it could mean 8."""
    if _LEADING_ZERO.fullmatch(text) or not _NUMBER.fullmatch(text):
        return None
    plain = text.strip().replace("_", "")
    return int(plain) if plain.lstrip("+-").isdigit() else float(plain)


def join(path: str, key: str) -> str:
    """Path of a key below a path."""
    return f"{path}.{key}" if path else key


def snake_case(key: str) -> str:
    """Key of camelCase as it is spelt in snake_case."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()


def normalise(value: Any, wanted: inspection.Type, path: str = "") -> Any:
    """
    Value with the keys and number types that the wanted type names.

    Parameters
    ----------
    value : object
        As read from YAML, JSON or given by a caller.
    wanted : msgspec.inspect.Type
        Type of the field it is meant for.
    path : str
        Where it stands, for errors.

    Returns
    -------
    object
        Ready for `msgspec.convert`, which checks types and ranges.

    Raises
    ------
    ConfigurationError
        A key is unknown or given twice, or a number is not finite.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigurationError(f"expected a finite number, not {value}", path)
    if isinstance(value, datetime | date):  # of TOML, or given by a caller
        return value.isoformat()
    if isinstance(value, Mapping):
        section = member_of(wanted, inspection.StructType)
        return _normalise_section(value, section, path) if section else _normalise_free(value, wanted, path)
    if isinstance(value, list | tuple):
        return _normalise_list(value, wanted, path)
    if isinstance(value, str):
        return _normalise_text(value, wanted, path)
    return value


def plain_type(wanted: inspection.Type) -> inspection.Type:
    """Type without what was said about it."""
    return wanted.type if isinstance(wanted, inspection.Metadata) else wanted


def member_of(wanted: inspection.Type, kind: type[Any]) -> Any:
    """Member of that kind in a type or union, or None."""
    plain = plain_type(wanted)
    members = plain.types if isinstance(plain, inspection.UnionType) else (plain,)
    return next((member for each in members if isinstance(member := plain_type(each), kind)), None)


def _normalise_section(value: Mapping[Any, Any], section: inspection.StructType, path: str) -> dict[str, Any]:
    fields = {squash(field.name): field for field in section.fields}
    result: dict[str, Any] = {}
    spelt: dict[str, str] = {}
    for key, item in value.items():
        here = join(path, str(key))
        field = fields.get(squash(str(key))) if _is_known_spelling(str(key)) else None
        if field is None:
            raise ConfigurationError(f"unknown key; {_hint(str(key), section)}", here)
        if field.encode_name in result:
            raise ConfigurationError(f"given twice: as {spelt[field.encode_name]!r} and as {str(key)!r}", here)
        spelt[field.encode_name] = str(key)
        result[field.encode_name] = normalise(item, field.type, here)
    return result


def _hint(key: str, section: inspection.StructType) -> str:
    """Say which key was meant: by the word that Python has for it, by its letters, or as it stands further down."""
    from .keys import path_below, path_of_word

    names = [known.encode_name for known in section.fields]
    meant = path_of_word(key, section.cls) or nearest(key, names) or path_below(key, section.cls)
    return f"did you mean {meant!r}?" if meant else did_you_mean(key, names)


def _is_known_spelling(key: str) -> bool:
    """Accept camelCase and snake_case; anything else (MaxDrawdown, max-drawdown) is more likely a slip."""
    return bool(re.fullmatch(r"[a-z][A-Za-z0-9]*|[a-z][a-z0-9_]*", key))


def _normalise_free(value: Mapping[Any, Any], wanted: inspection.Type, path: str) -> dict[str, Any]:
    """Treat a mapping without declared keys, such as a strategy's parameters: decimal strings become numbers."""
    mapping = member_of(wanted, inspection.DictType)
    item_type = mapping.value_type if mapping else inspection.AnyType()
    result: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise ConfigurationError(f"a key must be text, not {describe(key)}", path)
        result[key] = normalise(item, item_type, join(path, key))
    return result


def _normalise_list(value: Iterable[Any], wanted: inspection.Type, path: str) -> list[Any]:
    array = member_of(wanted, inspection.ListType)
    item_type = array.item_type if array else inspection.AnyType()
    return [normalise(item, item_type, f"{path}[{index}]") for index, item in enumerate(value)]


def _normalise_text(value: str, wanted: inspection.Type, path: str) -> Any:
    is_text = member_of(wanted, inspection.StrType) or member_of(wanted, inspection.LiteralType)
    if member_of(wanted, inspection.ListType) and not is_text:
        return [part.strip() for part in value.split(",")]
    number = number_of(value) if not is_text or member_of(wanted, inspection.FloatType) else None
    if is_text:
        return value if number is None else number
    if number is None:
        zero = _LEADING_ZERO.fullmatch(value)
        if zero and not member_of(wanted, inspection.AnyType):
            raise ConfigurationError(
                f"{value!r} begins with 0, which some read as octal: write {zero[1]}{zero[2]}", path
            )
        return value
    whole_wanted = member_of(wanted, inspection.IntType) and not member_of(wanted, inspection.FloatType)
    if whole_wanted and isinstance(number, float) and number.is_integer():
        return int(number)
    return number
