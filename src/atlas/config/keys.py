"""
What a key of the document says about itself: meaning, unit, default and an example.

A key is added in one place: a field in `sections`, annotated with `key(...)`::

    borrow_fee: Annotated[NotNegative, key("Yearly fee of borrowed shares", unit="fraction", example=0.02)] = 0.0

Reading, camelCase and snake_case, ranges, ``--set``, `resolve`, the JSON schema and the tables of
docs/configuration.md follow from it (``python -m atlas.config.page docs`` writes those; a test holds them). What the
key does is then read off the document where the run is set up, in `atlas.backtest.documents.settings_of`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec.inspect as inspection
from msgspec import NODEFAULT, Meta

from .spelling import join, member_of, plain_type
from .suggestions import squash

_TYPE_WORDS: Final = (
    (inspection.BoolType, "true or false"),
    (inspection.IntType, "whole number"),
    (inspection.FloatType, "number"),
    (inspection.StrType, "text"),
    (inspection.ListType, "list"),
    (inspection.DictType, "keys and values"),
    (inspection.StructType, "section"),
)


ANY_NAME: Final = "NAME"
"""Stands in a path for a key that users choose, such as a symbol."""


def key(
    meaning: str, *, example: Any, unit: str = "", default: str = "", later: bool = False, python: str = ""
) -> Meta:
    """
    Describe a key where it is declared.

    Parameters
    ----------
    meaning : str
        What it sets, in a few words, without a full stop.
    example : object
        A value that a document may have there.
    unit : str
        Of its value, such as ``basis points``; empty where it has none.
    default : str
        What happens where nothing is said, in words, where the default's value does not say it.
    later : bool
        True for a key that is read, and refused by a backtest as not available yet.
    python : str
        What a call from Python says instead, where that is another word.

    Returns
    -------
    msgspec.Meta
        For the key's annotation.
    """
    extra = {"unit": unit, "default": default, "later": later, "python": python}
    return Meta(description=meaning, examples=[example], extra=extra)


@dataclass(frozen=True, slots=True)
class Key:
    """
    A key as declared.

    Attributes
    ----------
    path : str
        Full, in camelCase: ``riskLimits.maxDrawdown``.
    name : str
        Its last part.
    attribute : str
        The field's name in Python.
    meaning, unit : str
        As declared; empty where nothing was.
    kind : str
        Its type and range in words.
    default : str
        In words.
    example : object
        None where none was declared.
    later : bool
        Whether it is not available yet.
    python : str
        What a call from Python says instead; empty where it is the same word.
    section : type or None
        The section that stands there, or of which a list does.
    below : str
        Path of what is in it: its own, ``path[]`` for a list, or ``path.NAME`` for keys that users choose.
    """

    path: str
    name: str
    attribute: str
    meaning: str
    unit: str
    kind: str
    default: str
    example: Any
    later: bool
    python: str
    section: type[Any] | None
    below: str


def keys_of(section: type[Any], path: str = "") -> Iterator[Key]:
    """Give the keys of a section, in order, each before the keys of the section that stands there."""
    for field in _struct(section).fields:
        found = _key(field, path)
        yield found
        if found.section is not None:
            yield from keys_of(found.section, found.below)


def path_of_word(name: str, section: type[Any]) -> str:
    """Return the path, from a section, of what Python calls `name`; empty where no key is said to be that."""
    return next((each.path for each in keys_of(section) if each.python and squash(each.python) == squash(name)), "")


def path_below(name: str, section: type[Any]) -> str:
    """Return the path of a key of that name further down; empty where there is none."""
    found = (each.path for each in keys_of(section) if squash(each.name) == squash(name))
    return next((path for path in found if "." in path and "[]" not in path and ANY_NAME not in path), "")


def _struct(section: type[Any]) -> inspection.StructType:
    found: Any = inspection.type_info(section)
    struct: inspection.StructType = found
    return struct


def _key(field: inspection.Field, path: str) -> Key:
    metadata = field.type if isinstance(field.type, inspection.Metadata) else None
    schema: dict[str, Any] = (metadata.extra_json_schema if metadata else None) or {}
    extra: dict[str, Any] = (metadata.extra if metadata else None) or {}
    array, mapping = (member_of(field.type, kind) for kind in (inspection.ListType, inspection.DictType))
    item = array.item_type if array else (mapping.value_type if mapping else field.type)
    struct = member_of(item, inspection.StructType)
    here = join(path, field.encode_name)
    return Key(
        path=here,
        name=field.encode_name,
        attribute=field.name,
        meaning=schema.get("description", ""),
        unit=extra.get("unit", ""),
        kind=_kind(field.type),
        default=extra.get("default") or _default(field),
        example=next(iter(schema.get("examples", ())), None),
        later=extra.get("later", False),
        python=extra.get("python", ""),
        section=struct.cls if struct else None,
        below=f"{here}[]" if array else (f"{here}.{ANY_NAME}" if mapping else here),
    )


def _kind(wanted: inspection.Type) -> str:
    literal = member_of(wanted, inspection.LiteralType)
    if literal is not None:
        return ", ".join(f"`{value}`" for value in literal.values)
    if member_of(wanted, inspection.DictType) is not None and member_of(wanted, inspection.ListType) is not None:
        return "keys and values, or a list"
    for kind, words in _TYPE_WORDS:
        member = member_of(wanted, kind)
        if member is not None:
            return _kind_of_list(member.item_type) if words == "list" else words + _range(member)
    return str(plain_type(wanted))


def _kind_of_list(item: inspection.Type) -> str:
    return "list of texts" if member_of(item, inspection.StrType) else f"list, each a {_kind(item)}"


def _range(member: Any) -> str:
    bounds = [
        f" {sign} {int(value) if value == int(value) else value}"
        for name, sign in (("gt", ">"), ("ge", "≥"), ("lt", "<"), ("le", "≤"))
        if (value := getattr(member, name, None)) is not None
    ]
    return " and".join(bounds)


def _default(field: inspection.Field) -> str:
    if field.required:
        return "required"
    if field.default is NODEFAULT or field.default in (None, ""):
        return ""
    return f"`{as_written(field.default)}`"


def as_written(value: Any) -> str:
    """Value as it is written in a document, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {as_written(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_written, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float) else str(value)
