"""The fenced blocks of a page, and what each is for.

A comment before a block says what it is: ``<!-- file: run.yaml -->`` saves it under that name, and lines below
``<!-- shows: COMMAND -->`` must stand in the command's output. Python blocks are run, YAML blocks are checked as
documents, console blocks are run line by line.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(?:^<!-- (file|shows): (.+?) -->\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Snippet:
    """One block of a page."""

    language: str
    text: str
    file: str
    shows: str
    line: int


def pages() -> list[Path]:
    """Pages whose snippets are held by tests."""
    return [
        *sorted(ROOT.glob("*.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted((ROOT / "examples").glob("*.md")),
    ]


def notebooks() -> list[Path]:
    """Notebooks among the docs."""
    return sorted((ROOT / "docs").rglob("*.ipynb"))


def prose_of(page: Path) -> str:
    """The text of a page; of a notebook that of its Markdown cells."""
    text = page.read_text(encoding="utf-8")
    if page.suffix != ".ipynb":
        return text
    cells = (cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown")
    return "\n\n".join("".join(cell["source"]) for cell in cells)


def snippets_of(page: Path) -> list[Snippet]:
    """The blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Snippet(
            match[3],
            match[4],
            match[2] if match[1] == "file" else "",
            match[2] if match[1] == "shows" else "",
            text.count("\n", 0, match.start()) + 1,
        )
        for match in BLOCK.finditer(text)
    ]
