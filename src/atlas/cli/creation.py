"""The commands that write something to begin with: `new strategy` and `schema`."""

from __future__ import annotations

import keyword
import re
import sys
from pathlib import Path

from atlas.cli.console import output, shown_path
from atlas.cli.templates import RUN, STRATEGY, TEST
from atlas.config.schema import SCHEMA, schema_text
from atlas.errors import ConfigurationError

# Modules that a strategy or its test imports: a file or folder of such a name would stand before them.
HIDDEN = ("atlas", "numpy", "pandas", "pytest")


def write_project(name: str, inside: Path) -> None:
    """Write a strategy, a document that runs it, a test and the schema into a folder of its name.

    Raises
    ------
    ConfigurationError
        The name can't be a module's, or one of the files is there.
    """
    check_name(name)
    folder = inside / name
    files = {folder / file: text for file, text in project_files(name).items()}
    there = [str(file) for file in files if file.exists()]
    if there:
        raise ConfigurationError(f"{', '.join(there)}: there already, and nothing is replaced; choose another name")
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(f"{folder} is a file; choose another name")
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        # Exclusive: a file that came meanwhile stays.
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    console = output()
    for file in files:
        console.print(f"wrote {shown_path(file)}", markup=False, soft_wrap=True)
    console.print(f"\nNext: atlas backtest {shown_path(folder / 'run.yaml')}", markup=False, soft_wrap=True)


def check_name(name: str) -> None:
    """Refuse a name that no Python module can have, or that hides another, with the nearest one that can."""
    if name in sys.stdlib_module_names or name in HIDDEN:
        raise ConfigurationError(f"{name!r} would hide the module of that name: call it my_{name} or the like")
    if re.fullmatch(r"[a-z][a-z0-9_]*", name) and not keyword.iskeyword(name):
        return
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    near = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")
    near = f"my_{near}" if not near or near[0].isdigit() or keyword.iskeyword(near) else near
    raise ConfigurationError(f"{name!r} can't be a strategy's name: words of small letters joined by _, such as {near}")


def project_files(name: str) -> dict[str, str]:
    """Return the texts of a project by the names of their files."""
    class_name = "".join(part.capitalize() for part in name.split("_") if part)

    def filled(text: str) -> str:
        return text.replace("CLASS_NAME", class_name).replace("MODULE_NAME", name)

    return {
        f"{name}.py": filled(STRATEGY),
        "run.yaml": filled(RUN),
        f"test_{name}.py": filled(TEST),
        SCHEMA: schema_text(),
    }


def write_schema(out: Path | None) -> None:
    """Write the schema to a file, or to stdout."""
    if out is None:
        sys.stdout.write(schema_text())
    else:
        out.write_text(schema_text(), encoding="utf-8")
