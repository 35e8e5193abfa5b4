"""No file holds unfinished work, a registry's address or a path of somebody's machine."""

from __future__ import annotations

import pytest

from tests.architecture.sources import unexpected
from tests.architecture.words import REGISTRY_HOSTS, UNFINISHED, all_word_violations, word_violations


def test_no_file_holds_a_forbidden_word() -> None:
    assert unexpected(all_word_violations(), "words") == []


@pytest.mark.parametrize(
    "text",
    [
        *(f"# {word}: later" for word in UNFINISHED),
        *(f"index = https://{host}/simple" for host in REGISTRY_HOSTS),
        "path = '/ho" + "me/somebody/data'",
        "/ro" + "ot/.cache",
    ],
)
def test_a_forbidden_word_is_found(text: str) -> None:
    assert len(word_violations("file.md", f"first line\n{text}\n")) == 1
    assert word_violations("file.md", f"first line\n{text}\n")[0].line == 2


@pytest.mark.parametrize("text", ["a list of methods to do", "src/home/page", "https://example.org/home/x"])
def test_innocent_words_are_let_pass(text: str) -> None:
    assert word_violations("file.md", text) == []
