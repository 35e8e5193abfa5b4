"""Compiled functions come back from the object cache as they were, in a process that does not import Numba."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

from atlas.kernel.memory.compilation import PLAIN, KernelFunction, kernel_function

pytestmark = pytest.mark.skipif(PLAIN, reason="nothing is compiled")

MODULE = '''
from atlas.kernel.memory.compilation import entry_point, kernel_function


@kernel_function
def quotient(a, b):
    if b == 13:
        raise ValueError("an unlucky divisor")
    if b == 14:
        raise IndexError("a divisor", b, a)
    return a // b


@kernel_function
def factorial(n):
    if n < 2:
        return 1
    return n * factorial(n - 1)


@entry_point("i8(i8, i8)")
def divide(a, b):
    """Divide."""
    return quotient(a, b)


@entry_point("f8(f8)")
def root(a):
    if a == 7.0:
        print("a word", a)
    return a ** 0.5


@entry_point("i8(i8)")
def product(n):
    return factorial(n)
'''
PROGRAM = """
import json, sys
import made
from atlas.kernel.memory.compilation import EntryPoint

def outcome(call):
    try:
        return call()
    except Exception as error:
        return [type(error).__name__, [str(each) for each in error.args]]

cached = [point.is_cached for point in EntryPoint.registry.values()]
plain = [made.divide(-7, 2), made.root(2.0), made.product(10), made.divide.address != 0, made.divide.__doc__]
names = [point.callable.__name__ for point in EntryPoint.registry.values()]
imported = "numba" in sys.modules
failed = [outcome(lambda b=b: made.divide(1, b)) for b in (0, 13, 14)] + [outcome(lambda: made.divide(1))]
print(json.dumps([plain, names, failed, made.root(7.0)]))
print(json.dumps([cached, imported]))
"""


def run(folder: pathlib.Path) -> tuple[list[str], list[bool], bool]:
    (folder / "made.py").write_text(MODULE)
    variables = {**os.environ, "ATLAS_CACHE_DIR": str(folder / "objects"), "NUMBA_DISABLE_JIT": "0"}
    variables["PYTHONPATH"] = os.pathsep.join([str(folder), *sys.path])
    command = [sys.executable, "-c", PROGRAM]
    lines = subprocess.run(command, env=variables, cwd=folder, capture_output=True, text=True, check=True).stdout
    *answers, last = lines.splitlines()
    cached, imported = json.loads(last)
    return answers, cached, imported


def test_what_was_compiled_is_loaded_alike_without_numba(tmp_path: pathlib.Path) -> None:
    compiled, cached, imported = run(tmp_path)
    assert (cached, imported) == ([False] * 3, True)
    loaded, cached, imported = run(tmp_path)
    assert (cached, imported) == ([True] * 3, False)
    assert loaded == compiled
    assert loaded[0] == "a word 7.0"
    plain, names, failed, root = json.loads(loaded[1])
    assert plain == [-4, 2.0**0.5, 3_628_800, True, "Divide."]
    assert names == ["divide", "root", "product"]
    assert [kind for kind, _ in failed] == ["ZeroDivisionError", "ValueError", "IndexError", "TypeError"]
    assert failed[1][1] == ["an unlucky divisor"]
    assert failed[2][1] == ["a divisor", "14", "1"]
    assert root == 7.0**0.5


def test_damaged_object_code_is_compiled_again(tmp_path: pathlib.Path) -> None:
    answers, _, _ = run(tmp_path)
    for file in (tmp_path / "objects").rglob("*.object"):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(content)
    again, cached, imported = run(tmp_path)
    assert (again, cached, imported) == (answers, [True] * 3, True)
    assert run(tmp_path)[2] is False


def test_an_inner_function_called_from_python_is_compiled_for_its_arguments() -> None:
    @kernel_function
    def twice(a: float) -> float:
        """Double."""
        return a + a

    function: object = twice
    assert isinstance(function, KernelFunction)
    assert (twice(2), twice(1.5), twice.__doc__) == (4, 3.0, "Double.")
    assert len(function.dispatcher.signatures) == 2
