"""Values given on the command line: ``--set strategy.parameters.fast=5``."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from atlas.errors import ConfigurationError

from .environment import is_secret_name
from .reading import yaml_value
from .spelling import describe, join
from .suggestions import squash

_PART: Final = re.compile(r"([^\[\]]*[^\[\]\s])((?:\[\d+\])*)")


def apply_overrides(mapping: Mapping[str, Any], overrides: Iterable[str]) -> dict[str, Any]:
    """Give the mapping with each override applied in order; see `apply_override`."""
    result = dict(mapping)
    for text in overrides:
        result = apply_override(result, text)
    return result


def apply_override(mapping: Mapping[str, Any], text: str) -> dict[str, Any]:
    """
    Give the mapping with one value replaced or added.

    Parameters
    ----------
    mapping : mapping
        A document as written; it is not changed. Keys are found in either spelling.
    text : str
        ``a.b=c``: a path of keys, and a value typed as in YAML (``5``, ``0.1``, ``true``, ``[A, B]``, ``text``).
        ``a.b[0]=c`` replaces an item of a list.

    Returns
    -------
    dict
        A copy, as deep as the path.

    Raises
    ------
    ConfigurationError
        There is no ``=``, a key is empty, or the path leads through a value that has no keys.
    """
    path, equals, written = text.partition("=")
    keys = _keys(path)
    if not equals or not keys:
        raise ConfigurationError(f"{text!r} is no override: write path.to.key=value")
    result: dict[str, Any] = _with_value(mapping, _as_written(mapping, keys), _typed(written, path), "")
    return result


def _keys(path: str) -> list[str | int]:
    """Keys of a path and places in lists: ``a.b[0]`` is a, b, 0; nothing where it is no path."""
    keys: list[str | int] = []
    for part in path.split("."):
        match = _PART.fullmatch(part.strip())
        if match is None:
            return []
        keys += [match[1], *(int(place) for place in re.findall(r"\d+", match[2]))]
    return keys


def _as_written(mapping: Mapping[str, Any], keys: list[str | int]) -> list[str | int]:
    """Path of a strategy's type or parameters where they stand beside the strategy's name, not in its section."""
    if len(keys) < 2 or squash(str(keys[0])) != "strategy":
        return keys
    outer = {"parameters": "parameters", "type": "strategytype"}.get(squash(str(keys[1])))
    beside = next((known for known in mapping if squash(str(known)) == outer), None)
    return keys if beside is None else [beside, *keys[2:]]


def _typed(written: str, path: str) -> Any:
    try:
        return yaml_value(written) if written.strip() else ""
    except ConfigurationError as error:
        shown = "" if is_secret_name(path) else f" {written!r}"
        raise ConfigurationError(f"the value{shown} can't be read: put it in quotes", path) from error


def _with_value(above: Any, keys: list[str | int], value: Any, path: str) -> Any:
    """Copy of what stands at a path, with the value at the keys below it."""
    if not keys:
        return value
    first, *rest = keys
    if isinstance(first, int):
        return _with_item(above, first, rest, value, path)
    above = {} if above is None else above
    if not isinstance(above, Mapping):
        above = _long_form(path, above)
    key = next((known for known in above if squash(str(known)) == squash(first)), first)
    return {**above, key: _with_value(above.get(key), rest, value, join(path, key))}


def _with_item(above: Any, number: int, rest: list[str | int], value: Any, path: str) -> list[Any]:
    items = list(above) if isinstance(above, list | tuple) else None
    if items is None or number >= len(items):
        raise ConfigurationError(f"has no item [{number}]: it is {describe(above)}", path)
    items[number] = _with_value(items[number], rest, value, f"{path}[{number}]")
    return items


def _long_form(path: str, value: Any) -> dict[str, Any]:
    """`strategy: momentum` and its like have a long form with keys."""
    first_keys = {"strategy": "type", "risklimits": "preset", "slippage": "model", "execution": "gateway"}
    first_keys |= {"commission": "fraction", "datasource": "path"}
    first = "currency" if re.fullmatch(r"instruments\.[^.]+", path) else first_keys.get(squash(path))
    if first is None or isinstance(value, list):
        raise ConfigurationError(f"has no keys: it is {describe(value)}", path)
    return {first: value}
