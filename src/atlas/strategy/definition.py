"""A strategy as the rest of Atlas sees it: its fields, hooks, state and hashes."""

from __future__ import annotations

import ast
import copy
import ctypes
import inspect
import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from atlas.kernel.indicators import Indicator
from atlas.kernel.memory.identity import identity_of
from atlas.kernel.trader.views import BAR_VIEW, CONTEXT, FILL_VIEW, ORDER_VIEW, SLICE_VIEW, TIMER_VIEW, offset_of
from atlas.records.enums import Hook
from atlas.records.errors import StrategyCompileError, StrategyError
from atlas.strategy.base import Strategy, fields_of, lineage
from atlas.strategy.checks import FEEDING, Scope, mistakes, subset_problems, unfed
from atlas.strategy.context import TAKES_INSTRUMENT, without_self
from atlas.strategy.fields import Field, StateLayout, suggestion
from atlas.strategy.functions import Functions, context_name, describe_function, hash_of
from atlas.strategy.looking_back import Look, assigned_fields, looks_in
from atlas.strategy.rewriting import Rewrite, is_attribute_of
from atlas.strategy.source import FunctionSource, is_constant, source_of

HOOK_NAMES = {hook.name.lower(): hook for hook in Hook}
VIEWS: dict[Hook, tuple[str, np.dtype[Any]]] = {
    Hook.ON_BAR: ("bar", BAR_VIEW),
    Hook.ON_MARKET_DATA: ("bar", BAR_VIEW),
    Hook.ON_SLICE: ("slice", SLICE_VIEW),
    Hook.ON_ORDER: ("order", ORDER_VIEW),
    Hook.ON_FILL: ("fill", FILL_VIEW),
    Hook.ON_TIMER: ("timer", TIMER_VIEW),
}
WITHOUT_PAYLOAD = frozenset({Hook.ON_START, Hook.ON_STOP})
# What a method that is handed a whole bar takes, instead of the fields of one.
OF_BAR = inspect.Signature([inspect.Parameter("bar", inspect.Parameter.POSITIONAL_OR_KEYWORD)])
SCOPES = ("instrument", "universe")
RESERVED = frozenset({"scope", "open", "version", "save", "load"})


@dataclass(frozen=True, eq=False)
class Member:
    """A method of a strategy class, where its class defines it."""

    owner: type
    name: str
    function: types.FunctionType

    @property
    def source(self) -> FunctionSource:
        """Its text."""
        return source_of(self.function)

    @property
    def hook(self) -> Hook | None:
        """The hook it is, if any."""
        return HOOK_NAMES.get(self.name)


@cache
def members_of(strategy: type[Strategy]) -> tuple[Member, ...]:
    """Return every method of a class and of its bases, base first; overridden ones too."""
    return tuple(
        Member(owner, name, value)
        for owner in lineage(strategy)
        for name, value in vars(owner).items()
        if isinstance(value, types.FunctionType) and name not in RESERVED and not name.startswith("__")
    )


def mirror_classes(strategy: type[Strategy]) -> dict[type, Any]:
    """Return an empty mirror of a class and of each of its bases, in the same order of resolution."""
    mirrors: dict[type, Any] = {}
    for owner in reversed(strategy.__mro__):
        if owner is object:
            continue
        bases = tuple(mirrors[base] for base in owner.__bases__ if base in mirrors) or (ctypes.Structure,)
        mirrors[owner] = type(owner.__name__, bases, {"__slots__": ()})
    return mirrors


class StrategyDefinition:
    """One configured strategy.

    Parameters
    ----------
    instance : Strategy
        With its parameters.

    Attributes
    ----------
    hooks : dict of Hook to Member
        What it implements.
    symbols : list of str
        Symbols its hooks name literally, in the order of their hidden fields.
    texts : dict of int to str
        Texts of its log lines by number.
    columns : list of str
        Further columns of the data that its hooks name, by number.
    layout : StateLayout
        Of one instance's bytes.

    Raises
    ------
    StrategyError
        A hook mentions something unknown, a field can't be one, or the scope is none.
    """

    def __init__(self, instance: Strategy) -> None:
        self.instance = instance
        self.strategy: Any = type(instance)
        self.name = self.strategy.__name__
        self.scope = self.strategy.scope
        self.is_open = bool(self.strategy.open)
        self.symbols: list[str] = []
        self.texts: dict[int, str] = {}
        self.columns: list[str] = []
        strategy: Any = self.strategy
        self.members = members_of(strategy)
        self.hooks = {member.hook: member for member in self.members if member.hook is not None}
        self.fields: dict[str, Field] = {} if self.is_open else self._fields()
        self._check()
        self.functions: dict[Member, types.FunctionType] = {}
        if not self.is_open:
            self._rewrite()
        self.layout = StateLayout(self.fields, len(self.symbols))

    def with_instance(self, instance: Strategy) -> StrategyDefinition:
        """Return the definition of another instance of the class; what the class alone decides is taken over."""
        self.looks  # noqa: B018 - read once, and copied
        other = copy.copy(self)
        for name in ("fingerprint", "code_hash", "unchanging"):
            vars(other).pop(name, None)
        other.instance = instance
        if not self.is_open:
            other.fields = other._fields()
            other.layout = StateLayout(other.fields, len(self.symbols))
        if other.layout.dtype != self.layout.dtype or type(instance) is not self.strategy:
            return StrategyDefinition(instance)
        if "code_hash" in vars(self) and other._kinds() == self._kinds():
            other.code_hash = self.code_hash
        return other

    # --- what it declares ---

    def _fields(self) -> dict[str, Field]:
        declared = fields_of(self.strategy)
        for name in RESERVED.intersection(declared):
            raise StrategyError(f"the name {name!r} is taken; call the field otherwise", strategy=self.name)
        given = vars(self.instance)
        return {name: replace(field, default=given.get(name, field.default)) for name, field in declared.items()}

    @cached_property
    def methods(self) -> dict[str, Member]:
        """The method that each name stands for: the most derived one."""
        return {member.name: self.final(member.name) for member in self.members}

    def final(self, name: str) -> Member:
        """Return the most derived method of a name."""
        order = {owner: rank for rank, owner in enumerate(self.strategy.__mro__)}
        return min((member for member in self.members if member.name == name), key=lambda member: order[member.owner])

    def after(self, owner: type, name: str) -> Member | None:
        """Return the method that ``super().name`` reaches from a method of `owner`."""
        following = self.strategy.__mro__[self.strategy.__mro__.index(owner) + 1 :]
        found = {member.owner: member for member in self.members if member.name == name}
        return next((found[other] for other in following if other in found), None)

    @cached_property
    def constants(self) -> dict[str, Any]:
        """Class attributes that are neither fields nor methods and can't change."""
        found: dict[str, Any] = {}
        for owner in lineage(self.strategy):
            for name, value in vars(owner).items():
                is_plain = not name.startswith("__") and name not in self.fields and name not in RESERVED
                if is_plain and is_constant(value):
                    found[name] = value
        return found

    # --- checks and rewriting ---

    def _check(self) -> None:
        if self.scope not in SCOPES:
            raise StrategyError(f"scope is 'instrument' or 'universe', not {self.scope!r}", strategy=self.name)
        for hook in self.hooks:
            if hook not in VIEWS and hook not in WITHOUT_PAYLOAD:
                raise StrategyError(f"{hook.name.lower()} is not handed out yet; use on_bar", strategy=self.name)
        for name, field in self.fields.items():
            if field.kind == "table" and self.scope != "universe":
                message = f'the field {name!r} is per instrument already; per_instrument needs scope = "universe"'
                raise StrategyError(message, strategy=self.name)
        if not self.is_open:
            self._check_members()
        if not self.hooks:
            raise StrategyError(
                "has no hook, so it would never trade: define on_bar(self, ctx, bar)", strategy=self.name
            )

    def _check_members(self) -> None:
        for member in self.members:
            self._check_name(member)
            self._check_parameters(member)
            for mistake in mistakes(member.source, self.scope_of(member)):
                raise mistake
        self._check_fed()
        for member in self.members:
            if self._reaches(member, member.name, frozenset()):
                raise member.source.error(f"{member.name} calls itself; write a loop", member.source.first_line)

    def _check_fed(self) -> None:
        """Refuse an indicator that is read and that no method feeds or hands on."""
        for name in dict.fromkeys(field for field, method in self.nested_signatures if method in FEEDING):
            uses = [(member, *self._uses(member, name)) for member in self.members]
            if all(is_only_read for _, is_only_read, _ in uses):
                for member, _, reads in uses:
                    if reads:
                        raise unfed(member.source, name, reads, self.scope_of(member))

    def _uses(self, member: Member, name: str) -> tuple[bool, list[ast.Attribute]]:
        """Whether a method only reads from a field, and the places where it does."""
        own, tree = self.scope_of(member).own, member.source.tree()
        attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
        mentions = [node for node in attributes if is_attribute_of(node, own) and node.attr == name]
        reads = [node for node in attributes if node.value in mentions and node.attr not in FEEDING]
        return len(reads) == len(mentions), reads

    def _reaches(self, member: Member, name: str, seen: frozenset[str]) -> bool:
        """Whether a method calls, by way of others too, the method `name` of the same object."""
        known = self._called(member).intersection(self.methods) - seen
        return name in known or any(self._reaches(self.methods[other], name, seen | known) for other in known)

    def _called(self, member: Member) -> set[str]:
        """Names of what a method calls of its own object."""
        own = self.scope_of(member).own
        return {
            node.func.attr
            for node in ast.walk(member.source.tree())
            if isinstance(node, ast.Call) and is_attribute_of(node.func, own) and isinstance(node.func, ast.Attribute)
        }

    def _check_name(self, member: Member) -> None:
        """Refuse a method that looks like a hook and is never called: its name is misspelt."""
        if member.hook is not None or not member.name.startswith("on_"):
            return
        if not any(member.name in self._called(other) for other in self.members):
            meant = suggestion(member.name, [hook.name.lower() for hook in {*VIEWS, *WITHOUT_PAYLOAD}])
            text = f"{member.name!r} is no hook, and nothing calls it{meant}"
            raise member.source.error(text, member.source.first_line)

    def _check_parameters(self, member: Member) -> None:
        if member.hook is None:
            return
        code = member.function.__code__
        wanted = 2 if member.hook in WITHOUT_PAYLOAD else 3
        if code.co_argcount != wanted:
            view = VIEWS.get(member.hook, ("", None))[0]
            call = ", ".join(("self", "ctx", view)[:wanted])
            raise StrategyError(
                f"write def {member.name}({call})", member.source.file, member.source.first_line, member.name, self.name
            )

    def scope_of(self, member: Member) -> Scope:
        """Return what a method may mention."""
        code = member.function.__code__
        parameters = code.co_varnames[: code.co_argcount]
        is_hook = member.hook is not None
        view = VIEWS.get(member.hook) if member.hook is not None else None
        nested = {
            name: frozenset({*(field.default.dtype.names or ()), *field.default.methods})
            for name, field in self.fields.items()
            if isinstance(field.default, Indicator)
        }
        return Scope(
            own=parameters[0] if parameters else "",
            context=parameters[1] if is_hook else context_name(member.function),
            payload=parameters[2] if is_hook and len(parameters) > 2 else "",
            readable=frozenset({*self.fields, *self.methods, *self.constants}),
            assignable=frozenset(
                name for name, field in self.fields.items() if field.kind in ("int", "float", "bool", "enum")
            ),
            nested=nested,
            payload_names=frozenset(view[1].names or ()) if view else frozenset(),
            strategy=self.name,
            signatures=self.signatures,
            nested_signatures=self.nested_signatures,
        )

    @cached_property
    def signatures(self) -> dict[str, inspect.Signature]:
        """Signatures of its methods as they are called."""
        return {name: without_self(member.function) for name, member in self.methods.items()}

    @cached_property
    def nested_signatures(self) -> dict[tuple[str, str], inspect.Signature]:
        """Signatures of the methods of indicators as they are called, by field and method."""
        return {
            (name, method): OF_BAR if function.of_bar else without_self(function)
            for name, field in self.fields.items()
            if isinstance(field.default, Indicator)
            for method, function in field.default.methods.items()
        }

    def plan_of(self, member: Member, native: bool, is_hook: bool) -> Rewrite:
        """Return how a method is to be rewritten."""
        scope = self.scope_of(member)
        return Rewrite(
            own=scope.own,
            context=scope.context,
            whole_fields=frozenset(name for name, field in self.fields.items() if field.kind in ("int", "enum")),
            verbs=TAKES_INSTRUMENT,
            owner=member.owner.__name__,
            native=native,
            is_hook=is_hook,
            payload=scope.payload if "instrument" in scope.payload_names else "",
        )

    def _rewrite(self) -> None:
        """Rewrite all methods for the interpreted mode; symbols and texts are found on the way."""
        self.mirrors = mirror_classes(self.strategy)
        self.called = Functions(self.symbols, self.texts, self.columns)
        for member in self.members:
            plan = self.plan_of(member, native=False, is_hook=False)
            name = f"{member.owner.__name__}.{member.name}"
            self.functions[member] = self.called.build(member.source, plan, name, self.mirrors[member.owner])
        for source in self.called.sources:
            for mistake in mistakes(source, Scope(context=context_name(source.function), strategy=self.name)):
                raise mistake

    def error_at_text(self, text: str, message: str) -> StrategyError:
        """Make an error that names the first line that holds a literal text."""
        for source in (member.source for member in self.members):
            for node in ast.walk(source.tree()):
                if isinstance(node, ast.Constant) and node.value == text:
                    words = f"{message}\n    {source.line(node.lineno)}"
                    return StrategyError(words, source.file, node.lineno, source.name, self.name)
        return StrategyError(message, strategy=self.name)

    def subset_problem(self) -> StrategyCompileError | None:
        """Return the first thing in its text that can't be compiled, or None."""
        if self.is_open:
            return StrategyCompileError("an open strategy runs interpreted", strategy=self.name)
        for member in self.members:
            for problem in subset_problems(member.source, self.scope_of(member)):
                return problem
        for source in self.called.sources:
            for problem in subset_problems(source, Scope(context=context_name(source.function))):
                return problem
        return None

    @cached_property
    def looks(self) -> tuple[Look, ...]:
        """Where its methods, and the functions they call, look back over past bars; of an open one none are known."""
        if self.is_open:
            return ()
        found: list[Look] = []
        for member in self.members:
            scope = self.scope_of(member)
            found += looks_in(member.source, scope.own, scope.context)
        for source in self.called.sources:
            found += looks_in(source, "", context_name(source.function))
        return tuple(found)

    @cached_property
    def unchanging(self) -> dict[str, int]:
        """Whole-number fields that no method assigns, with this instance's values, and constants."""
        assigned = {
            name for member in self.members for name in assigned_fields(member.source, self.scope_of(member).own)
        }
        fields = {name: field.default for name, field in self.fields.items() if field.kind == "int"}
        constants = {name: value for name, value in self.constants.items() if isinstance(value, int)}
        return {**constants, **{name: value for name, value in fields.items() if name not in assigned}}

    # --- state ---

    @property
    def state_bytes(self) -> int:
        """Bytes of one instance; of a universe of one instrument where the scope is that."""
        return self.state_bytes_for(1)

    def state_bytes_for(self, instruments: int) -> int:
        """Bytes of one instance when a run has so many instruments; 0 for an open strategy."""
        return 0 if self.is_open else self.layout.byte_count(instruments)

    def initialize(self, view: np.ndarray[Any, Any], instruments: int = 1, instance: int = 0) -> None:
        """Write the first state into an instance's bytes.

        Parameters
        ----------
        view : numpy.ndarray of uint8, shape (state_bytes_for(instruments),)
            Bytes of the instance.
        instruments : int
            Instruments of the run: entries of tables.
        instance : int
            Number of the instance: of its instrument, or 0.
        """
        self.layout.initialize(view, instruments, instance)

    def parameters(self) -> dict[str, Any]:
        """Return the value of each field; of an indicator its first argument, or all when there are several."""
        answer: dict[str, Any] = {}
        for name, field in self.fields.items():
            value = field.default.entry if field.kind == "table" else field.default
            if isinstance(value, Indicator):
                only = len(value.arguments) == 1
                answer[name] = next(iter(value.arguments.values())) if only else dict(value.arguments)
            elif field.kind != "array":
                answer[name] = value
        return answer

    @cached_property
    def state_names(self) -> frozenset[str]:
        """Fields that its own methods assign: they change as it runs, so their first values are no parameters."""
        return frozenset(name for member in self.members for name in self._assigned(member)).intersection(self.fields)

    def _assigned(self, member: Member) -> Iterator[str]:
        """Give the fields that a method assigns, or whose entries it assigns."""
        own = member.function.__code__.co_varnames[:1]
        for node in ast.walk(member.source.tree()):
            target = node.value if isinstance(node, ast.Subscript) else node
            is_stored = isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store)
            if is_stored and isinstance(target, ast.Attribute) and is_attribute_of(target, own[0] if own else ""):
                yield target.attr

    def chosen_parameters(self) -> dict[str, Any]:
        """Return the parameters without the state; a field of state only where this instance starts it elsewhere."""
        usual = {name: field.default for name, field in fields_of(self.strategy).items()} if self.state_names else {}
        return {
            name: value
            for name, value in self.parameters().items()
            if name not in self.state_names or self.fields[name].default != usual[name]
        }

    # --- hashes ---

    @cached_property
    def code_hash(self) -> str:
        """Hash of all that shapes its machine code: texts, constants, layout and this compiler; not the parameters."""
        if self.is_open:
            return hash_of(compiler_hash(), [(member.owner.__name__, member.source.text) for member in self.members])
        sources = tuple((member.owner.__name__, describe_function(member.source)) for member in self.members)
        order = tuple(owner.__qualname__ for owner in self.strategy.__mro__)
        kinds = self._kinds()
        constants = sorted((name, repr(value)) for name, value in self.constants.items())
        parts = (
            compiler_hash(),
            self.strategy.__qualname__,
            order,
            sources,
            kinds,
            constants,
            self.symbols,
            self.columns,
        )
        return hash_of(*parts, str(self.layout.dtype.descr))

    def _kinds(self) -> tuple[tuple[str, str, tuple[str, str]], ...]:
        return tuple((name, field.kind, self._nested_kind(field)) for name, field in self.fields.items())

    @staticmethod
    def _nested_kind(field: Field) -> tuple[str, str]:
        value: Any = field.default.entry if field.kind == "table" else field.default
        methods = type(value).methods.values() if isinstance(value, Indicator) else ()
        return type(value).__name__, identity_of(*methods)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of code, scope and parameters: two strategies of one fingerprint decide alike."""
        return hash_of(self.code_hash, self.scope, sorted(self.parameters().items(), key=lambda item: item[0]))


@lru_cache(maxsize=1)
def compiler_hash() -> str:
    """Hash of this room's sources."""
    folder = Path(__file__).parent
    return hash_of([(path.name, path.read_bytes()) for path in sorted(folder.glob("*.py"))])


def definition_of(strategy: Strategy) -> StrategyDefinition:
    """Return the definition of a strategy with its parameters; a class stands for its defaults."""
    return StrategyDefinition(strategy() if isinstance(strategy, type) else strategy)


def context_offset(hook: Hook) -> int:
    """Byte offset, within the context, of the payload of a hook; 0 where it has none."""
    return offset_of(VIEWS[hook][0]) if hook in VIEWS else 0


assert CONTEXT.itemsize % 8 == 0
