"""Values given on the command line: ``--set strategy.parameters.fast=5``."""

from collections.abc import Iterable, Mapping
from typing import Any

from atlas.records.errors import ConfigurationError

from .spelling import describe
from .suggestions import squash


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
    keys = [key.strip() for key in path.split(".")]
    if not equals or not all(keys):
        raise ConfigurationError(f"{text!r} is no override: write path.to.key=value")
    return _with_value(mapping, _as_written(mapping, keys), _typed(written, path), "")


def _as_written(mapping: Mapping[str, Any], keys: list[str]) -> list[str]:
    """Path of a strategy's type or parameters where they stand beside the strategy's name, not in its section."""
    if len(keys) < 2 or squash(keys[0]) != "strategy":
        return keys
    outer = {"parameters": "parameters", "type": "strategytype"}.get(squash(keys[1]))
    beside = next((known for known in mapping if squash(str(known)) == outer), None)
    return keys if beside is None else [beside, *keys[2:]]


def _typed(written: str, path: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(written) if written.strip() else ""
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigurationError(f"the value {written!r} can't be read: put it in quotes", path) from error


def _with_value(mapping: Mapping[str, Any], keys: list[str], value: Any, path: str) -> dict[str, Any]:
    result = dict(mapping)
    key = next((known for known in mapping if squash(str(known)) == squash(keys[0])), keys[0])
    if len(keys) == 1:
        result[key] = value
        return result
    here = f"{path}.{key}" if path else key
    below = result.get(key)
    if below is None:
        below = {}
    if not isinstance(below, Mapping):
        below = _long_form(key, below, here)
    result[key] = _with_value(below, keys[1:], value, here)
    return result


def _long_form(key: str, value: Any, path: str) -> dict[str, Any]:
    """`strategy: momentum` and its like have a long form with keys."""
    first_keys = {"strategy": "type", "risklimits": "preset", "slippage": "model", "execution": "gateway"}
    first_keys |= {"commission": "fraction", "datasource": "path"}
    first = first_keys.get(squash(key))
    if first is None or isinstance(value, list):
        raise ConfigurationError(f"has no keys: it is {describe(value)}", path)
    return {first: value}
