"""Object code of a compiled function: how it is taken from Numba, and how it gets into a process without Numba.

LLVM maps it and Numba's C runtime serves it, each taken for itself: importing Numba's compiler and building its
libraries takes many times longer than the loading. Each piece of code has an engine of its own, so that functions of
one name in two of them never meet.
"""

from __future__ import annotations

import builtins
import ctypes
import importlib
import importlib.util
import pickle
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

# Numba reaches functions that call themselves through a pointer of this name.
POINTER_PREFIX = ".numba.unresolved$"
ENVIRONMENT_PREFIX = "_ZN08NumbaEnv"


@dataclass(frozen=True, slots=True)
class Environment:
    """Python objects that a function's machine code refers to: Numba reads them at a symbol of its own."""

    symbol: str
    module: str
    constants: bytes


@dataclass(frozen=True, slots=True)
class ObjectCode:
    """What is kept of a compiled function.

    Attributes
    ----------
    code : bytes
        An object file.
    function, wrapper : str
        Symbols of the native function, and of the one that Python calls; the latter empty where there is none.
    environment : str
        Symbol of the function's own environment.
    environments : tuple of Environment
        Of it and of all it calls, those that the code reads.
    needs : tuple of str
        Symbols that it takes from the process.
    """

    code: bytes
    function: str
    wrapper: str
    environment: str
    environments: tuple[Environment, ...]
    needs: tuple[str, ...]


@dataclass(slots=True)
class LoadedCode:
    """Machine code in this process; it stays for as long as this does.

    Attributes
    ----------
    address : int
        Where the native function starts (Numba's calling convention).
    wrapper_address : int
        Where the function that Python calls starts; 0 where there is none.
    own : object
        The function's environment, which its wrapper needs.
    kept : list
        What the code refers to.
    """

    address: int = 0
    wrapper_address: int = 0
    own: Any = None
    kept: list[Any] = field(default_factory=list)

    def python_function(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return what Python calls in place of `function`: positional arguments only."""
        # A user's file may have been run without being entered among the modules.
        module = sys.modules.get(function.__module__) or ModuleType(function.__module__)
        text = f"compiled {function.__qualname__}"
        made: Callable[..., Any] = extension("_dynfunc").make_function(
            module, function.__name__, text, self.wrapper_address, self.own, (self,)
        )
        return made


# --- out of Numba ----------------------------------------------------------------------------------------------------


def object_code_of(result: Any) -> ObjectCode:
    """Take the object code out of one of Numba's compile results."""
    from numba.core import serialize

    library, description = result.library, result.fndesc
    module = library._final_module
    used = Counter(re.findall(re.escape(ENVIRONMENT_PREFIX) + r"\w+", str(module)))
    environments = {each.env_name: each for each in (result.environment, *result._find_referenced_environments())}
    declared = [each.name for each in (*module.functions, *module.global_variables) if each.is_declaration]
    wrapper = description.llvm_cpython_wrapper_name
    return ObjectCode(
        code=library._get_compiled_object(),
        function=description.llvm_func_name,
        wrapper=wrapper if library.get_pointer_to_function(wrapper) else "",
        environment=result.environment.env_name,
        environments=tuple(
            Environment(name, each.globals.get("__name__", ""), serialize.dumps(list(each.consts)))
            for name, each in environments.items()
            # A symbol that stands in the text once is defined there, and read nowhere.
            if used[name] > 1 or each is result.environment
        ),
        needs=tuple(name for name in declared if not name.startswith("llvm.")),
    )


# --- into the process ------------------------------------------------------------------------------------------------


def load_code(content: ObjectCode) -> LoadedCode:
    """Map object code into this process and give it what it refers to."""
    from llvmlite import binding

    # The first engine makes LLVM look for symbols in this process.
    loaded, engine = LoadedCode(), make_engine()
    provide_symbols(content.needs)
    pointers = {name: ctypes.c_void_p() for name in content.needs if name.startswith(POINTER_PREFIX)}
    for name, pointer in pointers.items():
        binding.add_symbol(name, ctypes.addressof(pointer))
    engine.add_object_file(binding.ObjectFileRef.from_data(content.code))
    engine.finalize_object()
    for name, pointer in pointers.items():
        pointer.value = engine.get_function_address(name.removeprefix(POINTER_PREFIX))
    loaded.kept += [engine, pointers]
    for each in content.environments:
        made = make_environment(each)
        ctypes.py_object.from_address(engine.get_global_value_address(each.symbol)).value = made
        loaded.kept.append(made)
        if each.symbol == content.environment:
            loaded.own = made
    loaded.address = engine.get_function_address(content.function)
    loaded.wrapper_address = engine.get_function_address(content.wrapper) if content.wrapper else 0
    return loaded


def make_engine() -> Any:
    """Make an execution engine that loads object code."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_triple(binding.get_process_triple()).create_target_machine(jit=True)
    return binding.create_mcjit_compiler(binding.parse_assembly(""), machine)


def make_environment(content: Environment) -> Any:
    """Make an environment as Numba's C code knows it."""
    module = sys.modules.get(content.module)
    made = extension("_dynfunc").Environment({"__name__": content.module} if module is None else vars(module))
    made.consts[:] = pickle.loads(content.constants)
    return made


def address_of_object(value: object) -> int:
    """Address of a Python object, as C code knows it."""
    return ctypes.c_void_p.from_buffer(ctypes.py_object(value)).value or 0


@lru_cache(maxsize=1)
def runtime_symbols() -> dict[str, int]:
    """Return what Numba's C runtime offers to machine code: address by name."""
    plain = {**extension("_helperlib").c_helpers, **extension("_dynfunc").c_helpers}
    memory = extension("core.runtime._nrt_python").c_helpers
    symbols = {f"numba_{name}": address for name, address in plain.items()}
    symbols |= {name if name.startswith("_") else f"NRT_{name}": address for name, address in memory.items()}
    symbols |= {
        f"PyExc_{each.__name__}": address_of_object(each)
        for each in vars(builtins).values()
        if isinstance(each, type) and issubclass(each, BaseException)
    }
    symbols["_Py_NoneStruct"] = address_of_object(None)
    # Under Windows the process may hold several C libraries; code gets the mathematics of Python's.
    return {**plain, **symbols}


def provide_symbols(names: tuple[str, ...]) -> None:
    """Make LLVM know what code takes from the process; what only Numba itself can offer, it is asked for."""
    from llvmlite import binding

    known = runtime_symbols()
    for name in names:
        if name in known:
            binding.add_symbol(name, known[name])
    others = [name for name in names if name not in known and not name.startswith(POINTER_PREFIX)]
    if any(binding.address_of_symbol(name) is None for name in others):
        from numba.core.registry import cpu_target

        cpu_target.target_context.refresh()


@lru_cache
def extension(name: str) -> ModuleType:
    """Return one of Numba's extension modules without the package around it, which takes long to import."""
    full = f"numba.{name}"
    if "numba" in sys.modules:
        return importlib.import_module(full)
    found = importlib.util.find_spec("numba")
    inner = full.split(".")
    for depth in range(2, len(inner) + 1):
        folders = None if found is None else found.submodule_search_locations
        found = PathFinder.find_spec(".".join(inner[:depth]), folders) if folders else None
    if found is None or found.loader is None:
        raise ImportError(f"{full} is not installed", name=full)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    # Numba imports it again by itself, and finds the same one.
    sys.modules.pop(full, None)
    return module
