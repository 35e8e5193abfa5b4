"""
The JSON schema of the document, written from the sections' types, for editors that complete and check.

It accepts what Atlas accepts: both spellings of a key, decimal numbers as text, the short forms. Completion offers the
camelCase keys, each with its meaning, unit, default and example.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from .keys import Key, keys_of
from .presets import LATENCY_PRESETS, RISK_PRESETS
from .sections import Document
from .spelling import snake_case

SCHEMA: Final = "run.schema.json"
"""File name of the schema, in docs and in what `atlas new strategy` writes."""

_DECIMAL: Final = {"type": "string", "pattern": r"^\s*[+-]?(\d+(_\d+)*\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"}
_TEXT: Final = {"type": "string"}
_SHORT_FORMS: Final[dict[str, list[dict[str, Any]]]] = {
    "strategy": [_TEXT],
    "strategies": [{"type": "array", "items": {"anyOf": [_TEXT, {"type": "object"}]}}, _TEXT],
    "instruments": [{"type": "object", "additionalProperties": {"anyOf": [_TEXT, {"type": "object"}]}}],
    "data_source.files": [_TEXT],
    "symbols": [_TEXT],
    "commission": [{"type": "number"}, _DECIMAL],
    "slippage": [_TEXT],
    "riskLimits": [{"enum": list(RISK_PRESETS)}],
    "execution": [_TEXT],
    "execution.latency": [{"enum": list(LATENCY_PRESETS)}],
    "data_source": [_TEXT],
}


def document_schema() -> dict[str, Any]:
    """
    Give the schema of a document.

    Returns
    -------
    dict
        JSON Schema 2020-12; every key has a ``description`` and ``examples``.
    """
    written = msgspec.json.schema(Document)
    definitions = written["$defs"]
    described = {(_owners()[key.path], key.name): key for key in reversed(list(keys_of(Document)))}
    for (owner, name), key in described.items():
        _complete(definitions[owner]["properties"][name], key)
    for definition in definitions.values():
        if "properties" in definition:
            _accept_snake_case(definition)
    document = definitions["Document"]
    document["properties"]["$schema"] = {**_TEXT, "description": "Where editors find this schema."}
    document["anyOf"] = [{"required": [name]} for name in ("strategy", "strategies", "strategy_type", "strategyType")]
    document["properties"]["strategy_type"] = {**_TEXT, "description": "The same as strategy.type."}
    document["properties"]["parameters"] = {"type": "object", "description": "The same as strategy.parameters."}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A run of Atlas", **written}


def schema_text() -> str:
    """Schema as JSON."""
    return json.dumps(document_schema(), indent=2, ensure_ascii=False) + "\n"


def _owners() -> dict[str, str]:
    """Name of the section that each key stands in."""
    found = list(keys_of(Document))
    sections = {"": Document.__name__, **{key.below: key.section.__name__ for key in found if key.section}}
    return {key.path: sections[key.path.rpartition(".")[0]] for key in found}


def _complete(schema: dict[str, Any], key: Key) -> None:
    """Let a key's schema say all that is known of it, and accept every way of writing it."""
    notes = [
        f"Unit: {key.unit}." if key.unit else "",
        f"Default: {key.default}." if key.default else "",
        "Not available yet." if key.later else "",
    ]
    schema["description"] = " ".join([f"{key.meaning}.", *filter(None, notes)])
    forms = list(_forms(schema))
    more = [*([_DECIMAL] if any(_is_number(form) for form in forms) else []), *_SHORT_FORMS.get(key.path, [])]
    if more:
        for form in forms:
            for name in form:
                schema.pop(name, None)
        schema.pop("anyOf", None)
        schema["anyOf"] = [*forms, *more]
    if "default" in schema and schema["default"] in (None, ""):
        del schema["default"]


def _forms(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The alternatives of a key's value, without what is said about the key."""
    plain = {
        name: value for name, value in schema.items() if name not in ("description", "examples", "default", "title")
    }
    yield from plain.get("anyOf", [plain])


def _is_number(form: dict[str, Any]) -> bool:
    return form.get("type") in ("number", "integer")


def _accept_snake_case(definition: dict[str, Any]) -> None:
    """Accept the other spelling of each key without offering it."""
    others = {
        f"^{snake_case(name)}$": schema for name, schema in definition["properties"].items() if name.lower() != name
    }
    camel = (
        {"^dataSource$": definition["properties"]["data_source"]} if "data_source" in definition["properties"] else {}
    )
    if others or camel:
        definition["patternProperties"] = others | camel
    definition["additionalProperties"] = False
    definition["required"] = []
