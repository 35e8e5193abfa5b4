"""
Documents as they stand in files: YAML, JSON or TOML, with the line and column of each key.

YAML is read by the rules of its version 1.2, without the traps of 1.1: ``NO`` and ``on`` are text, ``010`` is no octal
number, ``1:30`` no number of base 60, a date is text. A key that stands twice is refused in every language.
"""

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn

from atlas.records.errors import ConfigurationError

from .spelling import describe
from .suggestions import squash

SUFFIXES: Final = (".yaml", ".yml", ".json", ".toml")
_MAP, _SEQUENCE = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"
_SCALARS: Final = (
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("tag:yaml.org,2002:int", r"[-+]?(?:0|[1-9][0-9]*(?:_[0-9]+)*)", list("-+0123456789")),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?(?:(?:0|[1-9][0-9]*(?:_[0-9]+)*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+0123456789."),
    ),
)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class DocumentError(ConfigurationError):
    """A document is refused, and the message says where in which file."""


@dataclass(slots=True)
class Place:
    """Where a value stands: line and column from 1, and the places of what is in it."""

    line: int
    column: int
    below: "dict[str, Place]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """
    A document as written.

    Attributes
    ----------
    name : str
        The file, as it was named.
    mapping : dict
        Its keys and values, unchecked.
    root : Place or None
        Where they stand; None where that isn't known.
    """

    name: str
    mapping: dict[str, Any]
    root: Place | None = None

    def place_of(self, path: str) -> str:
        """``file:line:column`` of a path in the document, or of the nearest thing above it that is written."""
        found = [(self._nearest(parts), len(parts)) for parts in _spellings(path)]
        (depth, place), _ = min(found, key=lambda each: each[1] - each[0][0])
        return self.name if place is None or depth == 0 else f"{self.name}:{place.line}:{place.column}"

    def _nearest(self, parts: list[str]) -> tuple[int, Place | None]:
        place = self.root
        for depth, part in enumerate(parts):
            if place is None or part not in place.below:
                return depth, place
            place = place.below[part]
        return len(parts), place

    @contextmanager
    def explaining(self, overrides: list[str] | tuple[str, ...] = ()) -> Iterator[None]:
        """Add to a refusal where its cause stands: in the file, or in an override."""
        try:
            yield
        except DocumentError:
            raise
        except ConfigurationError as error:
            given = [text.partition("=")[0].strip() for text in overrides]
            causes = [path for path in given if _leads_to(path, error.path)]
            place = f"--set {causes[-1]}" if causes else self.place_of(error.path)
            raise DocumentError(f"{error.message} ({place})", error.path) from error


def _parts(path: str) -> list[str]:
    return [squash(part) for part in re.findall(r"[^.\[\]]+", path)]


def _spellings(path: str) -> list[list[str]]:
    """Parts of a path, also as they stand where the strategy's keys are beside it."""
    parts = _parts(path)
    beside = {"parameters": "parameters", "type": "strategytype"}
    if len(parts) > 1 and parts[0] == "strategy" and parts[1] in beside:
        return [parts, [beside[parts[1]], *parts[2:]]]
    return [parts]


def _leads_to(override: str, path: str) -> bool:
    return bool(path) and any(
        parts[: len(given)] == given for parts in _spellings(path) for given in _spellings(override)
    )


# --- files -----------------------------------------------------------------------------------------------------------


def read_document(path: str | Path) -> Written:
    """
    Read a document's file.

    Parameters
    ----------
    path : str or Path
        File; its suffix (``.json``, ``.toml``, else YAML) says how it is read.

    Returns
    -------
    Written
        Its keys and values, unchecked but for keys that are given twice.

    Raises
    ------
    ConfigurationError
        The file is absent, empty, malformed, has a key twice, or holds no keys and values.
    """
    file = Path(path)
    name, text = str(path), _text_of(file, str(path))
    read = {".json": _read_json, ".toml": _read_toml}.get(file.suffix.lower(), _read_yaml)
    try:
        value, root = read(text, name)
    except RecursionError as error:
        raise DocumentError(f"{name}: is nested too deeply") from error
    if value is None:
        raise DocumentError(f"{name}: is empty: it must hold keys and values (id, strategy, data_source, ...)")
    if not isinstance(value, dict):
        raise DocumentError(f"{name}: must hold keys and values (id, strategy, ...), not {describe(value)}")
    return Written(name, value, root)


def _text_of(file: Path, name: str) -> str:
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise DocumentError(f"no such file: {name}") from error
    except IsADirectoryError as error:
        raise DocumentError(f"{name} is a folder: name a document in it, such as {file / 'run.yaml'}") from error
    except OSError as error:
        raise DocumentError(f"{name} can't be read: {error.strerror or error}") from error
    if content.startswith(_UTF_16):
        raise DocumentError(f"{name}: is written in UTF-16: save it as UTF-8")
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DocumentError(
            f"{name}:{line}: byte 0x{content[error.start]:02x} is not UTF-8: save the file as UTF-8"
        ) from error


# --- YAML ------------------------------------------------------------------------------------------------------------


@cache
def _loader() -> Any:
    """PyYAML's reader with the plain values of YAML 1.2."""
    import yaml

    loader = type("PlainLoader", (yaml.SafeLoader,), {"yaml_implicit_resolvers": {}})
    _add_scalars(loader)
    return loader


@cache
def dumper() -> Any:
    """PyYAML's writer; it quotes a text that either version of YAML would read as something else."""
    import yaml

    resolvers = {first: list(each) for first, each in yaml.SafeDumper.yaml_implicit_resolvers.items()}
    members = {"yaml_implicit_resolvers": resolvers, "ignore_aliases": lambda _dumper, _data: True}
    kind = type("PlainDumper", (yaml.SafeDumper,), members)
    _add_scalars(kind)
    return kind


def _add_scalars(kind: Any) -> None:
    for tag, pattern, first in _SCALARS:
        kind.add_implicit_resolver(tag, re.compile(rf"^(?:{pattern})$"), first)


def yaml_value(text: str) -> Any:
    """Value that a short text spells in YAML; raises `ConfigurationError` where it is none."""
    return _read_yaml(text, "")[0]


def _read_yaml(text: str, name: str) -> tuple[Any, Place | None]:
    import yaml

    try:
        node = yaml.compose(text, Loader=_loader())
    except yaml.YAMLError as error:
        raise _not_yaml(error, name) from error
    return (None, None) if node is None else _value_of(node, name, ())


def _not_yaml(error: Any, name: str) -> DocumentError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    if "'\\t'" in problem:
        problem = "a tab where YAML wants spaces: indent with spaces"
    elif "could not find expected ':'" in problem or "mapping values are not allowed" in problem:
        problem += "; a key needs a colon and a space, a text with a colon needs quotes"
    elif "single document" in problem or "expected a single document" in str(error):
        problem = "it holds several documents (---): keep one"
    elif getattr(error, "reason", None):
        where, problem = name, f"a character that may not stand in YAML, at place {error.position}"
    return DocumentError(f"{where}: not YAML: {problem}")


def _value_of(node: Any, name: str, above: tuple[int, ...]) -> tuple[Any, Place]:
    """Value of a node and the place of each key in it."""
    import yaml

    place = Place(node.start_mark.line + 1, node.start_mark.column + 1)
    if id(node) in above:
        _refuse(name, place, "an alias (*) of the very thing it stands in")
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, name, place), place
    inside = (*above, id(node))
    if node.tag not in (_MAP, _SEQUENCE):
        _refuse(name, place, f"the tag {node.tag} means nothing here")
    if isinstance(node, yaml.SequenceNode):
        return _items(node, name, place, inside), place
    return _pairs(node, name, place, inside), place


def _items(node: Any, name: str, place: Place, above: tuple[int, ...]) -> list[Any]:
    values = []
    for number, item in enumerate(node.value):
        value, place.below[str(number)] = _value_of(item, name, above)
        values.append(value)
    return values


def _pairs(node: Any, name: str, place: Place, above: tuple[int, ...]) -> dict[Any, Any]:
    import yaml

    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key_place = Place(key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if not isinstance(key_node, yaml.ScalarNode):
            _refuse(name, key_place, "a key must be text, not a list or an object")
        key = key_node.value
        if key in found:
            _refuse(name, key_place, f"the key {key!r} stands twice in one object: keep one")
        found[key], below = _value_of(value_node, name, above)
        # A key's own place says where to look; what is below it is found through it.
        place.below.setdefault(squash(key), Place(key_place.line, key_place.column, below.below))
    return found


def _scalar(node: Any, name: str, place: Place) -> Any:
    kind = node.tag.rpartition(":")[2]
    if not node.tag.startswith("tag:yaml.org,2002:") or kind not in ("null", "bool", "int", "float", "str"):
        _refuse(name, place, f"the tag {node.tag} means nothing here")
    text = node.value
    try:
        if kind == "int":
            return int(text.replace("_", ""))
        if kind == "float":
            return float(re.sub(r"\.(inf|nan)$", r"\1", text.replace("_", "").lower()))
    except ValueError:
        _refuse(name, place, f"a number of {len(text)} digits is too long")
    return {"null": None, "bool": text.lower() == "true"}.get(kind, text)


def _refuse(name: str, place: Place, reason: str) -> NoReturn:
    where = f"{name}:{place.line}:{place.column}: " if name else ""
    raise DocumentError(f"{where}{reason}")


# --- JSON and TOML ---------------------------------------------------------------------------------------------------


def _read_json(text: str, name: str) -> tuple[Any, Place | None]:
    def refuse_constant(word: str) -> Any:
        raise DocumentError(f"{name}: {word} is no number of JSON: write a finite one")

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            twice = next(key for place, (key, _) in enumerate(items) if key in dict(items[:place]))
            raise DocumentError(f"{name}: the key {twice!r} stands twice in one object: keep one")
        return found

    if not text.strip():
        return None, None
    root = _places_of_json(text, name)
    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=refuse_constant), root
    except json.JSONDecodeError as error:
        problem = error.msg.lower()
        raise DocumentError(f"{name}:{error.lineno}:{error.colno}: not JSON: {problem}") from error
    except ValueError as error:  # thousands of digits
        raise DocumentError(f"{name}: a number is too long") from error


def _places_of_json(text: str, name: str) -> Place | None:
    """JSON is YAML too, but for rare spellings, of which no place is known."""
    import yaml

    try:
        node = yaml.compose(text, Loader=_loader())
    except yaml.YAMLError:
        return None
    return None if node is None else _value_of(node, name, ())[1]


def _read_toml(text: str, name: str) -> tuple[Any, Place | None]:
    import tomllib

    try:
        return tomllib.loads(text) or None, None
    except tomllib.TOMLDecodeError as error:
        found = re.fullmatch(r"(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
        where = f":{found[2]}:{found[3]}" if found and found[2] else ""
        raise DocumentError(f"{name}{where}: not TOML: {found[1].lower() if found else error}") from error
