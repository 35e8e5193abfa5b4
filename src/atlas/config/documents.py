"""Reading, checking, resolving and writing the document that describes a run."""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, cast, get_args

import msgspec
import msgspec.inspect as inspection

from atlas.errors import ConfigurationError

from .availability import Registries, check_availability, given_limits
from .environment import refuse_secrets
from .presets import LATENCY_PRESETS, RISK_PRESETS
from .reading import Written, dumper, read_document
from .sections import Document, Mode
from .spelling import describe, normalise
from .suggestions import did_you_mean, nearest, squash
from .timeframes import timeframe_ns
from .times import end_of, start_of

MODES: Final[tuple[Mode, ...]] = get_args(Mode)
_ERROR = re.compile(r"(?s)(?P<reason>.*?)(?: - at `\$(?P<path>.*)`)?")
_YES_AND_NO: Final = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
SWITCHES: Final = ("preventSelfTrade", "requireBuyingPower")
"""Keys of the limits that bound no loss by themselves."""

_FURTHEST_NS: Final = 2**63
_TYPE_WORDS = {
    "`float`": "a number",
    "`int`": "a whole number",
    "`str`": "text",
    "`bool`": "true or false",
    "`array`": "a list",
    "`object`": "an object",
    "`null`": "nothing",
    "`object | null`": "an object",
    "`float | null`": "a number",
    "`int | null`": "a whole number",
    "`str | null`": "text",
    "`array | null`": "a list",
}


def load_document(
    path: str | Path,
    *,
    overrides: list[str] | tuple[str, ...] = (),
    default_mode: Mode = "paper",
    registries: Registries | None = None,
) -> Document:
    """
    Document of a YAML, JSON or TOML file.

    Parameters
    ----------
    path : str or Path
        File; its suffix (``.json``, ``.toml``, else YAML) says how it is read.
    overrides : list of str
        ``a.b=c`` each, applied in order before the document is checked.
    default_mode : {"paper", "backtest"}
        Mode of a document that names none. Live is never a default.
    registries : Registries, optional
        What may be named; strategies are not checked where none is given.

    Returns
    -------
    Document
        Checked, presets expanded. A relative `data_source.path` that exists beside the document is made absolute.

    Raises
    ------
    ConfigurationError
        Names path in the document, reason, remedy, and file, line and column.
    """
    return document_of(read_document(path), overrides=overrides, default_mode=default_mode, registries=registries)


def document_of(
    written: Written,
    *,
    overrides: list[str] | tuple[str, ...] = (),
    default_mode: Mode = "paper",
    registries: Registries | None = None,
) -> Document:
    """Document of a file that was read; see `load_document`."""
    from .overrides import apply_overrides

    with written.explaining(overrides):
        mapping = apply_overrides(written.mapping, overrides)
        document = parse_document(mapping, default_mode=default_mode, registries=registries)
    return _anchor_data_path(document, Path(written.name).parent)


def load_mapping(path: str | Path) -> dict[str, Any]:
    """Mapping of a YAML, JSON or TOML file as written; see `read_document`."""
    return read_document(path).mapping


def parse_document(
    mapping: Mapping[str, Any], *, default_mode: Mode = "paper", registries: Registries | None = None
) -> Document:
    """
    Document of a mapping.

    Parameters
    ----------
    mapping : mapping
        Keys in camelCase or snake_case; numbers may be decimal strings. It is not changed.
    default_mode : {"paper", "backtest"}
        Mode of a document that names none.
    registries : Registries, optional
        What may be named.

    Returns
    -------
    Document
        Checked, with presets and short forms expanded.

    Raises
    ------
    ConfigurationError
        Names path, reason and remedy.
    """
    if default_mode == "live":
        raise ConfigurationError("live is never a default: the document must say mode: live", "mode")
    refuse_secrets(mapping)
    # Editors find the schema of a JSON document by this key.
    prepared = _expand_strategy({name: value for name, value in mapping.items() if name != "$schema"})
    for key, expand in _SHORT_FORMS.items():
        _replace(prepared, key, expand)
    normal = normalise(prepared, _document_type())
    normal.setdefault("mode", default_mode)
    _expand_presets(normal)
    document = _convert(normal)
    _check_values(document)
    check_availability(document, registries or Registries())
    return document


def resolve(document: Document) -> dict[str, Any]:
    """
    Give a mapping of plain values that says everything the document means, defaults and presets included.

    Parameters
    ----------
    document : Document
        As parsed.

    Returns
    -------
    dict
        Parsing it again gives an equal document.
    """
    return cast(dict[str, Any], msgspec.to_builtins(document))


def dump_document(document: Document) -> str:
    """YAML text of the document as resolved."""
    import yaml

    return cast(str, yaml.dump(resolve(document), Dumper=dumper(), sort_keys=False, allow_unicode=True))


def write_document(document: Document, path: str | Path) -> None:
    """Write the document as resolved: JSON for the suffix ``.json``, else YAML."""
    file = Path(path)
    is_json = file.suffix.lower() == ".json"
    text = json.dumps(resolve(document), indent=2) + "\n" if is_json else dump_document(document)
    file.write_text(text, encoding="utf-8")


def with_mode(document: Document, mode: Mode) -> Document:
    """Document in another mode, checked again: paper and live need risk limits."""
    changed = msgspec.structs.replace(document, mode=mode)
    _check_values(changed)
    return changed


@cache
def _document_type() -> inspection.Type:
    return inspection.type_info(Document)


# --- paths -----------------------------------------------------------------------------------------------------------


def _anchor_data_path(document: Document, folder: Path) -> Document:
    source = document.data_source
    if source is None or not source.path or Path(source.path).is_absolute():
        return document
    beside = folder / source.path
    if not beside.exists():
        return document
    return msgspec.structs.replace(document, data_source=msgspec.structs.replace(source, path=str(beside.resolve())))


# --- short forms and presets -----------------------------------------------------------------------------------------


def _key_of(mapping: Mapping[Any, Any], name: str) -> str | None:
    """Key under which a name stands in any of its spellings."""
    return next((key for key in mapping if isinstance(key, str) and squash(key) == squash(name)), None)


def _expand_strategy(mapping: dict[str, Any]) -> dict[str, Any]:
    """`strategy: momentum`, `strategy_type:` and `parameters:` beside it become one strategy section."""
    several = _key_of(mapping, "strategies")
    if several is not None and mapping[several]:
        return _expand_strategies(mapping, several)
    strategy_key = _key_of(mapping, "strategy") or "strategy"
    written = mapping.get(strategy_key)
    section = {"type": written} if isinstance(written, str) else written
    section = dict(section) if isinstance(section, Mapping) else section
    for outer, inner in (("strategy_type", "type"), ("parameters", "parameters")):
        key = _key_of(mapping, outer)
        if key is None:
            continue
        section = {} if section is None else section
        if not isinstance(section, dict):
            break
        if _key_of(section, inner) is not None:
            raise ConfigurationError(f"given twice: here and as {strategy_key}.{inner}", key)
        section[inner] = mapping.pop(key)
    if isinstance(section, dict):
        section = _settle_type(section, strategy_key)
    if section is None:
        raise ConfigurationError("is missing and has no default: add it", "strategy")
    mapping[strategy_key] = section
    return mapping


def _expand_strategies(mapping: dict[str, Any], several: str) -> dict[str, Any]:
    """`strategies: [momentum, {type: sma_cross}]` become sections, and stand alone."""
    for name in ("strategy", "strategy_type", "parameters"):
        key = _key_of(mapping, name)
        if key is not None and mapping[key] is not None:
            raise ConfigurationError(
                f"stands beside {several}: write one strategy under strategy, or all of them under {several}", key
            )
    written = mapping[several]
    items = [part.strip() for part in written.split(",")] if isinstance(written, str) else written
    if isinstance(items, list | tuple):
        mapping[several] = [_strategy_item(item, f"{several}[{place}]") for place, item in enumerate(items)]
    return mapping


def _strategy_item(item: Any, path: str) -> Any:
    section = {"type": item} if isinstance(item, str) else item
    return _settle_type(dict(section), path) if isinstance(section, Mapping) else section


def _settle_type(section: dict[str, Any], path: str) -> dict[str, Any]:
    alias = _key_of(section, "strategy_type")
    if alias is not None:
        if "type" in section:
            raise ConfigurationError(f"given twice: as {alias!r} and as 'type'", f"{path}.{alias}")
        section["type"] = section.pop(alias)
    kind, name = section.get("type", section.get("name")), section.get("name", section.get("type"))
    if not kind:
        raise ConfigurationError("a strategy needs a name: write strategy: {name: ...}", path)
    return {**section, "type": kind, "name": name}


def _replace(mapping: dict[str, Any], name: str, expand: Callable[[Any], Any]) -> None:
    key = _key_of(mapping, name)
    if key is not None:
        mapping[key] = expand(mapping[key])


def _expand_commission(value: Any) -> Any:
    is_number = isinstance(value, int | float | str) and not isinstance(value, bool)
    return {"fraction": value} if is_number else value


def _expand_slippage(value: Any) -> Any:
    if isinstance(value, str):
        return {"model": value}
    if isinstance(value, Mapping) and not value.get("model"):
        return {**value, "model": "volume" if _key_of(value, "impactFactor") else "fixed"}
    return value


def _expand_execution(value: Any) -> Any:
    if isinstance(value, str):
        return {"gateway": value}
    if isinstance(value, Mapping) and isinstance(value.get("latency"), str):
        name = value["latency"]
        if name not in LATENCY_PRESETS:
            raise ConfigurationError(
                f"unknown preset {name!r}; {did_you_mean(name, LATENCY_PRESETS)}", "execution.latency"
            )
        return {**value, "latency": dict(LATENCY_PRESETS[name])}
    return value


def _expand_limits(value: Any) -> Any:
    return {"preset": value} if isinstance(value, str) else value


def _expand_source(value: Any) -> Any:
    if isinstance(value, str):
        return {"type": "file", "path": value}
    return value


def _expand_instruments(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {symbol: {"currency": each} if isinstance(each, str) else each for symbol, each in value.items()}
    return value


_SHORT_FORMS: Mapping[str, Callable[[Any], Any]] = {
    "commission": _expand_commission,
    "slippage": _expand_slippage,
    "execution": _expand_execution,
    "riskLimits": _expand_limits,
    "data_source": _expand_source,
    "instruments": _expand_instruments,
}


def _expand_presets(normal: dict[str, Any]) -> None:
    slippage = normal.setdefault("slippage", {})
    if isinstance(slippage, dict):
        slippage.setdefault("model", "none")
    limits = normal.get("riskLimits")
    preset = limits.get("preset") if isinstance(limits, dict) else None
    if not isinstance(limits, dict) or not isinstance(preset, str) or not preset:
        return
    if preset not in RISK_PRESETS:
        hint = did_you_mean(preset, RISK_PRESETS)
        raise ConfigurationError(f"unknown preset {preset!r}; {hint}", "riskLimits.preset")
    for key, value in RISK_PRESETS[preset].items():
        limits.setdefault(key, list(value) if isinstance(value, tuple) else value)


# --- checking --------------------------------------------------------------------------------------------------------


def _convert(normal: dict[str, Any]) -> Document:
    try:
        return msgspec.convert(normal, Document)
    except msgspec.ValidationError as error:
        raise _in_plain_words(_named(str(error), normal), normal) from error


def _named(text: str, normal: Any) -> str:
    """Put the key that users chose, such as a symbol, where msgspec says `[...]`."""
    match = cast(re.Match[str], _ERROR.fullmatch(text))
    before, any_name, _ = str(match["path"] or "").partition("[...]")
    parts = [part for part in before.split(".") if part]
    chosen = _value_at(normal, ".".join(parts))
    if not any_name or not isinstance(chosen, Mapping):
        return text
    for key in chosen:
        try:
            msgspec.convert(_with_only(normal, parts, key), Document)
        except msgspec.ValidationError as error:
            return str(error).replace("[...]", f".{key}", 1)
    return text


def _with_only(normal: Mapping[str, Any], parts: list[str], key: str) -> dict[str, Any]:
    """Copy of a document whose mapping at a path has one key alone."""
    first, *rest = parts
    inner = normal[first]
    return {**normal, first: _with_only(inner, rest, key) if rest else {key: inner[key]}}


def _in_plain_words(text: str, normal: Any) -> ConfigurationError:
    """Say what was expected and what stands there instead."""
    match = cast(re.Match[str], _ERROR.fullmatch(text))
    path, reason = str(match["path"] or "").lstrip("."), str(match["reason"])
    missing = re.fullmatch(r"Object missing required field `(.+)`", reason)
    if missing:
        key = f"{path}.{missing[1]}" if path else missing[1]
        return ConfigurationError("is missing and has no default: add it", key)
    if reason.startswith("Invalid enum value"):
        return _no_choice(path, _value_at(normal, path))
    reason = re.sub(r", got `.*`$", "", reason)
    for code, words in _TYPE_WORDS.items():
        reason = reason.replace(code, words)
    reason = reason[0].lower() + reason[1:]
    value = _value_at(normal, path)
    return ConfigurationError(f"{reason}, not {describe(value)}{_remedy(reason, value)}", path)


def _no_choice(path: str, value: Any) -> ConfigurationError:
    """Name the choices that a key has, and the nearest to what was written."""
    from .keys import ANY_NAME, keys_of

    declared = re.sub(r"^(instruments)\.[^.]+", rf"\1.{ANY_NAME}", re.sub(r"\[\d+\]", "[]", path))
    known = re.findall(r"`([^`]*)`", next((key.kind for key in keys_of(Document) if key.path == declared), ""))
    near = nearest(str(value), known)
    hint = f"; did you mean {near!r}?" if near else ""
    return ConfigurationError(f"is one of {', '.join(known)}, not {describe(value)}{hint}", path)


def _remedy(reason: str, value: Any) -> str:
    """What to write instead, where the slip is a common one."""
    if "text" in reason and isinstance(value, bool | int | float):
        return "; put it in quotes if it is a name"
    if "true or false" in reason and isinstance(value, str) and value.lower() in _YES_AND_NO:
        return f"; write {_YES_AND_NO[value.lower()]}"
    if "an object" in reason and isinstance(value, list):
        return "; write keys and values, without dashes"
    return ""


def _value_at(value: Any, path: str) -> Any:
    for part in re.findall(r"[^.\[\]]+", path):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit():
            value = value[int(part)]
    return value


def _check_values(document: Document) -> None:
    _check_period(document)
    _check_limits_present(document)
    if document.timeframe is not None:
        timeframe_ns(document.timeframe)
    if document.commission.fraction and document.commission.percent:
        raise ConfigurationError("says the same as commission.fraction: give one of the two", "commission.percent")
    source = document.data_source
    if source is not None and source.path and source.files:
        raise ConfigurationError("stands beside data_source.path: give one of the two", "data_source.files")
    for name, rate in document.rates.items():
        if isinstance(rate, str) and not rate:
            raise ConfigurationError("is a number above 0, a file, or a symbol of the data", f"rates.{name}")
    repeated = {symbol for symbol in document.symbols if document.symbols.count(symbol) > 1}
    if repeated:
        raise ConfigurationError(f"{', '.join(sorted(repeated))} stands twice", "symbols")
    _check_slippage(document)
    _check_margin(document)


def _check_margin(document: Document) -> None:
    margin, limits = document.execution.maintenance_margin, document.risk_limits
    leverage = max(1.0, (limits.max_leverage if limits is not None else None) or 1.0)
    if margin >= 1.0 / leverage:
        raise ConfigurationError(
            f"{margin:g} is not below the initial margin, 1 / riskLimits.maxLeverage = {1.0 / leverage:g}: "
            "what may just be opened would be called at once; lower it or maxLeverage",
            "execution.maintenanceMargin",
        )


def _check_slippage(document: Document) -> None:
    slippage = document.slippage
    if slippage.model == "none" and slippage.fixed_bps:
        raise ConfigurationError("the model 'none' moves no price: write model: fixed", "slippage.fixedBps")
    if slippage.model in {"none", "fixed"} and slippage.impact_factor:
        raise ConfigurationError(
            f"the model {slippage.model!r} has no impact: write model: volume", "slippage.impactFactor"
        )


def _check_period(document: Document) -> None:
    bounds = []
    for key, text, convert in (
        ("startDate", document.start_date, start_of),
        ("endDate", document.end_date, end_of),
    ):
        if text is None:
            continue
        try:
            bounds.append(convert(text))
        except ValueError as error:
            raise ConfigurationError(f"{text!r} is no ISO date such as 2020-01-31", key) from error
        if abs(bounds[-1]) >= _FURTHEST_NS:
            raise ConfigurationError(f"{text} is outside of what nanoseconds can count, 1678 to 2261", key)
    if len(bounds) == 2 and bounds[0] >= bounds[1]:
        raise ConfigurationError(f"{document.end_date} is not after startDate {document.start_date}", "endDate")


def _check_limits_present(document: Document) -> None:
    if document.mode == "backtest" or any(name not in SWITCHES for name in given_limits(document.risk_limits)):
        return
    raise ConfigurationError(
        f"a {document.mode} run needs limits: write riskLimits: {{preset: conservative}} or limits of your own"
        " (mode: backtest runs without)",
        "riskLimits",
    )
