"""How a kernel function is compiled, and where its machine code is kept.

One source runs three ways, chosen by the environment when the process starts: compiled (the default), compiled with
every row and array access range-checked (`ATLAS_CHECK_BOUNDS=1`), and as plain Python (`ATLAS_PLAIN=1`).
Inner functions carry no signature and no cache. Entry points, which Python or an address calls, carry both: their
object code lies in a folder named by a hash of everything that shapes it.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import pathlib
import pickle
import sys
import warnings
from collections.abc import Callable
from functools import cached_property, lru_cache, update_wrapper
from typing import Any, TypeVar, cast

from atlas.kernel.memory.object_code import LoadedCode, ObjectCode, load_code, object_code_of
from atlas.records.errors import AtlasError

PLAIN = os.environ.get("ATLAS_PLAIN") == "1"
CHECK_BOUNDS = os.environ.get("ATLAS_CHECK_BOUNDS") == "1"
INLINING_THRESHOLD = 4000
SHAPING_VARIABLES = (
    "NUMBA_OPT",
    "NUMBA_CPU_NAME",
    "NUMBA_CPU_FEATURES",
    "NUMBA_ENABLE_AVX",
    "NUMBA_DISABLE_INTEL_SVML",
)
OPTIONS: dict[str, Any] = {"error_model": "python", "boundscheck": CHECK_BOUNDS, "fastmath": False}

RARE: set[str] = set()
"""Names of the rare functions."""

Function = TypeVar("Function", bound=Callable[..., Any])


class CompilationError(AtlasError):
    """A kernel function could not be compiled: a defect of Atlas or an unsupported Numba."""


class KernelFunction:
    """An inner kernel function: compiled into its callers; called from Python, it is compiled for its arguments.

    Numba hears of it only when something is compiled: loaded machine code needs none of this.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.py_func = function
        update_wrapper(self, function)

    @cached_property
    def inner(self) -> Any:
        """Numba's own object, for callers that are compiled."""
        from numba import njit

        from atlas.kernel.memory.whole_program import as_part

        return as_part(njit(**OPTIONS)(self.py_func))

    @cached_property
    def dispatcher(self) -> Any:
        """Numba's own object, for callers in Python."""
        from numba import njit

        introduce_functions()
        return njit(**OPTIONS)(self.py_func)

    def __call__(self, *arguments: Any) -> Any:
        """Call it, compiling it first where it has to be."""
        return self.dispatcher(*arguments)


def kernel_function(function: Function) -> Function:
    """Make `function` an inner kernel function: compiled into its callers, or left as it is in plain mode."""
    return function if PLAIN else cast(Function, KernelFunction(function))


class Later:
    """A module that is imported when something of it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self._name), name)


class Intrinsic:
    """An intrinsic that Numba has not heard of yet."""

    waiting: list[Intrinsic] = []

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        update_wrapper(self, function)
        Intrinsic.waiting.append(self)

    @cached_property
    def made(self) -> Any:
        """Numba's own object."""
        from numba.extending import intrinsic as make

        return make(self.function)

    def __call__(self, *arguments: Any) -> Any:
        """Refuse, as Numba does: an intrinsic is for compiled code."""
        return self.made(*arguments)


def intrinsic(function: Callable[..., Any]) -> Any:
    """Make `function` an intrinsic: it is given types, and returns a signature and what emits the instructions."""
    waiting = Intrinsic(function)
    return waiting.made if introduced() else waiting


def introduced() -> bool:
    """Whether Numba knows what kernel functions and intrinsics are."""
    return announce_kinds.cache_info().currsize > 0


def introduce_functions() -> None:
    """Let Numba see kernel functions and intrinsics as its own objects for them; needed before anything is compiled."""
    announce_kinds()
    while Intrinsic.waiting:
        Intrinsic.waiting.pop().made  # noqa: B018 - makes it


@lru_cache(maxsize=1)
def announce_kinds() -> None:
    """Tell Numba what to take kernel functions, intrinsics and records of regions for."""
    importlib.import_module("atlas.kernel.memory.region_records")
    from numba.core.registry import cpu_target
    from numba.core.typing.typeof import typeof_impl

    @typeof_impl.register(KernelFunction)
    def typeof_kernel_function(value: KernelFunction, context: Any) -> Any:
        return typeof_impl(value.inner, context)

    @typeof_impl.register(Intrinsic)
    def typeof_intrinsic(value: Intrinsic, context: Any) -> Any:
        return cpu_target.typing_context.resolve_value_type(value.made)


def rare_function(function: Function) -> Function:
    """Make `function` a kernel function that stays out of its callers' way: for what hardly ever happens."""
    RARE.add(function.__name__)
    return kernel_function(function)


class EntryPoint:
    """A kernel function that Python, or machine code that knows its address, may call.

    It is compiled at its first use, once for all processes, and kept in the object cache.

    Parameters
    ----------
    function : callable
        The kernel function's source.
    signature : str
        Numba's signature, words only: ``"i8(i8, f8)"``.
    nogil : bool
        Whether Python's lock is let go while it runs; such a function calls nothing of Python's.
    identity : str
        What tells functions of one name apart, where they are not Atlas's own: see `identity.py`.
    registered : bool
        Whether it is compiled when all of the kernel is; else at its first use only.
    """

    registry: dict[str, EntryPoint] = {}

    def __init__(
        self,
        function: Callable[..., Any],
        signature: str,
        nogil: bool = False,
        identity: str = "",
        registered: bool = True,
    ) -> None:
        self.function = function
        self.signature = signature
        self.nogil = nogil
        self.name = f"{function.__module__}.{function.__qualname__}"
        self.key = ("entry", self.name, signature, *((identity,) if identity else ()))
        self.__doc__ = function.__doc__
        if registered:
            EntryPoint.registry[self.name] = self

    def __call__(self, *arguments: Any) -> Any:
        """Call it, compiling it first where it has to be."""
        return self.callable(*arguments)

    @cached_property
    def callable(self) -> Callable[..., Any]:
        """What to call from Python: positional arguments only, about 40 ns a call."""
        return self.function if PLAIN else self.loaded.python_function(self.function)

    @cached_property
    def address(self) -> int:
        """Where the native function starts (Numba's calling convention); 0 in plain mode."""
        return 0 if PLAIN else self.loaded.address

    @cached_property
    def loaded(self) -> LoadedCode:
        """Its machine code in this process, from the object cache or compiled now."""
        stored = load_object(*self.key)
        return load_code(self.compile() if stored is None else stored)

    def compile(self) -> ObjectCode:
        """Compile now and save the object code."""
        from numba import njit
        from numba.core.registry import cpu_target

        from atlas.kernel.memory.whole_program import inline_generously, whole_program

        introduce_functions()
        initialize_runtime(cpu_target.target_context)
        inline_generously(INLINING_THRESHOLD)
        with whole_program(self.function.__qualname__, RARE):
            dispatcher = njit(self.signature, nogil=self.nogil, **OPTIONS)(self.function)
        code = object_code_of(next(iter(dispatcher.overloads.values())))
        save_object(code, *self.key)
        return code

    @property
    def is_cached(self) -> bool:
        """Whether a process would start without compiling this entry point."""
        return PLAIN or object_path(*self.key).exists()


def entry_point(signature: str, nogil: bool = False) -> Callable[[Callable[..., Any]], EntryPoint]:
    """Make a kernel function callable from Python and by address; see `EntryPoint`."""
    return lambda function: EntryPoint(function, signature, nogil)


# --- the object cache ------------------------------------------------------------------------------------------------


def initialize_runtime(target_context: Any) -> None:
    """Prepare Numba's runtime: without it the first call of loaded code crashes."""
    from numba.core.runtime.nrt import rtsys

    rtsys.initialize(target_context)


@lru_cache(maxsize=1)
def sources_hash() -> str:
    """Hash of all sources of the kernel and of the records it is built on, in order of their names."""
    package = pathlib.Path(__file__).resolve().parents[2]
    digest = hashlib.blake2b(digest_size=16)
    for room in ("records", "kernel"):
        for path in sorted((package / room).rglob("*.py")):
            digest.update(str(path.relative_to(package)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@lru_cache(maxsize=1)
def build_hash() -> str:
    """Hash of everything that shapes machine code: sources, versions, processor and flags."""
    from llvmlite import binding

    parts = (
        sources_hash(),
        numba_version(),
        binding.llvm_version_info,
        sys.version,
        binding.get_process_triple(),
        binding.get_host_cpu_name(),
        binding.get_host_cpu_features().flatten(),
        sorted(OPTIONS.items()),
        INLINING_THRESHOLD,
        [os.environ.get(name, "") for name in SHAPING_VARIABLES],
    )
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()


def numba_version() -> str:
    """Numba's version, without importing it, as its own file states it."""
    found = importlib.util.find_spec("numba")
    if found is None or found.origin is None:
        raise CompilationError("Numba is not installed")
    return pathlib.Path(found.origin).with_name("_version.py").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def cache_folder() -> pathlib.Path:
    """Folder of this build's object code: ``ATLAS_CACHE_DIR``, else the user's cache; a temporary one if unwritable."""
    default = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "atlas" / "objects"
    folder = pathlib.Path(os.environ.get("ATLAS_CACHE_DIR") or default) / build_hash()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
        reason = "it is not writable"
    except OSError as error:
        reason = str(error)
    message = f"machine code is not kept: {folder}: {reason}. Set ATLAS_CACHE_DIR to a folder you can write to."
    warnings.warn(message, stacklevel=2)
    import tempfile

    return pathlib.Path(tempfile.mkdtemp(prefix="atlas-objects-"))


def object_path(*key: str) -> pathlib.Path:
    """File of the object code named by `key` in this build's folder."""
    name = hashlib.blake2b("\0".join(key).encode(), digest_size=16).hexdigest()
    return cache_folder() / f"{key[0]}-{name}.object"


def save_object(payload: ObjectCode, *key: str) -> None:
    """Save `payload` under `key`, checksummed, atomically: readers see the old file, the new one or none."""
    import tempfile

    path = object_path(*key)
    content = pickle.dumps(payload, pickle.HIGHEST_PROTOCOL)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(hashlib.blake2b(content, digest_size=16).digest() + content)
    os.replace(file.name, path)


def load_object(*key: str) -> ObjectCode | None:
    """Return what was saved under `key`, or None; a damaged file is removed and counts as absent."""
    path = object_path(*key)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if hashlib.blake2b(content[16:], digest_size=16).digest() != content[:16]:
        path.unlink(missing_ok=True)
        return None
    code: ObjectCode = pickle.loads(content[16:])  # our own file, written by this user, checksummed
    return code
