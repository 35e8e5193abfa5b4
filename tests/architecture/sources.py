"""Reading the repository for the checks: parsed modules, text files, and the lists of exceptions."""

from __future__ import annotations

import ast
import functools
import os
import pathlib
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXCEPTIONS = pathlib.Path(__file__).with_name("exceptions.toml")
CODE_FOLDERS = ("src", "tests", "benchmarks", "examples", "scripts")
SKIPPED_FOLDERS = {".git", ".venv", "__pycache__", "build", "dist", "vendor", "node_modules"}


@dataclass(frozen=True)
class Violation:
    """One breach of a rule; `key` names the place without a line number, so that an exception outlives edits."""

    key: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.key} (line {self.line}): {self.message}"


@dataclass(frozen=True)
class Source:
    """A Python file: its dotted module name, its path inside the repository, its text and its syntax tree."""

    module: str
    path: str
    text: str
    tree: ast.Module

    @classmethod
    def parse(cls, module: str, text: str, path: str = "") -> Source:
        """Parse `text` as `module`; tests plant violations this way."""
        return cls(module, path or module.replace(".", "/") + ".py", text, ast.parse(text))

    @property
    def is_package(self) -> bool:
        return self.path.endswith("__init__.py")


def module_name(path: str) -> str:
    """Give the dotted name of a Python file, from its path inside the repository."""
    parts = list(pathlib.PurePosixPath(path).with_suffix("").parts)
    if parts[0] == "src":
        parts = parts[1:]
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts)


@functools.cache
def repository_files() -> tuple[str, ...]:
    """List the paths git knows or would add; without git, all but builds and environments."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        paths = [path for path in listing.stdout.split("\0") if path and (ROOT / path).is_file()]
    else:
        paths = list(_walk())
    return tuple(sorted(path for path in set(paths) if not SKIPPED_FOLDERS & set(pathlib.PurePosixPath(path).parts)))


def _walk() -> Iterator[str]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        for name in names:
            yield (pathlib.Path(folder) / name).relative_to(ROOT).as_posix()


@functools.cache
def _source(path: str) -> Source:
    return Source.parse(module_name(path), (ROOT / path).read_text(encoding="utf-8"), path)


def sources(*folders: str) -> list[Source]:
    """Parse every Python file below `folders` (by default all folders of code)."""
    prefixes = tuple(f"{folder}/" for folder in folders or CODE_FOLDERS)
    return [_source(path) for path in repository_files() if path.endswith(".py") and path.startswith(prefixes)]


def package_sources() -> list[Source]:
    """Parse every module of the package `atlas`."""
    return sources("src/atlas")


def listed_exceptions(rule: str) -> set[str]:
    """Read the keys that `rule` tolerates for now."""
    lists = tomllib.loads(EXCEPTIONS.read_text(encoding="utf-8"))
    return set(lists[rule])


def unexpected(violations: Iterable[Violation], rule: str) -> list[str]:
    """Give the violations no exception covers, and the exceptions that are no longer needed: both must be empty."""
    found = list(violations)
    allowed = listed_exceptions(rule)
    stale = allowed - {violation.key for violation in found}
    return [str(violation) for violation in found if violation.key not in allowed] + [
        f"{key}: no longer breaks the rule {rule!r}; take it off its list in exceptions.toml" for key in sorted(stale)
    ]
