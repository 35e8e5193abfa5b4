"""Every snippet of the README and the docs does what it says, and every link leads somewhere."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from atlas.backtest.documents import load_run
from tests.end_to_end.commands import atlas_command, compiled_only, python
from tests.end_to_end.snippets import ROOT, Snippet, notebooks, pages, prose_of, snippets_of

LANGUAGES = {"python", "yaml", "console", "text", "mermaid"}
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)?(?:#([^)\s]+))?\)")
PAGES = [page for page in pages() if snippets_of(page)]
EXAMPLES = ROOT / "examples"


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def check_snippet(snippet: Snippet, folder: Path) -> None:
    """Run a snippet in a page's folder."""
    if snippet.file:
        (folder / snippet.file).write_text(snippet.text, encoding="utf-8")
    if snippet.language == "python":
        file = snippet.file or f"snippet_{snippet.line}.py"
        (folder / file).write_text(snippet.text, encoding="utf-8")
        done = python(file, cwd=folder)
        assert done.returncode == 0, done.stderr
    elif snippet.language == "yaml":
        load_run(folder / snippet.file)
    elif snippet.language == "console":
        for line in snippet.text.splitlines():
            check_command(line, folder)
    elif snippet.shows:
        words = shlex.split(snippet.shows)
        shown = python(*words[1:], cwd=folder).stdout.splitlines()
        assert [line for line in snippet.text.splitlines() if line not in shown] == []


def check_command(line: str, folder: Path) -> None:
    """Run one line of a console; of `make` only the target's name is checked."""
    assert line.startswith("$ "), line
    words = shlex.split(line[2:])
    if words[0] == "make":
        assert f"\n{words[1]}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
        return
    run = {"atlas": atlas_command, "python": python}[words[0]]
    done = run(*words[1:], cwd=folder)
    assert done.returncode == 0, f"{line}\n{done.stderr}"


@compiled_only
@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_snippet_runs(page: Path, tmp_path: Path) -> None:
    for snippet in snippets_of(page):
        assert snippet.language in LANGUAGES, f"{name_of(page)}:{snippet.line}"
        check_snippet(snippet, tmp_path)


def undefined_names(folder: Path, snippets: dict[str, Snippet]) -> list[str]:
    """What ruff finds without running anything: errors of syntax, and names that are nowhere defined."""
    for name, snippet in snippets.items():
        (folder / name).write_text("\n" * snippet.line + snippet.text, encoding="utf-8")
    options = ["--isolated", "--no-cache", "--quiet", "--select", "F821", "--output-format", "concise"]
    command = [sys.executable, "-m", "ruff", "check", *options, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() + done.stderr.splitlines()


def test_every_snippet_defines_what_it_uses(tmp_path: Path) -> None:
    """The quick part of running them, for every run of the tests."""
    snippets = {
        f"{name_of(page).replace('/', '_')}_{snippet.line}.py": snippet
        for page in PAGES
        for snippet in snippets_of(page)
        if snippet.language == "python"
    }
    assert len(snippets) > 30
    assert undefined_names(tmp_path, snippets) == []


def test_a_snippet_that_uses_what_it_lacks_is_found(tmp_path: Path) -> None:
    found = undefined_names(tmp_path, {"page_7.py": Snippet("python", "ctx.buy(100)\n", "", "", 7)})
    assert found == ["page_7.py:8:1: F821 Undefined name `ctx`"]


def test_the_pages_with_snippets_are_found() -> None:
    names = {name_of(page) for page in PAGES}
    assert {"README.md", "docs/getting-started.md", "docs/configuration.md", "docs/architecture.md"} <= names


@pytest.mark.parametrize("page", [*pages(), *notebooks()], ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for match in LINK.finditer(prose_of(page)):
        target = (page.parent / match[1]) if match[1] else page
        assert target.exists(), match[0]
        if match[2]:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
            assert match[2] in anchors, match[0]


def linked_from(page: Path) -> set[Path]:
    return {(page.parent / match[1]).resolve() for match in LINK.finditer(prose_of(page)) if match[1]}


def test_the_index_leads_to_every_page() -> None:
    docs = ROOT / "docs"
    led = linked_from(docs / "README.md") | linked_from(docs / "api" / "README.md")
    every = {page for page in [*docs.rglob("*.md"), *docs.rglob("*.ipynb")] if page != docs / "README.md"}
    assert sorted(str(page.relative_to(docs)) for page in every - led) == [], "name it in docs/README.md"


@compiled_only
@pytest.mark.slow
@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_every_example_runs(example: Path, tmp_path: Path) -> None:
    shutil.copy(example, tmp_path)
    done = python(example.name, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@compiled_only
@pytest.mark.slow
def test_every_document_among_the_examples_runs(tmp_path: Path) -> None:
    for file in EXAMPLES.iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path)
    for document in sorted(tmp_path.glob("*.yaml")):
        done = atlas_command("backtest", document.name, "--out", f"runs/{document.stem}", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
