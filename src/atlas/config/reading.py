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

from atlas.errors import ConfigurationError

from .spelling import describe
from .suggestions import squash

SUFFIXES: Final = (".yaml", ".yml", ".json", ".toml")
MOST_VALUES: Final = 100_000
_TAGS: Final = "tag:yaml.org,2002:"
_MAP, _SEQUENCE = f"{_TAGS}map", f"{_TAGS}seq"
_SCALARS: Final = (
    (f"{_TAGS}null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    (f"{_TAGS}bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    (f"{_TAGS}int", r"[-+]?(?:0|[1-9][0-9]*(?:_[0-9]+)*)", list("-+0123456789")),
    (
        f"{_TAGS}float",
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
            raise DocumentError(f"{error.message} ({self._cause(error.path, given)})", error.path) from error

    def _cause(self, path: str, overrides: list[str]) -> str:
        """Where the value of a path comes from; both places where an override gave a part of it."""
        whole = [each for each in overrides if _leads_to(each, path)]
        if whole:
            return f"--set {whole[-1]}"
        parts = [f"--set {each}" for each in overrides if _leads_to(path, each)]
        return " and ".join([self.place_of(path), *parts])


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


DATA_SUFFIXES: Final = (".csv", ".tsv", ".parquet", ".pq", ".csv.gz", ".csv.zst")


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
    if file.name.lower().endswith(DATA_SUFFIXES):
        source = f"data_source: {{type: file, path: {path}}}"
        raise DocumentError(f"{path} is data, not a document: name it in a document, such as run.yaml, by {source}")
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
    return (None, None) if node is None else _Nodes(name).value_of(node)


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


class _Nodes:
    """Makes values of the nodes of one file, and notes where each key stands."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._left = MOST_VALUES

    def value_of(self, node: Any, above: tuple[int, ...] = ()) -> tuple[Any, Place]:
        """Value of a node and the places of the keys in it; `above` are the nodes it stands in."""
        import yaml

        place = _place(node)
        self._left -= 1
        if self._left < 0:
            self._refuse(place, f"more than {MOST_VALUES:,} values, aliases (*) counted as often as they stand")
        if id(node) in above:
            self._refuse(place, "an alias (*) of the very thing it stands in")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place), place
        if node.tag not in (_MAP, _SEQUENCE):
            self._refuse(place, f"the tag {node.tag} means nothing here")
        fill = self._items if isinstance(node, yaml.SequenceNode) else self._pairs
        return fill(node, place, (*above, id(node))), place

    def _items(self, node: Any, place: Place, above: tuple[int, ...]) -> list[Any]:
        values = []
        for number, item in enumerate(node.value):
            value, place.below[str(number)] = self.value_of(item, above)
            values.append(value)
        return values

    def _pairs(self, node: Any, place: Place, above: tuple[int, ...]) -> dict[Any, Any]:
        import yaml

        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key_place = _place(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self._refuse(key_place, "a key must be text, not a list or an object")
            key = key_node.value
            if key in found:
                self._refuse(key_place, f"the key {key!r} stands twice in one object: keep one")
            found[key], below = self.value_of(value_node, above)
            # A key's own place says where to look; what is below it is found through it.
            place.below.setdefault(squash(key), Place(key_place.line, key_place.column, below.below))
        return found

    def _scalar(self, node: Any, place: Place) -> Any:
        kind, text = node.tag.removeprefix(_TAGS), node.value
        try:
            if kind == "int":
                return int(text.replace("_", ""))
            if kind == "float":
                return float(re.sub(r"\.(inf|nan)$", r"\1", text.replace("_", "").lower()))
        except ValueError:
            self._refuse(place, f"a number of {len(text)} digits is too long")
        if kind not in ("null", "bool", "str"):
            self._refuse(place, f"the tag {node.tag} means nothing here")
        return {"null": None, "bool": text.lower() == "true"}.get(kind, text)

    def _refuse(self, place: Place, reason: str) -> NoReturn:
        where = f"{self._name}:{place.line}:{place.column}: " if self._name else ""
        raise DocumentError(f"{where}{reason}")


def _place(node: Any) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


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
    return None if node is None else _Nodes(name).value_of(node)[1]


def _read_toml(text: str, name: str) -> tuple[Any, Place | None]:
    import tomllib

    try:
        return tomllib.loads(text) or None, None
    except tomllib.TOMLDecodeError as error:
        found = re.fullmatch(r"(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
        where = f":{found[2]}:{found[3]}" if found and found[2] else ""
        raise DocumentError(f"{name}{where}: not TOML: {found[1].lower() if found else error}") from error
