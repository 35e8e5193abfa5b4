"""Files and functions are short, what is public is documented, names are whole words."""

from __future__ import annotations

import pytest

from tests.architecture import shape
from tests.architecture.sources import Source, package_sources, sources, unexpected


def test_files_are_short() -> None:
    found = [violation for source in sources() for violation in shape.file_length_violations(source)]
    assert unexpected(found, "file_length") == []


def test_functions_are_short() -> None:
    found = [violation for source in sources() for violation in shape.function_length_violations(source)]
    assert unexpected(found, "function_length") == []


def test_what_is_public_is_documented() -> None:
    found = [violation for source in package_sources() for violation in shape.docstring_violations(source)]
    assert unexpected(found, "docstrings") == []


def test_names_are_whole_words() -> None:
    found = [violation for source in sources() for violation in shape.identifier_violations(source)]
    assert unexpected(found, "identifiers") == []


def test_a_long_file_is_found() -> None:
    assert shape.file_length_violations(Source.parse("atlas.long", "x = 1\n" * 800))
    assert not shape.file_length_violations(Source.parse("atlas.long", "x = 1\n" * 799))


def test_a_long_function_is_found_and_its_docstring_is_not_counted() -> None:
    body = "    x = 1\n" * 69
    docstring = '    """First.\n\n    More.\n    """\n'
    assert not shape.function_length_violations(Source.parse("atlas.long", f"def f():\n{docstring}{body}"))
    assert shape.function_length_violations(Source.parse("atlas.long", f"def f():\n{docstring}{body}    x = 2\n"))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("x = 1\n", "src/atlas/room.py"),
        ('"""All there is."""\n', "src/atlas/room/__init__.py"),
        ('"""Doc."""\ndef f():\n    return 1\n', "src/atlas/room.py"),
        ('"""Doc."""\nclass C:\n    """Doc."""\n    def f(self):\n        return 1\n', "src/atlas/room.py"),
        ('"""Doc."""\nif True:\n    class C:\n        x = 1\n', "src/atlas/room.py"),
    ],
)
def test_a_missing_docstring_is_found(text: str, path: str) -> None:
    assert len(shape.docstring_violations(Source.parse("atlas.room", text, path))) == 1


def test_what_is_private_or_inside_a_function_needs_no_docstring() -> None:
    text = (
        '"""Doc."""\ndef _f():\n    return 1\ndef g():\n    """Doc."""\n    def h():\n        return 1\n    return h\n'
    )
    assert shape.docstring_violations(Source.parse("atlas.room", text, "src/atlas/room.py")) == []


@pytest.mark.parametrize(
    "text",
    [
        "px = 1",
        "def f(qty):\n    return 1",
        "class OrderMgr:\n    x = 1",
        "self.last_px = 1",
        "import numpy as util",
        "for bid_px in ():\n    x = 1",
    ],
)
def test_a_forbidden_name_is_found(text: str) -> None:
    assert len(shape.identifier_violations(Source.parse("atlas.room", text))) == 1


def test_a_module_called_by_a_forbidden_name_is_found() -> None:
    assert len(shape.identifier_violations(Source.parse("atlas.utils", ""))) == 1


def test_words_that_only_contain_a_forbidden_one_are_let_pass() -> None:
    assert shape.identifier_violations(Source.parse("atlas.room", "utility = expx = account = 1")) == []
