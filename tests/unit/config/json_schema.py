"""As much of JSON Schema as the document's schema uses, checked in a few obvious lines."""

from __future__ import annotations

import re
from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}
KNOWN = {
    *("$ref", "$schema", "$defs", "title", "description", "examples", "default", "type", "enum", "anyOf", "pattern"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "items", "properties"),
    *("patternProperties", "additionalProperties", "required"),
}


def is_valid(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Whether a value is what a schema describes."""
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    checks = [
        "$ref" not in schema or is_valid(value, root["$defs"][schema.get("$ref", "").rpartition("/")[2]], root),
        "anyOf" not in schema or any(is_valid(value, each, root) for each in schema["anyOf"]),
        "enum" not in schema or value in schema["enum"],
        "type" not in schema or has_type(value, schema["type"]),
    ]
    if isinstance(value, int | float) and not isinstance(value, bool):
        checks += [value >= schema.get("minimum", value), value <= schema.get("maximum", value)]
        checks += ["exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"]]
        checks += ["exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"]]
    if isinstance(value, str):
        checks += [schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))]
        checks += [re.search(schema.get("pattern", ""), value) is not None]
    if isinstance(value, list):
        checks += [is_valid(item, schema.get("items", {}), root) for item in value]
    if isinstance(value, dict):
        checks += [name in value for name in schema.get("required", [])]
        checks += [has_valid_property(name, item, schema, root) for name, item in value.items()]
    return all(checks)


def has_type(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name])


def has_valid_property(name: str, value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    found = [each for pattern, each in schema.get("patternProperties", {}).items() if re.search(pattern, name)]
    if name in schema.get("properties", {}):
        found.append(schema["properties"][name])
    if not found:
        rest = schema.get("additionalProperties", True)
        return is_valid(value, rest, root) if isinstance(rest, dict) else bool(rest)
    return all(is_valid(value, each, root) for each in found)
