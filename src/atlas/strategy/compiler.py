"""Hooks become machine code: compiled by Numba, called natively, kept in the object cache."""

from __future__ import annotations

import os
import re
import warnings
from typing import Any

from atlas.kernel.memory.compilation import initialize_runtime, introduce_functions, load_object, save_object
from atlas.kernel.memory.object_code import LoadedCode, ObjectCode, load_code, object_code_of
from atlas.records.enums import Hook
from atlas.records.errors import StrategyCompileError
from atlas.strategy.definition import VIEWS, Member, StrategyDefinition
from atlas.strategy.functions import Functions
from atlas.strategy.rewriting import super_name

# Machine code stays for the life of the process: the kernel may hold its address.
LOADED: dict[tuple[str, Hook], LoadedCode] = {}
PLACE = re.compile(r'(?:File "|at )(?P<file>[^"()\n]+?)"?,? \(?(?:line )?(?P<line>\d+)\)?')
NOISE = re.compile(r"\x1b\[[0-9;]*m")


def compile_hooks(definition: StrategyDefinition) -> tuple[dict[Hook, int], list[LoadedCode]]:
    """Return the address of each hook of a strategy, and the machine code to keep referenced.

    Raises
    ------
    StrategyCompileError
        A hook can't be compiled; the message names the line and the reason.
    """
    if any(key_of(definition, hook) not in LOADED for hook in definition.hooks):
        problem = definition.subset_problem()
        if problem is not None:
            raise problem
        missing = [hook for hook in definition.hooks if not load_hook(definition, hook)]
        if missing:
            compile_missing(definition, missing)
    found = {hook: LOADED[key_of(definition, hook)] for hook in definition.hooks}
    return {hook: code.address for hook, code in found.items()}, list(found.values())


def key_of(definition: StrategyDefinition, hook: Hook) -> tuple[str, Hook]:
    """Return what a hook's machine code is known by."""
    return definition.code_hash, hook


def load_hook(definition: StrategyDefinition, hook: Hook) -> bool:
    """Take a hook from this process or from the object cache; tell whether it was there."""
    if key_of(definition, hook) in LOADED:
        return True
    stored = load_object("hook", definition.code_hash, hook.name)
    if stored is None:
        return False
    keep(definition, hook, stored)
    return True


def keep(definition: StrategyDefinition, hook: Hook, code: ObjectCode) -> None:
    """Put a hook's machine code into this process."""
    LOADED[key_of(definition, hook)] = load_code(code)


def compile_missing(definition: StrategyDefinition, hooks: list[Hook]) -> None:
    """Compile hooks and save their object code."""
    from numba.core.registry import cpu_target

    from atlas.strategy import record_types

    introduce_functions()
    initialize_runtime(cpu_target.target_context)
    functions = Functions(definition.symbols, definition.texts, definition.columns)
    record = record_of(definition, functions)
    for hook in hooks:
        member = definition.hooks[hook]
        view = record_types.view_type(VIEWS[hook][1] if hook in VIEWS else VIEWS[Hook.ON_BAR][1])
        plan = definition.plan_of(member, native=True, is_hook=True)
        name = f"{definition.name}_{member.name}_{definition.code_hash}"
        function = functions.build(member.source, plan, name)
        register_called(functions)
        result = compile_function(function, (record, record_types.context_type(), view), member, definition)
        code = object_code_of(result)
        save_object(code, "hook", definition.code_hash, hook.name)
        keep(definition, hook, code)


def record_of(definition: StrategyDefinition, functions: Functions) -> Any:
    """Return the type of the strategy's record, with its methods, those `super()` reaches and its constants."""
    from atlas.strategy import record_types

    kind = record_types.strategy_class(definition.name)
    for name, member in definition.methods.items():
        record_types.register(kind, name, method_of(definition, functions, member))
    for member in definition.members:
        following = definition.after(member.owner, member.name)
        names = set(member.function.__code__.co_names)
        for name in names.intersection(definition.methods):
            following = definition.after(member.owner, name)
            if following is not None and "super" in names:
                alias = super_name(member.owner.__name__, name)
                record_types.register(kind, alias, method_of(definition, functions, following))
    for name, value in definition.constants.items():
        record_types.register(kind, name, constant_function(definition, name, value), is_property=True)
    return record_types.strategy_type(kind, definition.layout.dtype, definition.fields)


def method_of(definition: StrategyDefinition, functions: Functions, member: Member) -> Any:
    """Return a method as it is called by other methods: it notes no lines."""
    plan = definition.plan_of(member, native=True, is_hook=False)
    name = f"{member.owner.__name__}_{member.name}_{definition.code_hash}"
    return functions.build(member.source, plan, name)


def constant_function(definition: StrategyDefinition, name: str, value: Any) -> Any:
    """Return the function that reads a constant of the class."""
    from atlas.strategy.record_types import built

    return built("def made(self):\n    return value", f"{definition.name}_{name}_{definition.code_hash}", value=value)


def register_called(functions: Functions) -> None:
    """Let Numba compile the plain functions that hooks call."""
    from numba.extending import register_jitable

    from atlas.strategy.record_types import OPTIONS

    for function in functions.called.values():
        if not getattr(function, "is_registered", False):
            register_jitable(**OPTIONS)(function)
            function.is_registered = True  # type: ignore[attr-defined]


def compile_function(function: Any, arguments: tuple[Any, ...], member: Member, definition: StrategyDefinition) -> Any:
    """Compile one hook for the types of its arguments."""
    from numba import types
    from numba.core.errors import NumbaError, NumbaWarning
    from numba.core.registry import CPUDispatcher

    from atlas.strategy.record_types import OPTIONS

    options = {**OPTIONS, "nopython": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    dispatcher = CPUDispatcher(function, targetoptions=options)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NumbaWarning)
            dispatcher.compile(types.void(*arguments))
    except (NumbaError, NotImplementedError, KeyError, TypeError, ValueError, AttributeError, AssertionError) as error:
        raise explained(error, member, definition) from (error if os.environ.get("ATLAS_DEBUG") == "1" else None)
    return dispatcher.overloads[tuple(arguments)]


# --- what Numba says, in one sentence --------------------------------------------------------------------------------


def explained(error: Exception, member: Member, definition: StrategyDefinition) -> StrategyCompileError:
    """Turn an error of the compiler into one that names the user's line and the reason."""
    text = NOISE.sub("", str(error))
    files = {other.source.file: other.source for other in definition.members}
    files.update({source.file: source for source in definition.called.sources})
    line = 0
    for match in PLACE.finditer(text):
        if match["file"] in files:
            line = int(match["line"])
            break
    location = getattr(error, "loc", None)
    if location is not None and location.filename in files:
        line = int(location.line)
    owner = source_at(line, definition) or member.source
    message = f"{reason_of(text)}\n    {owner.line(line)}" if line else reason_of(text)
    return StrategyCompileError(message, owner.file, line, member.name, definition.name)


def source_at(line: int, definition: StrategyDefinition) -> Any:
    """Return the method or function whose text holds a line."""
    sources = [*(member.source for member in definition.members), *definition.called.sources]
    return next((source for source in sources if source.first_line <= line <= source.last_line), None)


def reason_of(text: str) -> str:
    """Return the one sentence of a compiler's message that says why."""
    lines = [line.strip(" -*>.") for line in text.splitlines()]
    for marker in ("can't be stored in an int field", "Untyped global name", "Use of unsupported", "Unknown attribute"):
        found = next((line for line in lines if marker in line), None)
        if found:
            return shortened(found)
    deepest = text.rfind("raised a specific error:")
    if deepest >= 0:
        lines = [line.strip(" -*>.") for line in text[deepest:].splitlines()[1:]]
    skipped = (
        "Failed in",
        "During:",
        "File ",
        "There are",
        "Overload",
        "In function",
        "- Of which",
        "Of which",
        "Rejected",
        "TypingError: Failed",
        "Resolution",
    )
    useful = [line for line in lines if line and not line.startswith(skipped) and "nopython mode pipeline" not in line]
    return shortened(useful[0]) if useful else "the compiler can't make sense of it"


def shortened(line: str) -> str:
    """Return a line without the layouts of records."""
    line = re.sub(r"^\w*(?:Error|Exception): ", "", line)
    line = re.sub(r"Function\(<function (\w+?)(?:_[0-9a-f]{24})? at 0x[0-9a-f]+>\)", r"\1", line)
    return re.sub(r"Record\(.*?;\d+;(?:True|False)\)", "a record", line)[:300]
