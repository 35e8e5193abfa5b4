"""Words that may stand in no file: unfinished work, addresses of registries, paths of one machine."""

from __future__ import annotations

import re

from tests.architecture.sources import ROOT, Violation, repository_files

# Put together here, so that this file does not hold them.
UNFINISHED = ("TO" + "DO", "FIX" + "ME")
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("anaconda", "org"),
        ("anaconda", "com"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
    )
)
FORBIDDEN = re.compile(
    rf"\b(?:{'|'.join(UNFINISHED)})\b"
    rf"|{'|'.join(re.escape(host) for host in REGISTRY_HOSTS)}"
    r"|(?<![\w.~$}/])/(?:home|root|Users|work)/[\w.]+"
)
TEXT_SUFFIXES = {
    *("", ".cfg", ".css", ".csv", ".html", ".ini", ".js", ".json", ".md", ".py", ".sh", ".svg", ".toml", ".ts"),
    *(".txt", ".yaml", ".yml"),
}


def word_violations(path: str, text: str) -> list[Violation]:
    """Find the forbidden words of one text."""
    return [
        Violation(f"{path}: {match.group()}", text.count("\n", 0, match.start()) + 1, "a word that may not stand here")
        for match in FORBIDDEN.finditer(text)
    ]


def all_word_violations() -> list[Violation]:
    """Find the forbidden words of every text file of the repository."""
    found = []
    for path in repository_files():
        file = ROOT / path
        if file.suffix in TEXT_SUFFIXES:
            found += word_violations(path, file.read_bytes().decode("utf-8", errors="replace"))
    return found
